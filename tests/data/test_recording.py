"""How rows were recorded: what is known of each cell, what is refused, and how it is written in a model."""

import json
from typing import Any

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.data.known import UNKNOWN, Known, KnownCounts
from gmmfit.data.recorded import Recorded, known_from, labels_from
from gmmfit.data.recording import Recording
from gmmfit.data.select import select_rows
from gmmfit.data.selection import usable_rows


def known_of(values: Any, recorded: dict[str, Any] | None = None, **said: Any) -> Known:
    array = np.array(values, dtype=float).reshape(len(values), -1)
    known, _ = known_from(Recorded(array, **(recorded or {})), Recording(**said), tuple("abc"[: array.shape[1]]))
    return known


def test_a_rounded_value_stands_for_the_interval_around_it() -> None:
    known = known_of([10, 12, np.nan], rounded=2, missing="use")
    assert known.low[:2].ravel().tolist() == [9, 11]
    assert known.high[:2].ravel().tolist() == [11, 13]
    assert known.missing.ravel().tolist() == [False, False, True]


def test_auto_takes_the_step_that_all_values_are_multiples_of() -> None:
    known, recording = known_from(Recorded(np.array([[1.0], [1.5], [3.0]])), Recording(rounded="auto"), ("x",))
    assert known.high.ravel().tolist() == [1.25, 1.75, 3.25]
    assert recording.rounded == 0.5
    with pytest.raises(DataError, match="has no step that all its values are multiples of: name the step"):
        known_of([1, 2.718, 3.1415], rounded="auto")


def test_an_interval_is_cut_where_the_window_ends() -> None:
    known = known_of([50, 60], rounded=1, truncated=(50, None))
    assert known.low.ravel().tolist() == [50, 59.5]


def test_labels_are_numbered_in_the_order_of_their_names() -> None:
    labels = np.array(["b", None, "a"], dtype=object)
    assert labels_from(labels, Recording(labels="x"))[0].tolist() == [1, UNKNOWN, 0]
    numbers, recording = labels_from(labels, Recording(labels="x", label_names=("b", "a")))
    assert (numbers.tolist(), recording.label_names) == ([0, UNKNOWN, 1], ("b", "a"))
    with pytest.raises(DataError, match="labels that `label_names` lacks: a"):
        labels_from(labels, Recording(labels="x", label_names=("b",)))
    with pytest.raises(DataError, match="no row has a label"):
        labels_from(np.array([None], dtype=object), Recording(labels="x"))


def test_a_label_that_only_rows_have_that_are_left_out_is_none() -> None:
    table = {"x": [1.0, 2.0, np.nan], "g": ["a", "b", "c"]}
    assert select_rows(table, "x", recording=Recording(labels="g")).recording.label_names == ("a", "b")


def test_what_is_said_here_goes_before_what_was_said_of_others() -> None:
    model = Recording(rounded=1.0, errors=("e",), truncated=(0, 9), missing="use")
    assert Recording(errors=(0.5,)).over(model).record() == model.record() | {"errors": [0.5]}
    exact = Recording(rounded=0, errors=0, truncated=(None, None)).over(model)
    assert exact.record() == {"errors": [0], "missing": "use"}
    bins = Recording(interval=("lo", "hi"), name="x")
    assert Recording().over(bins).interval == ("lo", "hi")
    assert Recording().over(bins, by_column=True).interval is None
    assert Recording(rounded=1).over(bins).interval is None
    assert Recording(interval=("a", "b")).over(model).rounded is None
    assert Recording(labels="g").over(Recording(labels="h", label_names=("b", "a"))).label_names == ("b", "a")
    with pytest.raises(ArgumentError, match="the fit had `interval` in an array"):
        Recording().over(Recording(interval=(None, None)))


