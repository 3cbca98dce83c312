"""Log densities and posteriors of rows under a mixture.

Everything is computed from whitened residuals u = L⁻¹ (x - mean), L the Cholesky factor of the covariance: they
have no units, nothing cancels when a mean dwarfs a spread, and -½ Σ u² is the exponent of the normal density.
"""

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.model.covariance import inverse_factors
from gmmfit.model.mixture import Mixture


def whiten(mixture: Mixture, values: Array) -> Array:
    """Residuals u = L⁻¹ (x - mean) of values (n, D) from each component, as (K, D, n)."""
    inverses = inverse_factors(mixture.factors)
    residuals = np.empty((mixture.n_components, mixture.n_columns, len(values)))
    for mean, inverse, residual in zip(mixture.means, inverses, residuals, strict=True):
        np.matmul(inverse, (values - mean).T, out=residual)
    return residuals


def weighted_log_densities(mixture: Mixture, residuals: Array) -> Array:
    """log(weights[k] N(x[i]; means[k], covariances[k])) from whitened residuals (K, D, n), as (K, n).

    log N = -½ Σ u² - Σ log diag L - ½ D log 2π
    """
    log_scales = np.log(np.diagonal(mixture.factors, axis1=1, axis2=2)).sum(axis=1)
    constants = np.log(mixture.weights) - log_scales - mixture.n_columns / 2 * np.log(2 * np.pi)
    logs: Array = np.einsum("kdn,kdn->kn", residuals, residuals)
    logs *= -0.5
    logs += constants[:, None]
    return logs


def shares(mixture: Mixture, residuals: Array) -> tuple[Array, Array]:
    """Posteriors (K, n) and log densities (n,) of rows from their whitened residuals (K, D, n).

    By log-sum-exp: the largest of each row is taken out before exp, so that nothing underflows to 0/0. A row so far out
    that the squares of its residuals overflow has log density -inf, and belongs to the component from which it is the
    fewest sds away.
    """
    with np.errstate(over="ignore"):
        logs = weighted_log_densities(mixture, residuals)
    peak = logs.max(axis=0)
    far = np.isneginf(peak)
    if far.any():
        logs[:, far] = _logs_far_out(mixture, residuals[:, :, far])
        peak[far] = logs[:, far].max(axis=0)
    posteriors = np.exp(logs - peak)
    total = posteriors.sum(axis=0)
    posteriors /= total
    log_densities = peak + np.log(total)
    log_densities[far] = -np.inf
    return posteriors, log_densities


def log_density(mixture: Mixture, values: npt.ArrayLike) -> Array:
    """The natural log of the mixture's density at values (N,) or (N, D), as (N,).

    Raises:
        DataError: values don't have the mixture's number of columns.
    """
    return posterior_and_log_density(mixture, values)[1]


def posterior(mixture: Mixture, values: npt.ArrayLike) -> Array:
    """The probability of each component given values (N,) or (N, D), as (N, K).

    Raises:
        DataError: values don't have the mixture's number of columns.
    """
    return posterior_and_log_density(mixture, values)[0]


def posterior_and_log_density(mixture: Mixture, values: npt.ArrayLike) -> tuple[Array, Array]:
    """Posteriors (N, K) and log densities (N,) of values (N,) or (N, D).

    A row with a missing value (NaN) gets NaN throughout.

    Raises:
        DataError: values don't have the mixture's number of columns.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim < 2:
        values = values.reshape(-1, 1)
    if values.ndim != 2 or values.shape[1] != mixture.n_columns:
        raise DataError(
            f"the mixture has {mixture.n_columns} columns ({', '.join(mixture.columns)}), "
            f"the values have shape {values.shape}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        residuals = whiten(mixture, values)
    posteriors, log_densities = shares(mixture, residuals)
    return posteriors.T, log_densities


def _logs_far_out(mixture: Mixture, residuals: Array) -> Array:
    """Stand-ins for log densities that overflow: 0 for the nearest component (by its weight in a tie), else -inf."""
    residuals = np.nan_to_num(residuals)  # what is infinite becomes the largest number
    size = np.abs(residuals).max(axis=(0, 1))
    distances = np.sum((residuals / size) ** 2, axis=1)
    nearest = distances == distances.min(axis=0)
    return np.where(nearest, np.log(mixture.weights)[:, None], -np.inf)
