"""Tables out, in every format."""

import io
import json
import re
import zipfile
from typing import Any

import openpyxl
import pytest

from gmmfit import ArgumentError, OutputError
from gmmfit.files.results.writers import Style, format_of, table_writer
from tests.builders import sheet_rows, written_by

COLUMNS: list[list[Any]] = [["=1+1", "b,c"], [0.123456789, float("nan")], [1, 2]]


HEADER = ["text", "x", "n"]


def written(kind: str, columns: list[list[Any]] = COLUMNS, header: list[str] = HEADER, **style: Any) -> bytes:
    """A table in the bytes of a file."""

    def write(stream: io.BytesIO) -> None:
        writer = table_writer(stream, kind, header, Style(**style))
        writer.write(columns)
        writer.close()

    return written_by(write)


def test_csv_quotes_what_needs_it_and_leaves_missing_cells_empty() -> None:
    assert written("csv") == b'text,x,n\n=1+1,0.123456789,1\n"b,c",,2\n'
    assert written("tsv", no_header=True, digits=3) == b"=1+1\t0.123\t1\nb,c\t\t2\n"
    assert written("csv", bom=True).startswith(b"\xef\xbb\xbftext")


def test_text_that_excel_would_run_is_made_text_where_that_is_asked_for() -> None:
    cells = ["=1+1", "@a", "-x", "+x", "-1.5", "+2e3", "a=b", ""]
    safe = ["'=h", "'=1+1", "'@a", "'-x", "'+x", "-1.5", "+2e3", "a=b", '""']
    assert written("csv", [cells], ["=h"], excel_safe=True).decode().splitlines() == safe
    assert written("csv").startswith(b"text,x,n\n=1+1,")


def test_json_is_strict_and_jsonl_has_an_object_a_line() -> None:
    rows = [{"text": "=1+1", "x": 0.123456789, "n": 1}, {"text": "b,c", "x": None, "n": 2}]
    assert json.loads(written("json")) == rows
    assert [json.loads(line) for line in written("jsonl").splitlines()] == rows


def test_workbooks_hold_text_as_text_and_are_the_same_bytes_each_time() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx")))
    cells = list(book.worksheets[0].iter_rows(values_only=True))
    assert cells == [("text", "x", "n"), ("=1+1", 0.123456789, 1), ("b,c", None, 2)]
    assert book.worksheets[0]["A2"].data_type == "s"
    properties = zipfile.ZipFile(io.BytesIO(written("xlsx"))).read("docProps/core.xml").decode()
    assert set(re.findall(r"20[0-9]{2}-", properties)) == set()
    assert written("xlsx") == written("xlsx")


def test_the_header_of_a_sheet_stays_in_sight_and_columns_are_as_wide_as_their_cells() -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [8, 14, 8]
    plain: Any = openpyxl.load_workbook(io.BytesIO(written("xlsx", no_header=True))).worksheets[0]
    assert plain.freeze_panes is None
    assert plain["A1"].value == "=1+1"


@pytest.mark.parametrize(
    ("header", "cell", "message"),
    [(["x"], "y" * 32768, "32,767 characters"), ([str(i) for i in range(16385)], "y", "16,384 columns")],
)
def test_what_a_workbook_has_no_room_for_is_an_error(header: list[str], cell: str, message: str) -> None:
    writer = table_writer(io.BytesIO(), "xlsx", header)
    with pytest.raises(OutputError, match=message):
        writer.write([[cell]] * len(header))


def test_a_sheet_has_no_room_for_more_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmmfit.files.results.workbook_writer.SHEET_ROWS", 3)
    writer = table_writer(io.BytesIO(), "xlsx", ["x"])
    writer.write([[1, 2]])
    with pytest.raises(OutputError, match="a sheet of a workbook holds 3 rows, not more: write .csv instead"):
        writer.write([[3]])


def test_control_characters_are_escaped_as_a_workbook_has_none() -> None:
    assert sheet_rows(written("xlsx", [["c\x1b"]], ["a\x01b"])) == [("a\\x01b",), ("c\\x1b",)]


def test_every_digit_of_a_number_is_in_the_workbook() -> None:
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]
    assert [cell for (cell,) in sheet_rows(written("xlsx", [numbers], ["x"]))[1:]] == numbers


def test_the_extension_says_the_format_unless_it_is_named() -> None:
    assert format_of("a.JSON", None, "csv", ["json", "csv"]) == "json"
    assert format_of("a.json", "csv", "json", ["json", "csv"]) == "csv"
    assert format_of("a", None, "csv", ["json", "csv"]) == format_of(None, None, "csv", ["json"]) == "csv"
    with pytest.raises(ArgumentError, match=r"no format for .pdf files: name it .json, .csv, or add --format"):
        format_of("a.pdf", None, "csv", ["table", "json", "csv"])
