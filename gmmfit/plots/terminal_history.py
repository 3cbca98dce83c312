"""How a fit went, in characters: every parameter against the iteration, or the states over the rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.history import by_parameter
from gmmfit.plots.states import States, hides_later_gains
from gmmfit.plots.terminal import DOT, NARROWEST, WIDEST, axis_lines, terminal_picture
from gmmfit.text import escaped

# Lines of a panel, and of a state over the rows.
PANEL, STATE = 5, 6
# Digits of a number beside a panel.
MOST_DIGITS_OF_ENDS = 9
# Components that have a digit of their own.
MOST_DIGITS = 9


def in_characters(kind: str, shown: Any, width: int) -> list[str]:
    """The lines of a picture of any kind that can be drawn in characters, of what it shows."""
    if kind == "history":
        return terminal_history(shown, width)
    if kind == "groups":
        return [line for name, subject in shown for line in [name, *terminal_picture(subject, width, STATE)]]
    return terminal_states(shown, width) if kind == "em" else terminal_picture(shown, width)


def terminal_history(history: Mapping[str, Array], width: int) -> list[str]:
    """The lines of a picture: a panel for the log-likelihood, and one for each parameter, whose components are digits.

    >>> history = {"iteration": np.arange(3.0), "loglik": np.array([-9.0, -8, -7]), "mean_1": np.array([1.0, 2, 3])}
    >>> print(*terminal_history(history, 30), sep="\\n")
    log-likelihood
           -7│                 •••
             │            •••••
             │        ••••
             │   •••••
           -9│•••
    mean
            3│                 111
             │            11111
             │        1111
             │   11111
            1│111
             └┬────────┬─────────┬
    iteration 0        1         2
    <BLANKLINE>
    """
    width = max(NARROWEST, min(width, WIDEST))
    iterations, likelihoods, said = history["iteration"], history["loglik"], ""
    if hides_later_gains(likelihoods):
        said = f", from iteration {iterations[1]:.0f} on; before that {likelihoods[0]:.8g}"
        likelihoods = np.concatenate([[np.nan], likelihoods[1:]])
    panels = {"log-likelihood" + said: {DOT: likelihoods}}
    for name, components in by_parameter(history).items():
        panels[escaped(name)] = {
            str(k + 1) if k < MOST_DIGITS else DOT: values for k, values in reversed(components.items())
        }
    ends = {name: _ends_said(curves) for name, curves in panels.items()}
    beside = max(len(text) for texts in ends.values() for text in texts.values())
    beside = max(beside, len("iteration"))
    n, (first, last) = width - beside - 1, iterations[[0, -1]]
    half = (last - first) / (n - 1) / 2 or 0.5
    lines = []
    for name, curves in panels.items():
        of_panel = enumerate(_panel(iterations, curves, n))
        lines += [name, *(f"{ends[name].get(row, ''):>{beside}}│{line}".rstrip() for row, line in of_panel)]
    axis, numbers = axis_lines(np.array([first - half, last + half]), n, least=1)
    return [*lines, f"{' ' * beside}└{axis}", f"{'iteration':>{beside}} {numbers}", ""]


def terminal_states(states: States, width: int) -> list[str]:
    """The lines of a picture: the rows under each state, one below the other."""
    lines = []
    for i, step in enumerate(states.steps):
        said = f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.4f}"
        lines += [said, *terminal_picture(states.subject(i), width, STATE)]
    return lines


def _panel(iterations: Array, curves: Mapping[str, Array], n: int) -> list[str]:
    """Curves against the iteration in n characters a line, each of its own marks."""
    low, high = _ends(curves)
    canvas = [[" "] * n for _ in range(PANEL)]
    for mark, curve in curves.items():
        seen = np.isfinite(curve)
        at = np.linspace(iterations[0], iterations[-1], n)
        heights = np.interp(at, iterations[seen], curve[seen])
        share = (heights - low) / (high - low) if high > low else np.full(n, 0.5)
        for i in np.flatnonzero(at >= iterations[seen][0]).tolist():
            canvas[PANEL - 1 - round(float(share[i]) * (PANEL - 1))][i] = mark
    return ["".join(line) for line in canvas]


def _ends(curves: Mapping[str, Array]) -> tuple[float, float]:
    """The least and the largest value of curves."""
    values = np.concatenate([*curves.values()])
    return float(np.nanmin(values)), float(np.nanmax(values))


def _ends_said(curves: Mapping[str, Array]) -> dict[int, str]:
    """The largest and the least value of curves, by the line of their panel; with digits that tell them apart."""
    low, high = _ends(curves)
    if not 0 < high - low < np.inf:
        return {PANEL // 2: f"{low:.6g}"}
    apart = np.log10(max(abs(low), abs(high))) - np.log10(high - low)
    digits = int(np.clip(3 + np.ceil(apart), 3, MOST_DIGITS_OF_ENDS))
    return {0: f"{high:.{digits}g}", PANEL - 1: f"{low:.{digits}g}"}
