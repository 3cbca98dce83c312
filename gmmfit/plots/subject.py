"""What a picture shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.chunks import Chunks
from gmmfit.data.compress import counted
from gmmfit.data.rows import Data, Rows
from gmmfit.data.select import has_names, labels_of, select_rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.model.mixture import Mixture
from gmmfit.plots.histogram import SAMPLE
from gmmfit.plots.kinds import KINDS
from gmmfit.plots.steps import history_in, history_of
from gmmfit.text import escaped


@dataclass(frozen=True, eq=False)
class Subject:
    """What there is to be drawn: data, a mixture, or both; groups of the rows; models compared; a history.

    kind is the picture's. labels (N,) name the group of each row, None where it has none, and `by` is what the groups
    go by. history has a column a parameter, a row an iteration, as history files have.
    """

    kind: str
    data: Data | None = None
    mixture: Mixture | None = None
    labels: Sequence[str | None] = ()
    by: str = ""
    candidates: Sequence[Candidate] = ()
    history: dict[str, Array] = field(default_factory=dict)
    bins: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, fit to be shown."""
        names = self.mixture.columns if self.data is None and self.mixture else self.rows.columns
        return tuple(map(escaped, names))

    @cached_property
    def rows(self) -> Rows:
        """The rows, or a sample of them that says as much in a picture.

        Raises:
            ArgumentError: there are none.
        """
        if self.data is None:
            raise ArgumentError("there are no data to draw")
        return self.data.some(SAMPLE, np.random.default_rng(0))

    @cached_property
    def line(self) -> Rows:
        """The rows of one column in ascending order, each different one once."""
        return counted(self.rows)

    @cached_property
    def total_weight(self) -> float:
        """All rows, by weight."""
        return self.data.sum(lambda block: block.total_weight) if self.data is not None else 0.0

    @property
    def texts(self) -> list[str]:
        """What will be written in the picture beside numbers and gmmfit's own words."""
        names = [] if self.data is None and self.mixture is None else self.columns
        return [*names, *self.history, *(escaped(label) for label in {*self.labels} if label), escaped(self.by)]


def subject_of(
    data: Any = None,
    model: Mixture | Fit | None = None,
    kind: str | None = None,
    column: str | Sequence[str] | None = None,
    by: Any = None,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = "drop",
    bins: int | None = None,
    candidates: Sequence[Candidate] = (),
) -> Subject:
    """What is to be drawn, as `gmmfit.plot` is asked for it.

    Raises:
        ArgumentError: an argument is wrong, or the kind of picture needs another.
        DataError: the data have other columns than the model, or no usable rows.
    """
    if kind is not None and kind not in KINDS:
        raise ArgumentError(f"`kind` is {kind!r}; it must be one of {', '.join(KINDS)}")
    if bins is not None and bins < 1:
        raise ArgumentError(f"`bins` is {bins}; a histogram has at least one")
    if kind == "criteria":
        candidates = candidates or (model.candidates if isinstance(model, Fit) else ())
        if data is not None or not candidates:
            raise ArgumentError("criteria is a picture of a `model` that was chosen from several, alone: fit -k 1-6")
        return Subject(kind, candidates=candidates)
    if kind == "history":
        if (data is None) != isinstance(model, Fit):
            raise ArgumentError("history is a picture of the steps of a fit, alone: a history file's, or a Fit's")
        return Subject(kind, history=history_of(model.history) if isinstance(model, Fit) else history_in(data))
    mixture = model.mixture if isinstance(model, Fit) else model
    rows, labels = _rows_and_labels(data, mixture, column, by, row_weights, row_sds, missing)
    if rows is not None and mixture is not None:
        if len(rows.columns) != mixture.n_columns:
            many = f"{len(rows.columns)} columns for a model of {mixture.n_columns}"
            raise DataError(f"{many}: {', '.join(mixture.columns)}")
        mixture = mixture.with_columns(rows.columns)
    if rows is None and mixture is None:
        raise ArgumentError("nothing to draw: give `data`, a `model`, or both")
    several = len(rows.columns if rows is not None else mixture.columns if mixture else ()) > 1
    kind = kind or ("ellipses" if several else "density" if by is None else "labels")
    if (kind == "labels" and by is None) or (by is not None and kind not in ("labels", "ellipses")):
        raise ArgumentError("`by` names the groups of labels, and of ellipses: these take it, and labels needs it")
    return Subject(kind, rows, mixture, labels, _name_of(by), bins=bins)


def _rows_and_labels(
    data: Any,
    mixture: Mixture | None,
    column: str | Sequence[str] | None,
    by: Any,
    row_weights: Any,
    row_sds: Any,
    missing: str,
) -> tuple[Data | None, Sequence[str | None]]:
    if data is None or isinstance(data, Chunks):
        if by is not None:
            raise ArgumentError("`by` needs rows in memory")
        return data, ()
    if column is None and has_names(data) and mixture is not None:
        column = mixture.columns
    rows, kept, _, _ = select_rows(data, column, row_weights, row_sds, missing)
    return rows, () if by is None else labels_of(data, by, len(kept))[kept].tolist()


def _name_of(by: Any) -> str:
    """What a column of labels is called: by its own name, such as a Series has."""
    name = by if isinstance(by, str) else getattr(by, "name", None)
    return name if isinstance(name, str) else "group"


def one_column(subject: Subject) -> None:
    """Raise an ArgumentError if there are several columns, for a picture of one."""
    if len(subject.columns) > 1:
        raise ArgumentError(f"{subject.kind} is a picture of one column, not of {len(subject.columns)}: choose one")


def mixture_of(subject: Subject) -> Mixture:
    """The mixture, for a picture that needs one."""
    if subject.mixture is None:
        raise ArgumentError(f"{subject.kind} is a picture of a mixture: give a `model`")
    return subject.mixture
