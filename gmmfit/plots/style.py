"""What all pictures are drawn on: figures, colours, fonts that have the letters, files with the same bytes every time.

Figures are made by hand, without pyplot, which would look for a screen.
"""

import contextlib
import io
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, NullLocator

from gmmfit.model.transform import Transform
from gmmfit.plots.look import NARROW
from gmmfit.plots.ticks import round_ticks
from gmmfit.text import escaped

log = logging.getLogger("gmmfit")

# Six of Okabe and Ito's and an olive, which show on white, in an order in which neighbours differ in lightness too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#999933")
# With the colours they tell lines apart where colours don't print.
DASHES = ((0, (6, 2)), (0, (1.2, 1.2)), (0, (7, 2, 1.2, 2)), (0, (3, 1.5)), (0, (7, 2, 1.2, 2, 1.2, 2)), (0, (12, 3)))
MARKERS = "osD^vPX*"
DATA, INK = "#c9c9c9", "#1a1a1a"
# What sets a line or a number off from what lies below it.
OUTLINED = withStroke(linewidth=2.6, foreground="white", alpha=0.8)
LAST_RESORT = "Last Resort"
# The width in inches of an entry of a legend without its text, and of a letter of that.
ENTRY, LETTER = 0.7, 0.066
# The height of an entry; the most of a figure that a legend below it takes; and entries that have room inside.
LINE, MOST_BELOW, MOST_INSIDE = 0.19, 0.27, 9

STYLE: dict[Any, Any] = {
    "axes.edgecolor": "#666666",
    "axes.formatter.limits": (-5, 6),
    "axes.formatter.useoffset": False,
    "axes.labelsize": "medium",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "figure.titlesize": "large",
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "pdf.fonttype": 42,
    "savefig.facecolor": "white",
    "svg.hashsalt": "gmmfit",  # else identifiers in an SVG are random
    "text.parse_math": False,  # a column may be called $x$
}
# What is a little smaller than other letters.
SMALLER = ("xtick.labelsize", "ytick.labelsize", "legend.fontsize")


