"""A history as columns: the log-likelihood and every parameter at each iteration."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.fitting.result import Step
from gmmfit.model.parameters import component_table
from gmmfit.text import escaped

PARAMETER = re.compile(r"(.+)_([0-9]+)")


def history_of(steps: Sequence[Step]) -> dict[str, Array]:
    """Steps as columns: iteration, loglik, and each parameter with the number of its component, as in history files."""
    columns = {"iteration": [step.iteration for step in steps], "loglik": [step.log_likelihood for step in steps]}
    tables = [component_table(step.mixture) for step in steps]
    for name in tables[0]:
        for k in range(steps[0].mixture.n_components):
            columns[f"{name}_{k + 1}"] = [table[name][k] for table in tables]
    return {name: np.array(values, dtype=float) for name, values in columns.items()}


def history_in(data: Mapping[str, Any]) -> dict[str, Array]:
    """The columns of a history that a mapping holds, such as a DataFrame.

    Raises:
        DataError: it is no history.
    """
    names = [name for name in data.keys() if name in ("iteration", "loglik") or PARAMETER.fullmatch(str(name))]  # noqa: SIM118
    if not {"iteration", "loglik"} <= {*names} or len(names) == 2:
        raise DataError("no history: it needs the columns iteration, loglik, and parameters such as mean_1")
    history = {str(name): np.asarray(data[name], dtype=float) for name in names}
    grouped = by_parameter(history)
    n_components = max(map(len, grouped.values()))
    for name, components in grouped.items():
        if sorted(components) != list(range(n_components)):
            raise DataError(f"no history: {escaped(name)} is not there for each component, as others are")
    return history


def by_parameter(history: Mapping[str, Array]) -> dict[str, dict[int, Array]]:
    """The columns of a history for each parameter, by the number of the component, from 0."""
    grouped: dict[str, dict[int, Array]] = {}
    for name, values in history.items():
        if match := PARAMETER.fullmatch(name):
            grouped.setdefault(match[1], {})[int(match[2]) - 1] = values
    return grouped
