"""Rows under a mixture, written: numbers stay numbers, and nothing is lost."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmmfit import Mixture, OutputError, score
from gmmfit.files.results.score_writer import write_quantiles, write_rows, write_summary
from gmmfit.files.results.writers import Style, table_writer
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.files.texts import lines
from gmmfit.files.workbooks.workbook import read_workbook
from tests.builders import read, sheet_rows, table, written_by, xlsx

ONE = Mixture.from_sds([1], [0], [1], columns="x")


def scored(table: Table, kind: str) -> bytes:
    return written_by(write_rows, {"": score(table.numbers(0)[0], ONE)}, table, kind, Style(digits=2))


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in scored(table(text), "jsonl").splitlines()]


def test_numbers_are_numbers_and_missing_cells_null() -> None:
    found = rows("x,id,n\n1.50,007,12\nNA,008,NA\n0.1234567891234567,009,-3\n")
    assert [row["x"] for row in found] == [1.5, None, 0.1234567891234567]
    assert [row["id"] for row in found] == ["007", "008", "009"]
    assert [row["n"] for row in found] == [12, None, -3]
    assert found[1]["component"] is None


def test_a_number_that_would_lose_a_digit_stays_text() -> None:
    found = rows("x,id,big\n1,12345678901234567,1e999\n")
    assert (found[0]["id"], found[0]["big"]) == ("12345678901234567", "1e999")


def test_a_column_whose_name_comes_again_is_kept_under_another() -> None:
    assert list(rows("x,a,a,component\n1,2,3,4\n")[0])[:5] == ["x", "a", "a_2", "component", "component_2"]


def test_cells_of_a_workbook_keep_their_types() -> None:
    cells: list[list[Any]] = [["x", "text", "y"], [1.5, "007", 2], [2, "a", None]]
    book = read_workbook(xlsx(*cells), "t.xlsx", Reading())
    assert [list(row[:3]) for row in sheet_rows(scored(book, "xlsx"))] == cells


TWO = Mixture.from_sds([0.5, 0.5], [-5, 5], [1, 1], columns="x")


def summary(kind: str, truth: list[str] | None = None) -> str:
    return written_by(write_summary, score([-5.0, -4, 5, 6], TWO, truth=truth), kind, Style(digits=4)).decode()


def test_a_summary_has_the_agreement_with_labels_in_every_format() -> None:
    truth = ["low", "low", "high", "low"]
    read = json.loads(summary("json", truth))
    assert (read["accuracy"], read["matching"], read["counts"]) == (
        0.75,
        {"high": 2, "low": 1},
        {"high": [0, 1], "low": [2, 1]},
    )
    assert "count_low_2" in summary("csv", truth).splitlines()[0]
    assert "matched: high = 2, low = 1" in summary("table", truth)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "xlsx"])
def test_a_summary_is_read_back_in_every_format_number_by_number(kind: str, tmp_path: Path) -> None:
    result = score([-5.0, -4, 5, 6, np.nan], TWO, truth=["low", "low", "high", "low", "low"], n_parameters=5)
    (tmp_path / "s").write_bytes(written_by(write_summary, result, kind))
    found = read(tmp_path / "s")
    criteria = {"loglik": result.log_likelihood, "aic": result.aic, "bic": result.bic}
    counts = {"count_high_1": 0, "count_high_2": 1, "count_low_1": 2, "count_low_2": 1}
    expected = {"n": 4, "n_rows": 4, "n_missing": 1, "n_parameters": 5, "accuracy": 0.75, **criteria, **counts}
    assert {name: found.numbers(found.choose([name])[0])[0].tolist() for name in expected} == {
        name: [value] for name, value in expected.items()
    }


def test_a_summary_without_labels_says_nothing_of_them() -> None:
    for kind in ("json", "csv", "table"):
        assert "loglik" in summary(kind)
        assert not any(word in summary(kind) for word in ("accuracy", "matched", "count_"))


def test_quantiles_are_a_row_a_probability() -> None:
    table, csv = (written_by(write_quantiles, ONE, [0.5, 0.975], kind, Style(digits=4)) for kind in ("table", "csv"))
    assert csv.split() == [b"probability,quantile", b"0.5,0.0", b"0.975,1.96"]
    assert table.split() == [b"probability", b"quantile", b"0.5", b"0", b"0.975", b"1.96"]


def test_a_new_name_is_free_in_every_kind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    [row] = rows("x,component,component\n1,a,b\n")
    assert (row["component"], row["component_2"], row["component_3"]) == ("a", "b", 1)
    assert "'component_3'" in caplog.text


@pytest.mark.parametrize(
    ("text", "reading", "expected"),
    [
        ("a;x\nA;1,5\n", {"decimal": ","}, "a;x;component;probability;log_density\nA;1,5;1;1,0;-2,0\n"),
        ("a;x\nA;1.5\n", {}, "a;x;component;probability;log_density\nA;1.5;1;1.0;-2.0\n"),
        ("a|x\nA|1.5\n", {}, "a|x|component|probability|log_density\nA|1.5|1|1.0|-2.0\n"),
        ("a\tx\nA\t1,5\n", {"decimal": ","}, "a;x;component;probability;log_density\nA;1,5;1;1,0;-2,0\n"),
        ("a\tx\nA\t1.5\n", {}, "a,x,component,probability,log_density\nA,1.5,1,1.0,-2.0\n"),
    ],
)
def test_a_table_is_written_in_its_own_conventions(text: str, reading: dict[str, Any], expected: str) -> None:
    one = table(text, **reading)
    assert written_by(write_rows, {"": score(one.numbers(1)[0], ONE)}, one, "csv", Style(digits=2)).decode() == expected


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_empty_lines_of_a_text_stay_where_they_are(kind: str) -> None:
    text = "a,x\nA,1\n\nB,2\n\n\nC,3\n\n"
    one = table(text)
    written = written_by(write_rows, {"": score(one.numbers(1)[0], ONE)}, one, kind).decode().splitlines()
    here = [line.replace("\t", ",").split(",")[0] for line in written]
    assert here == (["a", "A", "", "B", "", "", "C"] if kind != "jsonl" else here)
    assert len(written) == (7 if kind != "jsonl" else 3)


def test_parquet_has_the_types_of_the_columns(tmp_path: Path) -> None:
    one = table("a,x\n007,1.5\n008,NA\n009,2.25\n")
    data = written_by(write_rows, {"": score(one.numbers(1)[0], ONE)}, one, "parquet", Style(digits=3))
    (tmp_path / "t.parquet").write_bytes(data)
    back = read(tmp_path / "t.parquet")
    assert back.columns == ("a", "x", "component", "probability", "log_density")
    assert back.cells.columns(range(3)) == [["007", "008", "009"], [1.5, None, 2.25], [1, None, 1]]
    assert back.cells.row_names() is None
    assert back.cells.row(0) == ["007", "1.5", "1", "1", "-2.04"]


def test_parquet_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError, match=r"Parquet files need: pip install 'gmmfit\[parquet\]'"):
        table_writer(io.BytesIO(), "parquet", ["x"])


@pytest.mark.parametrize("kind", ["jsonl", "xlsx", "parquet"])
def test_what_has_no_lines_has_no_empty_ones(kind: str) -> None:
    stream = io.BytesIO()
    writer = table_writer(stream, kind, ["x"])
    writer.write([[1.5]])
    writer.write_empty_line()
    writer.write([[2.5]])
    writer.close()
    assert stream.tell()


@pytest.mark.parametrize("piece", [4, 2**20])
def test_names_of_rows_that_stand_in_no_column_are_kept(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    one = table('"x" "y"\n"s1" 1.5 a\n"s2" 2.5 b\n', delimiter=" ")
    written = written_by(write_rows, {"": score(one.numbers(0)[0], ONE)}, one, "csv", Style(digits=2)).decode()
    assert [line.split(",")[:3] for line in written.splitlines()] == [
        ["row_name", "x", "y"],
        ["s1", "1.5", "a"],
        ["s2", "2.5", "b"],
    ]
