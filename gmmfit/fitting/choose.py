"""Several numbers of components and structures side by side, and the best of them by a criterion."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import NamedTuple

from gmmfit.errors import ArgumentError, DataError, FitError, GmmfitError
from gmmfit.fitting.against_larger import against_larger, next_freer, next_with_more_components, objection_to
from gmmfit.fitting.evidence.judge import rejected
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.fitting.search.find_start import find_start
from gmmfit.fitting.search.nested import FoundByModel, Model
from gmmfit.fitting.search.peaks import SAME_PEAK
from gmmfit.fitting.settings import CRITERIA, TEST
from gmmfit.fitting.solve import Solved, solve
from gmmfit.fitting.uncertainty.drawn_tables import objection_to_drawing
from gmmfit.fitting.uncertainty.likelihood_ratio import LikelihoodRatio
from gmmfit.model.covariance import STRUCTURES

log = logging.getLogger("gmmfit")

# By so much p may miss a level that it is equal to.
ROUNDING = 1e-9

Refused = list[tuple[int, GmmfitError]]


class Tests(NamedTuple):
    """A model against the next larger number of components, and against the next freer structure."""

    components: LikelihoodRatio | None = None
    structure: LikelihoodRatio | None = None


def choose(requests: Sequence[Request], components: Sequence[int], covariances: Sequence[str]) -> Solved:
    """The best model by the criterion, with all candidates in it, and a warning where the criteria disagree.

    requests are for the same rows under different transforms. A fit on the floor, off a heap of equal rows, with an
    empty component, or with more parameters than rows, is chosen only if there is no other.

    Raises:
        DataError: not even the smallest model can be fitted.
    """
    request = requests[0]
    noise = [False, True] if request.box is not None else [False]
    if request.box is not None and (
        request.inits.given or any("weight_0" in one for one in request.settings.constrain)
    ):
        noise = [True]  # which is what they are of
    models = list(product(components, covariances, noise))
    if request.settings.criterion == TEST:
        _check_testable(requests, models)
    found = [fit_each(request, models) for request in requests]
    solved, refused = [one for some, _ in found for one in some], [one for _, some in found for one in some]
    if not solved:
        raise refused[0][1]
    fits = [one.fit for one in solved]
    best = {name: min(fits, key=lambda fit: (not fit.may_be_chosen, getattr(fit, name))) for name in CRITERIA}
    warnings = []
    if request.settings.criterion == TEST:
        tests, smallest = _upwards(solved, 1 - request.settings.confidence)
        best[TEST] = smallest.fit
        if tests and smallest.problem.n_components == max(components):
            warnings.append(
                "each number of components is rejected against the next: raise `components`, to see the next"
            )
    else:
        tests = _tests(solved) if request.settings.bootstrap and not request.settings.constrain else {}
    if tests and not any(any(of_one) for of_one in tests.values()) and (why := _why_no_test(solved)):
        warnings.append(f"no model is tested against a larger one: {why}")
    chosen = best[request.settings.criterion]
    warnings += [
        *_of_models(fits, refused, chosen),
        *_disagreement(best, chosen, len(covariances) > 1, len(requests) > 1, len(noise) > 1),
    ]
    transforms = [request.settings.transform for request in requests]

    def in_order(fit: Fit) -> tuple[int, int, bool, int]:
        settings, mixture = fit.settings, fit.mixture
        transform, covariance = transforms.index(settings.transform), covariances.index(settings.covariance)
        return transform, covariance, mixture.noise is not None, mixture.n_components

    tested = sorted(solved, key=lambda one: in_order(one.fit))
    candidates = tuple(Candidate.of(one.fit, one.fit is chosen, *tests.get(one, Tests())) for one in tested)
    fit = replace(chosen, candidates=candidates, warnings=(*chosen.warnings, *warnings))
    return replace(next(one for one in solved if one.fit is chosen), fit=fit)


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


def _why_no_test(solved: Sequence[Solved]) -> str:
    """Why none of several models is tested against another, where there are two with a component between them."""
    pairs = [(one, larger) for one in solved if (larger := next_with_more_components(one, solved)) is not None]
    return next((why for pair in pairs if (why := objection_to(*pair))), "") if pairs else "none has one component more"


def _check_testable(requests: Sequence[Request], models: Sequence[Model]) -> None:
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


def fit_each(request: Request, models: Sequence[Model]) -> tuple[list[Solved], Refused]:
    """Each model fitted, and the numbers of components that can't be, with the reasons.

    A model that comes out below one that is a special case of it has been searched for too shortly: it is fitted once
    more, from the smaller one's solution too.
    """
    fits: list[Solved] = []
    refused: Refused = []
    known: FoundByModel = {}
    # The smaller go first, so that the larger can be compared with them.
    for model in sorted(models, key=lambda model: (model[0], _freedom(model[1]), model[2])):
        k, covariance, noise = model
        try:
            problem = request.problem(k, covariance, noise)
            start = find_start(problem, known)
            solved, known = solve(problem, start), known | start.known
        except (DataError, FitError) as error:
            refused.append((k, error))
            continue
        smaller = [] if request.settings.constrain else [other.fit for other in fits if _is_case(other.fit, model)]
        highest = max(smaller, key=lambda other: other.log_likelihood, default=solved.fit)
        if solved.fit.log_likelihood < highest.log_likelihood - SAME_PEAK and not request.inits.given:
            log.debug("%d components, %s: below a smaller model, and fitted again from that", k, covariance)
            again = solve(problem, find_start(problem, known, highest.mixture))
            solved = max(solved, again, key=lambda one: one.fit.log_likelihood)
        fits.append(solved)
    return fits, refused


def _rejected(fit: Fit) -> bool:
    """Whether the search for a model set aside a mixture that is far higher."""
    return bool(rejected(fit.search, fit.log_likelihood, STRUCTURES[fit.settings.covariance], fit.mixture.n_columns))


def _freedom(covariance: str) -> int:
    """How many structures are special cases of one."""
    return sum(map(STRUCTURES[covariance].contains, STRUCTURES.values()))


def _is_case(fit: Fit, model: Model) -> bool:
    """Whether a fit is a special case of a model."""
    k, covariance, noise = model
    within = fit.mixture.n_components <= k and (noise or fit.mixture.noise is None)
    return within and STRUCTURES[covariance].contains(STRUCTURES[fit.settings.covariance])


def _of_models(fits: Sequence[Fit], refused: Refused, chosen: Fit) -> list[str]:
    """Sentences on models that can't be fitted, or not be chosen, and on others in which a mixture was rejected."""
    unsound = [fit for fit in fits if not fit.may_be_chosen]
    others = [fit for fit in fits if fit is not chosen and _rejected(fit)]
    said = []
    if refused:
        said.append(f"{_listed(k for k, _ in refused)} components are left out: {refused[0][1]}")
    if 0 < len({fit.mixture.n_components for fit in unsound}) < len(fits):
        said.append(
            f"models with {_components(unsound)} components are not chosen where they end on the floor or lose a "
            "component, for the likelihood has no peak there, or where they have more parameters than rows"
        )
    if others:
        said.append(
            f"with {_components(others)} components a mixture with a far higher log-likelihood was set aside, for a "
            "component of it is not credible: fit them alone, and look at its rows"
        )
    return said


def _disagreement(best: dict[str, Fit], chosen: Fit, structures: bool, transforms: bool, noise: bool) -> list[str]:
    """A sentence where the criteria choose different models."""

    def model(fit: Fit) -> str:
        k = fit.mixture.n_components
        names = [fit.settings.covariance] * structures + [fit.settings.transform] * transforms
        names += ["with noise" if fit.mixture.noise else "without noise"] * noise
        return " ".join([f"{k} component{'s' if k > 1 else ''}", *names])

    said = {name: "the test" if name == TEST else name.upper() for name in best}
    others = ", ".join(f"{said[name]} {model(fit)}" for name, fit in best.items() if fit is not chosen)
    criterion = said[chosen.settings.criterion]
    return [f"the criteria disagree: {criterion} chooses {model(chosen)}, {others}"] if others else []


def _components(fits: Sequence[Fit]) -> str:
    return _listed(fit.mixture.n_components for fit in fits)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(numbers))))
