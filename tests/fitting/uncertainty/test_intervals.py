"""Intervals, and the standard errors of what follows from the parameters: against other roads to the same numbers."""

from typing import Any

import numpy as np
import pytest

from gmmfit import Mixture, fit, simulate
from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from tests.oracles import second_derivative
from tests.samples import HEIGHTS, WAITING


def of_numbers(numbers: Array) -> Mixture:
    """The mixture of log odds of the first weight, two means, and the logs of two sds."""
    weight = 1 / (1 + np.exp(-numbers[0]))
    return Mixture.from_sds([weight, 1 - weight], numbers[1:3], np.exp(numbers[3:5]))


@pytest.mark.parametrize("values", [WAITING, HEIGHTS], ids=["waiting", "heights"])
def test_what_follows_has_the_errors_of_the_delta_method_in_other_numbers(values: Array) -> None:
    result = fit(values, 2, cutoff=[0.5, 0.9], tol=1e-12)
    mixture, sure = result.mixture, result.uncertainty
    assert sure is not None
    first = mixture.weights[0]
    peak = np.array([np.log(first / (1 - first)), *mixture.means[:, 0], *np.log(mixture.sds[:, 0])])
    steps = 1e-3 * np.array([1, *mixture.sds[:, 0], 1, 1])
    bends = second_derivative(lambda numbers: float(of_numbers(numbers).log_density(values).sum()), peak, steps)
    covariance = np.linalg.inv(-bends)

    def followed(numbers: Array) -> Array:
        there = of_numbers(numbers)
        [pair] = there.separations()
        return np.array([there.cutoffs()[0].value, there.cutoffs(0.9)[0].value, pair.ashman_d, pair.misclassified])

    slopes = np.array([(followed(peak + step) - followed(peak - step)) / (2 * step.max()) for step in np.diag(steps)])
    expected = np.sqrt(np.diagonal(slopes.T @ covariance @ slopes))
    found = [spread and spread.se for spread in (*sure.cutoffs, *sure.ashman_d, *sure.misclassified)]
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=2e-4)


def test_intervals_are_as_wide_as_asked_on_the_scale_of_each_parameter() -> None:
    result = fit(HEIGHTS, 2, confidence=0.9)
    errors, intervals, mixture = result.standard_errors, result.intervals, result.mixture
    assert errors is not None
    assert intervals is not None
    z = 1.6448536269514722  # 95 % of a standard normal lie below
    np.testing.assert_allclose(intervals.means[..., 1], mixture.means + z * errors.means)
    np.testing.assert_allclose(np.log(intervals.sds[..., 0]), np.log(mixture.sds) - z * errors.sds / mixture.sds)
    p = mixture.weights
    logits = np.log(intervals.weights / (1 - intervals.weights))
    np.testing.assert_allclose(np.diff(logits)[:, 0], 2 * z * errors.weights / (p * (1 - p)))


def test_the_interval_of_a_cutoff_under_a_transform_is_that_of_the_logs_mapped_back() -> None:
    values = np.exp(simulate(weights=[0.4, 0.6], means=[1, 2], sds=[0.3, 0.2], rows=500, seed=1).values[:, 0])
    under, of_logs = fit(values, 2, transform="log"), fit(np.log(values), 2)
    assert under.uncertainty is not None
    assert of_logs.uncertainty is not None
    [mine], [its] = under.uncertainty.cutoffs[:1], of_logs.uncertainty.cutoffs[:1]
    assert mine is not None
    assert its is not None
    np.testing.assert_allclose([mine.low, mine.high], np.exp([its.low, its.high]), rtol=1e-8)
    assert mine.se == pytest.approx(its.se * under.cutoffs[0].value, rel=1e-6)


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.9, 0.99])
def test_at_a_cutoff_the_component_above_has_the_probability(probability: float) -> None:
    mixture = fit(HEIGHTS, 2).mixture
    [cutoff] = mixture.cutoffs(probability)
    assert mixture.posterior([cutoff.value])[0, cutoff.above - 1] == pytest.approx(probability, rel=1e-9)


def test_a_component_that_is_nowhere_so_likely_has_no_cutoff() -> None:
    hidden = Mixture.from_sds([0.4, 0.6], [0, 0.5], [1, 3])
    assert [cutoff.above for cutoff in hidden.cutoffs()] == [1, 2]
    assert [cutoff.above for cutoff in hidden.cutoffs(0.95)] == [2]


@pytest.mark.parametrize("wrong", [{"confidence": 1}, {"cutoff": 0}, {"cutoff": [0.5, 1.2]}, {"se": "some"}])
def test_what_is_no_probability_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"`{next(iter(wrong))}` is"):
        fit(WAITING, 2, **wrong)


def test_robust_errors_are_those_of_equal_relative_weights() -> None:
    robust = fit(HEIGHTS, 2, se="robust")
    relative = fit(HEIGHTS, 2, row_weights=np.full(len(HEIGHTS), 0.5))
    assert robust.uncertainty is not None
    assert relative.uncertainty is not None
    assert robust.uncertainty.method == relative.uncertainty.method == "robust"
    for name in ("weights", "means", "sds"):
        mine, its = (getattr(one.standard_errors, name) for one in (robust, relative))
        np.testing.assert_allclose(mine, its, rtol=1e-6)


def test_robust_errors_of_one_component_know_the_fourth_moment_and_how_far_they_are_from_the_others() -> None:
    values = np.random.default_rng(1).standard_t(5, 4000)
    result = fit(values, 1, se="robust")
    assert result.standard_errors is not None
    squares = (values - values.mean()) ** 2
    assert result.standard_errors.covariances[0, 0, 0] == pytest.approx(squares.std() / np.sqrt(4000), rel=1e-9)
    assert result.uncertainty is not None
    assert result.uncertainty.ratios is not None
    assert result.uncertainty.ratios[1] == pytest.approx(squares.std() / (values.var() * np.sqrt(2)), rel=1e-9)


def test_what_is_asked_of_cutoffs_in_vain_is_said() -> None:
    assert fit(WAITING, 2, cutoff=[0.5, 0.5, 0.9]).settings.cutoff == (0.5, 0.9)
    near = Mixture.from_sds([0.5, 0.5], [0, 1], [1, 1])
    held = fit(np.linspace(-2, 3, 50), init=near, fix=["weights", "means", "sds"], cutoff=[0.5, 0.9999999999])
    assert [cutoff.probability for cutoff in held.cutoffs] == [0.5]
    assert "no cut-off at 0.9999999999: no component is so likely beside its neighbour" in held.warnings
    plane = simulate(random=True, components=2, column=("a", "b"), rows=80, seed=3).values
    assert "`cutoff` is of one column: of several there is none" in fit(plane, 2, cutoff=0.9).warnings


def test_a_cutoff_of_what_is_held_has_no_error_and_is_said_to_be_held() -> None:
    said = ["mean_1 = 54", "mean_2 = 80", "weight_1 = 0.5", "sd_1 = 6", "sd_2 = 6"]
    sure = fit(WAITING, 2, constrain=said).uncertainty
    assert sure is not None
    assert sure.cutoffs[0] is not None
    assert sure.cutoffs[0].se == 0
