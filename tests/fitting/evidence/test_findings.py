"""What a careful reader is told of a fit, each on a table that deserves it."""

from typing import Any

import numpy as np
import pytest

from gmmfit import fit
from gmmfit.arrays import Array
from gmmfit.fitting.evidence.findings import Rejected
from gmmfit.fitting.evidence.judge import rejected
from gmmfit.fitting.search.peaks import Search, SetAside
from gmmfit.model.covariance import STRUCTURES
from tests.samples import HEIGHTS

NORMAL = np.random.default_rng(3).normal(0, 1, 200)
SEVENS = np.random.default_rng(1).normal(7, 0.1, 50)


def said_of(group: Array, mean: float, sd: float, **options: Any) -> list[str]:
    """What is said of the second component, which begins on a group beside 200 normal rows."""
    inits: dict[str, Any] = {"init_weights": [0.95, 0.05], "init_means": [0, mean], "init_sds": [1, sd]}
    warnings = fit(np.concatenate([NORMAL, group]), **inits, **options).warnings
    return [warning.removeprefix("component 2 ") for warning in warnings if warning.startswith("component 2 ")]


@pytest.mark.parametrize(
    ("group", "mean", "sd", "message"),
    [
        (0.5 + 0.01 * np.linspace(-1, 1, 9), 0.5, 0.02, "is thin: it holds about 10 rows, and its sd is 0.009 of that"),
        (
            np.repeat([0.5, 0.51], [12, 8]),
            0.5,
            0.01,
            "is thin: it holds about 19 rows, most of them at 0.5, and its",
        ),
        (np.array([8, 8.5, 9.4]), 8.6, 0.6, "is thin: it holds about 3 rows. It may be chance: look at these rows"),
        (np.repeat([5, 5.4, 5.8], 20), 5.4, 0.3, "rests on few values: it holds about 60 rows, but only 3 different"),
        (np.repeat([5, 5.4, 5.8], 6), 5.4, 0.3, "is thin: it holds about 18 rows, but only 3 different values lie"),
        (8 + 1e-4 * np.arange(9), 8, 0.6, "lies on the floor (sd 0.001), the smallest allowed"),
    ],
)
def test_a_thin_component_is_named_with_what_is_thin_about_it(
    group: Array, mean: float, sd: float, message: str
) -> None:
    [said] = said_of(group, mean, sd, min_sd=0.001)
    assert said.startswith(message)


def test_a_component_on_the_floor_with_rows_of_its_own_asks_for_a_lower_floor() -> None:
    """And with the one that is named it is off the floor."""
    close: Array = 8 + 1e-4 * np.arange(9.0)
    for group, lower in [(close, "0.0001"), (np.array([50.0]), "")]:
        [said] = said_of(group, group[0], 0.6, min_sd=0.02)
        assert said.partition("`min_sd`, such as ")[2] == lower
    assert "floor" not in said_of(close, 8, 0.6, min_sd=0.0001)[0]


def test_in_several_columns_the_floor_names_the_direction_in_which_it_is_met() -> None:
    rng = np.random.default_rng(4)
    flat = np.outer(rng.normal(0, 1, 40), [1, 2]) + rng.normal(0, 0.01, (40, 2)) + 9
    rows = np.concatenate([rng.normal(0, 1, (100, 2)), flat])
    [said] = fit(rows, 2, column=["a", "b"], min_sd=0.1, se="none").warnings
    assert said.startswith("component 2 lies on the floor in the direction a - 0.5 b, whose sd is 0.11")
    lower = float(said.partition("`min_sd`, such as ")[2])
    assert fit(rows, 2, column=["a", "b"], min_sd=lower, se="none").status == "converged"


def test_a_run_that_ended_on_the_floor_is_not_told_to_go_on() -> None:
    assert not [one for one in said_of(np.array([50.0]), 50, 0.6, max_iter=3) if "raise" in one]


def test_nothing_is_thin_about_inits_that_are_only_looked_at() -> None:
    assert said_of(np.array([8, 8.5, 9.4]), 8.6, 0.6, max_iter=0, tol=0) == []


@pytest.mark.parametrize(("n", "said"), [(9, True), (20, False)])
def test_hardly_more_rows_than_parameters_are_spoken_of(n: int, said: bool) -> None:
    warnings = fit(np.arange(float(n)) ** 2, 2, se="none").warnings
    assert any(one.startswith(f"5 parameters are estimated from {n} rows") for one in warnings) is said


def test_a_heap_at_an_end_is_named_as_a_limit_and_not_as_a_group() -> None:
    rows = np.random.default_rng(5).normal(0, 1, 300)
    for limited, end in ((np.maximum(rows, -1.2), "lowest"), (np.minimum(rows, 1.2), "highest")):
        [said] = [one for one in fit(limited, 1).warnings if "censored" in one]
        assert f"the {end} value: this is a heap" in said


def test_a_table_that_ends_abruptly_is_named_as_truncated_and_no_other() -> None:
    rows = np.random.default_rng(6).normal(0, 1, 1000)
    for table, end in ((rows[rows > -0.8], "lowest"), (rows[rows < 0.8], "highest"), (rows, "")):
        said = [one for one in fit(table, 1).warnings if "truncated" in one]
        assert [f"the {end} value" in one for one in said] == ([True] if end else [])


