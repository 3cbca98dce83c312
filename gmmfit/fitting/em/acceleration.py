"""EM accelerated: the same peaks in far fewer passes where plain EM crawls."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State, em
from gmmfit.model.batch import Batch, where
from gmmfit.model.covariance import positive_definite
from gmmfit.model.free_numbers import from_vector, in_sds

# Iterations of textbook EM before the first accelerated one, and how many differences are remembered.
PLAIN = 50
MEMORY = 10
# Longest step that is trusted, in sds of a component; differences and curvatures less than these shares are rounding.
LONGEST = 1.0
NEGLIGIBLE = 1e-6
FLATTEST = 1e-9


def accelerated(data: Data, start: Batch, constraints: Constraints, plain: int = PLAIN) -> Iterator[State]:
    """The states of EM from a start, without end: textbook EM for `plain` iterations, then accelerated steps.

    An EM step f(x) in the free numbers x goes along the log-likelihood's gradient. Past moves, the last differences Δx
    of the states and Δf of their steps, show the curvature along their directions: there the step is Newton's, up the
    slope whatever the sign of the curvature; elsewhere it is EM's own. Where the likelihood would fall by more than
    rounding, the step is EM's own altogether.

    Source: after Walker & Ni (2011), Anderson acceleration for fixed-point iterations, with the symmetry of EM used
    (Lange 1995, A quasi-Newton acceleration of the EM algorithm), and guarded as in Henderson & Varadhan (2019).
    """
    stream = em(data, start, constraints)
    state = next(stream)
    # Fewer differences than there are directions: the oldest say least about the curvature here.
    directions = constraints.n_parameters(*start.means.shape[1:])
    memory = _Memory(state, max(1, min(MEMORY, directions - 1)))
    while state.iteration < plain:
        yield state
        after = next(stream)
        memory.remember(state, after, np.False_)
        state = after
    while True:
        proposal, remaining_gain = memory.proposal(state)
        if constraints.fixed.weights:  # they need not sum to 1 to the last digit
            proposal = replace(proposal, weights=state.batch.weights)
        yield replace(state, remaining_gain=remaining_gain)
        # A component on the floor stays there, and the others go on; none is led there.
        floored = constraints.on_floor(state.next_batch.covariances)
        covariances = np.where(floored[..., None, None], state.next_batch.covariances, proposal.covariances)
        proposal = replace(proposal, covariances=covariances)
        sound = ~np.any(constraints.on_floor(covariances) & ~floored, axis=-1) & state.alive
        kind = "accelerated" if len(memory.moves) and np.any(sound) else "em"
        batch = where(sound, proposal, state.next_batch)
        after = State.of(state.iteration + 1, batch, expect(batch, data), constraints, kind)
        fell = ~(after.log_likelihood >= state.log_likelihood - state.rounding)
        if np.any(fell):
            kind = "em" if np.all(fell | ~sound) else "accelerated"
            batch = where(fell, state.next_batch, after.batch)
            after = State.of(state.iteration + 1, batch, expect(batch, data), constraints, kind)
        memory.remember(state, after, fell)
        state = after


class _Memory:
    """The last differences between states, and how far a step may go.

    size            M, how many are kept
    moves, changes  (M, S, P)  of the free numbers, and of what an EM step adds to them
    longest         (S,)       the longest step that is trusted, in sds of a component
    """

    def __init__(self, state: State, size: int) -> None:
        self.size = size
        self.moves = self.changes = np.empty((0, *state.em_step.shape))
        self.longest = np.full(len(state.batch), LONGEST)

    def remember(self, before: State, after: State, fell: npt.NDArray[np.bool_] | np.bool_) -> None:
        """Take in the way from one state to the next; steps become shorter after one from which the likelihood fell."""
        move = after.vector - before.vector
        self.moves = np.concatenate([self.moves, move[None]])[-self.size :]
        self.changes = np.concatenate([self.changes, (after.em_step - before.em_step)[None]])[-self.size :]
        self.longest = np.where(fell, self.longest / 4, np.minimum(self.longest * 2, LONGEST))

    def proposal(self, state: State) -> tuple[Batch, Array | None]:
        """Where an accelerated step leads, and the log-likelihood (S,) that it and all after it may gain."""
        m = len(self.moves)
        if m == 0:
            return state.next_batch, None
        batch = state.batch
        lengths = in_sds(batch, np.concatenate([self.moves, self.changes, state.em_step[None]]))
        moves, changes = np.moveaxis(lengths[:m], 0, -1), np.moveaxis(lengths[m:-1], 0, -1)
        step = lengths[-1]
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
        slopes = np.einsum("sqm,spq,sp->sm", directions, basis, step)
        along = slopes / curvatures
        n = state.statistics.counts.sum(axis=-1)
        beyond = np.sum(step**2, axis=-1) - np.sum(slopes**2, axis=-1)
        remaining_gain = n * (np.sum(slopes * along, axis=-1) / 2 + beyond)
        length = np.linalg.norm(along, axis=-1)
        along *= np.minimum(1, self.longest / np.where(length > 0, length, 1))[:, None]
        coefficients = np.einsum("sml,slk,sk->sm", combination, directions, along)
        added = np.einsum("msp,sm->sp", self.moves + self.changes, coefficients)
        proposal = from_vector(state.next_vector + added, batch)
        definite = positive_definite(proposal.covariances)  # not so where a step led beyond all bounds
        usable = (proposal.weights.min(axis=-1) > 0) & np.all(definite, axis=-1)
        return where(usable, proposal, state.next_batch), remaining_gain
