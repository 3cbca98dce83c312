"""Mixtures followed side by side, each until it is as good as at its peak."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.progress import Progress, no_progress
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.tables import Numbers, OneOrMany, Tables, of_mixtures
from gmmfit.model.batch import Batch, concatenated

# A run stops where an EM step would gain less than this, and less than that is to come; a run so far behind the best
# one, or farther, earlier.
NEGLIGIBLE_GAIN, NEGLIGIBLE_TO_COME, FAR_BEHIND = 1e-8, 1e-6, 1e4
# What gains nothing over the smaller model is on its plateau: it stops at an EM step that would gain less than this.
SLOW_GAIN = 1e-4

Truths = npt.NDArray[np.bool_]
Stream = Callable[[OneOrMany, Batch, Constraints], Iterator[State]]


class Round(NamedTuple):
    """How many iterations a round has, how many runs go on after it, and how much less than usual is left to gain."""

    iterations: int
    keep: int
    left: float = 1.0


def none_gains_nothing(state: State, which: Numbers) -> Truths:
    """Of none is it known that it gains nothing."""
    return np.zeros(len(which), dtype=bool)


@dataclass(frozen=True, eq=False)
class Ended:
    """Where mixtures have come to: arrays of S, written as one after the other comes to rest."""

    batch: Batch
    log_likelihoods: Array
    alive: Truths
    floored: Truths
    at_rest: Truths

    @classmethod
    def of(cls, starts: Batch) -> "Ended":
        """Mixtures that have not begun."""
        s = len(starts)
        batch = concatenated([starts])  # which copies
        truths = (np.ones(s, dtype=bool), np.zeros(s, dtype=bool), np.zeros(s, dtype=bool))
        return cls(batch, np.full(s, -np.inf), *truths)

    def __add__(self, other: "Ended") -> "Ended":
        return Ended(
            concatenated([self.batch, other.batch]),
            np.concatenate([self.log_likelihoods, other.log_likelihoods]),
            np.concatenate([self.alive, other.alive]),
            np.concatenate([self.floored, other.floored]),
            np.concatenate([self.at_rest, other.at_rest]),
        )

    def take(self, going: Numbers, state: State) -> None:
        """Take in where those that were going have come to."""
        self.alive[going] = state.alive
        for whole, part in zip(self.batch.parts, state.batch.parts, strict=True):
            whole[going] = part

    def lag(self, going: Numbers, table: Numbers | None) -> Array:
        """By how much those that are going are behind the highest of the same table that isn't on the floor."""
        heights = np.where(self.floored, -np.inf, self.log_likelihoods)
        if table is None:
            highest: Array = heights.max(initial=-np.inf)
        else:
            of_tables = np.full(int(table.max()) + 1, -np.inf)
            np.maximum.at(of_tables, table, heights)
            highest = of_tables[table[going]]
        return np.clip(highest - self.log_likelihoods[going], 0, None)


def follow(
    stream: Stream,
    data: OneOrMany,
    starts: Batch,
    constraints: Constraints,
    round: Round,
    rows_per_weight: float = 1.0,
    gain_nothing: Callable[[State, Numbers], Truths] = none_gains_nothing,
    report_progress: Progress = no_progress,
) -> Ended:
    """Where mixtures have come to after a round's iterations at most.

    A unit of weight stands for so many rows. gain_nothing says which of those at some positions are on a plateau.
    """
    left, going, ended = round.iterations, np.arange(len(starts)), Ended.of(starts)
    table = data.table if isinstance(data, Tables) else None
    while len(going):
        for state in islice(stream(of_mixtures(data, going), ended.batch[going], constraints), left + 1):
            report_progress(partial(_progress, starts, round.iterations - left, state))
            floored = np.any(constraints.on_floor(state.batch.covariances), axis=-1)
            ended.log_likelihoods[going], ended.floored[going] = state.log_likelihood, floored
            patience = round.left * (1 + np.minimum(ended.lag(going, table) * rows_per_weight, FAR_BEHIND)) ** 2
            at_rest = _at_rest(state, patience, rows_per_weight, gain_nothing(state, going))
            # Where others are at rest, what crawls along the floor is not waited for.
            is_over = np.any(at_rest) and np.all(at_rest | floored)
            if is_over or 3 * np.sum(at_rest) >= len(going):
                break
        ended.take(going, state)
        ended.at_rest[going] = at_rest
        left -= state.iteration
        going = going[:0] if is_over or left <= 0 else going[~at_rest]
    return ended


def _at_rest(state: State, patience: Array, rows_per_weight: float, gain_nothing: Truths) -> Truths:
    """Which mixtures are as good as at their peaks, where so many times more than usual (S,) may be left to gain."""
    if state.remaining_gain is None:
        return np.zeros(len(state.batch), dtype=bool)
    gain = np.sum(state.gradient**2, axis=-1) * rows_per_weight / patience
    # On a plateau steps are small, and much is to come.
    little_to_come = state.remaining_gain * rows_per_weight < NEGLIGIBLE_TO_COME * patience
    at_rest: Truths = (gain < NEGLIGIBLE_GAIN) & little_to_come | (gain < SLOW_GAIN) & gain_nothing
    return at_rest


def _progress(batch: Batch, before: int, state: State) -> str:
    s, k = batch.weights.shape
    return f"searching: {s} mixtures of {k} components, iteration {before + state.iteration}"
