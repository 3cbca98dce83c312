"""Log densities as linear functions of products of the columns: 1, x and x xᵀ.

All components of all mixtures are then one matrix product away, and so are the sums that an M step needs.
"""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array


def n_products(n_columns: int) -> int:
    """F: how many products 1, x[i] and x[i] x[j], i ≤ j, there are of D columns.

    >>> n_products(1), n_products(4)
    (3, 15)
    """
    return 1 + n_columns + n_columns * (n_columns + 1) // 2


def products(values: Array, out: Array) -> Array:
    """The products (F, n) of values (n, D), in the memory of `out`: 1, each column, each column times those from it on.

    >>> products(np.array([[2.0, 3.0]]), np.empty((6, 1))).ravel()
    array([1., 2., 3., 4., 6., 9.])
    """
    columns = values.T
    d = len(columns)
    out[0] = 1
    out[1 : d + 1] = columns
    at = d + 1
    for i in range(d):
        np.multiply(columns[i], columns[i:], out=out[at : at + d - i])
        at += d - i
    return out


def coefficients(weights: Array, means: Array, inverses: Array) -> Array:
    """What the products are multiplied with in log(weight N(x)), (…, K, F), for inverse Cholesky factors (…, K, D, D).

    log(weight N(x)) = log weight - Σ log diag L - ½ D log 2π - ½ mᵀΛm + mᵀΛ x - ½ xᵀΛ x,   Λ = L⁻ᵀ L⁻¹.
    """
    d = means.shape[-1]
    precisions = inverses.swapaxes(-1, -2) @ inverses
    whitened = np.einsum("...ij,...j->...i", inverses, means)
    log_scales = -np.log(np.diagonal(inverses, axis1=-2, axis2=-1)).sum(axis=-1)
    constants = np.log(weights) - log_scales - d / 2 * math.log(2 * math.pi) - np.sum(whitened**2, axis=-1) / 2
    slopes = np.einsum("...ij,...j->...i", precisions, means)
    i, j = _upper(d)
    bends = precisions[..., i, j] * np.where(i == j, -0.5, -1.0)
    return np.concatenate([constants[..., None], slopes, bends], axis=-1)


def cancellation(means: Array, inverses: Array) -> Array:
    """By how much the terms of a log density may exceed their sum, (…), for the worst of K components.

    About so many units of rounding is the sum off: the square of how many of its own sds a mean is from 0.
    """
    sizes = np.sum(inverses**2, axis=(-2, -1)) * (1 + np.sum(means**2, axis=-1))
    largest: Array = sizes.max(axis=-1)
    return largest


def max_log_density(weights: Array, factors: Array) -> Array:
    """The largest log(weight N) of a mixture's components, at their means, (…)."""
    d = factors.shape[-1]
    log_scales = np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(axis=-1)
    highest: Array = (np.log(weights) - log_scales - d / 2 * math.log(2 * math.pi)).max(axis=-1)
    return highest


def about_means(moments: Array, means: Array) -> tuple[Array, Array, Array]:
    """Counts (…, K), and first (…, K, D) and second sums (…, K, D, D) about means, from sums of products (…, K, F)."""
    d = means.shape[-1]
    counts, firsts = moments[..., 0], moments[..., 1 : d + 1]
    i, j = _upper(d)
    seconds = np.empty((*means.shape, d))
    seconds[..., i, j] = seconds[..., j, i] = moments[..., d + 1 :]
    across = firsts[..., :, None] * means[..., None, :]
    squares = means[..., :, None] * means[..., None, :]
    scatters = seconds - across - across.swapaxes(-1, -2) + counts[..., None, None] * squares
    return counts, firsts - counts[..., None] * means, scatters


@cache
def _upper(n_columns: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The positions of the products of two columns in a matrix, found once: there are very many small products."""
    return np.triu_indices(n_columns)