@pytest.mark.parametrize(
    ("recorded", "said", "message"),
    [
        (
            {"low": np.array([[2.0], [1]]), "high": np.array([[1.0], [1]])},
            {"interval": ("l", "h")},
            "row 1, 2, ends below",
        ),
        ({"errors": np.array([[-1.0]])}, {"errors": "e"}, "row 1, -1, has a negative error"),
    ],
)
def test_what_contradicts_itself_is_named_by_its_row(
    recorded: dict[str, Any], said: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        known_of([1], recorded, **said)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"interval": ("a", "b"), "rounded": 1}, "leave `rounded` and `censored` out"),
        ({"name": "x"}, "`name` is for the column of an `interval`"),
        ({"label_names": ("a",)}, "`label_names` are for `labels`"),
        ({"label_names": ("a", "a"), "labels": "x"}, "has a name twice"),
        ({"truncated": "50"}, "takes the lowest and the highest value"),
        ({"rounded": (1, -1)}, "must be a positive number, auto, or 0"),
        ({"rounded": ()}, "is empty"),
        ({"errors": -1.0}, "an sd is a number, and not negative"),
        ({"errors": (None,)}, "has none for a column"),
        ({"interval": 5}, "takes two columns"),
        ({"name": 5, "interval": ("a", "b")}, "are texts"),
        ({"missing": "all"}, "must be one of drop, use, error"),
    ],
)
def test_what_can_be_told_without_rows_is_told_at_once(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Recording(**said)


def test_steps_and_errors_are_one_for_all_columns_or_one_for_each() -> None:
    assert Recording(rounded=1).steps(3) == [1, 1, 1]
    assert Recording(errors=0.5).error_sources(2) == [0.5, 0.5]
    with pytest.raises(ArgumentError, match="2 steps for 3 columns"):
        Recording(rounded=(1, 2)).steps(3)
    with pytest.raises(ArgumentError, match="`errors` for 1 columns of 2"):
        Recording(errors="e").error_sources(2)
    with pytest.raises(ArgumentError, match="`truncated` is for one column"):
        known_of([[1, 2]], truncated=(0, 3))


def test_a_model_says_how_its_rows_were_recorded_and_reads_it_back() -> None:
    said = Recording(interval=("lo", "hi"), truncated=(None, 40.0), errors=("e",), missing="use")
    record = json.loads(json.dumps(said.record()))
    assert record == {"interval": ["lo", "hi"], "truncated": [None, 40.0], "errors": ["e"], "missing": "use"}
    assert Recording.of_record(record).record() == record
    arrays = Recording(interval=(np.ones(2), np.ones(2)), labels=["a"])
    assert arrays.record() == {"interval": [None, None], "labels": None, "label_names": []}


@pytest.mark.parametrize(
    "record",
    [
        [],
        {"interval": 3},
        {"interval": ["a"]},
        {"interval": [1, 2]},
        {"errors": {"a": 1}},
        {"rounded": "wide"},
        {"rounded": [[1]]},
        {"censored": "yes"},
        {"truncated": [1]},
        {"rounded": []},
        {"rounded": 10**400},
        {"errors": [10**400]},
        {"errors": [-1]},
        {"missing": 5},
        {"label_names": [1]},
        {"truncated": ["a", "b"]},
    ],
)
def test_a_record_that_an_enemy_wrote_is_refused(record: Any) -> None:
    with pytest.raises(ArgumentError):
        Recording.of_record(record)


def test_rows_that_turn_out_to_be_exact_are_exact() -> None:
    rows = select_rows({"x": [1.0, 2.0], "e": [0.0, 0.0]}, "x", recording=Recording(errors="e")).rows
    assert rows.known is None


def test_limits_are_read_from_texts() -> None:
    selection = select_rows({"x": ["<0.5", "1", "> 3", "≤2", ">=4", None]}, "x", recording=Recording(censored=True))
    known = selection.rows.known
    assert known is not None
    assert known.low.ravel().tolist() == [-np.inf, 1, 3, -np.inf, 4]
    assert known.high.ravel().tolist() == [0.5, 1, np.inf, 2, np.inf]
    assert selection.n_missing == 1
    with pytest.raises(DataError, match="'about 2' in row 1, neither a number nor a limit"):
        select_rows({"x": ["about 2"]}, "x", recording=Recording(censored=True))


@pytest.mark.parametrize("cell", ["inf", "<inf", "<1e999", True, "<1_0", 10**400, "<", np.float64("inf")], ids=repr)
def test_what_is_neither_a_number_nor_a_limit_is_refused(cell: Any) -> None:
    with pytest.raises(DataError, match="neither a number nor a limit"):
        select_rows({"x": [1.0, cell]}, "x", recording=Recording(censored=True))


def test_limits_are_read_from_arrays_too() -> None:
    both = np.array([["<1", "2"], ["3", ">4"]], dtype=object)
    known = select_rows(both, recording=Recording(censored=True)).rows.known
    assert known is not None
    assert known.high.tolist() == [[1, 2], [3, np.inf]]
    with pytest.raises(DataError, match="unequal lengths"):
        select_rows({"x": [1.0], "y": [1.0, 2.0]}, ("x", "y"), recording=Recording(censored=True))


def test_a_step_finer_than_the_digits_is_refused() -> None:
    with pytest.raises(DataError, match="has fewer digits than `rounded` asks for"):
        known_of([1.0, 3.0], rounded=1e-17)


def test_an_interval_that_ends_where_the_window_begins_lies_outside() -> None:
    with pytest.raises(DataError, match="data row 1, 39, lies outside"):
        known_of([39, 40], rounded=1, truncated=(39.5, None))


def test_a_missing_value_needs_no_error() -> None:
    recorded = Recorded(np.array([[1.0, np.nan], [2.0, 3.0]]), errors=np.array([[1.0, np.nan], [1.0, 1.0]]))
    said = Recording(errors=("e", "f"), missing="use")
    assert usable_rows(recorded, ("x", "y"), said).kept.tolist() == [True, True]


def test_a_column_without_any_value_is_named() -> None:
    with pytest.raises(DataError, match="column 'y' has no values: leave it out"):
        select_rows({"x": [1.0, 2.0], "y": [np.nan, np.nan]}, ("x", "y"), recording=Recording(missing="use"))


def test_row_sds_and_errors_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="give one of them"):
        select_rows({"x": [1.0], "e": [1.0]}, "x", row_sds="e", recording=Recording(errors="e"))


