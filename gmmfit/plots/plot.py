"""gmmfit.plot: a picture of a mixture, of data, or of both."""

import logging
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from gmmfit.data.recording import Recording
from gmmfit.data.select import has_names, labels_of, select_rows
from gmmfit.data.selection import Selection
from gmmfit.data.stored.stored import Stored
from gmmfit.errors import ArgumentError, OutputError
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.history import history_columns, history_in, steps_in
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.model.mixture import Mixture
from gmmfit.plots.look import Ends, Look
from gmmfit.plots.names import GROUPED, KINDS, LEGENDS, OF_A_COLUMN, SIDE_BY_SIDE
from gmmfit.plots.states import chosen_states, states_of
from gmmfit.plots.subject import Subject, subject_of

log = logging.getLogger("gmmfit")

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(
    data: Any = None,
    model: Any = None,
    *,
    kind: str | None = None,
    column: str | Sequence[str] | None = None,
    by: Any = None,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = "drop",
    rounded: Any = None,
    interval: Any = None,
    name: str | None = None,
    censored: bool = False,
    truncated: Any = None,
    errors: Any = None,
    labels: Any = None,
    label_names: Sequence[str] = (),
    iterations: Sequence[int] | None = None,
    bins: int | None = None,
    log: bool = False,
    size: tuple[float, float] | None = None,
    dpi: float | None = None,
    title: str | None = None,
    xlim: Ends | None = None,
    ylim: Ends | None = None,
    xlabel: str | None = None,
    legend: str = LEGENDS[0],
    font_size: float | None = None,
) -> "Figure":
    """Draw a mixture, data, or both, as a matplotlib Figure; it needs the extra gmmfit[plot].

    data, row_weights, row_sds, missing, and what else is known of rows, are as in `gmmfit.fit`, and if nothing is said
    as they were for a Fit; of a mapping or DataFrame, `column` defaults to the model's columns, and may name some of
    them. For a history, data are its columns, such as a history file has; a Fit has its own.

    kind        density: histogram, weighted components, their total and the cut-offs, or regions of highest density
                cdf, qq: how the rows are distributed, and should be
                ellipses: pairs of several columns
                criteria: BIC, AIC and ICL of the models that a Fit was chosen from
                history: the log-likelihood and every parameter against the iteration
                labels: histograms of groups, and their shares
                em: the rows under the states of a Fit, or of a history's columns as the model, side by side
                by default density of one column (labels with `by`), ellipses of several
    by          a column of labels, or an array of them, for labels and ellipses
    iterations  of em, which states; by default six
    bins        how many, in a histogram
    log         a logarithmic axis, and the density of the logarithm, for density, cdf, labels and em
    size, dpi   width and height in inches, and dots per inch, by default 150
    title       above the picture
    xlim, ylim  ends of the axes, of which one may be None
    xlabel      below the horizontal axis, in place of the column's name
    legend      auto: below, if that leaves the picture enough room; inside, below, or none
    font_size   in points; by default small pictures have smaller letters, and wide ones larger

    Bins and axes depend on the data alone: pictures of several mixtures of one table can be laid side by side.

    >>> from gmmfit import Mixture
    >>> figure = plot(model=Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7], columns="height"))
    >>> figure.axes[0].get_xlabel()
    'height'

    Raises:
        ArgumentError: an argument is wrong, or the kind of picture needs another.
        DataError: the data have other columns than the model, or no usable rows.
        OutputError: matplotlib is not here.
    """
    if kind is not None and kind not in KINDS:
        raise ArgumentError(f"`kind` is {kind!r}; it must be one of {', '.join(KINDS)}")
    if isinstance(data, Fit) and model is None:
        data, model = None, data
    is_table = model is not None and not isinstance(model, Fit | Mixture)
    kind = "em" if kind is None and is_table else kind
    if is_table and kind != "em":
        raise ArgumentError(f"{kind} is no picture of a history: give a Mixture or a Fit as the `model`, or draw em")
    if iterations is not None and kind != "em":
        raise ArgumentError("`iterations` chooses states of the kind em: leave it out")
    figures = figures_module()
    look = Look(size, dpi, title, xlim, ylim, xlabel, legend, font_size)
    subject: Any
    if kind == "criteria":
        subject = model.candidates if isinstance(model, Fit) else ()
        check_candidates(subject, data)
    elif kind == "history":
        if (data is None) != isinstance(model, Fit):
            raise ArgumentError("history is a picture of the steps of a fit, alone: a history file's, or a Fit's")
        subject = history_columns(model.history) if isinstance(model, Fit) else history_in(data)
    else:
        steps = _steps_of(model, column) if kind == "em" else ()
        mixture = steps[-1].mixture if steps else model.mixture if isinstance(model, Fit) else model
        is_named = mixture is not None and (not is_table or mixture.n_columns > 1)
        recording = Recording(
            rounded, interval, name, censored, truncated, errors, labels, tuple(label_names), missing=missing
        )
        if isinstance(model, Fit):
            chosen = (column,) if isinstance(column, str) else tuple(column or ())
            of_fit = model.recording.for_columns(model.mixture.columns, chosen)
            recording = recording.over(of_fit, by_column=column is not None)
        rows: Selection | Stored | None = data
        if data is not None and not isinstance(data, Stored):
            if column is None and has_names(data) and is_named and recording.interval is None:
                column = mixture.columns
            rows = select_rows(data, column, row_weights, row_sds, recording)
        groups = None
        if by is not None:
            if not isinstance(rows, Selection):
                raise ArgumentError("`by` names groups of rows in memory: there are none")
            groups = labels_of(data, by, len(rows.kept))
        if steps:
            if by is not None:
                raise ArgumentError("em shows no groups: leave `by` out")
            states = states_of(rows, steps, bins, log)
            return cast("Figure", figures.drawn(kind, chosen_states(states, iterations, SIDE_BY_SIDE), look))
        by_name = by if isinstance(by, str) else str(getattr(by, "name", None) or "group")
        subject = subject_of(
            rows, mixture, groups, by_name, bins, model.ranges if isinstance(model, Fit) else None, log
        )
        kind = kind_for(subject, kind)
    return cast("Figure", figures.drawn(kind, subject, look))


