"""The directions in which a mixture may go: how its parameters change with each of the free numbers of a model."""

from dataclasses import replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.parameter_sets import ParameterSets
from gmmfit.fitting.em.slopes import AT, FACTORS, STEP, gradients
from gmmfit.model.batch import Batch
from gmmfit.model.checks import n_numbers
from gmmfit.model.covariance import Structure

# Differences by which second derivatives are taken: their error is rounding / square.
STEP_OF_SECOND = 5e-3


def natural_directions(one: Batch, constraints: Constraints) -> Array:
    """How weights (K), means (K·D) and covariances (K·D·D) change with each of the P free numbers.

    Noise is one of the K, with a weight alone.
    """
    (k, d), structure, fixed = one.means.shape, constraints.structure, constraints.fixed
    if constraints.sets is not None:
        return _within(one, constraints, constraints.sets)
    blocks, normal = [], one.n_components
    if not fixed.weights:
        blocks.append(_embedded(np.eye(k)[:, : k - 1] - np.eye(k)[:, -1:], 0, k, d))
    if not fixed.means:
        blocks.append(_embedded(np.eye(normal * d), k, k, d))
    if not fixed.sds:
        linear = structure.is_linear
        covariances = one.covariances[:normal]
        of_covariances = _linear(structure, normal, d) if linear else _curved(structure, covariances)
        blocks.append(_embedded(of_covariances, k + k * d, k, d))
    return np.concatenate([np.zeros((n_numbers(k, d), 0)), *blocks], axis=1)


def _within(one: Batch, constraints: Constraints, sets: ParameterSets) -> Array:
    """The same within linear constraints, along which active bounds stay what they are."""
    (k, d), normal = one.means.shape, one.n_components
    free = natural_directions(one, replace(constraints, sets=None))
    weights, means, covariances = (free[:, np.any(part, axis=0)] for part in _by_kind(free, k, d))
    if sets.weights is not None:
        weights = _embedded(sets.weights.basis(sets.weights.active(one.weights)), 0, k, d)
    if sets.means is not None:
        there = one.means[:normal].ravel()
        means = _embedded(sets.means.basis(sets.means.active(there)), k, k, d)
    sds = np.sqrt(np.diagonal(one.covariances[:normal], axis1=1, axis2=2)).ravel()
    on_diagonal = k + k * d + np.arange(normal * d) // d * d * d + np.arange(normal * d) % d * (d + 1)
    if sets.sds is not None:
        basis = sets.sds.basis(sets.sds.active(sds))
        covariances = np.zeros((len(free), basis.shape[1]))
        covariances[on_diagonal] = 2 * sds[:, None] * basis
    if sets.zero is not None:  # an sd changes with its mean, and with the ratio of its column
        from_zero = one.means[:normal] - sets.zero
        means[on_diagonal] = 2 * sds[:, None] * np.diag(sds / from_zero.ravel())
        covariances = np.zeros((len(free), d))
        covariances[on_diagonal] = 2 * sds[:, None] * (from_zero[..., None] * np.eye(d)).reshape(-1, d)
    return np.concatenate([weights, means, covariances], axis=1)


def _by_kind(parameters: Array, k: int, d: int) -> tuple[Array, Array, Array]:
    """Rows of weights, means and covariances."""
    weights, means, covariances = np.split(parameters, [k, k + k * d])
    return weights, means, covariances


def _linear(structure: Structure, k: int, d: int) -> Array:
    """Of covariances (K·D·D), for structures of which sums have it too."""
    shapes = structure.units(d).reshape(-1, d * d)
    basis = (shapes / np.linalg.norm(shapes, axis=1, keepdims=True)).T
    return np.tile(basis, (k, 1)) if structure.tied else np.kron(np.eye(k), basis)


def _curved(structure: Structure, covariances: Array) -> Array:
    """Of covariances (K·D·D), for structures of which sums do not have it: derivatives, by differences."""
    p = structure.n_parameters(*covariances.shape[:2])
    at = (STEP * AT[:, None, None] * np.eye(p)).reshape(-1, p)
    there = structure.along(covariances, at).reshape(len(AT), p, -1)
    derivatives: Array = np.tensordot(FACTORS, there, 1).T / STEP
    return derivatives


