"""A constrained fit against the same model without its constraints: the likelihood ratio."""

import math
from dataclasses import replace

from gmmfit.errors import DataError, FitError
from gmmfit.fitting.against_larger import against_larger
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.result import AgainstFree, Fit
from gmmfit.fitting.search.find_start import Start, find_start
from gmmfit.fitting.search.peaks import SAME_PEAK
from gmmfit.fitting.solve import Solved, solve


def against_free(request: Request, constrained: Solved, fit: Fit) -> Fit:
    """A constrained fit with its test against the free one, which is searched for, and climbed to from here too.

    The statistic is twice what the log-likelihood gains, and where the theory holds it is χ² with as many degrees of
    freedom as the constraints take numbers. It does not where a bound is active, or the free fit has no peak. With a
    bootstrap p is also that of tables drawn from the constrained fit.

    Source: Wilks (1938), The large-sample distribution of the likelihood ratio; Self & Liang (1987), for bounds.
    """
    mixture = fit.mixture
    free = replace(request, settings=replace(request.settings, constrain=(), history=False))
    problem = free.problem(mixture.n_components, fit.settings.covariance, mixture.noise is not None)
    try:
        ends = [solve(problem, Start(mixture))] if mixture.noise is None or mixture.noise.weight > 0 else []
        ends += [solve(problem, find_start(problem, {}))] if problem.is_searched else []
    except (DataError, FitError) as error:
        return replace(
            fit, against_free=AgainstFree(fit.log_likelihood, 0.0, 0, None, f"there is no free fit: {error}")
        )
    solved = max(ends, key=lambda one: (one.fit.may_be_chosen, one.fit.log_likelihood), default=constrained)
    best = solved.fit
    objections = {
        "the free fit came to a lower peak": best.log_likelihood < fit.log_likelihood - SAME_PEAK,
        "a bound is active": bool(fit.active_bounds),
        "relative weights say nothing of how many rows there are": request.weighting == "relative",
        "a fit ends on no peak": not (fit.converged and best.converged),
    }
    why = next((objection for objection, holds in objections.items() if holds), "")
    statistic = max(0.0, 2 * (best.log_likelihood - fit.log_likelihood))  # but for rounding
    degrees = problem.n_parameters - fit.n_parameters
    p = None if why or degrees < 1 else chi_squared_tail(statistic, degrees)
    test = None
    if request.settings.bootstrap and degrees > 0:
        test = against_larger(constrained, solved, "free")
    p_bootstrap = None if test is None else test.p
    return replace(fit, against_free=AgainstFree(best.log_likelihood, statistic, degrees, p, why, p_bootstrap))


def chi_squared_tail(x: float, degrees: int) -> float:
    """The probability that a χ² variable with so many degrees of freedom is larger than x.

    >>> round(chi_squared_tail(3.841458820694124, 1), 12), round(chi_squared_tail(7.814727903251179, 3), 12)
    (0.05, 0.05)

    Source: Abramowitz & Stegun (1972), 26.4.4 and 26.4.5.
    """
    if x <= 0:
        return 1.0
    half = x / 2
    total, power = (math.erfc(math.sqrt(half)), 0.5) if degrees % 2 else (0.0, 0.0)
    while power < degrees / 2:
        total += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
        power += 1
    return total
