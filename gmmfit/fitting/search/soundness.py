"""Which components may be believed: not those on the floor, nor thin ones on few rows or on a heap of equal ones.

The likelihood of a mixture grows without bound as a component shrinks on one row, or on a value that many rows share
because it was rounded. Such a component is no finding, however high the likelihood.

Source: Hathaway (1985); García-Escudero, Gordaliza, Greselin, Ingrassia & Mayo-Iscar (2018), Eigenvalues and
constraints in mixture modeling.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.distinct import step_of
from gmmfit.data.rows import TILE, Rows
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.m_step import Constraints, Floor
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import Structure, cholesky, inverse_factors
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.mixture import Mixture

# A component's sd may not fall below this share of the ruler's, nor of the step that the values are multiples of, as
# long as that is less than the last share of the ruler's.
FLOOR_SHARE, FLOOR_STEP, HIGHEST_FLOOR = 0.01, 0.25, 0.25
# The ruler's sd is at most so many times that of the densest part of a column, and no smaller share of the column's:
# doubles tell no two values of a narrower group apart well.
DENSEST, SHORTEST = 8.0, 1e-9
# A component is narrow with an sd below this share of the ruler's, and small with fewer rows, or distinct ones, or with
# a smaller share of all rows. On so few rows a column narrow ones arise by chance.
NARROW_SHARE, SMALL_ROWS, SMALL_SHARE, CHANCE_ROWS = 0.05, 5, 0.05, 12
# Ranks of mixtures. A thin one may be the best; a spurious one is taken only where there is nothing better, and so on.
SOUND, THIN, SPURIOUS, FLOORED, EMPTIED = 4, 3, 2, 1, 0

# The share of all rows that makes a value a heap worth a word, if it is so many times that of any other value.
HEAP, OUTSTANDING = 0.25, 3
# Values, from which on one of them can be told to be far from the others.
FEWEST_OTHERS = 8

Truths = npt.NDArray[np.bool_]


class Thin(NamedTuple):
    """A component, from 0, that is hard to believe in.

    narrowness  its smallest sd, in any direction, in units of the ruler's
    rows        that it holds, by weight
    distinct    how many different rows lie within two of its sds
    value       (D,) the value that more than half of its rows have, in standard units; None if there is none
    on_floor    it was kept from shrinking by the floor
    """

    component: int
    narrowness: float
    rows: float
    distinct: int
    value: Array | None
    on_floor: bool


def ruler(sample: Rows, covariance: Array, n_components: int, structure: Structure) -> Array:
    """The covariance (D, D) by which components are called narrow: that of all rows, but for columns torn apart.

    Far groups, or a single outlier, inflate the sd of a column beyond all measure. It counts for no more than DENSEST
    times that of the densest part, the shortest interval with 1 / 2K of the rows, as a normal column would have it.
    """
    sds = np.sqrt(np.diagonal(covariance))
    densest = np.array([_densest(column, sample.weights, n_components) for column in sample.values.T])
    shares = np.where(densest > 0, np.clip(DENSEST * densest / sds, SHORTEST, 1), 1)
    return structure.shape(covariance * np.outer(shares, shares))


def _densest(values: Array, weights: Array, n_components: int) -> float:
    """The sd of a normal column whose shortest interval with 1 / 2K of the rows is as long as that of values (N,)."""
    order = np.argsort(values, kind="stable")
    values, upto = values[order], np.cumsum(weights[order])
    part = upto[-1] / (2 * n_components)
    last = np.searchsorted(upto, (upto - weights[order] + part) * (1 - 1e-12))
    inside = last < len(values)
    return float((values[last[inside]] - values[inside]).min()) / (2 * NormalDist().inv_cdf(0.5 + 0.25 / n_components))


def floor_of(sample: Rows, spread: Array, structure: Structure, min_sd: float | None, unit: Array) -> Floor:
    """The floor for rows in standard units, from the ruler `spread` and their resolution, or min_sd in columns' units.

    Raises:
        ArgumentError: min_sd is out of all proportion to the columns.
    """
    if min_sd is None:
        sds = np.sqrt(np.diagonal(spread))
        steps = np.array([step_of(column) for column in sample.values.T])
        shares = np.clip(FLOOR_STEP * steps / sds, FLOOR_SHARE, HIGHEST_FLOOR)
        return Floor(structure.shape(spread * np.outer(shares, shares)))
    if np.any((min_sd / unit < 1e-100) | (min_sd / unit > 1e100)):
        raise ArgumentError(f"`min_sd` is {min_sd:g}, which is no sd for columns of these units")
    return Floor(structure.shape(np.diag((min_sd / unit) ** 2)))


def rank(
    stack: Batch, alive: Truths, rows: Rows, weight: float, spread: Array, constraints: Constraints
) -> npt.NDArray[np.intp]:
    """How sound each mixture (S,) is, by its worst component; weight is what a unit of weight of `rows` counts for.

    THIN is one that is narrow or small; SPURIOUS one that is narrow on hardly any rows, or on a heap, so that most of
    its rows are one value; FLOORED and EMPTIED speak for themselves.
    """
    narrow = narrowness(stack, spread) < NARROW_SHARE
    ranks = np.full(len(stack), SOUND)
    ranks[np.any(narrow | (stack.weights * rows.total_weight * weight < SMALL_ROWS), axis=-1)] = THIN
    doubtful = np.flatnonzero(np.any(narrow, axis=-1))
    size = max(1, TILE // (stack.means[0].size * len(rows)))
    for some in (doubtful[first : first + size] for first in range(0, len(doubtful), size)):
        shared = posteriors_and_log_densities(stack[some], whiten(stack[some], rows.values))[0] * rows.weights
        counts = shared.sum(axis=-1)
        few = counts * weight < CHANCE_ROWS * stack.n_columns
        chance = few | (shared.max(axis=-1) > counts / 2)
        ranks[some[np.any(narrow[some] & chance, axis=-1)]] = SPURIOUS
    ranks[np.any(constraints.on_floor(stack), axis=-1)] = FLOORED
    ranks[~alive] = EMPTIED
    return ranks


def narrowness(mixture: Mixture | Batch, spread: Array) -> Array:
    """The smallest sd of each component, in any direction, in units of that of the covariance `spread`, (…, K)."""
    inverse = inverse_factors(cholesky(spread[None]))[0]
    variances = np.linalg.eigvalsh(inverse @ mixture.covariances @ inverse.T)[..., 0]
    return np.sqrt(np.maximum(variances, 0))


def thin_components(
    mixture: Mixture, sample: Rows, weight: float, times: float, spread: Array, constraints: Constraints
) -> list[Thin]:
    """The thin components of a mixture, as a sample shows them.

    The sample has each of its different rows once; a unit of weight in it counts for `weight` rows of the table, and a
    row of it stands for `times` different ones. A component that is narrow alone is not thin: it has to be small as
    well, or sit on a heap.
    """
    if mixture.n_components == 1 and not constraints.on_floor(mixture).any():
        return []
    residuals = whiten(mixture, sample.values)
    shared = posteriors_and_log_densities(mixture, residuals)[0] * sample.weights
    counts = shared.sum(axis=-1)
    distinct = np.sum(np.mean(residuals**2, axis=1) <= 4, axis=-1) * times
    sizes, on_floor = narrowness(mixture, spread), constraints.on_floor(mixture)
    own_sd = not (constraints.structure.tied or constraints.fixed.sds)
    found = []
    for k in range(mixture.n_components):
        top = int(np.argmax(shared[k]))
        heaped = counts[k] / 2 < shared[k, top] and sample.weights[top] * weight > times
        narrow = own_sd and sizes[k] < NARROW_SHARE and (heaped or mixture.weights[k] < SMALL_SHARE)
        if on_floor[k] or narrow or counts[k] * weight < SMALL_ROWS or distinct[k] < SMALL_ROWS:
            value = sample.values[top] if heaped else None
            found.append(
                Thin(k, float(sizes[k]), float(counts[k]) * weight, int(distinct[k]), value, bool(on_floor[k]))
            )
    return found


class Outlier(NamedTuple):
    """A value far from all others of a column, from 0: how many rows have it, and the value next to it."""

    column: int
    value: float
    rows: float
    next_value: float


def outlier(sample: Rows) -> Outlier | None:
    """The lowest or highest value of a column, if it is farther from the next than that is from the other end.

    None if there is no such value: a group of values that far away is one, and no outlier.

    >>> outlier(Rows(np.array([[-999.0], *([x] for x in range(9))]), np.ones(10), ("x",)))
    Outlier(column=0, value=-999.0, rows=1.0, next_value=0.0)
    """
    for d, column in enumerate(sample.values.T):
        values, at = np.unique(column, return_inverse=True)
        if len(values) < FEWEST_OTHERS:
            continue
        rows = np.bincount(at, sample.weights)
        for end, beside, other in ((0, 1, -1), (-1, -2, 0)):
            if abs(values[end] - values[beside]) > abs(values[beside] - values[other]):
                return Outlier(d, float(values[end]), float(rows[end]), float(values[beside]))
    return None


def heap(sample: Rows) -> tuple[Array, float] | None:
    """The value (D,) that more than a quarter of the rows have, and far more than have any other; and their share.

    None if there is no such value.
    """
    top = int(np.argmax(sample.weights))
    share, others = float(sample.weights[top] / sample.total_weight), np.delete(sample.weights, top)
    alone = len(others) > 1 and sample.weights[top] > OUTSTANDING * others.max()
    return (sample.values[top], share) if alone and share > HEAP else None