# What would differ from one run or machine to the next.
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextlib.contextmanager
def paper(letters: float = 10.0) -> Iterator[None]:
    """Draw in gmmfit's style, with letters of so many points, whatever is set elsewhere."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        sizes = {"font.size": letters, "lines.linewidth": 1.6 * max(letters, 7) / 10} | dict.fromkeys(
            SMALLER, 0.9 * letters
        )
        matplotlib.rcParams.update(STYLE | sizes)
        # A letter that no font has was said already.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        # In a figure of half an inch there is no room to make.
        warnings.filterwarnings("ignore", "constrained_layout not applied", UserWarning)
        yield


def empty_figure(size: tuple[float, float], dpi: float) -> Figure:
    """A figure of so many inches, whose parts make room for each other."""
    return Figure(figsize=size, dpi=dpi, layout="constrained")


def save(figure: Figure, stream: BinaryIO, kind: str) -> None:
    """Write a figure as png, svg or pdf; the same figure gives the same bytes."""
    whole = io.BytesIO()  # so that a stream that fails fails once
    with paper():
        figure.savefig(whole, format=kind, dpi=figure.dpi, metadata=METADATA[kind])
    stream.write(whole.getvalue())


def set_fonts(figure: Figure) -> None:
    """Write all texts of a figure in fonts that have their letters; what no font here has is said."""
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    families, lacked = fonts(frozenset("".join(text.get_text() for text in texts)))
    for text in texts:
        text.set_fontfamily(families)
    if lacked:
        log.warning("no font here has %s: install one that does, such as Noto Sans", lacked[:20])


@cache
def fonts(letters: frozenset[str]) -> tuple[list[str], str]:
    """The families of fonts that together have letters, the usual one first, and the letters that none here has."""
    usual: str = matplotlib.rcParamsDefault["font.sans-serif"][0]
    families, wanted = [usual], _lacked(findfont(FontProperties(family=usual)), letters)
    # The font of last resort draws a box for every letter there is.
    others = sorted(
        (entry for entry in fontManager.ttflist if entry.style == "normal" and not entry.name.startswith(LAST_RESORT)),
        key=lambda entry: ("Sans" not in entry.name, "Mono" in entry.name, abs(int(entry.weight) - 400), entry.name),
    )
    for entry in others if wanted else ():
        lacked = _lacked(entry.fname, wanted)
        if lacked < wanted:
            families.append(entry.name)
            wanted = lacked
        if not wanted:
            break
    return families, "".join(sorted(wanted))


def _lacked(path: str, letters: frozenset[str]) -> frozenset[str]:
    """The letters that print, and that a font has no glyph for."""
    font = FT2Font(path)
    return frozenset(letter for letter in letters if letter.isprintable() and not font.get_char_index(ord(letter)))


def shortened(text: str, most: int = 40) -> str:
    """A text from a table as a picture has room for it."""
    text = escaped(text)
    return text if len(text) <= most else text[:most] + "…"


def group_label(by: str, name: str) -> str:
    """What a group is called in a legend, from which matplotlib leaves out what begins with _."""
    label = f"{shortened(by)} {shortened(name)}"
    return " " + label if label.startswith("_") else label


def as_precise_as(sd: float, number: float) -> str:
    """A number with the decimals in which an sd has three digits.

    >>> as_precise_as(5.97376, 163.2697), as_precise_as(1120, 2796.6)
    ('163.27', '2797')
    """
    decimals = 2 - math.floor(math.log10(sd)) if sd > 0 else 4
    return f"{number:.{max(decimals, 0)}f}" if -15 < decimals < 8 and abs(number) < 1e15 else f"{number:.6g}"


def shades_of(n: int) -> list[tuple[float, ...]]:
    """So many fills for groups, from dark to light, which differ for colour-blind eyes and in grey."""
    shades: list[tuple[float, ...]] = [tuple(shade) for shade in colormaps["cividis"](np.linspace(0.4, 0.97, n))]
    return shades


def colour(k: int) -> str:
    """The colour of component or group k, from 0."""
    return COLOURS[k % len(COLOURS)]


def line_of(k: int) -> dict[str, Any]:
    """How the line of component k, from 0, is drawn: in other dashes when colours come again."""
    dashes = DASHES[(k + k // len(COLOURS)) % len(DASHES)]
    return {"color": colour(k), "linestyle": dashes, "path_effects": [OUTLINED]}


def count_axis(panel: Axes) -> None:
    """Let the horizontal axis of a panel have ticks at whole numbers only."""
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def write_number(panel: Axes, k: int, x: float, y: float, where: str = "") -> None:
    """Write the number of component k, counted from 0, beside a point of it; where is added to what an SVG calls it."""
    label = panel.annotate(str(k + 1), (x, y), xytext=(0, 3), textcoords="offset points", color=INK, ha="center")
    label.set(fontsize="small", zorder=6, path_effects=[OUTLINED], gid=f"number_{k + 1}{where}")


def place_legend(figure: Figure, panels: Sequence[Axes], where: str) -> None:
    """A legend of what is drawn in panels: below the figure, off the data; or in the emptiest corner of the first.

    Where nobody says it is below, unless that takes too much of the figure.
    """
    seen: dict[str, Artist] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        seen |= dict(zip(labels, handles, strict=True))
    if not seen or where == "none":
        return
    letter = matplotlib.rcParams["font.size"] / 10
    beside = max(1, int(figure.get_figwidth() / letter / (ENTRY + LETTER * max(map(len, seen)))))
    rows = -(-len(seen) // beside)
    is_large = len(seen) <= MOST_INSIDE and rows * LINE * letter > MOST_BELOW * figure.get_figheight()
    if where == "inside" or (where == "auto" and is_large):
        handles, labels = list(seen.values()), list(seen)
        legend = panels[0].legend(handles, labels, loc="best", handlelength=1.6, fontsize="small", frameon=True)
        legend.get_frame().set(alpha=0.7, linewidth=0)
        return
    entries = {"handles": list(seen.values()), "labels": list(seen), "ncols": -(-len(seen) // rows)}
    figure.legend(**entries, loc="outside lower center", columnspacing=1.5)


def line_width() -> float:
    """The width of lines, in points."""
    width: float = matplotlib.rcParams["lines.linewidth"]
    return width


def is_narrow(panel: Axes) -> bool:
    """Whether a panel lies in a figure with so little room that labels are short."""
    figure = panel.get_figure(root=True)
    return figure is not None and figure.get_figwidth() < NARROW


def make_logarithmic(panel: Axes, low: float, high: float, most: int = 8) -> None:
    """Let the horizontal axis of a panel, which reaches from low to high, be logarithmic, with round values on it."""
    panel.set_xscale("log")
    ticks = round_ticks(Transform.named("log10"), math.log10(low), math.log10(high), most)
    panel.xaxis.set_ticks([10.0**position for position, _ in ticks], [text for _, text in ticks])
    panel.xaxis.set_minor_locator(NullLocator())


def show_own_values(axis: Axis, transform: Transform, ends: tuple[float, float], most: int = 8) -> None:
    """Write the values of a column on an axis of the transformed one, which reaches from end to end."""
    ticks = round_ticks(transform, *ends, most)
    axis.set_ticks([position for position, _ in ticks], [text for _, text in ticks])
    axis.set_minor_locator(NullLocator())
