"""Columns taken from a table, at once or in chunks: every row is accounted for."""

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.data.chunks import Chunks
from gmmfit.data.rows import Rows
from gmmfit.data.selection import Selection
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import TableRows, columns_of_model, read_chunks, read_rows
from tests.builders import table, table_in_parts


def blocks(read: TableRows) -> list[Rows]:
    """The blocks of rows in chunks."""
    assert isinstance(read.rows, Chunks)
    with read.rows as chunks:
        return list(chunks.blocks())


TEXT = "x,w,s\n1,2,0.5\nNA,1,0.5\n3,0,0.25\n4,1,0.25\n"


def test_chunks_hold_the_rows_that_can_be_used() -> None:
    read = read_chunks(table_in_parts(TEXT), Wanted(["x"], row_weights="w"), 1000)
    [rows] = blocks(read)
    assert (rows.values.ravel().tolist(), rows.weights.tolist()) == ([1, 4], [2, 1])
    account = read.counts.record()
    assert [account[name] for name in ("n_read", "n_used", "n_missing", "n_zero_weight")] == [4, 2, 1, 1]


def test_known_sds_weigh_the_rows_of_chunks() -> None:
    [rows] = blocks(read_chunks(table_in_parts(TEXT), Wanted(["x"], row_sds="s"), 1000))
    np.testing.assert_allclose(rows.weights, np.array([4, 16, 16]) / 12)


@pytest.mark.parametrize("text", ['x\nNA\n""\n', "x\nNA\n"])
def test_chunks_without_a_usable_row_are_an_error(text: str) -> None:
    with pytest.raises(DataError, match=r"no usable rows: \d read, \d of them with a value"):
        read_chunks(table_in_parts(text), Wanted(["x"]), 1000)


def test_weights_and_sds_of_rows_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="`row_weights` and `row_sds` don't go together: give one of them"):
        Wanted(["x"], row_weights="w", row_sds="s")


def test_a_header_alone_is_no_table() -> None:
    for column in ([], ["x"]):
        with pytest.raises(DataError, match="no data rows in t.csv: only a header"):
            read_rows(table("x\n"), Wanted(column))


def test_a_column_of_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="t.csv has no column 'y', which the model was fitted to: name another with"):
        columns_of_model(table(TEXT), [], ["x", "y"])
    assert columns_of_model(table(TEXT), ["w", "s"], ["x", "y"]) == ["w", "s"]


@pytest.mark.parametrize("piece", [1, 6, 2**20])
def test_of_many_bad_cells_in_several_parts_the_first_three_are_shown(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmmfit.files.tables.lines.PIECE", piece)
    text = "a\np\n1\nq\nr\ns\n2\nt\n"
    shown = r"has 5 values that are not a number: 'p' \(line 2\), 'q' \(line 4\), 'r' \(line 5\), …\n"
    with pytest.raises(DataError, match=shown):
        read_rows(table_in_parts(text), Wanted(["a"]))


@pytest.mark.parametrize("wanted", [Wanted(["x"], row_weights="w"), Wanted(["x"], row_sds="w")])
def test_relative_weights_in_chunks_are_those_in_memory(wanted: Wanted) -> None:
    text = "x,w\n" + "".join(f"{i},{0.5 + i % 3}\n" for i in range(9))
    whole, chunks = read_rows(table_in_parts(text), wanted).rows, read_chunks(table_in_parts(text), wanted, 4).rows
    assert isinstance(whole, Selection)
    assert isinstance(chunks, Chunks)
    with chunks:
        assert chunks.weighting == whole.weighting == "relative"
        weights = chunks.some(9, np.random.default_rng(0)).weights
    np.testing.assert_allclose(weights, whole.rows.weights, rtol=1e-12)
    assert weights.sum() == pytest.approx(9)
