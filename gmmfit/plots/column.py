"""One column of a picture: its rows, which alone decide on bins and axes, and the mixture of it."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.distinct import counted
from gmmfit.data.rows import Data, Extent, Rows, are_exact
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.uncertainty.intervals import Ranges
from gmmfit.model.mixture import Mixture
from gmmfit.model.transform import NONE, Transform
from gmmfit.plots.histogram import (
    SAMPLE,
    Histogram,
    edges_of,
    extent,
    extent_of_mixture,
    histogram,
    shortest_intervals,
    with_room,
)
from gmmfit.plots.known_column import KnownColumn

# Of a column that isn't transformed.
IDENTITY = Transform.named(NONE)


@dataclass(frozen=True, eq=False)
class ColumnRows:
    """The rows that have something in a column, the transformed one if it is.

    Bins and axes are theirs, and not the mixture's: so pictures of several mixtures of one table, such as the states of
    EM, can be laid side by side. With `log` the axis is that of the logarithm, and so are densities.
    """

    data: Data
    name: str
    bins: int | None = None
    n_missing: int = 0
    log: bool = False

    def __len__(self) -> int:
        return len(self.data)

    @cached_property
    def total_weight(self) -> float:
        """All rows, by weight."""
        return self._extent.weight

    @cached_property
    def known(self) -> KnownColumn | None:
        """What is known of the rows that are no exact numbers."""
        rows = self.data
        return None if not isinstance(rows, Rows) or are_exact(rows) else KnownColumn.of(rows)

    @cached_property
    def line(self) -> Rows:
        """The rows in memory in ascending order, each different one once; of a table that isn't in memory a sample."""
        return counted(self.data) if isinstance(self.data, Rows) else self._sample

    @property
    def is_sampled(self) -> bool:
        """Whether `line` has some of the rows only."""
        return not isinstance(self.data, Rows) and len(self) > SAMPLE

    @cached_property
    def edges(self) -> Array:
        """The edges of the bins of a histogram."""
        low, high = self._reach
        if self.known is not None and self.known.ends is not None and self.bins is None:
            return self.known.ends
        if self.log:
            return 10.0 ** edges_of(self._positive_logs, math.log10(low), math.log10(high), self.bins)
        return edges_of(self._sample, low, high, self.bins)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """From where to where a picture reaches: over the bins, and a little further."""
        if self.log:
            low, high = with_room(*map(math.log10, self._reach))
            low, high = 10.0**low, 10.0**high
        else:
            low, high = with_room(*self._reach, float(self._extent.low[0]))
        return min(low, float(self.edges[0])), max(high, float(self.edges[-1]))

    @cached_property
    def densest(self) -> float:
        """How dense the rows are where they are densest, about, whatever bins they are drawn in."""
        line, (low, high), part = self._sample, self.ends, 1.0
        if self.log:
            part = self._positive_logs.total_weight / line.total_weight
            line, low, high = self._positive_logs, math.log10(low), math.log10(high)
        lengths = shortest_intervals(line, low, high)
        return part * max((share / length for share, length in lengths.items()), default=0.0)

    def histogram(self, group: Rows | None = None, total: float | None = None) -> Histogram:
        """The rows, or those of a group, in the bins; shares are taken of all rows, or of another total weight."""
        return self.histogram_in(self.edges, group, total)

    def histogram_in(self, edges: Array, group: Rows | None = None, total: float | None = None) -> Histogram:
        """The same in other bins."""
        rows = group if group is not None else self.data
        return histogram(rows, edges, self.total_weight if total is None else total, self.log)

    @cached_property
    def _reach(self) -> tuple[float, float]:
        """From where to where bars reach."""
        if self.log:
            logs = self._positive_logs
            low, high = extent(logs, *logs.values[[0, -1], 0].tolist())
            return 10.0**low, 10.0**high
        return extent(self._sample, float(self._extent.low[0]), float(self._extent.high[0]))

    @cached_property
    def _positive_logs(self) -> Rows:
        """The logarithms of the rows above 0, to base 10, in ascending order."""
        positive = self._sample.part(self._sample.values[:, 0] > 0)
        if not len(positive):
            raise DataError(f"no value of {self.name} is above 0: leave `log` out")
        return replace(positive, values=np.log10(positive.values))

    @cached_property
    def _extent(self) -> Extent:
        return self.data.extent

    @cached_property
    def _sample(self) -> Rows:
        some = self.data.some(SAMPLE, np.random.default_rng(0))
        seen = None if some.known is None else some.known.seen[:, 0]
        # Limits are drawn apart, unless there is nothing else.
        return counted(some if seen is None or not np.any(seen) else some.part(seen))


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a subject, by its name: its rows, the mixture of it.

    Both are those of the transformed column, whose values are shown as those of the column itself. ranges are what is
    known of how sure the mixture is.
    """

    name: str
    rows: ColumnRows | None
    mixture: Mixture | None
    transform: Transform = IDENTITY
    ranges: Ranges | None = None

    @property
    def drawn_rows(self) -> ColumnRows:
        """The rows, for pictures that can't be without.

        Raises:
            ArgumentError: there are none.
        """
        if self.rows is None:
            raise ArgumentError("there are no rows to draw")
        return self.rows

    @property
    def known(self) -> KnownColumn | None:
        """What is known of the rows that are no exact numbers."""
        return None if self.rows is None else self.rows.known

    @property
    def log(self) -> bool:
        """Whether the axis is that of the logarithm."""
        return self.rows is not None and self.rows.log

    @cached_property
    def edges(self) -> Array:
        """The edges of the bins of a histogram, or of the line on which the mixture alone is drawn."""
        return np.array(self._reach) if self.rows is None else self.rows.edges

    @property
    def ends(self) -> tuple[float, float]:
        """From where to where a picture reaches."""
        return self._reach if self.rows is None else self.rows.ends

    @property
    def density_of(self) -> str:
        """What the density is one of, as a label says it."""
        if self.log:
            return f"density of log10 {self.name}"
        return "density" if self.transform is IDENTITY else f"density of {self.transform.shown(self.name)}"

    def values(self, positions: Array) -> Array:
        """The values of the column at positions in the picture."""
        return self.transform.invert(positions)

    def slope(self, positions: Array) -> Array:
        """What a density at positions is to be multiplied by: 1, or what makes it one of the logarithm."""
        return positions * math.log(10) if self.log else np.ones_like(positions)

    @cached_property
    def _reach(self) -> tuple[float, float]:
        """From where to where the mixture is seen."""
        return extent_of_mixture(self.mixture) if self.mixture is not None else (0.0, 1.0)
