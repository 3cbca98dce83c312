"""The curvature of the log-likelihood in all free numbers, for steps of Newton's where rows and numbers are few."""

from functools import cache, partial
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.exact_rows import TILE, buffer, fill_posteriors
from gmmfit.fitting.em.tables import OneOrMany, Tables
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import positive_definite
from gmmfit.model.products import n_products, products

# Curvatures, per row and in units of the complete data's, below this are rounding.
FLATTEST = 1e-9
# A gain by which a saddle is told.
SADDLE = 1e-10
# Multiplications that a step may take for each mixture; where it takes more, past steps have to tell the curvature.
CHEAP = 1.2e7


def newton_work(n_rows: int, n_components: int, n_columns: int) -> float:
    """About how many multiplications a step takes for each mixture."""
    p = float(n_components * n_products(n_columns))
    return n_rows * _n_pairs(n_components) * comb(n_columns + 4, 4) + 30 * p**3


def newton_is_cheap(n_rows: int, n_components: int, n_columns: int) -> bool:
    """Whether Newton's steps take hardly longer than those of EM."""
    return newton_work(n_rows, n_components, n_columns) < CHEAP


def newton_steps(state: State, data: OneOrMany, constraints: Constraints) -> tuple[Array, Array]:
    """Newton's step from each mixture, as lengths in the free numbers (see in_sds) (S, P), and what it gains, (S,).

    With t = (1, u, u[i] u[j] below the diagonal, (u[i]² - 1)/√2 on it) of a component's whitened residuals u, which are
    of unit size and uncorrelated under it, minus the second derivative of the log-likelihood, per row, is
    1 - Σ p[k] t tᵀ / (n weights[k]) within a component, and Σ p[k] t (p[l] t)ᵀ / (n √(weights[k] weights[l])) is added
    for all pairs: one less the rate of EM. As t is linear in the products of the columns, sums of p[k] p[l] times
    products of the products do for all of them. Where it bends upwards, the step goes up the slope all the same.

    Source: McLachlan & Krishnan (2008), The EM algorithm and extensions, sections 1.3 and 4.7; for the curvature's
    absolute values Dauphin et al. (2014), Identifying and attacking the saddle point problem.
    """
    batch, d = state.batch, state.batch.n_columns
    n = state.statistics.counts.sum(axis=-1)
    (s, k), f = batch.weights.shape, n_products(d)
    if isinstance(data, Tables):
        sums = _pair_sums_of_tables(batch, data)
    else:
        sums = data.resolving(*batch.parts).sum(partial(_pair_sums, batch))
    pairs, each = sums[:, _pair_number(k)], np.arange(k)
    pairs[:, each, each] -= pairs.sum(axis=2)  # as posteriors sum to 1
    roots = np.sqrt(n[:, None] * batch.weights)
    scores = _scores(batch)
    square = pairs[..., _fourth_order(d).number].transpose(0, 1, 3, 2, 4)
    for _ in range(2):  # from the left and from the right
        square = (scores @ square.reshape(s, k, f, k * f)).reshape(s, k, f, k, f).transpose(0, 3, 4, 1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        square /= roots[:, :, None, None, None] * roots[:, None, None, :, None]
    square = square.reshape(s, k * f, k * f) + np.eye(k * f)
    square[~np.all(np.isfinite(square), axis=(1, 2))] = np.eye(k * f)  # of which the step is EM's
    slopes = _slopes(state) / (roots * np.sqrt(n)[:, None])[..., None]
    # What lies on the floor stays there.
    held = np.zeros((s, k, f), dtype=bool)
    held[..., d + 1 :] = constraints.on_floor(batch.covariances)[..., None]
    slopes[held] = 0
    directions = _directions(batch, constraints)
    if np.any(held):
        free = ~held.reshape(s, k * f)
        square = np.where(free[:, :, None] & free[:, None, :], square, np.eye(k * f))
    along: Array = (slopes.reshape(s, 1, k * f) @ directions)[:, 0]
    restricted = directions.swapaxes(-1, -2) @ square @ directions
    steps, bent = uphill(restricted, along)
    gains = n / 2 * np.sum(along * steps, axis=-1)
    # Where it bends upwards nobody knows how much is to come, but at a saddle.
    gains = np.where(bent & (gains > SADDLE), np.inf, gains)
    lengths = (directions @ steps[..., None])[..., 0].reshape(s, k, f)
    return _in_order(lengths, d), gains


def uphill(curvatures: Array, slopes: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Newton's steps up slopes (S, Q) with the absolute values of curvatures (S, Q, Q), and where one is negative."""
    positive, steps, bent = _all_positive(curvatures), np.empty_like(slopes), np.zeros(len(slopes), dtype=bool)
    steps[positive] = np.linalg.solve(curvatures[positive], slopes[positive, :, None])[..., 0]
    if not np.all(positive):
        sizes, axes = np.linalg.eigh(curvatures[~positive])
        along = (slopes[~positive, None] @ axes)[:, 0] / np.maximum(np.abs(sizes), FLATTEST)
        steps[~positive], bent[~positive] = (axes @ along[..., None])[..., 0], sizes[:, 0] < -FLATTEST
    return steps, bent


def _all_positive(curvatures: Array) -> npt.NDArray[np.bool_]:
    """Which of curvatures (S, Q, Q) are so in all directions, by more than rounding."""
    lowered = curvatures - FLATTEST * np.eye(curvatures.shape[-1])
    try:
        np.linalg.cholesky(lowered)
    except np.linalg.LinAlgError:
        return positive_definite(lowered)
    return np.ones(len(curvatures), dtype=bool)


def _pair_sums(batch: Batch, rows: Rows) -> Array:
    """Σ p[k] p[l], k ≤ l, times products of up to four columns, (S, K (K + 1) / 2, G)."""
    (s, k), d = batch.weights.shape, batch.n_columns
    n_pairs, (one, other, _) = _n_pairs(k), _fourth_order(d)
    coefficients = batch.coefficients

    def of_tile(tile: Rows) -> Array:
        n, sums = len(tile), np.empty((s, n_pairs, len(one)))
        column_products = products(tile.values, buffer("column products", n_products(d), n))
        weighted = (column_products[one] * column_products[other] * tile.weights).T
        size = min(s, max(1, TILE // (n_pairs * n)))
        for start in range(0, s, size):
            some = coefficients[start : start + size]
            totals, logs = (buffer(name, len(some), n) for name in ("totals", "logs"))
            posteriors, pairs = buffer("shared", len(some), k, n), buffer("pairs", len(some), n_pairs, n)
            fill_posteriors(some.reshape(-1, some.shape[-1]), column_products, posteriors.reshape(-1, n), totals, logs)
            posteriors /= totals[:, None]
            at = 0
            for first in range(k):
                np.multiply(posteriors[:, first, None], posteriors[:, first:], out=pairs[:, at : at + k - first])
                at += k - first
            np.matmul(pairs.reshape(-1, n), weighted, out=sums[start : start + size].reshape(-1, len(one)))
        return sums

    return rows.sum_in_tiles(of_tile, max(n_pairs, len(one)))


def _pair_sums_of_tables(batch: Batch, tables: Tables) -> Array:
    """The same, each mixture with the rows of its own table."""
    (s, k), n = batch.weights.shape, len(tables)
    n_pairs, (one, other, _), of_tables = _n_pairs(k), _fourth_order(batch.n_columns), tables.products
    sums, size = np.empty((s, n_pairs, len(one))), max(1, TILE // (max(n_pairs, len(one)) * n))
    first, second = np.triu_indices(k)
    for start in range(0, s, size):
        some = slice(start, min(start + size, s))
        c, coefficients = some.stop - start, batch.coefficients[some]
        column_products, weights = tables.part(of_tables, some), tables.part(tables.weights, some)
        totals, logs, posteriors = buffer("totals", c, n), buffer("logs", c, n), buffer("shared", c, k, n)
        fill_posteriors(coefficients, column_products, posteriors, totals, logs)
        posteriors /= totals[:, None]
        pairs = posteriors[:, first] * posteriors[:, second]
        pairs *= weights[:, None]
        np.matmul(pairs, (column_products[:, one] * column_products[:, other]).swapaxes(1, 2), out=sums[some])
    return sums


def _scores(batch: Batch) -> Array:
    """The coefficients of t in the products of the columns, (S, K, F, F)."""
    inverses, d = batch.inverses, batch.n_columns
    i, j = _lower(d)
    a, b = np.triu_indices(d)  # as products of two columns are in order
    means = np.einsum("...ij,...j->...i", inverses, batch.means)
    scores = np.zeros((*batch.weights.shape, *(1 + d + len(i),) * 2))
    firsts, seconds = slice(1, 1 + d), slice(1 + d, None)
    scores[..., 0, 0] = 1
    scores[..., firsts, 0] = -means
    scores[..., firsts, firsts] = inverses
    scores[..., seconds, 0] = means[..., i] * means[..., j] - (i == j)
    scores[..., seconds, firsts] = -(
        means[..., j, None] * inverses[..., i, :] + means[..., i, None] * inverses[..., j, :]
    )
    left, right = inverses[..., i, :], inverses[..., j, :]
    scores[..., seconds, seconds] = left[..., a] * right[..., b] + left[..., b] * right[..., a] * (a != b)
    scores[..., 1 + d + np.flatnonzero(i == j), :] *= np.sqrt(0.5)
    return scores


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

    The structures are the same seen in the sds of a component that has them. Noise has but a weight.
    """
    (parts, d), fixed, structure = batch.means.shape[1:], constraints.fixed, constraints.structure
    k = batch.n_components
    i, j = _lower(d)
    f = 1 + d + len(i)
    own = np.eye(f)[:, : 1 + d][:, [not fixed.weights, *[not fixed.means] * d]]
    blocks = _for_each(k, own, parts)
    if parts > k and not fixed.weights:
        blocks = np.concatenate([blocks, np.eye(parts * f)[None, :, k * f, None]], axis=2)
    if fixed.sds:
        return blocks
    shapes = structure.units(d)[:, i, j]
    basis = np.zeros((f, len(shapes)))
    basis[d + 1 :] = (shapes / np.linalg.norm(shapes, axis=1, keepdims=True)).T
    if not structure.tied:
        return np.concatenate([blocks, _for_each(k, basis, parts)], axis=2)
    roots = np.sqrt(batch.weights) * (np.arange(parts) < k)
    shared = (roots[:, :, None, None] * basis).reshape(len(batch), parts * f, -1)
    return np.concatenate([np.broadcast_to(blocks, (len(batch), *blocks.shape[1:])), shared], axis=2)


def _for_each(k: int, basis: Array, parts: int) -> Array:
    """A basis (F, Q) of one component's steps as one for each of the first k of so many parts, (1, parts·F, K·Q)."""
    (f, q), each = basis.shape, np.arange(k)
    blocks = np.zeros((parts, f, k, q))
    blocks[each, :, each] = basis
    return blocks.reshape(1, parts * f, k * q)


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


def _n_pairs(k: int) -> int:
    """How many pairs of k components there are, each with itself too."""
    return k * (k + 1) // 2


@cache
def _pair_number(k: int) -> npt.NDArray[np.intp]:
    """The number of each pair of k components, (K, K)."""
    number = np.empty((k, k), dtype=np.intp)
    first, second = np.triu_indices(k)
    number[first, second] = number[second, first] = np.arange(_n_pairs(k))
    return number


class _FourthOrder(NamedTuple):
    """Products of up to four columns, made of two of 1, x and x xᵀ: which two, (G,), and which product each pair makes.

    number is (F, F).
    """

    one: npt.NDArray[np.intp]
    other: npt.NDArray[np.intp]
    number: npt.NDArray[np.intp]


@cache
def _fourth_order(n_columns: int) -> _FourthOrder:
    """Each different product of up to four columns once."""
    units, (a, b) = np.eye(n_columns, dtype=int), np.triu_indices(n_columns)
    exponents = np.concatenate([0 * units[:1], units, units[a] + units[b]])
    together = (exponents[:, None] + exponents).reshape(-1, n_columns)
    _, positions, numbers = np.unique(together, axis=0, return_index=True, return_inverse=True)
    one, other = np.divmod(positions, len(exponents))
    return _FourthOrder(one, other, numbers.reshape(len(exponents), -1))
