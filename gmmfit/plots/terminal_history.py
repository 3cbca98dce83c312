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
# Characters of the numbers beside a panel.
BESIDE = 11
# Components that have a digit of their own.
MOST_DIGITS = 9


def in_characters(kind: str, shown: Any, width: int) -> list[str]:
    """The lines of a picture of any kind that can be drawn in characters, of what it shows."""
    if kind == "history":
        return terminal_history(shown, width)
    return terminal_states(shown, width) if kind == "em" else terminal_picture(shown, width)


def terminal_history(history: Mapping[str, Array], width: int) -> list[str]:
    """The lines of a picture: a panel for the log-likelihood, and one for each parameter, whose components are digits.

    >>> history = {"iteration": np.arange(3.0), "loglik": np.array([-9.0, -8, -7]), "mean_1": np.array([1.0, 2, 3])}
    >>> print(*terminal_history(history, 30), sep="\\n")
    log-likelihood
             -7│               •••
               │           ••••
               │       ••••
               │   ••••
             -9│•••
    mean
              3│               111
               │           1111
               │       1111
               │   1111
              1│111
               └┬────────────────┬
      iteration 0                2
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
    n, (first, last) = width - BESIDE - 1, iterations[[0, -1]]
    half = (last - first) / (n - 1) / 2 or 0.5
    lines = [line for name, curves in panels.items() for line in [name, *_panel(iterations, curves, n)]]
    axis, numbers = axis_lines(np.array([first - half, last + half]), n, least=1)
    beside = " " * BESIDE
    return [*lines, f"{beside}└{axis}", f"{'iteration':>{BESIDE}} {numbers}", ""]


def terminal_states(states: States, width: int) -> list[str]:
    """The lines of a picture: the rows under each state, one below the other."""
    lines = []
    for i, step in enumerate(states.steps):
        said = f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.4f}"
        lines += [said, *terminal_picture(states.subject(i), width, STATE)]
    return lines


def _panel(iterations: Array, curves: Mapping[str, Array], n: int) -> list[str]:
    """Curves against the iteration in n characters a line, each of its own marks, and the largest and least value."""
    values = np.concatenate([*curves.values()])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    canvas = [[" "] * n for _ in range(PANEL)]
    for mark, curve in curves.items():
        seen = np.isfinite(curve)
        at = np.linspace(iterations[0], iterations[-1], n)
        heights = np.interp(at, iterations[seen], curve[seen])
        share = (heights - low) / (high - low) if high > low else np.full(n, 0.5)
        for i in np.flatnonzero(at >= iterations[seen][0]).tolist():
            canvas[PANEL - 1 - round(float(share[i]) * (PANEL - 1))][i] = mark
    beside = {PANEL // 2: low} if low == high else {0: high, PANEL - 1: low}
    digits = _digits(low, high)
    return [
        f"{f'{beside[row]:.{digits}g}' if row in beside else '':>{BESIDE}}│{''.join(line)}".rstrip()
        for row, line in enumerate(canvas)
    ]


def _digits(low: float, high: float) -> int:
    """So many significant digits that two numbers are told apart, and three of how far they are from each other."""
    size = max(abs(low), abs(high))
    if not 0 < high - low < np.inf:
        return 6
    return int(np.clip(3 + np.ceil(np.log10(size) - np.log10(high - low)), 3, BESIDE - 4))
