"""Columns taken from a table, at once or in chunks: every row is accounted for."""

import io

import numpy as np
import pytest

from gmmfit import DataError
from gmmfit.files.read_rows import columns_of_model, spool, take
from gmmfit.files.tables.cells import Reading
from gmmfit.files.tables.delimited import read_delimited
from gmmfit.files.tables.table import Table

TEXT = "x,w,s\n1,2,0.5\nNA,1,0.5\n3,0,0.25\n4,1,0.25\n"


def table(text: str = TEXT) -> Table:
    return read_delimited(io.BytesIO(text.encode()).read, "t.csv", Reading())


def test_chunks_hold_the_rows_that_can_be_used() -> None:
    chunks, account = spool(table(), ["x"], "w", None, "drop", 1000)
    with chunks:
        [rows] = chunks.blocks()
    assert (rows.values.ravel().tolist(), rows.weights.tolist()) == ([1, 4], [2, 1])
    assert [account[name] for name in ("n_read", "n_used", "n_missing", "n_zero_weight")] == [4, 2, 1, 1]


def test_known_sds_weigh_the_rows_of_chunks() -> None:
    chunks, _ = spool(table(), ["x"], None, "s", "drop", 1000)
    with chunks:
        [rows] = chunks.blocks()
    np.testing.assert_allclose(rows.weights, np.array([4, 16, 16]) / 12)


@pytest.mark.parametrize("text", ['x\nNA\n""\n', "x\nNA\n"])
def test_chunks_without_a_usable_row_are_an_error(text: str) -> None:
    with pytest.raises(DataError, match=r"no usable rows: \d read, \d with missing values"):
        spool(table(text), ["x"], None, None, "drop", 1000)


def test_a_header_alone_is_no_table() -> None:
    for column in ([], ["x"]):
        with pytest.raises(DataError, match="no data rows in t.csv: only a header"):
            take(table("x\n"), column)


def test_a_column_of_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="t.csv has no column 'y', which the model was fitted to: name another with"):
        columns_of_model(table(), [], ["x", "y"])
    assert columns_of_model(table(), ["w", "s"], ["x", "y"]) == ["w", "s"]
