"""Rows under a mixture, written: numbers stay numbers, and nothing is lost."""

import io
import json
from typing import Any

import openpyxl

from gmmfit import Mixture, score
from gmmfit.files.cells import Reading
from gmmfit.files.delimited import read_delimited
from gmmfit.files.scores import write_rows
from gmmfit.files.tables import Table
from gmmfit.files.workbook import read_workbook
from gmmfit.files.writers import Style

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
