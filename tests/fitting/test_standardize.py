"""Units and offset don't matter."""

import numpy as np
import pytest

from gmmfit import DataError, fit
from gmmfit.fitting.settings import COVARIANCES
from tests.samples import SAMPLES, column, columns

WAITING = column(SAMPLES / "old_faithful.csv", "waiting")
PLANE = columns(SAMPLES / "old_faithful.csv", ["eruptions", "waiting"])


@pytest.mark.parametrize("exponent", [-900, -60, -1, 1, 60, 900])
def test_powers_of_two_change_no_bit(exponent: int) -> None:
    unit = 2.0**exponent
    plain, scaled = fit(WAITING, 2), fit(WAITING * unit, 2)
    assert np.array_equal(scaled.mixture.weights, plain.mixture.weights)
    assert np.array_equal(scaled.mixture.means, plain.mixture.means * unit)
    assert np.array_equal(scaled.mixture.sds, plain.mixture.sds * unit)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 2.54, 1e9])
@pytest.mark.parametrize("covariance", ["full", "spherical", "tied-diag"])
def test_scaled_rows_give_the_scaled_mixture(scale: float, covariance: str) -> None:
    values = np.stack(list(PLANE.values()), axis=1)
    plain, scaled = (fit(x, 2, covariance=covariance, tol=1e-10) for x in (values, values * scale))
    np.testing.assert_allclose(scaled.mixture.means, plain.mixture.means * scale, rtol=1e-6)
    np.testing.assert_allclose(scaled.mixture.sds, plain.mixture.sds * scale, rtol=1e-5)
    shift = plain.n * 2 * np.log(scale)
    assert scaled.log_likelihood == pytest.approx(plain.log_likelihood - shift, rel=1e-9)


@pytest.mark.parametrize("offset", [1.0, -1e6, 1e10])
def test_an_offset_moves_the_means_and_nothing_else(offset: float) -> None:
    plain, moved = fit(WAITING, 2, tol=1e-10), fit(WAITING + offset, 2, tol=1e-10)
    np.testing.assert_allclose(moved.mixture.means - offset, plain.mixture.means, atol=1e-5)
    np.testing.assert_allclose(moved.mixture.sds, plain.mixture.sds, rtol=1e-5)
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_weights_of_two_are_rows_twice(covariance: str) -> None:
    values = np.stack(list(PLANE.values()), axis=1)
    start = fit(values, 2, covariance=covariance, max_iter=3).mixture
    twice = fit(np.concatenate([values, values]), init=start, covariance=covariance)
    weighted = fit(values, init=start, covariance=covariance, row_weights=np.full(len(values), 2.0))
    np.testing.assert_allclose(weighted.mixture.means, twice.mixture.means, rtol=1e-9)
    assert weighted.log_likelihood == pytest.approx(twice.log_likelihood, rel=1e-12)
    assert weighted.bic == pytest.approx(twice.bic, rel=1e-12)
    assert (weighted.n, weighted.n_rows, twice.n_rows) == (544, 272, 544)


def test_all_weights_times_c_leave_the_mixture_and_multiply_the_likelihood() -> None:
    weights = np.random.default_rng(1).uniform(0.5, 2, len(WAITING))
    start = fit(WAITING, 2).mixture
    once, more = (fit(WAITING, init=start, row_weights=weights * c, tol=0, max_iter=50) for c in (1, 10))
    np.testing.assert_allclose(more.mixture.means, once.mixture.means, rtol=1e-10)
    assert more.log_likelihood == pytest.approx(10 * once.log_likelihood, rel=1e-12)


def test_weights_that_sum_to_one_give_the_same_mixture() -> None:
    plain, shares = fit(WAITING, 2), fit(WAITING, 2, row_weights=np.full(len(WAITING), 1 / len(WAITING)))
    assert (shares.status, shares.iterations) == (plain.status, plain.iterations)
    np.testing.assert_allclose(shares.mixture.means, plain.mixture.means, rtol=1e-9)
    assert shares.log_likelihood == pytest.approx(plain.mean_log_likelihood, rel=1e-12)


@pytest.mark.parametrize("tol_type", ["change", "parameters"])
def test_rules_without_a_scale_do_not_see_that_of_the_weights(tol_type: str) -> None:
    plain, small = (fit(WAITING, 2, row_weights=np.full(272, c), tol_type=tol_type, tol=1e-4) for c in (1.0, 1e-3))
    assert small.iterations == plain.iterations


@pytest.mark.parametrize("c", [1e-250, 1e-6, 1e250])
def test_weights_of_any_size_give_the_same_mixture(c: float) -> None:
    plain, scaled = (
        fit(WAITING, 2, tol=0, max_iter=30),
        fit(WAITING, 2, row_weights=np.full(272, c), tol=0, max_iter=30),
    )
    np.testing.assert_allclose(scaled.mixture.means, plain.mixture.means, rtol=1e-9)
    assert scaled.log_likelihood == pytest.approx(c * plain.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("scale", [0.3, 1 / 2.54, 7.0])
def test_the_start_does_not_depend_on_the_unit_of_one_column(scale: float) -> None:
    values = np.stack(list(PLANE.values()), axis=1)
    other = values * [scale, 1]
    for means in (None, [[2.1, 60], [4, 75]]):
        plain, scaled = (
            fit(x, 2, init_means=None if means is None else np.array(means) * unit, tol=0, max_iter=0).mixture
            for x, unit in ((values, [1, 1]), (other, [scale, 1]))
        )
        np.testing.assert_allclose(scaled.means, plain.means * [scale, 1], rtol=1e-9)
        np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-9)


def test_a_row_of_weight_zero_is_a_row_left_out() -> None:
    weights = np.ones(len(WAITING))
    weights[::3] = 0
    weighted, cut = fit(WAITING, 2, row_weights=weights), fit(WAITING[weights > 0], 2)
    assert weighted.to_json() == cut.to_json()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.7e308, -1.7e308, 1, 2], "has values up to 1.7e\\+308: divide them"),
        ([5e-324, 1e-323, 1.5e-323], "has a range of 9.88131e-324: multiply its values"),
    ],
)
def test_values_at_the_ends_of_double_precision_are_refused(values: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(values, 1)


@pytest.mark.parametrize("unit", [1e297, 1e-305])
def test_values_a_little_inside_are_fitted(unit: float) -> None:
    inner = fit(np.array([1.0, 2, 4, 5]) * unit, 1).mixture
    assert inner.means[0, 0] / unit == pytest.approx(3)
    assert inner.sds[0, 0] / unit == pytest.approx(1.5811388300841898)
