"""The curvature of the log-likelihood in all free numbers, for steps of Newton's where rows and numbers are few."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.em import State
from gmmfit.model.batch import Batch
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.products import n_products

# Curvatures, per row and in units of the complete data's, below this are rounding.
FLATTEST = 1e-9
# A gain by which a saddle is told.
SADDLE = 1e-10
# Multiplications that a step may take for each mixture; where it takes more, past steps have to tell the curvature.
CHEAP = 1.2e7


def newton_work(n_rows: int, n_components: int, n_columns: int) -> float:
    """About how many multiplications a step takes for each mixture."""
    p = float(n_components * n_products(n_columns))
    return p**2 * (n_rows + 30 * p)


def newton_is_cheap(n_rows: int, n_components: int, n_columns: int) -> bool:
    """Whether Newton's steps take hardly longer than those of EM."""
    return newton_work(n_rows, n_components, n_columns) < CHEAP


def newton_steps(state: State, data: Data, constraints: Constraints) -> tuple[Array, Array]:
    """Newton's step from each mixture, as lengths in the free numbers (see in_sds) (S, P), and what it gains, (S,).

    With t = (1, u, u[i] u[j] below the diagonal, (u[i]² - 1)/√2 on it) of a component's whitened residuals u, which are
    of unit size and uncorrelated under it, minus the second derivative of the log-likelihood, per row, is
    1 - Σ p[k] t tᵀ / (n weights[k]) within a component, and Σ p[k] t (p[l] t)ᵀ / (n √(weights[k] weights[l])) is added
    for all pairs: one less the rate of EM. Where it bends upwards, the step goes up the slope all the same.

    Source: McLachlan & Krishnan (2008), The EM algorithm and extensions, sections 1.3 and 4.7; for the curvature's
    absolute values Dauphin et al. (2014), Identifying and attacking the saddle point problem.
    """
    batch, d = state.batch, state.batch.n_columns
    n = state.statistics.counts.sum(axis=-1)
    numbers = batch.weights.size * n_products(d)
    sums = data.resolving(*batch.parts).sum(lambda rows: rows.sum_in_tiles(partial(_PairSums.of, batch), numbers))
    (s, k, f), each = sums.within.shape[:3], np.arange(batch.weights.shape[1])
    roots = np.sqrt(n[:, None] * batch.weights)
    curvature = sums.pairs.reshape(s, k, f, k, f)
    curvature[:, each, :, each] -= sums.within.swapaxes(0, 1)
    curvature /= roots[:, :, None, None, None] * roots[:, None, None, :, None]
    curvature[:, each, :, each] += np.eye(f)
    slopes = _slopes(state) / (roots * np.sqrt(n)[:, None])[..., None]
    # What lies on the floor stays there.
    held = np.zeros((s, k, f), dtype=bool)
    held[..., d + 1 :] = constraints.on_floor(batch.covariances)[..., None]
    slopes[held] = 0
    directions = _directions(batch, constraints)
    square = curvature.reshape(s, k * f, k * f)
    if np.any(held):
        free = ~held.reshape(s, k * f)
        square = np.where(free[:, :, None] & free[:, None, :], square, np.eye(k * f))
    along: Array = (slopes.reshape(s, 1, k * f) @ directions)[:, 0]
    restricted = directions.swapaxes(-1, -2) @ square @ directions
    climbs = [_uphill(*pair) for pair in zip(restricted, along, strict=True)]
    steps, bent = np.array([step for step, _ in climbs]), np.array([is_bent for _, is_bent in climbs])
    gains = n / 2 * np.sum(along * steps, axis=-1)
    # Where it bends upwards nobody knows how much is to come, but at a saddle.
    gains = np.where(bent & (gains > SADDLE), np.inf, gains)
    lengths = (directions @ steps[..., None])[..., 0].reshape(s, k, f)
    return _in_order(lengths, d), gains


def _uphill(curvature: Array, slope: Array) -> tuple[Array, bool]:
    """Newton's step up a slope (Q,), with the absolute values of curvatures (Q, Q)."""
    try:
        np.linalg.cholesky(curvature)
        return np.asarray(np.linalg.solve(curvature, slope), dtype=float), False
    except np.linalg.LinAlgError:
        sizes, axes = np.linalg.eigh(curvature)
        return np.asarray(axes @ (slope @ axes / np.maximum(np.abs(sizes), FLATTEST)), dtype=float), True