def test_an_interval_is_in_place_of_a_column() -> None:
    table = {"lo": [1.0, 2.0], "hi": [2.0, np.nan]}
    assert select_rows(table, recording=Recording(interval=("lo", "hi"))).columns == ("lo to hi",)
    assert select_rows(table, recording=Recording(interval=("lo", "hi"), name="x")).columns == ("x",)
    with pytest.raises(ArgumentError, match="leave `column` out"):
        select_rows(table, "lo", recording=Recording(interval=("lo", "hi")))
    with pytest.raises(DataError, match="2 lower ends and 1 upper ones"):
        select_rows(table, recording=Recording(interval=([1.0, 2.0], [3.0])))


def test_a_row_without_its_error_is_left_out() -> None:
    recorded = Recorded(np.array([[1.0], [2.0], [3.0]]), errors=np.array([[1.0], [np.nan], [1.0]]))
    selection = usable_rows(recorded, ("x",), Recording(errors="e"))
    assert selection.kept.tolist() == [True, False, True]


def test_what_is_known_is_counted_by_weight() -> None:
    values = np.array([[1.0, 2.0], [3.0, 0.0]])
    low, high = np.array([[0.5, 2.0], [-np.inf, -np.inf]]), np.array([[1.5, 2.0], [3.0, np.inf]])
    counts = KnownCounts.of(Known.of(values, low, high), np.array([1.0, 4.0]))
    assert counts.record() == {"n_values": 1, "n_intervals": 1, "n_limits": 4, "n_missing_cells": 4}
