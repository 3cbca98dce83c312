"""One model fitted: a start, a run of EM from it to a peak, and what to believe of that."""

import logging
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt

from gmmfit.data.known import KnownCounts
from gmmfit.data.rows import Rows
from gmmfit.data.summary import Summary
from gmmfit.errors import ArgumentError, FitError
from gmmfit.fitting.em.acceleration import PLAIN, accelerated
from gmmfit.fitting.em.boundary import from_boundary
from gmmfit.fitting.em.directions import natural_directions
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.em.newton import newton
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.em.stopping import OnStep, Run, extended, run
from gmmfit.fitting.evidence.components import pairs_closer_than
from gmmfit.fitting.evidence.criteria import RowSums
from gmmfit.fitting.evidence.judge import judge
from gmmfit.fitting.evidence.sentences import reason, warning
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.problem.standardize import StandardizedRows
from gmmfit.fitting.result import Fit
from gmmfit.fitting.search.find_start import Start
from gmmfit.fitting.search.peaks import SAME_PEAK
from gmmfit.fitting.search.soundness import DEAD_COUNT
from gmmfit.fitting.settings import FIXABLE
from gmmfit.fitting.uncertainty.bootstrap import bootstrap
from gmmfit.fitting.uncertainty.goodness_of_fit import goodness_of_fit
from gmmfit.fitting.uncertainty.standard_errors import by_information, check_peak
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Noise
from gmmfit.text import shown

log = logging.getLogger("gmmfit")

# Two sums over the same rows may differ by this share of their size.
ROUNDING = 1e-11


@dataclass(frozen=True, eq=False)
class Solved:
    """A model fitted, and what is needed to say how sure that is: the problem, the run, and the start of it."""

    fit: Fit
    problem: Problem
    run: Run
    start: Start

    def with_uncertainty(self) -> Fit:
        """The fit with standard errors and intervals, or with the reason why there are none; and how well it fits."""
        fit, problem, run = self.fit, self.problem, self.run
        drawn = problem.settings.bootstrap is not None
        if drawn and fit.status == "converged":
            fit = replace(fit, goodness_of_fit=goodness_of_fit(problem, run))
        try:
            check_peak(problem, run, fit.status)
            if not drawn:
                return replace(fit, uncertainty=by_information(problem, run, fit.cutoffs))
            found = self.start.known.get(problem.model)
            told, sure = bootstrap(problem, run, None if found is None else found.peaks.batch, fit.cutoffs)
            warnings = (*fit.warnings, *told.warnings(problem.settings.confidence))
            return replace(fit, bootstrap=told, uncertainty=sure, warnings=warnings)
        except FitError as error:
            return replace(fit, no_standard_errors=str(error))


def solve(problem: Problem, start: Start, on_step: OnStep | None = None) -> Solved:
    """Fit one model from a start.

    Raises:
        FitError: a component has no rows from the start.
    """
    ended, from_peak = _from_start(problem, start, on_step)
    rows, noise = problem.rows, ended.last.mixture.noise
    if noise is not None and _has_died(noise, problem, ended):
        return _without_noise(problem, start, ended, noise, on_step)
    sums = RowSums.of(ended.standard, rows.data)
    if isinstance(rows.data, Summary) and not _are_same(sums.log_likelihood, ended, rows):
        log.debug("the points that stand for the rows are too far apart here: EM goes on over all rows")
        problem = replace(problem, rows=replace(rows, data=rows.data.rows))
        return solve(problem, start._replace(mixture=ended.last.mixture, is_peak=True, origins=()), on_step)
    ended = ended.ordered(_order(ended.last.mixture, problem))
    status, found, may_be_chosen = judge(problem, ended, None if problem.inits.given else start.search)
    sets, one = problem.constraints.sets, Batch.one(ended.standard)
    # On a bound there is a number less to estimate.
    n_parameters = problem.n_parameters if sets is None else natural_directions(one, problem.constraints).shape[1]
    fit = Fit(
        mixture=ended.last.mixture,
        log_likelihood=ended.last.log_likelihood,
        status=status,
        reason=reason(status, ended.last.iteration, problem.settings, from_peak and start.search is not None),
        history=ended.steps,
        settings=problem.settings,
        n=rows.n,
        weighting=problem.request.weighting,
        recording=problem.request.recording,
        n_rows=len(problem.request.rows),
        n_missing=problem.request.n_missing,
        n_parameters=n_parameters,
        may_be_chosen=may_be_chosen,
        entropy=sums.entropy,
        misclassified=sums.errors / rows.n,
        search=start.search,
        known=_known(problem),
        without_noise=_without(problem, start),
        active_bounds=() if sets is None else tuple(sets.active(one)),
        warnings=tuple(map(warning, found)),
    )
    return Solved(fit, problem, ended, start)


