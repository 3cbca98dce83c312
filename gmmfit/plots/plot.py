"""gmmfit.plot: a picture of a mixture, of data, or of both."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gmmfit.errors import OutputError
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.model.mixture import Mixture
from gmmfit.plots.kinds import DPI
from gmmfit.plots.subject import subject_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(
    data: Any = None,
    model: Mixture | Fit | None = None,
    *,
    kind: str | None = None,
    column: str | Sequence[str] | None = None,
    by: Any = None,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = "drop",
    bins: int | None = None,
    size: tuple[float, float] | None = None,
    dpi: float = DPI,
    title: str | None = None,
    candidates: Sequence[Candidate] = (),
) -> "Figure":
    """Draw a mixture, data, or both, as a matplotlib Figure; it needs the extra gmmfit[plot].

    data, row_weights, row_sds and missing are as in `gmmfit.fit`; of a mapping or DataFrame, `column` defaults to the
    model's columns. For a history, data are its columns, such as a history file has; a Fit has its own.

    kind        density: histogram, weighted components, their total and the cut-offs, or regions of highest density
                cdf, qq: how the rows are distributed, and should be
                ellipses: pairs of several columns
                criteria: BIC, AIC and ICL of the models that a Fit was chosen from, or of `candidates`
                history: the log-likelihood and every parameter against the iteration
                labels: histograms of groups, and their shares
                by default density of one column, ellipses of several
    by          a column of labels, or an array of them, for labels and ellipses
    bins        how many, in a histogram
    size, dpi   width and height in inches, and dots per inch
    title       above the picture

    >>> from gmmfit import Mixture
    >>> figure = plot(model=Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7], columns="height"))
    >>> figure.axes[0].get_xlabel()
    'height'

    Raises:
        ArgumentError: an argument is wrong, or the kind of picture needs another.
        DataError: the data have other columns than the model, or no usable rows.
        OutputError: matplotlib is not here.
    """
    drawing = drawing_module()
    subject = subject_of(data, model, kind, column, by, row_weights, row_sds, missing, bins, candidates)
    figure: Figure = drawing.drawn(subject, size, dpi, title)
    return figure


def drawing_module() -> Any:
    """What draws, with matplotlib.

    Raises:
        OutputError: matplotlib is not here.
    """
    try:
        return import_module("gmmfit.plots.drawing")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise OutputError("pictures in files need matplotlib: pip install 'gmmfit[plot]'") from None
