"""The observed information of a mixture: how sharply rows tell its parameters."""

from functools import partial

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.errors import FitError
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.directions import bend, natural_directions, seen_by_components
from gmmfit.fitting.em.exact_rows import FEWEST_ROWS, TILE, buffer, fill_posteriors
from gmmfit.fitting.em.slopes import information_by_differences, products_of_slopes
from gmmfit.model.batch import Batch
from gmmfit.model.checks import n_numbers
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.products import cancellation, n_products, products

# Eigenvalues of the information, scaled to ones on its diagonal, below this are rounding.
SINGULAR = 1e-10
# A mixture of more numbers has a matrix of more than 512 MB.
MOST_NUMBERS = 8192
# Above this cancellation, products of columns lose digits beyond the twelfth: they are lost by its square.
MAX_CANCELLATION = 30.0


def work(n_rows: int, one: Batch) -> float:
    """About how many multiplications the information of so many rows and its inverse take: 1e10 are a second or two."""
    n = float(n_numbers(*one.means.shape))
    return n**2 * (n_rows + n)


def root_of_inverse(one: Batch, data: Data, constraints: Constraints, squares: Data | None = None) -> Array:
    """R (K (1 + D + D²), P), of which R Rᵀ is the covariance of the estimated weights, means and covariances, in a row.

    The information is minus the second derivative of the log-likelihood in the P free numbers of the model: weights
    that sum to 1, means, and covariances within the structure, without what is held.

    Relative weights say nothing of how many rows there are: the covariance is then the sandwich, the inverse
    information on both sides of Σ w² s sᵀ, with s the slope of a row's log density. squares are the rows with squared
    weights.

    Raises:
        FitError: the information is not positive definite, or would fill the memory.

    Source: Efron & Hinkley (1978), Assessing the accuracy of the maximum likelihood estimator: observed versus expected
    Fisher information; McLachlan & Peel (2000), section 2.15; White (1982), Maximum likelihood estimation of
    misspecified models, theorem 3.2.
    """
    if (n := n_numbers(*one.means.shape)) > MOST_NUMBERS:
        raise FitError(f"the information of {n:,} numbers takes more memory than there should be: fit fewer columns")
    natural = natural_directions(one, constraints)
    local = seen_by_components(one, natural)
    information = information_along(one, data, natural, local, constraints)
    scale = np.sqrt(np.maximum(np.diagonal(information), 0))
    scale[scale == 0] = 1
    sizes, directions = np.linalg.eigh(information / np.outer(scale, scale))
    if np.any(sizes < SINGULAR):
        raise FitError(
            "the information is not positive definite: the likelihood is flat or bent upwards, as where components "
            "coincide. Use fewer components"
        )
    whitening = directions / np.sqrt(sizes)
    root: Array = natural / scale @ whitening
    if squares is None:
        return root
    middle = local @ (whitening / scale[:, None])
    spread, axes = np.linalg.eigh(middle.T @ _slope_products(one, squares) @ middle)
    sandwich: Array = root @ (axes * np.sqrt(np.maximum(spread, 0)))
    return sandwich


def information_along(one: Batch, data: Data, natural: Array, local: Array, constraints: Constraints) -> Array:
    """Minus the second derivative of the log-likelihood in the free numbers, (P, P), whose directions these are."""
    if are_exact(data):
        information: Array = local.T @ _information(one, data) @ local
    else:
        information = information_by_differences(one, data, natural, np.linalg.norm(local, axis=0))
    return information - bend(one, data, constraints, natural.shape[1])


def _information(one: Batch, data: Data) -> Array:
    """Minus the second derivative of the log-likelihood in the local numbers, (K·Q, K·Q), Q = 1 + D + D·D.

    With v the derivative of log(weight N(x)) of a component, (1, u, ½(u uᵀ - I)), and u its whitened residual:
    Σ over rows of p[k] (minus second derivative - v vᵀ) within each component, + p[k] v[k] (p[l] v[l])ᵀ for all pairs.
    """
    pairs, squares = _sums(one, data)
    k, d = one.means.shape
    identity = np.eye(d)
    counts, firsts = squares[:, 0, 0], squares[:, 0, 1 : d + 1]
    seconds = 2 * squares[:, 0, d + 1 :].reshape(k, d, d) + counts[:, None, None] * identity
    bends = -squares
    bends[:, 0, 0] += counts
    bends[:, 1 : d + 1, 1 : d + 1] += counts[:, None, None] * identity
    across = np.einsum("ij,kl->kijl", identity, firsts).reshape(k, d, d * d)
    bends[:, 1 : d + 1, d + 1 :] += across
    bends[:, d + 1 :, 1 : d + 1] += across.swapaxes(1, 2)
    both = np.einsum("kad,bc->kabcd", seconds, identity)
    both -= counts[:, None, None, None, None] / 2 * np.einsum("ad,bc->abcd", identity, identity)
    bends[:, d + 1 :, d + 1 :] += both.reshape(k, d * d, d * d)
    each = np.arange(k)
    pairs[each, :, each, :] += bends
    q = pairs.shape[1]
    return pairs.reshape(k * q, k * q)


