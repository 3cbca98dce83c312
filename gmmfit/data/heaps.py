"""Heaps: values of a column that far more rows have than any near them, such as zeros, or the end of a scale."""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows

# A value is a heap if it has at least so many rows, and so large a share of all,
FEWEST_ROWS, SMALLEST_SHARE = 5, 0.02
# so many times those of any value that is no heap, and there are no more such heaps than this; or if it is far out.
OUTSTANDING, MOST_HEAPS = 3, 3
# The densest part of a column is its shortest interval with such a share of the rows, and with so many rows.
DENSE_SHARE, DENSE_ROWS = 0.05, 10
# Values from which on it can be told that one stands out.
FEWEST_VALUES = 8


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """The different values of a column, and how many rows have each.

    values  (V,)  ascending
    rows    (V,)  how many rows have each, about, where a sample stands for them
    heaps   (V,)  which of them stand out of the column
    """

    values: Array
    rows: Array
    heaps: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, sample: Rows, number: int, rows_per_weight: float) -> "ValueCounts":
        """A column, by its number from 0, of a sample whose rows stand for so many of the table by weight.

        >>> zeros = Rows(np.array([[0.0], *([v] for v in np.arange(1, 9) / 8)]), np.array([9.0, *[1] * 8]), ("x",))
        >>> column = ValueCounts.of(zeros, 0, 1.0)
        >>> column.values[column.heaps]
        array([0.])
        """
        values, at = np.unique(sample.values[:, number], return_inverse=True)
        rows = np.bincount(at, sample.weights * rows_per_weight).astype(float)
        heaps = np.zeros(len(values), dtype=bool)
        most = np.argsort(-rows, kind="stable")[: MOST_HEAPS + 1]
        if len(values) >= FEWEST_VALUES:
            for n in range(MOST_HEAPS, 0, -1):
                outstanding = rows[most[n - 1]] >= OUTSTANDING * rows[most[n]]
                many = rows[most[n - 1]] >= max(FEWEST_ROWS, SMALLEST_SHARE * rows.sum())
                # Neighbours that are much alike are the middle of a group.
                if outstanding and many and not np.any(np.diff(np.sort(most[:n])) == 1):
                    heaps[most[:n]] = True
                    break
        heaps[[end for end, _ in far_ends(values) if rows[end] >= max(FEWEST_ROWS, SMALLEST_SHARE * rows.sum())]] = True
        return cls(values, rows, heaps)

    @property
    def has_many(self) -> bool:
        """Whether there are so many different values that a group with few of them is something special."""
        return len(self.values) >= FEWEST_VALUES

    @cached_property
    def shortest_interval_sd(self) -> float:
        """The sd of a normal column whose shortest interval with a share of the rows is as long as that of this one.

        The share is the larger of DENSE_SHARE and DENSE_ROWS, but not more than half. Heaps have no part in it.
        """
        values, rows = self.values[~self.heaps], self.rows[~self.heaps]
        if len(values) == 0:
            return 0.0
        upto = np.cumsum(rows)
        share = min(max(DENSE_SHARE, DENSE_ROWS / upto[-1]), 0.5)
        last = np.searchsorted(upto, (upto - rows + upto[-1] * share) * (1 - 1e-12))
        inside = last < len(values)
        length = float((values[last[inside]] - values[inside]).min())
        return length / (2 * NormalDist().inv_cdf(0.5 + share / 2))

    def n_between(self, low: Array, high: Array) -> npt.NDArray[np.intp]:
        """How many different values lie from each of low to each of high."""
        upto = np.searchsorted(self.values, high, side="right")
        between: npt.NDArray[np.intp] = upto - np.searchsorted(self.values, low)
        return between

    def rows_between(self, low: Array, high: Array) -> Array:
        """How many rows, about, lie from each of low to each of high."""
        upto = np.concatenate([[0.0], np.cumsum(self.rows)])
        first, last = np.searchsorted(self.values, low), np.searchsorted(self.values, high, side="right")
        between: Array = upto[last] - upto[first]
        return between

    def nearest(self, positions: Array) -> "Nearest":
        """The value nearest to each position; NaN, with no rows, where there are no values."""
        if not len(self.values):
            nothing = np.full(np.shape(positions), np.nan)
            return Nearest(nothing, nothing, np.zeros_like(nothing), np.zeros(np.shape(positions), dtype=bool))
        right = np.clip(np.searchsorted(self.values, positions), 1, len(self.values) - 1)
        left_is_nearer = positions - self.values[right - 1] < self.values[right] - positions
        nearest = np.where(left_is_nearer, right - 1, right)
        gaps = np.diff(self.values)
        gap = np.minimum(np.append(gaps, np.inf)[nearest], np.append(np.inf, gaps)[nearest])
        return Nearest(self.values[nearest], gap, self.rows[nearest], self.heaps[nearest])


def far_ends(values: Array) -> list[tuple[int, int]]:
    """The positions of the ends of values (V,), ascending, that are far out, and of the values beside them.

    They are farther from the next than that is from the other end, and so there for a reason of their own.
    """
    ends = ((0, 1, -1), (-1, -2, 0)) if len(values) >= FEWEST_VALUES else ()
    return [(i, j) for i, j, other in ends if abs(values[i] - values[j]) > abs(values[j] - values[other])]


class Nearest(NamedTuple):
    """Values, how far each is from the next other one, how many rows have it, and whether it is a heap."""

    value: Array
    gap: Array
    rows: Array
    is_heap: npt.NDArray[np.bool_]
