"""What most pictures show: rows, a mixture, or both; and each column of them by itself."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.chunks import Chunks
from gmmfit.data.distinct import counted
from gmmfit.data.known import Known
from gmmfit.data.labels import label_codes
from gmmfit.data.rows import Data, Extent, Rows, are_exact
from gmmfit.data.selection import Selection
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.problem.transformed import transformed
from gmmfit.fitting.uncertainty.intervals import Ranges
from gmmfit.model.mixture import Mixture
from gmmfit.model.transform import NONE, Transform, Transforms
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
from gmmfit.text import escaped

MOST_GROUPS = 12
# Of a column that isn't transformed.
IDENTITY = Transform.named(NONE)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a subject, by its name: the rows that have something in it, the mixture of it.

    Both are those of the transformed column, whose values are shown as those of the column itself. ranges are what is
    known of how sure the mixture is. With `log` the axis is that of the logarithm, and so are densities.
    """

    name: str
    data: Data | None
    mixture: Mixture | None
    bins: int | None = None
    n_missing: int = 0
    transform: Transform = IDENTITY
    ranges: Ranges | None = None
    log: bool = False

    def values(self, positions: Array) -> Array:
        """The values of the column at positions in the picture."""
        return self.transform.invert(positions)

    @property
    def density_of(self) -> str:
        """What the density is one of, as a label says it."""
        if self.log:
            return f"density of log10 {self.name}"
        return "density" if self.transform is IDENTITY else f"density of {self.transform.shown(self.name)}"

    def slope(self, positions: Array) -> Array:
        """What a density at positions is to be multiplied by: 1, or what makes it one of the logarithm."""
        return positions * math.log(10) if self.log else np.ones_like(positions)

    @cached_property
    def densest(self) -> float:
        """How dense the rows are where they are densest, about, whatever bins they are drawn in."""
        line, (low, high), part = self._sample, self.ends, 1.0
        if self.log:
            part = self._positive_logs.total_weight / line.total_weight
            line, low, high = self._positive_logs, math.log10(low), math.log10(high)
        lengths = shortest_intervals(line, low, high)
        return part * max((share / length for share, length in lengths.items()), default=0.0)

    @cached_property
    def known(self) -> KnownColumn | None:
        """What is known of the rows that are no exact numbers."""
        rows = self.data
        return None if not isinstance(rows, Rows) or are_exact(rows) else KnownColumn.of(rows)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return 0 if self.data is None else len(self.data)

    @cached_property
    def total_weight(self) -> float:
        """All rows, by weight."""
        return 0.0 if self.data is None else self._extent.weight

    @cached_property
    def line(self) -> Rows:
        """The rows in memory in ascending order, each different one once; of a table that isn't in memory a sample."""
        return counted(self.data) if isinstance(self.data, Rows) else self._sample

    @property
    def is_sampled(self) -> bool:
        """Whether `line` has some of the rows only."""
        return not isinstance(self.data, Rows) and self.n_rows > SAMPLE

    @cached_property
    def edges(self) -> Array:
        """The edges of the bins of a histogram, or of the line on which the mixture alone is drawn."""
        low, high = self._reach
        if self.data is None:
            return np.array([low, high])
        if self.known is not None and self.known.ends is not None and self.bins is None:
            return self.known.ends
        if self.log:
            return 10.0 ** edges_of(self._positive_logs, math.log10(low), math.log10(high), self.bins)
        return edges_of(self._sample, low, high, self.bins)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """From where to where a picture reaches: over the bins, and a little further."""
        if self.data is None:
            return self._reach
        if self.log:
            low, high = with_room(*map(math.log10, self._reach))
            low, high = 10.0**low, 10.0**high
        else:
            low, high = with_room(*self._reach, float(self._extent.low[0]))
        return min(low, float(self.edges[0])), max(high, float(self.edges[-1]))

    @cached_property
    def _reach(self) -> tuple[float, float]:
        """From where to where bars reach, or the mixture alone."""
        if self.data is None:
            return extent_of_mixture(self.mixture) if self.mixture is not None else (0.0, 1.0)
        if self.log:
            logs = self._positive_logs
            low, high = extent(logs, *logs.values[[0, -1], 0].tolist())
            return 10.0**low, 10.0**high
        seen = self._extent
        return extent(self._sample, float(seen.low[0]), float(seen.high[0]))

    def histogram(self, group: Rows | None = None, total: float | None = None) -> Histogram:
        """The rows, or those of a group, in the bins; shares are taken of all rows, or of another total weight."""
        return self.histogram_in(self.edges, group, total)

    def histogram_in(self, edges: Array, group: Rows | None = None, total: float | None = None) -> Histogram:
        """The same in other bins."""
        rows = group if group is not None else self._rows
        return histogram(rows, edges, self.total_weight if total is None else total, self.log)

    @cached_property
    def _positive_logs(self) -> Rows:
        """The logarithms of the rows above 0, to base 10, in ascending order."""
        positive = self._sample.part(self._sample.values[:, 0] > 0)
        if not len(positive):
            raise DataError(f"no value of {self.name} is above 0: leave `log` out")
        return replace(positive, values=np.log10(positive.values))

    @property
    def _rows(self) -> Data:
        if self.data is None:
            raise ArgumentError("there are no rows to draw")
        return self.data

    @cached_property
    def _extent(self) -> Extent:
        return self._rows.extent

    @cached_property
    def _sample(self) -> Rows:
        some = self._rows.some(SAMPLE, np.random.default_rng(0))
        seen = None if some.known is None else some.known.seen[:, 0]
        # Limits are drawn apart, unless there is nothing else.
        return counted(some if seen is None or not np.any(seen) else some.part(seen))


