"""Fewer rows that say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit.data.compress import distinct, step_of, summary
from gmmfit.data.rows import Rows
from gmmfit.fitting.statistics import expect
from gmmfit.model.simulate import random_mixture


@pytest.mark.parametrize("d", [1, 2])
def test_repeated_values_kept_once_give_the_sums_of_all_rows(d: int) -> None:
    rng = np.random.default_rng(1)
    rows = Rows(rng.integers(0, 9, (5000, d)).astype(float), rng.uniform(0.5, 2, 5000), tuple("ab"[:d]))
    once, mixture = distinct(rows), random_mixture(3, rows.columns, seed=2)
    assert len(once) == 9**d
    whole, short = rows.sum(lambda block: expect(mixture, block)), expect(mixture, once)
    np.testing.assert_allclose(short.counts, whole.counts, rtol=1e-12)
    np.testing.assert_allclose(short.scatters, whole.scatters, rtol=1e-11, atol=1e-9)
    assert short.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-13)


def test_rows_of_several_columns_that_do_not_repeat_are_left_alone() -> None:
    rows = Rows(np.random.default_rng(1).normal(size=(5000, 2)), np.ones(5000), ("a", "b"))
    assert distinct(rows) is rows


def test_a_summary_keeps_the_weight_the_mean_and_nearly_the_spread_and_its_tails() -> None:
    values = np.concatenate([np.random.default_rng(1).normal(0, 1, 100_000), [40.0]])[:, None]
    rows = Rows(values, np.ones(len(values)), ("x",))
    few = summary(rows, 512)
    assert 256 <= len(few) <= 512
    assert few.total_weight == len(values)
    assert few.mean[0] == pytest.approx(rows.mean[0], abs=1e-12)
    assert few.covariance[0, 0] == pytest.approx(rows.covariance[0, 0], rel=1e-3)
    assert few.values.max() == 40


@given(
    st.integers(-1000, 1000),
    st.lists(st.integers(-500, 500), min_size=3, max_size=40, unique=True),
    st.sampled_from([0.1, 0.5, 1 / 3, 2.54, 1e-7]),
)
def test_the_step_is_the_greatest_common_divisor_of_the_distances(start: int, ticks: list[int], step: float) -> None:
    numbers = np.array(ticks)
    found = step_of((start + numbers) * step)
    assert found == pytest.approx(np.gcd.reduce(numbers - numbers.min()) * step, rel=1e-9)


def test_values_that_were_not_rounded_have_no_step() -> None:
    assert step_of(np.random.default_rng(1).normal(size=1000)) == 0
    assert step_of(np.array([3.0])) == 0
