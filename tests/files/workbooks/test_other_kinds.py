"""Workbooks of other kinds, and unusual ones."""

import re
import sys

import pytest

from gmmfit import DataError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.workbooks import workbook as module
from gmmfit.files.workbooks.other_kinds import calamine
from gmmfit.files.workbooks.workbook import read_workbook, sheet_names
from tests.builders import archive, ods, parts_of, xlsx

SHEET = "xl/worksheets/sheet1.xml"


def changed(data: bytes, old: str, new: str, part: str = SHEET) -> bytes:
    parts = parts_of(data)
    assert old.encode() in parts[part]
    return archive({**parts, part: parts[part].replace(old.encode(), new.encode())})


def test_an_open_document_is_read_and_what_it_hides_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    table = read_workbook(ods(["sex", "height"], ["F", 165.5], ["M", 180.0]), "t.ods", Reading())
    assert table.columns == ("sex", "height")
    assert table.numbers(1)[0].tolist() == [165.5, 180]
    assert table.cells.place(0, 1) == "B2"
    assert "errors in cells of t.ods can't be told from empty cells" in caplog.text


def test_the_library_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calamine() is not None
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert calamine() is None


def test_the_sheets_of_another_kind_have_names() -> None:
    assert sheet_names(ods(["h"], [1.0]), "t.ods") == ["S"]


@pytest.mark.parametrize(
    "data", [ods(["h"], [1.0]), archive({"xl/workbook.bin": ""}), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_without_calamine_other_kinds_name_the_extra(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "calamine", lambda: None)
    with pytest.raises(DataError, match=r"save it as .xlsx without a password, or pip install 'gmmfit\[excel\]'"):
        read_workbook(data, "t", Reading())


def test_a_duration_beyond_pythons_is_no_obstacle() -> None:
    data = xlsx(["h", "t"], [1, 1e10], more=lambda sheet: setattr(sheet["B2"], "number_format", "[h]:mm"))
    assert read_workbook(data, "t.xlsx", Reading()).numbers(0)[0].tolist() == [1]


def test_a_strict_workbook_is_named() -> None:
    usual, strict = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    data = changed(changed(xlsx(["h"], [1]), usual, strict), usual, strict, "xl/workbook.xml")
    with pytest.raises(DataError, match="t.xlsx is a Strict Open XML workbook: save it as an ordinary .xlsx"):
        read_workbook(data, "t.xlsx", Reading())


def test_a_sheet_with_prefixes_is_read() -> None:
    parts = parts_of(xlsx(["h"], [1], [2]))
    sheet = parts[SHEET].decode().replace("xmlns=", "xmlns:x=")
    data = archive({**parts, SHEET: re.sub(r"<(/?)(\w)", r"<\1x:\2", sheet)})
    assert read_workbook(data, "t.xlsx", Reading()).numbers(0)[0].tolist() == [1, 2]


def test_an_open_document_that_ends_early_is_refused_at_once() -> None:
    parts = parts_of(ods(["h"], [1.0], [2.0]))
    parts["content.xml"] = parts["content.xml"][: parts["content.xml"].index(b"</table:table-row>") + 18]
    with pytest.raises(DataError, match="t.ods is corrupt"):
        read_workbook(archive(parts), "t.ods", Reading())


def test_a_changed_byte_is_found() -> None:
    data = bytearray(xlsx(["h"], *([number] for number in range(100))))
    data[data.index(b"xl/worksheets/sheet1.xml") + 60] ^= 1
    with pytest.raises(DataError, match=r"t.xlsx is corrupt"):
        read_workbook(bytes(data), "t.xlsx", Reading())
