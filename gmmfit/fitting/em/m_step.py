"""The M step: the mixture that fits best to rows shared out among its components."""

from dataclasses import replace

import numpy as np

from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.statistics import EMPTY, Statistics
from gmmfit.model.batch import Batch

# The smallest weight of noise, which changes no log-likelihood.
LEAST_NOISE = 1e-15


def maximize(statistics: Statistics, batch: Batch, constraints: Constraints) -> Batch:
    """The M step: weights, means and covariances from the sums that the current mixtures gave.

    weights = counts / n
    means = mean + drift,   covariances = scatter / counts - drift driftᵀ
    with drift = shifts / counts, or 0 where means are fixed.

    An empty component, which has no rows to take a mean of, keeps its mean and covariance. Noise has but a weight,
    which may fall to next to nothing: that it comes to 0 is no failure.

    Source: McLachlan & Peel (2000), Finite mixture models, section 3.2.
    """
    fixed, counts = constraints.fixed, np.where(statistics.occupied, statistics.counts, EMPTY)
    if batch.box is not None:
        n = statistics.counts.sum(axis=-1)
        counts[..., -1] = np.maximum(counts[..., -1], LEAST_NOISE * n)
    drift = np.zeros_like(batch.means) if fixed.means else statistics.shifts / counts[..., None]
    weights = batch.weights if fixed.weights else counts / counts.sum(axis=-1, keepdims=True)
    k = batch.n_components
    drift[..., k:, :] = 0
    means = batch.means + drift
    if fixed.sds:
        return replace(batch, weights=weights, means=means)
    with np.errstate(over="ignore", invalid="ignore"):  # what a window leaves of a component may be next to nothing
        free = statistics.scatters / counts[..., None, None] - drift[..., :, None] * drift[..., None, :]
    means, free = constraints.within_ceiling(means, free)
    covariances = batch.covariances.copy()
    covariances[:, :k] = constraints.completed(free[:, :k], counts[:, :k], covariances[:, :k])
    return replace(batch, weights=weights, means=means, covariances=covariances)