def _has_died(noise: Noise, problem: Problem, ended: Run) -> bool:
    """Whether noise has come to hardly a row, is free to be none, and there are iterations left to go on without."""
    sets, left = problem.constraints.sets, problem.settings.max_iter - ended.last.iteration
    is_free = not problem.constraints.fixed.weights and (sets is None or sets.weights is None)
    return ended.status == "converged" and is_free and left > 0 and 0 < noise.weight * problem.rows.n < DEAD_COUNT


def _without_noise(problem: Problem, start: Start, ended: Run, noise: Noise, on_step: OnStep | None) -> Solved:
    """The fit in which noise has come to the weight 0: that of the model without, at the end of the run with it."""
    mixture, none, first = ended.last.mixture, replace(noise, weight=0.0), ended.last.iteration + 1
    rest = replace(mixture, weights=mixture.weights / mixture.weights.sum(), noise=None)
    left = replace(problem.settings, max_iter=problem.settings.max_iter - first)

    def following(step: Step) -> Step:
        return replace(step, iteration=first + step.iteration, mixture=replace(step.mixture, noise=none))

    def on_following(step: Step) -> None:
        if on_step is not None:
            on_step(following(step))

    alone = replace(problem, box=None, settings=left)
    solved = solve(alone, start._replace(mixture=rest, is_peak=True, origins=()), on_following)
    fit, added = solved.fit, tuple(map(following, solved.fit.history))
    fit = replace(
        fit,
        mixture=added[-1].mixture,
        history=(*ended.steps, *added),
        settings=problem.settings,
        n_parameters=fit.n_parameters + 1,
        reason=reason(fit.status, added[-1].iteration, problem.settings, start.is_peak and start.search is not None),
        without_noise=fit.log_likelihood,
    )
    return replace(solved, fit=fit)


def _without(problem: Problem, start: Start) -> float | None:
    """The log-likelihood that the search for the same model without noise came to."""
    if problem.box is None:
        return None
    k, name, _ = problem.model
    found = start.known.get((k, name, False))
    return None if found is None else found.log_likelihood


def _known(problem: Problem) -> KnownCounts | None:
    """What is known of the rows, counted, where they are no exact numbers."""
    rows = problem.request.rows
    if not isinstance(rows, Rows) or rows.known is None:
        return None
    return KnownCounts.of(rows.known, rows.weights)


def _are_same(log_likelihood: float, ended: Run, rows: StandardizedRows) -> bool:
    """Whether the log-likelihood of all rows, in standard units, is that with which a run ended, but for rounding."""
    of_rows = rows.log_likelihood(log_likelihood)
    return abs(of_rows - ended.last.log_likelihood) <= ROUNDING * (abs(of_rows) + rows.n)


def _from_start(problem: Problem, start: Start, on_step: OnStep | None) -> tuple[Run, bool]:
    """The run from a start, and whether that is the peak of a search.

    Where the history is asked for, it is the run on all rows to this peak from the first of its starts that leads
    there in as many iterations as are allowed: what is fitted doesn't depend on who looks on.
    """
    if not (problem.settings.history and start.origins and start.is_peak):
        return run_from(problem, start.mixture, start.is_peak, on_step), start.is_peak
    ended, from_peak = run_from(problem, start.mixture, True, None), True
    for origin in start.origins:
        try:
            way = run_from(problem, origin, False, None)
        except FitError:  # a component becomes empty
            continue
        if way.status == "converged" and abs(way.last.log_likelihood - ended.last.log_likelihood) < SAME_PEAK:
            ended, from_peak = way, False
            break
    else:
        log.info(
            "the history begins at the search's peak: from its starts EM on all rows comes to others, or takes longer"
        )
    if on_step is not None:
        for step in ended.steps:
            on_step(step)
    return ended, from_peak


