"""Other roads to the answers: textbook EM in plain numpy, scipy's densities, and what differences of them tell."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import multivariate_normal

from gmmfit.arrays import Array
from gmmfit.data.select import select_rows
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.em import em
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.mixture import Mixture


class State(NamedTuple):
    """A state of textbook EM in one column, its log-likelihood, and the posteriors (N, K) that it gives."""

    weights: Array
    means: Array
    sds: Array
    log_likelihood: float
    posteriors: Array


def textbook_em(
    x: Array, weights: npt.ArrayLike, means: npt.ArrayLike, sds: npt.ArrayLike, row_weights: Array | None = None
) -> Iterator[State]:
    """EM in one column as a textbook has it, without end; the first state is that of the inits."""
    w, m, s = (np.array(values, dtype=float) for values in (weights, means, sds))
    r = np.ones(len(x)) if row_weights is None else row_weights
    while True:
        joint = w * np.exp(-0.5 * ((x[:, None] - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))
        density = joint.sum(axis=1)
        posteriors = joint / density[:, None]
        yield State(w, m, s, float(r @ np.log(density)), posteriors)
        counts = r @ posteriors
        w, m = counts / r.sum(), (r * x) @ posteriors / counts
        s = np.sqrt(np.sum(r[:, None] * posteriors * (x[:, None] - m) ** 2, axis=0) / counts)


def density(mixture: Mixture, values: Array) -> Array:
    """The density of a mixture at values (N, D), by scipy."""
    components = zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    total: Array = sum(w * multivariate_normal(m, c).pdf(values) for w, m, c in components)
    return total


def gain_of_a_thousand_steps(
    mixture: Mixture, values: Array, covariance: str, row_weights: Array | None = None
) -> float:
    """What plain EM still gains in 1,000 iterations from a mixture, with no floor that could be in the way.

    EM never falls: the largest fall between two iterations is rounding, and so is as much of the gain.
    """
    rows = select_rows(values, mixture.columns, row_weights).rows
    no_floor = Floor(1e-30 * np.diag(values.var(axis=0)))
    states = em(rows, Batch.of([mixture]), Constraints(STRUCTURES[covariance], Fixed(), no_floor))
    heights = np.array([state.log_likelihood[0] for state in islice(states, 1001)])
    return float(heights[-1] - heights[0] - max(0, np.max(-np.diff(heights))))


def second_derivative(function: Callable[[Array], float], at: Array, steps: Array) -> Array:
    """The matrix of second derivatives of a function of P numbers, by differences over steps (P,)."""
    moves = np.diag(steps)
    bends = np.empty((len(at), len(at)))
    for i, one in enumerate(moves):
        for j, other in enumerate(moves[: i + 1]):
            ends = [function(at + a * one + b * other) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            bends[i, j] = bends[j, i] = (ends[0] - ends[1] - ends[2] + ends[3]) / (4 * steps[i] * steps[j])
    return bends


def numerical_standard_errors(mixture: Mixture, values: Array, covariance: str) -> tuple[Array, Array, Array]:
    """Standard errors of weights, means and covariances at a peak, from the log-likelihood's differences alone.

    The numbers that are free are the weights but the last, the means, and those entries of the covariances that the
    structure leaves free: they need no rule of how errors go from one number to another, but for the last weight.
    """
    k, d = mixture.means.shape
    tied = "tied" in covariance
    entries = [(i, j) for i in range(d) for j in range(i + 1) if i == j or covariance in ("full", "tied")]
    units = [np.eye(d)] if "spherical" in covariance else [_symmetric_unit(i, j, d) for i, j in entries]
    corner = entries[: len(units)]

    def at(numbers: Array) -> Mixture:
        weights, means, free = np.split(numbers, [k - 1, k - 1 + k * d])
        covariances = np.tensordot(free.reshape(-1, len(units)), np.array(units), 1)
        return replace(
            mixture,
            weights=np.append(weights, 1 - weights.sum()),
            means=means.reshape(k, d),
            covariances=np.broadcast_to(covariances, (k, d, d)),
        )

    free = np.array([[c[i, j] for i, j in corner] for c in mixture.covariances[: 1 if tied else k]])
    peak = np.concatenate([mixture.weights[:-1], mixture.means.ravel(), free.ravel()])
    steps = 1e-4 * np.concatenate([np.ones(k - 1), mixture.sds.ravel(), np.repeat(free.max(axis=1), len(units))])
    bends = second_derivative(lambda numbers: float(np.log(density(at(numbers), values)).sum()), peak, steps)
    among = np.linalg.inv(-bends)
    errors = np.sqrt(np.diagonal(among))
    last = np.sqrt(among[: k - 1, : k - 1].sum())
    of_free = np.tensordot(errors[k - 1 + k * d :].reshape(-1, len(units)), np.array(units), 1)
    return np.append(errors[: k - 1], last), errors[k - 1 : k - 1 + k * d].reshape(k, d), of_free


def numerical_standard_errors_along(mixture: Mixture, values: Array, covariance: str) -> tuple[Array, Array, Array]:
    """The same within a structure of which sums don't have it, in the numbers of its volumes, shapes and turns."""
    (k, d), structure = mixture.means.shape, STRUCTURES[covariance]
    p = structure.n_parameters(k, d)

    def at(numbers: Array) -> Mixture:
        weights, means, free = np.split(numbers, [k - 1, k - 1 + k * d])
        weights = np.append(weights, 1 - weights.sum())
        covariances = structure.along(mixture.covariances, free[None])[0]
        return replace(mixture, weights=weights, means=means.reshape(k, d), covariances=covariances)

    peak = np.concatenate([mixture.weights[:-1], mixture.means.ravel(), np.zeros(p)])
    steps = 1e-4 * np.concatenate([np.ones(k - 1), mixture.sds.ravel(), np.ones(p)])
    bends = second_derivative(lambda numbers: float(np.log(density(at(numbers), values)).sum()), peak, steps)
    among = np.linalg.inv(-bends)
    errors = np.sqrt(np.diagonal(among))
    last = np.sqrt(among[: k - 1, : k - 1].sum())
    units, of_free = np.eye(p), among[-p:, -p:]
    up, down = (structure.along(mixture.covariances, sign * 1e-5 * units).reshape(p, -1) for sign in (1, -1))
    slopes = (up - down) / 2e-5
    variances = np.einsum("pc,pq,qc->c", slopes, of_free, slopes)
    means = errors[k - 1 : k - 1 + k * d].reshape(k, d)
    return np.append(errors[: k - 1], last), means, np.sqrt(variances).reshape(k, d, d)


def _symmetric_unit(i: int, j: int, d: int) -> Array:
    unit = np.zeros((d, d))
    unit[i, j] = unit[j, i] = 1
    return unit
