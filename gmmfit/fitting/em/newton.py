"""Newton's steps next to a peak: the last digits, where EM is slow and its acceleration is limited by rounding."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, are_exact
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.curvature import newton_steps, newton_work, uphill
from gmmfit.fitting.em.directions import n_free, natural_directions, seen_by_components
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.information import information_along
from gmmfit.fitting.em.slopes import moved, slopes, work_by_differences
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import positive_definite
from gmmfit.model.free_numbers import from_sds, from_vector, in_sds, to_vector
from gmmfit.model.mixture import Mixture

# Multiplications that a step may take here.
CHEAP = 2e9
# At least so many steps are taken, so that rounding on the way there doesn't change their number.
STEPS = 2
# More of them follow one that changes a weight by more than this share, or anything else by more sds.
LONG = 1e-9
# A component of less has died: there is no peak to come to.
LEAST_WEIGHT = 1e-100
# Where a step would gain more than this, the peak isn't near.
FAR = 1.0
# By so many times their rounding two log-likelihoods may differ at a peak.
ROUNDINGS = 16
# Above this cancellation, products of columns lose the last digits of the gradient.
MAX_CANCELLATION = 10.0


def newton(data: Data, mixture: Mixture, iteration: int, constraints: Constraints) -> Iterator[State]:
    """The states that Newton's steps lead to from a mixture next to a peak, the last of a run at `iteration`.

    There are none where the peak isn't near or the log-likelihood bends upwards, where its curvature would take long to
    find, where a component is on the floor, where a step leads away from the peak, and for one component of exact rows,
    of which EM's first step is the peak.

    Source: McLachlan & Krishnan (2008), The EM algorithm and extensions, section 1.3.
    """
    start = Batch.of([mixture])
    data = data.resolving(*start.parts)
    exact = are_exact(data)
    by_sums = exact and constraints.structure.is_linear and constraints.sets is None
    work = newton_work if exact else work_by_differences
    steps_from = newton_steps if by_sums else steps_in_free_numbers
    held = n_free(start, constraints) == 0
    costly = held or work(len(data), *start.means.shape[1:]) > CHEAP
    alone = exact and start.means.shape[1] == 1 and constraints.sets is None
    if start.weights.min() < LEAST_WEIGHT or costly or alone or np.any(constraints.on_floor(mixture.covariances)):
        return
    e_step = partial(expect, max_cancellation=MAX_CANCELLATION)
    state = State.of(iteration, start, e_step(start, data), constraints, "newton")
    steps, gains = steps_from(state, data, constraints)
    if gains[0] > FAR:
        return
    for number in count(1):
        there = constraints.met_by(from_vector(state.vector + from_sds(state.batch, steps), state.batch))
        if constraints.fixed.weights:  # they need not sum to 1 to the last digit
            there = replace(there, weights=state.batch.weights)
        if not np.all(positive_definite(there.covariances)):
            return
        after = State.of(state.iteration + 1, there, e_step(there, data), constraints, "newton")
        next_steps, next_gains = steps_from(after, data, constraints)
        size, next_size = (np.abs(s).max() / np.sqrt(start.weights.min()) for s in (steps, next_steps))
        fell = np.any(after.log_likelihood < state.log_likelihood - ROUNDINGS * state.rounding)
        away = next_size > max(size / 2, LONG)
        if fell or away or np.any(constraints.on_floor(there.covariances)):
            return
        yield replace(after, remaining_gain=next_gains)
        if number >= STEPS and size < LONG:
            return
        state, steps, gains = after, next_steps, next_gains


def steps_in_free_numbers(state: State, data: Data, constraints: Constraints) -> tuple[Array, Array]:
    """Newton's step from one mixture, as lengths in the free numbers (1, P), and what it gains, (1,).

    The curvature is that of standard errors, whatever is known of the rows, and whatever the structure.
    """
    one = state.batch[0]
    natural = natural_directions(one, constraints)
    local = seen_by_components(one, natural)
    sizes = np.linalg.norm(local, axis=0)
    if not len(sizes):  # bounds leave nothing free
        return np.zeros_like(state.vector), np.zeros(1)
    information = information_along(one, data, natural, local, constraints) / np.outer(sizes, sizes)
    along = slopes(state.batch, data, natural / sizes)
    steps, bent = uphill(information[None], along)
    batch = moved(one, steps @ (natural / sizes).T)
    if bent[0] or batch.weights.min() <= 0 or not np.all(positive_definite(batch.covariances)):
        return np.zeros_like(state.vector), np.full(1, np.inf)
    batch = constraints.met_by(batch)
    return in_sds(state.batch, to_vector(batch) - state.vector), np.sum(along * steps, axis=1) / 2
