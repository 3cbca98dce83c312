"""How far neighbouring components lie apart, and how much of them cannot be told apart."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gmmfit.model.density import Components
from gmmfit.model.univariate import WeightedNormal, equal_density_points


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


def separations(mixture: Components) -> list[Separation]:
    """The separation of each pair of neighbours, in the order of their means in the first column.

    In several columns all three are taken along the direction that parts the two best, (Σ₁ + Σ₂)⁻¹(mean₂ - mean₁).
    Where their covariances are equal nothing is lost by it; where they differ, overlap and misclassified are upper
    bounds.

    Source: Ashman, Bird & Zepf (1994), Detecting bimodality in astronomical datasets, equation 4.
    """
    order = np.argsort(mixture.means[:, 0], kind="stable")
    return [separation(mixture, int(i), int(j)) for i, j in pairwise(order)]


def separation(mixture: Components, i: int, j: int) -> Separation:
    """That of two components, from 0."""
    first, second = _along_best_direction(mixture, i, j)
    ashman_d = abs(second.mean - first.mean) / math.hypot(first.sd, second.sd) * math.sqrt(2)
    unweighted = _shared_area(first._replace(weight=1.0), second._replace(weight=1.0))
    return Separation((i + 1, j + 1), ashman_d, unweighted, _shared_area(first, second))


def _along_best_direction(mixture: Components, i: int, j: int) -> tuple[WeightedNormal, WeightedNormal]:
    """The two components alone, in one column: their own, or their coordinate in the direction that parts them best."""
    weights = mixture.weights[[i, j]] / mixture.weights[[i, j]].sum()
    means, factors = mixture.means[[i, j]], mixture.factors[[i, j]]
    if means.shape[1] == 1:
        numbers = zip(weights.tolist(), means[:, 0].tolist(), factors[:, 0, 0].tolist(), strict=True)
        first, second = (WeightedNormal(*normal) for normal in numbers)
        return first, second
    unit = np.abs(factors).max(axis=(0, 2))  # of each column, so that no square is too large
    apart, factors = (means[1] - means[0]) / unit, factors / unit[:, None]
    direction = np.linalg.solve((factors @ factors.swapaxes(1, 2)).sum(axis=0), apart)
    if not np.any(direction):  # one centre: look along any direction
        direction = np.eye(len(apart))[0]
    direction = direction / np.abs(direction).max()
    sds = np.linalg.norm(direction @ factors, axis=1)
    return (
        WeightedNormal(float(weights[0]), 0.0, float(sds[0])),
        WeightedNormal(float(weights[1]), float(direction @ apart), float(sds[1])),
    )


def _shared_area(first: WeightedNormal, second: WeightedNormal) -> float:
    """∫ min of the two densities, times their weights, by their cdfs between the points where they are equal."""
    ends = [-math.inf, *sorted(equal_density_points(first, second)), math.inf]
    return sum(
        min(
            normal.weight * _mass((low - normal.mean) / normal.sd, (high - normal.mean) / normal.sd)
            for normal in (first, second)
        )
        for low, high in pairwise(ends)
    )


def _mass(low: float, high: float) -> float:
    """The standard normal probability between two values, from the nearer tail, so that nothing cancels."""
    low, high = low / math.sqrt(2), high / math.sqrt(2)
    return (math.erfc(low) - math.erfc(high)) / 2 if low > 0 else (math.erfc(-high) - math.erfc(-low)) / 2
