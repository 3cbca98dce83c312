"""From one start to a peak: a stream of states followed until the stopping rule is met."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.settings import Status
from gmmfit.model.mixture import Mixture

# EM steps that are looked ahead.
STEPS_AHEAD = 100

OnStep = Callable[[Step], None]
StepOf = Callable[[State], Step]


@dataclass(frozen=True)
class Run:
    """The steps of a run, how it ended, and its last mixture in standard units."""

    steps: tuple[Step, ...]
    status: Status
    standard: Mixture

    @property
    def last(self) -> Step:
        """The step with which it ended."""
        return self.steps[-1]

    def ordered(self, order: npt.NDArray[np.intp]) -> "Run":
        """The same run with the components in another order."""
        steps = tuple(replace(step, mixture=step.mixture.ordered(order)) for step in self.steps)
        return replace(self, steps=steps, standard=self.standard.ordered(order))


@dataclass(frozen=True)
class StoppingRule:
    """When a run ends: where what tol_type says is below tol, at the latest after max_iter iterations.

    n is the number of rows by weight. With tol 0 there are exactly max_iter iterations.
    """

    tol: float
    tol_type: str
    max_iter: int
    n: float

    def is_met(self, steps: Sequence[Step]) -> bool:
        """Whether the run that has come this far ends here."""
        last = steps[-1]
        if self.tol == 0:
            return False
        if self.tol_type == "gain":
            gain = math.inf if last.remaining_gain is None else last.remaining_gain
            return gain < self.tol and is_flat(last, self.tol)
        if len(steps) < 2:
            return False
        if self.tol_type == "parameters":
            return parameter_change(steps[-2], last) < self.tol
        return abs(last.log_likelihood - steps[-2].log_likelihood) / self.n < self.tol


def run(states: Iterable[State], step_of: StepOf, rule: StoppingRule, on_step: OnStep | None = None) -> Run:
    """Follow the states of one mixture until the rule is met; on_step is called with each step as it comes.

    If a component becomes empty, the run stops there, with the status `empty_component`.

    Raises:
        FitError: a component is empty from the start.
    """
    steps: list[Step] = []
    status: Status = "max_iterations" if rule.tol > 0 else "fixed_iterations"
    for state in islice(states, min(rule.max_iter + 1, sys.maxsize)):
        steps.append(_with_remaining_gain(step_of(state), steps))
        if on_step is not None:
            on_step(steps[-1])
        if rule.is_met(steps):
            status = "converged"
            break
        if not state.alive.all() and state.iteration < rule.max_iter:
            if state.iteration == 0:
                state.statistics.check_occupied()
            status = "empty_component"
            break
    if status == "max_iterations" and rule.tol_type == "gain" and is_flat(steps[-1], rule.tol / STEPS_AHEAD):
        status = "converged"  # too few steps to estimate a rate, but the gradient is zero already
    return Run(tuple(steps), status, state.batch.mixture(0))


def extended(before: Run, states: Iterable[State], step_of: StepOf, max_iter: int, on_step: OnStep | None) -> Run:
    """A run that has converged, with further states, as far as max_iter allows."""
    steps, standard = list(before.steps), before.standard
    for state in islice(states, min(max_iter - before.last.iteration, sys.maxsize)):
        steps.append(_with_remaining_gain(step_of(state), steps))
        standard = state.batch.mixture(0)
        if on_step is not None:
            on_step(steps[-1])
    return Run(tuple(steps), before.status, standard)


def is_flat(step: Step, tol: float) -> bool:
    """Whether a hundred EM steps from here would gain less than tol.

    EM's first gains shrink fast and can hide a slow direction. The gradient bounds what is left: next to a peak, no EM
    step gains more than its square, nor more than the step before.
    """
    return step.gradient**2 * STEPS_AHEAD < tol


def _with_remaining_gain(step: Step, before: Sequence[Step]) -> Step:
    """The step with the gain that is still to come, from those before where it doesn't know it from the curvature."""
    if step.remaining_gain is not None:
        return step
    gain = remaining_gain([known.log_likelihood for known in (*before[-2:], step)])
    return replace(step, remaining_gain=gain if math.isfinite(gain) else None)


def remaining_gain(log_likelihoods: Sequence[float]) -> float:
    """The gain in log-likelihood that is still to come, estimated from those of the last three EM steps.

    EM converges linearly: gains g1, g2 of two successive steps have the rate r = g2 / g1, and what is left is their
    geometric series g2 r / (1 - r). A gain within the rounding of the sum counts as nothing left; one that is not
    smaller than that before it allows no estimate (infinity).

    Source: Böhning, Dietz, Schaub, Schlattmann & Lindsay (1994), section 3 (after Aitken).
    """
    if len(log_likelihoods) < 3:
        return math.inf
    first, second, third = log_likelihoods
    before, last = second - first, third - second
    if max(before, last) <= 4 * sys.float_info.epsilon * abs(third):
        return 0.0
    if not 0 <= last < before:
        return math.inf
    rate = last / before
    return last * rate / (1 - rate)


def parameter_change(before: Step, after: Step) -> float:
    """The largest relative change of a weight, mean or sd in a step; of a correlation, the absolute change.

    A mean smaller than its component's sd is measured against that, so that means near 0 can come to rest.
    """
    old, new = before.mixture, after.mixture
    changes = (
        new.correlations - old.correlations,
        (new.weights - old.weights) / old.weights,
        (new.means - old.means) / np.maximum(np.abs(old.means), old.sds),
        (new.sds - old.sds) / old.sds,
    )
    noise = [abs(new.noise.weight / old.noise.weight - 1)] if new.noise and old.noise else []
    return max([*noise, *(float(np.abs(change).max()) for change in changes)])
