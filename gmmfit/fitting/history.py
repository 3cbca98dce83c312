"""A history as a table: a row an iteration, with the log-likelihood and every parameter by its name; and back."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmmfit.arrays import Array, column_names
from gmmfit.errors import DataError, ModelError
from gmmfit.fitting.em.step import Step
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box, Noise
from gmmfit.model.parameters import HIGH, LOW, NOISE, TRANSFORM, component_table, pairs
from gmmfit.text import escaped

# What a history has beside parameters.
HEAD = ("iteration", "loglik", "gain")
LARGEST = 1e300
# No fit has more iterations.
MOST_ITERATIONS = 10**9
# A parameter with the number of its component.
PARAMETER = re.compile(r"(.+)_([1-9][0-9]{0,5})", re.DOTALL)
# What is said of the noise, which is component 0.
OF_NOISE = re.compile(rf"(weight|({LOW}|{HIGH})(_.+)?)_{NOISE}", re.DOTALL)
# By how much weights that were written with few digits may miss 1.
FEW_DIGITS = 0.02


def with_gains(steps: Sequence[Step]) -> list[tuple[Step, float]]:
    """Each step with what it gained on the one before; NaN for the first."""
    before = [math.nan, *(step.log_likelihood for step in steps)]
    return [(step, step.log_likelihood - last) for step, last in zip(steps, before, strict=False)]


def history_row(step: Step, gain: float) -> dict[str, Any]:
    """A step as one row: iteration, step, loglik, gain, and each parameter with the number of its component.

    Noise is component 0, with its weight and its range; of transformed columns the transform is there.
    """
    parameters = {
        f"{name}_{k}": value
        for name, values in component_table(step.mixture).items()
        for k, value in enumerate(values, start=1)
    }
    head = {"iteration": step.iteration, "step": step.kind, "loglik": step.log_likelihood, "gain": gain}
    of_noise = {f"{name}_{NOISE}": value for name, value in noise_parameters(step.mixture).items()}
    transform = step.mixture.transform
    return head | parameters | of_noise | ({TRANSFORM: ",".join(transform)} if transform else {})


def noise_parameters(mixture: Mixture) -> dict[str, float]:
    """The weight of the noise, and its range, each column's where there are several; nothing where there is none."""
    if mixture.noise is None:
        return {}
    box, several = mixture.noise.box, mixture.n_columns > 1
    ends = {
        f"{end}_{name}" if several else end: value
        for end, values in ((LOW, box.low.tolist()), (HIGH, box.high.tolist()))
        for name, value in zip(mixture.columns, values, strict=True)
    }
    return {"weight": mixture.noise.weight, **ends}


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
    try:
        history = {name: np.asarray(data[name], dtype=float) for name in names}
    except (TypeError, ValueError):
        raise DataError("no history: a parameter is no number in an iteration") from None
    iterations = history["iteration"]
    are_counts = (iterations == np.round(iterations)) & (iterations >= 0) & (iterations < MOST_ITERATIONS)
    if not len(iterations) or not np.all(are_counts) or len({*iterations}) < len(iterations):
        raise DataError("no history: each row needs an iteration of its own, as a whole number")
    if not np.all(np.abs(history["loglik"]) < LARGEST):
        raise DataError("no history: loglik is missing in an iteration, or too large to be drawn")
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


def steps_in(data: Mapping[str, Any], column: str = "x") -> tuple[Step, ...]:
    """The states of a fit that the columns of a history hold.

    A history of one column doesn't say what that is called.

    >>> history = {"iteration": [0], "loglik": [-9.5], "weight_1": [1], "mean_1": [165], "sd_1": [6]}
    >>> print(steps_in(history)[0].mixture)
    1 N(165, 6)

    Raises:
        DataError: it is no history, or a state is no mixture.
    """
    history, given = history_in(data), {str(name): data[name] for name in column_names(data) or ()}
    at = np.argsort(np.asarray(given["iteration"], dtype=float))
    transform = tuple(str(np.asarray(given[TRANSFORM])[0]).split(",")) if TRANSFORM in given else ()
    noise = {name: np.asarray(of, dtype=float)[at] for name, of in given.items() if OF_NOISE.fullmatch(name)}
    kinds = [str(kind) for kind in np.asarray(given["step"])[at]] if "step" in given else [""] * len(at)
    parameters = {name: np.array([*components.values()]) for name, components in by_parameter(history).items()}
    steps = []
    for i, iteration in enumerate(history["iteration"].astype(int).tolist()):
        try:
            mixture = _mixture_in(
                {name: values[:, i] for name, values in parameters.items()},
                {name: float(values[i]) for name, values in noise.items()},
                column,
                transform,
            )
        except (ModelError, KeyError) as error:
            why = f"there is no {error.args[0]}" if isinstance(error, KeyError) else error
            raise DataError(f"no history: iteration {iteration} is no mixture: {why}") from None
        steps.append(Step(iteration, float(history["loglik"][i]), mixture, kinds[i], math.nan))
    return tuple(steps)


def columns_in(history: Mapping[str, Array]) -> tuple[str, ...]:
    """The columns that a history is of, by their names; none of one column, which it doesn't name."""
    return _columns_among(by_parameter(history))


def _columns_among(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name.removeprefix("mean_") for name in parameters if name.startswith("mean_"))


def chosen_iterations(n: int, most: int) -> list[int]:
    """The positions of at most so many of n iterations: dense where EM makes its long steps, the first and last in it.

    >>> chosen_iterations(70, 6)
    [0, 1, 3, 8, 24, 69]
    """
    if n <= most:
        return list(range(n))
    return sorted({0, *np.round(np.geomspace(n - 1, 1, most - 1)).astype(int).tolist()})


def _mixture_in(
    parameters: Mapping[str, Array], of_noise: Mapping[str, float], column: str, transform: tuple[str, ...]
) -> Mixture:
    """The mixture of one iteration, from its parameters (K,) by their names."""
    names, noise = _columns_among(parameters), None
    weights = parameters["weight"]
    total = float(weights.sum()) + of_noise.get(f"weight_{NOISE}", 0.0)
    share = 1 / total if abs(total - 1) < FEW_DIGITS else 1.0
    if of_noise:
        each = [f"_{name}" for name in names] if len(names) > 1 else [""]
        low, high = (np.array([of_noise[f"{end}{name}_{NOISE}"] for name in each]) for end in (LOW, HIGH))
        noise = Noise(share * of_noise[f"weight_{NOISE}"], Box(low, high))
    if not names:
        return Mixture.from_sds(weights * share, parameters["mean"], parameters["sd"], column, transform, noise)
    means = np.stack([parameters[f"mean_{name}"] for name in names], axis=1)
    sds = np.stack([parameters[f"sd_{name}"] for name in names], axis=1)
    covariances = sds[:, :, None] ** 2 * np.eye(len(names))
    for i, j in pairs(len(names)):
        covariances[:, i, j] = covariances[:, j, i] = parameters[f"cov_{names[i]}_{names[j]}"]
    return Mixture(weights * share, means, covariances, names, transform=transform, noise=noise)


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
