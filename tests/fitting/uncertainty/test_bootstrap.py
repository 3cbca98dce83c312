"""The bootstrap: against references, the information, and itself."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import gmmfit
from gmmfit import ArgumentError, Fit, fit, simulate
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.stored.chunks import Chunks
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.em import em
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.search.follow import Round, follow
from gmmfit.fitting.settings import Settings
from gmmfit.fitting.uncertainty.bootstrap import Bootstrap
from gmmfit.model.batch import Batch
from tests.samples import DATA, FAITHFUL, HEIGHTS, WAITING, column, needs_shared

REFERENCES: list[dict[str, Any]] = (
    [
        one
        for one in json.loads((DATA / "multi" / "bootstrap.json").read_text())
        if one["kind"].startswith("nonparametric")
    ]
    if DATA.is_dir()
    else []
)
RNG = np.random.default_rng(20)
TWO = np.concatenate([RNG.normal(0, 1, 120), RNG.normal(5, 1.5, 80)])


def told(result: Fit) -> Bootstrap:
    """What became of the replicates."""
    assert result.bootstrap is not None
    assert result.uncertainty is not None
    assert result.uncertainty.method == "bootstrap"
    return result.bootstrap


@needs_shared
@pytest.mark.parametrize("one", REFERENCES, ids=lambda one: one["name"])
@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(partial(accelerated, plain=0, newton=True), id="newton"),
        pytest.param(em, id="em", marks=pytest.mark.slow),
    ],
)
def test_the_very_replicates_of_a_reference_have_its_standard_errors_by_newtons_steps_and_by_plain_em(
    one: dict[str, Any], stream: Any
) -> None:
    """999 draws of default_rng(999).choice(x, n), each run to convergence from the fit: of one its seed is lost."""
    values = column(DATA / one["table"], one["data"]["columns"][0])
    rows = Rows(np.asfortranarray(values[:, None]), equal_weights(len(values)), ("x",))
    problem = Request(rows, 0, Inits.of(("x",)), Settings()).problem(2, one["covariance"])
    units, once = problem.rows.units, problem.rows.data
    assert isinstance(once, Rows)
    rng, standard = np.random.default_rng(999), (values - units.centre) / units.unit
    drawn = (np.searchsorted(once.values[:, 0], rng.choice(standard, len(values))) for _ in range(999))
    weights = np.array([np.bincount(numbers, minlength=len(once)) for numbers in drawn], dtype=float)
    begin = units.standardize(fit(values, 2, covariance=one["covariance"]).mixture.with_columns(("x",)))
    tables = Tables(once.values[None], weights, np.arange(999), ("x",))
    ended = follow(stream, tables, Batch.of([begin])[np.zeros(999, int)], problem.constraints, Round(5000, 1))
    batch = ended.batch[~ended.floored]
    means, sds = units.unit * batch.means[..., 0], units.unit * np.sqrt(batch.covariances[..., 0, 0])
    found = [*batch.weights.std(axis=0), *means.std(axis=0), *sds.std(axis=0)]
    expected = [one["standard_errors"][f"{name}{k}"] for name in ("weight", "mean", "sd") for k in (1, 2)]
    np.testing.assert_allclose(found, expected, rtol=0.05)


@needs_shared
@pytest.mark.parametrize("one", REFERENCES, ids=lambda one: one["name"])
def test_of_other_draws_they_are_the_same_but_for_chance(one: dict[str, Any]) -> None:
    """Within four standard deviations of both sets of replicates, as nine parts of the reference's show them."""
    values = column(DATA / one["table"], one["data"]["columns"][0])
    result = fit(values, 2, covariance=one["covariance"], bootstrap=999)
    errors = result.standard_errors
    assert errors is not None
    for name, found in (("weight", errors.weights), ("mean", errors.means[:, 0]), ("sd", errors.sds[:, 0])):
        for k in (0, 1):
            chance = one["monte_carlo_error"][f"{name}{k + 1}"]["standard_error"]
            assert abs(found[k] - one["standard_errors"][f"{name}{k + 1}"]) < 4 * np.sqrt(2) * chance