@dataclass(frozen=True, eq=False)
class _PairSums:
    """Σ p[k] t (p[l] t)ᵀ, (S, K·F, K·F), and Σ p[k] t tᵀ, (S, K, F, F); those of two sets of rows add up."""

    pairs: Array
    within: Array

    @classmethod
    def of(cls, batch: Batch, rows: Rows) -> "_PairSums":
        residuals = whiten(batch, rows.values)
        posteriors, _ = posteriors_and_log_densities(batch, residuals)
        s, k, d, n = residuals.shape
        i, j = _lower(d)
        t = np.empty((s, k, 1 + d + len(i), n))
        t[:, :, 0] = 1
        t[:, :, 1 : d + 1] = residuals
        np.multiply(residuals[:, :, i], residuals[:, :, j], out=t[:, :, d + 1 :])
        squares = d + 1 + np.flatnonzero(i == j)
        t[:, :, squares] -= 1
        t[:, :, squares] *= np.sqrt(0.5)
        shared = t * posteriors[:, :, None]
        weighted = shared * rows.weights
        flat = (s, -1, n)
        return cls(weighted.reshape(flat) @ shared.reshape(flat).swapaxes(1, 2), weighted @ t.swapaxes(-1, -2))

    def __add__(self, other: "_PairSums") -> "_PairSums":
        return _PairSums(self.pairs + other.pairs, self.within + other.within)


def _slopes(state: State) -> Array:
    """Σ p t of each component, less what the mixture expects, (S, K, F)."""
    batch, statistics = state.batch, state.statistics
    counts, inverses = statistics.counts, batch.inverses
    i, j = _lower(batch.n_columns)
    firsts = np.einsum("...ij,...j->...i", inverses, statistics.shifts)
    seconds = (inverses @ statistics.scatters @ inverses.swapaxes(-1, -2))[..., i, j]
    seconds = np.where(i == j, (seconds - counts[..., None]) * np.sqrt(0.5), seconds)
    expected = counts.sum(axis=-1, keepdims=True) * batch.weights
    return np.concatenate([(counts - expected)[..., None], firsts, seconds], axis=-1)


def _directions(batch: Batch, constraints: Constraints) -> Array:
    """An orthonormal basis of the steps that the constraints allow, (S or 1, K·F, Q).

    The structures are the same seen in the sds of a component that has them.
    """
    (k, d), fixed, structure = batch.means.shape[1:], constraints.fixed, constraints.structure
    i, j = _lower(d)
    f = 1 + d + len(i)
    own = np.eye(f)[:, : 1 + d][:, [not fixed.weights, *[not fixed.means] * d]]
    blocks = _for_each(k, own)
    if fixed.sds:
        return blocks
    units = np.zeros((len(i), d, d))
    units[np.arange(len(i)), i, j] = units[np.arange(len(i)), j, i] = 1
    shapes = structure.project_one(units)[:, i, j]
    shapes = shapes[np.any(shapes, axis=1)][: structure.parameters_of_one(d)]
    basis = np.zeros((f, len(shapes)))
    basis[d + 1 :] = (shapes / np.linalg.norm(shapes, axis=1, keepdims=True)).T
    if not structure.tied:
        return np.concatenate([blocks, _for_each(k, basis)], axis=2)
    shared = (np.sqrt(batch.weights)[:, :, None, None] * basis).reshape(len(batch), k * f, -1)
    return np.concatenate([np.broadcast_to(blocks, (len(batch), *blocks.shape[1:])), shared], axis=2)


def _for_each(k: int, basis: Array) -> Array:
    """A basis (F, Q) of the steps of one component as one for each of k, (1, K·F, K·Q)."""
    (f, q), each = basis.shape, np.arange(k)
    blocks = np.zeros((k, f, k, q))
    blocks[each, :, each] = basis
    return blocks.reshape(1, k * f, k * q)


def _in_order(lengths: Array, d: int) -> Array:
    """Lengths (S, K, F) in the order of free numbers: logs of weights, means, factors, (S, P)."""
    s, k, _ = lengths.shape
    i, j = _lower(d)
    factors = np.zeros((s, k, d, d))
    factors[..., i, j] = lengths[..., d + 1 :]
    parts = (lengths[..., 0], lengths[..., 1 : d + 1], factors)
    return np.concatenate([part.reshape(s, -1) for part in parts], axis=-1)


@cache
def _lower(n_columns: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The positions on and below the diagonal."""
    return np.tril_indices(n_columns)
