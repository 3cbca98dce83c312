"""Newton's steps next to a peak: the last digits, where EM is slow and its acceleration is limited by rounding."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data
from gmmfit.errors import FitError, ModelError
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.information import root_of_inverse, work
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture

# Multiplications that the information may take here; standard errors, which are asked for, may take more.
CHEAP = 2e9
# At least so many steps are taken, so that rounding on the way there doesn't change their number.
STEPS = 2
# More of them follow one that changes a weight by more than this share, or anything else by more sds.
LONG = 1e-9
# Above this cancellation, products of columns lose the last digits of the gradient.
MAX_CANCELLATION = 10.0


def newton(data: Data, mixture: Mixture, iteration: int, constraints: Constraints) -> Iterator[State]:
    """The states that Newton's steps lead to from a mixture next to a peak, the last of a run at `iteration`.

    All take the information at that mixture, as the simplified Newton method does: so near to the peak each leaves a
    small share of the distance, and the last what rounding leaves. There are none where the information is not positive
    definite or would take long, where a component is on the floor, where a step leads away from the peak, and for one
    component, of which EM's first step is the peak.

    Source: McLachlan & Krishnan (2008), The EM algorithm and extensions, section 1.3.
    """
    costly = work(len(data), mixture) > CHEAP
    if costly or mixture.n_components == 1 or np.any(constraints.on_floor(mixture.covariances)):
        return
    try:
        root = root_of_inverse(mixture, data, constraints)
    except FitError:
        return
    e_step = partial(expect, max_cancellation=MAX_CANCELLATION)
    start = Batch.of([mixture])
    state = State.of(iteration, start, e_step(start, data), constraints, "newton")
    step = _Step.of(state, root)
    for number in count(1):
        try:
            moved = Batch.of([step.taken_from(state.batch.mixture(0), constraints)])
        except ModelError:  # no mixture is there: the peak isn't near
            return
        after = State.of(state.iteration + 1, moved, e_step(moved, data), constraints, "newton")
        next_step = _Step.of(after, root)
        fell = np.any(after.log_likelihood < state.log_likelihood - state.rounding)
        away = next_step.size > max(step.size / 2, LONG)
        if fell or away or np.any(constraints.on_floor(moved.covariances)):
            return
        yield replace(after, remaining_gain=np.array([next_step.gain]))
        if number >= STEPS and step.size < LONG:
            return
        state, step = after, next_step


class _Step(NamedTuple):
    """A step of Newton's, what it gains in log-likelihood, and its size: in shares of weights, else in sds.

    weights (K,), means (K, D), covariances (K, D, D) are what it adds.
    """

    weights: Array
    means: Array
    covariances: Array
    gain: float
    size: float

    @classmethod
    def of(cls, state: State, root: Array) -> "_Step":
        """The step from a state, by a root of the inverse information.

        With precision P = covariance⁻¹, the log-likelihood's slope is counts / weights, P shifts, and
        ½ (P scatters P - counts P).
        """
        batch, statistics = state.batch[0], state.statistics
        k, d = batch.means.shape
        counts, inverses = statistics.counts[0], batch.inverses
        precisions = inverses.swapaxes(1, 2) @ inverses
        by_mean = np.einsum("kij,kj->ki", precisions, statistics.shifts[0])
        by_covariance = (precisions @ statistics.scatters[0] @ precisions - counts[:, None, None] * precisions) / 2
        slope = np.concatenate([counts / batch.weights, by_mean.ravel(), by_covariance.ravel()])
        along = root.T @ slope
        weights, means, covariances = np.split(root @ along, [k, k + k * d])
        means, covariances = means.reshape(k, d), covariances.reshape(k, d, d)
        sizes = (
            weights / batch.weights,
            np.einsum("kij,kj->ki", inverses, means),
            inverses @ covariances @ inverses.swapaxes(1, 2),
        )
        return cls(weights, means, covariances, float(along @ along) / 2, max(float(np.abs(s).max()) for s in sizes))

    def taken_from(self, mixture: Mixture, constraints: Constraints) -> Mixture:
        """The mixture that the step leads to; what is held does not move.

        Raises:
            ModelError: there is none.
        """
        fixed, weights, covariances = constraints.fixed, mixture.weights, mixture.covariances
        if not fixed.weights:
            weights = weights + self.weights
            weights = weights / weights.sum()
        if not fixed.sds:
            covariances = covariances + (self.covariances + self.covariances.swapaxes(1, 2)) / 2
            covariances = constraints.structure.project(covariances, weights)
        return replace(mixture, weights=weights, means=mixture.means + self.means, covariances=covariances)
