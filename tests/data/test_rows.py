"""Rows: what is used of a table, and sums over it."""

import numpy as np
import pandas as pd
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.data.recording import Recording
from gmmfit.data.rows import BLOCK, Rows
from gmmfit.data.select import select_rows


def test_a_sum_over_blocks_is_the_sum_over_all() -> None:
    values = np.random.default_rng(1).normal(size=(2 * BLOCK + 5, 2))
    rows = Rows(values, np.ones(len(values)), ("a", "b"))
    sizes: list[int] = []

    def total(block: Rows) -> np.ndarray:
        sizes.append(len(block))
        return block.weights @ block.values

    np.testing.assert_allclose(rows.sum(total), values.sum(axis=0), rtol=1e-12)
    assert sizes == [BLOCK, BLOCK, 5]


def test_some_rows_are_rows_and_all_when_there_are_fewer() -> None:
    rows = Rows(np.arange(10.0)[:, None], np.arange(1.0, 11), ("x",))
    some = rows.some(4, np.random.default_rng(1))
    assert len(some) == 4
    assert np.array_equal(some.weights, some.values[:, 0] + 1)
    assert rows.some(10, np.random.default_rng(1)) is rows


def test_no_row_is_drawn_twice() -> None:
    rows = Rows(np.arange(100.0)[:, None], np.ones(100), ("x",))
    for seed in range(5):
        drawn = rows.some(90, np.random.default_rng(seed)).values[:, 0]
        assert np.all(np.diff(drawn) > 0)


def test_rows_with_a_missing_value_or_weight_zero_are_left_out_and_counted() -> None:
    data = {"x": [1, np.nan, 3, 4], "y": [1.0, 2, 3, 4], "w": [1, 1, 0, np.nan]}
    selection = select_rows(data, ["x", "y"], row_weights="w")
    assert selection.kept.tolist() == [True, False, False, False]
    assert (selection.n_missing, selection.n_zero_weight) == (2, 1)


def test_a_frame_a_mapping_and_an_array_are_the_same_data() -> None:
    frame = pd.DataFrame({"a": [1.0, 2], "b": [3, 4]})
    from_frame = select_rows(frame, ("a", "b")).rows
    for other in (select_rows({"a": [1, 2], "b": [3, 4]}, ["a", "b"]), select_rows(frame.to_numpy(), ("a", "b"))):
        assert np.array_equal(other.rows.values, from_frame.values)
        assert other.rows.columns == from_frame.columns == ("a", "b")
    assert select_rows(frame["a"]).rows.columns == ("a",)


def test_a_column_that_weighs_rows_is_not_one_to_fit() -> None:
    selection = select_rows({"sex": ["M", "F"], "height": [180.0, 165.0], "count": [2, 3]}, row_weights="count")
    assert selection.rows.columns == ("height",)
    assert selection.rows.weights.tolist() == [2, 3]


def test_known_sds_weigh_by_their_inverse_squares_scaled_to_the_number_of_rows() -> None:
    sds = np.array([0.1, 0.2, 0.5])
    weights = select_rows([1, 2, 3], row_sds=sds).rows.weights
    np.testing.assert_allclose(weights, 3 * sds**-2 / np.sum(sds**-2), rtol=1e-14)


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        ("heights.csv", {}, "the data are the text 'heights.csv': read the table first"),
        ({"x": [1]}, {"column": "y"}, "no column 'y'; there are: x"),
        ({"x": ["a"]}, {"column": "x"}, "column 'x' holds values that are not numbers"),
        ({"x": [np.inf]}, {}, "column 'x' holds infinite values"),
        ({"x": [1], "y": [1, 2]}, {"column": ["x", "y"]}, "unequal lengths"),
        ({"x": [1], "y": [1]}, {}, "2 numeric columns: choose with `column`"),
        ({"x": [True, False]}, {"column": "x"}, "column 'x' holds values that are not numbers"),
        ([np.nan], {}, "no usable rows: 1 read, 1 with a missing value"),
        ([1, 2], {"row_weights": [1, -1]}, "row_weights is -1 in row 2"),
        ([1, 2], {"row_weights": [1]}, "row_weights has 1 numbers for 2 rows"),
        ({"x": [1, 2], "w": [-1, 1]}, {"row_weights": "w"}, "row_weights column 'w' is -1 in row 1"),
        ([1, 2], {"row_weights": "w"}, "no column 'w': the data are an array, whose columns have no names"),
        ([[1, 2]], {"column": ["a"]}, "1 column names for data with 2 columns"),
        ([1, 2], {"row_sds": [1, 0]}, "row_sds is 0 in row 2"),
        ([1, np.nan], {"recording": Recording(missing="error")}, "1 rows have missing values"),
        (np.zeros((2, 2, 2)), {}, "2 dimensions, not 3"),
        (np.zeros((2, 0)), {}, "the data have no columns"),
    ],
)
def test_what_cannot_be_fitted_is_named(data: object, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        select_rows(data, **arguments)  # type: ignore[arg-type]


def test_row_weights_and_row_sds_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="don't go together"):
        select_rows([1, 2], row_weights=[1, 1], row_sds=[1, 1])


def test_what_becomes_of_missing_values_has_three_names() -> None:
    with pytest.raises(ArgumentError, match="`missing` is 'raise'; it must be one of drop, use, error"):
        Recording(missing="raise")
