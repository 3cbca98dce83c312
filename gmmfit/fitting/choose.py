"""Several numbers of components and structures side by side, and the best of them by a criterion."""

import logging
from collections.abc import Sequence
from itertools import product

from gmmfit.errors import DataError, FitError, GmmfitError
from gmmfit.fitting.evidence.findings import set_aside
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.fitting.settings import CRITERIA
from gmmfit.fitting.solve import Problem

log = logging.getLogger("gmmfit")

# Each structure with those that it is freer than by one restriction.
WITHIN = {
    "full": ("diag", "tied"),
    "diag": ("spherical", "tied-diag"),
    "spherical": ("tied-spherical",),
    "tied": ("tied-diag",),
    "tied-diag": ("tied-spherical",),
    "tied-spherical": (),
}
# Log-likelihood by which a larger model may stay below a smaller one, as both are only near their peaks.
SHORT = 1e-4


def choose(problem: Problem, components: Sequence[int], covariances: Sequence[str], criterion: str) -> Fit:
    """The best fit by a criterion, with all candidates in it, and a warning where the criteria disagree.

    A model that comes out below one that is a special case of it has been searched for too shortly: it is fitted once
    more, from the smaller one's solution too. A fit on the floor, or with an empty component, is chosen only if there
    is no other.

    Raises:
        DataError: not even the smallest model can be fitted.
    """
    fits: list[Fit] = []
    refused: list[tuple[int, GmmfitError]] = []
    # The smaller go first, so that the larger can be compared with them.
    order = sorted(product(components, covariances), key=lambda one: (one[0], len(_nested(one[1]))))
    for k, covariance in order:
        try:
            fit = problem.solved(k, covariance)
        except (DataError, FitError) as error:
            refused.append((k, error))
            continue
        smaller = [one for one in fits if _is_case(one, k, covariance) and _sound(one)]
        highest = max(smaller, key=lambda one: one.log_likelihood, default=None)
        if highest is not None and fit.log_likelihood < highest.log_likelihood - SHORT and not problem.inits.given:
            log.debug("%d components, %s: below a smaller model, and fitted again from that", k, covariance)
            again = problem.solved(k, covariance, smaller=[highest.mixture])
            fit = max(fit, again, key=lambda one: (_sound(one), one.log_likelihood))
        fits.append(fit)
    if not fits:
        raise refused[0][1]
    warnings = []
    if refused:
        left_out = sorted({k for k, _ in refused})
        warnings.append(f"{', '.join(map(str, left_out))} components are left out: {refused[0][1]}")
    unsound = sorted({one.mixture.n_components for one in fits if not _sound(one)})
    if unsound and len(unsound) < len(fits):
        warnings.append(
            f"models with {', '.join(map(str, unsound))} components are not chosen where they end on the floor or lose "
            "a component, for the likelihood has no peak there"
        )
    best = {name: min(fits, key=lambda one: (not _sound(one), getattr(one, name))) for name in CRITERIA}
    chosen = best[criterion]
    others = [one for one in fits if one is not chosen and set_aside(one.search, one.log_likelihood, one.n_rows)]
    if others:
        ks = sorted({one.mixture.n_components for one in others})
        warnings.append(
            f"with {', '.join(map(str, ks))} components a mixture with a far higher log-likelihood was set aside, for "
            "a component of it is as narrow as allowed: fit them alone, and look for an outlier or a heap"
        )
    candidates = [
        Candidate(
            one.mixture.n_components,
            one.settings.covariance,
            one.log_likelihood,
            one.n_parameters,
            one.bic,
            one.aic,
            one.icl,
            one.status,
            one is chosen,
        )
        for one in sorted(fits, key=lambda one: (covariances.index(one.settings.covariance), one.mixture.n_components))
    ]
    disagreement = _disagreement(best, criterion, len(covariances) > 1)
    return chosen.with_choice(tuple(candidates), (*warnings, *([disagreement] if disagreement else [])))


def _disagreement(best: dict[str, Fit], criterion: str, structures: bool) -> str:
    """A sentence where the criteria choose different models."""
    if len({id(one) for one in best.values()}) == 1:
        return ""

    def model(fit: Fit) -> str:
        k = fit.mixture.n_components
        return f"{k} component{'s' if k > 1 else ''}" + (f" {fit.settings.covariance}" if structures else "")

    others = ", ".join(f"{name.upper()} {model(best[name])}" for name in CRITERIA if best[name] is not best[criterion])
    return f"the criteria disagree: {criterion.upper()} chooses {model(best[criterion])}, {others}"


def _is_case(fit: Fit, k: int, covariance: str) -> bool:
    """Whether a fit is a special case of the model with k components and a structure."""
    same = fit.settings.covariance == covariance or fit.settings.covariance in _nested(covariance)
    return same and fit.mixture.n_components <= k


def _nested(covariance: str) -> set[str]:
    """All structures that are special cases of one."""
    return {inner for outer in WITHIN[covariance] for inner in (outer, *_nested(outer))}


def _sound(fit: Fit) -> bool:
    return fit.status not in ("on_floor", "empty_component")
