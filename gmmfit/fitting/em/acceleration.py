"""EM accelerated: the same peaks in far fewer passes where plain EM crawls."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.curvature import newton_steps
from gmmfit.fitting.em.directions import n_free
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.em.statistics import EMPTY
from gmmfit.fitting.em.tables import OneOrMany, of_mixtures
from gmmfit.model.batch import Batch, where
from gmmfit.model.covariance import positive_definite
from gmmfit.model.free_numbers import from_sds, from_vector, in_sds

# Iterations of textbook EM before the first accelerated one, and how many differences are remembered.
PLAIN = 50
MEMORY = 10
# Longest step that is trusted, in sds of a component; differences and curvatures less than these shares are rounding.
LONGEST = 1.0
NEGLIGIBLE = 1e-6
FLATTEST = 1e-9
# The longest of Newton's, which far from a peak soon leads to another one.
LONGEST_OF_NEWTON = 0.3


class Way(Protocol):
    """How steps longer than EM's are found."""

    longest: float

    def proposal(self, state: State, longest: Array) -> tuple[Batch, Array | None]:
        """Where a step no longer than longest (S,) leads, and the log-likelihood (S,) that it and all after it gain."""
        ...

    def remember(self, before: State, after: State) -> None:
        """Take in the way from one state to the next."""
        ...


def accelerated(
    data: OneOrMany, start: Batch, constraints: Constraints, plain: int = PLAIN, newton: bool = False
) -> Iterator[State]:
    """The states of EM from a start, without end: textbook EM for `plain` iterations, then accelerated steps.

    An EM step f(x) in the free numbers x goes along the log-likelihood's gradient. Past moves, the last differences Δx
    of the states and Δf of their steps, show the curvature along their directions: there the step is Newton's, up the
    slope whatever the sign of the curvature; elsewhere it is EM's own. With newton, it is Newton's in all directions.
    Where the likelihood would fall by more than rounding, the step is EM's own altogether.

    Source: after Walker & Ni (2011), Anderson acceleration for fixed-point iterations, with the symmetry of EM used
    (Lange 1995, A quasi-Newton acceleration of the EM algorithm), and guarded as in Henderson & Varadhan (2019).
    """
    stream = em(data, start, constraints)
    state = next(stream)
    # Fewer differences than there are directions: the oldest say least about the curvature here.
    directions = n_free(start, constraints)
    way: Way = _ByCurvature(data, constraints) if newton else _ByMemory(state, max(1, min(MEMORY, directions - 1)))
    longest = np.full(len(start), way.longest)
    while state.iteration < plain:
        yield state
        after = next(stream)
        way.remember(state, after)
        state = after
    while True:
        proposal, remaining_gain = way.proposal(state, longest)
        proposal = constraints.met_by(proposal)
        if constraints.fixed.weights:  # they need not sum to 1 to the last digit
            proposal = replace(proposal, weights=state.batch.weights)
        yield replace(state, remaining_gain=remaining_gain)
        # A component on the floor stays there, and the others go on; none is led there.
        floored = constraints.on_floor(state.next_batch.covariances)
        covariances = np.where(floored[..., None, None], state.next_batch.covariances, proposal.covariances)
        proposal = replace(proposal, covariances=covariances)
        sound = ~np.any(constraints.on_floor(covariances) & ~floored, axis=-1) & state.alive
        sound &= np.all(covariances <= constraints.ceiling, axis=(1, 2, 3))
        kind = "accelerated" if remaining_gain is not None and np.any(sound) else "em"
        batch = where(sound, proposal, state.next_batch)
        after = State.of(state.iteration + 1, batch, expect(batch, data), constraints, kind)
        fell = ~(after.log_likelihood >= state.log_likelihood - state.rounding)
        if np.any(fell):
            kind = "em" if np.all(fell | ~sound) else "accelerated"
            batch = where(fell, state.next_batch, after.batch)
            statistics = expect(batch[fell], of_mixtures(data, fell)).in_place_of(after.statistics, fell)
            after = State.of(state.iteration + 1, batch, statistics, constraints, kind)
        # Steps become shorter after one from which the likelihood fell.
        longest = np.where(fell, longest / 4, np.minimum(longest * 2, way.longest))
        way.remember(state, after)
        state = after