def _slope_products(one: Batch, data: Data) -> Array:
    """Σ of the slopes of rows' log densities in the local numbers, times themselves, (K·Q, K·Q)."""
    if isinstance(data, Rows) and not are_exact(data):
        return products_of_slopes(one, data)
    pairs, _ = _sums(one, data)
    size = pairs.shape[0] * pairs.shape[1]
    return pairs.reshape(size, size)


def _sums(one: Batch, data: Data) -> tuple[Array, Array]:
    """Σ p[k] v[k] (p[l] v[l])ᵀ (K, Q, K, Q) and Σ p v vᵀ (K, Q, Q), by the road that keeps their digits."""
    cancels = cancellation(one.means, one.inverses) > MAX_CANCELLATION
    return _by_residuals(one, data) if cancels else _by_products(one, data)


def _by_residuals(one: Batch, data: Data) -> tuple[Array, Array]:
    """Σ p[k] v[k] (p[l] v[l])ᵀ (K, Q, K, Q) and Σ p v vᵀ (K, Q, Q), in whitened residuals, in which nothing cancels."""
    k, d = one.means.shape
    q = 1 + d + d * d
    sums = data.sum(lambda rows: rows.sum_in_tiles(partial(_residual_pairs, one), k * q))
    return sums[:, : k * q].reshape(k, q, k, q), sums[:, k * q :].reshape(k, q, q)


def _residual_pairs(one: Batch, rows: Rows) -> Array:
    residuals = whiten(one, rows.values)
    posteriors, _ = posteriors_and_log_densities(one, residuals)
    k, d, n = residuals.shape
    squares = (residuals[:, :, None] * residuals[:, None] - np.eye(d)[..., None]) / 2
    slopes = np.concatenate([np.ones((k, 1, n)), residuals, squares.reshape(k, d * d, n)], axis=1)
    shared = slopes * posteriors[:, None]
    weighted = shared * rows.weights
    kq = k * slopes.shape[1]
    pairs = weighted.reshape(kq, n) @ shared.reshape(kq, n).T
    return np.concatenate([pairs, (weighted @ slopes.swapaxes(1, 2)).reshape(kq, -1)], axis=1)


def _by_products(one: Batch, data: Data) -> tuple[Array, Array]:
    """The same in a quarter of the time, from sums of products of the columns, of which v is a linear function.

    As posteriors sum to 1, the sums within a component are those of its pairs.
    """
    k, d = one.means.shape
    inverses = one.inverses
    f = n_products(d)
    pairs = data.sum(partial(_product_pairs, one)).reshape(k, f, k, f)
    # u = B (1, x), and the products are the upper triangle of (1, x) (1, x)ᵀ.
    i, j = np.triu_indices(1 + d)
    triangle = np.zeros((1 + d, 1 + d, f))
    triangle[i, j, np.arange(f)] = triangle[j, i, np.arange(f)] = 1
    b = np.concatenate([-inverses @ one.means[..., None], inverses], axis=2)
    squares = np.einsum("kai,kbj,ijf->kabf", b, b, triangle)
    squares[..., 0] -= np.eye(d)
    slopes = np.concatenate(
        [np.tile(triangle[0, 0], (k, 1, 1)), b @ triangle[0], squares.reshape(k, d * d, f) / 2], axis=1
    )
    within = slopes @ pairs.sum(axis=2) @ slopes.swapaxes(1, 2)
    return np.einsum("kqf,kflg,lrg->kqlr", slopes, pairs, slopes, optimize=True), within


def _product_pairs(one: Batch, rows: Rows) -> Array:
    """Σ p[k] x[f] (p[l] x[g])ᵀ of products x, (K·F, K·F), in tiles that stay in the cache."""
    k, d = one.means.shape
    f = n_products(d)
    densities = one.coefficients
    pairs = np.zeros((k * f, k * f))
    for tile in rows.blocks(max(FEWEST_ROWS, TILE // (k * f))):
        n = len(tile)
        column_products = products(tile.values, buffer("column products", f, n))
        posteriors, totals, logs = (buffer(name, m, n) for name, m in (("shared", k), ("totals", 1), ("logs", 1)))
        fill_posteriors(densities, column_products, posteriors, totals, logs)
        posteriors /= totals
        shared = np.multiply(posteriors[:, None], column_products, out=buffer("products", k, f, n)).reshape(k * f, n)
        pairs += np.multiply(shared, tile.weights, out=buffer("weighted", k * f, n)) @ shared.T
    return pairs
