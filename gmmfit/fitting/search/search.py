"""The highest sound peak from many starts: many run a little on few rows, and the best of them to the top."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from gmmfit.data.cell_means import cell_means
from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.data.summary import Summary
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.curvature import newton_is_cheap
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.follow import Round, Stream, follow
from gmmfit.fitting.search.runs import Runs
from gmmfit.fitting.search.soundness import Credibility, Soundness, scores
from gmmfit.fitting.search.starts import (
    added_component_starts,
    cut_starts,
    random_mean_starts,
    split_starts,
    without_the_farthest,
)
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.products import n_products

# Starts for each component after the first, fewer where a structure restricts them, which leaves fewer peaks; at least
# and at most so many, at most so many components in all of them, and so few that an iteration takes at most WORK
# multiplications.
STARTS, FEWER_STARTS = 200, 50
# Of rows with gaps in several columns, which fewer starts lead to the highest peak.
MORE_STARTS = 600
FEWEST, MOST, MOST_COMPONENTS, WORK = 60, 750, 5000, 16e6
# Rows that the first rounds look at, the next, and the last; these are fewer where columns have many products. In one
# column they are cells of rows.
SMALL, MEDIUM, LARGE = 1024, 2048, 32_768
LEAST_LARGE, PRODUCTS = 8192, 2_000_000
SMALL_IN_ONE_COLUMN, LARGE_IN_ONE_COLUMN = 512, 8192
# What a component more has to gain to be one; a run that doesn't is on the plateau of the smaller model.
NO_GAIN = 0.01

NO_START = "no start was found in which every component has rows: give inits, or use fewer components"


# Two rounds of so many steps of plain EM, after which such a part of the starts goes on, and at least so many; then
# steps up to the top.
SCREENING, SECOND_SCREENING = (15, 3, 60), (15, 6, 60)
ROUND_ON_FEW, ROUND_ON_MORE, FINAL_ROUND, ANSWER = Round(10, 30), Round(8, 12), Round(60, 10), Round(300, 1, 1e-6)


@dataclass(frozen=True, eq=False)
class SearchData:
    """What a search for a problem looks at: its rows, or as many as the first, middle and last rounds look at.

    Each different row is there once. smaller is the log-likelihood, in the units of the columns, of the answer with a
    component less.
    """

    problem: Problem
    small: Rows
    medium: Rows
    large: Rows
    smaller: float = -np.inf

    @classmethod
    def of(cls, problem: Problem) -> "SearchData":
        """The data of a search: of many rows the points that stand for them in one column, in several a sample."""
        rows, rng = problem.rows, np.random.default_rng(problem.settings.seed)
        in_cells = len(rows.low) == 1 and rows.sample.known is None

        def at_most(n: int, data: Data, sample: Rows) -> Rows:
            if len(data) <= n and data is sample:
                return sample
            if in_cells:
                return cell_means(data, sample, float(rows.low[0]), float(rows.high[0]), n)
            return sample.some(n, rng)

        if isinstance(rows.data, Summary):
            large = rows.data.points
        else:
            many = max(LEAST_LARGE, min(LARGE, PRODUCTS // n_products(len(rows.low))))
            large = at_most(LARGE_IN_ONE_COLUMN if in_cells else many, rows.data, rows.sample)
        small = at_most(SMALL_IN_ONE_COLUMN if in_cells else SMALL, large, large)
        medium = at_most(MEDIUM, large, large)
        return cls(problem, small, medium, large)

    def of_problem(self, problem: Problem) -> "SearchData":
        """What a search for another model of the same rows looks at."""
        if problem.rows is self.problem.rows:
            return replace(self, problem=problem)
        return SearchData.of(problem)

    def after(self, runs: Runs, rows: Rows, round: Round, stream: Stream) -> Runs:
        """The best of where the mixtures of runs come to in a round."""
        problem = self.problem
        rows_per_weight = problem.rows.n / rows.total_weight
        ended = follow(
            stream,
            rows,
            runs.batch,
            problem.constraints,
            round,
            rows_per_weight,
            lambda state, which: self._gain_nothing(state, rows),
            problem.request.report_progress,
        )
        credibility = Credibility.of(ended.batch, problem)
        log_likelihoods = ended.log_likelihoods * rows_per_weight
        runs = replace(
            runs,
            batch=ended.batch,
            ranks=np.where(ended.alive, credibility.rank, Soundness.EMPTY),
            log_likelihoods=log_likelihoods,
            scores=scores(log_likelihoods, credibility, problem),
        )
        # At the top what differs in height is another peak.
        return runs.keep_best(round.keep, 0 if round is FINAL_ROUND else problem.rows.n)

    def _gain_nothing(self, state: State, rows: Rows) -> npt.NDArray[np.bool_]:
        """Which mixtures (S,) are no higher than the smaller model, of which the last rows know how high it is."""
        problem = self.problem
        log_likelihoods = problem.rows.log_likelihood(state.log_likelihood * (problem.rows.n / rows.total_weight))
        return np.asarray((rows is self.large) & (log_likelihoods < self.smaller + NO_GAIN))

    def to_the_top(self, runs: Runs, rows: Rows, round: Round) -> Runs:
        """The best of where runs come to by Newton's steps, if these are cheap."""
        constraints = self.problem.constraints
        by_sums = constraints.structure.is_linear and constraints.sets is None
        newton = by_sums and are_exact(rows) and newton_is_cheap(len(rows), *runs.batch.means.shape[1:])
        return self.after(runs, rows, round, partial(accelerated, plain=0, newton=newton))