def test_of_one_component_they_are_the_closed_form_but_for_chance() -> None:
    result = fit(WAITING, 1, bootstrap=2000)
    errors, n = result.standard_errors, len(WAITING)
    assert errors is not None
    assert errors.weights[0] == 0
    assert errors.means[0, 0] == pytest.approx(WAITING.std() / np.sqrt(n), rel=0.06)
    squares = (WAITING - WAITING.mean()) ** 2
    assert errors.covariances[0, 0, 0] == pytest.approx(squares.std() / np.sqrt(n), rel=0.06)


def test_with_many_rows_they_come_to_those_of_the_information() -> None:
    values = simulate(weights=[0.4, 0.6], means=[0, 4], sds=[1, 1], rows=20_000, seed=1).values[:, 0]
    plain, drawn = fit(values, 2), fit(values, 2, bootstrap=999)
    assert told(drawn).left_the_peak == 0
    assert plain.uncertainty is not None
    assert drawn.uncertainty is not None
    for name in ("weights", "means", "sds"):
        mine, its = (getattr(one.standard_errors, name) for one in (drawn, plain))
        np.testing.assert_allclose(mine, its, rtol=0.1)
    for of_drawn, of_plain in zip(drawn.uncertainty.cutoffs, plain.uncertainty.cutoffs, strict=True):
        assert of_drawn is not None
        assert of_plain is not None
        assert of_drawn.se == pytest.approx(of_plain.se, rel=0.1)


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_threads_changes_no_digit(jobs: int) -> None:
    once, again = (fit(TWO, [1, 2], bootstrap=300, jobs=n, starts=20).to_document() for n in (1, jobs))
    assert once == again


def test_the_seed_is_what_makes_replicates_others() -> None:
    first, second, third = (fit(TWO, 2, bootstrap=50, seed=seed).to_document()["components"] for seed in (0, 0, 1))
    assert first == second
    assert first != third


def test_replicates_with_a_higher_peak_elsewhere_are_counted() -> None:
    result = fit(HEIGHTS, 2, bootstrap=300)
    assert 20 < told(result).left_the_peak < 120  # it has another peak 3.7 below
    assert 0 < sum(told(result).modes.values()) < 1 + 1e-9
    assert told(fit(TWO, 2, bootstrap=100)).left_the_peak == 0


@pytest.mark.parametrize(
    "said",
    [
        {"rounded": 0.5},
        {"errors": 0.3},
        {"truncated": (-4, 9)},
        {"noise": True},
        {"transform": "asinh"},
        {"constrain": "sd_1 = sd_2"},
        {"covariance": "tied"},
        {"row_weights": np.repeat([1.0, 2.0], 100)},
        {"row_weights": np.linspace(0.5, 1.5, 200)},
        {"labels": np.array(["a"] * 10 + [None] * 190, dtype=object)},
        {"fix": "weights", "init_weights": [0.6, 0.4], "init_means": [0, 5], "init_sds": [1, 1]},
    ],
    ids=[
        "rounded",
        "errors",
        "truncated",
        "noise",
        "transform",
        "constrain",
        "tied",
        "counts",
        "relative",
        "labels",
        "fix",
    ],
)
def test_any_fit_has_one(said: dict[str, Any]) -> None:
    """And its errors are those of the information, but for chance and for what rows are not as the model has them."""
    rows = np.round(TWO * 2) / 2 if "rounded" in said else np.clip(TWO, -3.9, 8.9) if "truncated" in said else TWO
    result, plain = fit(rows, 2, bootstrap=200, **said), fit(rows, 2, **said)
    assert told(result).on_floor + told(result).lost_a_component < 20
    for name in ("means", "sds"):
        mine, its = (getattr(one.standard_errors, name) for one in (result, plain))
        np.testing.assert_allclose(mine, its, rtol=0.5)
    if "fix" in said:
        assert result.standard_errors is not None
        assert not result.standard_errors.weights.any()


