"""Newton's steps next to a peak: the last digits, where EM is slow and its acceleration is limited by rounding."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np

from gmmfit.data.rows import Data
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.curvature import newton_steps, newton_work
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import positive_definite
from gmmfit.model.free_numbers import from_sds, from_vector
from gmmfit.model.mixture import Mixture

# Multiplications that a step may take here.
CHEAP = 2e9
# At least so many steps are taken, so that rounding on the way there doesn't change their number.
STEPS = 2
# More of them follow one that changes a weight by more than this share, or anything else by more sds.
LONG = 1e-9
# Where a step would gain more than this, the peak isn't near.
FAR = 1.0
# By so many times their rounding two log-likelihoods may differ at a peak.
ROUNDINGS = 16
# Above this cancellation, products of columns lose the last digits of the gradient.
MAX_CANCELLATION = 10.0


def newton(data: Data, mixture: Mixture, iteration: int, constraints: Constraints) -> Iterator[State]:
    """The states that Newton's steps lead to from a mixture next to a peak, the last of a run at `iteration`.

    There are none where the peak isn't near or the log-likelihood bends upwards, where its curvature would take long to
    find, where a component is on the floor, where a step leads away from the peak, and for one component, of which EM's
    first step is the peak.

    Source: McLachlan & Krishnan (2008), The EM algorithm and extensions, section 1.3.
    """
    data = data.resolving(mixture.weights, mixture.means, mixture.covariances)
    costly = newton_work(len(data), *mixture.means.shape) > CHEAP
    if costly or mixture.n_components == 1 or np.any(constraints.on_floor(mixture.covariances)):
        return
    e_step = partial(expect, max_cancellation=MAX_CANCELLATION)
    start = Batch.of([mixture])
    state = State.of(iteration, start, e_step(start, data), constraints, "newton")
    steps, gains = newton_steps(state, data, constraints)
    if gains[0] > FAR:
        return
    for number in count(1):
        moved = from_vector(state.vector + from_sds(state.batch, steps), state.batch)
        if constraints.fixed.weights:  # they need not sum to 1 to the last digit
            moved = replace(moved, weights=state.batch.weights)
        if not np.all(positive_definite(moved.covariances)):
            return
        after = State.of(state.iteration + 1, moved, e_step(moved, data), constraints, "newton")
        next_steps, next_gains = newton_steps(after, data, constraints)
        size, next_size = (np.abs(s).max() / np.sqrt(mixture.weights.min()) for s in (steps, next_steps))
        fell = np.any(after.log_likelihood < state.log_likelihood - ROUNDINGS * state.rounding)
        away = next_size > max(size / 2, LONG)
        if fell or away or np.any(constraints.on_floor(moved.covariances)):
            return
        yield replace(after, remaining_gain=next_gains)
        if number >= STEPS and size < LONG:
            return
        state, steps, gains = after, next_steps, next_gains
