"""Which components are credible: not one on the floor, nor a narrow one with few rows or one repeated value.

The likelihood of a mixture grows without bound as a component shrinks on one row, or on a value that many rows share
because it was rounded. Such a component is no finding, however high the likelihood.

Source: Hathaway (1985); García-Escudero, Gordaliza, Greselin, Ingrassia & Mayo-Iscar (2018), Eigenvalues and
constraints in mixture modeling.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import TILE, Rows
from gmmfit.fitting.problem.problem import Problem
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import cholesky, inverse_factors
from gmmfit.model.density import posteriors_and_log_densities, whiten

# A component is narrow with an sd below this share of the reference's,
NARROW_SHARE = 0.05
# and small with fewer rows.
SMALL_ROWS = 5
# On fewer rows a column narrow components arise by chance.
CHANCE_ROWS = 12


class Soundness(IntEnum):
    """How credible a mixture is, by its worst component. The best may be WEAK; SPURIOUS gives way to all above it."""

    EMPTY = 0
    ON_FLOOR = 1
    SPURIOUS = 2
    WEAK = 3
    SOUND = 4


def rank(
    batch: Batch, alive: npt.NDArray[np.bool_], rows: Rows, rows_per_weight: float, problem: Problem
) -> npt.NDArray[np.intp]:
    """The soundness of each mixture (S,); rows_per_weight are the rows of the table that a unit of weight stands for.

    WEAK is one that is narrow or small; SPURIOUS one that is narrow on hardly any rows, or on a heap, so that most of
    its rows are one value.
    """
    narrow = smallest_sd_ratio(batch.covariances, problem.reference_covariance) < NARROW_SHARE
    ranks = np.full(len(batch), int(Soundness.SOUND))
    small = batch.weights * rows.total_weight * rows_per_weight < SMALL_ROWS
    ranks[np.any(narrow | small, axis=-1)] = Soundness.WEAK
    doubtful = np.flatnonzero(np.any(narrow, axis=-1))
    size = max(1, TILE // (batch.means[0].size * len(rows)))
    for some in (doubtful[first : first + size] for first in range(0, len(doubtful), size)):
        part = batch[some]
        shared = posteriors_and_log_densities(part, whiten(part, rows.values))[0] * rows.weights
        counts = shared.sum(axis=-1)
        few = counts * rows_per_weight < CHANCE_ROWS * batch.n_columns
        chance = few | (shared.max(axis=-1) > counts / 2)
        ranks[some[np.any(narrow[some] & chance, axis=-1)]] = Soundness.SPURIOUS
    ranks[np.any(problem.constraints.on_floor(batch.covariances), axis=-1)] = Soundness.ON_FLOOR
    ranks[~alive] = Soundness.EMPTY
    return ranks


def smallest_sd_ratio(covariances: Array, reference: Array) -> Array:
    """The smallest sd of covariances (…, K, D, D), in any direction, in units of the reference's, (…, K)."""
    inverse = inverse_factors(cholesky(reference[None]))[0]
    variances = np.linalg.eigvalsh(inverse @ covariances @ inverse.T)[..., 0]
    return np.sqrt(np.maximum(variances, 0))
