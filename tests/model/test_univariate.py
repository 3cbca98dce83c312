"""A mixture in one column: cdf, quantiles, modes, cut-offs, against scipy and dense grids."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from gmmfit import ArgumentError, Mixture, ModelError
from gmmfit.arrays import Array
from gmmfit.model.simulate import random_mixture
from gmmfit.model.univariate import WeightedNormal, cutoffs, equal_density_points, modes

MIXTURE = Mixture.from_sds([0.2, 0.5, 0.3], [-3, 0, 4], [0.5, 2, 1])
PLANE = random_mixture(2, ("a", "b"), 1)
mixtures = st.builds(lambda k, seed: random_mixture(k, ("x",), seed), st.integers(1, 5), st.integers(0, 500))


def test_the_cdf_is_scipys() -> None:
    x = np.linspace(-20, 20, 101)
    expected = norm.cdf(x[:, None], MIXTURE.means[:, 0], MIXTURE.sds[:, 0]) @ MIXTURE.weights
    np.testing.assert_allclose(MIXTURE.cdf(x), expected, rtol=1e-13)
    assert math.isnan(MIXTURE.cdf([math.nan])[0])
    assert MIXTURE.cdf([-math.inf, -1.7e308, 1.7e308, math.inf]).tolist() == [0, 0, 1, 1]


@given(mixtures, st.lists(st.floats(1e-12, 1 - 1e-12), min_size=1, max_size=5))
def test_quantiles_invert_the_cdf(mixture: Mixture, probabilities: list[float]) -> None:
    values = mixture.quantile(probabilities)
    np.testing.assert_allclose(mixture.cdf(values), probabilities, rtol=1e-12, atol=1e-14)


def test_the_ends_of_the_quantiles_are_infinite_and_others_are_refused() -> None:
    assert MIXTURE.quantile([0, 1]).tolist() == [-math.inf, math.inf]
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ArgumentError, match="between 0 and 1"):
            MIXTURE.quantile([wrong])


def test_several_columns_have_no_line() -> None:
    for ask in (lambda: PLANE.cdf([0]), lambda: PLANE.quantile([0.5]), lambda: cutoffs(PLANE), lambda: modes(PLANE)):
        with pytest.raises(ModelError, match="2 columns"):
            ask()


@given(mixtures)
def test_modes_are_the_tops_of_a_dense_grid_and_nothing_else(mixture: Mixture) -> None:
    low, high = mixture.means.min() - mixture.sds.min(), mixture.means.max() + mixture.sds.min()
    grid = np.linspace(low, high, 20_001)
    densities = mixture.density(grid)
    tops = grid[1:-1][(densities[1:-1] > densities[:-2]) & (densities[1:-1] > densities[2:])]
    found = modes(mixture)
    spacing = (high - low) / 20_000
    for top in tops:
        assert np.abs(found - top).min() <= 2 * spacing + 1e-12
    # Each is a top: the density rises up to it and falls behind it, as scipy's densities say.
    assert 1 <= len(found) <= mixture.n_components
    assert np.all(slope(mixture, found - 1e-6 * mixture.sds.min()) > 0)
    assert np.all(slope(mixture, found + 1e-6 * mixture.sds.min()) < 0)


def slope(mixture: Mixture, x: Array) -> Array:
    """The derivative of the density at values (n,)."""
    means, sds = mixture.means[:, 0], mixture.sds[:, 0]
    slopes: Array = (norm.pdf(x[:, None], means, sds) * (means - x[:, None]) / sds**2) @ mixture.weights
    return slopes


def test_two_equal_components_have_one_mode_up_to_two_sds_apart() -> None:
    """The textbook's rule for equal weights and sds: bimodal if and only if the means are more than 2 sds apart."""
    for apart, humps in [(1.99, 1), (2.01, 2), (0, 1), (39, 2), (1e6, 2)]:
        assert len(modes(Mixture.from_sds([0.5, 0.5], [0, apart], [1, 1]))) == humps


@given(mixtures)
def test_cutoffs_are_where_the_likeliest_component_changes_on_a_dense_grid(mixture: Mixture) -> None:
    low, high = mixture.quantile([1e-10, 1 - 1e-10])
    grid = np.linspace(low, high, 40_001)
    likeliest = np.argmax(mixture.posterior(grid), axis=1) + 1
    changes = np.flatnonzero(np.diff(likeliest))
    found = [one for one in cutoffs(mixture) if low < one.value < high]
    for change in changes:
        assert any(grid[change] <= one.value + 1e-9 and one.value - 1e-9 <= grid[change + 1] for one in found)
    for one in found:
        at = mixture.posterior([one.value])[0]
        assert at[one.below - 1] == pytest.approx(at[one.above - 1], abs=1e-6)
        assert at.max() == pytest.approx(at[one.below - 1], abs=1e-6)


def test_a_narrow_component_within_a_wide_one_has_two_cutoffs_and_a_drowned_one_none() -> None:
    two = cutoffs(Mixture.from_sds([0.5, 0.5], [0, 0], [1, 3]))
    assert [(one.below, one.above) for one in two] == [(2, 1), (1, 2)]
    assert two[0].value == pytest.approx(-two[1].value)
    assert cutoffs(Mixture.from_sds([0.99, 0.01], [0, 0.5], [1, 1])) == []
    assert cutoffs(Mixture.from_sds([1], [0], [1])) == []


def test_equal_weights_and_sds_are_cut_in_the_middle() -> None:
    [only] = cutoffs(Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5]))
    assert only.value == pytest.approx(170, rel=1e-14)


@pytest.mark.parametrize("sds", [[1, 2], [1, 1 + 1e-7], [1e-7, 1], [1e-140, 1], [3, 3]])
@pytest.mark.parametrize("apart", [0, 1e-3, 5, 1e6, 1e300])
def test_components_cross_where_their_log_densities_are_equal(sds: list[float], apart: float) -> None:
    """As many times as the quadratic has roots, and its sign changes next to each, in fractions, which are exact."""
    first, second = WeightedNormal(0.3, 0, sds[0]), WeightedNormal(0.7, apart, sds[1])
    narrow, wide, mean = Fraction(1, 2) / Fraction(sds[0]) ** 2, Fraction(1, 2) / Fraction(sds[1]) ** 2, Fraction(apart)
    logs = Fraction(math.log(0.3 / 0.7) + math.log(sds[1] / sds[0]))
    a, b, c = wide - narrow, -2 * wide * mean, logs + wide * mean**2
    found = [*equal_density_points(first, second), *equal_density_points(second, first)]
    assert len(found) / 2 == (2 * (b * b > 4 * a * c) if a else int(b != 0))
    # Nearly equal sds lose the digits that they have in common.
    accuracy = 1e-12 + (1e-15 * max(sds) / (max(sds) - min(sds)) if a else 0)
    for x in map(Fraction, found):
        below, above = (a * y * y + b * y + c for y in (x * Fraction(1 - accuracy), x * Fraction(1 + accuracy)))
        assert below * above < 0
