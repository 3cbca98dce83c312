"""Standard errors of a fit, from the observed information."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, are_exact
from gmmfit.errors import FitError
from gmmfit.fitting.em.information import root_of_inverse, work
from gmmfit.fitting.em.slopes import work_by_differences
from gmmfit.fitting.em.stopping import Run, is_flat
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.soundness import DEAD_COUNT
from gmmfit.fitting.settings import Settings, Status
from gmmfit.model.batch import Batch

# Multiplications that standard errors may take unless they are asked for.
AFFORDABLE = 3e10


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """The standard errors of the parameters of a mixture, in the units of these; 0 for what was held.

    weights (K,), means (K, D), sds (K, D), covariances (K, D, D); noise: of its weight, if there is some
    """

    weights: Array
    means: Array
    sds: Array
    covariances: Array
    noise: float | None = None

    def by_component(self) -> list[dict[str, Any]]:
        """For each component its weight, mean, sd and covariance, as lists."""
        parts = (self.weights.tolist(), self.means.tolist(), self.sds.tolist(), self.covariances.tolist())
        return [
            dict(zip(("weight", "mean", "sd", "covariance"), component, strict=True))
            for component in zip(*parts, strict=True)
        ]


def standard_errors(problem: Problem, run: Run, status: Status) -> StandardErrors:
    """The standard errors of the mixture that a run has come to.

    Where row weights are relative, they are the sandwich's (see root_of_inverse).
    They are the roots of the diagonal of the inverse information; that of an sd follows from its variance,
    se(sd) = se(variance) / (2 sd).

    Raises:
        FitError: there are none; the message is the reason.
    """
    wanted, rows, mixture = problem.settings.se, problem.rows, run.standard
    one = Batch.one(mixture)
    if wanted is False:
        raise FitError("they were not asked for")
    if status in ("on_floor", "empty_component", "coincident"):
        raise FitError(f"the likelihood has no peak here ({status})")
    if problem.is_bounded and np.any(problem.constraints.on_floor(mixture.covariances)):
        raise FitError("a component has no spread of its own, which is the boundary of what is possible")
    if mixture.noise is not None and mixture.noise.weight * rows.n < DEAD_COUNT:
        raise FitError("the noise has come to the weight 0, which is the boundary of what is possible")
    if not is_flat(run.last, Settings.tol):
        raise FitError("the fit stopped before a peak: raise `max_iter`, or `tol` above 0")
    relative = problem.request.weighting == "relative"
    data = rows.data.resolving(*one[None].parts)
    n_summed = len(data) + (len(problem.request.rows) if relative else 0)
    exact = are_exact(data)
    needed = work(n_summed, one) if exact else work_by_differences(n_summed, *one.means.shape)
    if wanted is None and needed > AFFORDABLE:
        raise FitError("they would take long: ask for them with `se`")
    (parts, d), k = one.means.shape, mixture.n_components
    squares = None
    if relative:
        squares = problem.request.rows.mapped(rows.units.standardize_rows).mapped(_with_squared_weights)
    errors = np.linalg.norm(root_of_inverse(one, data, problem.constraints, squares), axis=1)
    weights, means, covariances = np.split(errors, [parts, parts + parts * d])
    means, covariances = means.reshape(parts, d)[:k], covariances.reshape(parts, d, d)[:k]
    sds = np.diagonal(covariances, axis1=1, axis2=2) / (2 * mixture.sds)
    unit = rows.units.unit
    with np.errstate(over="ignore", under="ignore"):
        covariances = covariances * unit[:, None] * unit
    noise = float(weights[k]) if parts > k else None
    return StandardErrors(weights[:k], means * unit, sds * unit, covariances, noise)


def _with_squared_weights(rows: Rows) -> Rows:
    return replace(rows, weights=rows.weights**2)
