"""Parameters in common: the groups of a table fitted together, with weights, means or sds that are those of all.

All groups are one mixture, whose components are those of each group in turn: rows are known to be of one of their own
group's, and constraints say which parameters are the same. So every step of a fit is what it is elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.known import Known
from gmmfit.data.rows import Rows, are_exact
from gmmfit.data.selection import Selection
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.against_free import chi_squared_tail
from gmmfit.fitting.evidence.criteria import bic
from gmmfit.fitting.fit import fit
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.result import Fit
from gmmfit.fitting.search.find_start import Start
from gmmfit.fitting.settings import FIXABLE, Settings
from gmmfit.fitting.solve import Solved, solve
from gmmfit.fitting.uncertainty.intervals import (
    Intervals,
    StandardErrors,
    Uncertainty,
    on_log_scale,
    on_logit_scale,
    on_own_scale,
)
from gmmfit.model.mixture import Mixture

# What groups may have in common, and what each is called in a constraint.
SHARABLE = {"weights": "weight", "means": "mean", "sds": "sd"}
AS_MANY = "groups that `share` parameters have as many components: give one number of `components`"


@dataclass(frozen=True)
class Shared:
    """What groups have in common, and the test of that against fits of each by itself.

    share           weights, means, sds
    log_likelihood, n_parameters, bic  of all groups together
    log_likelihood_apart  of the fits of each by itself
    statistic, degrees_of_freedom, p   twice the difference; p is None where χ² doesn't hold, and why says why
    replicates            tables from which p is, drawn from the shared fit; None where it is that of χ²
    """

    share: tuple[str, ...]
    log_likelihood: float
    n_parameters: int
    bic: float
    log_likelihood_apart: float
    statistic: float
    degrees_of_freedom: int
    p: float | None
    why: str = ""
    replicates: int | None = None

    def record(self) -> dict[str, Any]:
        """The test as files have it."""
        record: dict[str, Any] = {"share": list(self.share), "loglik": self.log_likelihood}
        record |= {"n_parameters": self.n_parameters, "bic": self.bic, "loglik_apart": self.log_likelihood_apart}
        record |= {"statistic": self.statistic, "df": self.degrees_of_freedom, "p": self.p}
        by_tables = {} if self.replicates is None else {"replicates": self.replicates}
        return record | by_tables | ({"why": self.why} if self.why else {})

    def sentence(self) -> str:
        """The test in a sentence."""
        said = (
            f"{' and '.join(self.share)} shared: log-likelihood {self.log_likelihood:.4f}, BIC {self.bic:.4f}; apart "
        )
        said += f"{self.log_likelihood_apart:.4f}: likelihood ratio {self.statistic:.4f} on {self.degrees_of_freedom} "
        said += f"degree{'s' if self.degrees_of_freedom != 1 else ''} of freedom, "
        by_tables = "" if self.replicates is None else f" by {self.replicates} drawn tables"
        return said + (f"p = {self.p:.2g}{by_tables}" if self.p is not None else f"no p, for {self.why}")


def fit_shared(groups: Sequence[Selection], apart: Sequence[Fit], share: Sequence[str]) -> tuple[list[Fit], Shared]:
    """The groups fitted together, with what they share; apart are the fits of each by itself.

    The k-th components of all groups have the shared parameters in common. The best of two starts is the result: the
    groups' own parameters averaged, and the fit of all rows together.

    Raises:
        ArgumentError: there is nothing to share, or the fits are of a kind that shares nothing yet.
        DataError: fewer than two groups.
    """
    share = tuple(name for name in SHARABLE if name in share)
    _refuse_other_fits(groups, apart)
    k, best = apart[0].mixture.n_components, together(groups, apart, share).with_uncertainty()
    fits = [_of_group(best, groups[g], apart[g], slice(g * k, (g + 1) * k), share) for g in range(len(groups))]
    return fits, _test(best, apart, fits, share, sum(one.rows.total_weight for one in groups))


def together(groups: Sequence[Selection], apart: Sequence[Fit], share: Sequence[str]) -> Solved:
    """The groups as one mixture, from the better of the two starts."""
    k, settings = apart[0].mixture.n_components, apart[0].settings
    rows = _together([one.rows for one in groups], k)
    parts = _parts([one.rows for one in groups])
    asked = replace(settings, constrain=_constraints(share, parts, k), order="init", history=False)
    pooled = fit(_pooled(groups), k, tol=settings.tol, tol_type=settings.tol_type, seed=settings.seed, se="none")
    starts = [_start([one.mixture for one in mixtures], parts, share) for mixtures in (apart, [pooled] * len(groups))]
    ends = [_solved(rows, start, asked) for start in starts]
    return max(ends, key=lambda one: one.fit.log_likelihood)


def _parts(groups: Sequence[Rows]) -> Array:
    """The part of all rows that each group has."""
    sizes = np.array([rows.total_weight for rows in groups])
    return np.asarray(sizes / sizes.sum())


def check_sharing(share: Sequence[str], arguments: Mapping[str, Any]) -> None:
    """Raise an ArgumentError, before anything is fitted, where nothing can be shared so."""
    if strange := [name for name in share if name not in SHARABLE]:
        raise ArgumentError(f"`share` is {strange[0]!r}; it must be one of {', '.join(SHARABLE)}, or several")
    components = arguments.get("components")
    if isinstance(components, Sequence) and len(components) > 1:
        raise ArgumentError(AS_MANY)


def _refuse_other_fits(groups: Sequence[Selection], apart: Sequence[Fit]) -> None:
    """Raise an error where groups can't be fitted together."""
    if len(groups) < 2:
        raise DataError("parameters are shared by two groups and more, and there are fewer that have a fit")
    first = apart[0]
    if len({one.mixture.n_components for one in apart}) > 1 or first.candidates:
        raise ArgumentError(AS_MANY)
    objections = {
        "several columns": first.mixture.n_columns > 1,
        "transforms": bool(first.mixture.transform),
        "noise": first.mixture.noise is not None,
        "what else is known of rows": not all(are_exact(one.rows) for one in groups),
        "relative weights": any(one.weighting == "relative" for one in groups),
        "`constrain` and `fix`": bool(first.settings.constrain or first.settings.fix),
        "a covariance other than full": first.settings.covariance != "full",
        "robust standard errors": first.settings.se == "robust",
    }
    if found := [name for name, holds in objections.items() if holds]:
        raise ArgumentError(f"groups `share` parameters of exact rows in one column; leave out {', '.join(found)}")


