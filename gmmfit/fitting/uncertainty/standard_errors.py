"""Standard errors and intervals of a fit, from the observed information."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.errors import FitError
from gmmfit.fitting.em.information import root_of_inverse, work
from gmmfit.fitting.em.slopes import work_by_differences
from gmmfit.fitting.em.stopping import Run, is_flat
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.problem.standardize import StandardUnits
from gmmfit.fitting.search.soundness import DEAD_COUNT
from gmmfit.fitting.settings import Settings, Status
from gmmfit.fitting.uncertainty.derived import MOST_NUMBERS, Derived, in_standard_units, pairs_of_neighbours
from gmmfit.fitting.uncertainty.intervals import (
    Intervals,
    Spread,
    StandardErrors,
    Uncertainty,
    on_log_scale,
    on_logit_scale,
    on_own_scale,
)
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import Cutoff

# Multiplications that standard errors may take unless they are asked for.
AFFORDABLE = 3e10


def by_information(problem: Problem, run: Run, cutoffs: Sequence[Cutoff]) -> Uncertainty:
    """How sure the mixture is that a run has come to, and the cut-offs of it.

    Where row weights are relative, and where it is asked for, standard errors are the sandwich's (see root_of_inverse).
    They are the roots of the diagonal of the inverse information; that of an sd follows from its variance,
    se(sd) = se(variance) / (2 sd).

    Raises:
        FitError: there are none; the message is the reason.
    """
    settings, rows, one = problem.settings, problem.rows, Batch.one(run.standard)
    relative = problem.request.weighting == "relative"
    data = rows.data.resolving(*one[None].parts)
    n_summed = len(data) + (len(problem.request.rows) if relative else 0)
    needed = work(n_summed, one) if are_exact(data) else work_by_differences(n_summed, *one.means.shape)
    if settings.se is None and needed > AFFORDABLE:
        raise FitError("they would take long: ask for them with `se` information")
    squares: Data | None = None
    if relative:
        squares = problem.request.rows.mapped(rows.units.standardize_rows).mapped(_with_squared_weights)
    elif settings.se == "robust":
        squares = data  # of rows that count as many, each for itself
    root = root_of_inverse(one, data, problem.constraints, squares)
    found = _in_columns_units(problem, run, root, cutoffs)
    if settings.se != "robust":
        return found
    plain = root_of_inverse(one, data, problem.constraints)
    return replace(found, ratios=_ratios(root, plain))


def check_peak(problem: Problem, run: Run, status: Status) -> None:
    """Raise a FitError where a fit has no standard errors, whichever way they are found; the message is the reason."""
    mixture = run.standard
    if problem.settings.se == "none":
        raise FitError("they were not asked for")
    if status in ("on_floor", "empty_component", "coincident"):
        raise FitError(f"the likelihood has no peak here ({status})")
    if problem.is_bounded and np.any(problem.constraints.on_floor(mixture.covariances)):
        raise FitError("a component has no spread of its own, which is the boundary of what is possible")
    if mixture.noise is not None and mixture.noise.weight * problem.rows.n < DEAD_COUNT:
        raise FitError("the noise has come to the weight 0, which is the boundary of what is possible")
    if not is_flat(run.last, Settings.tol):
        raise FitError("the fit stopped before a peak: raise `max_iter`, or `tol` above 0")


def _in_columns_units(problem: Problem, run: Run, root: Array, cutoffs: Sequence[Cutoff]) -> Uncertainty:
    """Standard errors and intervals, where root rootᵀ is the covariance of the parameters in standard units."""
    one, standard, units = Batch.one(run.standard), run.standard, problem.rows.units
    (parts, d), k = one.means.shape, standard.n_components
    weights, means, covariances = np.split(np.linalg.norm(root, axis=1), [parts, parts + parts * d])
    means, covariances = means.reshape(parts, d)[:k], covariances.reshape(parts, d, d)[:k]
    sds = np.diagonal(covariances, axis1=1, axis2=2) / (2 * standard.sds)
    unit = units.unit
    with np.errstate(over="ignore", under="ignore"):
        covariances = covariances * unit[:, None] * unit
    noise = float(weights[k]) if parts > k else None
    errors = StandardErrors(weights[:k], means * unit, sds * unit, covariances, noise)
    relative = problem.request.weighting == "relative"
    confidence = problem.settings.confidence
    found = Uncertainty(
        "robust" if relative or problem.settings.se == "robust" else "information",
        confidence,
        errors,
        intervals_of(run.last.mixture, errors, confidence),
    )
    if root.shape[1] > MOST_NUMBERS:
        return replace(found, cutoffs=(None,) * len(cutoffs))
    those, pairs = in_standard_units(cutoffs, units), pairs_of_neighbours(one)
    here, se = Derived.of(one[None], those, pairs), Derived.errors(root, one, those, pairs)
    apart = on_log_scale(here.ashman_d[0], se.ashman_d[0], confidence)
    wrong = on_logit_scale(here.misclassified[0], se.misclassified[0], confidence)
    return replace(
        found,
        cutoffs=_of_cutoffs(units, cutoffs, se.cutoffs[0], on_own_scale(here.cutoffs[0], se.cutoffs[0], confidence)),
        ashman_d=tuple(map(spread_of, se.ashman_d[0], apart)),
        misclassified=tuple(map(spread_of, se.misclassified[0], wrong)),
    )


def intervals_of(mixture: Mixture, errors: StandardErrors, confidence: float) -> Intervals:
    """The intervals of a mixture's parameters from their standard errors."""
    noise = None
    if mixture.noise is not None and errors.noise is not None:
        noise = on_logit_scale(np.array(mixture.noise.weight), np.array(errors.noise), confidence)
    return Intervals(
        on_logit_scale(mixture.weights, errors.weights, confidence),
        on_own_scale(mixture.means, errors.means, confidence),
        on_log_scale(mixture.sds, errors.sds, confidence),
        noise,
    )


def spread_of(se: float, ends: Array) -> Spread | None:
    """A standard error and an interval; None where there is none."""
    low, high = ends.tolist()
    return Spread(float(se), low, high) if np.all(np.isfinite([se, low, high])) else None


def _of_cutoffs(units: StandardUnits, cutoffs: Sequence[Cutoff], se: Array, ends: Array) -> tuple[Spread | None, ...]:
    """The spreads of cut-offs, in the units of the column, from those in standard units: the ends are mapped."""
    found = []
    for cutoff, error, (low, high) in zip(cutoffs, se, ends, strict=True):
        slope = float(np.exp(units.transforms.each[0].log_slope(np.array(cutoff.value))))
        there = np.array([units.value(low, 0), units.value(high, 0)])
        found.append(spread_of(float(error * units.unit[0]) / slope, there))
    return tuple(found)


def _ratios(root: Array, plain: Array) -> tuple[float, float]:
    """How many times those of the information robust standard errors are, at least and at most."""
    robust, others = (np.linalg.norm(some, axis=1) for some in (root, plain))
    free = others > 0
    ratios = robust[free] / others[free]
    return (float(ratios.min()), float(ratios.max())) if len(ratios) else (1.0, 1.0)


def _with_squared_weights(rows: Rows) -> Rows:
    return replace(rows, weights=rows.weights**2)
