"""EM at work: states of a fit side by side, and one of them with where it is on the way."""

from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gmmfit.fitting.em.step import Step
from gmmfit.plots.kinds.density import draw_column
from gmmfit.plots.kinds.ellipses import (
    draw_outlines,
    draw_pair,
    draw_pairs,
    draw_points,
    name_of_pair,
    pairs_size,
)
from gmmfit.plots.kinds.history import draw_log_likelihood
from gmmfit.plots.kinds.side_by_side import draw_side_by_side
from gmmfit.plots.states import States
from gmmfit.plots.style import COLOURS, INK, count_axis
from gmmfit.plots.subject import Subject

# How high the picture of a state is above that of the log-likelihood.
HIGHER = 2.8


def draw_em(figure: Figure, states: States) -> list[Axes]:
    """The rows under each of the states, in panels with the same axes."""
    titles = [f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.8g}" for step in states.steps]
    return draw_side_by_side(figure, [(title, states.subject(i)) for i, title in enumerate(titles)], "states")


def moment_size(states: States) -> tuple[float, float]:
    """The width and height in inches of a state with the log-likelihoods below."""
    if len(states.rows.columns) == 1:
        return 7, 6
    width, height = pairs_size(states.rows)
    return width, height * (1 + 1 / HIGHER)


def draw_moment(figure: Figure, states: States, i: int, is_moved: bool = False) -> list[Axes]:
    """State i, and below it the log-likelihoods of all, that of state i marked; of several columns all pairs.

    If a slider will move components to other states, points have no component's colour, and no iteration is named.
    """
    grid = figure.add_gridspec(2, 1, height_ratios=(HIGHER, 1))
    above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    subject, step = states.subject(i), states.steps[i]
    if len(subject.columns) > 1:
        panels = draw_pairs(above, subject, _draw_grey_pair if is_moved else draw_pair)
    else:
        panels = [above.add_subplot()]
        draw_column(panels[0], subject.column(), with_cutoffs=False)
    trace = below.add_subplot()
    draw_log_likelihood(trace, states.iterations, states.likelihoods)
    dot: dict[str, Any] = {"color": COLOURS[1], "markersize": 7, "zorder": 5, "clip_on": False, "gid": "now"}
    trace.plot([step.iteration], [height_on_trace(trace, step)], "o", **dot)
    trace.set(xlabel="iteration")
    trace.yaxis.set_major_locator(MaxNLocator(3))
    count_axis(trace)
    if not is_moved:
        above.suptitle(f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.4f}", color=INK)
    return panels


def _draw_grey_pair(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    draw_points(panel, replace(subject, mixture=None), pair)
    draw_outlines(panel, subject.drawn_mixture.marginal(pair), name_of_pair(pair))


def height_on_trace(trace: Axes, step: Step) -> float:
    """Where a state is marked on the axis of log-likelihoods: one that lies below it at its end."""
    return max(step.log_likelihood, trace.get_ylim()[0])
