"""From one start to a peak: the stopping rules."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from gmmfit.errors import FitError
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.settings import Status

# EM steps that are looked ahead.
MANY_STEPS = 100


@dataclass(frozen=True)
class Climb:
    """The states of a climb, how it ended, and the log-likelihood estimated to be still to come."""

    steps: tuple[Step, ...]
    status: Status
    remaining_gain: float | None

    @classmethod
    def of(cls, steps: list[Step], status: Status) -> "Climb":
        """The climb of these steps."""
        remaining = remaining_gain(steps)
        return cls(tuple(steps), status, remaining if math.isfinite(remaining) else None)


Watch = Callable[[Step], None]


def climb(
    steps: Iterable[Step], n: float, tol: float, tol_type: str, max_iter: int, watch: Watch | None = None
) -> Climb:
    """Follow steps until the rule `tol_type` falls below tol, or for max_iter iterations (with tol 0 exactly so many).

    n is the number of rows by weight. watch is called with each step as it comes. A climb that can't go on, for a
    component has become empty, ends there with the status `empty_component`.

    Raises:
        FitError: a component is empty from the start.
    """
    rules: dict[str, Callable[[list[Step]], float]] = {
        "gain": remaining_gain,
        "change": partial(mean_change, n=n),
        "parameters": parameter_change,
    }
    rule = rules[tol_type]
    taken: list[Step] = []
    status: Status = "max_iterations" if tol > 0 else "fixed_iterations"
    stream: Iterator[Step] = islice(steps, min(max_iter + 1, sys.maxsize))
    while True:
        try:
            step = next(stream, None)
        except FitError:
            if len(taken) < 2:
                raise
            status = "empty_component"
            break
        if step is None:
            break
        taken.append(step)
        if watch is not None:
            watch(step)
        if tol > 0 and rule(taken) < tol and (tol_type != "gain" or step.gradient is None or level(step, tol)):
            status = "converged"
            break
    if status == "max_iterations" and tol_type == "gain" and taken and level(taken[-1], tol / MANY_STEPS):
        status = "converged"  # too few steps to tell a rate from, but on a peak from the first
    return Climb.of(taken, status)


def prolonged(ended: Climb, steps: Iterable[Step], max_iter: int, watch: Watch | None = None) -> Climb:
    """A climb that has converged, with further steps, as far as max_iter allows."""
    taken = list(ended.steps)
    for step in islice(steps, min(max_iter - taken[-1].iteration, sys.maxsize)):
        taken.append(step)
        if watch is not None:
            watch(step)
    return Climb.of(taken, ended.status)


def level(step: Step, tol: float) -> bool:
    """Whether a hundred EM steps from here would gain less than tol.

    The first gains of EM fall fast, and a slow direction in which much is to come shows late. It is bound by the
    gradient: next to a peak, no EM step gains more than the square of that, nor more than the one before it.
    """
    return step.gradient is not None and step.gradient**2 * MANY_STEPS < tol


def remaining_gain(steps: list[Step]) -> float:
    """The gain in log-likelihood that is still to come, estimated from the last steps.

    An accelerated step knows it from the curvature. EM converges linearly: gains g1, g2 of two successive steps have
    the rate r = g2 / g1, and what is left is their geometric series g2 r / (1 - r). A gain within the rounding of the
    sum counts as nothing left; one that is not smaller than that before it allows no estimate (infinity).

    Source: Böhning, Dietz, Schaub, Schlattmann & Lindsay (1994), section 3 (after Aitken).
    """
    if steps[-1].to_come is not None:
        return steps[-1].to_come
    if len(steps) < 3:
        return math.inf
    first, second, third = (step.log_likelihood for step in steps[-3:])
    before, last = second - first, third - second
    if max(before, last) <= 4 * sys.float_info.epsilon * abs(third):
        return 0.0
    if not 0 <= last < before:
        return math.inf
    rate = last / before
    return last * rate / (1 - rate)


def mean_change(steps: list[Step], n: float) -> float:
    """The last change of the mean log-likelihood of a row, of n rows by weight."""
    if len(steps) < 2:
        return math.inf
    return abs(steps[-1].log_likelihood - steps[-2].log_likelihood) / n


def parameter_change(steps: list[Step]) -> float:
    """The largest relative change of a weight, mean or sd in the last step; of a correlation, the absolute change.

    A mean smaller than its component's sd is measured against that, so that means near 0 can come to rest.
    """
    if len(steps) < 2:
        return math.inf
    before, after = steps[-2].mixture, steps[-1].mixture
    changes = [float(np.abs(after.correlations - before.correlations).max())]
    for old, new, size in [
        (before.weights, after.weights, before.weights),
        (before.means, after.means, np.maximum(np.abs(before.means), before.sds)),
        (before.sds, after.sds, before.sds),
    ]:
        changes.append(float(np.max(np.abs(new - old) / size)))
    return max(changes)