class _ByCurvature:
    """Newton's steps: the curvature in all directions is computed."""

    longest = LONGEST_OF_NEWTON

    def __init__(self, data: OneOrMany, constraints: Constraints) -> None:
        self.data, self.constraints = data, constraints

    def remember(self, before: State, after: State) -> None:
        """Nothing: each step is found anew."""

    def proposal(self, state: State, longest: Array) -> tuple[Batch, Array | None]:
        """Where Newton's step leads, and what it gains."""
        steps, gains = newton_steps(state, self.data, self.constraints)
        steps *= _share_of_step(np.linalg.norm(steps, axis=-1), longest)[:, None]
        return _usable(from_vector(state.vector + from_sds(state.batch, steps), state.batch), state), gains


class _ByMemory:
    """The last differences between states, which show the curvature along them.

    size            M, how many are kept
    moves, changes  (M, S, P)  of the free numbers, and of what an EM step adds to them
    """

    longest = LONGEST

    def __init__(self, state: State, size: int) -> None:
        self.size = size
        self.moves = self.changes = np.empty((0, *state.em_step.shape))

    def remember(self, before: State, after: State) -> None:
        """Take in the way from one state to the next."""
        move = after.vector - before.vector
        self.moves = np.concatenate([self.moves, move[None]])[-self.size :]
        self.changes = np.concatenate([self.changes, (after.em_step - before.em_step)[None]])[-self.size :]

    def proposal(self, state: State, longest: Array) -> tuple[Batch, Array | None]:
        """Where an accelerated step leads, and the log-likelihood (S,) that it and all after it may gain."""
        m = len(self.moves)
        if m == 0:
            return state.next_batch, None
        batch = state.batch
        lengths = in_sds(batch, np.concatenate([self.moves, self.changes]))
        moves, changes = np.moveaxis(lengths[:m], 0, -1), np.moveaxis(lengths[m:], 0, -1)
        step = state.em_step_in_sds
        # moves @ combination is an orthonormal basis (S, P, M) of the past moves, without those that are only rounding.
        sizes = np.linalg.norm(moves, axis=-2)
        sizes[sizes == 0] = 1
        unit_moves = moves / sizes[:, None, :]
        spread, eigenvectors = np.linalg.eigh(unit_moves.swapaxes(-1, -2) @ unit_moves)
        kept = spread > NEGLIGIBLE**2 * spread[:, -1:]
        inverse = np.divide(
            1, np.sqrt(spread, where=kept, out=np.ones_like(spread)), where=kept, out=np.zeros_like(spread)
        )
        combination = eigenvectors * inverse[:, None, :]
        basis = unit_moves @ combination
        combination /= sizes[..., None]
        # The curvature in that basis, per row and in units of the complete data's: 1 - the rate of EM.
        curvature = -basis.swapaxes(-1, -2) @ changes @ combination
        curvatures, directions = np.linalg.eigh((curvature + curvature.swapaxes(-1, -2)) / 2)
        curvatures = np.maximum(np.abs(curvatures), FLATTEST)
        slopes = (step[:, None] @ basis @ directions)[:, 0]
        along = slopes / curvatures
        n = state.statistics.counts.sum(axis=-1)
        beyond = np.sum(step**2, axis=-1) - np.sum(slopes**2, axis=-1)
        remaining_gain = n * (np.sum(slopes * along, axis=-1) / 2 + beyond)
        along *= _share_of_step(np.linalg.norm(along, axis=-1), longest)[:, None]
        coefficients = (combination @ (directions @ along[..., None]))[..., 0]
        added = np.einsum("msp,sm->sp", self.moves + self.changes, coefficients)
        return _usable(from_vector(state.next_vector + added, batch), state), remaining_gain


def _share_of_step(lengths: Array, longest: Array) -> Array:
    """The share of steps of such lengths (S,) that is no longer than the longest."""
    return np.minimum(1, longest / np.where(lengths > 0, lengths, 1))


def _usable(proposal: Batch, state: State) -> Batch:
    """The proposed mixtures, and EM's own where a step led beyond all bounds."""
    definite = positive_definite(proposal.covariances)
    return where((proposal.weights.min(axis=-1) > EMPTY) & np.all(definite, axis=-1), proposal, state.next_batch)
