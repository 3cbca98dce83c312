"""The observed information of a mixture: how sharply rows tell its parameters."""

from functools import partial

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import FitError
from gmmfit.fitting.maximize import Constraints
from gmmfit.model.covariance import inverse_factors
from gmmfit.model.density import shares, whiten
from gmmfit.model.mixture import Mixture

# Eigenvalues of the information, scaled to ones on its diagonal, below this are rounding.
SINGULAR = 1e-10


def n_numbers(mixture: Mixture) -> int:
    """How many weights, means and entries of covariances a mixture has, free or not: K (1 + D + D²)."""
    d = mixture.n_columns
    return mixture.n_components * (1 + d + d * d)


def root_of_inverse(mixture: Mixture, data: Data, constraints: Constraints) -> Array:
    """R (K (1 + D + D²), P), of which R Rᵀ is the covariance of the estimated weights, means and covariances, in a row.

    The information is minus the second derivative of the log-likelihood in the P free numbers of the model: weights
    that sum to 1, means, and covariances within the structure, without what is held.

    Raises:
        FitError: the information is not positive definite.

    Source: Efron & Hinkley (1978), Assessing the accuracy of the maximum likelihood estimator: observed versus expected
    Fisher information; McLachlan & Peel (2000), section 2.15.
    """
    natural = _natural(mixture.n_components, mixture.n_columns, constraints)
    local = _local(mixture, natural)
    information = local.T @ data.sum(partial(_information_in_tiles, mixture)) @ local
    scale = np.sqrt(np.maximum(np.diagonal(information), 0))
    scale[scale == 0] = 1
    sizes, directions = np.linalg.eigh(information / np.outer(scale, scale))
    if np.any(sizes < SINGULAR):
        raise FitError(
            "the information is not positive definite: the likelihood is flat or bent upwards, as where components "
            "coincide. Use fewer components"
        )
    root: Array = natural / scale @ (directions / np.sqrt(sizes))
    return root


def _natural(k: int, d: int, constraints: Constraints) -> Array:
    """How weights (K), means (K·D) and covariances (K·D·D) change with each of the P free numbers."""
    structure, fixed = constraints.structure, constraints.fixed
    blocks = []
    if not fixed.weights:
        blocks.append(_embedded(np.eye(k)[:, : k - 1] - np.eye(k)[:, -1:], 0, k, d))
    if not fixed.means:
        blocks.append(_embedded(np.eye(k * d), k, k, d))
    if not fixed.sds:
        # The shapes that a covariance can have are those that symmetric matrices are projected on.
        units = np.eye(d * d).reshape(-1, d, d)
        shapes = structure.shape(units + units.swapaxes(1, 2)).reshape(-1, d * d)
        basis = np.linalg.svd(shapes)[2][: structure.shape_parameters(d)].T
        each = np.tile(basis, (k, 1)) if structure.tied else np.kron(np.eye(k), basis)
        blocks.append(_embedded(each, k + k * d, k, d))
    return np.concatenate([np.zeros((k * (1 + d + d * d), 0)), *blocks], axis=1)


def _embedded(block: Array, at: int, k: int, d: int) -> Array:
    """A block of rows among zeros for all other parameters."""
    rows = np.zeros((k * (1 + d + d * d), block.shape[1]))
    rows[at : at + len(block)] = block
    return rows


def _local(mixture: Mixture, natural: Array) -> Array:
    """The same changes as each component sees them: weights in shares of its own, means and covariances in its sds.

    With weight (1 + ω), mean + L a and covariance L (I + S) Lᵀ, the numbers ω, a (D) and S (D·D) of each component.
    """
    k, d = mixture.means.shape
    weights, means, covariances = np.split(natural, [k, k + k * d])
    inverses = inverse_factors(mixture.factors)
    p = natural.shape[1]
    relative = weights / mixture.weights[:, None]
    shifts = inverses @ means.reshape(k, d, p)
    squares = np.einsum("kab,kbcp,kdc->kadp", inverses, covariances.reshape(k, d, d, p), inverses)
    parts = [relative[:, None], shifts, squares.reshape(k, d * d, p)]
    return np.concatenate(parts, axis=1).reshape(len(natural), p)


def _information_in_tiles(mixture: Mixture, rows: Rows) -> Array:
    """The information of rows, in tiles of them."""
    k, d = mixture.means.shape
    return rows.sum_in_tiles(partial(_information, mixture), k * (1 + d + d * d))


def _information(mixture: Mixture, rows: Rows) -> Array:
    """Minus the second derivative of the log-likelihood of rows in the local numbers, (K·Q, K·Q), Q = 1 + D + D·D.

    With v the derivative of log(weight N(x)) of a component, (1, u, ½(u uᵀ - I)), and u its whitened residual:
    Σ over rows of p[k] (minus second derivative - v vᵀ) within each component, + p[k] v[k] (p[l] v[l])ᵀ for all pairs.
    """
    residuals = whiten(mixture, rows.values)
    posteriors, _ = shares(mixture, residuals)
    k, d, n = residuals.shape
    identity = np.eye(d)
    squares = (residuals[:, :, None] * residuals[:, None] - identity[..., None]) / 2
    slopes = np.concatenate([np.ones((k, 1, n)), residuals, squares.reshape(k, d * d, n)], axis=1)
    shared = slopes * posteriors[:, None]
    weighted = shared * rows.weights
    q = slopes.shape[1]
    information = (weighted.reshape(k * q, n) @ shared.reshape(k * q, n).T).reshape(k, q, k, q)
    bends = -weighted @ slopes.swapaxes(1, 2)
    counts = weighted[:, 0].sum(axis=-1)
    firsts = weighted[:, 1 : d + 1].sum(axis=-1)
    seconds = 2 * weighted[:, d + 1 :].sum(axis=-1).reshape(k, d, d) + counts[:, None, None] * identity
    bends[:, 0, 0] += counts
    bends[:, 1 : d + 1, 1 : d + 1] += counts[:, None, None] * identity
    across = np.einsum("ij,kl->kijl", identity, firsts).reshape(k, d, d * d)
    bends[:, 1 : d + 1, d + 1 :] += across
    bends[:, d + 1 :, 1 : d + 1] += across.swapaxes(1, 2)
    both = np.einsum("kad,bc->kabcd", seconds, identity)
    both -= counts[:, None, None, None, None] / 2 * np.einsum("ad,bc->abcd", identity, identity)
    bends[:, d + 1 :, d + 1 :] += both.reshape(k, d * d, d * d)
    each = np.arange(k)
    information[each, :, each, :] += bends
    return information.reshape(k * q, k * q)
