"""Several numbers of components and structures side by side."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError, fit
from gmmfit.fitting.search.nested import Model
from gmmfit.fitting.search.search import SearchData, run_search
from gmmfit.fitting.settings import COVARIANCES, CRITERIA
from gmmfit.model.covariance import STRUCTURES
from tests.samples import FAITHFUL_ROWS, HEIGHTS, WAITING


def test_choosing_among_one_is_fitting_it() -> None:
    assert fit(WAITING, [2]).to_json() == fit(WAITING, 2).to_json()


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_lowest_criterion_is_the_result(criterion: str) -> None:
    result = fit(WAITING, range(1, 4), covariance=["tied", "full"], criterion=criterion, starts=50, se="none")
    assert len(result.candidates) == 6
    [chosen] = [one for one in result.candidates if one.chosen]
    assert getattr(chosen, criterion) == min(getattr(one, criterion) for one in result.candidates)
    assert (chosen.components, chosen.covariance) == (result.mixture.n_components, result.settings.covariance)
    assert (chosen.bic, chosen.aic, chosen.icl) == (result.bic, result.aic, result.icl)


def test_no_model_lies_below_a_special_case_of_it() -> None:
    candidates = fit(FAITHFUL_ROWS, [1, 2], covariance=COVARIANCES, starts=50, se="none").candidates
    found = {(one.components, one.covariance): one.log_likelihood for one in candidates}
    for (k, covariance), value in found.items():
        smaller = [
            (k - 1, covariance),
            *((k, inner) for inner in COVARIANCES if STRUCTURES[covariance].contains(STRUCTURES[inner])),
        ]
        assert all(value >= found[one] - 1e-3 for one in smaller if one in found)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_a_model_that_fell_short_is_fitted_again_from_the_best_of_the_smaller_ones(seed: int) -> None:
    """One random start and one iteration leave three components above one, and below two."""
    short: dict[str, Any] = {"init_method": "random", "starts": 1, "max_iter": 1, "seed": seed, "se": "none"}
    one, two, three = (fit(WAITING, k, **short).log_likelihood for k in (1, 2, 3))
    assert one < three < two - 0.1
    together = [candidate.log_likelihood for candidate in fit(WAITING, [1, 2, 3], **short).candidates]
    assert together[:2] == [one, two]
    assert together[2] >= two


def test_a_structure_contains_those_that_restrictions_make_of_it() -> None:
    assert set(STRUCTURES) == set(COVARIANCES)
    # Two covariances of the inner structure, whatever they are, have the outer one too.
    roots = np.random.default_rng(3).standard_normal((2, 3, 5))
    for outer, inner in product(COVARIANCES, COVARIANCES):
        covariances = STRUCTURES[inner].project(roots @ roots.swapaxes(1, 2), np.ones(2))
        assert STRUCTURES[outer].contains(STRUCTURES[inner]) == STRUCTURES[outer].holds(covariances)


def test_a_disagreement_of_the_criteria_is_a_warning() -> None:
    result = fit(HEIGHTS, [1, 2, 3], se="none")
    best = {name: min(result.candidates, key=lambda one: getattr(one, name)).components for name in CRITERIA}
    assert best == {"bic": 2, "aic": 3, "icl": 1}
    assert "the criteria disagree: BIC chooses 2 components, AIC 3 components, ICL 1 component" in result.warnings


def test_too_many_components_for_the_rows_are_left_out_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    result = fit([1.0, 2, 4, 8] * 3, range(1, 7), se="none")
    assert {one.components for one in result.candidates} == {1, 2, 3, 4}
    assert "5, 6 components are left out: 4 distinct values are not enough for 5 components" in caplog.text
    with pytest.raises(DataError, match="not enough for 5 components"):
        fit([1.0, 2, 4, 8] * 3, [5, 6])


def test_wrong_questions() -> None:
    for components in ([], [0, 1], ["2"], 2.0):
        with pytest.raises(ArgumentError):
            fit(WAITING, components)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="1, 2 components, and inits for 2: give `components` 2, or leave"):
        fit(WAITING, [1, 2], init_means=[50, 80])
    with pytest.raises(ArgumentError, match="criterion"):
        fit(WAITING, 2, criterion="BIC")


def test_the_history_that_is_watched_is_that_of_the_best() -> None:
    seen: list[float] = []
    result = fit(WAITING, [1, 2], on_step=lambda step: seen.append(step.log_likelihood))
    assert seen == [step.log_likelihood for step in result.history]


def test_more_parameters_than_rows_are_not_chosen() -> None:
    """A criterion is no protection there: two rows that lie close together would win."""
    table = np.random.default_rng(86).normal(0, 1, (6, 2)).round(2)
    assert fit(table, [1, 2, 3]).mixture.n_components == 1


def test_an_outlier_alone_makes_no_model_the_winner() -> None:
    rng = np.random.default_rng(1)
    result = fit(np.concatenate([rng.normal(0, 1, 100), rng.normal(4, 1, 60), [12.0]]), [1, 2, 3])
    assert result.mixture.n_components == 2
    assert result.warnings[0].startswith("models with 3 components are not chosen where they end on the floor")


def test_a_heap_away_from_the_rest_is_chosen_with_the_groups_beside_it() -> None:
    """Eight rows of one value have no spread, and no peak; but they are there, and so are the two groups."""
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0, 1, 100), rng.normal(20, 1, 60), np.full(8, -999.0)])
    result = fit(values, [1, 2, 3, 4])
    assert result.mixture.means[:, 0] == pytest.approx([-999, values[:100].mean(), values[100:160].mean()], abs=1e-3)


def test_structures_that_are_one_in_one_column_are_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[Model] = []

    def counted(data: SearchData, *others: Any) -> Any:
        searched.append(data.problem.model)
        return run_search(data, *others)

    monkeypatch.setattr("gmmfit.fitting.search.nested.run_search", counted)
    chosen = fit(WAITING, [1, 2], covariance=COVARIANCES)
    assert sorted(searched) == [(2, "full", False), (2, "tied", False)]
    log_likelihoods = {(c.components, c.covariance): c.log_likelihood for c in chosen.candidates}
    assert sorted(log_likelihoods) == [(1, "full"), (1, "tied"), (2, "full"), (2, "tied")]
