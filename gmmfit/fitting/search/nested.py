"""The search for a model, after those for the models that it contains: a larger one is never less likely."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import FitError
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.runs import Runs
from gmmfit.fitting.search.search import (
    ANSWER,
    FINAL_ROUND,
    NO_GAIN,
    NO_START,
    SearchData,
    default_n_starts,
    mixed_starts,
    only_start,
    run_search,
)
from gmmfit.fitting.search.soundness import Credibility, Soundness, coincide
from gmmfit.fitting.search.starts import doubled, halved
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.mixture import Mixture

# Peaks from which larger models grow.
PARENTS = 4
# A share that noise has where it has none.
HARDLY = 1e-9
# Log-likelihood by which a larger model may stay below a smaller one, as both are only near their peaks.
NEAR_PEAK = 1e-6


@dataclass(frozen=True, eq=False)
class Found:
    """What the search for a model found: its starts, and its peaks, of which the first is the answer.

    answer          in the units of the columns, and its log-likelihood there, as the rows of the search have it
    bound           below which no larger model ends: that, but where the likelihood has no peak, which is no measure
    """

    starts: Batch
    peaks: Runs
    answer: Mixture
    log_likelihood: float
    bound: float


# By number of components, name of the structure, and whether there is noise.
Model = tuple[int, str, bool]
FoundByModel = dict[Model, Found]


def search_nested(data: SearchData, known: FoundByModel) -> FoundByModel:
    """What was known of models, and what the search for that of the data finds, and for all that it contains.

    The answer is the best peak that isn't below the answer for a contained model. There is one, for where no other
    start leads so high that answer is one too: as it is, but for a component in two where it has one less.

    Raises:
        FitError: no start has rows for every component.
    """
    problem = data.problem
    if problem.model in known:
        return known
    for model in contained_models(problem):
        if model not in known:
            known = search_nested(data.of_problem(problem.request.problem(*model)), known)
    found = {model: known[model] for model in contained_models(problem)}
    smaller = next((one for (k, *_), one in found.items() if k < problem.n_components), None)
    if smaller is not None:
        data = replace(data, smaller=smaller.bound)
    restricted = [one for (k, *_), one in found.items() if k == problem.n_components]
    starts, runs = _searched(data, smaller, restricted)
    bound = max((one.bound for one in found.values()), default=-np.inf)
    answer, peaks = _answer_and_peaks(data, runs, bound)
    if answer.ranks[0] == Soundness.EMPTY:
        raise FitError(NO_START)
    mixture = problem.rows.units.unstandardize(answer.batch.mixture(0))
    log_likelihood = float(problem.rows.log_likelihood(answer.log_likelihoods[0]))
    beyond = Credibility.of(answer.batch, problem).has_no_peak
    bound = -np.inf if np.any(beyond) else log_likelihood
    return known | {problem.model: Found(starts, peaks, mixture, log_likelihood, bound)}


def _searched(data: SearchData, smaller: Found | None, restricted: Sequence[Found]) -> tuple[Batch, Runs]:
    """The starts of a search, and the peaks that they lead to; those of one component are the same.

    smaller is what was found with a component less, and restricted with one restriction more.
    """
    problem = data.problem
    if problem.only_start:
        start = only_start(problem)
        return start, data.to_the_top(Runs.of(start), data.large, FINAL_ROUND)
    rng = np.random.default_rng([problem.settings.seed, problem.n_components])
    n = problem.settings.starts or default_n_starts(data)
    parents = None if smaller is None else smaller.peaks.batch[:PARENTS]
    starts = mixed_starts(data, n, rng, parents)
    answers, with_more = (
        [Batch.of([problem.rows.units.standardize(found.answer)]).normal for found in some]
        for some in (restricted, [] if smaller is None else [smaller])
    )
    grown = [*map(halved, with_more), *answers]
    halves = problem.completed(concatenated(grown)) if grown else None
    runs = run_search(data, starts, halves)
    starts = concatenated([starts, *([] if halves is None else [halves])])
    bound = max((found.bound for found in [*restricted, *([smaller] if smaller else [])]), default=-np.inf)
    # On few of the rows they may have led elsewhere.
    if grown and (len(data.small) < len(data.large) or not np.any(_are_high(problem, runs, bound))):
        as_they_are = problem.completed(concatenated([*map(doubled, with_more), *map(_with_hardly_noise, answers)]))
        more = Runs.of(as_they_are, first=len(starts))
        runs, starts = runs.joined(data.to_the_top(more, data.large, FINAL_ROUND)), concatenated([starts, as_they_are])
    # What gains nothing was not followed to a peak.
    gaining = np.flatnonzero(_are_high(problem, runs, data.smaller + NO_GAIN))
    return starts, runs.part(gaining.tolist()) if len(gaining) else runs


def _are_high(problem: Problem, runs: Runs, bound: float) -> npt.NDArray[np.bool_]:
    """Which runs (S,) are alive and not below a log-likelihood in the units of the columns."""
    log_likelihoods = problem.rows.log_likelihood(runs.log_likelihoods)
    high: npt.NDArray[np.bool_] = (runs.ranks > Soundness.EMPTY) & (log_likelihoods >= bound - NEAR_PEAK)
    return high


def _answer_and_peaks(data: SearchData, runs: Runs, bound: float) -> tuple[Runs, Runs]:
    """The best of runs, followed to its top; and all, that first, as all rows judge them.

    Runs far behind the highest one were not waited for; the answer is. Where that leads it to a mixture that is less
    sound, the next in rank is asked.
    """
    for _ in range(len(runs.batch)):
        judged = by_all_rows(data, runs)
        first, *others = with_the_answer_first(data.problem, runs, judged, bound, data.smaller)
        answer = data.to_the_top(replace(runs.part([first]), on_floor=0), data.large, ANSWER)
        if answer.ranks[0] >= runs.ranks[first]:
            break
        runs = answer.joined(runs.part(others))
    return answer, by_all_rows(data, answer).joined(judged.part(others))


def contained_models(problem: Problem) -> list[Model]:
    """The next smaller models that the model of a problem contains.

    They have one component less, one restriction more, or no noise.
    """
    k, name, noise = problem.model
    if problem.only_start or problem.constraints.sets is not None:  # constraints name components, and the data
        return []
    smaller = [(k - 1, name, noise)] if k > max(1, problem.n_labels) else []
    cases = STRUCTURES[name].special_cases(len(problem.rows.low))
    return [*smaller, *((k, case, noise) for case in cases), *([(k, name, False)] if noise else [])]


def _with_hardly_noise(batch: Batch) -> Batch:
    """Mixtures that leave next to nothing to noise, which is no higher and no lower than without, where they left none.

    For those with noise it is the same.
    """
    left = 1 - batch.weights.sum(axis=-1, keepdims=True)
    return replace(batch, weights=np.where(left > HARDLY, 1, 1 - HARDLY) * batch.weights)


def grown(problem: Problem, smaller: Mixture) -> Batch:
    """Starts for a problem made of a mixture of a model that it contains: as it is, or with components halved."""
    batch = Batch.of([problem.rows.units.standardize(smaller)]).normal
    while batch.n_components < problem.n_components:
        batch = concatenated([halved(batch[i : i + 1]) for i in range(min(len(batch), PARENTS))])
    return batch


def with_the_answer_first(
    problem: Problem, peaks: Runs, judged: Runs, bound: float = -np.inf, smaller: float = -np.inf
) -> list[int]:
    """The positions of peaks, in front the answer: the best that isn't below the answers of smaller models.

    bound is the highest log-likelihood of these, in the columns' units, and smaller that with one component less. One
    that gains nothing over that is no answer as long as there is another: two components coincide, or one is hardly
    there. Where a sample in several columns is too coarse to rank the peaks, all rows do, by which they are judged; the
    bound is of the same sample.
    """
    log_likelihoods = problem.rows.log_likelihood(peaks.log_likelihoods)
    alive, high = peaks.ranks > Soundness.EMPTY, _are_high(problem, peaks, bound)
    gaining = high & ~coincide(peaks.batch) & (log_likelihoods > smaller + NO_GAIN)
    highest = alive & (log_likelihoods == np.max(log_likelihoods, where=alive, initial=-np.inf))
    eligible = next((those for those in (gaining, high, highest) if np.any(those)), alive)
    ranks = peaks.ranks
    if not np.any(eligible & peaks.certain):  # a heap is something, where the others may be chance
        ranks = np.where(ranks == Soundness.ON_HEAP, Soundness.SOUND, ranks)
    first = int(np.lexsort((-judged.scores, -ranks, ~eligible))[0])
    return [first, *(i for i in range(len(ranks)) if i != first)]


def by_all_rows(data: SearchData, peaks: Runs) -> Runs:
    """The peaks with the log-likelihoods of all rows, where the search looked at a sample in several columns.

    One component has one peak: there is nothing to judge, and so no need to pass over all rows.
    """
    rows = data.problem.rows
    in_cells = len(rows.low) == 1 and rows.sample.known is None
    if in_cells or data.problem.only_start or len(rows.data) <= len(data.large):
        return peaks
    log_likelihoods: Array = expect(peaks.batch, rows.data).log_likelihood
    return replace(
        peaks, log_likelihoods=log_likelihoods, scores=peaks.scores + (log_likelihoods - peaks.log_likelihoods)
    )
