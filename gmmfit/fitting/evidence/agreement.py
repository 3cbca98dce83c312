"""Components compared with known labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.labels import label_codes
from gmmfit.errors import DataError


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far components and known labels agree.

    labels    (L,)    the known labels, in their order
    counts    (L, K)  rows of each label in each component, by weight; where there is noise (L, K + 1), and it is last
    components        the numbers of these, from 1; 0 is noise
    matching  label -> component, from 1, under the best one-to-one matching
    accuracy  share of rows, by weight, in the component matched with their label
    adjusted_rand_index  1 for the same partition, about 0 for independent ones
    """

    labels: tuple[str, ...]
    counts: Array
    components: tuple[int, ...]
    matching: dict[str, int]
    accuracy: float
    adjusted_rand_index: float


def agreement(
    labels: npt.NDArray[np.object_],
    component: npt.NDArray[np.int64],
    weights: Array,
    n_components: int,
    noise: bool = False,
) -> Agreement:
    """Compare labels (N,), None where missing, with components (N,), from 1, of rows with weights (N,).

    With noise some are of component 0, which no label is matched with.

    >>> known = np.array(["F", "F", "M", "M"], dtype=object)
    >>> result = agreement(known, np.array([2, 2, 1, 2]), np.ones(4), 2)
    >>> result.matching, result.accuracy
    ({'F': 2, 'M': 1}, 0.75)

    Raises:
        DataError: no row has both a label and a component.
    """
    names, known, codes = label_codes(labels)
    if not names:
        raise DataError("no row has both a known label and a component")
    counts = np.zeros((len(names), n_components + noise))
    np.add.at(counts, (codes, component[known] - 1), weights[known])  # that of noise is -1, the last
    matching = best_matching(counts[:, :n_components])
    agreeing = sum(counts[label, k] for label, k in matching.items())
    return Agreement(
        tuple(names),
        counts,
        (*range(1, n_components + 1), *([0] if noise else [])),
        {names[label]: k + 1 for label, k in sorted(matching.items())},
        float(agreeing / counts.sum()),
        adjusted_rand_index(counts),
    )


def adjusted_rand_index(counts: Array) -> float:
    """The adjusted Rand index of a table of counts (L, K).

    Source: Hubert & Arabie (1985), Comparing partitions, equation 5.
    """
    pairs, row_pairs, column_pairs, all_pairs = (
        float(np.sum(n * (n - 1) / 2)) for n in (counts, counts.sum(axis=1), counts.sum(axis=0), counts.sum())
    )
    if row_pairs == column_pairs == pairs:  # the same partition, also where nothing can be paired
        return 1.0
    expected = row_pairs * column_pairs / all_pairs
    return (pairs - expected) / ((row_pairs + column_pairs) / 2 - expected)


def best_matching(counts: Array) -> dict[int, int]:
    """The one-to-one matching of rows with columns of counts (L, K) that sums to most, as row -> column.

    Source: Kuhn (1955), The Hungarian method, in the form with shortest augmenting paths.
    """
    if counts.shape[0] > counts.shape[1]:
        return {row: column for column, row in best_matching(counts.T).items()}
    n_rows, n_columns = counts.shape
    costs = counts.max() - counts
    row_prices, column_prices = np.zeros(n_rows), np.zeros(n_columns)
    row_of = np.full(n_columns, -1)
    for new in range(n_rows):
        row, last = new, -1
        slack, came_from = np.full(n_columns, np.inf), np.full(n_columns, -1)
        reached = np.zeros(n_columns, dtype=bool)
        while True:
            reduced = costs[row] - row_prices[row] - column_prices
            closer = ~reached & (reduced < slack)
            slack[closer], came_from[closer] = reduced[closer], last
            last = int(np.argmin(np.where(reached, np.inf, slack)))
            step = slack[last]
            rows_reached = np.append(row_of[reached], new)
            row_prices[rows_reached] += step
            column_prices[reached] -= step
            slack[~reached] -= step
            reached[last] = True
            if row_of[last] < 0:
                break
            row = row_of[last]
        while last >= 0:
            before = int(came_from[last])
            row_of[last] = new if before < 0 else row_of[before]
            last = before
    return {int(row): column for column, row in enumerate(row_of) if row >= 0}
