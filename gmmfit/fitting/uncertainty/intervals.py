"""How sure the numbers of a fit are: standard errors, and intervals on scales on which estimates are near normal."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array


class Spread(NamedTuple):
    """The standard error of a number, and the ends of its interval."""

    se: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """The standard errors of the parameters of a mixture, in the units of these; 0 for what was held.

    weights (K,), means (K, D), sds (K, D), covariances (K, D, D); noise: of its weight, if there is some
    """

    weights: Array
    means: Array
    sds: Array
    covariances: Array
    noise: float | None = None

    def by_component(self) -> list[dict[str, Any]]:
        """For each component its weight, mean, sd and covariance, as lists."""
        parts = (self.weights.tolist(), self.means.tolist(), self.sds.tolist(), self.covariances.tolist())
        return [
            dict(zip(("weight", "mean", "sd", "covariance"), component, strict=True))
            for component in zip(*parts, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Intervals:
    """The intervals of the parameters of a mixture, their ends in the last axis; of what was held both are the value.

    weights (K, 2), means (K, D, 2), sds (K, D, 2); noise (2,): of its weight, if there is some
    """

    weights: Array
    means: Array
    sds: Array
    noise: Array | None = None

    def by_component(self) -> list[dict[str, Any]]:
        """For each component its weight, mean and sd, as lists."""
        parts = (self.weights.tolist(), self.means.tolist(), self.sds.tolist())
        return [dict(zip(("weight", "mean", "sd"), component, strict=True)) for component in zip(*parts, strict=True)]


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure the numbers of a fit are.

    method         information, robust, or bootstrap
    confidence     of the intervals
    cutoffs        of each cut-off of the fit; None where it comes and goes
    ashman_d, misclassified  of each pair of neighbours
    ratios         from how many to how many times those of the information the standard errors are, if they are robust
    """

    method: str
    confidence: float
    standard_errors: StandardErrors
    intervals: Intervals
    cutoffs: tuple[Spread | None, ...] = ()
    ashman_d: tuple[Spread | None, ...] = ()
    misclassified: tuple[Spread | None, ...] = ()
    ratios: tuple[float, float] | None = None


class Ranges(NamedTuple):
    """What of a fit's intervals a picture of one column shows.

    means (K, 2) their ends, of the transformed column; cutoffs (C, 4) their probabilities, their values, and the ends
    of these, of the column itself; NaN where there are none
    """

    confidence: float
    means: Array
    cutoffs: Array


def on_own_scale(values: Array, errors: Array, confidence: float) -> Array:
    """Intervals of numbers that may be any, such as means: value ± z se, ends in the last axis."""
    z = _z(confidence)
    return np.stack([values - z * errors, values + z * errors], axis=-1)


def on_log_scale(values: Array, errors: Array, confidence: float) -> Array:
    """Intervals of positive numbers, such as sds: they are positive too.

    >>> on_log_scale(np.array([2.0]), np.array([0.0]), 0.95)
    array([[2., 2.]])
    """
    free = (errors > 0) & (values > 0)
    x = np.where(free, values, 1)
    logs = on_own_scale(np.log(x), errors / x, confidence)
    return _where(free, logs, np.exp, values)


def on_logit_scale(values: Array, errors: Array, confidence: float) -> Array:
    """Intervals of shares, such as weights: they lie between 0 and 1 too.

    >>> on_logit_scale(np.array([0.5, 1.0]), np.array([0.1, 0.0]), 0.95).round(3)
    array([[0.313, 0.687],
           [1.   , 1.   ]])
    """
    inside = (errors > 0) & (values > 0) & (values < 1)
    p = np.where(inside, values, 0.5)
    logits = on_own_scale(np.log(p / (1 - p)), errors / (p * (1 - p)), confidence)
    return _where(inside, logits, lambda logits: 1 / (1 + np.exp(-logits)), values)


def _where(free: npt.NDArray[np.bool_], scaled: Array, back: Callable[[Array], Array], values: Array) -> Array:
    """Intervals back from a scale where numbers are free, and the values twice elsewhere."""
    with np.errstate(over="ignore"):
        return np.asarray(np.where(free[..., None], back(scaled), values[..., None]))


def _z(confidence: float) -> float:
    """Standard normal deviates between which lies so much of the distribution."""
    return -NormalDist().inv_cdf((1 - confidence) / 2)