def _together(groups: Sequence[Rows], k: int) -> Rows:
    """The rows of all groups, each known to be of one of the k components of its own."""
    values = np.concatenate([rows.values for rows in groups])
    labels = np.repeat(np.arange(len(groups)), [len(rows) for rows in groups])
    known = replace(Known.of(values, labels=labels), per_label=k)
    return Rows(values, np.concatenate([rows.weights for rows in groups]), groups[0].columns, known=known)


def _pooled(groups: Sequence[Selection]) -> Selection:
    """The rows of all groups as those of one."""
    values = np.concatenate([one.rows.values for one in groups])
    rows = Rows(values, np.concatenate([one.rows.weights for one in groups]), groups[0].columns)
    return Selection(values, np.ones(len(values), dtype=bool), rows, 0, 0, groups[0].weighting)


def _constraints(share: Sequence[str], parts: Array, k: int) -> tuple[str, ...]:
    """What makes one mixture of groups: the weights of each sum to its part, and what is shared is the same."""
    n_groups = len(parts)
    numbers = [[g * k + at + 1 for at in range(k)] for g in range(n_groups)]
    sums = [f"{' + '.join(f'weight_{j}' for j in numbers[g])} = {float(parts[g])!r}" for g in range(n_groups - 1)]
    same = []
    for name in share:
        ratios = parts / parts[0] if name == "weights" else np.ones(n_groups)
        same += [
            f"{SHARABLE[name]}_{numbers[g][at]} = {float(ratios[g])!r}*{SHARABLE[name]}_{numbers[0][at]}"
            for g in range(1, n_groups)
            for at in range(k)
        ]
    return (*(sums[:1] if "weights" in share else sums), *same)


