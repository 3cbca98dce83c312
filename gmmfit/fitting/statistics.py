"""The E step: each row shared out among the components, and added up."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.errors import FitError
from gmmfit.model.density import shares, whiten
from gmmfit.model.mixture import Mixture
from gmmfit.model.stack import Stack

# Rows in a component of which no mean can be taken any more: quotients of sums this small lose all digits.
EMPTY = 1e-200


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sums over rows that an M step needs; those of two sets of rows add up to those of both.

    counts          (…, K)        rows, by weight and posterior
    shifts          (…, K, D)     sums of x - mean, about the mean that the component had
    scatters        (…, K, D, D)  sums of (x - mean)(x - mean)ᵀ, about the same mean
    log_likelihood  (…)           of the mixture that the rows were shared out by

    … is the axis that a Stack has more than a Mixture.
    """

    counts: Array
    shifts: Array
    scatters: Array
    log_likelihood: Any

    @property
    def occupied(self) -> npt.NDArray[np.bool_]:
        """Which components (…, K) have rows to take a mean of."""
        occupied: npt.NDArray[np.bool_] = self.counts > EMPTY
        return occupied

    def check_occupied(self) -> None:
        """Raise a FitError where a component has no rows to take a mean of."""
        if not np.all(self.occupied):
            component = int(np.argwhere(~self.occupied)[0][-1]) + 1
            raise FitError(
                f"component {component} is empty: no row is near it. Start it nearer to the rows, or use fewer "
                "components"
            )

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(
            self.counts + other.counts,
            self.shifts + other.shifts,
            self.scatters + other.scatters,
            self.log_likelihood + other.log_likelihood,
        )


def expect(mixture: Mixture | Stack, rows: Rows) -> Statistics:
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
    return _sums(mixture, residuals, posteriors, log_densities @ rows.weights)


def tally(mixture: Mixture, posteriors: Array, rows: Rows) -> Statistics:
    """Sums about a mixture's means for rows shared out by given posteriors (K, N) instead of by the mixture.

    The log-likelihood is left at 0.
    """
    return _sums(mixture, whiten(mixture, rows.values), posteriors * rows.weights, 0.0)


def _sums(mixture: Mixture | Stack, residuals: Array, shared: Array, log_likelihood: Any) -> Statistics:
    # Scale back the whitened sums: x - mean = L u.
    factors = mixture.factors
    shifts = np.matmul(residuals, shared[..., None])[..., 0]
    scatters = np.matmul(residuals * shared[..., None, :], residuals.swapaxes(-1, -2))
    return Statistics(
        shared.sum(axis=-1),
        np.einsum("...ij,...j->...i", factors, shifts),
        factors @ scatters @ factors.swapaxes(-1, -2),
        log_likelihood,
    )
