"""Which components may be believed: not those on the floor, nor thin ones on few rows or on a heap of equal ones.

The likelihood of a mixture grows without bound as a component shrinks on one row, or on a value that many rows share
because it was rounded. Such a component is no finding, however high the likelihood.

Source: Hathaway (1985); García-Escudero, Gordaliza, Greselin, Ingrassia & Mayo-Iscar (2018), Eigenvalues and
constraints in mixture modeling.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.compress import step_of
from gmmfit.data.rows import Rows
from gmmfit.errors import ArgumentError
from gmmfit.fitting.maximize import Constraints, Floor
from gmmfit.model.covariance import Structure, cholesky, inverse_factors
from gmmfit.model.density import shares, whiten
from gmmfit.model.mixture import Mixture
from gmmfit.model.stack import Stack

# A component's sd may not fall below this share of its column's, nor of the step that the values are multiples of.
FLOOR_SHARE, FLOOR_STEP = 0.01, 0.25
# A component is thin with an sd below this share of its column's, or with fewer rows, or distinct ones, than this.
THIN_SHARE, THIN_ROWS = 0.05, 5
# Ranks of mixtures, best first.
SOUND, SPURIOUS, FLOORED, EMPTIED = 3, 2, 1, 0

Truths = npt.NDArray[np.bool_]


class Thin(NamedTuple):
    """A component, from 0, that is hard to believe in.

    share     its smallest sd in units of the column's
    rows      that it holds, by weight
    distinct  how many different rows lie within two of its sds
    value     (D,) the value that more than half of its rows have, in standard units; None if there is none
    on_floor  it was kept from shrinking by the floor
    """

    component: int
    share: float
    rows: float
    distinct: int
    value: Array | None
    on_floor: bool


def floor_of(rows: Rows, structure: Structure, min_sd: float | None, unit: Array) -> Floor:
    """The floor for rows in standard units: from their spread and resolution, or min_sd in the columns' units.

    Raises:
        ArgumentError: min_sd is out of all proportion to the columns.
    """
    if min_sd is None:
        sds = np.sqrt(np.diagonal(rows.covariance))
        steps = np.array([step_of(column) for column in rows.values.T])
        shares = np.maximum(FLOOR_SHARE, FLOOR_STEP * steps / sds)
        return Floor(structure.shape(rows.covariance * np.outer(shares, shares)))
    if np.any((min_sd / unit < 1e-100) | (min_sd / unit > 1e100)):
        raise ArgumentError(f"`min_sd` is {min_sd:g}, which is no sd for columns of these units")
    return Floor(structure.shape(np.diag((min_sd / unit) ** 2)))


def rank(stack: Stack, alive: Truths, rows: Rows, weight: float, constraints: Constraints) -> npt.NDArray[np.intp]:
    """How sound each mixture (S,) is: SOUND, SPURIOUS, FLOORED, or EMPTIED; weight is what a unit of `rows` counts for.

    SPURIOUS is one with a component that is narrow on hardly any rows, or on a heap: most of its rows are one value.
    """
    narrow = narrowness(stack, rows, constraints) < THIN_SHARE
    ranks = np.full(len(stack), SOUND)
    doubtful = np.flatnonzero(np.any(narrow, axis=-1))
    if len(doubtful):
        shared = shares(stack[doubtful], whiten(stack[doubtful], rows.values))[0] * rows.weights
        counts = shared.sum(axis=-1)
        chance = (counts * weight < THIN_ROWS) | (shared.max(axis=-1) > counts / 2)
        ranks[doubtful[np.any(narrow[doubtful] & chance, axis=-1)]] = SPURIOUS
    ranks[np.any(constraints.on_floor(stack), axis=-1)] = FLOORED
    ranks[~alive] = EMPTIED
    return ranks


def narrowness(mixture: Mixture | Stack, rows: Rows, constraints: Constraints) -> Array:
    """The smallest sd of each component, in any direction, in units of that of all rows, (…, K)."""
    inverse = inverse_factors(cholesky(constraints.structure.shape(rows.covariance)[None]))[0]
    variances = np.linalg.eigvalsh(inverse @ mixture.covariances @ inverse.T)[..., 0]
    return np.sqrt(np.maximum(variances, 0))


def thin_components(mixture: Mixture, rows: Rows, weight: float, constraints: Constraints) -> list[Thin]:
    """The thin components of a mixture, of which `rows` hold each different row once, in units of `weight`."""
    residuals = whiten(mixture, rows.values)
    shared = shares(mixture, residuals)[0] * rows.weights
    counts = shared.sum(axis=-1)
    distinct = np.sum(np.mean(residuals**2, axis=1) <= 4, axis=-1)
    share, on_floor = narrowness(mixture, rows, constraints), constraints.on_floor(mixture)
    tied = constraints.structure.tied or constraints.fixed.sds
    found = []
    for k in range(mixture.n_components):
        thin = counts[k] * weight < THIN_ROWS or distinct[k] < THIN_ROWS or (share[k] < THIN_SHARE and not tied)
        if thin or on_floor[k]:
            top = int(np.argmax(shared[k]))
            heap = rows.values[top] if counts[k] / 2 < shared[k, top] and rows.weights[top] * weight > 1 else None
            found.append(Thin(k, float(share[k]), float(counts[k]) * weight, int(distinct[k]), heap, bool(on_floor[k])))
    return found
