"""The cdf and quantile against quantile."""

import numpy as np
import pytest
from scipy import stats

import gmmfit
from gmmfit.model.mixture import Mixture
from gmmfit.plots.kinds.distribution import within_95
from tests.plots.pictures import FITTED, HEIGHTS, line, texts


def test_the_cdf_is_the_mixtures_and_the_steps_are_the_rows() -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, kind="cdf")
    x, curve = line(figure, "mixture")
    np.testing.assert_array_equal(curve, FITTED.mixture.cdf(x))
    values, steps = line(figure, "934 rows")
    expected = [np.mean(HEIGHTS["height"] <= value) for value in values]
    np.testing.assert_allclose(steps[1:], expected[1:], atol=1e-12)
    assert steps[0] == 0


def test_the_largest_distance_is_kolmogorovs() -> None:
    expected = stats.kstest(HEIGHTS["height"], FITTED.mixture.cdf).statistic  # type: ignore[arg-type]
    assert f"at most {expected:.3g} from the rows" in texts(gmmfit.plot(HEIGHTS, FITTED, kind="cdf"))


def test_quantiles_are_the_mixtures() -> None:
    values = np.array([3.0, 1.0, 2.0, 5.0])
    normal = Mixture.from_sds([1], [2.5], [1.5])
    figure = gmmfit.plot(values, normal, kind="qq")
    expected, seen = np.array(figure.axes[0].collections[1].get_offsets()).T
    np.testing.assert_array_equal(seen, [1, 2, 3, 5])
    np.testing.assert_allclose(expected, stats.norm(2.5, 1.5).ppf([0.125, 0.375, 0.625, 0.875]))


@pytest.mark.parametrize(("n", "i"), [(10, 1), (10, 10), (100, 1), (100, 2), (100, 50), (1000, 999), (10_000, 30)])
def test_the_range_of_a_share_is_nearly_the_exact_one(n: int, i: int) -> None:
    share = np.array([(i - 0.5) / n])
    for side, tail in ((-1, 0.025), (1, 0.975)):
        exact, found = stats.beta(i, n - i + 1).ppf(tail), within_95(share, n, side)[0]
        assert found == pytest.approx(exact, rel=0.06, abs=0.02 / n)
        assert 1 - found == pytest.approx(1 - exact, rel=0.06, abs=0.02 / n)


def test_of_rows_from_the_mixture_itself_nearly_all_lie_in_their_range_however_many_there_are() -> None:
    mixture = Mixture.from_sds([0.4, 0.6], [0, 3], [1, 1])
    for n in (300, 300_000):
        figure = gmmfit.plot(mixture.simulate(n, seed=1), mixture, kind="qq")
        expected, seen = np.array(figure.axes[0].collections[1].get_offsets()).T
        low, high = (mixture.quantile(within_95(mixture.cdf(expected), n, side)) for side in (-1, 1))
        assert np.mean((seen >= low) & (seen <= high)) > 0.8


def test_rows_of_any_weights_stand_in_the_middle_of_their_share() -> None:
    values, rng = np.sort(np.random.default_rng(0).normal(size=300)), np.random.default_rng(1)
    for weights in (rng.lognormal(0, 3, 300), np.full(300, 1 / 300), np.r_[1e-9, np.ones(299)]):
        figure = gmmfit.plot(values, Mixture.from_sds([1], [0], [1]), kind="qq", row_weights=weights)
        expected, seen = np.array(figure.axes[0].collections[1].get_offsets()).T
        np.testing.assert_array_equal(seen, values)
        middle = (np.cumsum(weights) - weights / 2) / weights.sum()
        np.testing.assert_allclose(expected, stats.norm.ppf(middle), rtol=1e-6, atol=1e-12)


def test_of_very_many_rows_the_ends_are_all_drawn() -> None:
    values = np.random.default_rng(0).normal(size=50_000)
    figure = gmmfit.plot(values, Mixture.from_sds([1], [0], [1]), kind="qq")
    seen = np.array(figure.axes[0].collections[1].get_offsets())[:, 1]
    assert len(seen) == 1000
    np.testing.assert_array_equal(seen[:100], np.sort(values)[:100])
