"""Separation against numerical integrals and simulation."""

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from gmmfit import Mixture
from gmmfit.model.separation import separations
from gmmfit.model.simulate import random_mixture


@given(st.integers(0, 300))
def test_areas_are_numerical_integrals(seed: int) -> None:
    mixture = random_mixture(2, ("x",), seed)
    [pair] = separations(mixture)
    means, sds, weights = mixture.means[:, 0], mixture.sds[:, 0], mixture.weights
    ends = np.sort(np.concatenate([means - 12 * sds, means, means + 12 * sds]))
    one, other = (NormalDist(*pair) for pair in zip(means.tolist(), sds.tolist(), strict=True))

    def integral(factors: tuple[float, float]) -> float:
        def lower(x: float) -> float:
            return min(factors[0] * one.pdf(x), factors[1] * other.pdf(x))

        return sum(quad(lower, a, b, limit=200)[0] for a, b in pairwise(ends))

    assert pair.overlap == pytest.approx(integral((1, 1)), abs=1e-6)
    assert pair.misclassified == pytest.approx(integral((weights[0], weights[1])), abs=1e-6)


def test_ashmans_d_is_its_formula() -> None:
    [pair] = separations(Mixture.from_sds([0.5, 0.5], [10, 4], [1, 2]))
    assert pair.between == (2, 1)  # neighbours go in the order of their means
    assert pair.ashman_d == pytest.approx(math.sqrt(2) * 6 / math.sqrt(5))


def test_in_several_columns_equal_covariances_lose_nothing_by_the_best_direction() -> None:
    covariance = np.array([[2.0, 0.9], [0.9, 1.0]])
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [2.0, -1.0]]), np.stack([covariance] * 2))
    [pair] = separations(mixture)
    apart = mixture.means[1] - mixture.means[0]
    distance = math.sqrt(apart @ np.linalg.solve(covariance, apart))
    assert pair.ashman_d == pytest.approx(distance)
    assert pair.overlap == pytest.approx(2 * norm.cdf(-distance / 2))
    draws = mixture.simulate(200_000, seed=1)
    assert pair.misclassified == pytest.approx(np.mean(1 - mixture.posterior(draws).max(axis=1)), abs=2e-3)


def test_coincident_components_overlap_wholly() -> None:
    [pair] = separations(Mixture.from_sds([0.3, 0.7], [[1, 1], [1, 1]], [[2, 3], [2, 3]]))
    assert pair.ashman_d == 0
    assert pair.overlap == pytest.approx(1)
    assert pair.misclassified == pytest.approx(0.3)
