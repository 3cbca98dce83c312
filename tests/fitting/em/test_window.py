"""Rows that a window leaves to be expected outside it."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.fitting.em.e_step import expect, share_out
from gmmfit.fitting.em.window import expect_unseen, share_inside
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture

ONE = Mixture.from_sds([0.4, 0.6], [-1, 2], [1, 0.5])
WINDOW = Window(-0.5, 2.2)
ROWS = Rows(np.linspace(-0.4, 2.1, 30)[:, None], equal_weights(30), ("x",), window=WINDOW)


def test_they_are_as_many_and_as_far_out_as_the_mixture_has_them() -> None:
    inside = float(np.diff(ONE.cdf(list(WINDOW)))[0])
    unseen = expect_unseen(Batch.of([ONE]), WINDOW, ROWS)
    assert unseen.counts.sum() == pytest.approx(30 * (1 - inside) / inside)
    for k, (weight, mean, sd) in enumerate(zip(ONE.weights, ONE.means[:, 0], ONE.sds[:, 0], strict=True)):
        for power, found in ((0, unseen.counts[0, k]), (1, unseen.shifts[0, k, 0]), (2, unseen.scatters[0, k, 0, 0])):
            outside = sum(
                quad(lambda x: (x - mean) ** power * norm.pdf(x, mean, sd), *ends)[0]  # noqa: B023
                for ends in ((mean - 12, WINDOW.low), (WINDOW.high, mean + 12))
            )
            assert found == pytest.approx(30 / inside * weight * outside, rel=1e-8)


def test_a_row_has_the_density_that_it_has_within_the_window() -> None:
    inside = float(np.diff(ONE.cdf(list(WINDOW)))[0])
    _, logs = share_out(ONE, ROWS)
    np.testing.assert_allclose(logs, ONE.log_density(ROWS.values) - np.log(inside))
    assert expect(Batch.of([ONE]), ROWS).log_likelihood[0] == pytest.approx(logs.sum(), rel=1e-12)


def test_the_window_is_that_of_values_with_their_errors() -> None:
    errors = np.where(np.arange(30) % 2, 0.5, 1.5)[:, None]
    rows = Rows(ROWS.values, ROWS.weights, ("x",), Known.of(ROWS.values, errors=errors), WINDOW)
    logs = 0.0
    for value, error in zip(rows.values[:, 0], errors[:, 0], strict=True):
        blurred = Mixture.from_sds(ONE.weights, ONE.means[:, 0], np.hypot(ONE.sds[:, 0], error))
        logs += float(blurred.log_density([value])[0] - np.log(np.diff(blurred.cdf(list(WINDOW)))[0]))
    assert expect(Batch.of([ONE]), rows).log_likelihood[0] == pytest.approx(logs, rel=1e-11)


def test_a_window_without_ends_shows_all() -> None:
    everything = Rows(ROWS.values, ROWS.weights, ("x",), window=Window(-np.inf, np.inf))
    assert expect_unseen(Batch.of([ONE]), Window(-np.inf, np.inf), everything).counts.sum() == 0
    np.testing.assert_array_equal(share_inside(ONE, Window(-np.inf, np.inf), everything), 1)


def test_a_mixture_far_away_from_its_window_is_no_overflow() -> None:
    away = Batch.of([Mixture.from_sds([1], [500], [1])])
    assert np.all(np.isfinite(expect_unseen(away, WINDOW, ROWS).counts))


def test_a_component_far_wider_than_its_window_loses_no_digits() -> None:
    wide = Mixture.from_sds([1], [3e17], [1e17])
    inside = expect_unseen(Batch.of([wide]), WINDOW, ROWS).log_likelihood[0] / -30
    assert inside == pytest.approx(np.log(2.7 / 1e17) - 4.5 - np.log(2 * np.pi) / 2, rel=1e-12)
