"""Parquet files, whole and a row group at a time."""

import os
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.arrays import Array
from gmmfit.data.selection import Selection
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import TableRows, read_rows
from gmmfit.files.read_table import read_table
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import Source
from tests.builders import read


def values_of(read: TableRows) -> Array:
    """The values of a single column."""
    assert isinstance(read.rows, Selection)
    return read.rows.values[:, 0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    table = pyarrow.table(
        {
            "sex": ["F", "M", None, "M", "F"],
            "height": [165.5, 180.0, None, float("nan"), 171.0],
            "age": pyarrow.array([20, 30, 40, None, 60], pyarrow.int32()),
            "born": pyarrow.array([1, 2, 3, 4, 5], pyarrow.date32()),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    return tmp_path / "t.parquet"


def test_columns_are_read_over_row_groups_with_what_is_missing(path: Path) -> None:
    with Source(str(path)) as source:
        taken = read_rows(read_table(source, Reading()), Wanted(["height", "age"], labels="sex"))
    assert isinstance(taken.rows, Selection)
    np.testing.assert_array_equal(taken.rows.values[:, 0], [165.5, 180, np.nan, np.nan, 171])
    np.testing.assert_array_equal(taken.rows.values[:, 1], [20, 30, 40, np.nan, 60])
    assert taken.labels is not None
    assert taken.labels.tolist() == ["F", "M", None, "M", "F"]
    assert [taken.counts.record()[name] for name in ("n_read", "n_used", "n_missing")] == [5, 3, 2]


def test_na_and_places(path: Path) -> None:
    table = read(path, na=("171",))
    assert table.columns == ("sex", "height", "age", "born")
    assert np.isnan(table.numbers(1)[0]).tolist() == [False, False, True, True, True]
    assert table.cells.place(4, 0) == "row 5"
    with pytest.raises(
        DataError, match=r"column 'born' of t.parquet has 5 values that are not a number: '1970-01-02' \(row 1\)"
    ):
        table.numbers(3)


def test_what_is_no_parquet_and_what_does_not_apply(path: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cut is corrupt, or not a Parquet"):
        read(tmp_path / "cut")
    with pytest.raises(ArgumentError, match="--delimiter doesn't apply: t.parquet is"):
        read(path, delimiter=",")
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="t.csv is not a Parquet file"):
        read(tmp_path / "t.csv", input_format="parquet")


def test_a_file_without_rows_is_only_a_header_and_an_empty_group_holds_none(path: Path, tmp_path: Path) -> None:
    table = pyarrow.table({"x": pyarrow.array([], pyarrow.float64())})
    pyarrow.parquet.write_table(table, tmp_path / "none")
    with pytest.raises(DataError, match="no data rows in none: only a head"):
        read(tmp_path / "none")
    with pyarrow.parquet.ParquetWriter(tmp_path / "some", table.schema) as writer:
        for numbers in ([], [1.5], [], [2.5]):
            writer.write_table(pyarrow.table({"x": pyarrow.array(numbers, pyarrow.float64())}))
    assert read(tmp_path / "some").numbers(0)[0].tolist() == [1.5, 2.5]


def test_without_pyarrow_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"pip install 'gmmfit\[parquet\]'"):
        read(path)


def test_columns_of_one_name_are_told_apart_by_their_position(tmp_path: Path) -> None:
    table = pyarrow.table([pyarrow.array([1.0, 2]), pyarrow.array([3.0, 4])], names=["x", "x"])
    pyarrow.parquet.write_table(table, tmp_path / "t")
    assert values_of(read_rows(read(tmp_path / "t"), Wanted(["2"]))).tolist() == [3, 4]
    nested = pyarrow.table({"a": [{"p": 1}, {"p": 2}], "a.p": [5.0, 6.0]})
    pyarrow.parquet.write_table(nested, tmp_path / "t")
    assert values_of(read_rows(read(tmp_path / "t"), Wanted(["a.p"]))).tolist() == [5, 6]


def test_decimals_are_numbers(tmp_path: Path) -> None:
    table = pyarrow.table({"x": pyarrow.array([Decimal("1.25"), None, Decimal("3.50")])})
    pyarrow.parquet.write_table(table, tmp_path / "t")
    np.testing.assert_array_equal(values_of(read_rows(read(tmp_path / "t"), Wanted())), [1.25, np.nan, 3.5])


def test_damage_further_down_is_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"x": np.arange(3000.0)}), path, row_group_size=1000, compression="none")
    offset = pyarrow.parquet.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 20] = b"\xff" * 20
    path.write_bytes(data)
    with Source(str(path)) as source, pytest.raises(DataError, match="t.parquet is corrupt, or not a Parquet file"):
        read_rows(read_table(source, Reading()), Wanted(["x"]))


def test_a_pipe_by_its_name(path: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(path.read_bytes()))
    writer.start()
    assert read(fifo).n_rows == 5
    writer.join()


def test_rows_are_texts_also_far_from_the_end_of_a_group(tmp_path: Path) -> None:
    table = pyarrow.table({"n": [*range(100)], "name": [f"row {n}" for n in range(100)]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    cells = read(tmp_path / "t.parquet").cells
    for row in (0, 50, 83, 84, 85, 99):
        assert cells.row(row) == [str(row), f"row {row}"]
