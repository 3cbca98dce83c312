"""How a fit went: the log-likelihood, what each iteration gained, and every parameter against the iteration."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import StrMethodFormatter

from gmmfit.arrays import Array
from gmmfit.fitting.history import by_parameter
from gmmfit.plots.states import hides_later_gains
from gmmfit.plots.style import INK, count_axis, line_of
from gmmfit.text import escaped

# Panels side by side; as many as one column has parameters a component.
PANELS = 3
# Iterations up to which each is marked by a dot.
MARKED = 40
# A parameter that changes by less than this share of itself is drawn as one that stays.
STILL = 1e-9


def draw_history(figure: Figure, history: Mapping[str, Array]) -> list[Axes]:
    """Above, the log-likelihood and the gains; below, the parameters.

    In one column each parameter of each component has a panel, a row of panels a component; in several each parameter
    has a panel for all components.
    """
    grid = figure.add_gridspec(1 + panel_rows(history), PANELS)
    _draw_log_likelihood_and_gains(figure, grid, history)
    draw = _draw_a_row_a_component if _is_of_one_column(history) else _draw_a_panel_a_parameter
    draw(figure, grid, history)
    for panel in figure.axes:
        count_axis(panel)
        panel.margins(x=0.02)
        place = panel.get_subplotspec()
        if place is not None and place.is_last_row():
            panel.set(xlabel="iteration")
    return [] if _is_of_one_column(history) else figure.axes


def panel_rows(history: Mapping[str, Array]) -> int:
    """How many rows of panels the parameters take."""
    grouped = by_parameter(history)
    return max(map(len, grouped.values())) if _is_of_one_column(history) else -(-len(grouped) // PANELS)


def _is_of_one_column(history: Mapping[str, Array]) -> bool:
    return {*by_parameter(history)} == {"weight", "mean", "sd"}


def _draw_log_likelihood_and_gains(figure: Figure, grid: GridSpec, history: Mapping[str, Array]) -> None:
    iterations, likelihoods = history["iteration"], history["loglik"]
    draw_log_likelihood(figure.add_subplot(grid[0, : PANELS - 1]), iterations, likelihoods)
    panel = figure.add_subplot(grid[0, PANELS - 1])
    gains = history["gain"][1:]
    if np.any(gains > 0):
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        gains = np.where(gains > 0, gains, np.nan)
    _draw(panel, iterations[1:], gains, "gain of an iteration", color=INK)


def draw_log_likelihood(panel: Axes, iterations: Array, likelihoods: Array) -> None:
    """The log-likelihood against the iteration."""
    _draw(panel, iterations, likelihoods, "log-likelihood", color=INK)
    _cut_first_jump(panel, iterations, likelihoods)


def _cut_first_jump(panel: Axes, iterations: Array, likelihoods: Array) -> None:
    """Let the axis begin with the second state, if all that is gained from there on would be a flat line."""
    if hides_later_gains(likelihoods):
        least, most = float(likelihoods[1:].min()), float(likelihoods[1:].max())
        panel.set_ylim(least - 0.1 * (most - least), most + 0.1 * (most - least))
        said = f"iteration {iterations[0]:.0f}: {likelihoods[0]:.6g}"
        panel.annotate(said, (0.98, 0.08), xycoords="axes fraction", ha="right", fontsize="small")


def _draw_a_row_a_component(figure: Figure, grid: GridSpec, history: Mapping[str, Array]) -> None:
    for number, (name, components) in enumerate(by_parameter(history).items()):
        for k, values in components.items():
            panel = figure.add_subplot(grid[1 + k, number])
            _draw(panel, history["iteration"], values, f"{name}, component {k + 1}", **line_of(k))


def _draw_a_panel_a_parameter(figure: Figure, grid: GridSpec, history: Mapping[str, Array]) -> None:
    for number, (name, components) in enumerate(by_parameter(history).items()):
        panel = figure.add_subplot(grid[1 + number // PANELS, number % PANELS])
        for k, values in components.items():
            _draw(panel, history["iteration"], values, escaped(name), **line_of(k), label=f"component {k + 1}")


def _draw(panel: Axes, iterations: Array, values: Array, title: str, **line: Any) -> None:
    marker = "." if len(iterations) <= MARKED else ""
    panel.plot(iterations, values, marker=marker, markersize=5, linewidth=1.3, **line)
    panel.set_title(title, fontsize="small")
    largest = np.abs(values).max(initial=0.0, where=np.isfinite(values))
    if len(panel.lines) == 1 and largest > 0 and np.nanmax(values) - np.nanmin(values) <= STILL * largest:
        middle = float(np.nanmean(values))
        panel.set_ylim(middle - 0.05 * largest, middle + 0.05 * largest)
