"""Standard errors against references, closed forms, and a numerical second derivative."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gmmfit import fit, simulate
from gmmfit.arrays import Array
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.covariance import STRUCTURES
from tests.oracles import density, numerical_standard_errors, numerical_standard_errors_along, second_derivative
from tests.samples import HEIGHTS, WAITING, name_of, references, table_of

WITH_ERRORS = [one for one in references() if "standard_errors" in one and one["k"] <= 3]


@pytest.mark.parametrize("one", WITH_ERRORS, ids=name_of)
def test_standard_errors_are_the_references(one: dict[str, Any]) -> None:
    result = fit(**table_of(one), init_weights=one["weights"], init_means=one["means"], init_sds=one["sds"], tol=1e-10)
    assert result.standard_errors is not None
    for name in ("weights", "means", "sds"):
        np.testing.assert_allclose(getattr(result.standard_errors, name), one["standard_errors"][name], rtol=1e-4)


def test_one_component_has_the_closed_forms() -> None:
    errors = fit(WAITING, 1).standard_errors
    assert errors is not None
    n, sd = len(WAITING), WAITING.std()
    assert errors.weights.tolist() == [0]
    assert errors.means[0, 0] == pytest.approx(sd / np.sqrt(n), rel=1e-9)
    assert errors.sds[0, 0] == pytest.approx(sd / np.sqrt(2 * n), rel=1e-9)
    assert errors.covariances[0, 0, 0] == pytest.approx(sd**2 * np.sqrt(2 / n), rel=1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_in_two_columns_they_are_those_of_a_numerical_second_derivative(covariance: str) -> None:
    drawn = simulate(random=True, components=2, column=("a", "b"), rows=150, seed=5).values
    result = fit(drawn, 2, column=("a", "b"), covariance=covariance, starts=20)
    by_differences = numerical_standard_errors if STRUCTURES[covariance].is_linear else numerical_standard_errors_along
    weights, means, covariances = by_differences(result.mixture, drawn, covariance)
    errors = result.standard_errors
    assert errors is not None
    np.testing.assert_allclose(errors.weights, weights, rtol=1e-4)
    np.testing.assert_allclose(errors.means, means, rtol=1e-4)
    np.testing.assert_allclose(errors.covariances, np.broadcast_to(covariances, (2, 2, 2)), rtol=1e-4)
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    np.testing.assert_allclose(errors.sds, variances / (2 * result.mixture.sds), rtol=1e-4)


def test_what_is_held_has_no_error_and_the_rest_that_of_the_rest() -> None:
    drawn = simulate(random=True, components=2, column=("a", "b"), rows=150, seed=5).values
    held = fit(drawn, init=fit(drawn, 2, starts=20), fix=["weights", "sds"])
    best, errors = held.mixture, held.standard_errors
    assert errors is not None

    def log_likelihood(means: Array) -> float:
        return float(np.log(density(replace(best, means=means.reshape(2, 2)), drawn)).sum())

    bends = second_derivative(log_likelihood, best.means.ravel(), 1e-4 * best.sds.ravel())
    np.testing.assert_allclose(errors.means.ravel(), np.sqrt(np.diagonal(np.linalg.inv(-bends))), rtol=1e-4)
    assert not errors.weights.any()
    assert not errors.sds.any()


def test_nothing_to_estimate_has_no_errors() -> None:
    held = fit(WAITING, init_means=[70], init_sds=[13], fix=["means", "sds"]).standard_errors
    assert held is not None
    assert not np.concatenate([held.weights, held.means.ravel(), held.sds.ravel()]).any()


def test_they_go_with_the_units() -> None:
    plain, scaled = fit(WAITING, 2).standard_errors, fit(WAITING * 1e-3 + 7, 2).standard_errors
    assert plain is not None
    assert scaled is not None
    np.testing.assert_allclose(scaled.means, plain.means * 1e-3, rtol=1e-5)
    np.testing.assert_allclose(scaled.covariances, plain.covariances * 1e-6, rtol=1e-5)
    np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-5)


def test_they_are_refused_with_a_reason() -> None:
    short = fit(WAITING, init_means=[50, 80], max_iter=2)
    assert (short.standard_errors, short.no_standard_errors) == (
        None,
        "the fit stopped before a peak: raise `max_iter`, or `tol` above 0",
    )
    twins = fit(WAITING, init_weights=[0.5, 0.5], init_means=[70, 70], init_sds=[13, 13])
    assert twins.no_standard_errors == "the likelihood has no peak here (coincident)"
    assert fit(WAITING, 2, se="none").no_standard_errors == "they were not asked for"
    spike = fit([0.0] * 9 + [1.0] * 9, init_weights=[0.5, 0.5], init_means=[0, 1], init_sds=[0.1, 0.1])
    assert spike.status == "on_floor"
    assert spike.no_standard_errors == "the likelihood has no peak here (on_floor)"


def test_of_relative_weights_one_component_has_the_closed_form_of_the_sandwich() -> None:
    """The mean is a ratio of weighted sums, whose variance is Σ w² (x - mean)² / (Σ w)²."""
    weights = np.random.default_rng(3).exponential(1, len(WAITING))
    result = fit(WAITING, 1, row_weights=weights)
    errors, mean = result.standard_errors, float(result.mixture.means[0, 0])
    assert errors is not None
    squares = (WAITING - mean) ** 2
    variance = np.average(squares, weights=weights)
    assert errors.means[0, 0] == pytest.approx(np.sqrt(weights**2 @ squares) / weights.sum(), rel=1e-9)
    assert errors.covariances[0, 0, 0] == pytest.approx(
        np.sqrt(weights**2 @ (squares - variance) ** 2) / weights.sum(), rel=1e-9
    )


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_of_relative_weights_they_are_next_to_those_of_the_jackknife(covariance: str) -> None:
    """Each row left out once: the sum of the squared changes is the sandwich but for terms that fall as 1 / n."""
    rng = np.random.default_rng(4)
    x, weights = np.concatenate([rng.normal(0, 1, 150), rng.normal(6, 1, 150)]), rng.exponential(1, 300)
    result = fit(x, 2, covariance=covariance, row_weights=weights)
    left_out = np.array(
        [
            fit(
                np.delete(x, i), init=result, covariance=covariance, row_weights=np.delete(weights, i), se="none"
            ).mixture.means.ravel()
            for i in range(300)
        ]
    )
    assert result.standard_errors is not None
    jackknife = np.sqrt(np.sum((left_out - result.mixture.means.ravel()) ** 2, axis=0))
    np.testing.assert_allclose(result.standard_errors.means.ravel(), jackknife, rtol=0.05)


def test_equal_rows_are_rows_apart_in_the_sandwich() -> None:
    """Rows of one value are summed as one, with their weights; the squares of these are not."""
    rng = np.random.default_rng(5)
    x, weights = np.round(rng.normal(0, 1, 400), 1), rng.exponential(1, 400)
    apart = fit(x + 1e-9 * rng.normal(size=400), 1, row_weights=weights).standard_errors
    errors = fit(x, 1, row_weights=weights).standard_errors
    assert errors is not None
    assert apart is not None
    assert errors.means[0, 0] == pytest.approx(apart.means[0, 0], rel=1e-6)


def test_whether_a_peak_was_reached_does_not_depend_on_the_scale_of_the_weights() -> None:
    """200 steps of plain EM stop short of it."""
    for weight in (1.0, 1 / len(HEIGHTS)):
        short = fit(HEIGHTS, init_means=[160, 180], row_weights=np.full(len(HEIGHTS), weight), max_iter=200, tol=0)
        assert short.no_standard_errors == "the fit stopped before a peak: raise `max_iter`, or `tol` above 0"
