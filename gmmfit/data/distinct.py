"""Distinct rows: repeated ones kept once, with their counts, over which every sum is the same."""

from dataclasses import dataclass, replace

import numpy as np

from gmmfit.data.rows import Data, Rows, equal_weights, joined

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
        return counted(joined((self.known, *self.waiting)))


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
    keys = rows.values if rows.known is None else np.column_stack([rows.values, *rows.known.arrays()])
    order = np.argsort(keys[:, 0]) if keys.shape[1] == 1 else np.lexsort(keys.T[::-1])
    keys = keys[order]
    new = np.concatenate([[True], np.any(keys[1:] != keys[:-1], axis=1)])
    weights = np.add.reduceat(rows.weights[order], np.flatnonzero(new))
    once = rows.part(order[new])
    return replace(once, values=np.asfortranarray(once.values), weights=weights)


def is_mostly_repeats(sample: Rows, once: Rows, n_rows: int) -> bool:
    """Whether rows repeat so often that each different one should be kept once, as a sample of n_rows rows shows.

    once are the different rows of the sample. How many there are of all rows is estimated from those that were seen
    once, f1, and twice, f2: the number seen + f1² / 2 f2.

    Source: Chao (1984), Nonparametric estimation of the number of classes in a population.
    """
    if len(sample) == n_rows:
        return True
    times = counted(replace(sample, weights=equal_weights(len(sample)))).weights
    seen_once, seen_twice = np.sum(times == 1), np.sum(times == 2)
    expected = len(once) + seen_once**2 / (2 * max(seen_twice, 1))
    return bool(expected <= min(n_rows / FEWER, MOST_DISTINCT))
