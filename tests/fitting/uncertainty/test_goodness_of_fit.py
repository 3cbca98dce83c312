"""Anderson and Darling's distance: its formula, and the p of tables that are drawn from a fit."""

import numpy as np
import pytest

from gmmfit import Fit, fit, simulate
from gmmfit.arrays import Array
from gmmfit.data.known import Known
from gmmfit.data.rows import Rows
from gmmfit.fitting.against_free import chi_squared_tail
from gmmfit.fitting.uncertainty import drawn_tables as drawing
from gmmfit.fitting.uncertainty.bins import Bins
from gmmfit.fitting.uncertainty.goodness_of_fit import GoodnessOfFit, anderson_darling, in_cells
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import cdf_and_rest
from tests.samples import HEIGHTS, WAITING

MIXTURE = Mixture.from_sds([0.4, 0.6], [0, 3], [1, 0.5])


def textbook(mixture: Mixture, values: Array) -> float:
    """-n - Σ (2 i - 1) / n (log F(x[i]) + log(1 - F(x[n + 1 - i]))) of sorted, different values."""
    n, f = len(values), mixture.cdf(np.sort(values))
    i = np.arange(1, n + 1)
    return float(-n - np.sum((2 * i - 1) / n * (np.log(f) + np.log(1 - f[::-1]))))


def of(result: Fit) -> GoodnessOfFit:
    """The test of a fit."""
    assert result.goodness_of_fit is not None
    return result.goodness_of_fit


def test_of_different_rows_it_is_the_textbooks() -> None:
    values = np.sort(np.random.default_rng(0).normal(1, 2, 60))
    one = Batch.of([MIXTURE])
    found = anderson_darling(one, values[None], np.ones((1, 60)))
    assert found[0] == pytest.approx(textbook(MIXTURE, values), rel=1e-11)


def test_a_row_of_weight_two_is_the_row_twice() -> None:
    values, one = np.sort(np.random.default_rng(1).normal(1, 2, 40)), Batch.of([MIXTURE])
    weights = np.repeat([[1.0, 2.0, 0.0, 3.0]], 10, axis=0).reshape(1, 40)
    repeated = np.repeat(values, weights[0].astype(int))
    once, twice = anderson_darling(one, values[None], weights), anderson_darling(
        one, repeated[None], np.ones((1, len(repeated)))
    )  # fmt: skip
    np.testing.assert_allclose(once, twice, rtol=1e-10)


def test_in_narrow_cells_it_is_the_same_but_for_their_width() -> None:
    values, one = np.sort(MIXTURE.simulate(5000, seed=3)[:, 0]), Batch.of([MIXTURE])
    bounds = np.linspace(-4, 6, 2000)
    counts = np.histogram(values, np.concatenate([[-np.inf], bounds, [np.inf]]))[0]
    exact = anderson_darling(one, values[None], np.ones((1, 5000)))
    found = in_cells(*cdf_and_rest(one, bounds[None]), counts[None].astype(float))
    np.testing.assert_allclose(found, exact, rtol=0.02)


def test_a_narrow_component_of_many_rows_is_no_misfit() -> None:
    far = simulate(weights=[0.5, 0.5], means=[0, 30], sds=[1, 1], rows=200_000, seed=1).values[:, 0]
    assert 0.02 < of(fit(far, 2, bootstrap=99)).p < 0.98


def test_a_step_too_fine_for_its_multiples_is_none() -> None:
    fine = np.round(np.random.default_rng(6).normal(5000, 900, 20_000))
    assert 0.02 < of(fit(fine, 1, bootstrap=99)).p < 0.98


def test_of_one_normal_component_it_has_stephens_critical_value() -> None:
    """A² (1 + 0.75 / n + 2.25 / n²) exceeds 0.752 in 5 of 100 tables, mean and sd estimated (Stephens 1974)."""
    n, rng = 80, np.random.default_rng(11)
    p = [of(fit(rng.normal(size=n), 1, bootstrap=99)).p for _ in range(60)]
    assert 0 <= np.sum(np.array(p) <= 0.05) <= 9  # 3 ± 3.5 standard deviations
    values = np.random.default_rng(22).normal(size=n)
    found = of(fit(values, 1, bootstrap=1999))
    corrected = found.statistic * (1 + 0.75 / n + 2.25 / n**2)
    stephens = {0.5: 0.341, 0.25: 0.470, 0.15: 0.561, 0.10: 0.631, 0.05: 0.752, 0.025: 0.873}
    expected = np.interp(corrected, list(stephens.values()), list(stephens))
    assert found.p == pytest.approx(expected, abs=0.04)


