"""The stopping rules."""

import math

import numpy as np
import pytest

from gmmfit import FitError, Mixture, Step, fit
from gmmfit.fitting.em.stopping import climb, mean_change, parameter_change, remaining_gain
from tests.samples import SAMPLES, column

WAITING = column(SAMPLES / "old_faithful.csv", "waiting")
HEIGHTS = column(SAMPLES / "heights.csv", "height")
ONE = Mixture.from_sds([1], [0], [1])


def steps(log_likelihoods: list[float]) -> list[Step]:
    return [Step(i, value, ONE) for i, value in enumerate(log_likelihoods)]


def test_what_is_still_to_come_of_a_geometric_series_is_exact() -> None:
    series = [-(0.9**i) for i in range(6)]
    assert remaining_gain(steps(series)) == pytest.approx(0.9**5, rel=1e-10)


def test_gains_that_do_not_shrink_allow_no_estimate() -> None:
    assert math.isinf(remaining_gain(steps([0, 1, 3])))
    assert math.isinf(remaining_gain(steps([0, 1])))


def test_gains_within_rounding_leave_nothing_to_come() -> None:
    assert remaining_gain(steps([-1e6, -1e6 + 1e-10, -1e6])) == 0


def test_a_fit_called_converged_is_within_tol_of_the_peak() -> None:
    for x in (WAITING, HEIGHTS):
        result = fit(x, 2)
        further = fit(x, init=result, tol=0, max_iter=1000)
        assert result.converged
        rounding = 1e-14 * abs(result.log_likelihood)
        assert -rounding <= further.log_likelihood - result.log_likelihood < 5e-6


def test_change_stops_on_the_mean_log_likelihood() -> None:
    result = fit(WAITING, 2, tol_type="change", tol=1e-3, accelerate=False)
    assert (
        mean_change(list(result.history), len(WAITING)) < 1e-3 <= mean_change(list(result.history[:-1]), len(WAITING))
    )


def test_parameters_stops_on_the_largest_relative_change() -> None:
    result = fit(WAITING, 2, tol_type="parameters", tol=1e-5, accelerate=False)
    before, after = result.history[-2].mixture, result.history[-1].mixture
    assert np.max(np.abs(after.means / before.means - 1)) < 1e-5
    assert parameter_change(list(result.history[:-1])) >= 1e-5


def test_a_variance_is_no_parameter_beside_its_sd() -> None:
    wider = Mixture.from_sds([1], [0], [1.01])
    assert parameter_change([Step(0, 0, ONE), Step(1, 0, wider)]) == pytest.approx(0.01)


def test_a_mean_near_zero_is_measured_against_its_sd() -> None:
    moved = Mixture.from_sds([1], [1e-9], [1])
    assert parameter_change([Step(0, 0, ONE), Step(1, 0, moved)]) == pytest.approx(1e-9)
    assert fit([-2, -1, 1, 2.0], 1, tol_type="parameters").converged
    assert parameter_change([Step(0, 0, ONE), Step(1, 0, ONE)]) == 0


def test_a_fit_cut_short_says_so_and_how_much_is_to_come() -> None:
    result = fit(HEIGHTS, init_means=[160, 180], init_sds=[5, 5], max_iter=5)
    assert (result.status, result.converged, result.iterations) == ("max_iterations", False, 5)
    assert "not converged after 5 iterations (gain still to come: about" in result.warnings[0]


def test_tol_zero_runs_exactly_so_many_iterations_without_a_warning() -> None:
    result = fit(HEIGHTS, 2, tol=0, max_iter=7)
    assert (result.status, result.iterations, result.warnings) == ("fixed_iterations", 7, ())


def test_no_iterations_at_all_give_the_inits() -> None:
    result = fit(HEIGHTS, init_weights=[1], init_means=[170], init_sds=[9], tol=0, max_iter=0)
    assert str(result.mixture) == "1 N(170, 9)"


def test_a_climb_that_loses_a_component_ends_with_its_last_state() -> None:
    def stream() -> object:
        yield from steps([0, 1, 2])
        raise FitError("component 1 is empty")

    ended = climb(stream(), 1, 1e-6, "gain", 100)  # type: ignore[arg-type]
    assert (ended.status, ended.steps[-1].iteration) == ("empty_component", 2)
