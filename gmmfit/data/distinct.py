"""Fewer rows that say the same: repeated values once, with their counts; a summary of many."""

from dataclasses import dataclass

import numpy as np

from gmmfit.arrays import Array, ascending
from gmmfit.data.rows import Data, Rows, equal_weights

# A step of less than this share of a column's range says nothing about its resolution.
SMALLEST_STEP = 1e-4
# Different rows are kept once where they are expected to be so many times fewer than all, and not more than memory
# should hold; fewer than the last number are sorted at once.
FEWER, MOST_DISTINCT, FEWEST_SORTED = 4, 2**20, 2**18


@dataclass(frozen=True, eq=False)
class Tally:
    """Different rows, and the weight of all that are like each; those of two tables add up to that of both.

    New ones wait until they are as many as those that are known, so that a row is sorted a few times and no more.
    """

    known: Rows
    waiting: tuple[Rows, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        waiting = (*self.waiting, other.known, *other.waiting)
        if sum(map(len, waiting)) < max(len(self.known), FEWEST_SORTED):
            return Tally(self.known, waiting)
        return Tally(Tally(self.known, waiting).rows)

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
    return data.sum(lambda block: Tally(counted(block))).rows


def counted(rows: Rows) -> Rows:
    """Rows in memory, each different one once, in ascending order."""
    values = rows.values
    order = np.argsort(values[:, 0]) if values.shape[1] == 1 else np.lexsort(values.T[::-1])
    values = values[order]
    new = np.concatenate([[True], np.any(values[1:] != values[:-1], axis=1)])
    weights = np.add.reduceat(rows.weights[order], np.flatnonzero(new))
    return Rows(np.asfortranarray(values[new]), weights, rows.columns)


def repeats(sample: Rows, once: Rows, n_rows: int) -> bool:
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


def summary(data: Data, sample: Rows, low: float, high: float, n: int) -> Rows:
    """One column in at most n cells of neighbouring rows, each as its mean with the weight of its rows.

    Half of the bounds between cells part the sample, each different row once in ascending order, into equal shares;
    the other half part the range from low to high, so that a dense middle and thin tails both keep their shape.

    >>> line = distinct(Rows(np.arange(1000.0)[:, None], np.ones(1000), ("x",)))
    >>> few = summary(line, line, 0, 999, 4)
    >>> few.values.ravel(), few.weights
    (array([249.5, 749.5]), array([500., 500.]))
    """
    shares = np.arange(1, n // 2) / (n // 2)
    upto = np.cumsum(sample.weights)
    by_rows = sample.values[np.searchsorted(upto, upto[-1] * shares), 0]
    bounds = ascending(np.concatenate([by_rows, low + (high - low) * shares]))

    def sums(block: Rows) -> Array:
        values, weights = block.values[:, 0], block.weights
        if block.is_equally_weighted:  # sorting alone is three times as fast
            values = np.sort(values)
        else:
            order = np.argsort(values)
            values, weights = values[order], weights[order]
        edges = np.searchsorted(values, bounds, side="right")
        cell = np.repeat(np.arange(len(bounds) + 1), np.diff(edges, prepend=0, append=len(values)))
        return np.array([np.bincount(cell, part, len(bounds) + 1) for part in (weights, weights * values)])

    weights, totals = data.sum(sums)
    filled = weights > 0
    return Rows((totals[filled] / weights[filled])[:, None], weights[filled], data.columns)


def step_of(values: Array) -> float:
    """The step that all values (N,) of a column are multiples of, from one of them on; 0 if there is none to be seen.

    The greatest common divisor of their distances, as long as it isn't small beside their range.

    >>> step_of(np.array([1.0, 1.5, 3.0])), step_of(np.array([1.0, 2.718, 3.1415]))
    (0.5, 0.0)
    """
    gaps = np.diff(ascending(values))
    spread = gaps.sum()
    tolerance = max(1e-9 * spread, 8 * np.finfo(float).eps * np.abs(values).max())
    step = gaps.min() if len(gaps) else 0.0
    while step > SMALLEST_STEP * spread:
        # The range is a multiple too, which tells the step more sharply than a remainder of remainders.
        sharp = spread / np.round(spread / step)
        if _remainders(gaps, sharp).max() <= tolerance:
            return float(sharp)
        rest = _remainders(gaps, step)
        step = rest.min(where=rest > tolerance, initial=step / 2)
    return 0.0


def _remainders(lengths: Array, step: float) -> Array:
    """How far lengths are from the nearest multiples of a step."""
    return np.abs(lengths - np.round(lengths / step) * step)
