"""Rows under a mixture, criteria, and agreement with known labels."""

import tracemalloc

import numpy as np
import pytest
from scipy.stats import norm

from gmmfit import DataError, Mixture, fit, score
from gmmfit.data.rows import Rows
from gmmfit.fitting.evidence.criteria import RowSums
from gmmfit.model.simulate import random_mixture
from tests.samples import WAITING

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
    assert RowSums.of(half, rows)[1:] == pytest.approx((4 * np.log(2), 2))


def test_known_labels_are_compared_under_the_best_matching() -> None:
    result = score([0.1, 0.2, 0.7, 0.8, 0.9], TWO, truth=["b", "b", "a", "a", "b"]).agreement
    assert result is not None
    assert (result.labels, result.counts.tolist()) == (("a", "b"), [[0, 2], [2, 1]])
    assert (result.matching, result.accuracy) == ({"a": 2, "b": 1}, 0.8)


def test_a_truth_with_gaps_is_compared_on_the_rows_that_have_one() -> None:
    x, known = np.array([0.1, 0.2, 0.9, 0.7, 0.8, 0.9]), np.array(["b", "b", None, "a", "a", "b"])
    weights, kept = np.array([1, 2, 9, 3, 4, 5]), [0, 1, 3, 4, 5]
    gaps = score(x, TWO, truth=known, row_weights=weights).agreement
    whole = score(x[kept], TWO, truth=known[kept], row_weights=weights[kept]).agreement
    assert gaps is not None
    assert whole is not None
    assert gaps.counts.tolist() == whole.counts.tolist()
    assert (gaps.accuracy, gaps.adjusted_rand_index) == (whole.accuracy, whole.adjusted_rand_index)
    with pytest.raises(DataError, match="no row has both a known label and a component"):
        score([0.1, np.nan], TWO, truth=[None, "a"])


def test_other_columns_than_the_models_are_refused_by_their_number() -> None:
    with pytest.raises(DataError, match="2 columns for a model of 1: x"):
        score([[0.1, 0.2]], TWO)
    with pytest.raises(DataError, match="1 labels for 2 rows"):
        score([0.1, 0.2], TWO, truth=["a"])


def test_labels_of_a_row_of_weight_two_count_twice_and_of_weight_zero_not_at_all() -> None:
    weighted = score([0.2, 0.8, 0.3], TWO, row_weights=[2, 1, 0], truth=["a", "b", "b"]).agreement
    twice = score([0.2, 0.2, 0.8], TWO, truth=["a", "a", "b"]).agreement
    assert weighted is not None
    assert twice is not None
    assert np.array_equal(weighted.counts, twice.counts)
    assert (weighted.accuracy, weighted.adjusted_rand_index) == (twice.accuracy, twice.adjusted_rand_index)


def test_rows_under_very_many_components_are_scored_a_few_at_a_time() -> None:
    many = random_mixture(20_000, seed=1)
    tracemalloc.start()
    score(np.zeros(2000), many)
    assert tracemalloc.get_traced_memory()[1] < 6e8  # all at once they would take 960 MB
    tracemalloc.stop()
