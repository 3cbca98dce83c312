"""gmmfit.fit: from data, and what is known beforehand, to a Fit."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, labels_of, select_rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.climb import climb
from gmmfit.fitting.criteria import entropy
from gmmfit.fitting.em import em
from gmmfit.fitting.inits import Inits
from gmmfit.fitting.maximize import Constraints, Floor
from gmmfit.fitting.result import FIXABLE, INIT_METHODS, ORDERS, TOL_TYPES, Fit, Fixed, Settings, Step
from gmmfit.fitting.search import find_start
from gmmfit.fitting.standardize import Standardization
from gmmfit.fitting.verdict import judge
from gmmfit.model.covariance import STRUCTURES, Structure, structure_name
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

# A component's sd may not fall below this share of its column's, unless min_sd says otherwise.
FLOOR_SHARE = 0.01
# Rows among which there are mostly as many distinct ones as components.
MANY_ROWS = 1000
# Eigenvalues of a correlation matrix below this are rounding.
COLLINEAR = 1e-10


def fit(
    data: Any,
    components: int | None = None,
    *,
    column: str | Sequence[str] | None = None,
    covariance: str = Settings.covariance,
    init: Mixture | Fit | None = None,
    init_weights: npt.ArrayLike | None = None,
    init_means: npt.ArrayLike | None = None,
    init_sds: npt.ArrayLike | None = None,
    init_by: Any = None,
    init_method: str = Settings.init_method,
    starts: int | None = Settings.starts,
    fix: str | Sequence[str] = Settings.fix,
    seed: int = Settings.seed,
    tol: float = Settings.tol,
    tol_type: str = Settings.tol_type,
    max_iter: int = Settings.max_iter,
    min_sd: float | None = Settings.min_sd,
    order: str | None = Settings.order,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = Settings.missing,
    watch: Callable[[Step], None] | None = None,
) -> Fit:
    """Fit a Gaussian mixture to columns of a table by EM.

    data is a mapping of names to columns, such as a DataFrame, of which `column` names those to fit (by default
    the only numeric one); or an array (N,) or (N, D). components is K; it may be left out where inits are given.

    covariance   full, diag, spherical; or tied, tied-diag, tied-spherical: one for all components
    init         a mixture to start from; init_weights (K,), init_means and init_sds (K, D) go before its parts
    init_by      a column of labels, or an array of them: a component a label, in alphabetical order
    init_method  how to find what isn't given: search, kmeans++, quantile, random; starts says how many are tried
    fix          weights, means, sds: held at their inits
    tol          stop when the log-likelihood still to come is estimated below it; 0 runs exactly max_iter iterations
    tol_type     gain; or change, of the mean log-likelihood; or parameters, their largest relative change
    min_sd       the smallest sd allowed, in the columns' units; otherwise 0.01 of the column's sd
    order        of components: mean (of the first column), weight (largest first), or init, the default with inits
    row_weights  a column or array: a row of weight 2 counts as two rows
    row_sds      known standard deviations of rows: they weigh 1/sd², scaled to sum to the number of rows
    missing      drop rows with missing values (NaN), or error
    watch        called with each Step of the final climb, its components in the order of the start

    What a careful reader should know is kept in `Fit.warnings`, and logged as a warning by the logger "gmmfit".

    >>> from gmmfit import simulate
    >>> heights = simulate(weights=[0.4, 0.6], means=[160, 180], sds=[6, 7], rows=9000, seed=1).values
    >>> result = fit(heights, 2)
    >>> result.status, result.mixture.means.round().ravel().tolist()
    ('converged', [160.0, 180.0])

    Raises:
        ArgumentError: an argument is wrong, or contradicts another one.
        DataError: no mixture with so many components can be fitted to the data.
        FitError: no start has rows for every component.
    """
    settings = Settings(
        covariance=structure_name(covariance),
        init_method=init_method,
        starts=starts,
        fix=(fix,) if isinstance(fix, str) else tuple(fix),
        seed=seed,
        tol=tol,
        tol_type=tol_type,
        max_iter=max_iter,
        min_sd=min_sd,
        order=order,
        missing=missing,
    )
    _check_settings(settings)
    structure, fixed = STRUCTURES[settings.covariance], Fixed.of(settings.fix)
    selection = select_rows(data, column, row_weights, row_sds, missing)
    rows, n = selection.rows, selection.rows.total_weight
    if isinstance(init, Fit):
        init = init.mixture
    if not isinstance(init, Mixture | None):
        raise ArgumentError(f"`init` is {init!r}; it must be a Mixture or a Fit")
    labels = None if init_by is None else labels_of(data, init_by, len(selection.kept))[selection.kept]
    inits = Inits.of(init, init_weights, init_means, init_sds, labels, rows.columns)
    inits.check_fixed(fixed, structure)
    k = _n_components(components, inits)

    standardization = Standardization.of(rows, structure.one_unit)
    inside = standardization.rows_inside(rows)
    check_rows(rows, inside, k, structure)
    constraints = Constraints(structure, fixed, floor_of(inside, structure, min_sd, standardization.unit))
    start = within(structure, find_start(inside, k, inits, standardization, constraints, settings), inits)
    for first, second in alike(start):
        log.warning("components %d and %d start alike, and EM can't part them: give them other inits", first, second)
    steps = em(inside, standardization.inside(start), constraints)
    outside = standardization.steps_outside(steps, start, fixed, n)
    if tol_type == "gain":
        # Weights that sum to less than the rows, as shares do, make small log-likelihoods: tol goes with them.
        tol *= min(1.0, n / len(rows))
    ended = climb(outside, n, tol, tol_type, max_iter, watch)

    in_order = _permutation(ended.steps[-1].mixture, order or ("init" if inits.given else "mean"))
    history = tuple(replace(step, mixture=step.mixture.ordered(in_order)) for step in ended.steps)
    ended = replace(ended, steps=history)
    final = standardization.inside(history[-1].mixture)
    verdict = judge(ended, constraints.on_floor(final), settings, len(rows))
    for warning in verdict.warnings:
        log.warning(warning)
    return Fit(
        mixture=history[-1].mixture,
        log_likelihood=history[-1].log_likelihood,
        status=verdict.status,
        reason=verdict.reason,
        remaining_gain=ended.remaining_gain,
        history=history,
        settings=settings,
        n=n,
        n_rows=len(rows),
        n_missing=selection.n_missing,
        n_parameters=constraints.n_parameters(k, len(rows.columns)),
        entropy=inside.sum(partial(entropy, final)) * standardization.weight,
        warnings=verdict.warnings,
    )


def alike(mixture: Mixture) -> list[tuple[int, int]]:
    """Pairs of components, from 1, with the same mean and covariance."""
    k = mixture.n_components
    return [
        (i + 1, j + 1)
        for i in range(k)
        for j in range(i + 1, k)
        if np.array_equal(mixture.means[i], mixture.means[j])
        and np.array_equal(mixture.covariances[i], mixture.covariances[j])
    ]


def within(structure: Structure, start: Mixture, inits: Inits) -> Mixture:
    """The start with covariances of the structure; said where that changes the inits that were given."""
    projected = structure.project(start.covariances, start.weights)
    if np.allclose(projected, start.covariances, rtol=1e-9, atol=0):
        return start
    if inits.spread is not None:
        log.info("the covariances of the inits are brought into the structure that `covariance` names")
    return replace(start, covariances=projected)


def check_rows(rows: Rows, inside: Rows, n_components: int, structure: Structure) -> None:
    """Raise a DataError where the rows are too few, or too much alike, for a mixture of so many components.

    inside are the same rows in standard units.
    """
    if len(rows) < 2:
        raise DataError(f"a fit needs at least 2 rows; there is {len(rows)} row")
    for name, values in zip(rows.columns, rows.values.T, strict=True):
        if values.min() == values.max():
            raise DataError(f"column {name!r} is constant: all its {len(rows)} values are {values[0]:g}")
    n_distinct = len(np.unique(rows.values[:MANY_ROWS], axis=0))
    if n_distinct < n_components < len(rows):  # few among the first rows: count them all
        n_distinct = len(np.unique(rows.values, axis=0))
    if n_distinct < n_components:
        kind = "distinct values" if n_distinct < len(rows) else "rows"
        raise DataError(f"{n_distinct} {kind} are not enough for {n_components} components: lower `components`")
    sds = np.sqrt(np.diagonal(inside.covariance))
    if structure.correlated and np.linalg.eigvalsh(inside.covariance / np.outer(sds, sds))[0] < COLLINEAR:
        raise DataError(
            f"columns {', '.join(rows.columns)} are collinear: one follows from the others. Leave one out, "
            "or take `covariance` diag"
        )


def floor_of(rows: Rows, structure: Structure, min_sd: float | None, unit: Array) -> Floor:
    """The floor for rows in standard units: a share of the rows' own covariance, or min_sd in the columns' units."""
    if min_sd is None:
        return Floor(structure.shape(FLOOR_SHARE**2 * rows.covariance))
    if np.any((min_sd / unit < 1e-100) | (min_sd / unit > 1e100)):
        raise ArgumentError(f"`min_sd` is {min_sd:g}, which is no sd for columns of these units")
    return Floor(structure.shape(np.diag((min_sd / unit) ** 2)))


def _n_components(components: int | None, inits: Inits) -> int:
    if components is not None and type(components) is not int:
        raise ArgumentError(f"`components` is {components!r}; it must be a whole number")
    k = components if components is not None else inits.n_components
    if k is None:
        raise ArgumentError("how many components? Give `components`, or inits")
    if k < 1:
        raise ArgumentError(f"{k} components: a mixture has at least one")
    if inits.n_components not in (None, k):
        raise ArgumentError(f"{k} components, and inits for {inits.n_components}")
    return k


def _check_settings(settings: Settings) -> None:
    for name, value, choices in [
        ("init_method", settings.init_method, INIT_METHODS),
        ("tol_type", settings.tol_type, TOL_TYPES),
        ("order", settings.order or "init", ORDERS),
        *(("fix", part, FIXABLE) for part in settings.fix),
    ]:
        if value not in choices:
            raise ArgumentError(f"`{name}` is {value!r}; it must be one of {', '.join(choices)}")
    for name, number, low in [
        ("tol", settings.tol, 0),
        ("max_iter", settings.max_iter, 0),
        ("seed", settings.seed, 0),
        ("starts", settings.starts, 1),
    ]:
        if number is not None and not low <= number < np.inf:
            raise ArgumentError(f"`{name}` is {number}; it must be a finite number, at least {low}")
    if settings.min_sd is not None and not 0 < settings.min_sd < np.inf:
        raise ArgumentError(f"`min_sd` is {settings.min_sd}; it must be a positive, finite number")


def _permutation(mixture: Mixture, order: str) -> npt.NDArray[np.intp]:
    keys = {"mean": mixture.means[:, 0], "weight": -mixture.weights, "init": np.arange(mixture.n_components)}
    return np.argsort(keys[order], kind="stable")
