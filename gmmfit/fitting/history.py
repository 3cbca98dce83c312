"""A history as a table: a row an iteration, with the log-likelihood and every parameter by its name."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmmfit.arrays import Array, column_names
from gmmfit.errors import DataError
from gmmfit.fitting.em.step import Step
from gmmfit.model.parameters import NOISE, component_table
from gmmfit.text import escaped

# What a history has beside parameters.
HEAD = ("iteration", "loglik", "gain")
LARGEST = 1e300
# A parameter with the number of its component.
PARAMETER = re.compile(r"(.+)_([1-9][0-9]{0,5})")


def with_gains(steps: Sequence[Step]) -> list[tuple[Step, float]]:
    """Each step with what it gained on the one before; NaN for the first."""
    before = [math.nan, *(step.log_likelihood for step in steps)]
    return [(step, step.log_likelihood - last) for step, last in zip(steps, before, strict=False)]


def history_row(step: Step, gain: float) -> dict[str, Any]:
    """A step as one row: iteration, step, loglik, gain, and each parameter with the number of its component."""
    parameters = {
        f"{name}_{k}": value
        for name, values in component_table(step.mixture).items()
        for k, value in enumerate(values, start=1)
    }
    head = {"iteration": step.iteration, "step": step.kind, "loglik": step.log_likelihood, "gain": gain}
    noise = step.mixture.noise
    return head | parameters | ({} if noise is None else {f"weight_{NOISE}": noise.weight})


def history_columns(steps: Sequence[Step]) -> dict[str, Array]:
    """Steps as columns (iterations,): iteration, loglik, gain, and the parameters."""
    rows = [history_row(step, gain) for step, gain in with_gains(steps)]
    return history_in({name: [row[name] for row in rows] for name in rows[0]})


def history_in(data: Mapping[str, Any]) -> dict[str, Array]:
    """The columns of a history that a mapping holds, such as a DataFrame: iteration, loglik, gain, and the parameters.

    Raises:
        DataError: it is no history.
    """
    names = [name for name in map(str, column_names(data) or ()) if name in HEAD or PARAMETER.fullmatch(name)]
    if not {"iteration", "loglik"} <= {*names} or not any(map(PARAMETER.fullmatch, names)):
        raise DataError("no history: it needs the columns iteration, loglik, and parameters such as mean_1")
    history = {name: np.asarray(data[name], dtype=float) for name in names}
    iterations = history["iteration"]
    if not len(iterations) or np.any(iterations != np.round(iterations)) or len({*iterations}) < len(iterations):
        raise DataError("no history: each row needs an iteration of its own, as a whole number")
    order = np.argsort(iterations)
    history = {name: values[order] for name, values in history.items()}
    if "gain" not in history:
        history["gain"] = np.diff(history["loglik"], prepend=np.nan)
    grouped = by_parameter(history)
    n_components = max(map(len, grouped.values()))
    for name, components in grouped.items():
        if sorted(components) != list(range(n_components)):
            raise DataError(f"no history: {escaped(name)} is not there for each component, as others are")
        if any(not np.all(np.abs(values) < LARGEST) for values in components.values()):
            raise DataError(f"no history: {escaped(name)} is missing in an iteration, or too large to be drawn")
    return history


def by_parameter(history: Mapping[str, Array]) -> dict[str, dict[int, Array]]:
    """The columns of a history for each parameter, by the number of the component, from 0.

    >>> by_parameter({"loglik": np.zeros(1), "mean_1": np.ones(1)})
    {'mean': {0: array([1.])}}
    """
    grouped: dict[str, dict[int, Array]] = {}
    for name, values in history.items():
        if match := PARAMETER.fullmatch(name):
            grouped.setdefault(match[1], {})[int(match[2]) - 1] = values
    return {name: dict(sorted(components.items())) for name, components in grouped.items()}
