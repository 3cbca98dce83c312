"""What a workbook says of its tabs, rows and cells: hidden ones, charts, totals, superscripts."""

from typing import Any, cast

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.worksheet.table import Table as ExcelTable

from gmmfit import ArgumentError, DataError
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import read_rows
from gmmfit.files.tables.reading import Reading
from gmmfit.files.workbooks.workbook import read_workbook
from tests.builders import More, archive, ods, parts_of, xlsx


def workbook(*rows: list[Any], more: More | None = None, **reading: Any) -> Any:
    return read_workbook(xlsx(*rows, title="Data", more=more), "t.xlsx", Reading(**reading))


def with_hidden_first(sheet: Any) -> None:
    other = sheet.parent.create_sheet("_old", 0)
    other.append(["y"])
    other.append([5])
    other.sheet_state = "hidden"


def test_a_hidden_sheet_is_read_by_its_name_alone_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    for sheet in (None, "1", "Data"):
        assert workbook(["x"], [1], more=with_hidden_first, sheet=sheet).columns == ("x",)
    assert "hidden" not in caplog.text
    assert workbook(["x"], [1], more=with_hidden_first, sheet="_old").columns == ("y",)
    assert "sheet '_old' of t.xlsx is hidden in the workbook" in caplog.text
    with pytest.raises(DataError, match="no sheet '2'"):
        workbook(["x"], [1], more=with_hidden_first, sheet="2")


def test_hidden_rows_are_read_and_said_or_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def more(sheet: Any) -> None:
        for row in (3, 4):
            sheet.row_dimensions[row].hidden = True

    caplog.set_level("INFO", "gmmfit")
    assert workbook(["x"], [1], [2], [3], more=more).numbers(0)[0].tolist() == [1, 2, 3]
    assert "2 rows of t.xlsx (sheet 'Data') are hidden in the workbook, and read too: --visible leaves" in caplog.text
    caplog.clear()
    assert workbook(["x"], [1], [2], [3], more=more, visible=True).numbers(0)[0].tolist() == [1]
    assert workbook(["x"], [1], [2], [3], more=more, last_row=3).numbers(0)[0].tolist() == [1, 2]
    assert "1 row of t.xlsx (sheet 'Data') is hidden" in caplog.text


@pytest.mark.parametrize("n_totals", [1, 0])
def test_a_totals_row_is_left_out_and_said(n_totals: int, caplog: pytest.LogCaptureFixture) -> None:
    def more(sheet: Any) -> None:
        table: Any = ExcelTable(displayName="T", ref="A1:A4", totalsRowCount=n_totals or None)
        table._initialise_columns()
        table.autoFilter = None
        table.tableColumns[0].name = "x"
        sheet.add_table(table)

    caplog.set_level("INFO", "gmmfit")
    numbers = workbook(["x"], [1], [2], [3], more=more).numbers(0)[0].tolist()
    assert numbers == ([1, 2] if n_totals else [1, 2, 3])
    said = "row 4 of t.xlsx (sheet 'Data') is left out: the workbook calls it a totals row"
    assert (said in caplog.text) == bool(n_totals)


def test_superscripts_in_shared_strings_are_seen_too() -> None:
    parts = parts_of(xlsx(["x"], ["5.21"], [3]))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    raised = '<r><t>5.2</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>'
    strings = f'<sst xmlns="{main}" count="1" uniqueCount="1"><si>{raised}</si></sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    changed = {
        "xl/worksheets/sheet1.xml": (
            b'<c r="A2" t="inlineStr"><is><t>5.21</t></is></c>',
            b'<c r="A2" t="s"><v>0</v></c>',
        ),
        "[Content_Types].xml": (
            b"</Types>",
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode(),
        ),
    }
    whole: dict[str, str | bytes] = {name: part.replace(*changed.get(name, (b"", b""))) for name, part in parts.items()}
    one = read_workbook(archive(whole | {"xl/sharedStrings.xml": strings}), "t.xlsx", Reading())
    with pytest.raises(DataError, match="a value that is not a number: '5.21' .A2."):
        one.numbers(0)


@pytest.mark.parametrize("raised", ["superscript", "subscript"])
def test_digits_with_superscripts_are_no_numbers(raised: str) -> None:
    font: Any = InlineFont(vertAlign=cast(Any, raised))

    def more(sheet: Any) -> None:
        sheet["A3"] = CellRichText("5.2", TextBlock(font, "1"))
        sheet["A4"] = CellRichText("m", TextBlock(font, "2"))

    one = workbook(["x"], [1], [0], ["y"], [3], more=more)
    with pytest.raises(DataError, match="2 values that are not a number: '5.21' .A3., 'm2' .A4."):
        one.numbers(0)
    assert workbook(["x"], [1], [0], [2], [3], more=more, invalid="drop").numbers(0)[1].tolist() == [
        False,
        True,
        True,
        False,
    ]


def test_comments_of_a_workbook_are_rows_whose_first_cell_begins_so() -> None:
    one = workbook(["# made by me"], ["x"], [1], ["# paused"], [2], comment="#")
    assert (one.columns, one.numbers(0)[0].tolist()) == (("x",), [1, 2])


def test_other_kinds_do_not_say_which_rows_are_hidden() -> None:
    data = ods(["x"], [1.0], [2.0])
    assert read_workbook(data, "t.ods", Reading()).columns == ("x",)
    with pytest.raises(ArgumentError, match="--visible doesn't apply: which rows of t.ods are hidden"):
        read_workbook(data, "t.ods", Reading(visible=True))


def test_a_name_is_looked_for_in_other_sheets() -> None:
    def more(sheet: Any) -> None:
        sheet.parent.create_chartsheet("Plot").add_chart(BarChart())
        first, second = sheet.parent.create_sheet("Results"), sheet.parent.create_sheet("My data")
        for row in (["title"], ["x"], [1]):
            first.append(row)
        second.append(["z"])

    with pytest.raises(DataError, match="'x' stands in row 2 of sheet 'Results': add --sheet Results --header-row 2"):
        read_rows(workbook(["a"], [1], more=more), Wanted(["x"]))
    with pytest.raises(DataError, match="'z' stands in row 1 of sheet 'My data': add --sheet 'My data'$"):
        read_rows(workbook(["a"], [1], more=more), Wanted(["z"]))
    with pytest.raises(DataError, match="no column 'q' in t.xlsx .sheet 'Data'.\n  Columns: a$"):
        read_rows(workbook(["a"], [1], more=more), Wanted(["q"]))


def test_names_are_found_with_blanks_of_any_kind_and_as_they_are_shown() -> None:
    one = workbook(["id", "Height\n(cm)", "Weight\u00a0 (kg) "], [1, 2, 3])
    for name in ("Height\n(cm)", "Height (cm)", "Height\\n(cm)", " Height  (cm)"):
        assert one.choose([name]) == [1]
    for name in ("Weight (kg)", "Weight\\xa0 (kg) ", "id,Weight (kg)"):
        assert one.choose([name])[-1] == 2
    with pytest.raises(DataError, match="If B is a letter of a spreadsheet: add -c 2$"):
        one.choose(["B"])
    twins = workbook(["a b", "a  b"], [1, 2])
    assert (twins.choose(["a b"]), twins.choose(["a  b"])) == ([0], [1])
