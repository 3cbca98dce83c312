"""The M step: the mixture that fits best to rows shared out among its components."""

from dataclasses import replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.parameter_sets import ParameterSets
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
    if constraints.sets is not None:
        return _within(statistics, counts, drift, batch, constraints, constraints.sets)
    means = batch.means + drift
    if fixed.sds:
        return replace(batch, weights=weights, means=means)
    with np.errstate(over="ignore", invalid="ignore"):  # what a window leaves of a component may be next to nothing
        free = statistics.scatters / counts[..., None, None] - drift[..., :, None] * drift[..., None, :]
    means, free = constraints.within_ceiling(means, free)
    covariances = batch.covariances.copy()
    covariances[:, :k] = constraints.completed(free[:, :k], counts[:, :k], covariances[:, :k])
    return replace(batch, weights=weights, means=means, covariances=covariances)


def _within(
    statistics: Statistics, counts: Array, drift: Array, batch: Batch, constraints: Constraints, sets: ParameterSets
) -> Batch:
    """The same within sets: weights, then means for the covariances there are, then covariances for these means.

    The likelihood rises with each. drift (S, K, D) is that to the means of the rows.

    Source: Meng & Rubin (1993), Maximum likelihood estimation via the ECM algorithm.
    """
    k, fixed, means, covariances = batch.n_components, constraints.fixed, batch.means.copy(), batch.covariances.copy()
    weights = batch.weights if fixed.weights else sets.best_weights(counts, batch.weights)
    own, shifts, scatters = counts[:, :k], statistics.shifts[:, :k], statistics.scatters[:, :k]
    if not fixed.means:
        there = means[:, :k] + drift[:, :k]
        variances = np.diagonal(scatters, axis1=2, axis2=3) / own[..., None] - drift[:, :k] ** 2
        there = sets.means_in_proportion(there, np.maximum(variances, 0), batch)
        means[:, :k] = sets.best_means(there, own, batch)
    if fixed.sds:
        return replace(batch, weights=weights, means=means)
    moved = means[:, :k] - batch.means[:, :k]
    across = shifts[..., :, None] * moved[..., None, :]
    free = (scatters - across - across.swapaxes(-1, -2)) / own[..., None, None]
    free += moved[..., :, None] * moved[..., None, :]
    means[:, :k], free = constraints.within_ceiling(means[:, :k], free)
    if sets.bind_sds:
        variances, sds = (np.diagonal(some, axis1=2, axis2=3) for some in (free, covariances[:, :k]))
        best = sets.best_sds(np.maximum(variances, 0), own, means[:, :k], np.sqrt(sds))
        covariances[:, :k] = best[..., None] ** 2 * np.eye(batch.n_columns)
    else:
        covariances[:, :k] = constraints.completed(free, own, covariances[:, :k])
    return replace(batch, weights=weights, means=means, covariances=covariances)
