"""Workbooks made to do harm, or damaged, end in one clear line before anything is unpacked in earnest."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from gmmfit import DataError
from gmmfit.files.archive import LARGE, look_into

SHEET = "xl/worksheets/sheet1.xml"


def parts_of(*rows: list[Any]) -> dict[str, bytes]:
    """The parts of a workbook with these rows."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(parts: dict[str, bytes], twice: str = "") -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate name"):
                made.writestr(twice, b"")
    return saved.getvalue()


GOOD = parts_of(["h"], [1], [2], ["text"])


def changed(old: bytes, new: bytes) -> dict[str, bytes]:
    assert old in GOOD[SHEET]
    return {**GOOD, SHEET: GOOD[SHEET].replace(old, new)}


def test_what_a_spreadsheet_program_writes_is_plain() -> None:
    look = look_into(archive(GOOD), "t.xlsx")
    assert (look.is_xlsx, look.formulas, look.plain) == (True, False, True)
    with_formula = look_into(archive(parts_of(["h"], ["=1+1"])), "t.xlsx")
    assert (with_formula.formulas, with_formula.plain) == (True, False)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: archive(GOOD, twice=SHEET), "duplicate parts"),
        (lambda: archive({**GOOD, "xl/media/a": b"0" * (LARGE + 1)}), "unpacks to 20 MB, [0-9]+ times its size"),
        (
            lambda: archive({**GOOD, **{f"xl/media/{i}": b"0" * 1_000_000 for i in range(30)}}),
            "unpacks to 30 MB, [0-9]+ times its size",
        ),
        (lambda: archive(changed(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')), "a DTD or an entity"),
        (lambda: archive(changed(b'<row r="3"', b'<row r="2000000000"')), "row 2000000000, beyond the 1048576"),
        (lambda: archive(changed(b'<row r="3"', b'<row r="1"')), "row 1 after row 2"),
        (lambda: archive(changed(b'<row r="3"', b"<row r='2'")), "row 2 after row 2"),
        (lambda: archive(changed(b't="n"><v>1', b't="s"><v>-1')), "shared string with a negative number"),
        (lambda: archive(changed(b"<v>2</v>", b"<v>inf</v>")), "cell A3 of t.xlsx is not a number, nor finite: 'inf'"),
        (lambda: archive(GOOD)[:-40], "t.xlsx is corrupt"),
        (lambda: b"PK\x03\x04" + b"\0" * 50, "corrupt, or not an .xlsx workbook: File is not a zip file"),
    ],
)
def test_harm_is_refused_and_named(data: Callable[[], bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        look_into(data(), "t.xlsx")


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(archive(GOOD))
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    with pytest.raises(DataError, match="t.xlsx is corrupt, or not an .xlsx workbook: File .* is encrypted"):
        look_into(bytes(data), "t.xlsx")


def test_bytes_before_an_archive_are_not_looked_past() -> None:
    """Found by fuzzing: calamine opened an archive behind two more bytes, and took 12 GB for a cell far out in it."""
    with pytest.raises(DataError, match="t.xlsx is corrupt, or no workbook"):
        look_into(b"A4" + archive(parts_of([1])), "t.xlsx")


def test_what_is_no_archive_is_another_kind() -> None:
    assert not look_into(b"\xd0\xcf\x11\xe0", "t.xls").is_xlsx
    assert not look_into(archive({"xl/workbook.bin": b""}), "t.xlsb").is_xlsx


def test_values_that_one_library_reads_halfway_are_left_to_the_other() -> None:
    for value in (b"<v>5&#48;</v>", b"<v>5<?p?>0</v>"):
        assert not look_into(archive(changed(b"<v>1</v>", value)), "t.xlsx").plain


def test_texts_that_begin_like_infinity_are_texts() -> None:
    text = b'<c r="A2" t="str"><v>Nancy</v></c>'
    assert look_into(archive(changed(b'<c r="A2" t="n"><v>1</v></c>', text)), "t.xlsx").is_xlsx


def test_a_sheet_elsewhere_is_looked_into() -> None:
    with pytest.raises(DataError, match="has row 1 after row 2"):
        look_into(archive({**GOOD, "xl/sheets/a.xml": b'<sheetData><row r="2"/><row r="1"/></sheetData>'}), "t.xlsx")


def test_xml_that_is_not_utf_8_is_refused() -> None:
    other = {**GOOD, SHEET: GOOD[SHEET].decode().encode("utf-16")}
    with pytest.raises(DataError, match="holds XML that is not UTF-8"):
        look_into(archive(other), "t.xlsx")


@pytest.mark.parametrize("tag", [b"<row ", b"<c ", b'<c r="A1" ', b' t="s"', b'<c r="A3"' + b' r="A3"' * 100])
def test_tags_without_an_end_take_no_time(tag: bytes) -> None:
    """A megabyte of them would take minutes where each were looked for to the end."""
    open_tags = b"<extLst><![CDATA[<c " + tag * (1_000_000 // len(tag)) + b"]]></extLst></worksheet>"
    assert not look_into(archive(changed(b"</worksheet>", open_tags)), "t.xlsx").plain


@pytest.mark.parametrize("number", ["1_000", "１２", "٣"])
def test_numbers_of_other_kinds_are_none(number: str) -> None:
    with pytest.raises(DataError, match="cell A2 of t.xlsx is not a number"):
        look_into(archive(changed(b"<v>1</v>", f"<v>{number}</v>".encode())), "t.xlsx")


@pytest.mark.parametrize("counts", [b'count="2" uniqueCount="4294967295"', b'uniqueCount="4294967295" count="2"'])
def test_more_shared_strings_than_there_are_take_no_memory(counts: bytes) -> None:
    strings = b"<sst " + counts + b"><si><t>9</t></si></sst>"
    with pytest.raises(DataError, match="states more shared strings than it holds"):
        look_into(archive({**GOOD, "xl/sharedStrings.xml": strings}), "t.xlsx")
