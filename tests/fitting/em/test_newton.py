"""Newton's steps come to the peak itself, whatever way led next to it."""

from collections.abc import Callable
from itertools import count, islice
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmmfit import Mixture, fit, simulate
from gmmfit.data.rows import Rows
from gmmfit.data.sums import Additive
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.newton import newton
from gmmfit.fitting.settings import COVARIANCES, Fixed
from gmmfit.model.covariance import STRUCTURES
from tests.samples import FAITHFUL, HEIGHTS

BOTH = ("eruptions", "waiting")
FREE = Fixed()
T = TypeVar("T", bound=Additive)


def same_digits(one: Mixture, other: Mixture, rtol: float) -> None:
    """Assert that two mixtures are the same, relative to what each number is."""
    for part in ("weights", "means", "sds", "covariances"):
        np.testing.assert_allclose(getattr(one, part), getattr(other, part), rtol=rtol)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_three_ways_to_a_peak_end_on_the_same_eleven_digits(covariance: str) -> None:
    searched = fit(FAITHFUL, 2, column=BOTH, covariance=covariance)
    plain = fit(FAITHFUL, init_by=np.where(FAITHFUL["waiting"] < 68, "short", "long"), column=BOTH, order="mean",
                covariance=covariance, tol=0, max_iter=200, se="none")  # fmt: skip
    same_digits(searched.mixture, plain.mixture, 1e-11)
    assert [step.kind for step in searched.history[-2:]] == ["newton", "newton"]


def test_also_where_em_crawls() -> None:
    searched = fit(HEIGHTS, 2)
    lax = fit(HEIGHTS, init_means=[150, 180], tol=1e-2)
    assert lax.history[-1].kind == "newton"
    same_digits(searched.mixture, lax.mixture, 1e-11)


def test_a_climb_within_fifty_iterations_stays_textbook_em() -> None:
    result = fit(FAITHFUL, column="waiting", init_means=[50, 80])
    assert {step.kind for step in result.history[1:]} == {"em"}


def test_max_iter_is_kept() -> None:
    assert [len(fit(HEIGHTS, 2, max_iter=m).history) for m in (1, 2, 3, 4)] == [2, 3, 4, 4]


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_structure_and_what_is_held_stay_to_the_last_bit(covariance: str) -> None:
    values = simulate(random=True, components=2, column=("a", "b"), rows=200, seed=5).values
    begun = fit(values, 2, column=("a", "b"), covariance=covariance)
    result = fit(values, init=begun, column=("a", "b"), covariance=covariance, fix="weights", tol=1e-9, max_iter=5000)
    assert np.array_equal(result.mixture.weights, begun.mixture.weights)
    covariances = begun.mixture.covariances
    assert begun.history[-1].kind == "newton"
    if "tied" in covariance:
        assert np.array_equal(covariances[0], covariances[1])
    if not STRUCTURES[covariance].correlated:
        assert np.all(covariances[:, [0, 1], [1, 0]] == 0)
    assert np.array_equal(covariances, covariances.swapaxes(1, 2))


# Ten rows about -1 and ten about 1.
VALUES = np.concatenate([np.linspace(-1.5, -0.5, 10), np.linspace(0.5, 1.5, 10)])[:, None]


def constraints_of(floor: float = 1e-6, fixed: Fixed = FREE) -> Constraints:
    return Constraints(STRUCTURES["full"], fixed, Floor(np.array([[floor]])))


def steps_from(mixture: Mixture, floor: float = 1e-6, fixed: Fixed = FREE, most: int = 20) -> list[State]:
    """Newton's states from a mixture, at most so many."""
    rows = Rows(VALUES, np.broadcast_to(1.0, len(VALUES)), mixture.columns)
    return list(islice(newton(rows, mixture, 7, constraints_of(floor, fixed)), most))


def test_there_are_no_steps_where_there_is_no_peak_to_step_on() -> None:
    near = Mixture.from_sds([0.5, 0.5], [-1, 1], [0.32, 0.32])
    assert [state.iteration for state in steps_from(near)][:2] == [8, 9]
    to_come = steps_from(near)[-1].remaining_gain
    assert to_come is not None
    assert to_come[0] < 1e-20
    assert steps_from(near, floor=0.32**2) == []
    assert steps_from(Mixture.from_sds([1], [0], [1])) == []
    assert steps_from(Mixture.from_sds([0.5, 0.5], [0, 0], [1, 1])) == []  # coincident: no information
    assert steps_from(Mixture.from_sds([0.5, 0.5], [-3, 1], [0.3, 3])) == []  # far away
    assert steps_from(Mixture.from_sds([0.5, 0.5], [-0.5, 1], [0.2, 0.2])) == []  # a step leads to no mixture


def test_no_step_ends_on_the_floor() -> None:
    above = Mixture.from_sds([0.5, 0.5], [-1, 1], [0.33, 0.33])  # the peak's are 0.319
    assert steps_from(above)
    assert steps_from(above, floor=0.325**2) == []


@given(st.floats(0.05, 0.95), st.tuples(*[st.floats(-1.5, 1.5)] * 2), st.tuples(*[st.floats(0.1, 1.5)] * 2))
@example(0.1, (-0.6, 1.0), (0.15, 0.32))  # where steps don't shrink
@example(0.5, (-0.7, 1.0), (0.15, 0.32))
def test_wherever_they_begin_no_step_loses_likelihood_and_they_come_to_an_end(
    weight: float, means: tuple[float, float], sds: tuple[float, float]
) -> None:
    begun = Mixture.from_sds([weight, 1 - weight], means, sds)
    states = steps_from(begun, most=50)
    likelihoods = [begun.log_density(VALUES).sum(), *(float(state.log_likelihood[0]) for state in states)]
    assert np.all(np.diff(likelihoods) > -1e-10)
    assert len(states) < 10


def test_a_step_that_loses_likelihood_is_not_taken() -> None:
    """As on rows that are found to weigh more at each pass, which lowers what they say of any mixture."""

    passes = count()

    class Growing(Rows):
        def sum(self, function: Callable[[Rows], T]) -> T:
            return function(Rows(self.values, self.weights * (1 + next(passes) / 100), self.columns))

    near, constraints = Mixture.from_sds([0.5, 0.5], [-1, 1], [0.32, 0.32]), constraints_of()
    assert list(newton(Rows(VALUES, np.ones(20), ("x",)), near, 7, constraints))
    assert list(newton(Growing(VALUES, np.ones(20), ("x",)), near, 7, constraints)) == []


def test_what_is_held_does_not_move() -> None:
    near = Mixture.from_sds([0.45, 0.55], [-1.01, 1.01], [0.3, 0.3])
    for part in ("weights", "means", "sds"):
        stack = steps_from(near, fixed=Fixed.of((part,)))[-1].batch.mixture(0)
        for one in ("weights", "means", "sds"):
            assert np.array_equal(getattr(stack, one), getattr(near, one)) == (one == part)


def test_there_are_none_where_the_information_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmmfit.fitting.em.newton.CHEAP", 700)
    assert steps_from(Mixture.from_sds([0.5, 0.5], [-1, 1], [0.32, 0.32])) == []