def _start(mixtures: Sequence[Mixture], parts: Array, share: Sequence[str]) -> Mixture:
    """One mixture of all groups, whose shared parameters are the means of those of the groups, by their weights."""
    weights = np.array([part * one.weights for part, one in zip(parts, mixtures, strict=True)])
    means = np.array([one.means[:, 0] for one in mixtures])
    variances = np.array([one.covariances[:, 0, 0] for one in mixtures])
    totals = weights.sum(axis=0)
    if "means" in share:
        means = np.broadcast_to((weights * means).sum(axis=0) / totals, means.shape)
    if "sds" in share:
        variances = np.broadcast_to((weights * variances).sum(axis=0) / totals, variances.shape)
    if "weights" in share:
        weights = (parts / parts[0])[:, None] * (totals * parts[0])
    return Mixture(
        weights.ravel() / weights.sum(), means.reshape(-1, 1), variances.reshape(-1, 1, 1), mixtures[0].columns
    )


def _solved(rows: Rows, start: Mixture, settings: Settings) -> Solved:
    """The groups fitted together from a start."""
    k = start.n_components
    none: dict[str, Any] = dict.fromkeys(("init", *(f"init_{name}" for name in FIXABLE)))
    inits = Inits.of(rows.columns, n_components=k, **none, labels=None, box=None, hold_weights=False)
    problem = Request(rows, 0, inits, settings).problem(k, settings.covariance)
    return solve(problem, Start(start))


def _of_group(joint: Fit, group: Selection, apart: Fit, own: slice, share: Sequence[str]) -> Fit:
    """The fit of one group: the components of it, with their standard errors; what is shared is so to the last bit."""
    first = slice(0, own.stop - own.start)
    of = {name: first if name in share else own for name in SHARABLE}
    weights, part = joint.mixture.weights[of["weights"]], joint.mixture.weights[own].sum()
    means, covariances = joint.mixture.means[of["means"]], joint.mixture.covariances[of["sds"]]
    mixture = Mixture(weights / weights.sum(), means, covariances, group.columns)
    held = fit(group, init=mixture, max_iter=0, tol=0, se="none", confidence=apart.settings.confidence)
    uncertainty = None
    if joint.standard_errors is not None:
        all_errors, confidence = joint.standard_errors, apart.settings.confidence
        errors = StandardErrors(
            all_errors.weights[own] / part, all_errors.means[own], all_errors.sds[own], all_errors.covariances[own]
        )
        intervals = Intervals(
            on_logit_scale(mixture.weights, errors.weights, confidence),
            on_own_scale(mixture.means, errors.means, confidence),
            on_log_scale(mixture.sds, errors.sds, confidence),
        )
        uncertainty = Uncertainty("information", confidence, errors, intervals)
    return replace(
        held,
        status=joint.status,
        reason=joint.reason,
        warnings=joint.warnings,
        settings=apart.settings,
        uncertainty=uncertainty,
        no_standard_errors=joint.no_standard_errors,
    )


def twice_the_gain(joint: Fit, apart: Sequence[Fit], groups: Sequence[Rows]) -> float:
    """Twice what fits of each group gain over the joint one, whose likelihood also says how likely a group is."""
    sizes = np.array([rows.total_weight for rows in groups])
    shared = joint.log_likelihood - float(sizes @ np.log(_parts(groups)))
    return max(0.0, 2 * (sum(one.log_likelihood for one in apart) - shared))


def _test(joint: Fit, apart: Sequence[Fit], fits: Sequence[Fit], share: Sequence[str], n: float) -> Shared:
    """The shared fit against those of each group by itself.

    Source: Wilks (1938), The large-sample distribution of the likelihood ratio.
    """
    shared, separate = sum(one.log_likelihood for one in fits), sum(one.log_likelihood for one in apart)
    degrees = sum(one.n_parameters for one in apart) - joint.n_parameters
    why = "" if joint.converged and all(one.converged for one in apart) else "a fit ends on no peak"
    statistic = max(0.0, 2 * (separate - shared))
    p = chi_squared_tail(statistic, degrees) if not why and degrees > 0 else None
    k = joint.n_parameters
    return Shared(tuple(share), shared, k, bic(shared, k, n), separate, statistic, degrees, p, why)
