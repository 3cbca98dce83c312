"""Distinct rows: repeated ones kept once, with their counts, over which every sum is the same."""

from dataclasses import dataclass

import numpy as np

from gmmfit.data.rows import Data, Rows, equal_weights

# Distinct rows are kept, with counts, if they are FEWER times fewer than all, and at most MOST_DISTINCT;
FEWER, MOST_DISTINCT = 4, 2**20
# fewer than this are sorted at once.
FEWEST_SORTED = 2**18


@dataclass(frozen=True, eq=False)
class DistinctRows:
    """Different rows, and the weight of all that are like each; those of two tables add up to that of both.

    New ones wait until they are as many as those that are known, so that a row is sorted a few times and no more.
    """

    known: Rows
    waiting: tuple[Rows, ...] = ()

    def __add__(self, other: "DistinctRows") -> "DistinctRows":
        waiting = (*self.waiting, other.known, *other.waiting)
        if sum(map(len, waiting)) < max(len(self.known), FEWEST_SORTED):
            return DistinctRows(self.known, waiting)
        return DistinctRows(DistinctRows(self.known, waiting).rows)

    @property
    def rows(self) -> Rows:
        """Each different row once, with the weight of all that are like it, in ascending order."""
        if not self.waiting:
            return self.known
        parts = (self.known, *self.waiting)
        values = np.concatenate([part.values for part in parts])
        return counted(Rows(values, np.concatenate([part.weights for part in parts]), self.known.columns))


def distinct(data: Data) -> Rows:
    """Each different row once, with the sum of its rows' weights, in ascending order.

    Whatever is summed over rows is the same.

    >>> once = distinct(Rows(np.array([[2.0], [1.0], [2.0]]), np.ones(3), ("x",)))
    >>> once.values.ravel(), once.weights
    (array([1., 2.]), array([1., 2.]))
    """
    return data.sum(lambda block: DistinctRows(counted(block))).rows


def counted(rows: Rows) -> Rows:
    """Rows in memory, each different one once, in ascending order."""
    values = rows.values
    order = np.argsort(values[:, 0]) if values.shape[1] == 1 else np.lexsort(values.T[::-1])
    values = values[order]
    new = np.concatenate([[True], np.any(values[1:] != values[:-1], axis=1)])
    weights = np.add.reduceat(rows.weights[order], np.flatnonzero(new))
    return Rows(np.asfortranarray(values[new]), weights, rows.columns)


def is_mostly_repeats(sample: Rows, once: Rows, n_rows: int) -> bool:
    """Whether rows repeat so often that each different one should be kept once, as a sample of n_rows rows shows.

    once are the different rows of the sample. How many there are of all rows is estimated from those that were seen
    once, f1, and twice, f2: the number seen + f1² / 2 f2.

    Source: Chao (1984), Nonparametric estimation of the number of classes in a population.
    """
    if len(sample) == n_rows:
        return True
    times = counted(Rows(sample.values, equal_weights(len(sample)), sample.columns)).weights
    seen_once, seen_twice = np.sum(times == 1), np.sum(times == 2)
    expected = len(once) + seen_once**2 / (2 * max(seen_twice, 1))
    return bool(expected <= min(n_rows / FEWER, MOST_DISTINCT))
