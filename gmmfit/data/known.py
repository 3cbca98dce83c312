"""What is known of rows that are not exact numbers: intervals, limits, missing cells, errors, the component."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, whole
from gmmfit.errors import ArgumentError, DataError

Truths = npt.NDArray[np.bool_]

# The number of the component of a row of which it isn't known.
UNKNOWN = -1


class Window(NamedTuple):
    """The table holds only rows between low and high, of one column; either may be infinite."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of each of N rows.

    low, high  (N, D)  the ends between which a value lies: the value itself, twice, where it is known; infinite where
                       there is no end; so is a missing value
    errors     (N, D)  the sd of the measurement error, which is in the value or in the interval; 0 for none
    labels     (N,)    the component that a row belongs to, from 0, or UNKNOWN
    per_label  where it isn't 0, a label says of which group of so many components a row is: 0 the first, 1 the next

    >>> below = Known.of(np.array([[1.0], [2.0]]), low=np.array([[1.0], [-np.inf]]))
    >>> below.points.ravel(), below.intervals.ravel()
    (array([ True, False]), array([False,  True]))
    """

    low: Array
    high: Array
    errors: Array
    labels: npt.NDArray[np.intp]
    per_label: int = 0

    @classmethod
    def of(
        cls,
        values: Array,
        low: Array | None = None,
        high: Array | None = None,
        errors: Array | None = None,
        labels: npt.NDArray[np.intp] | None = None,
    ) -> "Known":
        """What is known of rows with values (N, D); what isn't given is exact, without errors, of unknown component."""
        return cls(
            values if low is None else low,
            values if high is None else high,
            np.broadcast_to(0.0, values.shape) if errors is None else errors,
            np.full(len(values), UNKNOWN) if labels is None else labels,
        )

    @cached_property
    def points(self) -> Truths:
        """Which cells (N, D) are a value, with or without an error."""
        points: Truths = self.low == self.high
        return points

    @cached_property
    def missing(self) -> Truths:
        """Which cells (N, D) may be anything."""
        missing: Truths = np.isneginf(self.low) & np.isposinf(self.high)
        return missing

    @cached_property
    def intervals(self) -> Truths:
        """Which cells (N, D) lie between two ends, or beyond one."""
        intervals: Truths = ~(self.points | self.missing)
        return intervals

    @cached_property
    def seen(self) -> Truths:
        """Which cells (N, D) are a value, or an interval between two ends."""
        seen: Truths = np.isfinite(self.low) & np.isfinite(self.high)
        return seen

    @cached_property
    def exact(self) -> Truths:
        """Which cells (N, D) are a value without an error."""
        exact: Truths = self.points & (self.errors == 0)
        return exact

    def arrays(self) -> tuple[Array, Array, Array, npt.NDArray[np.intp]]:
        """Low and high ends, errors and labels."""
        return self.low, self.high, self.errors, self.labels

    def part(self, index: Any) -> "Known":
        """That of some of the rows."""
        return Known(self.low[index], self.high[index], self.errors[index], self.labels[index], self.per_label)

    def scaled(self, centre: Array, unit: Array) -> "Known":
        """The same of (x - centre) / unit."""
        low, high = (self.low - centre) / unit, (self.high - centre) / unit
        return replace(self, low=low, high=high, errors=self.errors / unit)

    def check_intervals(self, correlated: bool) -> None:
        """Raise an ArgumentError where a row has intervals in several columns that components correlate."""
        if correlated and np.any(self.intervals.sum(axis=1) > 1):
            raise ArgumentError(
                "rows with intervals in several columns go with components without correlations only: take "
                "`covariance` diag"
            )

    def check_labels(self, n_components: int) -> None:
        """Raise a DataError where a row has a label that no component has."""
        if (n_labels := int(self.labels.max()) + 1) > n_components:
            raise DataError(f"rows have {n_labels} labels, and the mixture {n_components} components")

    def middles(self) -> Array:
        """A value (N, D) for each cell to look at: the middle of an interval, its only end, NaN where it is missing."""
        low = np.where(np.isfinite(self.low), self.low, self.high)
        high = np.where(np.isfinite(self.high), self.high, self.low)
        with np.errstate(invalid="ignore"):
            middles = np.where(self.points, self.low, low / 2 + high / 2)
        return np.where(self.missing, np.nan, middles)


def joined_known(parts: Sequence[Known]) -> Known:
    """What is known of the rows of several parts, one after the other."""
    low, high, errors, labels = (np.concatenate(arrays) for arrays in zip(*map(Known.arrays, parts), strict=True))
    return Known(low, high, errors, labels, parts[0].per_label)


class KnownCounts(NamedTuple):
    """What is known of rows, counted by weight.

    values, intervals, limits, missing  how many cells are each
    labelled                            rows of which the component is known
    least_error, largest_error          0 where there are none
    """

    values: float
    intervals: float
    limits: float
    missing: float
    labelled: float
    least_error: float
    largest_error: float

    @classmethod
    def of(cls, known: Known, weights: Array) -> "KnownCounts":
        """The counts of rows with weights (N,).

        >>> values = np.array([[1.0], [2.0], [3.0]])
        >>> KnownCounts.of(Known.of(values, low=np.array([[1.0], [-np.inf], [2.5]])), np.ones(3)).limits
        1.0
        """

        def cells(kind: Truths) -> float:
            return float(weights @ kind.sum(axis=1))

        return cls(
            cells(known.points),
            cells(known.intervals & known.seen),
            cells(known.intervals & ~known.seen),
            cells(known.missing),
            cells(known.labels[:, None] != UNKNOWN),
            float(known.errors.min()),
            float(known.errors.max()),
        )

    def record(self) -> dict[str, float]:
        """What there is of each kind, as files have it."""
        kinds = ("n_values", "n_intervals", "n_limits", "n_missing_cells", "n_labelled", "least_error", "largest_error")
        return {kind: whole(number) for kind, number in zip(kinds, self, strict=True) if number}