def test_a_skewed_column_is_found_out_and_a_normal_one_is_not() -> None:
    assert of(fit(np.random.default_rng(1).exponential(size=200), 1, bootstrap=99)).p == 0.01
    assert of(fit(WAITING, 2, bootstrap=99)).p > 0.1
    assert of(fit(WAITING, 1, bootstrap=99)).p == 0.01


def test_rounded_rows_are_compared_with_rounded_tables() -> None:
    """Rounding alone is no misfit: with a step of a third of an sd exact tables would reject it."""
    rounded = np.round(np.random.default_rng(2).normal(0, 3, 500))
    assert of(fit(rounded, 1, bootstrap=199)).p > 0.05


@pytest.mark.parametrize("distribution", ["normal", "logistic"])
def test_of_many_rows_cells_tell_the_same(distribution: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = getattr(np.random.default_rng(4), distribution)(size=3000)
    in_grid = of(fit(values, 1, bootstrap=199))
    monkeypatch.setattr(drawing, "MANY", 10**9)
    by_rows = of(fit(values, 1, bootstrap=199))
    assert in_grid.statistic == pytest.approx(by_rows.statistic, rel=0.1)
    assert in_grid.p == pytest.approx(by_rows.p, abs=0.12)


def test_several_columns_intervals_and_relative_weights_have_none() -> None:
    plane = simulate(random=True, components=2, column=("a", "b"), rows=80, seed=3).values
    assert fit(plane, 1, bootstrap=5).goodness_of_fit is None
    assert fit(HEIGHTS, 1, errors=1, bootstrap=5).goodness_of_fit is None
    assert fit(WAITING, 1, row_weights=np.linspace(0.5, 1.5, len(WAITING)), bootstrap=5).goodness_of_fit is None


def test_rows_in_bins_are_compared_by_chi_squared() -> None:
    """Of one normal component, whose bins are 0.8 sds wide, as its theory has it: bins less one less two parameters."""
    values = np.random.default_rng(4).normal(size=400)
    found = of(fit(np.round(values / 0.8) * 0.8, 1, rounded=0.8, bootstrap=299))
    assert found.distance == "chi-squared"
    assert found.p == pytest.approx(chi_squared_tail(found.statistic, 5), abs=0.15)
    skewed = np.random.default_rng(4).exponential(size=400)
    assert of(fit(np.round(skewed / 0.4) * 0.4, 1, rounded=0.4, bootstrap=99)).p == 0.01


def test_bins_are_told_from_what_is_known_of_rows() -> None:
    low, high = np.array([[-np.inf], [0.0], [1.0], [0.0]]), np.array([[0.0], [1.0], [3.0], [1.0]])
    known = Known.of(np.zeros((4, 1)), low, high)
    bins = Bins.of(Rows(np.zeros((4, 1)), np.ones(4), ("x",), known))
    assert bins is not None
    assert (bins.edges.tolist(), bins.counts.tolist()) == ([0, 1, 3], [1, 2, 1, 0])
    across = Known.of(np.zeros((2, 1)), np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]]))
    assert Bins.of(Rows(np.zeros((2, 1)), np.ones(2), ("x",), across)) is None
    assert Bins.of(Rows(np.zeros((2, 1)), np.ones(2), ("x",))) is None


def test_chances_of_bins_keep_their_digits_in_both_tails() -> None:
    normal = Batch.of([Mixture.from_sds([1], [0], [1])])
    chances = Bins(np.array([-9.0, -8.0, 8.0, 9.0]), np.zeros(5), ("x",)).chances(normal)[0]
    np.testing.assert_allclose(chances[::-1], chances, rtol=1e-12)
    assert chances[1] == pytest.approx(6.220960574271785e-16 - 1.1285884059538407e-19, rel=1e-10)


def test_as_many_parameters_as_bins_tell_nothing() -> None:
    thirds = np.repeat([0.0, 1.0, 2.0, 3.0], [20, 60, 50, 10])
    assert fit(thirds, 1, rounded=1, bootstrap=9).goodness_of_fit is not None
    assert fit(thirds, 2, rounded=1, bootstrap=9, starts=10).goodness_of_fit is None
