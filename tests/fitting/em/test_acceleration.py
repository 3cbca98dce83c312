"""Accelerated steps come to EM's peaks."""

from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import Mixture, fit, simulate
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.simulate import random_mixture
from tests.samples import FREE, HEIGHTS, WAITING

START: dict[str, Any] = {"init_weights": [0.5, 0.5], "init_means": [160, 180], "init_sds": [5, 5]}


def test_the_same_peak_in_far_fewer_iterations() -> None:
    plain = fit(HEIGHTS, **START, accelerate=False, max_iter=20_000)
    fast = fit(HEIGHTS, **START)
    assert plain.converged
    assert fast.converged
    assert fast.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(fast.mixture.means, plain.mixture.means, rtol=1e-4)
    assert fast.iterations < 80 < 300 < plain.iterations


def test_the_first_fifty_iterations_are_ems_own_and_the_history_tells_them_apart() -> None:
    plain, fast = (fit(HEIGHTS, **START, accelerate=accelerate, tol=1e-9) for accelerate in (False, True))
    assert [step.kind for step in fast.history[:51]] == ["init", *["em"] * 50]
    later = [step.kind for step in fast.history[51:] if step.kind != "newton"]
    assert len(later) < 20
    assert later.count("accelerated") >= len(later) / 2
    for ours, theirs in islice(zip(fast.history, plain.history, strict=False), 51):
        assert ours.log_likelihood == theirs.log_likelihood
    assert {step.kind for step in plain.history[1:]} == {"em"}
    assert {step.kind for step in fit(HEIGHTS, **START, tol=0, max_iter=70).history[1:]} == {"em"}


@given(st.sampled_from(COVARIANCES), st.integers(2, 4), st.integers(1, 3), st.integers(0, 100))
def test_the_likelihood_never_falls_and_the_structure_is_kept(covariance: str, k: int, d: int, seed: int) -> None:
    names = tuple("abc"[:d])
    values = simulate(random=True, components=k, column=names, rows=60, seed=seed).values
    result = fit(
        values, column=names, init=random_mixture(k, names, seed + 1), covariance=covariance, max_iter=200, se="none"
    )
    # Where the floor holds a component, what is best for a shape or an orientation that all share has no closed form.
    exact = STRUCTURES[covariance].is_linear or result.converged
    for before, after in pairwise(result.history[1:]) if exact else ():
        assert after.log_likelihood >= before.log_likelihood - 1e-12 * abs(before.log_likelihood) - 1e-11
    last = result.mixture.covariances
    if "tied" in covariance:
        np.testing.assert_allclose(last, np.broadcast_to(last[:1], last.shape), rtol=1e-9)
    if not STRUCTURES[covariance].correlated:
        assert np.all(last == last * np.eye(d))


@pytest.mark.parametrize("weight", [1, 3])
def test_what_a_step_says_is_still_to_come_is_what_comes(weight: int) -> None:
    """Next to the peak, and above rounding."""
    result = fit(HEIGHTS, **START, tol=1e-12, row_weights=np.full(len(HEIGHTS), weight))
    told = [
        (step.remaining_gain, result.log_likelihood - step.log_likelihood)
        for step in result.history
        if step.kind == "accelerated" and step.remaining_gain is not None and 1e-9 < step.remaining_gain / weight < 1e-4
    ]
    assert len(told) >= 2
    for said, came in told:
        assert said == pytest.approx(came, rel=0.05)


def test_what_is_still_to_come_counts_directions_that_were_never_gone_too() -> None:
    """One step has gone in one of six directions, and a little more than EM's own is to come of the others."""
    rows = Rows(WAITING[:, None], np.ones(len(WAITING)), ("waiting",))
    start = Batch.of([Mixture.from_sds([0.5, 0.5], [50, 80], [5, 5], "waiting")])
    states = list(islice(accelerated(rows, start, FREE, plain=0), 12))
    told = states[1].remaining_gain
    assert told is not None
    came = states[-1].log_likelihood - states[1].log_likelihood
    assert came / 2 < told < came * 2


def test_every_state_has_its_own_likelihood_also_where_weights_are_held_that_sum_to_nearly_one() -> None:
    thirds = [0.333333, 0.333333, 0.333333]
    result = fit(HEIGHTS, init_weights=thirds, init_means=[160, 170, 180], init_sds=[5, 5, 5], fix="weights")
    assert {"accelerated", "newton"} <= {step.kind for step in result.history}
    for step in result.history[::7]:
        assert step.log_likelihood == pytest.approx(step.mixture.log_density(HEIGHTS).sum(), rel=1e-13)


@pytest.mark.parametrize("part", ["weights", "means", "sds"])
def test_what_is_held_does_not_move(part: str) -> None:
    result = fit(HEIGHTS, **START, fix=part, tol=1e-12)
    for step in result.history:
        assert np.array_equal(getattr(step.mixture, part), getattr(result.history[0].mixture, part))
