"""The slope of the log-likelihood and, from differences of slopes, its curvature, whatever is known of the rows."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data
from gmmfit.fitting.em.e_step import expect
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture

# Differences are taken over so many sds of a component: their error is the fourth power of this.
STEP = 1e-3
# Where the slopes are looked at, in steps, and what they are multiplied with to give a derivative.
AT, FACTORS = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1.0, -8.0, 8.0, -1.0]) / 12


def slopes(batch: Batch, data: Data, directions: Array) -> Array:
    """The derivatives (S, P) of the log-likelihood of each mixture along directions (K (1 + D + D²), P).

    A direction says how weights, means and covariances change, and its weights sum to 0. What an M step needs is all
    that is asked of the rows.

    Source: Fisher's identity (Louis 1982, Finding the observed information matrix when using the EM algorithm).
    """
    sums, inverses = expect(batch, data), batch.inverses
    precisions = inverses.swapaxes(-1, -2) @ inverses
    seconds = precisions @ sums.scatters @ precisions - sums.counts[..., None, None] * precisions
    by_parameter = (
        sums.counts / batch.weights,
        np.einsum("skij,skj->ski", precisions, sums.shifts).reshape(len(batch), -1),
        seconds.reshape(len(batch), -1) / 2,
    )
    along: Array = np.concatenate(by_parameter, axis=1) @ directions
    return along


def moved(mixture: Mixture, steps: Array) -> Batch:
    """Mixtures that differ from one by steps (S, K (1 + D + D²)) of weights, means and covariances."""
    k, d = mixture.means.shape
    weights, means, covariances = np.split(steps, [k, k + k * d], axis=1)
    return Batch(
        mixture.weights + weights,
        mixture.means + means.reshape(-1, k, d),
        mixture.covariances + covariances.reshape(-1, k, d, d),
        mixture.columns,
    )


def information_by_differences(mixture: Mixture, data: Data, directions: Array, sizes: Array) -> Array:
    """Minus the second derivative of the log-likelihood along directions, (P, P), from differences of its slopes.

    sizes (P,) are the directions' lengths in sds of the components. The differences are central ones, with one step of
    Richardson's.
    """
    scaled = directions / sizes
    steps = (STEP * AT[:, None, None] * scaled.T).reshape(-1, len(directions))
    along = slopes(moved(mixture, steps), data, scaled).reshape(len(AT), len(sizes), -1)
    square = -np.tensordot(FACTORS, along, 1) / STEP
    information: Array = (square + square.T) / 2 * np.outer(sizes, sizes)
    return information
