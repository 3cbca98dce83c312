"""The highest sound peak from many starts: many run a little on few rows, and the best of them to the top."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from gmmfit.data.rows import Data, Rows
from gmmfit.data.summary import summary
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.runs import Runs
from gmmfit.fitting.search.soundness import rank
from gmmfit.fitting.search.starts import added_component_starts, cut_starts, random_mean_starts, split_starts
from gmmfit.model.batch import Batch, concatenated

# Starts for each component after the first: in a search, and in those for the smaller models that it grows from;
STARTS, SMALLER_STARTS = 300, 100
# at least and at most so many, and so few that an iteration takes at most WORK multiplications.
FEWEST, MOST, WORK = 100, 1500, 8e6
# Rows that the first round looks at, the next, and the last; in one column the last are cells of rows.
SMALL, MEDIUM, LARGE, LARGE_IN_ONE_COLUMN = 512, 2048, 32_768, 8192
# A run stops where an EM step would gain less than this; a run so far behind the best one, or farther, earlier.
NEGLIGIBLE_GAIN, FAR_BEHIND = 1e-8, 1e4


class Round(NamedTuple):
    """How many iterations a round has, and how many runs go on after it."""

    iterations: int
    keep: int


# Plain EM, then accelerated rounds on few rows, and on more; the runs to the top; those from which larger models grow.
SCREENING, ROUND_ON_FEW, ROUNDS_ON_MORE = Round(15, 200), Round(12, 60), (Round(10, 25), Round(15, 10))
FINAL_ROUND = Round(300, 10)
PARENT_ROUND = Round(75, 4)

# The best mixtures that were found, by their number of components.
PeaksByK = dict[int, Batch]


@dataclass(frozen=True, eq=False)
class SearchData:
    """What a search for a problem looks at: its rows, or as many as the first, middle and last rounds look at.

    Each different row is there once.
    """

    problem: Problem
    small: Rows
    medium: Rows
    large: Rows

    @classmethod
    def of(cls, problem: Problem, rng: np.random.Generator) -> "SearchData":
        """The data of a search; of many rows a summary in one column, and a sample in several."""
        rows = problem.rows
        one_column = len(rows.low) == 1

        def at_most(n: int, data: Data, sample: Rows) -> Rows:
            if len(data) <= n and data is sample:
                return sample
            if one_column:
                return summary(data, sample, float(rows.low[0]), float(rows.high[0]), n)
            return sample.some(n, rng)

        large = at_most(LARGE_IN_ONE_COLUMN if one_column else LARGE, rows.data, rows.sample)
        small, medium = (at_most(n, large, large) for n in (SMALL, MEDIUM))
        return cls(problem, small, medium, large)

    def screened(self, starts: Batch) -> Runs:
        """Where starts have come to after a few iterations on few rows."""
        states = em(self.small, starts, self.problem.constraints)
        return self._best_of(Runs.of(starts), states, self.small, SCREENING)

    def after(self, runs: Runs, rows: Rows, round: Round) -> Runs:
        """The best of where the mixtures of runs come to in a round."""
        states = accelerated(rows, runs.batch, self.problem.constraints, plain=0)
        return self._best_of(runs, states, rows, round)

    def _best_of(self, runs: Runs, states: Iterator[State], rows: Rows, round: Round) -> Runs:
        n_rows = self.problem.rows.n_rows
        rows_per_weight = n_rows / rows.total_weight
        s, k = runs.batch.weights.shape
        for state in islice(states, round.iterations + 1):
            self.problem.request.report_progress(
                partial("searching: {} mixtures of {} components, iteration {}".format, s, k, state.iteration)
            )
            gains = np.sum(state.gradient**2, axis=-1) * rows_per_weight
            on_floor = np.any(self.problem.constraints.on_floor(state.batch.covariances), axis=-1)
            highest = np.max(state.log_likelihood, where=~on_floor, initial=-np.inf)
            behind = np.clip((highest - state.log_likelihood) * rows_per_weight, 0, FAR_BEHIND)
            flat = gains < NEGLIGIBLE_GAIN * (1 + behind) ** 2
            # What crawls along the floor is not waited for.
            if np.any(flat) and np.all(flat | on_floor):
                break
        ranks = rank(state.batch, state.alive, rows, rows_per_weight, self.problem)
        log_likelihoods = state.log_likelihood * rows_per_weight
        runs = replace(runs, batch=state.batch, ranks=ranks, log_likelihoods=log_likelihoods)
        return runs.keep_best(round.keep, n_rows)


def run_search(data: SearchData, starts: Batch) -> Runs:
    """The peaks that starts lead to, the soundest and highest first.

    Source: after Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.
    """
    return data.after(_finalists(data, starts), data.large, FINAL_ROUND)


def _finalists(data: SearchData, starts: Batch) -> Runs:
    """The best of the starts, after rounds in which fewer and fewer run farther and farther."""
    runs = data.after(data.screened(starts), data.small, ROUND_ON_FEW)
    for round in ROUNDS_ON_MORE:
        runs = data.after(runs, data.medium, round)
    return runs


def default_n_starts(data: SearchData, n_components: int, for_each: int = STARTS) -> int:
    """How many starts a search for a mixture with so many components takes."""
    work = n_components * data.small.values.size * data.small.values.shape[1]
    return int(max(FEWEST, min(for_each * (n_components - 1), MOST, WORK / work)))


def mixed_starts(
    data: SearchData, n_components: int, n: int, rng: np.random.Generator, peaks_by_k: PeaksByK
) -> tuple[Batch, PeaksByK]:
    """n starts of all kinds, completed with what is given; and the peaks with fewer components that are known then.

    Half of them are parts of the rows, or components with means at random; the other half, where nothing is given, are
    made from the best mixtures of one component less, by one component more or by one halved.
    """
    problem, rows, reference = data.problem, data.small, data.problem.reference_covariance
    covariance = problem.constraints.structure.project_one(problem.rows.covariance)
    if n_components == 1:
        start = Batch(np.ones((1, 1)), problem.rows.mean[None, None], covariance[None, None], rows.columns)
        return problem.completed(start), peaks_by_k
    grow = not problem.inits.given
    share = -(-n // (4 if grow else 2))
    kinds = [
        cut_starts(rows, reference, n_components, share, rng),
        random_mean_starts(rows, covariance, n_components, share, rng),
    ]
    if grow:
        if n_components - 1 not in peaks_by_k:
            fewer = min(n, default_n_starts(data, n_components - 1, SMALLER_STARTS))
            smaller, peaks_by_k = mixed_starts(data, n_components - 1, fewer, rng, peaks_by_k)
            best = data.after(_finalists(data, smaller), data.medium, PARENT_ROUND)
            peaks_by_k = peaks_by_k | {n_components - 1: best.batch}
        parents = peaks_by_k[n_components - 1]
        kinds += [added_component_starts(parents, rows, reference, share, rng), split_starts(parents, share, rng)]
    batch = concatenated(kinds)
    chosen = np.linspace(0, len(batch) - 1, min(n, len(batch))).round().astype(np.intp)
    return problem.completed(batch[chosen]), peaks_by_k
