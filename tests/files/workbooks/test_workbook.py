"""Workbooks: cells are what the spreadsheet program shows, and are named as it names them."""

import datetime
from typing import Any

import numpy as np
import openpyxl.chart
import pytest

from gmmfit import DataError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.workbook import read_workbook
from tests.builders import More, xlsx


def workbook(*rows: list[Any], more: More | None = None, **reading: Any) -> Table:
    return read_workbook(xlsx(*rows, title="Data", more=more), "t.xlsx", Reading(**reading))


def test_empty_rows_are_skipped_and_cells_keep_their_names() -> None:
    table = workbook([], ["sex", "height"], ["M", 180], [], ["F", None], ["F", 165.5])
    assert table.columns == ("sex", "height")
    np.testing.assert_array_equal(table.numbers(1)[0], [180, np.nan, 165.5])
    assert [table.cells.place(row, 1) for row in range(3)] == ["B3", "B5", "B6"]


def test_text_that_is_a_number_is_one_with_a_note(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    assert workbook(["h"], ["1.5"], [2]).numbers(0)[0].tolist() == [1.5, 2]
    assert "1 number of column 'h' of t.xlsx (sheet 'Data') is stored as text" in caplog.text


@pytest.mark.parametrize("cell", [True, datetime.date(2026, 1, 2), "#DIV/0!", "tall"])
def test_what_is_no_number_is_named_by_its_cell(cell: object) -> None:
    with pytest.raises(DataError, match=r"not a number: .* \(A3\)"):
        workbook(["h"], [1], [cell]).numbers(0)


def test_na_errors_are_missing() -> None:
    assert np.isnan(workbook(["h"], [1], ["#N/A"]).numbers(0)[0][1])


def test_a_formula_without_a_stored_value_is_explained() -> None:
    with pytest.raises(DataError, match=r"'formula =1\+1 \(no stored value\)' \(A2\)\n  A formula has no stored value"):
        workbook(["h"], ["=1+1"], [2]).numbers(0)


def test_a_row_may_hold_nothing_but_a_formula_without_a_value() -> None:
    table = workbook(["h", "g"], [1, 2], [None, "=1+1"], [3, 4])
    assert [table.cells.place(row, 1) for row in range(3)] == ["B2", "B3", "B4"]
    with pytest.raises(DataError, match=r"no stored value\)' \(B3\)"):
        table.numbers(1)


def test_columns_without_a_name_are_there_by_position() -> None:
    table = workbook(["h"], [1, 5], [2, 6])
    assert table.columns == ("h", "")
    assert table.numbers(table.choose(["2"])[0])[0].tolist() == [5, 6]


def test_a_sheet_is_chosen_by_name_or_position() -> None:
    def more(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Heights")
        other.append(["b"])
        other.append([1])

    for sheet in ("Heights", "2"):
        assert workbook(["a"], more=more, sheet=sheet).columns == ("b",)
    with pytest.raises(
        DataError, match=r"no sheet 'heights' in t.xlsx. Did you mean 'Heights'\?\n  Sheets: Data, Heights"
    ):
        workbook(["a"], more=more, sheet="heights")


def test_a_sheet_that_is_a_chart_is_none() -> None:
    def more(sheet: Any) -> None:
        sheet.parent.create_chartsheet("Chart", 0).add_chart(openpyxl.chart.BarChart())

    assert workbook(["b"], more=more).columns == workbook(["b"], more=more, sheet="2").columns == ("b",)
    for sheet in ("1", "Chart"):
        with pytest.raises(DataError, match="sheet 'Chart' of t.xlsx is a chart\n  Sheets: Data"):
            workbook(["b"], more=more, sheet=sheet)


def test_two_sheets_of_one_name_are_refused() -> None:
    def more(sheet: Any) -> None:
        sheet.parent.create_sheet("Data 2")._WorkbookChild__title = "Data"

    with pytest.raises(DataError, match=r"t.xlsx is corrupt: two sheets have the same name. Save it anew"):
        workbook(["a"], more=more, sheet="2")


def test_the_first_of_several_sheets_is_read_and_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    workbook(["a"], more=lambda sheet: sheet.parent.create_sheet("b"))
    assert "t.xlsx has 2 sheets; 'Data' is read: choose another with --sheet" in caplog.text


def test_where_the_first_sheet_is_empty_the_others_are_named() -> None:
    with pytest.raises(
        DataError, match=r"\(sheet 'Data'\) is empty. Choose another with --sheet\n  Sheets: Data, Heights"
    ):
        workbook(more=lambda sheet: sheet.parent.create_sheet("Heights").append(["b"]))


def test_a_header_in_a_later_row_and_none_at_all() -> None:
    assert workbook(["my heights"], [], ["h", "w"], [1, 2], header_row=3).columns == ("h", "w")
    assert workbook([1, 2], [3, 4], no_header=True, names=("a", "b")).numbers(1)[0].tolist() == [2, 4]


def test_a_header_row_that_holds_no_header_is_refused() -> None:
    with pytest.raises(DataError, match=r"row 2 of t.xlsx \(sheet 'Data'\), which should hold the names, is empty"):
        workbook(["title"], [], ["h"], [1], header_row=2)
    with pytest.raises(DataError, match="1 names for the 2 columns of t.xlsx"):
        workbook([1, 2], no_header=True, names=("a",))


def test_cells_are_texts_as_the_sheet_shows_them() -> None:
    times: list[object] = [datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4), datetime.time(5, 6)]
    cells = [None, True, 12.0, 0.5, *times, "x"]
    table = workbook(["a", "b"], *[[cell, 1] for cell in cells])
    dates = ["2020-01-02", "2020-01-02T03:04:00", "05:06:00"]
    assert table.cells.texts([0]) == [["", "TRUE", "12", "0.5", *dates, "x"]]


def test_what_is_no_workbook_is_said_to_be_corrupt() -> None:
    with pytest.raises(DataError, match="t.xlsx is corrupt, or no workbook"):
        read_workbook(b"PK\x03\x04 and then nothing", "t.xlsx", Reading())
    with pytest.raises(DataError, match="is empty"):
        workbook()
