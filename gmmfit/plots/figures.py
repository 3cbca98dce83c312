"""Each kind of picture with the function that draws it and the size it wants."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from gmmfit.plots.kinds.criteria import draw_criteria
from gmmfit.plots.kinds.density import draw_density
from gmmfit.plots.kinds.distribution import draw_cdf, draw_qq
from gmmfit.plots.kinds.ellipses import draw_ellipses, pairs_size
from gmmfit.plots.kinds.em import draw_em, draw_moment, moment_size
from gmmfit.plots.kinds.history import draw_history, panel_rows
from gmmfit.plots.kinds.labels import draw_labels
from gmmfit.plots.kinds.side_by_side import draw_side_by_side, side_by_side_size
from gmmfit.plots.look import USUAL, Look
from gmmfit.plots.names import DPI, DPI_OF_GIFS
from gmmfit.plots.states import States
from gmmfit.plots.style import empty_figure, paper, place_legend, save, set_fonts
from gmmfit.plots.subject import Subject
from gmmfit.text import escaped

__all__ = ["DRAWINGS", "Drawing", "drawn", "drawn_groups", "drawn_moment", "save", "save_animation"]

Size = tuple[float, float]
# How long a frame of an animation is seen, and its last one, in milliseconds.
FRAME, LAST_FRAME = 250, 2500
# Colours of a frame.
PALETTE = 64


class Drawing(NamedTuple):
    """How a kind of picture is drawn, and its width and height in inches where nobody asks for others.

    Both are given what is drawn: a Subject, States, candidates, or the columns of a history. What draws gives the
    panels whose lines are to be explained, the first of which is the largest.
    """

    draw: Callable[[Figure, Any], list[Axes]]
    size: Callable[[Any], Size]


DRAWINGS = {
    "density": Drawing(draw_density, lambda subject: (7, 5) if len(subject.columns) == 1 else pairs_size(subject)),
    "cdf": Drawing(draw_cdf, lambda _: (7, 5)),
    "qq": Drawing(draw_qq, lambda _: (6, 6)),
    "ellipses": Drawing(draw_ellipses, pairs_size),
    "criteria": Drawing(draw_criteria, lambda _: (10, 4)),
    "em": Drawing(draw_em, lambda states: side_by_side_size(len(states))),
    "history": Drawing(draw_history, lambda history: (9, 2.2 + 1.9 * panel_rows(history))),
    "labels": Drawing(draw_labels, lambda subject: (9, 4 + 1.3 * len(subject.groups))),
}


def drawn(kind: str, subject: Any, look: Look = USUAL) -> Figure:
    """The picture of a kind that shows a subject."""
    draw, own_size = DRAWINGS[kind]
    return _figure(lambda figure: draw(figure, subject), own_size(subject), look)


def drawn_moment(states: States, i: int, look: Look = USUAL, is_moved: bool = False) -> Figure:
    """State i of a fit, and below it how far its log-likelihood is; perhaps to be moved by a slider."""
    return _figure(lambda figure: draw_moment(figure, states, i, is_moved), moment_size(states), look)


def drawn_groups(subjects: Sequence[tuple[str, Subject]], look: Look = USUAL) -> Figure:
    """Groups of the rows side by side, each under the mixture of its own, by their names."""
    size = side_by_side_size(len(subjects))
    return _figure(lambda figure: draw_side_by_side(figure, subjects, "groups"), size, look)


def save_animation(states: States, stream: BinaryIO, look: Look = USUAL) -> None:
    """Write EM at work as a GIF that is played again and again; the same states give the same bytes."""
    frames, look = [], replace(look, dpi=look.dpi or DPI_OF_GIFS)
    for i in range(len(states)):
        picture = io.BytesIO()
        save(drawn_moment(states, i, look), picture, "png")
        frames.append(Image.open(picture).convert("RGB").quantize(PALETTE, dither=Image.Dither.NONE))
    whole = io.BytesIO()
    times = [FRAME] * (len(frames) - 1) + [LAST_FRAME]
    frames[0].save(whole, format="GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
    stream.write(whole.getvalue())


def _figure(draw: Callable[[Figure], list[Axes]], own_size: Size, look: Look) -> Figure:
    size = look.size or own_size
    with paper(look.letters(size[0])):
        figure = empty_figure(size, look.dpi or DPI)
        panels = draw(figure)
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
        lowest = max(figure.axes, key=lambda panel: bool(panel.get_xlabel())).get_xlabel()
        below = lowest.partition("\n")
        for panel in figure.axes:
            if panel.get_xlabel() == lowest:
                panel.set_xlabel(escaped(look.xlabel) + below[1] + below[2])
