"""Units and offset don't matter."""

from dataclasses import replace

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError, fit, simulate
from gmmfit.data.rows import BLOCK
from gmmfit.fitting.settings import COVARIANCES
from tests.samples import FAITHFUL_ROWS, WAITING


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
    plain, scaled = (
        fit(x, 2, covariance=covariance, starts=30, tol=1e-10) for x in (FAITHFUL_ROWS, FAITHFUL_ROWS * scale)
    )
    np.testing.assert_allclose(scaled.mixture.means, plain.mixture.means * scale, rtol=1e-6)
    np.testing.assert_allclose(scaled.mixture.sds, plain.mixture.sds * scale, rtol=1e-5)
    shift = plain.n * 2 * np.log(scale)
    assert scaled.log_likelihood == pytest.approx(plain.log_likelihood - shift, rel=1e-9)


@pytest.mark.parametrize("offset", [1.0, -1e6, 1e10])
def test_an_offset_moves_the_means_and_nothing_else(offset: float) -> None:
    plain, moved = (fit(x, 2, starts=30, tol=1e-10) for x in (WAITING, WAITING + offset))
    np.testing.assert_allclose(moved.mixture.means - offset, plain.mixture.means, atol=1e-5)
    np.testing.assert_allclose(moved.mixture.sds, plain.mixture.sds, rtol=1e-5)
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_weights_of_two_are_rows_twice(covariance: str) -> None:
    start = fit(FAITHFUL_ROWS, 2, covariance=covariance, starts=10, max_iter=3).mixture
    twice = fit(np.concatenate([FAITHFUL_ROWS, FAITHFUL_ROWS]), init=start, covariance=covariance)
    weighted = fit(FAITHFUL_ROWS, init=start, covariance=covariance, row_weights=np.full(len(FAITHFUL_ROWS), 2.0))
    np.testing.assert_allclose(weighted.mixture.means, twice.mixture.means, rtol=1e-9)
    assert weighted.log_likelihood == pytest.approx(twice.log_likelihood, rel=1e-12)
    assert weighted.bic == pytest.approx(twice.bic, rel=1e-12)
    assert (weighted.n, weighted.n_rows, twice.n_rows) == (544, 272, 544)


@pytest.mark.parametrize("c", [1e-250, 1e-6, 0.3, 10, 1e250])
def test_a_common_factor_of_relative_weights_changes_nothing(c: float) -> None:
    weights = np.random.default_rng(1).uniform(0.5, 2, len(WAITING))
    once, more = (fit(WAITING, 2, starts=20, row_weights=weights * factor) for factor in (1, c))
    assert (more.weighting, more.n, more.status) == ("relative", 272, once.status)
    np.testing.assert_allclose(more.mixture.means, once.mixture.means, rtol=1e-9)
    assert more.bic == pytest.approx(once.bic, rel=1e-12)
    assert more.standard_errors is not None
    assert once.standard_errors is not None
    np.testing.assert_allclose(more.standard_errors.means, once.standard_errors.means, rtol=1e-7)


def test_equal_relative_weights_are_none() -> None:
    plain, shares = (fit(WAITING, 2, row_weights=weights) for weights in (None, np.full(272, 1 / 272)))
    assert (shares.status, shares.iterations, shares.n) == (plain.status, plain.iterations, 272)
    np.testing.assert_allclose(shares.mixture.means, plain.mixture.means, rtol=1e-9)
    assert shares.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)


def test_the_result_says_what_the_weights_were() -> None:
    for weights, weighting, n in (
        (None, "", 272),
        (np.full(272, 3), "counts", 816),
        (np.full(272, 0.3), "relative", 272),
    ):
        result = fit(WAITING, 2, starts=20, row_weights=weights, se="none")
        assert (result.weighting, result.n) == (weighting, n)
        assert result.to_document().get("rows") == ({"weights": weighting} if weighting else None)


