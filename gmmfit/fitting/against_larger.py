"""Each of several models against the next larger one, by tables drawn from it."""

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gmmfit.errors import ArgumentError
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.result import Fit
from gmmfit.fitting.search.nested import Model
from gmmfit.fitting.settings import TEST, Settings
from gmmfit.fitting.solve import Solved
from gmmfit.fitting.uncertainty.drawn_tables import objection_to_drawing
from gmmfit.fitting.uncertainty.likelihood_ratio import LikelihoodRatio, p_value, statistics_of_tables
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES

log = logging.getLogger("gmmfit")

# By so much p may miss a level that it is equal to.
ROUNDING = 1e-9


class Tests(NamedTuple):
    """A model against the next larger number of components, and against the next freer structure."""

    components: LikelihoodRatio | None = None
    structure: LikelihoodRatio | None = None


class Tested(NamedTuple):
    """The tests of several models, which of them is the smallest that isn't rejected, and what to say of that.

    smallest is None where nobody asked for it.
    """

    tests: dict[Solved, Tests]
    smallest: Solved | None
    warnings: list[str]


def tested(solved: Sequence[Solved], settings: Settings) -> Tested:
    """Several models tested, if tables are to be drawn; by the criterion `test` from the smallest on.

    Raises:
        ArgumentError: there can't be a test, and the criterion is one.
    """
    if settings.bootstrap is None or settings.constrain:
        return Tested({}, None, [])
    if settings.criterion != TEST:
        tests = _tests(solved)
        none = not any(any(of_one) for of_one in tests.values())
        why = _why_no_test(solved) if none else ""
        return Tested(tests, None, [f"no model is tested against a larger one: {why}"] if why else [])
    tests, smallest = _upwards(solved, 1 - settings.confidence)
    all_rejected = tests and smallest.problem.n_components == max(one.problem.n_components for one in solved)
    said = ["each number of components is rejected against the next: raise `components`, to see the next"]
    return Tested(tests, smallest, said if all_rejected else [])


def check_testable(requests: Sequence[Request], models: Sequence[Model]) -> None:
    """Raise an ArgumentError where a test can't choose among models, or no number of tables could reject one."""
    settings = requests[0].settings
    if len(requests) > 1 or len({(covariance, noise) for _, covariance, noise in models}) > 1:
        raise ArgumentError(
            "`criterion` test compares numbers of components: give one covariance and one transform, and no noise"
        )
    if settings.constrain:
        raise ArgumentError("`criterion` test compares free models: leave `constrain` out")
    if objection := objection_to_drawing(requests[0].problem(min(k for k, *_ in models), *models[0][1:])):
        raise ArgumentError(f"there is no test, for {objection}: choose by another `criterion`")
    ks = sorted({k for k, *_ in models})
    if any(larger != smaller + 1 for smaller, larger in pairwise(ks)):
        raise ArgumentError("`criterion` test compares each number of components with the next: leave none out")
    least, given = round(1 / (1 - settings.confidence)) - 1, settings.bootstrap or 0
    if given < least:
        raise ArgumentError(
            f"with `bootstrap` {given} no p is below {1 / (1 + given):.2g}, and nothing rejected: give at least {least}"
        )


def _tests(solved: Sequence[Solved]) -> dict[Solved, Tests]:
    """The tests of each model."""
    tests = {}
    for one in solved:
        larger, freer = next_with_more_components(one, solved), next_freer(one, solved)
        tests[one] = Tests(
            None if larger is None else against_larger(one, larger, larger.problem.n_components),
            None if freer is None else against_larger(one, freer, freer.fit.settings.covariance),
        )
    return tests


def _upwards(solved: Sequence[Solved], level: float) -> tuple[dict[Solved, Tests], Solved]:
    """The tests from the smallest model on, up to the first that isn't rejected at a level, and that model.

    Raises:
        ArgumentError: there can't be a test.
    """
    tests: dict[Solved, Tests] = {}
    in_order = sorted(solved, key=lambda one: one.problem.n_components)
    for smaller, larger in pairwise(in_order):
        k, more = smaller.problem.n_components, larger.problem.n_components
        test = against_larger(smaller, larger, more)
        if test is None:
            why = objection_to(smaller, larger)
            raise ArgumentError(f"no test of {k} against {more} components, for {why}: choose by another `criterion`")
        tests[smaller] = Tests(test)
        if test.p > level + ROUNDING:
            return tests, smaller
    return tests, in_order[-1]


def _why_no_test(solved: Sequence[Solved]) -> str:
    """Why none of several models is tested against another, where there are two with a component between them."""
    pairs = [(one, larger) for one in solved if (larger := next_with_more_components(one, solved)) is not None]
    return next((why for pair in pairs if (why := objection_to(*pair))), "") if pairs else "none has one component more"


def against_larger(smaller: Solved, larger: Solved, against: int | str) -> LikelihoodRatio | None:
    """The test of a model against a larger one that contains it; None, with a word to the log, where there is none."""
    problem, fits = smaller.problem, (smaller.fit, larger.fit)
    if objection := objection_to(smaller, larger):
        log.debug("no test of %d components against %s: %s", problem.n_components, against, objection)
        return None
    one, alternative = (Batch.one(solved.run.standard) for solved in (smaller, larger))
    said = f"{against} components" if isinstance(against, int) else against
    what = f"testing {problem.n_components} component{'s' if problem.n_components > 1 else ''} against {said}: table"
    of_tables = statistics_of_tables(problem, larger.problem, one, alternative, what)
    statistic = max(0.0, 2 * (fits[1].log_likelihood - fits[0].log_likelihood))
    return LikelihoodRatio(against, statistic, p_value(statistic, of_tables), int(np.sum(np.isfinite(of_tables))))


def objection_to(smaller: Solved, larger: Solved) -> str:
    """Why there can't be a test of one model against another; empty if there can."""
    if objection := objection_to_drawing(smaller.problem):
        return objection
    for solved in (smaller, larger):
        if not _ends_on_a_peak(solved.fit):
            k = solved.problem.n_components
            return f"with {k} component{'s' if k > 1 else ''} there is no peak ({solved.fit.status})"
    units, others = smaller.problem.rows.units, larger.problem.rows.units
    if not (np.array_equal(units.unit, others.unit) and np.array_equal(units.centre, others.centre)):
        return "one of them has the same unit for all columns"
    return ""


def _ends_on_a_peak(fit: Fit) -> bool:
    """Whether a fit is at a peak off the floor; that components coincide, being one too many, is no obstacle here."""
    noise = fit.mixture.noise
    return fit.status in ("converged", "coincident") and fit.may_be_chosen and (noise is None or noise.weight > 0)


def next_with_more_components(solved: Solved, others: Sequence[Solved]) -> Solved | None:
    """The model with one component more, that is the same otherwise."""
    k, *rest = _model(solved)
    return next((one for one in others if _model(one) == (k + 1, *rest)), None)


def next_freer(solved: Solved, others: Sequence[Solved]) -> Solved | None:
    """The model with the least free structure that contains this one's, that is the same otherwise."""
    k, name, *rest = _model(solved)
    freer = [
        one
        for one in others
        if one.fit.n_parameters > solved.fit.n_parameters
        and (_model(one)[0], *_model(one)[2:]) == (k, *rest)
        and STRUCTURES[_model(one)[1]].contains(STRUCTURES[name])
    ]
    return min(freer, key=lambda one: one.fit.n_parameters, default=None)


def _model(solved: Solved) -> tuple[int, str, bool, str]:
    """The number of components, structure, noise and transform of a model."""
    return (*solved.problem.model, solved.fit.settings.transform)