def test_in_several_columns_and_structures_too() -> None:
    for covariance in ("full", "VVE"):
        result = fit(FAITHFUL, 2, column=("eruptions", "waiting"), covariance=covariance, bootstrap=40, starts=20)
        assert told(result).not_converged < 4
        assert result.goodness_of_fit is None
        assert result.uncertainty is not None
        assert result.uncertainty.ashman_d[0] is not None


def test_missing_cells_are_drawn_with_their_rows() -> None:
    plane = simulate(random=True, components=2, column=("a", "b"), rows=150, seed=3).values.copy()
    plane[::7, 0] = np.nan
    assert told(fit(plane, 2, missing="use", bootstrap=20, starts=20)).replicates == 20


def test_chunks_of_one_column_have_one_and_of_several_say_why_not() -> None:
    values = simulate(weights=[0.4, 0.6], means=[0, 4], sds=[1, 1], rows=70_000, seed=1).values
    for d, why in ((1, ""), (2, "rows are drawn again from memory, where these are not: leave `bootstrap` out")):
        plane = np.column_stack([values] * d) + np.arange(d) * np.random.default_rng(0).normal(size=values.shape)
        with Chunks(tuple("ab"[:d]), chunk_rows=1000) as chunks:
            chunks.append(Rows(plane, equal_weights(len(plane)), tuple("ab"[:d])))
            assert fit(chunks, 2, bootstrap=20, starts=20).no_standard_errors == why


def test_a_fit_without_a_peak_has_none() -> None:
    short = fit(HEIGHTS, init_means=[160, 180], init_sds=[5, 5], max_iter=2, bootstrap=20)
    assert short.bootstrap is None
    assert short.no_standard_errors.startswith("the fit stopped before a peak")


@pytest.mark.parametrize("wrong", [{"bootstrap": 1}, {"bootstrap": 2.5}, {"jobs": 0}])
def test_too_few_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="must be a"):
        fit(TWO, 2, **wrong)


def test_a_picture_shows_percentile_intervals() -> None:
    pytest.importorskip("matplotlib")
    result = fit(TWO, 2, bootstrap=50)
    [panel] = gmmfit.plot(TWO, result).axes
    labels = [text.get_text() for legend in panel.figure.legends for text in legend.get_texts()]
    assert "95% intervals of means and cut-offs" in labels
    assert result.ranges is not None
    assert replace(result, uncertainty=None).ranges is None


def test_of_what_replicates_intervals_are_is_said() -> None:
    few = fit(TWO, 2, bootstrap=20)
    assert any(
        said == "the ends of the intervals are the farthest of 20 replicates: for 95% raise `bootstrap` to 40 at least"
        for said in few.warnings
    )
    assert not [said for said in fit(TWO, 2, bootstrap=40).warnings if "replicates" in said]
    spike = fit(np.concatenate([TWO, [50.0, 50.1]]), 3, bootstrap=60)
    assert told(spike).used == 60 - told(spike).lost_a_component - told(spike).on_floor < 54
    assert any(said.startswith(f"in {60 - told(spike).used} of 60 replicates a component") for said in spike.warnings)


def test_a_number_on_its_bound_has_no_spread() -> None:
    held = fit(TWO, 2, constrain=["sd_1 = sd_2", "weight_1 >= 0.7"], bootstrap=20).standard_errors
    assert held is not None
    assert held.weights.tolist() == [0, 0]


def test_huge_values_have_finite_errors() -> None:
    plain, huge = (fit(TWO * scale, 2, bootstrap=20).standard_errors for scale in (1, 1e150))
    assert plain is not None
    assert huge is not None
    np.testing.assert_allclose(huge.means / 1e150, plain.means, rtol=1e-6)


def test_standard_errors_of_the_information_and_of_replicates_are_not_asked_for_together() -> None:
    with pytest.raises(ArgumentError, match="leave `se` out"):
        fit(TWO, 2, bootstrap=20, se="robust")


@pytest.mark.parametrize("wrong", [{"bootstrap": "99"}, {"confidence": "a"}, {"cutoff": "0.5"}])
def test_what_is_no_number_is_refused_as_such(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"`{next(iter(wrong))}` is "):
        fit(TWO, 2, **wrong)