@pytest.mark.parametrize("scale", [0.3, 1 / 2.54, 7.0])
def test_the_start_does_not_depend_on_the_unit_of_one_column(scale: float) -> None:
    other = FAITHFUL_ROWS * [scale, 1]
    for means in (None, [[2.1, 60], [4, 75]]):
        plain, scaled = (
            fit(
                x, 2, init_means=None if means is None else np.array(means) * unit, starts=30, tol=0, max_iter=0
            ).mixture
            for x, unit in ((FAITHFUL_ROWS, [1, 1]), (other, [scale, 1]))
        )
        np.testing.assert_allclose(scaled.means, plain.means * [scale, 1], rtol=1e-9)
        np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-9)


def test_a_row_of_weight_zero_is_a_row_left_out() -> None:
    weights = np.ones(len(WAITING))
    weights[::3] = 0
    weighted, cut = fit(WAITING, 2, row_weights=weights), fit(WAITING[weights > 0], 2)
    assert replace(weighted, weighting="").to_json() == cut.to_json()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.7e308, -1.7e308, 1, 2], "has values up to 1.7e\\+308: divide them"),
        ([-1.7e308, 1, 2], "has values up to 1.7e\\+308: divide them"),
        ([1, 2, 1.7e308], "has values up to 1.7e\\+308: divide them"),
        ([5e-324, 1e-323, 1.5e-323], "has a range of 9.88131e-324: multiply its values"),
    ],
)
def test_values_at_the_ends_of_double_precision_are_refused(values: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(values, 1)


@pytest.mark.parametrize("min_sd", [1e-101, 1e102])
def test_a_floor_out_of_all_proportion_to_the_column_is_refused(min_sd: float) -> None:
    with pytest.raises(ArgumentError, match="`min_sd` is .*, which is no sd for columns of these units"):
        fit(WAITING, 2, min_sd=min_sd)


@pytest.mark.parametrize("unit", [1e297, 1e-305])
def test_values_a_little_inside_are_fitted(unit: float) -> None:
    inner = fit(np.array([1.0, 2, 4, 5]) * unit, 1).mixture
    assert inner.means[0, 0] / unit == pytest.approx(3)
    assert inner.sds[0, 0] / unit == pytest.approx(1.5811388300841898)


@pytest.mark.parametrize("decimals", [1, 15])
def test_the_likelihood_is_that_of_all_rows_where_a_sample_stands_for_them(decimals: int) -> None:
    """200,000 rows of a thousand different values, and of as many as there are rows."""
    drawn = simulate(weights=[0.4, 0.6], means=[165, 178], sds=[6, 7], rows=200_000, seed=1)
    rows = drawn.values.round(decimals)
    result = fit(rows, init=drawn.mixture, tol=0, max_iter=2, se="none")
    assert result.log_likelihood == pytest.approx(result.mixture.log_density(rows).sum(), rel=1e-12)
    assert result.mixture.weights @ result.mixture.means == pytest.approx(rows.mean(), rel=1e-12)


def test_a_block_of_one_value_is_no_constant_column() -> None:
    mixture = fit(np.repeat([1.0, 2.0], BLOCK), 1).mixture
    assert (mixture.means[0, 0], mixture.sds[0, 0]) == (1.5, 0.5)


def test_a_sorted_table_of_several_blocks_is_fitted_as_when_shuffled() -> None:
    shuffled = simulate(means=[0, 5], sds=[1, 2], rows=2 * BLOCK + 5, seed=1).values[:, 0]
    one, other = (fit(rows, 2, starts=20, se="none") for rows in (shuffled, np.sort(shuffled)))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(other.mixture.means, one.mixture.means, rtol=1e-9)


def test_one_component_begins_with_the_covariance_of_more_different_rows_than_a_sample_has() -> None:
    rows = np.random.default_rng(1).normal([1000, 5], [1, 3], (BLOCK + 4000, 2)) @ np.array([[1, 0.4], [0, 1]])
    begun = fit(rows, 1, tol=0, max_iter=0, se="none").mixture
    np.testing.assert_allclose(begun.means[0], rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(begun.covariances[0], np.cov(rows.T, bias=True), rtol=1e-9)
