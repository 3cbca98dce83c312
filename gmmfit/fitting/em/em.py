"""EM as a stream of states."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.m_step import maximize
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.fitting.em.tables import OneOrMany
from gmmfit.model.batch import Batch
from gmmfit.model.free_numbers import in_sds, to_vector


@dataclass(frozen=True, eq=False)
class State:
    """Mixtures after `iteration` steps, what the rows say of them, and where EM goes next.

    The E step that finds the log-likelihood also prepares the M step, so a state costs one pass over the data.

    batch           S mixtures
    statistics      of the rows, shared out by them
    next_batch      where an EM step leads: the M step of the statistics
    kind            what led here: init, em, accelerated or newton
    remaining_gain  log-likelihood estimated to be still to come, (S,), where the steps themselves can tell
    """

    iteration: int
    batch: Batch
    statistics: Statistics
    next_batch: Batch
    kind: str
    remaining_gain: Array | None = None

    @classmethod
    def of(cls, iteration: int, batch: Batch, statistics: Statistics, constraints: Constraints, kind: str) -> "State":
        """The state of mixtures by which rows were shared out."""
        return cls(iteration, batch, statistics, maximize(statistics, batch, constraints), kind)

    @property
    def log_likelihood(self) -> Array:
        """Of each mixture itself, not of the one before or after it, (S,)."""
        log_likelihood: Array = self.statistics.log_likelihood
        return log_likelihood

    @property
    def rounding(self) -> Array:
        """How far each log-likelihood may be off, (S,): it is a sum over all rows, in which large terms may cancel."""
        n = self.statistics.counts.sum(axis=-1)
        rounding: Array = 4 * np.finfo(float).eps * np.maximum(np.abs(self.log_likelihood), n)
        return rounding

    def above_rounding(self, gains: Array) -> Array:
        """Gains in log-likelihood (S,), as 0 where rounding would drown them."""
        return np.where(gains < self.rounding, 0.0, gains)

    @property
    def alive(self) -> npt.NDArray[np.bool_]:
        """Which mixtures (S,) have rows in every component; the others have a component without rows."""
        alive: npt.NDArray[np.bool_] = np.all(self.statistics.occupied, axis=-1)
        return alive

    @cached_property
    def vector(self) -> Array:
        """The free numbers of the mixtures, (S, P)."""
        return to_vector(self.batch)

    @cached_property
    def next_vector(self) -> Array:
        """The free numbers of where an EM step leads, (S, P)."""
        return to_vector(self.next_batch)

    @cached_property
    def em_step(self) -> Array:
        """What an EM step adds to the free numbers, (S, P)."""
        return self.next_vector - self.vector

    @cached_property
    def em_step_in_sds(self) -> Array:
        """The same as a length that means the same everywhere, (S, P)."""
        return in_sds(self.batch, self.em_step)

    @cached_property
    def gradient(self) -> Array:
        """The slope of the log-likelihood at each mixture, (S, P), in units of the standard errors of known components.

        EM is an ascent along it. Its squared length is, next to a peak, one to two times what an EM step gains, free
        of the rounding of the log-likelihood.
        """
        n = self.statistics.counts.sum(axis=-1, keepdims=True)
        gradient: Array = np.sqrt(n) * self.em_step_in_sds
        return gradient


def em(data: OneOrMany, start: Batch, constraints: Constraints) -> Iterator[State]:
    """The states of EM from a start, without end: iteration 0 is the start itself.

    Source: Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm.
    """
    state = State.of(0, start, expect(start, data), constraints, "init")
    while True:
        yield state
        batch = state.next_batch
        state = State.of(state.iteration + 1, batch, expect(batch, data), constraints, "em")
