"""What a fit is judged by beside its log-likelihood: AIC, BIC, and the entropy of ICL."""

import math
from functools import partial

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.model.density import posteriors_and_log_densities, whiten
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


def entropy_and_expected_errors(mixture: Mixture, rows: Rows) -> Array:
    """The entropy of the rows' posteriors, and how many rows the likeliest component is expected to get wrong.

    The entropy, of ICL, is Σ over rows of -Σ p log p over the posteriors, in nats.
    """
    return rows.sum_in_tiles(partial(_of_tile, mixture), mixture.means.size)


def _of_tile(mixture: Mixture, rows: Rows) -> Array:
    posteriors, _ = posteriors_and_log_densities(mixture, whiten(mixture, rows.values))
    logs = np.log(posteriors, out=np.zeros_like(posteriors), where=posteriors > 0)
    wrong = 1 - posteriors.max(axis=0)
    return np.array([-np.einsum("kn,kn,n->", posteriors, logs, rows.weights), wrong @ rows.weights])
