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
from gmmfit.files.read_rows import take
from gmmfit.files.tables.cells import Reading
from gmmfit.files.tables.sources import Source, read_table


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
        taken = take(read_table(source, Reading()), ["height", "age"], labels="sex")
    np.testing.assert_array_equal(taken.data["height"], [165.5, 180, np.nan, np.nan, 171])
    np.testing.assert_array_equal(taken.data["age"], [20, 30, 40, np.nan, 60])
    assert taken.labels == ["F", "M", None, "M", "F"]
    assert (taken.account["n_read"], taken.account["n_used"], taken.account["n_missing"]) == (5, 3, 2)


def test_na_and_places(path: Path) -> None:
    with Source(str(path)) as source:
        table = read_table(source, Reading(na=("171",))).whole()
    assert table.columns == ("sex", "height", "age", "born")
    assert np.isnan(table.numbers(1)[0]).tolist() == [False, False, True, True, True]
    assert table.cells.place(4, 0) == "row 5"
    with pytest.raises(
        DataError, match=r"column 'born' of t.parquet has 5 values that are not a number: '1970-01-02' \(row 1\)"
    ):
        table.numbers(3)


def test_what_is_no_parquet_and_what_does_not_apply(path: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(path.read_bytes()[:-20])
    with Source(str(tmp_path / "cut")) as source, pytest.raises(DataError, match="cut is corrupt, or not a Parquet"):
        read_table(source, Reading())
    with Source(str(path)) as source, pytest.raises(ArgumentError, match="--delimiter doesn't apply: t.parquet is"):
        read_table(source, Reading(delimiter=","))
    (tmp_path / "t.csv").write_text("a\n1\n")
    with Source(str(tmp_path / "t.csv")) as source, pytest.raises(DataError, match="t.csv is not a Parquet file"):
        read_table(source, Reading(input_format="parquet"))


def test_a_file_without_rows_is_only_a_header_and_an_empty_group_holds_none(path: Path, tmp_path: Path) -> None:
    table = pyarrow.table({"x": pyarrow.array([], pyarrow.float64())})
    pyarrow.parquet.write_table(table, tmp_path / "none")
    with Source(str(tmp_path / "none")) as source, pytest.raises(DataError, match="no data rows in none: only a head"):
        read_table(source, Reading())
    with pyarrow.parquet.ParquetWriter(tmp_path / "some", table.schema) as writer:
        for numbers in ([], [1.5], [], [2.5]):
            writer.write_table(pyarrow.table({"x": pyarrow.array(numbers, pyarrow.float64())}))
    with Source(str(tmp_path / "some")) as source:
        assert read_table(source, Reading()).whole().numbers(0)[0].tolist() == [1.5, 2.5]


def test_without_pyarrow_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with Source(str(path)) as source, pytest.raises(DataError, match=r"pip install 'gmmfit\[parquet\]'"):
        read_table(source, Reading())


def test_columns_of_one_name_are_told_apart_by_their_position(tmp_path: Path) -> None:
    table = pyarrow.table([pyarrow.array([1.0, 2]), pyarrow.array([3.0, 4])], names=["x", "x"])
    pyarrow.parquet.write_table(table, tmp_path / "t")
    with Source(str(tmp_path / "t")) as source:
        assert take(read_table(source, Reading()), ["2"]).data["x (2)"].tolist() == [3, 4]
    nested = pyarrow.table({"a": [{"p": 1}, {"p": 2}], "a.p": [5.0, 6.0]})
    pyarrow.parquet.write_table(nested, tmp_path / "t")
    with Source(str(tmp_path / "t")) as source:
        assert take(read_table(source, Reading()), ["a.p"]).data["a.p"].tolist() == [5, 6]


def test_decimals_are_numbers(tmp_path: Path) -> None:
    table = pyarrow.table({"x": pyarrow.array([Decimal("1.25"), None, Decimal("3.50")])})
    pyarrow.parquet.write_table(table, tmp_path / "t")
    with Source(str(tmp_path / "t")) as source:
        np.testing.assert_array_equal(take(read_table(source, Reading()), []).data["x"], [1.25, np.nan, 3.5])


def test_damage_further_down_is_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"x": np.arange(3000.0)}), path, row_group_size=1000, compression="none")
    offset = pyarrow.parquet.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 20] = b"\xff" * 20
    path.write_bytes(data)
    with Source(str(path)) as source, pytest.raises(DataError, match="t.parquet is corrupt, or not a Parquet file"):
        take(read_table(source, Reading()), ["x"])


def test_a_pipe_by_its_name(path: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(path.read_bytes()))
    writer.start()
    with Source(str(fifo)) as source:
        assert take(read_table(source, Reading()), ["age"]).account["n_read"] == 5
    writer.join()
