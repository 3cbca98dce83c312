"""Workbooks made to do harm, or damaged, end in one clear line before anything is unpacked in earnest."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from gmmfit import DataError
from gmmfit.files.workbooks.archive import LARGE, look_into

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


MANY = b"<styleSheet>" + b"<xf/>" * 110_000 + b"</styleSheet>"
FAR = "".join(f'<row><c r="XFD{row}"/></row>' for row in range(5, 200))


def stating(n_packed: int) -> bytes:
    """A workbook whose first part states this size in the archive."""
    data = archive(GOOD)
    at = data.index(b"PK\x01\x02") + 20
    return data[:at] + n_packed.to_bytes(4, "little") + data[at + 4 :]


def changed(old: bytes, new: bytes) -> dict[str, bytes]:
    assert old in GOOD[SHEET]
    return {**GOOD, SHEET: GOOD[SHEET].replace(old, new)}


def test_what_a_spreadsheet_program_writes_is_plain() -> None:
    look = look_into(archive(GOOD), "t.xlsx")
    assert (look.is_xlsx, look.plain, look.unstored) == (True, True, {})
    with_formula = look_into(archive(parts_of(["h"], ["=1+1"])), "t.xlsx")
    assert (with_formula.plain, with_formula.unstored) == (False, {SHEET: {(2, 1): "1+1"}})


def test_a_formula_that_stands_for_the_empty_text_has_a_value() -> None:
    cell = b'<c r="A2" t="str"><f>IF(B2="","",1)</f><v></v></c>'
    look = look_into(archive(changed(b'<c r="A2" t="n"><v>1</v></c>', cell)), "t.xlsx")
    assert (look.plain, look.unstored) == (True, {})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: archive(GOOD, twice=SHEET), "duplicate parts"),
        (lambda: archive({**GOOD, "xl/media/a": b"0" * (LARGE + 1)}), "unpacks to 20 MB, [0-9]+ times its size"),
        (
            lambda: archive({**GOOD, **{f"xl/media/{i}": b"0" * 1_000_000 for i in range(30)}}),
            "unpacks to 30 MB, [0-9]+ times its size",
        ),
        (lambda: archive(changed(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')), "a DTD, or entities"),
        (lambda: archive(changed(b'<row r="3"', b'<row r="2000000000"')), "row 2000000000, beyond the 1048576"),
        (lambda: archive(changed(b'<row r="3"', b'<row r="1"')), "row 1 after row 2"),
        (lambda: archive(changed(b'<row r="3"', b"<row r='2'")), "row 2 after row 2"),
        (lambda: archive(changed(b'<row r="3"', b'<row r="x"')), "a row has the number 'x'"),
        (lambda: archive(changed(b'<c r="A3"', b'<c r="A2"')), "cell A2 stands in row 3"),
        (lambda: archive(changed(b'<c r="A3"', b'<c r="a3"')), "cell a3 stands in row 3"),
        (lambda: archive(changed(b'<c r="A3"', b'<c r="XFE3"')), "row 3 has a cell beyond the 16384 columns"),
        (lambda: archive(changed(b'<c r="A3"', b'<c r="B3"/><c r="A3"')), "cell A3 stands twice, or after a later one"),
        (lambda: archive(changed(b't="n"><v>1', b't="s"><v>-1')), "a cell asks for shared string '-1'"),
        (lambda: archive(changed(b't="n"><v>1', b't="s"><v>7')), "a cell asks for shared string 8 of [0-9]"),
        (lambda: archive(changed(b"<v>2</v>", b"<v>inf</v>")), "cell A3 of t.xlsx is not a number, nor finite: 'inf'"),
        (
            lambda: archive(changed(b"<v>2", b"<v>" + b"\n" * 2**21 + b"2")),
            "cell A3 holds more than 1,048,576 characters",
        ),
        (lambda: stating(9_999_999), "its parts overlap"),
        (lambda: archive({**GOOD, "xl/styles.xml": MANY}), "far too many <xf> in it, as if made to harm"),
        (
            lambda: archive(
                {
                    **GOOD,
                    "xl/strings.xml": MANY.replace(b"styleSheet", b"sst")
                    .replace(b"xf", b"si")
                    .replace(b"<si/>", b"<si/><si/>"),
                }
            ),
            "far too many <si> in it, as if made to harm",
        ),
        (
            lambda: archive(changed(b"</sheetData>", f"</sheetData><sheetData>{FAR}</sheetData>".encode())),
            "has cells far from the others, as if made to harm",
        ),
        (lambda: archive(GOOD)[:-40], "t.xlsx is corrupt"),
        (lambda: b"PK\x03\x04" + b"\0" * 50, "corrupt, or no workbook: File is not a zip file"),
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
    with pytest.raises(DataError, match="t.xlsx is corrupt, or no workbook: File .* is encrypted"):
        look_into(bytes(data), "t.xlsx")


def test_bytes_before_an_archive_are_not_looked_past() -> None:
    """Found by fuzzing: calamine opened an archive behind two more bytes, and took 12 GB for a cell far out in it."""
    with pytest.raises(DataError, match="t.xlsx is corrupt, or no workbook"):
        look_into(b"A4" + archive(parts_of([1])), "t.xlsx")


def test_what_is_no_archive_is_another_kind() -> None:
    assert not look_into(b"\xd0\xcf\x11\xe0", "t.xls").is_xlsx
    assert not look_into(archive({"xl/workbook.bin": b""}), "t.xlsb").is_xlsx


def test_values_that_one_library_reads_halfway_are_left_to_the_other() -> None:
    texts = b"<is><t>5</t></is>"
    values = [b"<v>5&#48;</v>", b"<v>&#48;</v>", b"<v>5<?p?>0</v>", b"<v>5</v><f>4+1</f>", b"<v>5</v><v>6</v>", texts]
    for value in [*values, b'<v xmlns="urn:other">5</v>']:
        assert not look_into(archive(changed(b"<v>1</v>", value)), "t.xlsx").plain


def test_texts_that_begin_like_infinity_are_texts() -> None:
    text = b'<c r="A2" t="str"><v>Nancy</v></c>'
    assert look_into(archive(changed(b'<c r="A2" t="n"><v>1</v></c>', text)), "t.xlsx").is_xlsx


def test_strings_that_one_library_counts_otherwise_are_left_to_the_other() -> None:
    for other in (b'<si xmlns="urn:other"><t>8</t></si>', b'<x:si xmlns:x="urn:other"><t>8</t></x:si>'):
        strings = STRINGS.replace(b"<si>", other + b"<si>")
        assert not look_into(archive({**GOOD, "xl/sharedStrings.xml": strings}), "t.xlsx").plain


def test_parts_that_no_library_reads_may_be_anything() -> None:
    """Power Query keeps its own in UTF-16, and a pivot table a row of short elements for each of its records."""
    query, records = "<DataMashup/>".encode("utf-16"), b"<pivotCacheRecords>" + b"<r><x v='1'/></r>" * 200_000
    kept = {"customXml/item1.xml": query, "xl/pivotCache/pivotCacheRecords1.xml": records + b"</pivotCacheRecords>"}
    assert look_into(archive({**GOOD, **kept}), "t.xlsx").plain
    hidden = GOOD[SHEET].decode().encode("utf-16")
    with pytest.raises(DataError, match="holds XML that is not UTF-8"):
        look_into(archive({**GOOD, "customXml/item1.xml": hidden}), "t.xlsx")


def test_many_styles_may_be_honest() -> None:
    styles = "".join(f'<cellStyle name="Style {i * 7919 % 99991}" xfId="{i}"/>' for i in range(150_000))
    assert look_into(archive({**GOOD, "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>".encode()}), "t.xlsx").plain


def test_a_picture_may_be_any_xml() -> None:
    drawing = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg/>'
    assert look_into(archive({**GOOD, "xl/media/image1.svg": drawing}), "t.xlsx").plain
    with pytest.raises(DataError, match="declares a DTD"):
        look_into(archive({**GOOD, "xl/media/image1.svg": drawing + b"<sheetData/>"}), "t.xlsx")


def test_a_sheet_elsewhere_is_looked_into() -> None:
    with pytest.raises(DataError, match="has row 1 after row 2"):
        look_into(archive({**GOOD, "xl/sheets/a.xml": b'<sheetData><row r="2"/><row r="1"/></sheetData>'}), "t.xlsx")


def test_xml_that_is_not_utf_8_is_refused() -> None:
    other = {**GOOD, SHEET: GOOD[SHEET].decode().encode("utf-16")}
    with pytest.raises(DataError, match="holds XML that is not UTF-8"):
        look_into(archive(other), "t.xlsx")


def test_xml_in_an_encoding_that_libraries_may_not_know_is_refused() -> None:
    with pytest.raises(DataError, match="holds XML in 'UTF-7', not in UTF-8"):
        look_into(archive(changed(b"<worksheet", b'<?xml version="1.0" encoding="UTF-7"?><worksheet')), "t.xlsx")


@pytest.mark.parametrize("tag", [b"<row ", b"<c ", b'<c r="A1" ', b' t="s"', b'<c r="A3"' + b' r="A3"' * 100])
def test_tags_without_an_end_take_no_time(tag: bytes) -> None:
    """A megabyte of them would take minutes where each were looked for to the end."""
    open_tags = b"<extLst><![CDATA[<c " + tag * (1_000_000 // len(tag)) + b"]]></extLst></worksheet>"
    assert not look_into(archive(changed(b"</worksheet>", open_tags)), "t.xlsx").plain


@pytest.mark.parametrize("number", ["1_000", "１２", "٣"])
def test_numbers_of_other_kinds_are_none(number: str) -> None:
    with pytest.raises(DataError, match="cell A2 of t.xlsx is not a number"):
        look_into(archive(changed(b"<v>1</v>", f"<v>{number}</v>".encode())), "t.xlsx")


STRINGS = b'<sst count="9999" uniqueCount="1"><si><t>9</t></si></sst>'


def test_many_cells_may_have_the_same_shared_string() -> None:
    assert look_into(archive({**GOOD, "xl/sharedStrings.xml": STRINGS}), "t.xlsx").plain


def test_more_shared_strings_than_there_are_take_no_memory() -> None:
    strings = STRINGS.replace(b'Count="1"', b'Count="4294967295"')
    with pytest.raises(DataError, match="states more shared strings than it holds"):
        look_into(archive({**GOOD, "xl/sharedStrings.xml": strings}), "t.xlsx")
