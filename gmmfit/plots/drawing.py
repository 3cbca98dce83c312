"""Each kind of picture with the function that draws it and the size it wants."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure

from gmmfit.plots.criteria import draw_criteria
from gmmfit.plots.density import draw_density
from gmmfit.plots.distribution import draw_cdf, draw_qq
from gmmfit.plots.groups import groups_of
from gmmfit.plots.history import draw_history, panel_rows
from gmmfit.plots.kinds import DPI
from gmmfit.plots.labels import draw_labels
from gmmfit.plots.pairs import draw_ellipses, pairs_size
from gmmfit.plots.paper import figure, paper, save
from gmmfit.plots.subject import Subject

__all__ = ["DRAWINGS", "Drawing", "drawn", "save"]

Size = tuple[float, float]


class Drawing(NamedTuple):
    """How a kind of picture is drawn, and its width and height in inches where nobody asks for others."""

    draw: Callable[[Figure, Subject], None]
    size: Callable[[Subject], Size]


DRAWINGS = {
    "density": Drawing(draw_density, lambda subject: (7, 5) if len(subject.columns) == 1 else pairs_size(subject)),
    "cdf": Drawing(draw_cdf, lambda _: (7, 5)),
    "qq": Drawing(draw_qq, lambda _: (6, 6)),
    "ellipses": Drawing(draw_ellipses, pairs_size),
    "criteria": Drawing(draw_criteria, lambda _: (10, 4)),
    "history": Drawing(draw_history, lambda subject: (9, 2.2 + 1.9 * panel_rows(subject.history))),
    "labels": Drawing(draw_labels, lambda subject: (9, 4 + 1.3 * len(groups_of(subject)))),
}


def drawn(subject: Subject, size: Size | None = None, dpi: float = DPI, title: str | None = None) -> Figure:
    """The picture of a subject, with a size in inches, dots per inch, and a title."""
    draw, own_size = DRAWINGS[subject.kind]
    with paper([*subject.texts, title or ""]):
        picture = figure(size or own_size(subject), dpi)
        draw(picture, subject)
        if title:
            picture.suptitle(title, fontsize=12)
    return picture
