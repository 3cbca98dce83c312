"""Log densities and posteriors of rows under a mixture.

Everything is computed from whitened residuals u = L⁻¹ (x - mean), L the Cholesky factor of the covariance: they
have no units, nothing cancels when a mean dwarfs a spread, and -½ Σ u² is the exponent of the normal density.
What is computed of one Mixture is computed of each in a Batch: arrays then have one more axis, in front (…).
"""

import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, column_names
from gmmfit.errors import DataError
from gmmfit.model.noise import ROUNDING, Box


class Components(Protocol):
    """What densities are computed of: a Mixture, or a Batch of them.

    weights (…, K), means (…, K, D), covariances, their lower Cholesky factors L and the inverses of these, each
    (…, K, D, D), in the units of the columns. Where there is a box the last component is uniform over it; a Mixture has
    none, for its noise is no component.
    """

    @property
    def weights(self) -> Array: ...
    @property
    def means(self) -> Array: ...
    @property
    def covariances(self) -> Array: ...
    @property
    def factors(self) -> Array: ...
    @property
    def inverses(self) -> Array: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def box(self) -> Box | None: ...


def whiten(mixture: Components, values: Array) -> Array:
    """Residuals u = L⁻¹ (x - mean) of values (n, D) from each component, as (…, K, D, n)."""
    residuals: Array = values.T - mixture.means[..., None]
    if values.shape[1] == 1:  # a product of matrices takes its time for numbers
        residuals *= mixture.inverses
        return residuals
    return mixture.inverses @ residuals


def weighted_log_densities(mixture: Components, residuals: Array) -> Array:
    """log(weights[k] N(x[i]; means[k], covariances[k])) from whitened residuals (…, K, D, n), as (…, K, n).

    log N = -½ Σ u² - Σ log diag L - ½ D log 2π
    """
    log_scales = np.log(np.diagonal(mixture.factors, axis1=-2, axis2=-1)).sum(axis=-1)
    with np.errstate(divide="ignore"):  # noise may have the weight 0
        log_weights = np.log(mixture.weights)
    constants = log_weights - log_scales - len(mixture.columns) / 2 * np.log(2 * np.pi)
    squares: Array = np.square(residuals)
    logs: Array = squares[..., 0, :] if len(mixture.columns) == 1 else squares.sum(axis=-2)
    logs *= -0.5
    logs += constants[..., None]
    if mixture.box is not None:  # where residuals are no more than half the width, in sds
        inside = np.all(np.abs(residuals[..., -1, :, :]) <= math.sqrt(3) * (1 + 2 * ROUNDING), axis=-2)
        uniform = log_weights[..., -1] - mixture.box.log_volume
        logs[..., -1, :] = np.where(inside, uniform[..., None], -np.inf)
    return logs


def posteriors_and_log_densities(mixture: Components, residuals: Array) -> tuple[Array, Array]:
    """Posteriors (…, K, n) and log densities (…, n) of rows from their whitened residuals (…, K, D, n).

    By log-sum-exp: the largest of each row is taken out before exp, so that nothing underflows to 0/0. A row so far out
    that the squares of its residuals overflow has log density -inf, and belongs to the component from which it is the
    fewest sds away.
    """
    with np.errstate(over="ignore"):
        logs = weighted_log_densities(mixture, residuals)
    peak = logs.max(axis=-2, keepdims=True)
    far = np.isneginf(peak)
    if far.any():
        logs = np.where(far, _logs_far_out(mixture, residuals), logs)
        peak = logs.max(axis=-2, keepdims=True)
    logs -= peak
    posteriors = np.exp(logs, out=logs)
    total = posteriors.sum(axis=-2, keepdims=True)
    posteriors /= total
    log_densities: Array = (peak + np.log(total))[..., 0, :]
    if far.any():
        log_densities[far[..., 0, :]] = -np.inf
    return posteriors, log_densities


def posterior_and_log_density(mixture: Components, values: npt.ArrayLike) -> tuple[Array, Array]:
    """Posteriors (N, K) and log densities (N,) of values (N,) or (N, D).

    A row with a missing value (NaN) gets NaN throughout.

    Raises:
        DataError: values don't have the mixture's number of columns.
    """
    values = as_table(mixture, values)
    with np.errstate(over="ignore", invalid="ignore"):
        residuals = whiten(mixture, values)
    posteriors, log_densities = posteriors_and_log_densities(mixture, residuals)
    return posteriors.T, log_densities


def as_table(mixture: Components, values: Any) -> Array:
    """Values (N,) or (N, D) as (N, D); of a table with named columns those that the mixture has.

    Raises:
        DataError: values don't have the mixture's columns.
    """
    names = column_names(values)
    if names is not None:
        lacking = [name for name in mixture.columns if name not in names]
        if lacking:
            raise DataError(f"the values have no column {lacking[0]!r}; there are: {', '.join(map(str, names))}")
        values = np.column_stack([np.asarray(values[name], dtype=float) for name in mixture.columns])
    array: Array = np.asarray(values, dtype=float)
    if array.ndim < 2:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] != len(mixture.columns):
        raise DataError(
            f"the mixture has {len(mixture.columns)} columns ({', '.join(mixture.columns)}), "
            f"the values have shape {array.shape}"
        )
    return array


def _logs_far_out(mixture: Components, residuals: Array) -> Array:
    """Stand-ins for log densities that overflow: 0 for the nearest component (by its weight in a tie), else -inf."""
    residuals = np.nan_to_num(residuals)  # what is infinite becomes the largest number
    size = np.abs(residuals).max(axis=(-3, -2), keepdims=True)
    distances = np.sum((residuals / np.where(size > 0, size, 1)) ** 2, axis=-2)
    if mixture.box is not None:
        distances[..., -1, :] = np.inf
    nearest = distances == distances.min(axis=-2, keepdims=True)
    return np.where(nearest, np.log(mixture.weights)[..., None], -np.inf)
