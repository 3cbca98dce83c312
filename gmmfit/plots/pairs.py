"""Several columns: each pair in a panel of its own, the rows as points, the components as ellipses."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.errors import ArgumentError
from gmmfit.model.mixture import Mixture
from gmmfit.plots.groups import groups_of
from gmmfit.plots.paper import INK, MARKERS, colour, legend_below, line_of, write_number
from gmmfit.plots.subject import Subject

# More points than these only cover each other.
MOST_POINTS = 5000
# More columns make panels too small to see.
MOST_COLUMNS = 8
# The share of a component that lies in each of its ellipses.
INSIDE = (0.5, 0.95)


def draw_ellipses(figure: Figure, subject: Subject) -> None:
    """The rows as points, and of each component the ellipses that hold half of it, and 95 % of it."""
    if len(subject.columns) == 1:
        raise ArgumentError("ellipses are a picture of several columns: choose two or more, or draw the density")
    draw_pairs(figure, subject, _draw_pair)


def draw_pairs(figure: Figure, subject: Subject, draw: Callable[[Axes, Subject, tuple[int, int]], None]) -> None:
    """A panel for each pair of columns, those of a row and of a column of panels sharing their axes."""
    names = subject.columns
    if len(names) > MOST_COLUMNS:
        raise ArgumentError(f"the pairs of {len(names)} columns are too many panels: choose at most {MOST_COLUMNS}")
    panels = figure.subplots(len(names) - 1, len(names) - 1, squeeze=False, sharex="col", sharey="row")
    for i in range(1, len(names)):
        for j in range(len(names) - 1):
            panel = panels[i - 1, j]
            if j >= i:
                panel.remove()
                continue
            draw(panel, subject, (j, i))
            if i == len(names) - 1:
                panel.set_xlabel(names[j])
            if j == 0:
                panel.set_ylabel(names[i])
    legend_below(figure)


def pairs_size(subject: Subject) -> tuple[float, float]:
    """The width and height in inches of a picture of pairs."""
    side = 4.6 if len(subject.columns) == 2 else 2.6 * (len(subject.columns) - 1)
    return side + 1.4, side + 1.6


def draw_points(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """Rows as points, by group if there are any; of many rows some."""
    rows, n = subject.rows, len(subject.rows)
    shown = rows.some(MOST_POINTS, np.random.default_rng(0))
    size, alpha = float(np.clip(12000 / n, 6, 18)), float(np.clip(1000 / n, 0.3, 0.8))
    look: dict[str, Any] = {"s": size, "alpha": alpha, "linewidths": 0, "zorder": 2}
    if subject.labels:
        for number, (name, group) in enumerate(groups_of(subject).items()):
            some = group.some(MOST_POINTS, np.random.default_rng(0))
            label = f"{subject.by} {name}: {len(group)} rows"
            marker = MARKERS[number % len(MARKERS)]
            panel.scatter(*_points(some, pair), color=colour(number), marker=marker, label=label, **look)
    else:
        label = f"{n} rows" if len(shown) == n else f"{len(shown)} of {len(subject.data or ())} rows"
        panel.scatter(*_points(shown, pair), color="#555555", label=label, **look)


def _points(rows: Rows, pair: tuple[int, int]) -> tuple[Array, Array]:
    return rows.values[:, pair[0]], rows.values[:, pair[1]]


def _draw_pair(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    if subject.data is not None:
        draw_points(panel, subject, pair)
    if subject.mixture is not None:
        _draw_outlines(panel, subject.mixture.marginal(pair))


def _draw_outlines(panel: Axes, mixture: Mixture) -> None:
    """The ellipses that hold so much of a component: (x - mean)ᵀ Σ⁻¹ (x - mean) = -2 log(1 - share) in two columns."""
    turn = np.linspace(0, 2 * np.pi, 181)
    circle = np.array([np.cos(turn), np.sin(turn)])
    for k in range(mixture.n_components):
        for share in INSIDE:
            x, y = mixture.means[k][:, None] + math.sqrt(-2 * math.log(1 - share)) * mixture.factors[k] @ circle
            label = f"component {k + 1}: {mixture.weights[k]:.1%}; 50 % and 95 % inside" if share == INSIDE[0] else None
            panel.plot(x, y, **line_of(k), label=label, zorder=3)
        panel.plot(*mixture.means[k], marker="+", color=INK, markersize=8, zorder=4)
        write_number(panel, k, *mixture.means[k])
