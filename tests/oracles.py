"""Other roads to the answers: textbook EM in plain numpy, and normal densities by scipy."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import multivariate_normal

from gmmfit.arrays import Array
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
