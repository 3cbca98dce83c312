"""The stopping rules."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gmmfit import Mixture, Step, fit
from gmmfit.fitting.em.stopping import parameter_change, remaining_gain
from tests.oracles import gain_of_a_thousand_steps
from tests.samples import HEIGHTS, WAITING

ONE = Mixture.from_sds([1], [0], [1])


def test_what_is_still_to_come_of_a_geometric_series_is_exact() -> None:
    series = [-(0.9**i) for i in range(6)]
    assert remaining_gain(series[-3:]) == pytest.approx(0.9**5, rel=1e-10)


def test_gains_that_do_not_shrink_allow_no_estimate() -> None:
    assert math.isinf(remaining_gain([0, 1, 3]))
    assert math.isinf(remaining_gain([0, 1]))


def test_gains_within_rounding_leave_nothing_to_come() -> None:
    assert remaining_gain([-1e6, -1e6 + 1e-10, -1e6]) == 0


def test_a_fit_called_converged_is_within_tol_of_the_peak() -> None:
    for x in (WAITING, HEIGHTS):
        result = fit(x, 2)
        assert result.converged
        assert abs(gain_of_a_thousand_steps(result.mixture, x[:, None], "full")) < 5e-6


def test_change_stops_on_the_mean_log_likelihood() -> None:
    result = fit(WAITING, 2, init_method="quantile", tol_type="change", tol=1e-3, accelerate=False)
    before, last, end = (step.log_likelihood / len(WAITING) for step in result.history[-3:])
    assert abs(end - last) < 1e-3 <= abs(last - before)


def test_parameters_stops_on_the_largest_relative_change() -> None:
    result = fit(WAITING, 2, init_method="quantile", tol_type="parameters", tol=1e-5, accelerate=False)
    before, after = result.history[-2].mixture, result.history[-1].mixture
    assert np.max(np.abs(after.means / before.means - 1)) < 1e-5
    assert parameter_change(*result.history[-3:-1]) >= 1e-5


def change_to(mixture: Mixture) -> float:
    return parameter_change(Step(0, 0, ONE, "init", 0), Step(1, 0, mixture, "em", 0))


def test_a_variance_is_no_parameter_beside_its_sd() -> None:
    wider = Mixture.from_sds([1], [0], [1.01])
    assert change_to(wider) == pytest.approx(0.01)


def test_a_mean_near_zero_is_measured_against_its_sd() -> None:
    moved = Mixture.from_sds([1], [1e-9], [1])
    assert change_to(moved) == pytest.approx(1e-9)
    assert fit([-2, -1, 1, 2.0], 1, tol_type="parameters").converged
    assert change_to(ONE) == 0


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


@pytest.mark.parametrize("max_iter", [0, 1])
def test_a_fit_begun_on_its_peak_is_converged_however_few_iterations_are_allowed(max_iter: int) -> None:
    peak = fit(WAITING, 2)
    assert fit(WAITING, init=peak, max_iter=max_iter).status == "converged"
    beside = replace(peak.mixture, means=peak.mixture.means + 0.01)
    assert fit(WAITING, init=beside, max_iter=max_iter).status == "max_iterations"


def test_a_run_that_loses_a_component_ends_there() -> None:
    """26 sds from all rows a component gets 1e-144 of one at first, and 1e-289 by the next E step."""
    inits = {"init_weights": [0.5, 0.5], "init_means": [0, 26.3], "init_sds": [1, 1]}
    lost = fit([-0.5, 0.0, 0.5], fix=["means", "sds"], **inits)  # type: ignore[arg-type]
    assert (lost.status, lost.iterations) == ("empty_component", 1)
