"""gmmfit.fit: inits in part and whole, what is refused, and how ends are told."""

import logging
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmmfit import ArgumentError, DataError, FitError, Mixture, fit, simulate
from gmmfit.fitting.settings import INIT_METHODS
from tests.samples import FAITHFUL, HEIGHTS_CSV, WAITING

BY_SEX = pd.read_csv(HEIGHTS_CSV)


def test_without_inits_components_come_by_their_means_and_otherwise_by_the_inits() -> None:
    assert np.all(np.diff(fit(WAITING, 3).mixture.means[:, 0]) > 0)
    assert fit(WAITING, init_means=[80, 55]).mixture.means[0, 0] > 79
    assert fit(WAITING, init_means=[80, 55], order="mean").mixture.means[0, 0] < 56
    assert fit(WAITING, 2, order="weight").mixture.weights[0] > 0.6


def test_the_history_has_the_order_of_the_result() -> None:
    result = fit(WAITING, init_means=[80, 55], order="mean")
    assert result.history[-1].mixture is result.mixture
    assert result.history[0].mixture.means[:, 0].tolist() == [55, 80]


def test_the_history_of_a_search_leads_from_the_start_that_won_to_the_same_peak() -> None:
    peak, way = fit(WAITING, 2), fit(WAITING, 2, history=True)
    assert "from the search's peak" in peak.reason
    assert "search's peak" not in way.reason
    assert way.history[0].log_likelihood < peak.log_likelihood - 1
    assert {step.kind for step in way.history[1:10]} == {"em"}
    np.testing.assert_allclose(way.mixture.means, peak.mixture.means, rtol=1e-10)
    assert way.search == peak.search


def test_a_start_from_which_em_comes_to_another_peak_is_no_way_to_this_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gmmfit.fitting.solve.SAME_PEAK", -1.0)
    caplog.set_level(logging.INFO, "gmmfit")
    result = fit(WAITING, 2, history=True)
    assert "from the search's peak" in result.reason
    assert "the history begins at the search's peak" in caplog.text


@pytest.mark.parametrize("settings", [{"max_iter": 5}, {"max_iter": 0}, {"max_iter": 5, "tol": 0}])
def test_what_is_fitted_does_not_depend_on_who_wants_the_history(settings: dict[str, Any]) -> None:
    """The way would be longer than five iterations."""
    alone, watched = fit(WAITING, 2, **settings), fit(WAITING, 2, **settings, history=True)
    assert watched.status == alone.status
    np.testing.assert_array_equal(watched.mixture.means, alone.mixture.means)


def test_where_a_fit_began_is_said_as_it_was() -> None:
    """A named method's start is where the fit begins, however many were tried."""
    for options in ({"init_method": "kmeans++", "starts": 5}, {"init_method": "quantile"}):
        result = fit(BY_SEX, 2, column="height", **options)
        assert "search's peak" not in result.reason
        assert {step.kind for step in result.history[1:51]} == {"em"}


@pytest.mark.parametrize("method", INIT_METHODS)
def test_every_init_method_leads_to_the_two_groups(method: str) -> None:
    means = fit(WAITING, 2, init_method=method, starts=3).mixture.means[:, 0]
    np.testing.assert_allclose(means, [54.615, 80.091], atol=2e-3)


def test_parts_that_are_given_are_kept_and_the_others_filled_in() -> None:
    for part, value in [("weights", [0.3, 0.7]), ("means", [60, 75]), ("sds", [3, 4])]:
        first = fit(WAITING, 2, **{f"init_{part}": value}).history[0].mixture  # type: ignore[arg-type]
        assert getattr(first, part).ravel().tolist() == value


def test_single_inits_go_before_those_of_a_mixture() -> None:
    start = Mixture.from_sds([0.5, 0.5], [50, 80], [5, 5])
    first = fit(WAITING, init=start, init_means=[55, 81]).history[0].mixture
    assert first.means.ravel().tolist() == [55, 81]
    assert first.sds.ravel().tolist() == [5, 5]


def test_an_init_is_taken_by_the_names_of_its_columns() -> None:
    both = ["eruptions", "waiting"]
    fitted = fit(FAITHFUL, 2, column=both)
    turned = fit(FAITHFUL, column=both[::-1], init=fitted, tol=0, max_iter=0)
    assert turned.mixture.columns == ("waiting", "eruptions")
    assert turned.log_likelihood == pytest.approx(fitted.log_likelihood, rel=1e-12)


def test_an_init_of_other_columns_is_taken_for_these_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    start = Mixture.from_sds([0.5, 0.5], [50, 80], [5, 5], columns="minutes")
    assert fit(FAITHFUL, column="waiting", init=start).mixture.columns == ("waiting",)
    assert "the columns of the init, minutes, are taken for waiting" in caplog.text


