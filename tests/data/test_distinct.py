"""Fewer rows that say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit.data import distinct as module
from gmmfit.data.cell_means import cell_means
from gmmfit.data.distinct import counted, distinct, is_mostly_repeats
from gmmfit.data.resolution import resolution
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.fitting.em.e_step import expect
from gmmfit.model.batch import Batch
from gmmfit.model.simulate import random_mixture


@pytest.mark.parametrize("d", [1, 2])
def test_repeated_values_kept_once_give_the_sums_of_all_rows(d: int) -> None:
    rng = np.random.default_rng(1)
    rows = Rows(rng.integers(0, 9, (50_000, d)).astype(float), rng.uniform(0.5, 2, 50_000), tuple("ab"[:d]))
    once, stack = distinct(rows), Batch.of([random_mixture(3, rows.columns, seed=2)])
    assert len(once) == 9**d
    whole, short = expect(stack, rows), expect(stack, once)
    np.testing.assert_allclose(short.counts, whole.counts, rtol=1e-12)
    np.testing.assert_allclose(short.scatters, whole.scatters, rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(short.log_likelihood, whole.log_likelihood, rtol=1e-13)


def test_many_different_rows_are_each_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEWEST_SORTED", 1000)
    values = np.random.default_rng(1).integers(0, 30_000, (100_000, 1)).astype(float)
    once = distinct(Rows(values, equal_weights(len(values)), ("x",)))
    expected, counts = np.unique(values, return_counts=True)
    assert np.array_equal(once.values[:, 0], expected)
    assert np.array_equal(once.weights, counts)


@pytest.mark.parametrize(("n_different", "pays"), [(100, True), (20_000, True), (100_000, True), (10**9, False)])
def test_whether_rows_repeat_is_seen_in_a_sample(n_different: int, pays: bool) -> None:
    sample = Rows(
        np.random.default_rng(1).integers(0, n_different, (2**16, 1)).astype(float), equal_weights(2**16), ("x",)
    )
    assert is_mostly_repeats(sample, counted(sample), n_rows=10**6) is pays
    assert is_mostly_repeats(sample, counted(sample), n_rows=2**16)  # the sample is all there is


def test_a_single_heap_does_not_make_rows_repeat() -> None:
    values = np.random.default_rng(1).normal(size=(2**16, 1))
    values[::3] = 0
    sample = Rows(values, equal_weights(len(values)), ("x",))
    assert not is_mostly_repeats(sample, counted(sample), n_rows=10**6)


def test_a_summary_keeps_the_weight_the_mean_and_nearly_the_spread_and_its_tails() -> None:
    values = np.concatenate([np.random.default_rng(1).normal(0, 1, 100_000), [40.0]])[:, None]
    rows = Rows(values, np.ones(len(values)), ("x",))
    sample = counted(rows.some(10_000, np.random.default_rng(2)))
    few = cell_means(rows, sample, float(values.min()), 40.0, 512)
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
    found = resolution((start + numbers) * step)
    assert found == pytest.approx(np.gcd.reduce(numbers - numbers.min()) * step, rel=1e-9)


def test_values_that_were_not_rounded_have_no_step() -> None:
    assert resolution(np.random.default_rng(1).normal(size=1000)) == 0
    assert resolution(np.array([3.0])) == 0
