"""Several numbers of components and structures side by side."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError, fit
from gmmfit.fitting.choose import WITHIN
from gmmfit.fitting.search.search import Ground, all_kinds
from gmmfit.fitting.settings import COVARIANCES, CRITERIA
from gmmfit.model.batch import Batch
from tests.samples import SAMPLES, column, columns

WAITING = column(SAMPLES / "old_faithful.csv", "waiting")
PLANE = np.stack(list(columns(SAMPLES / "old_faithful.csv", ["eruptions", "waiting"]).values()), axis=1)


def test_choosing_among_one_is_fitting_it() -> None:
    assert fit(WAITING, [2]).to_json() == fit(WAITING, 2).to_json()


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_lowest_criterion_is_the_result(criterion: str) -> None:
    result = fit(WAITING, range(1, 4), covariance=["tied", "full"], criterion=criterion, se=False)
    assert len(result.candidates) == 6
    [chosen] = [one for one in result.candidates if one.chosen]
    assert getattr(chosen, criterion) == min(getattr(one, criterion) for one in result.candidates)
    assert (chosen.components, chosen.covariance) == (result.mixture.n_components, result.settings.covariance)
    assert (chosen.bic, chosen.aic, chosen.icl) == (result.bic, result.aic, result.icl)


def test_no_model_lies_below_a_special_case_of_it() -> None:
    candidates = fit(PLANE, [1, 2], covariance=COVARIANCES, se=False).candidates
    found = {(one.components, one.covariance): one.log_likelihood for one in candidates}
    for (k, covariance), value in found.items():
        smaller = [(k - 1, covariance), *((k, inner) for inner in WITHIN[covariance])]
        assert all(value >= found[one] - 1e-3 for one in smaller if one in found)


def test_a_search_that_fell_short_is_mended_from_the_smaller_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search for three components is given nothing but three times the same one, which EM can't part."""

    def poor(ground: Ground, n_components: int, *rest: Any, **named: Any) -> Batch:
        rows = ground.few
        means, covariances = np.tile(rows.mean, (1, n_components, 1)), np.tile(rows.covariance, (1, n_components, 1, 1))
        return Batch(np.full((1, n_components), 1 / n_components), means, covariances, rows.columns)

    monkeypatch.setattr(
        "gmmfit.fitting.search.find_start.all_kinds",
        lambda *given, **named: (poor if given[1] == 3 else all_kinds)(*given, **named),
    )
    two, three = (fit(WAITING, k, se=False).log_likelihood for k in (2, 3))
    assert three < two - 50
    together = fit(WAITING, [2, 3], se=False).candidates
    assert together[0].log_likelihood == two
    assert together[1].log_likelihood >= two - 1e-4


def test_structures_are_all_compared_with_their_special_cases() -> None:
    assert set(WITHIN) == set(COVARIANCES)
    order = {"full", "diag", "spherical"}
    for outer, inner in product(COVARIANCES, COVARIANCES):
        if inner in WITHIN[outer]:
            assert not (outer.startswith("tied") and inner in order)


def test_a_disagreement_of_the_criteria_is_a_warning() -> None:
    result = fit(column(SAMPLES / "heights.csv", "height"), [1, 2, 3], se=False)
    best = {name: min(result.candidates, key=lambda one: getattr(one, name)).components for name in CRITERIA}
    assert best == {"bic": 2, "aic": 3, "icl": 1}
    assert "the criteria disagree: BIC chooses 2 components, AIC 3 components, ICL 1 component" in result.warnings


def test_too_many_components_for_the_rows_are_left_out_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    result = fit([1.0, 2, 4, 8] * 3, range(1, 7), se=False)
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
    result = fit(WAITING, [1, 2], watch=lambda step: seen.append(step.log_likelihood))
    assert seen == [step.log_likelihood for step in result.history]


def test_a_higher_mixture_that_was_set_aside_is_told_of_the_others_too() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0, 1, 100), rng.normal(20, 1, 60), np.full(8, -999.0)])
    result = fit(values, [1, 2, 3])
    assert result.mixture.n_components < 3
    assert result.warnings[0].startswith("8 rows are -999, far from all others, of which the next is -")
    assert any(one.startswith("with 3 components a mixture with a far higher") for one in result.warnings)


def test_an_outlier_is_told_from_a_far_group() -> None:
    values = np.random.default_rng(1).normal(7, 0.1, 50)
    assert fit([*values, 69.0], 1).warnings[0].startswith("1 row is 69, far from all others, of which the next is 7.")
    assert not [one for one in fit([*values, *(values + 62)], 2).warnings if "far from" in one]
    both = np.column_stack([values, [*values[1:], 0.0]])
    assert fit(both, 1, column=("a", "b")).warnings[0].startswith("1 row is 0 in b, far from all others")