def test_inits_outside_the_structure_are_brought_into_it() -> None:
    result = fit(WAITING, init_weights=[0.25, 0.75], init_means=[50, 80], init_sds=[3, 5], covariance="tied")
    first, second = result.history[0], result.history[1]
    assert first.mixture.sds[:, 0] ** 2 == pytest.approx(0.25 * 9 + 0.75 * 25)
    assert second.log_likelihood > first.log_likelihood


def test_components_that_start_alike_draw_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    fit(WAITING, init_weights=[0.5, 0.5], init_means=[70, 70], init_sds=[9, 9], max_iter=2)
    assert "components 1 and 2 start with the same values, so EM can't separate them" in caplog.text


def test_labels_that_are_numbers_go_in_their_order() -> None:
    x = np.repeat(np.arange(12.0), 5) + np.tile([0, 0.1, 0.2, 0.3, 0.4], 12)
    start = fit(x, init_by=np.repeat([str(i) for i in range(12)], 5), tol=0, max_iter=0).mixture
    np.testing.assert_allclose(start.means[:, 0], np.arange(12) + 0.2)


@pytest.mark.parametrize(("n", "listed"), [(10, "3 = 2, component 4 = 3, "), (11, "3 = 2, …, component 11 = 10")])
def test_the_components_of_labels_are_said_the_first_and_the_last_of_more_than_ten(
    n: int, listed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gmmfit")
    fit(np.repeat(np.arange(n), 5) + np.tile(np.linspace(0, 0.4, 5), n), init_by=np.repeat(np.arange(n), 5), max_iter=1)
    [said] = [line for line in caplog.messages if line.startswith("start: ")]
    assert said.startswith(f"start: component 1 = 0, component 2 = 1, component {listed}")
    assert said.endswith(f"component {n} = {n - 1}")


def test_the_weights_of_labels_can_be_held() -> None:
    result = fit(BY_SEX, column="height", init_by="sex", fix="weights")
    assert result.mixture.weights[0] == pytest.approx(np.mean(BY_SEX.sex == "F"), rel=1e-12)


def test_rows_are_drawn_from_a_fit() -> None:
    result = fit(WAITING, 2)
    assert np.array_equal(simulate(result, rows=3, seed=1).values, simulate(result.mixture, rows=3, seed=1).values)


def test_a_fit_prints_in_a_few_lines() -> None:
    assert len(repr(fit(WAITING, 2))) < 300


def test_labels_make_a_start_of_the_groups_own_numbers() -> None:
    first = fit(BY_SEX, column="height", init_by="sex").history[0].mixture
    for k, sex in enumerate("FM"):
        own = BY_SEX.height[BY_SEX.sex == sex]
        assert first.means[k, 0] == pytest.approx(own.mean(), rel=1e-12)
        assert first.sds[k, 0] == pytest.approx(own.std(ddof=0), rel=1e-12)
        assert first.weights[k] == pytest.approx(len(own) / len(BY_SEX), rel=1e-12)


def test_labels_of_no_row_make_no_start() -> None:
    with pytest.raises(DataError, match="no row has a label to start from: take another column for `init_by`"):
        fit(WAITING, init_by=[None] * len(WAITING))


def test_rows_without_a_label_take_part_but_not_in_the_start() -> None:
    labels = BY_SEX.sex.where(BY_SEX.index >= 100)
    result = fit(BY_SEX, column="height", init_by=labels)
    assert result.n_rows == len(BY_SEX)
    assert result.history[0].mixture.means[1, 0] == pytest.approx(BY_SEX.height[100:][BY_SEX.sex == "M"].mean())


def test_the_best_of_several_starts_is_no_worse_than_each() -> None:
    x = simulate(random=True, components=4, rows=300, seed=2).values
    best = fit(x, 4).log_likelihood
    alone = [fit(x, 4, init_method="kmeans++", seed=seed) for seed in range(10)]
    assert len({round(one.log_likelihood, 3) for one in alone}) > 1
    assert best >= max(one.log_likelihood for one in alone if one.status != "on_floor") - 1e-3


def test_the_same_seed_gives_the_same_fit() -> None:
    assert fit(WAITING, 3, seed=4).to_json() == fit(WAITING, 3, seed=4).to_json()


def test_several_columns_take_inits_component_by_component() -> None:
    result = fit(FAITHFUL, column=["eruptions", "waiting"], init_means=[2, 55, 4.3, 80], init_sds=[0.3, 6, 0.4, 6])
    assert result.history[0].mixture.means.tolist() == [[2, 55], [4.3, 80]]
    assert result.log_likelihood == pytest.approx(-1130.2639601, abs=1e-5)


def test_what_a_careful_reader_should_know_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gmmfit"):
        result = fit(WAITING, 2, max_iter=2)
    assert [record.getMessage() for record in caplog.records] == list(result.warnings)


def test_a_component_far_from_all_rows_is_an_error_that_says_so() -> None:
    with pytest.raises(FitError, match="component 2 is empty: no row is near it"):
        fit(WAITING, init_weights=[0.5, 0.5], init_means=[70, 1e6], init_sds=[10, 1])


@pytest.mark.parametrize(
    ("data", "components", "message"),
    [
        ([1.0], 1, "at least 2 rows; there is 1 row"),
        ([3, 3, 3], 1, "column '1' is constant: all its 3 values are 3"),
        ([1, 1, 2, 2], 3, "2 distinct values are not enough for 3 components"),
        ([1, 2], 3, "2 rows are not enough for 3 components"),
        ([[1, 2], [2, 4], [3, 6.0]], 1, "columns 1, 2 are collinear"),
        ([[1, 2], [2, 4.0]], 1, "2 rows are not enough for the correlations of 2 columns"),
    ],
)
def test_rows_too_few_or_too_much_alike_are_refused(data: object, components: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(data, components)


def test_collinear_columns_can_be_fitted_without_their_covariance() -> None:
    x = np.arange(20.0)
    assert fit(np.stack([x, 2 * x], axis=1), 1, covariance="diag").converged


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "how many components"),
        ({"components": 0}, "0 components"),
        ({"init": 3}, "`init` is 3; it must be a Mixture or a Fit"),
        ({"components": 2.0}, "`components` is 2.0"),
        ({"init_means": [70, 70]}, "two of `init_means` are the same"),
        ({"components": 2, "init_means": [1, 2, 3]}, "2 components, and inits for 3"),
        ({"init_means": [1, 2], "init_sds": [1]}, "`init_means` for 2, `init_sds` for 1"),
        ({"init_weights": [0.5, 0.6]}, "weights sum to 1.1"),
        ({"init_means": [1, np.inf]}, "means must be finite"),
        ({"init_means": [1, np.nan]}, "has gaps"),
        ({"init_sds": [1, -1]}, "every sd must be a positive"),
        ({"init_means": []}, "`init_means` has 0 numbers: give 1 for each component"),
        ({"init_sds": [5, 9], "covariance": "tied", "fix": "sds"}, "don't have the structure that `covariance` names"),
        (
            {"init_by": WAITING > 68, "init_weights": [0.5, 0.5], "init_means": [1, 2], "init_sds": [1, 1]},
            "`init_by` has nothing to say where weights, means and sds are all given",
        ),
        ({"components": 2, "fix": "weights"}, "fixed weights are held at their inits"),
        ({"components": 2, "fix": "mean"}, "`fix` is 'mean'"),
        ({"components": 2, "tol": -1}, "`tol` is -1"),
        ({"components": 2, "tol": np.nan}, "`tol` is nan"),
        ({"components": 2, "max_iter": 1.5}, "`max_iter` is 1.5; it must be a whole number"),
        ({"components": 2, "missing": "maybe"}, "`missing` is 'maybe'; it must be"),
        ({"components": 2, "column": []}, "no column is chosen"),
        ({"components": 2, "min_sd": 0}, "`min_sd` is 0"),
        ({"components": 2, "tol_type": "slope"}, "`tol_type` is 'slope'"),
        ({"init": Mixture.from_sds([1], [[0, 0]], [[1, 1]])}, "the init has 2 columns, and 1 are fitted"),
    ],
)
def test_arguments_that_contradict_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        fit(WAITING, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "inits",
    [
        {"init_means": [-1e300, 1e300]},
        {"init_means": [1, 1e308]},
        {"init_means": [1, 2], "init_sds": [1e150, 1e150]},
        {"init_sds": [1e-130, 1e-130]},
        {"init": Mixture.from_sds([0.5, 0.5], [1, 1e200], [1, 1])},
    ],
)
def test_inits_out_of_all_proportion_are_refused(inits: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="the inits are out of all proportion to the rows"):
        fit([1.0, 2, 3, 4, 5], 2, **inits)


def test_standard_errors_that_would_fill_the_memory_are_none() -> None:
    values = np.random.default_rng(1).normal(size=(400, 95))
    result = fit(values, 1, se="information", max_iter=2)
    assert result.standard_errors is None
    assert "the information of 9,121 numbers takes more memory" in str(result.no_standard_errors)


def test_more_starts_than_there_can_be_are_refused() -> None:
    with pytest.raises(ArgumentError, match="`starts` is 1,000,000,000; there can be 100,000"):
        fit(WAITING, 2, starts=10**9)
