"""The E step of rows known in part, against the textbook's formulas and numerical integrals."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.fitting.em.e_step import expect, expected_values, share_out
from gmmfit.fitting.em.partly_known_rows import condition, expect_partly_known
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.mixture import Mixture
from tests.fitting.em.test_exact_rows import assert_same
from tests.samples import mixtures_of_normal_rows, normal_rows

ONE = Mixture.from_sds([0.4, 0.6], [-1, 2], [1, 0.5])


def rows_of(values: Any, **known: Any) -> Rows:
    array = np.array(values, dtype=float).reshape(len(values), -1)
    return Rows(array, equal_weights(len(array)), tuple(map(str, range(array.shape[1]))), Known.of(array, **known))


@pytest.mark.parametrize(("k", "d"), [(1, 1), (3, 1), (2, 3), (4, 5)])
def test_rows_that_are_known_exactly_are_as_in_the_other_e_step(k: int, d: int) -> None:
    rows, batch = normal_rows(500, d, weighted=True), mixtures_of_normal_rows(k, d)
    known = Rows(rows.values, rows.weights, rows.columns, Known.of(rows.values))
    assert_same(expect_partly_known(batch, known), expect(batch, rows))


def test_of_missing_cells_the_others_tell_by_regression() -> None:
    mixture = mixtures_of_normal_rows(1, 3).mixture(0)
    mean, covariance = mixture.means[0], mixture.covariances[0]
    low, high = np.array([[0.3, -np.inf, -0.2]]), np.array([[0.3, np.inf, -0.2]])
    logs, shifts, covariances, _ = condition(mixture, rows_of([[0.3, 0.0, -0.2]], low=low, high=high))
    seen, lost = [0, 2], [1]
    regression = covariance[np.ix_(lost, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
    away = np.array([0.3, -0.2]) - mean[seen]
    expected = multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)]).logpdf([0.3, -0.2])
    assert logs[0, 0] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(shifts[:, 0, 0][seen], away, rtol=1e-12)
    np.testing.assert_allclose(shifts[:, 0, 0][lost], regression @ away, rtol=1e-10)
    left = covariance[1, 1] - (regression @ covariance[np.ix_(seen, lost)])[0, 0]
    np.testing.assert_allclose(covariances[1, 1, 0, 0], left, rtol=1e-10)


def test_an_error_adds_to_the_variance_and_is_taken_out_again() -> None:
    logs, shifts, covariances, _ = condition(ONE, rows_of([0.5], errors=np.array([[2.0]])))
    total = ONE.sds[:, 0] ** 2 + 4
    np.testing.assert_allclose(logs[:, 0], np.log(ONE.weights) + norm.logpdf(0.5, ONE.means[:, 0], np.sqrt(total)))
    share = ONE.sds[:, 0] ** 2 / total
    np.testing.assert_allclose(shifts[0, :, 0], share * (0.5 - ONE.means[:, 0]))
    np.testing.assert_allclose(covariances[0, 0, :, 0], ONE.sds[:, 0] ** 2 * (1 - share))


@pytest.mark.parametrize("error", [0.0, 0.7])
@pytest.mark.parametrize(("low", "high"), [(-0.5, 1.0), (-np.inf, 0.0), (1.5, np.inf)])
def test_an_interval_has_a_probability_and_what_lies_in_it_a_mean(low: float, high: float, error: float) -> None:
    """x is normal, y = x + error lies in the interval: integrals over x of its density times that of y."""
    rows = rows_of([0.0], low=np.array([[low]]), high=np.array([[high]]), errors=np.array([[error]]))
    logs, shifts, covariances, _ = condition(ONE, rows)
    for k, (mean, sd) in enumerate(zip(ONE.means[:, 0], ONE.sds[:, 0], strict=True)):

        def share(x: float) -> float:
            if error == 0:
                return float(low <= x <= high)
            return float(norm.cdf((high - x) / error) - norm.cdf((low - x) / error))

        def integral(power: int, mean: float = mean, sd: float = sd) -> float:
            ends = (max(low, mean - 9 * sd), min(high, mean + 9 * sd)) if error == 0 else (mean - 9 * sd, mean + 9 * sd)
            found: float = quad(lambda x: (x - mean) ** power * norm.pdf(x, mean, sd) * share(x), *ends, limit=200)[0]
            return found

        total, first, second = map(integral, range(3))
        assert logs[k, 0] == pytest.approx(np.log(ONE.weights[k] * total), rel=1e-7)
        assert shifts[0, k, 0] == pytest.approx(first / total, rel=1e-6, abs=1e-9)
        assert covariances[0, 0, k, 0] == pytest.approx(second / total - (first / total) ** 2, rel=1e-6)


def test_an_interval_tells_of_the_other_columns_too() -> None:
    mixture = Mixture(np.ones(1), np.zeros((1, 2)), np.array([[[1.0, 0.8], [0.8, 2.0]]]))
    low, high = np.array([[-np.inf, 0.5]]), np.array([[np.inf, np.inf]])
    _, shifts, covariances, _ = condition(mixture, rows_of([[0.0, 0.5]], low=low, high=high))
    drawn = mixture.simulate(2_000_000, seed=1)
    drawn = drawn[drawn[:, 1] > 0.5]
    np.testing.assert_allclose(shifts[:, 0, 0], drawn.mean(axis=0), atol=3e-3)
    np.testing.assert_allclose(covariances[..., 0, 0], np.cov(drawn.T), atol=5e-3)


def test_a_label_leaves_one_component() -> None:
    rows = rows_of([0.0, 0.0, 0.0], labels=np.array([0, 1, UNKNOWN]))
    posteriors, logs = share_out(ONE, rows)
    np.testing.assert_array_equal(posteriors[:, :2], np.eye(2))
    np.testing.assert_allclose(np.logaddexp(logs[0], logs[1]), logs[2])


def test_rows_of_each_kind_add_up_whatever_their_order() -> None:
    values = np.linspace(-2, 3, 40)[:, None]
    low = values - np.where(np.arange(40) % 3 == 0, 0.2, 0)[:, None]
    high = values + np.where(np.arange(40) % 3 == 0, 0.2, 0)[:, None]
    mixed = Rows(values, np.arange(1.0, 41), ("x",), Known.of(values, low, high))
    backwards = mixed.part(slice(None, None, -1))
    batch = Batch.of([ONE])
    assert_same(expect(batch, mixed), expect(batch, backwards))
    assert_same(expect(batch, mixed), expect_partly_known(batch, mixed))


def test_what_is_expected_of_an_exact_value_is_the_value() -> None:
    np.testing.assert_allclose(expected_values(ONE, rows_of([0.3, 5.0])), [[0.3], [5.0]])


def test_a_row_beyond_the_reach_of_doubles_belongs_to_no_component() -> None:
    posteriors, logs = share_out(ONE, rows_of([1e200], labels=np.array([UNKNOWN])))
    assert logs[0] == -np.inf
    assert posteriors.sum() == 0


def test_it_is_done_in_tiles() -> None:
    values: Array = np.linspace(-2, 3, 5000)[:, None]
    rows = Rows(values, np.ones(5000), ("x",), Known.of(values, values - 0.1, values + 0.1))
    whole = expect_partly_known(Batch.of([ONE]), rows)
    halves = [expect_partly_known(Batch.of([ONE]), rows.part(part)) for part in (slice(0, 2500), slice(2500, None))]
    assert_same(whole, halves[0] + halves[1])


def test_many_mixtures_at_once_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, batch = normal_rows(300, 2, weighted=True), mixtures_of_normal_rows(3, 2)
    known = Rows(rows.values, rows.weights, rows.columns, Known.of(rows.values, errors=np.full(rows.values.shape, 0.1)))
    several = concatenated([batch, batch, batch])
    whole = expect_partly_known(several, known)
    monkeypatch.setattr("gmmfit.fitting.em.partly_known_rows.MOST_NUMBERS", 1)
    assert_same(expect_partly_known(several, known), whole)
