"""Several numbers of components and structures side by side, and the best of them by a criterion."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

from gmmfit.errors import DataError, FitError, GmmfitError
from gmmfit.fitting.against_larger import Tests, check_testable, tested
from gmmfit.fitting.evidence.judge import rejected
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.fitting.search.find_start import find_start
from gmmfit.fitting.search.nested import FoundByModel, Model
from gmmfit.fitting.search.peaks import SAME_PEAK
from gmmfit.fitting.settings import CRITERIA, TEST
from gmmfit.fitting.solve import Solved, solve
from gmmfit.model.covariance import STRUCTURES

log = logging.getLogger("gmmfit")

Refused = list[tuple[int, GmmfitError]]


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
        check_testable(requests, models)
    found = [fit_each(request, models) for request in requests]
    solved, refused = [one for some, _ in found for one in some], [one for _, some in found for one in some]
    if not solved:
        raise refused[0][1]
    fits = [one.fit for one in solved]
    best = {name: min(fits, key=lambda fit: (not fit.may_be_chosen, getattr(fit, name))) for name in CRITERIA}
    by_test = tested(solved, request.settings)
    if by_test.smallest is not None:
        best[TEST] = by_test.smallest.fit
    chosen = best[request.settings.criterion]
    warnings = [
        *by_test.warnings,
        *_of_models(fits, refused, chosen),
        *_disagreement(best, chosen, len(covariances) > 1, len(requests) > 1, len(noise) > 1),
    ]
    transforms = [request.settings.transform for request in requests]

    def in_order(fit: Fit) -> tuple[int, int, bool, int]:
        settings, mixture = fit.settings, fit.mixture
        transform, covariance = transforms.index(settings.transform), covariances.index(settings.covariance)
        return transform, covariance, mixture.noise is not None, mixture.n_components

    listed = sorted(solved, key=lambda one: in_order(one.fit))
    candidates = tuple(Candidate.of(one.fit, one.fit is chosen, *by_test.tests.get(one, Tests())) for one in listed)
    fit = replace(chosen, candidates=candidates, warnings=(*chosen.warnings, *warnings))
    return replace(next(one for one in solved if one.fit is chosen), fit=fit)


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
