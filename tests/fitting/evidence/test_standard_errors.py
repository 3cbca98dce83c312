"""Standard errors against references, closed forms, and a numerical second derivative."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gmmfit import fit, simulate
from gmmfit.fitting.settings import COVARIANCES
from tests.fitting.test_reference import DATA, name_of
from tests.oracles import density
from tests.samples import SAMPLES, column, columns, references

WITH_ERRORS = [one for one in references() if "standard_errors" in one and one["k"] <= 3]
WAITING = column(SAMPLES / "old_faithful.csv", "waiting")


@pytest.mark.parametrize("one", WITH_ERRORS, ids=name_of)
def test_standard_errors_are_the_references(one: dict[str, Any]) -> None:
    weights = one.get("row_weights")
    table = columns(DATA / one["table"], [*one["columns"], *([weights] if weights else [])])
    result = fit(
        table,
        column=one["columns"],
        covariance=one["covariance"],
        init_weights=one["weights"],
        init_means=one["means"],
        init_sds=one["sds"],
        row_weights=weights,
        tol=1e-10,
    )
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
def test_in_two_columns_the_information_is_the_numerical_second_derivative(covariance: str) -> None:
    """Means only, all else held at the fit: the block of the information that belongs to them, by differences."""
    drawn = simulate(random=True, components=2, column=("a", "b"), rows=300, seed=5).values
    free = fit(drawn, 2, column=("a", "b"), covariance=covariance, tol=1e-10)
    held = fit(drawn, column=("a", "b"), covariance=covariance, init=free, fix=["weights", "sds"], tol=1e-10)
    assert held.standard_errors is not None
    best, step = held.mixture, 1e-4

    def log_likelihood(means: npt.NDArray[np.float64]) -> float:
        from dataclasses import replace

        return float(np.sum(np.log(density(replace(best, means=means.reshape(2, 2)), drawn))))

    centre, bends = best.means.ravel(), np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            e, f = step * np.eye(4)[i], step * np.eye(4)[j]
            ends = [log_likelihood(centre + a * e + b * f) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            bends[i, j] = (ends[0] - ends[1] - ends[2] + ends[3]) / (4 * step**2)
    expected = np.sqrt(np.diagonal(np.linalg.inv(-bends))).reshape(2, 2)
    np.testing.assert_allclose(held.standard_errors.means, expected, rtol=1e-4)
    assert not held.standard_errors.weights.any()
    assert not held.standard_errors.sds.any()


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
    assert fit(WAITING, 2, se=False).no_standard_errors == "they were not asked for"
    spike = fit([0.0] * 9 + [1.0] * 9, init_weights=[0.5, 0.5], init_means=[0, 1], init_sds=[0.1, 0.1])
    assert spike.status == "on_floor"
    assert spike.no_standard_errors == "the likelihood has no peak here (on_floor)"


def test_whether_a_peak_was_reached_does_not_depend_on_the_scale_of_the_weights() -> None:
    """200 steps of plain EM stop short of it."""
    heights = column(SAMPLES / "heights.csv", "height")
    for weight in (1.0, 1 / len(heights)):
        short = fit(heights, init_means=[160, 180], row_weights=np.full(len(heights), weight), max_iter=200, tol=0)
        assert short.no_standard_errors == "the fit stopped before a peak: raise `max_iter`, or `tol` above 0"
