"""Rows under a mixture, criteria, and agreement with known labels."""

import tracemalloc
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from gmmfit import DataError, Mixture, fit, score
from gmmfit.data.rows import Rows
from gmmfit.fitting.evidence.agreement import adjusted_rand_index, best_matching
from gmmfit.fitting.evidence.criteria import doubts
from gmmfit.model.simulate import random_mixture
from tests.samples import SAMPLES, column

WAITING = column(SAMPLES / "old_faithful.csv", "waiting")
TWO = Mixture.from_sds([0.3, 0.7], [0.2, 0.8], [0.1, 0.1], columns="x")


def test_the_log_likelihood_of_given_parameters_is_the_sum_of_scipys_logs() -> None:
    x = np.linspace(-0.2, 1.2, 40)
    expected = np.sum(np.log(0.3 * norm(0.2, 0.1).pdf(x) + 0.7 * norm(0.8, 0.1).pdf(x)))
    result = score(x, TWO)
    assert result.log_likelihood == pytest.approx(expected, rel=1e-13)
    assert result.mean_log_likelihood == pytest.approx(expected / 40, rel=1e-13)


def test_a_fit_scored_on_its_own_rows_has_its_own_criteria() -> None:
    fitted = fit(WAITING, 2)
    again = score(WAITING, fitted)
    assert again.log_likelihood == pytest.approx(fitted.log_likelihood, rel=1e-12)
    assert (again.aic, again.bic) == pytest.approx((fitted.aic, fitted.bic), rel=1e-12)
    posteriors = again.posteriors
    surprise = -np.sum(posteriors * np.log(posteriors))
    assert fitted.entropy == pytest.approx(surprise, rel=1e-9)
    assert fitted.icl == pytest.approx(fitted.bic + 2 * surprise, rel=1e-9)


def test_criteria_from_their_definitions() -> None:
    fitted = fit(WAITING, 2)
    assert fitted.aic == pytest.approx(-2 * fitted.log_likelihood + 10)
    assert fitted.bic == pytest.approx(-2 * fitted.log_likelihood + 5 * np.log(272))
    assert score(WAITING, fitted.mixture).bic is None


def test_a_row_with_a_missing_value_has_no_component() -> None:
    result = score([0.2, np.nan, 0.8], TWO)
    assert result.component.tolist() == [1, 0, 2]
    assert np.isnan(result.probability[1])
    assert (result.n_rows, result.n_missing) == (2, 1)


def test_a_mapping_is_scored_by_the_models_columns() -> None:
    assert score({"y": [9.0], "x": [0.2]}, TWO).component.tolist() == [1]
    with pytest.raises(DataError, match="no column 'x'; there are: y"):
        score({"y": [9.0]}, TWO)


def test_row_weights_weigh_the_log_likelihood() -> None:
    assert score([0.2, 0.8], TWO, row_weights=[2, 1]).log_likelihood == pytest.approx(
        score([0.2, 0.2, 0.8], TWO).log_likelihood
    )


def test_entropy_of_certain_rows_is_nothing() -> None:
    assert fit([0, 1, 1000, 1001.0], 2).entropy == 0
    half = Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1])
    rows = Rows(np.zeros((3, 1)), np.array([1.0, 1.0, 2.0]), ("x",))
    assert doubts(half, rows) == pytest.approx([4 * np.log(2), 2])


def test_known_labels_are_compared_under_the_best_matching() -> None:
    result = score([0.1, 0.2, 0.7, 0.8, 0.9], TWO, truth=["b", "b", "a", "a", "b"]).agreement
    assert result is not None
    assert (result.labels, result.counts.tolist()) == (("a", "b"), [[0, 2], [2, 1]])
    assert (result.matching, result.accuracy) == ({"a": 2, "b": 1}, 0.8)


@given(st.integers(0, 10_000), st.integers(2, 30))
def test_adjusted_rand_index_by_counting_pairs(seed: int, n: int) -> None:
    """Of all pairs of rows: together in both, in the one, in the other."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 3, n), rng.integers(0, 3, n)
    counts = np.zeros((3, 3))
    np.add.at(counts, (one, other), 1)
    same_one, same_other = ([labels[i] == labels[j] for i, j in combinations(range(n), 2)] for labels in (one, other))
    both, by_chance = np.mean(np.logical_and(same_one, same_other)), np.mean(same_one) * np.mean(same_other)
    most = (np.mean(same_one) + np.mean(same_other)) / 2
    if most > by_chance:
        assert adjusted_rand_index(counts) == pytest.approx((both - by_chance) / (most - by_chance), abs=1e-12)


def test_the_same_partition_has_index_one() -> None:
    assert adjusted_rand_index(np.diag([3.0, 4.0])) == 1


def test_labels_of_a_row_of_weight_two_count_twice_and_of_weight_zero_not_at_all() -> None:
    weighted = score([0.2, 0.8, 0.3], TWO, row_weights=[2, 1, 0], truth=["a", "b", "b"]).agreement
    twice = score([0.2, 0.2, 0.8], TWO, truth=["a", "a", "b"]).agreement
    assert weighted is not None
    assert twice is not None
    assert np.array_equal(weighted.counts, twice.counts)
    assert (weighted.accuracy, weighted.adjusted_rand_index) == (twice.accuracy, twice.adjusted_rand_index)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10_000))
def test_no_matching_is_better_than_the_best(n_labels: int, k: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 10, (n_labels, k)).astype(float)
    matching = best_matching(counts)
    assert len(matching) == min(n_labels, k) == len(set(matching.values()))
    table = counts if n_labels <= k else counts.T
    best = max(
        sum(table[i, j] for i, j in enumerate(order)) for order in permutations(range(table.shape[1]), len(table))
    )
    assert sum(counts[i, j] for i, j in matching.items()) == best


def test_rows_under_very_many_components_are_scored_a_few_at_a_time() -> None:
    many = random_mixture(20_000, seed=1)
    tracemalloc.start()
    score(np.zeros(3000), many)
    assert tracemalloc.get_traced_memory()[1] < 1e9  # all at once they would take 1.4 GB for the posteriors alone
    tracemalloc.stop()
