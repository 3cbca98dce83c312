"""Each kind of picture with the function that draws it and the size it wants."""

from collections.abc import Callable
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from gmmfit.plots.kinds.criteria import draw_criteria
from gmmfit.plots.kinds.density import draw_density
from gmmfit.plots.kinds.distribution import draw_cdf, draw_qq
from gmmfit.plots.kinds.ellipses import draw_ellipses, pairs_size
from gmmfit.plots.kinds.history import draw_history, panel_rows
from gmmfit.plots.kinds.labels import draw_labels
from gmmfit.plots.names import DPI
from gmmfit.plots.style import empty_figure, paper, save, set_fonts
from gmmfit.text import escaped

__all__ = ["DRAWINGS", "Drawing", "drawn", "save"]

Size = tuple[float, float]


class Drawing(NamedTuple):
    """How a kind of picture is drawn, and its width and height in inches where nobody asks for others.

    Both are given what is drawn: a Subject, candidates, or the columns of a history.
    """

    draw: Callable[[Figure, Any], None]
    size: Callable[[Any], Size]


DRAWINGS = {
    "density": Drawing(draw_density, lambda subject: (7, 5) if len(subject.columns) == 1 else pairs_size(subject)),
    "cdf": Drawing(draw_cdf, lambda _: (7, 5)),
    "qq": Drawing(draw_qq, lambda _: (6, 6)),
    "ellipses": Drawing(draw_ellipses, pairs_size),
    "criteria": Drawing(draw_criteria, lambda _: (10, 4)),
    "history": Drawing(draw_history, lambda history: (9, 2.2 + 1.9 * panel_rows(history))),
    "labels": Drawing(draw_labels, lambda subject: (9, 4 + 1.3 * len(subject.groups))),
}


def drawn(kind: str, subject: Any, size: Size | None = None, dpi: float = DPI, title: str | None = None) -> Figure:
    """The picture of a kind that shows a subject, with a size in inches, dots per inch, and a title."""
    draw, own_size = DRAWINGS[kind]
    with paper():
        figure = empty_figure(size or own_size(subject), dpi)
        draw(figure, subject)
        if title:
            figure.suptitle(escaped(title), fontsize=12)
        set_fonts(figure)
    return figure
