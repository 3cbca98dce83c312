"""How a fit went: the log-likelihood and every parameter against the iteration."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.arrays import Array
from gmmfit.plots.paper import INK, count_axis, legend_below, line_of
from gmmfit.plots.steps import by_parameter
from gmmfit.plots.subject import Subject
from gmmfit.text import escaped

# Panels side by side; as many as one column has parameters a component.
PANELS = 3
# Iterations up to which each is marked by a dot.
MARKED = 40


def draw_history(figure: Figure, subject: Subject) -> None:
    """The log-likelihood, and below it the parameters.

    In one column each parameter of each component has a panel, a row of panels a component; in several each parameter
    has a panel for all components.
    """
    history = subject.history
    iterations = history["iteration"]
    grouped = by_parameter(history)
    grid = figure.add_gridspec(panel_rows(history) + 1, PANELS)
    top = figure.add_subplot(grid[0, :])
    _draw(top, iterations, history["loglik"], color=INK)
    top.set_title("log-likelihood", fontsize=9)
    for number, (name, lines) in enumerate(grouped.items()):
        for k, values in lines.items():
            if len(grouped) == PANELS:
                panel = figure.add_subplot(grid[k + 1, number])
                panel.set_title(f"{escaped(name)}, component {k + 1}", fontsize=9)
            elif k == 0:
                panel = figure.add_subplot(grid[number // PANELS + 1, number % PANELS])
                panel.set_title(escaped(name), fontsize=9)
            _draw(panel, iterations, values, **line_of(k), label=f"component {k + 1}")
    for panel in figure.axes:
        count_axis(panel)
        panel.margins(x=0.02)
        place = panel.get_subplotspec()
        if place is not None and place.is_last_row():
            panel.set(xlabel="iteration")
    if len(grouped) != PANELS:
        legend_below(figure)


def panel_rows(history: Mapping[str, Array]) -> int:
    """How many rows of panels the parameters take: one a component if there are three of each, as in one column."""
    grouped = by_parameter(history)
    return max(map(len, grouped.values())) if len(grouped) == PANELS else -(-len(grouped) // PANELS)


def _draw(panel: Axes, iterations: Array, values: Array, **line: Any) -> None:
    marker = "." if len(iterations) <= MARKED else ""
    panel.plot(iterations, values, marker=marker, markersize=5, **line)
