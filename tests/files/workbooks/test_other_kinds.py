"""Workbooks of other kinds, and when calamine is not asked."""

import io
import re
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest

from gmmfit import DataError
from gmmfit.files.tables.cells import Reading
from gmmfit.files.workbooks import workbook as module
from gmmfit.files.workbooks.archive import look_into
from gmmfit.files.workbooks.other_kinds import calamine
from gmmfit.files.workbooks.workbook import read_workbook, sheet_names

NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
NUMBER = '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def ods(*rows: list[Any], times: int = 1) -> bytes:
    """An OpenDocument spreadsheet in which each row stands so many times."""
    cells = [[(NUMBER if isinstance(cell, float) else TEXT).format(cell, cell) for cell in row] for row in rows]
    table = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">{"".join(row)}</table:table-row>' for row in cells
    )
    content = (
        f'<office:document-content {NAMESPACES}><office:body><office:spreadsheet><table:table table:name="S">{table}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return saved.getvalue()


def xlsx(*rows: list[Any], **far: Any) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    for place, value in far.items():
        sheet[place] = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def plain(data: bytes) -> bool:
    return look_into(data, "t.xlsx").plain


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


@pytest.mark.parametrize(
    "special", [["=1+1"], ["#DIV/0!"]], ids=["a formula, whose value is not stored", "an error, which would look empty"]
)
def test_what_calamine_does_not_show_is_left_to_openpyxl(special: list[Any]) -> None:
    assert plain(xlsx(["h"], [1]))
    assert not plain(xlsx(["h"], [1], special))


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ('t="e"', "t='e'"),
        ('t="e"', 't = "e"'),
        ("<c ", "<x:c "),
        ("<worksheet ", '<x:worksheet xmlns:x="a" '),
        ("<v>1", "<v> 1"),
        ("<worksheet ", '<?xml version="1.0" encoding="ISO-8859-1"?><worksheet '),
        ('<c r="A2"', "<c"),
    ],
)
def test_unusual_spellings_of_the_same_are_left_to_openpyxl(usual: str, other: str) -> None:
    made = xlsx(["h"], [1], ["#DIV/0!"]) if 'e"' in usual else xlsx(["h"], [1])
    with zipfile.ZipFile(io.BytesIO(made)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert usual in parts[sheet]
    assert not plain(archive({**parts, sheet: parts[sheet].replace(usual, other)}))


def changed(data: bytes, old: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        parts = {name: whole.read(name).decode() for name in whole.namelist()}
    assert old in parts[part]
    return archive({**parts, part: parts[part].replace(old, new)})


def test_what_calamine_refuses_openpyxl_may_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "gmmfit")
    data = changed(xlsx(["h"], [1], [2]), "/xl/worksheets/", "./worksheets/", "xl/_rels/workbook.xml.rels")
    assert plain(data)
    assert read_workbook(data, "t.xlsx", Reading()).numbers(0)[0].tolist() == [1, 2]
    assert "read by openpyxl" in caplog.text


def test_a_duration_beyond_pythons_is_left_to_openpyxl() -> None:
    made: Any = openpyxl.Workbook()
    made.active.append(["h", "t"])
    made.active.append([1, 1e10])
    made.active["B2"].number_format = "[h]:mm"
    saved = io.BytesIO()
    made.save(saved)
    assert plain(saved.getvalue())
    assert read_workbook(saved.getvalue(), "t.xlsx", Reading()).numbers(0)[0].tolist() == [1]


def test_a_strict_workbook_is_read_where_it_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, strict = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    data = changed(changed(xlsx(["h"], [1]), usual, strict), usual, strict, "xl/workbook.xml")
    assert read_workbook(data, "t.xlsx", Reading()).numbers(0)[0].tolist() == [1]
    monkeypatch.setattr(module, "calamine", lambda: None)
    with pytest.raises(DataError, match="t.xlsx is a Strict Open XML workbook: save it as an ordinary .xlsx"):
        read_workbook(data, "t.xlsx", Reading())


def test_a_sheet_with_prefixes_is_read_by_openpyxl() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx(["h"], [1], [2]))) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace("xmlns=", "xmlns:x=")
    data = archive({**parts, "xl/worksheets/sheet1.xml": re.sub(r"<(/?)(\w)", r"<\1x:\2", sheet)})
    assert not plain(data)
    assert read_workbook(data, "t.xlsx", Reading()).numbers(0)[0].tolist() == [1, 2]


def test_a_cell_far_from_the_others_is_left_to_openpyxl() -> None:
    assert plain(xlsx(["h"], [1], C900=5))
    assert not plain(xlsx(["h"], [1], XFD1048576=5))


def test_a_sheet_where_none_is_expected_is_left_to_openpyxl() -> None:
    made = xlsx(["h"], [1])
    with zipfile.ZipFile(io.BytesIO(made)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    assert not plain(archive({**parts, "xl/elsewhere.xml": parts["xl/worksheets/sheet1.xml"]}))


def test_an_open_document_that_ends_early_is_refused_at_once() -> None:
    whole = ods(["h"], [1.0], [2.0])
    with zipfile.ZipFile(io.BytesIO(whole)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    parts["content.xml"] = parts["content.xml"][: parts["content.xml"].index("</table:table-row>") + 18]
    with pytest.raises(DataError, match="t.ods is corrupt"):
        read_workbook(archive(parts), "t.ods", Reading())


def test_damage_that_calamine_would_not_notice_is_found() -> None:
    data = bytearray(xlsx(["h"], *([number] for number in range(100))))
    data[data.index(b"xl/worksheets/sheet1.xml") + 60] ^= 1
    with pytest.raises(DataError, match=r"t.xlsx is corrupt"):
        read_workbook(bytes(data), "t.xlsx", Reading())


def test_where_reading_takes_long_the_faster_library_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gmmfit")
    monkeypatch.setattr(module, "SLOW", -1.0)
    read_workbook(xlsx(["h"], [1]), "t.xlsx", Reading())
    assert "faster" not in caplog.text
    monkeypatch.setattr(module, "calamine", lambda: None)
    read_workbook(xlsx(["h"], [1]), "t.xlsx", Reading())
    assert "t.xlsx would be read several times faster with: pip install 'gmmfit[excel]'" in caplog.text
