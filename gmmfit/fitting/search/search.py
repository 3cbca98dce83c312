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
from gmmfit.fitting.search.soundness import Credibility, Soundness, scores
from gmmfit.fitting.search.starts import added_component_starts, cut_starts, random_mean_starts, split_starts
from gmmfit.model.batch import Batch, concatenated

# Starts for each component after the first, fewer where a structure restricts them, which leaves fewer peaks; at least
# and at most so many, and so few that an iteration takes at most WORK multiplications.
STARTS, FEWER_STARTS = 300, 60
FEWEST, MOST, WORK = 60, 1500, 16e6
# Rows that the first round looks at, the next, and the last; in one column the last are cells of rows.
SMALL, MEDIUM, LARGE = 1024, 2048, 32_768
SMALL_IN_ONE_COLUMN, LARGE_IN_ONE_COLUMN = 512, 8192
# A run stops where an EM step would gain less than this, and less than that is to come; a run so far behind the best
# one, or farther, earlier.
NEGLIGIBLE_GAIN, NEGLIGIBLE_TO_COME, FAR_BEHIND = 1e-8, 1e-6, 1e4

NO_START = "no start was found in which every component has rows: give inits, or use fewer components"


class Round(NamedTuple):
    """How many iterations a round has, and how many runs go on after it."""

    iterations: int
    keep: int


# Plain EM, then accelerated rounds on few rows, and on more; and the runs to the top.
SCREENING, ROUND_ON_FEW, ROUND_ON_MORE, LAST_ROUND = Round(15, 200), Round(12, 60), Round(10, 25), Round(15, 8)
FINAL_ROUND = Round(300, 10)


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
    def of(cls, problem: Problem) -> "SearchData":
        """The data of a search; of many rows a summary in one column, and a sample in several."""
        rows, rng = problem.rows, np.random.default_rng(problem.settings.seed)
        one_column = len(rows.low) == 1

        def at_most(n: int, data: Data, sample: Rows) -> Rows:
            if len(data) <= n and data is sample:
                return sample
            if one_column:
                return summary(data, sample, float(rows.low[0]), float(rows.high[0]), n)
            return sample.some(n, rng)

        large = at_most(LARGE_IN_ONE_COLUMN if one_column else LARGE, rows.data, rows.sample)
        small = at_most(SMALL_IN_ONE_COLUMN if one_column else SMALL, large, large)
        medium = at_most(MEDIUM, large, large)
        return cls(problem, small, medium, large)

    def of_problem(self, problem: Problem) -> "SearchData":
        """What a search for another model of the same rows looks at."""
        if problem.rows is self.problem.rows:
            return replace(self, problem=problem)
        return SearchData.of(problem)

    def screened(self, starts: Batch) -> Runs:
        """Where starts have come to after a few iterations on few rows."""
        states = em(self.small, starts, self.problem.constraints)
        return self._best_of(Runs.of(starts), states, self.small, SCREENING)

    def after(self, runs: Runs, rows: Rows, round: Round) -> Runs:
        """The best of where the mixtures of runs come to in a round."""
        states = accelerated(rows, runs.batch, self.problem.constraints, plain=0)
        return self._best_of(runs, states, rows, round)

    def _best_of(self, runs: Runs, states: Iterator[State], rows: Rows, round: Round) -> Runs:
        n_rows = self.problem.rows.n
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
            # On a plateau steps are small, and much is to come.
            to_come = np.inf if state.remaining_gain is None else state.remaining_gain * rows_per_weight
            flat &= to_come < NEGLIGIBLE_TO_COME * (1 + behind) ** 2
            # What crawls along the floor is not waited for.
            if np.any(flat) and np.all(flat | on_floor):
                break
        credibility = Credibility.of(state.batch, self.problem)
        log_likelihoods = state.log_likelihood * rows_per_weight
        runs = replace(
            runs,
            batch=state.batch,
            ranks=np.where(state.alive, credibility.rank, Soundness.EMPTY),
            log_likelihoods=log_likelihoods,
            scores=scores(log_likelihoods, credibility, self.problem),
        )
        # At the top what differs in height is another peak.
        return runs.keep_best(round.keep, 0 if round is FINAL_ROUND else n_rows)


def run_search(data: SearchData, starts: Batch, grown: Batch | None = None, answers: Batch | None = None) -> Runs:
    """The peaks that starts lead to, the soundest and highest first.

    grown are starts next to a peak already, which take part in the last round before that to the top; answers, of
    smaller models, go there at once. The starts are numbered in this order.

    Source: after Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.
    """
    runs = data.after(data.screened(starts), data.small, ROUND_ON_FEW)
    runs = data.after(runs, data.medium, ROUND_ON_MORE)
    n = len(starts)
    if grown is not None:
        runs, n = runs.joined(Runs.of(grown, first=n)), n + len(grown)
    runs = data.after(runs, data.medium, LAST_ROUND)
    if answers is not None:
        runs = runs.joined(Runs.of(answers, first=n))
    return data.after(runs, data.large, FINAL_ROUND)


def default_n_starts(data: SearchData) -> int:
    """How many starts a search takes."""
    k, structure, n_columns = data.problem.n_components, data.problem.constraints.structure, data.small.values.shape[1]
    for_each = FEWER_STARTS if structure.tied or (n_columns > 1 and not structure.correlated) else STARTS
    work = k * data.small.values.size * data.small.values.shape[1]
    return int(max(FEWEST, min(for_each * (k - 1), MOST, WORK / work)))


def only_start(problem: Problem) -> Batch:
    """The mixture of one component: that of all rows, which is its peak."""
    rows = problem.rows
    start = Batch(np.ones((1, 1)), rows.mean[None, None], rows.covariance[None, None], rows.data.columns)
    return problem.completed(start)


def mixed_starts(data: SearchData, n: int, rng: np.random.Generator, parents: Batch | None = None) -> Batch:
    """n starts of all kinds, completed with what is given.

    They are parts of the rows, or components with means at random; half of them are made from parents, the best
    mixtures of one component less, if there are any, by one component more or by one halved.
    """
    problem, rows, reference, k = data.problem, data.small, data.problem.reference_covariance, data.problem.n_components
    covariance = problem.constraints.structure.project_one(problem.rows.covariance)
    if k == 1:
        return only_start(problem)
    share = -(-n // (2 if parents is None else 4))
    kinds = [cut_starts(rows, reference, k, share, rng), random_mean_starts(rows, covariance, k, share, rng)]
    if parents is not None:
        kinds += [added_component_starts(parents, rows, reference, share, rng), split_starts(parents, share, rng)]
    batch = concatenated(kinds)
    chosen = np.linspace(0, len(batch) - 1, min(n, len(batch))).round().astype(np.intp)
    return problem.completed(batch[chosen])