def run_from(problem: Problem, begin: Mixture, from_peak: bool, on_step: OnStep | None) -> Run:
    """EM from a mixture, which may be next to a peak already, until the stopping rule is met; then Newton's steps."""
    settings, rows, constraints = problem.settings, problem.rows, problem.constraints
    start = _within_structure(problem, begin)
    step_of = partial(_step, problem, start)
    batch = Batch.of([rows.units.standardize(start)])
    if problem.inits.given:
        for pair in problem.comparable(pairs_closer_than(0, batch)):
            log.warning(
                "components %d and %d start with the same values, so EM can't separate them: give other inits", *pair
            )
    plain = 0 if from_peak else PLAIN
    if settings.accelerate and settings.tol > 0:
        states = accelerated(rows.data, batch, constraints, plain)
    else:
        states = em(rows.data, batch, constraints)
    ended = run(states, step_of, problem.stopping_rule, on_step)
    bound = constraints.sets is not None and constraints.sets.bind_sds
    if problem.is_bounded and not bound and settings.accelerate and ended.status == "converged":
        states = from_boundary(rows.data, ended.standard, ended.last.iteration, constraints)
        if (first := next(states, None)) is not None:
            at_boundary = run(chain([first], states), step_of, problem.stopping_rule, on_step)
            ended = replace(at_boundary, steps=(*ended.steps, *at_boundary.steps))
    # A few steps from inits stay the textbook's; the peak of a search has all its digits, by whatever way.
    polished = problem.is_searched or ended.last.iteration >= plain
    if settings.accelerate and ended.status == "converged" and polished:
        states = newton(rows.data, ended.standard, ended.last.iteration, constraints)
        ended = extended(ended, states, step_of, settings.max_iter, on_step)
    return ended


def _step(problem: Problem, start: Mixture, state: State) -> Step:
    """The step of a state, with what constraints hold at a number to the last bit."""
    step = problem.rows.step(state, start, problem.constraints.fixed)
    if not problem.typed.held or state.iteration == 0:
        return step
    return replace(step, mixture=problem.typed.exactly(step.mixture))


def _within_structure(problem: Problem, start: Mixture) -> Mixture:
    """The start with covariances of the structure; said where that changes the inits that were given."""
    structure, sets, units = problem.constraints.structure, problem.constraints.sets, problem.rows.units
    if sets is not None:
        batch = Batch.of([units.standardize(start)])
        if missed := sets.missed(batch[0], problem.inits.kinds):
            raise ArgumentError(f"the inits don't fulfil `constrain` {shown(missed)}: change one of them")
        if sets.missed(batch[0], FIXABLE):  # what was not given is brought to the rest
            return units.unstandardize(problem.constraints.met_by(batch).mixture(0))
    if structure.holds(start.covariances, start.weights):
        return start
    if problem.inits.covariances_of is not None:
        log.info("the covariances of the inits are brought into the structure that `covariance` names")
    return replace(start, covariances=structure.project(start.covariances, start.weights))


def _order(mixture: Mixture, problem: Problem) -> npt.NDArray[np.intp]:
    """The order of the components in the result; those that rows have labels of come first, in the order of these."""
    order, sets = problem.settings.order or ("init" if problem.inits.tell_apart else "mean"), problem.constraints.sets
    if sets is not None and order != "init":
        by_order = np.lexsort((mixture.means[:, 0] if order == "mean" else -mixture.weights,))
        one = Batch.one(problem.rows.units.standardize(mixture.ordered(by_order)))
        if sets.missed(one, FIXABLE):  # they are named by their numbers
            if problem.settings.order:
                raise ArgumentError("`constrain` says which component is which: leave `order` out")
            order = "init"
    keys = {"mean": mixture.means[:, 0], "weight": -mixture.weights, "init": np.arange(mixture.n_components)}
    labelled = np.minimum(np.arange(mixture.n_components), problem.n_labels)
    return np.lexsort((keys[order], labelled))
