"""The E step: each row shared out among the components, and added up."""

from dataclasses import dataclass

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.model.density import shares, whiten
from gmmfit.model.mixture import Mixture


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sums over rows that an M step needs; those of two sets of rows add up to those of both.

    counts          (K,)       rows, by weight and posterior
    shifts          (K, D)     sums of x - mean, about the mean that the component had
    scatters        (K, D, D)  sums of (x - mean)(x - mean)ᵀ, about the same mean
    log_likelihood  of the mixture that the rows were shared out by
    """

    counts: Array
    shifts: Array
    scatters: Array
    log_likelihood: float

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(
            self.counts + other.counts,
            self.shifts + other.shifts,
            self.scatters + other.scatters,
            self.log_likelihood + other.log_likelihood,
        )


def expect(mixture: Mixture, rows: Rows) -> Statistics:
    """The E step: share each row out among the components, and add up.

    Row i belongs to component k with posterior
    p[i, k] = weights[k] N(x[i]; means[k], covariances[k]) / sum over components.

    Sums are taken about the current means, in whitened residuals, so they neither cancel when a mean dwarfs a
    spread nor depend on how rows are cut into blocks.

    Source: Dempster, Laird & Rubin (1977), section 4.3.
    """
    residuals = whiten(mixture, rows.values)
    posteriors, log_densities = shares(mixture, residuals)
    posteriors *= rows.weights
    return _sums(mixture, residuals, posteriors, float(rows.weights @ log_densities))


def tally(mixture: Mixture, posteriors: Array, rows: Rows) -> Statistics:
    """Sums about a mixture's means for rows shared out by given posteriors (K, N) instead of by the mixture.

    The log-likelihood is left at 0.
    """
    return _sums(mixture, whiten(mixture, rows.values), posteriors * rows.weights, 0.0)


def _sums(mixture: Mixture, residuals: Array, shared: Array, log_likelihood: float) -> Statistics:
    # Scale back the whitened sums: x - mean = L u.
    factors = mixture.factors
    shifts = np.matmul(residuals, shared[:, :, None])[:, :, 0]
    scatters = np.matmul(residuals * shared[:, None, :], residuals.transpose(0, 2, 1))
    return Statistics(
        shared.sum(axis=1),
        np.einsum("kij,kj->ki", factors, shifts),
        factors @ scatters @ factors.transpose(0, 2, 1),
        log_likelihood,
    )