def _embedded(block: Array, at: int, k: int, d: int) -> Array:
    """A block of rows among zeros for all other parameters."""
    rows = np.zeros((n_numbers(k, d), block.shape[1]))
    rows[at : at + len(block)] = block
    return rows


def bend(one: Batch, data: Data, constraints: Constraints, n: int) -> Array:
    """What the second derivative of the log-likelihood (n, n) has of the bend of a structure under its slope.

    Where sums of covariances have a structure too it is not bent. Elsewhere the slope in all numbers isn't 0 at a peak
    within it, and Σ slope · second derivative of the covariances in the free numbers is added.
    """
    structure = constraints.structure
    whole = np.zeros((n, n))
    if constraints.sets is not None and constraints.sets.bind_sds:
        return _bend_of_sds(one, data, constraints.sets, n)
    if structure.is_linear or constraints.fixed.sds:
        return whole
    parts, d, k = *one.means.shape, one.n_components
    covariances, at = one.covariances[:k], parts + parts * d
    slope = gradients(one[None], data)[0, at : at + k * d * d]
    p = structure.n_parameters(k, d)
    units = np.eye(p)
    corners = [(signs[0] * units[:, None] + signs[1] * units).reshape(-1, p) for signs in ((1, 1), (1, -1))]

    def by_differences(step: float) -> Array:
        plus, minus = (
            sum(structure.along(covariances, sign * step * corner).reshape(p, p, -1) @ slope for sign in (1, -1))
            for corner in corners
        )
        return np.asarray((plus - minus) / (4 * step**2))

    # One step of Richardson's.
    whole[n - p :, n - p :] = (4 * by_differences(STEP_OF_SECOND) - by_differences(2 * STEP_OF_SECOND)) / 3
    return whole


def _bend_of_sds(one: Batch, data: Data, sets: ParameterSets, n: int) -> Array:
    """The same where sds, and not variances, are what is linear: a variance bends by 2 in its sd."""
    (parts, d), k = one.means.shape, one.n_components
    slope = gradients(one[None], data)[0, parts + parts * d :].reshape(parts, d, d)[:k]
    slopes = np.diagonal(slope, axis1=1, axis2=2).ravel()
    whole = np.zeros((n, n))
    if sets.sds is not None:
        sds = np.sqrt(np.diagonal(one.covariances[:k], axis1=1, axis2=2)).ravel()
        basis = sets.sds.basis(sets.sds.active(sds))
        p = basis.shape[1]
        whole[n - p :, n - p :] = basis.T @ (2 * slopes[:, None] * basis)
    elif sets.zero is not None:
        from_zero = (one.means[:k] - sets.zero).ravel()
        ratio = np.sqrt(np.diagonal(one.covariances[:k], axis1=1, axis2=2)).ravel() / from_zero
        # variance = ratio² mean²: by mean and mean, by ratio and mean, by ratio and ratio.
        p, each = k * d, np.arange(k * d)
        means, ratios = n - d - p + each, n - d + each % d
        whole[means, means] += 2 * slopes * ratio**2
        np.add.at(whole, (ratios, means), 4 * slopes * ratio * from_zero)
        np.add.at(whole, (means, ratios), 4 * slopes * ratio * from_zero)
        np.add.at(whole, (ratios, ratios), 2 * slopes * from_zero**2)
    return whole


def n_free(batch: Batch, constraints: Constraints) -> int:
    """P, how many numbers of each mixture are free, off all bounds."""
    return constraints.n_parameters(batch.n_components, batch.n_columns, batch.box is not None)


def seen_by_components(one: Batch, natural: Array) -> Array:
    """The same changes as each component sees them: weights in shares of its own, means and covariances in its sds.

    With weight (1 + ω), mean + L a and covariance L (I + S) Lᵀ, the numbers ω, a (D) and S (D·D) of each component.
    """
    k, d = one.means.shape
    weights, means, covariances = np.split(natural, [k, k + k * d])
    inverses = one.inverses
    p = natural.shape[1]
    relative = weights / one.weights[:, None]
    shifts = inverses @ means.reshape(k, d, p)
    squares = np.einsum("kab,kbcp,kdc->kadp", inverses, covariances.reshape(k, d, d, p), inverses, optimize=True)
    parts = [relative[:, None], shifts, squares.reshape(k, d * d, p)]
    return np.concatenate(parts, axis=1).reshape(len(natural), p)