def _steps_of(model: Any, column: str | Sequence[str] | None) -> tuple[Step, ...]:
    """The states of a Fit, or those in the columns of a history.

    Raises:
        ArgumentError: it is neither.
    """
    if isinstance(model, Fit):
        if model.search is not None and not model.settings.history:
            log.warning(
                "the history of this fit begins at the search's peak: the way there is in one with history=True"
            )
        return model.history
    if isinstance(model, Sequence) and model and all(isinstance(one, Step) for one in model):
        return tuple(model)
    if model is None or isinstance(model, Mixture):
        raise ArgumentError("em is a picture of the states of a Fit, or of a history's: give one as the `model`")
    return steps_in(model, column if isinstance(column, str) else "x")


def kind_for(subject: Subject, kind: str | None) -> str:
    """The kind of picture of a subject, or the usual one.

    Raises:
        ArgumentError: it needs groups, or has no use for them.
    """
    kind = kind or ("ellipses" if len(subject.columns) > 1 else "labels" if subject.groups else "density")
    if kind == "labels" and not subject.groups:
        raise ArgumentError("labels is a picture of groups: name the column of their labels with `by`")
    if subject.log and kind not in OF_A_COLUMN:
        raise ArgumentError(f"{kind} has no logarithmic axis: leave `log` out")
    if subject.groups and kind not in GROUPED:
        raise ArgumentError(f"{kind} shows no groups: leave `by` out, or draw {' or '.join(GROUPED)}")
    return kind


def check_candidates(candidates: Sequence[Candidate], data: Any = None) -> None:
    """Raise an ArgumentError where there are no models to compare, or data beside them."""
    if data is not None:
        raise ArgumentError("criteria is a picture of the model alone: leave the data out")
    if not candidates:
        raise ArgumentError("criteria is a picture of a `model` that was chosen from several: fit -k 1-6")


def figures_module() -> Any:
    """What draws, with matplotlib.

    Raises:
        OutputError: matplotlib is not here.
    """
    try:
        return import_module("gmmfit.plots.figures")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise OutputError("pictures in files need matplotlib: pip install 'gmmfit[plot]'") from None
