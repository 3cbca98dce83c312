"""Newton's steps know the curvature in all directions."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from gmmfit import Mixture
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.curvature import newton_steps
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.settings import COVARIANCES, Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.free_numbers import from_sds, in_sds
from tests.samples import FAITHFUL_ROWS

ROWS = Rows((FAITHFUL_ROWS - [3.5, 71]) / [1.14, 13.6], np.ones(272), ("a", "b"))
SHORT, LONG = [-1.2, -1.2], [0.7, 0.7]


def constraints_of(covariance: str, *held: str) -> Constraints:
    return Constraints(STRUCTURES[covariance], Fixed.of(held), Floor(np.eye(2) * 1e-6))


def begun(constraints: Constraints, iterations: int = 5) -> Batch:
    """Two groups, after a few steps of EM."""
    eyes = np.tile(np.eye(2) / 10, (2, 1, 1))
    start = Batch.of([Mixture(np.array([0.4, 0.6]), np.array([SHORT, LONG]), eyes, ("a", "b"))])
    return next(islice(em(ROWS, start, constraints), iterations, None)).batch


def state_of(batch: Batch, constraints: Constraints) -> State:
    return State.of(0, batch, expect(batch, ROWS), constraints, "init")


@pytest.mark.parametrize("covariance", [name for name in COVARIANCES if STRUCTURES[name].is_linear])
@pytest.mark.parametrize("held", ["", "weights", "means", "sds"])
def test_next_to_a_peak_a_step_gains_what_is_still_to_come(covariance: str, held: str) -> None:
    constraints = constraints_of(covariance, *([held] if held else []))
    near = begun(constraints, 2)
    states = accelerated(ROWS, near, constraints, plain=0, newton=True)
    peak = list(islice(states, 12))[-1].log_likelihood[0]
    _, gains = newton_steps(state_of(near, constraints), ROWS, constraints)
    came = peak - expect(near, ROWS).log_likelihood[0]
    assert 1e-9 < came < 1
    assert gains[0] == pytest.approx(came, rel=0.2)


def test_it_comes_to_the_peak_of_em_in_a_few_steps() -> None:
    constraints = constraints_of("full")
    start = begun(constraints)
    by_em = next(islice(em(ROWS, start, constraints), 300, None))
    by_newton = next(islice(accelerated(ROWS, start, constraints, plain=0, newton=True), 8, None))
    np.testing.assert_allclose(by_newton.batch.means, by_em.batch.means, rtol=1e-9)
    np.testing.assert_allclose(by_newton.batch.covariances, by_em.batch.covariances, rtol=1e-9)


def test_where_the_likelihood_bends_upwards_the_step_goes_up_the_slope_and_nobody_knows_what_is_to_come() -> None:
    """Next to two components that coincide, whose halves move apart."""
    constraints = constraints_of("full")
    whole = np.cov(ROWS.values.T, bias=True)
    about = ROWS.values.mean(axis=0)
    halves = Mixture(
        np.array([0.5, 0.5]), about + np.array([[-0.05, -0.05], [0.05, 0.05]]), np.array([whole, whole]), ("a", "b")
    )
    state = state_of(Batch.of([halves]), constraints)
    steps, gains = newton_steps(state, ROWS, constraints)
    assert np.isinf(gains[0])
    slope = in_sds(state.batch, state.em_step)
    assert steps[0] @ slope[0] > 0
    saddle = replace(halves, means=np.array([about, about]))
    assert newton_steps(state_of(Batch.of([saddle]), constraints), ROWS, constraints)[1][0] < 1e-10


def test_where_weights_can_be_exchanged_for_nothing_there_is_no_step() -> None:
    """Of two components that are the same, only the weights are free: the curvature is 0 along their difference."""
    whole, about = np.cov(ROWS.values.T, bias=True), ROWS.values.mean(axis=0)
    for weight in np.linspace(0.1, 0.9, 9):
        twins = Mixture(np.array([weight, 1 - weight]), np.array([about, about]), np.array([whole, whole]), ("a", "b"))
        constraints = constraints_of("full", "means", "sds")
        steps, gains = newton_steps(state_of(Batch.of([twins]), constraints), ROWS, constraints)
        assert np.abs(steps).max() < 1e-4
        assert 0 <= gains[0] < 1e-10


def test_what_lies_on_the_floor_stays_there() -> None:
    constraints = Constraints(STRUCTURES["full"], Fixed(), Floor(np.eye(2) * 0.1))
    state = state_of(begun(constraints), constraints)
    assert constraints.on_floor(state.batch.covariances).tolist() == [[True, True]]
    moved = from_sds(state.batch, newton_steps(state, ROWS, constraints)[0])
    assert np.all(moved[0, 6:] == 0)
    assert np.any(moved[0, :6] != 0)


def test_lengths_are_turned_into_steps_and_back() -> None:
    batch = begun(constraints_of("full"))
    lengths = np.random.default_rng(1).normal(size=(1, 14))
    lengths[0, [7, 11]] = 0  # above the diagonals
    np.testing.assert_allclose(in_sds(batch, from_sds(batch, lengths)), lengths, rtol=1e-12, atol=1e-12)
