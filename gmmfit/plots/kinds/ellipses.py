"""Several columns: each pair in a panel of its own, the rows as points, the components as ellipses."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import ArgumentError
from gmmfit.model.mixture import Mixture
from gmmfit.plots.column import IDENTITY
from gmmfit.plots.names import MOST_COLUMNS
from gmmfit.plots.style import (
    INK,
    MARKERS,
    colour,
    group_label,
    line_of,
    shades_of,
    show_own_values,
    write_number,
)
from gmmfit.plots.subject import Subject
from gmmfit.text import rows_said

# More points than these only cover each other.
MOST_SHOWN = 5000
# More dots are slow to show where each is drawn by itself.
MOST_DRAWN = 1000
# The share of a component that lies in each of its ellipses.
INSIDE = (0.5, 0.95)


def draw_ellipses(figure: Figure, subject: Subject) -> list[Axes]:
    """The rows as points, and of each component the ellipses that hold half of it, and 95% of it."""
    if len(subject.columns) == 1:
        raise ArgumentError("ellipses are a picture of several columns: choose two or more, or draw the density")
    return draw_pairs(figure, subject, draw_pair)


def draw_pairs(
    figure: FigureBase, subject: Subject, draw: Callable[[Axes, Subject, tuple[int, int]], None]
) -> list[Axes]:
    """A panel for each pair of columns, those of a row and of a column of panels sharing their axes."""
    names = subject.columns
    if len(names) > MOST_COLUMNS:
        raise ArgumentError(f"the pairs of {len(names)} columns are too many panels: choose at most {MOST_COLUMNS}")
    panels = figure.subplots(len(names) - 1, len(names) - 1, squeeze=False, sharex="col", sharey="row")
    drawn: list[Axes] = []
    for i in range(1, len(names)):
        for j in range(len(names) - 1):
            panel = panels[i - 1, j]
            if j >= i:
                panel.remove()
                continue
            drawn.append(panel)
            draw(panel, subject, (j, i))
            set_axes_of_pair(panel, subject, (j, i))
            if i == len(names) - 1:
                panel.set_xlabel(names[j])
            if j == 0:
                panel.set_ylabel(names[i])
    return drawn


def set_axes_of_pair(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """Let the axes of a panel be those of two columns, the first of them the horizontal one."""
    across, upwards = (subject.column(d) for d in pair)
    panel.set(xlim=with_margin(across.ends), ylim=with_margin(upwards.ends))
    for axis, column in ((panel.xaxis, across), (panel.yaxis, upwards)):
        if column.transform is not IDENTITY:
            show_own_values(axis, column.transform, column.ends)


def pairs_size(subject: Subject) -> tuple[float, float]:
    """The width and height in inches of a picture of pairs."""
    side = 4.6 if len(subject.columns) == 2 else 2.6 * (len(subject.columns) - 1)
    return side + 1.4, side + 1.6


def with_margin(ends: tuple[float, float]) -> tuple[float, float]:
    """Ends with some room outside, so that no point lies on an axis."""
    low, high = ends
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def draw_points(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """Rows as points, by group if there are any; of many rows some."""
    n = len(subject.data or ())
    look: dict[str, Any] = {"s": float(np.clip(12000 / n, 6, 18)), "alpha": float(np.clip(1000 / n, 0.3, 0.8))}
    # So many dots are one picture in a file of lines.
    look |= {"linewidths": 0, "zorder": 2, "rasterized": n > MOST_DRAWN}
    if subject.data is not None and not subject.groups:
        rows = shown_rows(subject.data, pair)
        colours = _colours_of(rows, subject.mixture)
        panel.scatter(*_points(rows, pair), color=colours, **look, gid=f"rows{name_of_pair(pair)}")
        said = _said_of(rows, len(subject.data), subject)
        panel.scatter([], [], color="#555555", label=said, **look)
    shades = shades_of(len(subject.groups))
    for number, (name, group) in enumerate(subject.groups.items()):
        rows, marker = shown_rows(group, pair), MARKERS[number % len(MARKERS)]
        label = f"{group_label(subject.by, name)}: {_said_of(rows, len(group), subject)}"
        panel.scatter(*_points(rows, pair), color=shades[number], marker=marker, label=label, **look)


def shown_rows(data: Data, pair: tuple[int, int]) -> Rows:
    """The rows that have both columns of a pair, in the order of their points; of very many some."""
    rows = data.some(MOST_SHOWN, np.random.default_rng(0))
    return rows if rows.known is None else rows.part(~np.any(rows.known.missing[:, list(pair)], axis=1))


def _colours_of(rows: Rows, mixture: Mixture | None) -> list[str]:
    """The colour of each row: that of the component which it most likely is of."""
    if mixture is None or rows.known is not None or rows.columns != mixture.columns:
        return ["#555555"] * len(rows)
    likeliest = np.argmax(mixture.posterior(rows.values), axis=1).tolist()
    return [colour(k) if k < mixture.n_components else INK for k in likeliest]


def _points(rows: Rows, pair: tuple[int, int]) -> tuple[Array, Array]:
    return rows.values[:, pair[0]], rows.values[:, pair[1]]


def _said_of(rows: Rows, n: int, subject: Subject) -> str:
    """How many rows are shown, of how many, and how many of them lie beyond the picture."""
    said = rows_said(n) if len(rows) == n else f"{len(rows)} of {n} rows"
    low, high = np.transpose([subject.column(d).ends for d in range(len(subject.columns))])
    beyond = int(np.any((rows.values < low) | (rows.values > high), axis=1).sum())
    return said + (f", {beyond} beyond the picture" if beyond else "")


def draw_pair(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """The rows of two columns as points, and the components as ellipses."""
    if subject.data is not None:
        draw_points(panel, subject, pair)
    if subject.mixture is not None:
        draw_outlines(panel, subject.mixture.marginal(pair), name_of_pair(pair))


def name_of_pair(pair: tuple[int, int]) -> str:
    """What is added to the names of what is drawn of a pair of columns, counted from 0, in an SVG."""
    return f"_in_{pair[0] + 1}_{pair[1] + 1}"


def draw_outlines(panel: Axes, mixture: Mixture, where: str) -> None:
    """The ellipses that hold so much of a component: (x - mean)ᵀ Σ⁻¹ (x - mean) = -2 log(1 - share) in two columns.

    And the box of the noise, if there is some.
    """
    if mixture.noise is not None:
        (left, below), (right, above) = mixture.noise.box.low.tolist(), mixture.noise.box.high.tolist()
        corners = ([left, right, right, left, left], [below, below, above, above, below])
        weight = f"noise: {mixture.noise.weight:.1%}"
        panel.plot(*corners, color=INK, linewidth=0.8, linestyle=":", label=weight, zorder=2)
    turn = np.linspace(0, 2 * np.pi, 181)
    circle = np.array([np.cos(turn), np.sin(turn)])
    for k in range(mixture.n_components):
        for share in INSIDE:
            x, y = mixture.means[k][:, None] + math.sqrt(-2 * math.log(1 - share)) * mixture.factors[k] @ circle
            label = f"component {k + 1}: {mixture.weights[k]:.1%}; 50% and 95% inside" if share == INSIDE[0] else None
            panel.plot(x, y, **line_of(k), label=label, zorder=3, gid=f"component_{k + 1}{where}_{share:.0%}"[:-1])
        panel.plot(*mixture.means[k], marker="+", color=INK, markersize=8, zorder=4, gid=f"mean_{k + 1}{where}")
        write_number(panel, k, float(mixture.means[k, 0]), float(mixture.means[k, 1]), where)
