"""EM at work as a part of a page: a picture that a slider takes through the states of a fit, with their numbers."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.history import chosen_iterations
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import component_table
from gmmfit.pages.html import own_file, paragraph, section, svg_of, swatch
from gmmfit.plots.column import Column
from gmmfit.plots.figures import drawn_moment
from gmmfit.plots.kinds.density import curve_points
from gmmfit.plots.kinds.ellipses import INSIDE, MOST_DRAWN, name_of_pair, shown_rows
from gmmfit.plots.kinds.em import height_on_trace
from gmmfit.plots.look import Look
from gmmfit.plots.names import IN_A_PAGE
from gmmfit.plots.states import States
from gmmfit.plots.style import INK, colour
from gmmfit.plots.subject import Subject
from gmmfit.text import rows_said

# Dots per inch of what is no line in the picture, and its size in inches in one column: letters stay large on a phone.
DPI, SIZE = 200, (6.0, 4.6)
# Of numbers to base 36.
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# SVG's unit: so many of them make an inch.
POINTS = 72
# The share of a log-likelihood below which a gain is rounding.
SEEN = 1e-13


def em_section(states: States, look: Look) -> str:
    """The slider with its picture, and the table of the parameters; of very many states some."""
    n = len(states.iterations)
    states = states.some(chosen_iterations(len(states), IN_A_PAGE))
    size = look.size or (SIZE if len(states.rows.columns) == 1 else None)
    plain = replace(look, size=size, dpi=DPI, legend="none", title=None)
    figure = drawn_moment(states, len(states) - 1, plain, is_moved=True)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # from here on nothing moves
    record = _record(states, figure)
    names = list(component_table(states.steps[-1].mixture))
    head = "".join(f"<th>{escape(name)}</th>" for name in ["component", *names])
    some = "" if len(states) == n else f" {len(states)} of {n} iterations are here, closer at the beginning."
    said = (
        f"{rows_said(len(states.rows.data or ()))}. Each iteration shares them out among the components, and estimates "
    )
    return section(
        "EM at work",
        paragraph(f"{said}these anew.{some}"),
        "<noscript><p>The slider needs JavaScript; what is drawn is the last iteration.</p></noscript>",
        '<div id="em">',
        '<div class="controls"><button class="play">play</button><button class="back" aria-label="one back">‹</button>'
        f'<input type="range" min="0" max="{len(states) - 1}" step="1" aria-label="iteration">'
        '<button class="on" aria-label="one on">›</button></div>',
        f'<p class="now" aria-live="polite">{escape(record["states"][-1]["said"])}</p>',
        f"<figure>{svg_of(figure)}</figure>",
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{_body(states)}</tbody></table></div>',
        "</div>",
        f'<script type="application/json" id="em-states">{_as_json(record)}</script>',
        f"<script>\n{own_file('em.js')}</script>",
    )


def _body(states: States) -> str:
    """The rows of the table as the last state has them; the slider fills in those of others."""
    mixture = states.steps[-1].mixture
    rows = _cells(mixture)
    names = [swatch(str(k + 1), colour(k)) for k in range(mixture.n_components)]
    names += [swatch("noise", INK)] if mixture.noise is not None else []
    return "".join(
        f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for name, cells in zip(names, rows, strict=True)
    )


def _cells(mixture: Mixture) -> list[list[str]]:
    """The parameters of a mixture as texts, a row a component, and one for the noise."""
    table = component_table(mixture)
    rows = [[f"{value:.6g}" for value in row] for row in zip(*table.values(), strict=True)]
    noise = mixture.noise
    return rows if noise is None else [*rows, [f"{noise.weight:.6g}", *[""] * (len(table) - 1)]]


def _as_json(record: dict[str, Any]) -> str:
    """A record as it can stand in a script of a page."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _record(states: States, figure: Figure) -> dict[str, Any]:
    """What moves the picture: its panels, where in it stands what is moved, and each state."""
    *panels, trace = figure.axes
    place, last = _placing(figure), states.subject(len(states) - 1)
    if len(last.columns) == 1:
        drawn = [_column_panel(panels[0], last.column(), last.drawn_mixture, place)]
    else:
        pairs = [(j, i) for i in range(1, len(last.columns)) for j in range(i)]
        drawn = [_pair_panel(panel, pair, place) for panel, pair in zip(panels, pairs, strict=True)]
    on_way = [place(trace, step.iteration, height_on_trace(trace, step)) for step in states.steps]
    at = {"now": on_way[-1]}
    for panel in panels:
        numbers = [text for text in panel.texts if isinstance(text, Annotation)]
        for number in numbers:  # in two columns a cross is where the number is
            at[str(number.get_gid())] = at[str(number.get_gid()).replace("number", "mean")] = place(panel, *number.xy)
    return {
        "colours": [colour(k) for k in range(last.drawn_mixture.n_components)] + [INK],
        "regions": [[f"{share:.0%}"[:-1], math.sqrt(-2 * math.log(1 - share))] for share in INSIDE],
        "panels": drawn,
        "at": at,
        "states": [_state(states, i) | {"at": on_way[i]} for i in range(len(states))],
    }