@pytest.mark.parametrize(("higher", "on_heap", "said"), [(8, False, True), (6, False, False), (80, True, False)])
def test_what_was_set_aside_is_spoken_of_if_it_is_far_higher_and_no_heap(
    higher: float, on_heap: bool, said: bool
) -> None:
    search = Search(9, (), (SetAside(higher - 100, 3, "a component …", on_heap),), 0)
    assert rejected(search, -100, STRUCTURES["full"], 1) == ([Rejected(higher, "a component …")] if said else [])


def test_a_narrow_component_is_not_thin_with_many_rows_or_with_an_sd_that_is_not_its_own() -> None:
    many, few = (0.5 + 0.03 * np.random.default_rng(1).normal(size=n) for n in (60, 5))
    assert said_of(many, 0.5, 0.03) == []
    assert said_of(few, 0.5, 0.02, fix="sds") == []
    both = np.concatenate([np.random.default_rng(2).normal(m, 1, 200) for m in (0, 1000)])
    for covariance in ("tied", "full"):
        assert fit(both, 2, covariance=covariance, starts=20).warnings == ()


def test_a_component_of_light_rows_is_thin_however_many_they_are() -> None:
    weights = np.repeat([1, 0.3], [200, 8])
    [said] = said_of(np.linspace(8, 9, 8), 8.5, 0.3, row_weights=weights)
    assert said.startswith("is thin: it holds about 2 rows. It may be chance")


@pytest.mark.parametrize("exponent", [0, 600])
def test_components_of_one_mean_coincide_where_their_sds_are_the_same_too(exponent: int) -> None:
    rng, unit = np.random.default_rng(1), 2.0**exponent
    rows = np.concatenate([rng.normal(0, 1, (150, 2)), rng.normal(0, 5, (150, 2))]) * unit
    inits: dict[str, Any] = {"init_weights": [0.5, 0.5], "init_means": np.zeros((2, 2)), "fix": "means"}
    for sds, status in [([[1, 1], [5, 5]], "converged"), ([[3, 3], [3, 3]], "coincident")]:
        result = fit(rows, **inits, init_sds=np.array(sds) * unit)
        assert result.status == status
        assert [w for w in result.warnings if "components 1 and 2 coincide" in w] == list(result.warnings)


def test_an_outlier_is_told_from_a_far_group() -> None:
    assert fit([*SEVENS, 69.0], 1).warnings[0].startswith("1 row is 69, far from all others, of which the next is 7.")
    assert not [one for one in fit([*SEVENS, *(SEVENS + 62)], 2).warnings if "far from" in one]


def test_a_component_that_dies_is_reported() -> None:
    """Its weight falls without end, for the other component explains the rows better everywhere."""
    x = np.random.default_rng(1).normal(0, 1, 500)
    result = fit(
        x, init_weights=[1 - 6e-20, 6e-20], init_means=[0, 0], init_sds=[1, 1.2], fix=["means", "sds"], max_iter=50
    )
    assert result.status == "empty_component"
    assert "component 2 has died: it holds" in " ".join(result.warnings)


def test_a_row_alone_on_the_floor_is_named_where_the_sample_of_a_long_column_does_not_have_it() -> None:
    x = np.append(np.random.default_rng(0).normal(0, 1, 100_000), 50.0)
    result = fit(x, init_weights=[0.99, 0.01], init_means=[0, 50], init_sds=[1, 0.01])
    assert result.status == "on_floor"
    assert "It holds 1 row near 50" in result.warnings[0]


def test_the_rows_of_a_value_far_out_are_counted_where_a_sample_stands_for_a_long_column() -> None:
    x = np.append(np.random.default_rng(0).normal(0, 1, 300_000), [5000.0, 5000.0])
    assert fit(x, 1).warnings[0].startswith("2 rows are 5000, far from all others")


# Codes, of which one is as far from the others as any number is from a number.
CODES = np.resize([1.0, 2, 9], 50)


@pytest.mark.parametrize(("other", "where"), [(SEVENS, "a"), (CODES, "a"), (CODES, "b")])
def test_an_outlier_is_seen_in_any_column_beside_one_of_few_values(other: Array, where: str) -> None:
    with_outlier = np.append(SEVENS[1:], 0.0)
    table = {"a": with_outlier, "b": other} if where == "a" else {"a": other, "b": with_outlier}
    said = fit(table, 1, column=("a", "b")).warnings[0]
    assert said.startswith(f"1 row is 0 in {where}, far from all others")


@pytest.mark.parametrize("weights", [np.full(51, 3), [*np.ones(50), 3]])
def test_an_outlier_of_weight_three_is_three_rows(weights: Array) -> None:
    assert fit([*SEVENS, 69.0], 1, row_weights=weights).warnings[0].startswith("3 rows are 69, far from all others")


@pytest.mark.parametrize(
    ("more", "n_components"), [([], 2), ([], 3), ([260.0], 2), ([260.0, 260.0], 3), ([170.0] * 400, 3)]
)
@pytest.mark.parametrize("times", [1, 10])
def test_of_values_with_counts_the_same_is_said_as_of_the_rows(
    more: list[float], n_components: int, times: int
) -> None:
    values = np.concatenate([HEIGHTS, more])
    once, counts = np.unique(values, return_counts=True)
    counted = fit(once, n_components, row_weights=times * counts)
    assert counted.warnings == fit(np.tile(values, times), n_components).warnings
