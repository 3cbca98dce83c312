"""What a fit is judged by beside its log-likelihood: AIC, BIC, and the entropy of ICL."""

import math
from functools import partial
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.fitting.em.e_step import share_out
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture


def aic(log_likelihood: float, n_parameters: int) -> float:
    """Akaike's criterion, -2 log L + 2 p; lower is better.

    Source: Akaike (1974), A new look at the statistical model identification.
    """
    return -2 * log_likelihood + 2 * n_parameters


def bic(log_likelihood: float, n_parameters: int, n: float) -> float:
    """Schwarz's criterion, -2 log L + p log n with n the rows by weight; lower is better.

    Source: Schwarz (1978), Estimating the dimension of a model.
    """
    return -2 * log_likelihood + n_parameters * math.log(n)


class RowSums(NamedTuple):
    """What is summed over all rows at the end of a fit.

    log_likelihood
    entropy   of the rows' posteriors, of ICL: Σ over rows of -Σ p log p, in nats
    errors    how many rows the likeliest component is expected to get wrong
    """

    log_likelihood: float
    entropy: float
    errors: float

    @classmethod
    def of(cls, mixture: Mixture, data: Data) -> "RowSums":
        """The sums over rows under a mixture."""
        tile = partial(_of_tile, Batch.one(mixture))
        return cls(*data.sum(lambda rows: rows.sum_in_tiles(tile, mixture.means.size)).tolist())


def _of_tile(one: Batch, rows: Rows) -> Array:
    posteriors, log_densities = share_out(one, rows)
    logs = np.log(posteriors, out=np.zeros_like(posteriors), where=posteriors > 0)
    wrong = 1 - posteriors.max(axis=0)
    entropy = -np.einsum("kn,kn,n->", posteriors, logs, rows.weights)
    return np.array([log_densities @ rows.weights, entropy + 0.0, wrong @ rows.weights])
