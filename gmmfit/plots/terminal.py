"""A picture in characters: the histogram of a column in blocks, the mixture over it in dots."""

import math
from functools import partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.compress import counted
from gmmfit.data.rows import Data, Rows
from gmmfit.model.mixture import Mixture
from gmmfit.plots.groups import groups_of
from gmmfit.plots.histogram import edges_of, extent_of_mixture, histogram
from gmmfit.plots.subject import Subject

BLOCKS = " ▁▂▃▄▅▆▇█"
DOT, CUTOFF = "•", "|"
HEIGHT = 10
# Characters across, at most and at least: more spread out what belongs together, fewer show nothing.
WIDEST, NARROWEST = 100, 20
# Characters between two numbers on the axis, about.
TICK = 12


def terminal_picture(subject: Subject, width: int, height: int = HEIGHT) -> list[str]:
    """The lines of a picture: each column of the subject, or each group, below the other.

    >>> mixture = Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5], columns="height")
    >>> print(*terminal_picture(Subject("density", mixture=mixture), width=30, height=3), sep="\\n")
         ••••••        ••••••
       ••      •••  •••      ••
    •••           ••           •••
    ────────┬────────────┬────────
           160          180
            1      |     2
    height   • mixture   1 2 means   | cut-off
    <BLANKLINE>
    """
    width = max(NARROWEST, min(width, WIDEST))
    lines: list[str] = []
    for d, name in enumerate(subject.columns):
        mixture = None if subject.mixture is None else subject.mixture.marginal((d,))
        sample = None if subject.data is None else counted(_column(subject.rows, d))
        edges = _edges(sample, mixture, subject.bins, width)
        if subject.labels:
            for label, rows in groups_of(subject).items():
                caption = f"{name}, {subject.by} {label}"
                lines += _lines(edges, _column(rows, d), rows.total_weight, None, caption, width, height // 2)
        else:
            data = None if subject.data is None else subject.data.mapped(partial(_column, d=d))
            lines += _lines(edges, data, subject.total_weight, mixture, name, width, height)
    return lines


def _column(rows: Rows, d: int) -> Rows:
    return Rows(rows.values[:, d : d + 1], rows.weights, rows.columns[d : d + 1])


def _edges(sample: Rows | None, mixture: Mixture | None, bins: int | None, width: int) -> Array:
    """The edges of bins that are one or more characters wide."""
    if sample is None:
        return np.linspace(*extent_of_mixture(mixture), width + 1) if mixture is not None else np.arange(2.0)
    edges = edges_of(sample, mixture, bins)
    together = -(-(len(edges) - 1) // width)
    count = -(-(len(edges) - 1) // together)
    return float(edges[0]) + float(edges[1] - edges[0]) * together * np.arange(count + 1, dtype=float)


def _lines(
    edges: Array, data: Data | None, total: float, mixture: Mixture | None, caption: str, width: int, height: int
) -> list[str]:
    """The picture of one column: bars and dots, the axis, what is marked on it, and what all that means."""
    wide = width // (len(edges) - 1)
    n = wide * (len(edges) - 1)
    bars, dots = np.zeros(n), np.zeros(n)
    legend = [caption]
    if data is not None:
        bins = histogram(data, edges, total)
        bars = np.repeat(bins.densities, wide)
        legend.append(f"█ {len(data)} rows")
        beyond = ((bins.n_below, "below"), (bins.n_above, "above"))
        legend += [f"{count} {side} the picture" for count, side in beyond if count]
    if mixture is not None:
        # Its mean in each character, as a bar is that of its bin; so nothing falls between two characters.
        borders = np.linspace(edges[0], edges[-1], n + 1)
        dots = np.diff(mixture.cdf(borders)) / np.diff(borders)
        legend.append(f"{DOT} mixture")
    top = max(bars.max(), dots.max())
    canvas = _bars(bars / top, height)
    if mixture is not None:
        _dot(canvas, np.minimum(dots / top * height, height - 1).astype(int))
    marks, meanings = _marks(edges, mixture, n)
    lines = ["".join(row).rstrip() for row in reversed(canvas)] + _axis(edges, n)
    return [*lines, *([marks] if marks.strip() else []), "   ".join([*legend, *meanings]), ""]


def _bars(heights: Array, height: int) -> list[list[str]]:
    """Rows of characters, the lowest first, with bars as high as heights (n,) between 0 and 1 say."""
    eighths = np.ceil(heights * height * 8 - 1e-9).astype(int)
    return [[BLOCKS[min(8, max(0, one - 8 * row))] for one in eighths.tolist()] for row in range(height)]


def _dot(canvas: list[list[str]], levels: npt.NDArray[np.int_]) -> None:
    """Dots at levels (n,), and between them where they rise or fall by more than one."""
    levels_before = np.concatenate([levels[:1], levels[:-1]])
    for i, (before, level) in enumerate(zip(levels_before.tolist(), levels.tolist(), strict=True)):
        low, high = (level, max(level, before - 1)) if before > level else (min(level, before + 1), level)
        for row in range(low, high + 1):
            canvas[row][i] = DOT


def _axis(edges: Array, n: int) -> list[str]:
    """The axis with round numbers below it."""
    low, high = float(edges[0]), float(edges[-1])
    rough = (high - low) / max(1, n / TICK)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough)
    line, labels = ["─"] * n, [" "] * n
    free = 0
    for tick in np.arange(math.ceil(low / step), math.floor(high / step) + 1).tolist():
        text = f"{tick * step:.10g}"
        at = _position(tick * step, edges, n)
        line[at] = "┬"
        start = min(max(0, at - len(text) // 2), n - len(text))
        if start >= free:
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    return ["".join(line), "".join(labels).rstrip()]


def _marks(edges: Array, mixture: Mixture | None, n: int) -> tuple[str, list[str]]:
    """The numbers of components below their means, and the cut-offs; and what they are."""
    line, meanings = [" "] * n, []
    if mixture is None or mixture.n_components == 1:
        return "", []
    cutoffs = [cutoff.value for cutoff in mixture.cutoffs() if edges[0] <= cutoff.value <= edges[-1]]
    for value in cutoffs:
        line[_position(value, edges, n)] = CUTOFF
    for k, mean in enumerate(mixture.means[:, 0].tolist(), start=1):
        if edges[0] <= mean <= edges[-1]:
            at = min(_position(mean, edges, n), n - len(str(k)))
            line[at : at + len(str(k))] = str(k)
    meanings.append("1 2 means" if mixture.n_components == 2 else f"1-{mixture.n_components} means")
    if cutoffs:
        meanings.append(f"{CUTOFF} cut-off" + ("s" if len(cutoffs) > 1 else ""))
    return "".join(line).rstrip(), meanings


def _position(value: float, edges: Array, n: int) -> int:
    """The character in which a value lies."""
    return min(n - 1, int((value - edges[0]) / (edges[-1] - edges[0]) * n))
