"""What to make of a run: its status, whether it may be chosen among others, and what a careful reader should know."""

from typing import NamedTuple

import numpy as np

from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.evidence.columns import cut_off_ends, far_values, heaps_of, rounded_columns
from gmmfit.fitting.evidence.components import pairs_closer_than, weak_components
from gmmfit.fitting.evidence.findings import Coincident, Died, Finding, ManyParameters, NotConverged, Rejected
from gmmfit.fitting.evidence.skewed import skewed
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.peaks import Search
from gmmfit.fitting.search.soundness import DEAD_COUNT, SAME_COMPONENT, Credibility
from gmmfit.fitting.settings import Status
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import Structure

# The log-likelihood, for each parameter of a component, by which a mixture that was set aside has to be higher to be
# worth a word: what BIC charges in a hundred rows.
FAR_HIGHER = 2.3
# There are many parameters if there are more for each row than this.
MANY_PARAMETERS = 1 / 3


class Judgement(NamedTuple):
    """The status of a run, what is worth knowing of it, and whether it may be chosen among those of other models.

    It may not where there are more parameters than rows, a component is empty, or one is on the floor without a heap of
    equal rows there.
    """

    status: Status
    findings: list[Finding]
    may_be_chosen: bool


def judge(problem: Problem, run: Run, search: Search | None) -> Judgement:
    """What to make of a run; search is the one that came before, if any."""
    rows, last, settings = problem.rows, run.last, problem.settings
    counts = last.mixture.weights * rows.n
    batch = Batch.of([run.standard])
    credibility = Credibility.of(batch, problem)
    dead = [Died(int(k) + 1, counts[k], rows.n) for k in np.flatnonzero(counts < DEAD_COUNT)]
    weak = weak_components(problem, run.standard, credibility) if last.iteration > 0 else []
    pairs = problem.comparable(pairs_closer_than(SAME_COMPONENT, batch))
    on_floor, status = bool(np.any(credibility.on_floor)), run.status
    if status in ("converged", "max_iterations") and on_floor:
        status = "on_floor"
    elif status == "converged" and pairs:
        status = "coincident"
    found: list[Finding] = []
    if status == "max_iterations":
        found.append(NotConverged(last.iteration, last.remaining_gain, settings.tol, settings.tol_type))
    if problem.n_parameters > MANY_PARAMETERS * rows.n:
        found.append(ManyParameters(problem.n_parameters, round(rows.n), problem.n_components))
    elif np.all(rows.only_intervals) and problem.n_parameters >= len(rows.data):
        found.append(ManyParameters(problem.n_parameters, len(rows.data), problem.n_components, "different intervals"))
    heaps = heaps_of(problem, run.standard, credibility)
    named = {(heap.column, heap.value) for heap in heaps}
    found += [one for one in far_values(problem) if (one.column, one.value) not in named][:1]
    found += heaps
    if problem.box is None:  # beside noise rows are exact
        found += [*cut_off_ends(problem, run.standard, heaps), *rounded_columns(problem, run.standard)]
    if last.iteration > 0 and problem.box is None:
        found += skewed(problem, run.standard, last.log_likelihood)
    found += [component for component in weak if counts[component.component - 1] >= DEAD_COUNT]
    found += dead
    if run.status in ("converged", "max_iterations"):
        found += [Coincident(*pair) for pair in pairs]
    found += rejected(search, last.log_likelihood, problem.constraints.structure, len(rows.low))
    if run.status == "empty_component" and not dead:
        found.append(Died(0))
    floored = bool(np.any((credibility.on_floor & ~credibility.on_heap) | credibility.has_no_peak))
    may_be_chosen = not (floored or dead or status == "empty_component" or problem.n_parameters > rows.n)
    return Judgement("empty_component" if dead else status, found, may_be_chosen)


def rejected(search: Search | None, log_likelihood: float, structure: Structure, n_columns: int) -> list[Rejected]:
    """The highest mixture that a search set aside, if that is far higher than the log-likelihood of the answer.

    A component on a heap is not worth a word: where values are rounded there are many such, and limits have their own.
    """
    others = [] if search is None else [one for one in search.set_aside if not one.on_heap]
    far = FAR_HIGHER * structure.parameters_of_component(n_columns)
    return [
        Rejected(one.log_likelihood - log_likelihood, one.why)
        for one in others[:1]
        if one.log_likelihood > log_likelihood + far
    ]
