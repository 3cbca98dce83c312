"""Rows under a mixture, written: numbers stay numbers, and nothing is lost."""

import io
import json
from typing import Any

import openpyxl
import pytest

from gmmfit import Mixture, score
from gmmfit.files.results.score_writer import write_quantiles, write_rows, write_summary
from gmmfit.files.results.writers import Style
from gmmfit.files.tables.cells import Reading
from gmmfit.files.tables.delimited import read_delimited
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.workbook import read_workbook

ONE = Mixture.from_sds([1], [0], [1], columns="x")


def scored(table: Table, kind: str) -> bytes:
    stream = io.BytesIO()
    write_rows(stream, score(table.numbers(0)[0], ONE), table, kind, Style(digits=2))
    return stream.getvalue()


def rows(text: str) -> list[dict[str, Any]]:
    table = read_delimited(io.BytesIO(text.encode()).read, "t.csv", Reading()).whole()
    return [json.loads(line) for line in scored(table, "jsonl").splitlines()]


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
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for cells in (["x", "text", "y"], [1.5, "007", 2], [2, "a", None]):
        sheet.append(cells)
    saved = io.BytesIO()
    book.save(saved)
    table = read_workbook(saved.getvalue(), "t.xlsx", Reading())
    again = openpyxl.load_workbook(io.BytesIO(scored(table, "xlsx")))
    found = [list(cells)[:3] for cells in again.worksheets[0].iter_rows(values_only=True)]
    assert found == [["x", "text", "y"], [1.5, "007", 2], [2, "a", None]]


TWO = Mixture.from_sds([0.5, 0.5], [-5, 5], [1, 1], columns="x")


def summary(kind: str, truth: list[str] | None = None) -> str:
    stream = io.BytesIO()
    write_summary(stream, score([-5.0, -4, 5, 6], TWO, truth=truth), kind, Style(digits=4))
    return stream.getvalue().decode()


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


def test_a_summary_without_labels_says_nothing_of_them() -> None:
    for kind in ("json", "csv", "table"):
        assert "loglik" in summary(kind)
        assert not any(word in summary(kind) for word in ("accuracy", "matched", "count_"))


def test_quantiles_are_a_row_a_probability() -> None:
    printed = {}
    for kind in ("table", "csv"):
        stream = io.BytesIO()
        write_quantiles(stream, ONE, [0.5, 0.975], kind, Style(digits=4))
        printed[kind] = stream.getvalue().decode().split()
    assert printed["csv"] == ["probability,quantile", "0.5,0.0", "0.975,1.96"]
    assert printed["table"] == ["probability", "quantile", "0.5", "0", "0.975", "1.96"]


def test_a_new_name_is_free_in_every_kind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    twice = read_delimited(io.BytesIO(b"x,component,component\n1,a,b\n").read, "t.csv", Reading()).whole()
    stream = io.BytesIO()
    write_rows(stream, score(twice.numbers(0)[0], ONE), twice, "jsonl", Style())
    row = json.loads(stream.getvalue())
    assert (row["component"], row["component_2"], row["component_3"]) == ("a", "b", 1)
    assert "'component_3'" in caplog.text