def run_search(data: SearchData, starts: Batch, grown: Batch | None = None) -> Runs:
    """The peaks that starts lead to, the soundest and highest first.

    grown are starts made of the answers for smaller models, which pass over the first round; they are numbered after
    the others.

    Source: after Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.
    """
    runs, n = Runs.of(starts), len(starts)

    def screened(runs: Runs, iterations: int, part: int, at_least: int) -> Runs:
        return data.after(runs, data.small, Round(iterations, max(n // part, at_least)), em)

    runs = screened(runs, *SCREENING)
    if grown is not None:
        runs = runs.joined(Runs.of(grown, first=n))
    runs = screened(runs, *SECOND_SCREENING)
    runs = data.to_the_top(runs, data.small, ROUND_ON_FEW)
    if len(data.small) < len(data.medium) < len(data.large):
        runs = data.to_the_top(runs, data.medium, ROUND_ON_MORE)
    return data.to_the_top(runs, data.large, FINAL_ROUND)


def default_n_starts(data: SearchData) -> int:
    """How many starts a search takes."""
    k, structure, n_columns = data.problem.n_components, data.problem.constraints.structure, data.small.values.shape[1]
    most = STARTS if n_columns == 1 or are_exact(data.small) else MORE_STARTS
    for_each = FEWER_STARTS if structure.tied or (n_columns > 1 and not structure.correlated) else most
    work = k * data.small.values.size * data.small.values.shape[1]
    others = k - 1 + (data.problem.box is not None)
    return int(max(FEWEST, min(for_each * others, MOST, MOST_COMPONENTS / k, WORK / work)))


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
    if problem.only_start:
        return only_start(problem)
    share = -(-n // (2 if parents is None else 4))
    cut = rows if problem.box is None else without_the_farthest(rows, reference)
    kinds = [cut_starts(cut, reference, k, share, rng), random_mean_starts(rows, covariance, k, share, rng)]
    if parents is not None:
        kinds += [added_component_starts(parents, rows, reference, share, rng), split_starts(parents, share, rng)]
    batch = concatenated(kinds)
    chosen = np.linspace(0, len(batch) - 1, min(n, len(batch))).round().astype(np.intp)
    return problem.completed(batch[chosen])