@dataclass(frozen=True, eq=False)
class Subject:
    """Rows, a mixture, or both, of transformed columns if the mixture is.

    groups are the rows of each label in the column `by`, as they are sorted.
    """

    data: Data | None = None
    mixture: Mixture | None = None
    groups: dict[str, Rows] = field(default_factory=dict)
    by: str = ""
    bins: int | None = None
    transforms: Transforms | None = None
    ranges: Ranges | None = None
    log: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, fit to be shown."""
        names = self.data.columns if self.data is not None else self.mixture.columns if self.mixture else ()
        return tuple(map(escaped, names))  # a picture and a terminal show them

    def column(self, d: int = 0) -> Column:
        """Column d, from 0."""
        return self._columns[d]

    @cached_property
    def _columns(self) -> list[Column]:
        columns = []
        for d, name in enumerate(self.columns):
            data = None if self.data is None else self.data.mapped(partial(only_column, d=d))
            mixture = None if self.mixture is None else self.mixture.marginal((d,))
            n_missing = 0 if self.data is None or data is None else len(self.data) - len(data)
            transform = IDENTITY if self.transforms is None else self.transforms.each[d]
            columns.append(Column(name, data, mixture, self.bins, n_missing, transform, self.ranges, self.log))
        return columns


def only_column(rows: Rows, d: int) -> Rows:
    """Column d, from 0, of rows, without those that have nothing in it."""
    window = rows.window if len(rows.columns) == 1 else None
    one = Rows(rows.values[:, d : d + 1], rows.weights, rows.columns[d : d + 1], window=window)
    if rows.known is None:
        return one
    low, high, errors = (part[:, d : d + 1] for part in (rows.known.low, rows.known.high, rows.known.errors))
    known = Known(low, high, errors, rows.known.labels)
    return replace(one, known=known).part(~known.missing[:, 0])


def subject_of(
    data: Selection | Chunks | None,
    mixture: Mixture | None,
    labels: npt.NDArray[np.object_] | None = None,
    by: str = "",
    bins: int | None = None,
    ranges: Ranges | None = None,
    log: bool = False,
) -> Subject:
    """What is to be drawn of data and a mixture; labels (N,) of all rows, in the column `by`, make groups of them.

    ranges are those of a mixture of one column. log lets its axis be logarithmic.

    Raises:
        ArgumentError: there is nothing to draw, or labels have no rows.
        DataError: the data have other columns than the mixture, or too many groups.
    """
    if bins is not None and bins < 1:
        raise ArgumentError(f"`bins` is {bins}; a histogram has at least one")
    if log and (data is None or (mixture is not None and mixture.transform)):
        why = "there are none" if data is None else "of transformed columns the axis is the transformed one already"
        raise ArgumentError(f"`log` is for an axis of rows: {why}; leave it out")
    if data is None and mixture is None:
        raise ArgumentError("nothing to draw: give `data`, a `model`, or both")
    rows = data.rows if isinstance(data, Selection) else data
    drawn: Data | None = rows
    mixture = None if mixture is None else _under(mixture, rows)
    transforms = None
    if mixture is not None and mixture.transform:
        transforms, mixture = mixture.transforms, mixture.untransformed
        kept = data.kept if isinstance(data, Selection) else None
        drawn = None if rows is None else transformed(rows, transforms, kept)[0]
    if labels is None or not isinstance(data, Selection):
        return Subject(drawn, mixture, bins=bins, transforms=transforms, ranges=ranges, log=log)
    of_groups = drawn if isinstance(drawn, Rows) else data.rows
    groups = _groups(of_groups, labels[data.kept], by)
    return Subject(drawn, mixture, groups, escaped(by), bins, transforms, ranges, log)


def _under(mixture: Mixture, data: Data | None) -> Mixture:
    """The mixture of the columns that the data have, in their order."""
    if data is None:
        return mixture
    if set(data.columns) <= set(mixture.columns):
        return mixture.marginal(tuple(mixture.columns.index(name) for name in data.columns))
    if len(data.columns) != mixture.n_columns:
        raise DataError(
            f"the data have the columns {', '.join(map(escaped, data.columns))}, the model "
            f"{', '.join(map(escaped, mixture.columns))}"
        )
    return mixture.with_columns(data.columns)


def _groups(rows: Rows, labels: npt.NDArray[np.object_], by: str) -> dict[str, Rows]:
    names, labelled, codes = label_codes(labels)
    if not names:
        raise DataError(f"no row has a label in {escaped(by)!r}")
    if len(names) > MOST_GROUPS:
        raise DataError(f"{escaped(by)!r} has {len(names)} different labels: a picture shows {MOST_GROUPS}")
    rows = rows.part(labelled)
    return {name: rows.part(codes == code) for code, name in enumerate(names)}
