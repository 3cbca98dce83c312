"""How far apart neighbouring components lie, and how much of them cannot be told apart."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import crossings_of


class Separation(NamedTuple):
    """Two components, from 1, next to each other in the mean of the first column.

    ashman_d       the distance of the means in root mean squares of their sds; below 2 they make one hump or nearly so
    overlap        the area that their densities share, from 0 to 1
    misclassified  the share of the two that the likelier component would get wrong
    """

    between: tuple[int, int]
    ashman_d: float
    overlap: float
    misclassified: float


def separations(mixture: Mixture) -> list[Separation]:
    """The separation of each pair of neighbours, in the order of their means in the first column.

    In several columns all three are taken along the direction that parts the two best, (Σ₁ + Σ₂)⁻¹(mean₂ - mean₁).
    Where their covariances are equal nothing is lost by it; where they differ, overlap and misclassified are upper
    bounds.

    >>> [pair] = separations(Mixture.from_sds([0.5, 0.5], [0, 3], [1, 1]))
    >>> round(pair.ashman_d, 3), round(pair.overlap, 3), round(pair.misclassified, 3)
    (3.0, 0.134, 0.067)

    Source: Ashman, Bird & Zepf (1994), Detecting bimodality in astronomical datasets, equation 4.
    """
    order = np.argsort(mixture.means[:, 0], kind="stable")
    return [_separation(mixture, int(i), int(j)) for i, j in pairwise(order)]


def _separation(mixture: Mixture, i: int, j: int) -> Separation:
    pair = _along_best(mixture, i, j)
    apart = abs(pair.means[1, 0] - pair.means[0, 0]) / math.hypot(*pair.sds[:, 0])
    return Separation(
        (i + 1, j + 1),
        float(apart) * math.sqrt(2),
        _shared_area(pair, weighted=False),
        _shared_area(pair, weighted=True),
    )


def _along_best(mixture: Mixture, i: int, j: int) -> Mixture:
    """The two components alone, in one column: their own, or their coordinate in the direction that parts them best."""
    chosen = [i, j]
    weights = mixture.weights[chosen] / mixture.weights[chosen].sum()
    if mixture.n_columns == 1:
        return Mixture.from_sds(weights, mixture.means[chosen, 0], mixture.sds[chosen, 0])
    apart = (mixture.means[j] - mixture.means[i]) / mixture.units
    first, second = mixture.covariances[i], mixture.covariances[j]
    direction = np.linalg.solve(first + second, apart)
    if not np.any(direction):  # one centre: look along any direction
        direction = np.eye(len(apart))[0]
    direction = direction / np.abs(direction).max()
    sds = [math.sqrt(direction @ covariance @ direction) for covariance in (first, second)]
    return Mixture.from_sds(weights, [0.0, direction @ apart], sds)


def _shared_area(pair: Mixture, weighted: bool) -> float:
    """∫ min of the two densities, times their weights if `weighted`, by their cdfs between the crossings."""
    ends = [-math.inf, *sorted(crossings_of(pair, 0, 1, weighted)), math.inf]
    factors = pair.weights if weighted else np.ones(2)
    parts = list(zip(factors, pair.means[:, 0], pair.sds[:, 0], strict=True))
    return sum(
        min(float(factor) * _mass((low - mean) / sd, (high - mean) / sd) for factor, mean, sd in parts)
        for low, high in pairwise(ends)
    )


def _mass(low: float, high: float) -> float:
    """The standard normal probability between two values, from the nearer tail, so that nothing cancels."""
    low, high = low / math.sqrt(2), high / math.sqrt(2)
    return (math.erfc(low) - math.erfc(high)) / 2 if low > 0 else (math.erfc(-high) - math.erfc(-low)) / 2
