"""A picture in characters: the histogram of a column in blocks, the mixture over it in dots."""

import math
import textwrap
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.model.mixture import Mixture
from gmmfit.plots.column import IDENTITY, Column, ColumnRows
from gmmfit.plots.subject import Subject, only_column
from gmmfit.plots.ticks import round_ticks
from gmmfit.text import escaped, rows_said

BLOCKS = " ▁▂▃▄▅▆▇█"
DOT, CUTOFF = "•", "|"
HEIGHT = 10
# Characters across, at most and at least: more spread out what belongs together, fewer show nothing.
WIDEST, NARROWEST = 100, 20
# More components can't be told apart in a line.
MOST_MARKED = 200
# Characters between two numbers on the axis, about.
TICK = 12


def terminal_picture(subject: Subject, width: int, height: int = HEIGHT) -> list[str]:
    """The lines of a picture: each column of a subject, and its groups, one below the other.

    >>> mixture = Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5], columns="height")
    >>> print(*terminal_picture(Subject(mixture=mixture), width=30, height=3), sep="\\n")
           •••••      •••••
         ••     ••  ••     ••
    •••••         ••         •••••
    ─────────┬──────────┬─────────
            160        180
             1     |    2
    height   • mixture   1 2 means
    | cut-off
    <BLANKLINE>
    """
    width = max(NARROWEST, min(width, WIDEST))
    lines: list[str] = []
    for d in range(len(subject.columns)):
        column = subject.column(d)
        if column.mixture is not None or not subject.groups:
            lines += _lines(column, width, height)
        for label, rows in subject.groups.items():
            lines += _lines_of_group(column, f"{subject.by} {escaped(label)}", only_column(rows, d), width, height // 2)
    return lines


def _lines(column: Column, width: int, height: int) -> list[str]:
    """The picture of one column: bars and dots, the axis, what is marked on it, and what all that means."""
    edges, n = _edges(column, width)
    bars, dots = np.zeros(n), np.zeros(n)
    legend = [column.name]
    if column.rows is not None:
        bins = column.rows.histogram_in(edges)
        bars = np.repeat(bins.weights / bins.total / _shares_of(edges), n // (len(edges) - 1))
        beyond = ((bins.n_below, "below"), (bins.n_above, "above"))
        legend += [f"█ {rows_said(len(column.rows))}", *known_said(column.rows)]
        legend += [f"{count} {side} the picture" for count, side in beyond if count]
    if column.mixture is not None:
        shown, share = column.mixture, 1.0
        if column.known is not None:  # as the rows are seen: with their errors, in their window
            shown, share = column.known.blurred(shown) or shown, column.known.share_seen(shown)
        # Its mean in each character, as a bar is that of its bin; so nothing falls between two characters.
        borders = np.linspace(edges[0], edges[-1], n + 1)
        widths = _shares_of(borders)  # 0 where neighbouring doubles lie farther apart than characters
        dots = np.divide(np.diff(shown.cdf(borders)) / share, widths, out=np.zeros(n), where=widths > 0)
        legend.append(f"{DOT} mixture")
    top = max(bars.max(), dots.max()) or 1.0  # all rows may lie beyond the picture
    canvas = _bars(bars / top, height)
    if column.mixture is not None:
        _dot(canvas, np.minimum(dots / top * height, height - 1).astype(int))
    marks, meanings = _marks(edges, column.mixture, n)
    return _put_together(canvas, _axis_of(column, edges, n), marks, [*legend, *meanings], width)


def known_said(rows: ColumnRows) -> list[str]:
    """What a legend says of rows that are no exact numbers."""
    known = rows.known
    beyond = () if known is None else ((known.below, "below a limit"), (known.above, "above a limit"))
    said = [f"{round(weight)} {what}" for weight, what in beyond if weight]
    return said + ([f"{rows.n_missing} without a value"] if rows.n_missing else [])


def _lines_of_group(column: Column, name: str, rows: Rows, width: int, height: int) -> list[str]:
    """The picture of one group, in the bins of all rows."""
    edges, n = _edges(column, width)
    weights = column.drawn_rows.histogram_in(edges, rows, rows.total_weight).weights
    canvas = _bars(np.repeat(weights / (weights.max() or 1.0), n // (len(edges) - 1)), height)
    return _put_together(
        canvas, _axis_of(column, edges, n), "", [f"{column.name}, {name}", f"█ {rows_said(len(rows))}"], width
    )


def _edges(column: Column, width: int) -> tuple[Array, int]:
    """The edges of bins that are one or more characters wide, and how many characters all are."""
    edges = column.edges
    if column.rows is None:
        return np.linspace(edges[0], edges[-1], width + 1), width
    together = -(-(len(edges) - 1) // width)
    count = -(-(len(edges) - 1) // together)
    if together > 1:
        edges = float(edges[0]) + float(edges[1] - edges[0]) * together * np.arange(count + 1, dtype=float)
    return edges, count * (width // count)


def _shares_of(borders: Array) -> Array:
    """How much of a line lies between neighbouring borders."""
    return np.diff(borders) / float(borders[-1] - borders[0])


def _put_together(canvas: list[list[str]], axis: list[str], marks: str, legend: list[str], width: int) -> list[str]:
    lines = ["".join(row).rstrip() for row in reversed(canvas)]
    # Parts of the legend stay whole: what is no gap between two of them is no place to break a line.
    kept = "   ".join(part.replace(" ", "\0") for part in legend)
    below = [line.replace("\0", " ") for line in textwrap.wrap(kept, width, break_on_hyphens=False)]
    return [*lines, *axis, *([marks] if marks else []), *below, ""]


def _bars(heights: Array, height: int) -> list[list[str]]:
    """Rows of characters, the lowest first, with bars as high as heights (n,) between 0 and 1 say."""
    eighths = np.ceil(heights * height * 8 - 1e-9).astype(int)
    return [[BLOCKS[min(8, max(0, eighth - 8 * row))] for eighth in eighths.tolist()] for row in range(height)]


def _dot(canvas: list[list[str]], levels: npt.NDArray[np.int_]) -> None:
    """Dots at levels (n,), and between them where they rise or fall by more than one."""
    levels_before = np.concatenate([levels[:1], levels[:-1]])
    for i, (before, level) in enumerate(zip(levels_before.tolist(), levels.tolist(), strict=True)):
        low, high = (level, max(level, before - 1)) if before > level else (min(level, before + 1), level)
        for row in range(low, high + 1):
            canvas[row][i] = DOT


def _axis_of(column: Column, edges: Array, n: int) -> list[str]:
    """The axis with round numbers of a column below it."""
    if column.transform is IDENTITY:
        return axis_lines(edges, n)
    return _written(round_ticks(column.transform, float(edges[0]), float(edges[-1]), max(1, n // TICK)), edges, n)


def _written(ticks: Sequence[tuple[float, str]], edges: Array, n: int) -> list[str]:
    """The axis with texts at positions below it, as far as they have room."""
    line, labels, free = ["─"] * n, [" "] * n, 0
    for position, text in ticks:
        at = _position(position, edges, n)
        line[at] = "┬"
        start = min(max(0, at - len(text) // 2), n - len(text))
        if start >= free:
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    return ["".join(line), "".join(labels).rstrip()]


def axis_lines(edges: Array, n: int, least: float = 0.0) -> list[str]:
    """An axis of n characters from edge to edge with round numbers below it, at least so far from each other."""
    low, high = float(edges[0]), float(edges[-1])
    rough = max((high - low) / max(1, n / TICK), least)
    if rough == 0:  # the smallest doubles there are
        return ["─" * n, ""]
    power = math.floor(math.log10(rough))
    step = next(rounded for factor in (1, 2, 5, 10) if float(rounded := Decimal(10) ** power * factor) >= 0.75 * rough)
    size, ticks = max(abs(low), abs(high)), []
    digits = max(1, math.floor(math.log10(size)) - power + 1)
    for number in range(math.ceil(low / float(step)), math.floor(high / float(step)) + 1):
        tick = number * step
        text = f"{tick.normalize():f}" if 1e-5 < size < 1e7 else f"{float(tick):.{digits}g}"
        ticks.append((float(tick), text))
    return _written(ticks, edges, n)


def _marks(edges: Array, mixture: Mixture | None, n: int) -> tuple[str, list[str]]:
    """The numbers of components below their means, and the cut-offs; and what they are."""
    line, meanings = [" "] * n, []
    if mixture is None or not 1 < mixture.n_components <= MOST_MARKED:
        return "", []
    cutoffs = [cutoff.value for cutoff in mixture.cutoffs() if edges[0] <= cutoff.value <= edges[-1]]
    for value in cutoffs:
        line[_position(value, edges, n)] = CUTOFF
    written = [False] * n
    for k, mean in enumerate(mixture.means[:, 0].tolist(), start=1):
        at = min(_position(mean, edges, n), n - len(str(k))) if edges[0] <= mean <= edges[-1] else None
        if at is not None and not any(written[max(0, at - 1) : at + len(str(k)) + 1]):  # else it couldn't be read
            line[at : at + len(str(k))] = str(k)
            written[at : at + len(str(k))] = [True] * len(str(k))
    meanings.append("1 2 means" if mixture.n_components == 2 else f"1-{mixture.n_components} means")
    if cutoffs:
        meanings.append(f"{CUTOFF} cut-off" + ("s" if len(cutoffs) > 1 else ""))
    return "".join(line).rstrip(), meanings


def _position(value: float, edges: Array, n: int) -> int:
    """The character in which a value lies."""
    return min(n - 1, int((value - edges[0]) / (edges[-1] - edges[0]) * n))