def _placing(figure: Figure) -> Callable[[Axes, float, float], list[float]]:
    """Where in the SVG of a figure a point of a panel lies."""
    height = figure.get_figheight() * POINTS

    def place(panel: Axes, x: float, y: float) -> list[float]:
        across, up = (panel.transData.transform((x, y)) * POINTS / figure.dpi).tolist()
        return [round(across, 3), round(height - up, 3)]

    return place


def _column_panel(
    panel: Axes, column: Column, mixture: Mixture, place: Callable[[Axes, float, float], list[float]]
) -> dict[str, Any]:
    """A panel of one column: at which values curves have points, and how high in it densities are."""
    x: Array = curve_points(mixture, *panel.get_xlim())
    top = panel.get_ylim()[1]
    (_, base), (_, highest) = place(panel, x[0], 0.0), place(panel, x[0], top)
    return {
        "x": x.tolist(),
        "px": [place(panel, value, 0.0)[0] for value in x.tolist()],
        "slope": column.slope(x).tolist(),
        "base": base,
        "top": highest,
        "scale": (base - highest) / top,
    }


def _pair_panel(
    panel: Axes, pair: tuple[int, int], place: Callable[[Axes, float, float], list[float]]
) -> dict[str, Any]:
    """A panel of two columns: from where to where it reaches, in values and in the picture."""
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    (x0, y0), (x1, y1) = place(panel, left, low), place(panel, right, high)
    # What a value is less than the corner is exact, whatever the offset of the column.
    return {"pair": list(pair), "name": name_of_pair(pair), "x": [left, right, x0, x1], "y": [low, high, y0, y1]}


def _state(states: States, i: int) -> dict[str, Any]:
    """A state as numbers to be drawn, as texts of the table, and in a sentence."""
    step, subject = states.steps[i], states.subject(i)
    mixture, gain = subject.drawn_mixture, states.gain(i)
    gained = "" if gain is None else f", gained {gain if abs(gain) > SEEN * abs(step.log_likelihood) else 0:.4g}"
    known = subject.column().known if len(subject.columns) == 1 else None
    blurred = None if known is None else known.blurred(mixture)
    kind = f" ({step.kind})" if step.kind else ""
    noise = mixture.noise
    return {
        "said": f"iteration {step.iteration}{kind}: log-likelihood {step.log_likelihood:.4f}{gained}",
        **_normals(mixture),
        "blurred": None if blurred is None else _normals(blurred),
        "likeliest": _likeliest(subject),
        "noise": None if noise is None else [noise.weight, noise.box.low.tolist()[0], noise.box.high.tolist()[0]],
        "share": 1.0 if known is None else known.share_seen(mixture),
        "rows": _cells(step.mixture),
    }


def _normals(mixture: Mixture) -> dict[str, Any]:
    """The components of a mixture as a picture needs them: sds and correlations, which are there on any scale."""
    covariances = mixture.covariances
    roots = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    correlations = covariances / roots[:, :, None] / roots[:, None, :]
    numbers = {"weights": mixture.weights, "means": mixture.means, "sds": mixture.sds}
    return {name: of.tolist() for name, of in numbers.items()} | {
        "correlations": correlations.tolist() if mixture.n_columns > 1 else None
    }


def _likeliest(subject: Subject) -> str:
    """The component that each point of a picture of two columns most likely is of, a digit of base 36 each.

    Nothing where points are too many to be drawn one by one, or not all known.
    """
    data, mixture = subject.data, subject.drawn_mixture
    if not isinstance(data, Rows) or data.known is not None or len(subject.columns) == 1:
        return ""
    if len(data) > MOST_DRAWN or mixture.n_components >= len(DIGITS):
        return ""
    likeliest = np.argmax(mixture.posterior(shown_rows(data, (0, 1)).values), axis=1)
    return "".join(DIGITS[k] for k in likeliest.tolist())
