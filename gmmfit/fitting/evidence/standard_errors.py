"""Standard errors of a fit, from the observed information."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data
from gmmfit.fitting.em.information import root_of_inverse, work
from gmmfit.fitting.em.m_step import Constraints
from gmmfit.model.mixture import Mixture

# Multiplications that standard errors may take unless they are asked for.
AFFORDABLE = 3e10


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """The standard errors of the parameters of a mixture, in the units of these; 0 for what was held.

    weights (K,), means (K, D), sds (K, D), covariances (K, D, D)
    """

    weights: Array
    means: Array
    sds: Array
    covariances: Array

    def by_component(self) -> list[dict[str, Any]]:
        """For each component its weight, mean, sd and covariance, as lists."""
        parts = (self.weights.tolist(), self.means.tolist(), self.sds.tolist(), self.covariances.tolist())
        return [dict(zip(("weight", "mean", "sd", "covariance"), one, strict=True)) for one in zip(*parts, strict=True)]


def affordable(n_rows: int, mixture: Mixture) -> bool:
    """Whether the standard errors of a mixture come in about the time of a search."""
    return work(n_rows, mixture) <= AFFORDABLE


def standard_errors(mixture: Mixture, data: Data, weight: float, constraints: Constraints) -> StandardErrors:
    """The standard errors of a maximum-likelihood mixture; its rows weigh `weight` times what data says.

    They are the roots of the diagonal of the inverse information; that of an sd follows from its variance,
    se(sd) = se(variance) / (2 sd).

    Raises:
        FitError: the information is not positive definite.
    """
    k, d = mixture.means.shape
    root = root_of_inverse(mixture, data, constraints)
    weights, means, covariances = np.split(np.linalg.norm(root, axis=1) / np.sqrt(weight), [k, k + k * d])
    covariances = covariances.reshape(k, d, d)
    sds = np.diagonal(covariances, axis1=1, axis2=2) / (2 * mixture.sds)
    return StandardErrors(weights, means.reshape(k, d), sds, covariances)
