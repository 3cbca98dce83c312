"""Draws have the mixture's numbers, and a table's beginning doesn't depend on its length."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import ArgumentError, Mixture, simulate
from gmmfit.model.draw import BLOCK, draw_blocks, exact_component_counts
from gmmfit.model.simulate import random_mixture

PLANE = Mixture(
    np.array([0.2, 0.8]), np.array([[0, 0], [30, -10.0]]), np.array([[[2, 0.9], [0.9, 1]], [[1, -0.5], [-0.5, 3]]])
)


def test_each_component_has_its_mean_and_covariance() -> None:
    values, component, _ = simulate(PLANE, rows=200_000, seed=3)
    for k in (1, 2):
        own = values[component == k]
        n = len(own)
        assert n == pytest.approx(200_000 * PLANE.weights[k - 1], abs=4 * np.sqrt(200_000 * 0.16))
        standard_errors = PLANE.sds[k - 1] / np.sqrt(n)
        assert np.all(np.abs(own.mean(axis=0) - PLANE.means[k - 1]) < 4 * standard_errors)
        np.testing.assert_allclose(np.cov(own.T), PLANE.covariances[k - 1], atol=5 * 3 * np.sqrt(2 / n))


def test_the_first_rows_do_not_depend_on_how_many_follow() -> None:
    short, long = (simulate(PLANE, rows=n, seed=5) for n in (1000, BLOCK + 1000))
    assert np.array_equal(short.values, long.values[:1000])
    assert np.array_equal(short.component, long.component[:1000])


def test_exact_counts_are_exact_and_in_random_order() -> None:
    _, component, _ = simulate(
        weights=[0.3, 0.7], means=[0.2, 0.8], sds=[0.1, 0.1], rows=1000, exact_counts=True, seed=1
    )
    assert np.bincount(component).tolist() == [0, 300, 700]
    # 210 of 300 are expected among the first 700, with a hypergeometric sd of 6.6.
    assert abs(np.sum(component[:700] == 1) - 210) < 5 * 6.6
    n = 2 * BLOCK + 77
    parts = [component for _, component in draw_blocks(PLANE, n, 1, exact_counts=True)]
    assert np.bincount(np.concatenate(parts))[1:].tolist() == exact_component_counts(PLANE.weights, n).tolist()


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6), st.integers(0, 10_000))
def test_exact_counts_sum_to_the_rows_and_are_off_by_less_than_one(weights: list[float], rows: int) -> None:
    shares = np.array(weights) / np.sum(weights)
    counts = exact_component_counts(shares, rows)
    assert counts.sum() == rows
    assert np.all(np.abs(counts - rows * shares) < 1 + 1e-9)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others() -> None:
    first, again, other = (simulate(PLANE, rows=10, seed=seed).values for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(PLANE.simulate(10, seed=1), first)


def test_the_seed_that_is_said_draws_the_same_rows_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gmmfit")
    drawn = simulate(PLANE, rows=5)
    [said] = caplog.messages
    assert np.array_equal(simulate(PLANE, rows=5, seed=int(said.removeprefix("seed "))).values, drawn.values)
    assert not np.array_equal(simulate(PLANE, rows=5).values, drawn.values)


def test_a_random_mixture_is_one_in_any_number_of_columns() -> None:
    mixture = random_mixture(4, ("a", "b", "c"), seed=1)
    assert mixture.means.shape == (4, 3)
    assert np.all(np.abs(mixture.means) <= 10)


def test_several_columns_are_given_component_by_component() -> None:
    mixture = simulate(means=[1, 2, 3, 4], sds=[1, 1, 2, 2], column=("a", "b"), rows=0).mixture
    assert mixture.means.tolist() == [[1, 2], [3, 4]]
    assert mixture.columns == ("a", "b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no mixture is given"),
        ({"model": PLANE, "means": [1]}, "`model` and `means` don't go together"),
        ({"model": 3}, "`model` is 3; it must be a Mixture or a Fit"),
        ({"means": [1, 2]}, "`means` alone make no mixture"),
        ({"means": [1, 2], "sds": [1]}, "2 means and 1 sds"),
        ({"means": [1, 2], "sds": [1, 1], "weights": [1]}, "1 weights for 2 components"),
        ({"means": [1], "sds": [0]}, "`weights`, `means` and `sds` are no mixture: every sd must be a positive"),
        ({"random": True}, "`random` needs `components`"),
        ({"random": True, "components": 0}, "0 components: a mixture has at least one"),
        ({"model": PLANE, "rows": -1}, "-1 rows"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        simulate(**arguments)  # type: ignore[arg-type]


def test_more_rows_than_memory_should_hold_are_refused() -> None:
    with pytest.raises(ArgumentError, match="1,000,000,000,000 rows take 16,000 GB: draw fewer"):
        simulate(means=[0], sds=[1], rows=10**12)
