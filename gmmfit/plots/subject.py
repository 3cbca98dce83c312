"""What most pictures show: rows, a mixture, or both."""

from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from gmmfit.data.known import Known
from gmmfit.data.labels import label_codes
from gmmfit.data.rows import Data, Rows
from gmmfit.data.selection import Selection
from gmmfit.data.stored.stored import Stored
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.problem.transformed import transformed
from gmmfit.fitting.uncertainty.intervals import Ranges
from gmmfit.model.mixture import Mixture
from gmmfit.model.transform import Transforms
from gmmfit.plots.column import IDENTITY, Column, ColumnRows
from gmmfit.text import escaped

MOST_GROUPS = 12


@dataclass(frozen=True, eq=False)
class Subject:
    """Rows, a mixture, or both, of transformed columns if the mixture is.

    rows are those of each column; groups are the rows of each label in the column `by`, as they are sorted.
    """

    data: Data | None = None
    mixture: Mixture | None = None
    rows: tuple[ColumnRows, ...] = ()
    groups: dict[str, Rows] = field(default_factory=dict)
    by: str = ""
    transforms: Transforms | None = None
    ranges: Ranges | None = None

    @property
    def drawn_mixture(self) -> Mixture:
        """The mixture, for pictures that can't be without.

        Raises:
            ArgumentError: there is none.
        """
        if self.mixture is None:
            raise ArgumentError("there is no mixture to draw: give a `model`")
        return self.mixture

    @property
    def log(self) -> bool:
        """Whether axes are those of logarithms."""
        return any(rows.log for rows in self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, fit to be shown."""
        names = self.data.columns if self.data is not None else self.mixture.columns if self.mixture else ()
        return tuple(map(escaped, names))  # a picture and a terminal show them

    def under(self, mixture: Mixture) -> "Subject":
        """The same rows under another mixture of them, with the same transforms."""
        mixture = _under(mixture, self.data)
        return replace(self, mixture=mixture.untransformed if mixture.transform else mixture, ranges=None)

    def column(self, d: int = 0) -> Column:
        """Column d, from 0."""
        return self._columns[d]

    @cached_property
    def _columns(self) -> list[Column]:
        return [
            Column(
                name,
                self.rows[d] if self.rows else None,
                None if self.mixture is None else self.mixture.marginal((d,)),
                IDENTITY if self.transforms is None else self.transforms.each[d],
                self.ranges,
            )
            for d, name in enumerate(self.columns)
        ]


def only_column(rows: Rows, d: int) -> Rows:
    """Column d, from 0, of rows, without those that have nothing in it."""
    window = rows.window if len(rows.columns) == 1 else None
    one = Rows(rows.values[:, d : d + 1], rows.weights, rows.columns[d : d + 1], window=window)
    if rows.known is None:
        return one
    low, high, errors = (part[:, d : d + 1] for part in (rows.known.low, rows.known.high, rows.known.errors))
    known = Known(low, high, errors, rows.known.labels, rows.known.per_label)
    return replace(one, known=known).part(~known.missing[:, 0])


def subject_of(
    data: Selection | Stored | None,
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
    groups = {}
    if labels is not None and isinstance(data, Selection):
        groups = _groups(drawn if isinstance(drawn, Rows) else data.rows, labels[data.kept], by)
    columns = () if drawn is None else columns_of(drawn, bins, log)
    return Subject(drawn, mixture, columns, groups, escaped(by) if groups else "", transforms, ranges)


def columns_of(data: Data, bins: int | None = None, log: bool = False) -> tuple[ColumnRows, ...]:
    """The rows of each column of data."""
    columns = []
    for d, name in enumerate(data.columns):
        one = data.mapped(partial(only_column, d=d))
        columns.append(ColumnRows(one, escaped(name), bins, len(data) - len(one), log))
    return tuple(columns)


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
