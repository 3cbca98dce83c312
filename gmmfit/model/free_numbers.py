"""A mixture as a vector of free numbers, and back, and how far a step in them goes as rows see it.

The numbers are log weights, means, and the Cholesky factors of the covariances with the logs of their diagonals: any
numbers make a mixture, and an average of mixtures that share a covariance, or have no correlations, does so too.
"""

from dataclasses import replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.model.batch import Batch

# The log of the smallest weight, as a share of the largest.
LEAST_LOG_WEIGHT = -450.0


def to_vector(batch: Batch) -> Array:
    """The free numbers of each mixture, (S, P): log weights, means, lower factors with log diagonals, flattened."""
    factors = batch.factors
    numbers = factors.copy()
    diagonal = np.arange(batch.n_columns)
    numbers[..., diagonal, diagonal] = np.log(factors[..., diagonal, diagonal])
    return _flattened(np.log(batch.weights), batch.means, numbers)


def from_vector(vector: Array, like: Batch) -> Batch:
    """The mixtures (S, P) of free numbers, of the shape of `like`; weights are made to sum to 1."""
    logs, means, numbers = _parts(vector, like)
    weights = np.exp(np.maximum(logs - logs.max(axis=-1, keepdims=True), LEAST_LOG_WEIGHT))
    factors = numbers.copy()
    diagonal = np.arange(like.n_columns)
    # No column has an sd beyond e^300 standard units.
    factors[..., diagonal, diagonal] = np.exp(np.clip(numbers[..., diagonal, diagonal], -300, 300))
    return replace(
        like,
        weights=weights / weights.sum(axis=-1, keepdims=True),
        means=means,
        covariances=factors @ factors.swapaxes(-1, -2),
    )


def in_sds(batch: Batch, step: Array) -> Array:
    """Small steps (…, S, P) in the free numbers, of a length that means the same everywhere: (…, S, P).

    Its square, times the number of rows, is twice the log-likelihood that the step would cost if it led away from the
    peak and the components of the rows were known: with L the factor of component k, weights[k] times
    (Δ log weight)² + |L⁻¹ Δmean|² + the squares below the diagonal of L⁻¹ΔL + twice those on it.
    """
    logs, means, numbers = _parts(step, batch)
    factors, inverses, roots = batch.factors, batch.inverses, np.sqrt(batch.weights)
    diagonal = np.arange(batch.n_columns)
    factor_steps = numbers.copy()
    factor_steps[..., diagonal, diagonal] *= factors[..., diagonal, diagonal]
    factor_steps = inverses @ factor_steps
    factor_steps[..., diagonal, diagonal] *= np.sqrt(2)
    return _flattened(
        logs * roots,
        np.einsum("...ij,...j->...i", inverses, means) * roots[..., None],
        factor_steps * roots[..., None, None],
    )


def from_sds(batch: Batch, lengths: Array) -> Array:
    """Steps in the free numbers from their lengths (S, P), as in_sds gives them."""
    logs, means, numbers = _parts(lengths, batch)
    factors, roots = batch.factors, np.sqrt(batch.weights)
    diagonal = np.arange(batch.n_columns)
    shares = numbers / roots[..., None, None]
    shares[..., diagonal, diagonal] /= np.sqrt(2)
    factor_steps = factors @ shares
    factor_steps[..., diagonal, diagonal] = shares[..., diagonal, diagonal]
    return _flattened(logs / roots, np.einsum("...ij,...j->...i", factors, means) / roots[..., None], factor_steps)


def _flattened(logs: Array, means: Array, factors: Array) -> Array:
    """One vector of a number or an array for each component."""
    lead = logs.shape[:-1]
    return np.concatenate([logs, means.reshape(*lead, -1), factors.reshape(*lead, -1)], axis=-1)


def _parts(vector: Array, like: Batch) -> tuple[Array, Array, Array]:
    """A number, a (D,) and a (D, D) for each component from one vector."""
    (k, d), lead = like.means.shape[-2:], vector.shape[:-1]
    logs, means, factors = np.split(vector, [k, k + k * d], axis=-1)
    return logs, means.reshape(*lead, k, d), factors.reshape(*lead, k, d, d)
