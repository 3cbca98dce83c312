"""Each kind of picture with the function that draws it and the size it wants."""

from collections.abc import Callable
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.plots.kinds.criteria import draw_criteria
from gmmfit.plots.kinds.density import draw_density
from gmmfit.plots.kinds.distribution import draw_cdf, draw_qq
from gmmfit.plots.kinds.ellipses import draw_ellipses, pairs_size
from gmmfit.plots.kinds.history import draw_history, panel_rows
from gmmfit.plots.kinds.labels import draw_labels
from gmmfit.plots.look import USUAL, Look
from gmmfit.plots.style import empty_figure, paper, place_legend, save, set_fonts
from gmmfit.text import escaped

__all__ = ["DRAWINGS", "Drawing", "drawn", "save"]

Size = tuple[float, float]


class Drawing(NamedTuple):
    """How a kind of picture is drawn, and its width and height in inches where nobody asks for others.

    Both are given what is drawn: a Subject, candidates, or the columns of a history. What draws gives the panels whose
    lines are to be explained, the first of which is the largest.
    """

    draw: Callable[[Figure, Any], list[Axes]]
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


def drawn(kind: str, subject: Any, look: Look = USUAL) -> Figure:
    """The picture of a kind that shows a subject."""
    draw, own_size = DRAWINGS[kind]
    size = look.size or own_size(subject)
    with paper(look.letters(size[0])):
        figure = empty_figure(size, look.dpi)
        panels = draw(figure, subject)
        _set_axes(figure, panels, look)
        place_legend(figure, panels, look.legend)
        if look.title:
            figure.suptitle(escaped(look.title))
        set_fonts(figure)
    return figure


def _set_axes(figure: Figure, panels: list[Axes], look: Look) -> None:
    """Let axes reach from where to where they should, and be called what they should be."""
    if look.xlim is not None:
        for panel in panels:
            panel.set_xlim(*look.xlim)
    if look.ylim is not None:
        panels[0].set_ylim(*look.ylim)
    if look.xlabel is not None:
        lowest = max(figure.axes, key=lambda panel: bool(panel.get_xlabel()))
        below = lowest.get_xlabel().partition("\n")
        lowest.set_xlabel(escaped(look.xlabel) + below[1] + below[2])
