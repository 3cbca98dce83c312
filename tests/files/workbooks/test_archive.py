"""Workbooks made to do harm, or damaged, end in one clear line before anything is unpacked in earnest."""

import io
import zipfile

import pytest

from gmmfit import DataError
from gmmfit.files.workbooks.archive import EXPANSION_FREE_BYTES, inspect_archive
from tests.builders import archive, parts_of, xlsx

SHEET = "xl/worksheets/sheet1.xml"
GOOD = parts_of(xlsx(["h"], [1], [2], ["text"]))
STRINGS = b'<sst count="9999" uniqueCount="1"><si><t>9</t></si></sst>'


def good(parts: dict[str, bytes] | None = None) -> bytes:
    """A good workbook with these parts besides, or in place of its own."""
    return archive({**GOOD, **(parts or {})}, zipfile.ZIP_DEFLATED)


def changed(old: bytes, new: bytes) -> bytes:
    """A good workbook of whose sheet something is changed."""
    assert old in GOOD[SHEET]
    return good({SHEET: GOOD[SHEET].replace(old, new)})


def refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        inspect_archive(data, "t.xlsx")


def test_formulas_whose_values_are_not_stored_are_known() -> None:
    look = inspect_archive(good(), "t.xlsx")
    assert (look.is_xlsx, look.sheets[SHEET].unstored) == (True, {})
    with_formula = inspect_archive(xlsx(["h"], ["=1+1"]), "t.xlsx")
    assert with_formula.sheets[SHEET].unstored == {(2, 1): "1+1"}


def test_a_formula_that_stands_for_the_empty_text_has_a_value() -> None:
    cell = b'<c r="A2" t="str"><f>IF(B2="","",1)</f><v></v></c>'
    look = inspect_archive(changed(b'<c r="A2" t="n"><v>1</v></c>', cell), "t.xlsx")
    assert look.sheets[SHEET].unstored == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', "a DTD, or entities"),
        (b'<row r="3"', b'<row r="2000000000"', "row 2000000000, beyond the 1048576"),
        (b'<row r="3"', b'<row r="1"', "row 1 after row 2"),
        (b'<row r="3"', b"<row r='2'", "row 2 after row 2"),
        (b'<row r="3"', b'<row r="x"', "a row has the number 'x'"),
        (b'<c r="A3"', b'<c r="A2"', "cell A2 stands in row 3"),
        (b'<c r="A3"', b'<c r="a3"', "cell a3 stands in row 3"),
        (b'<c r="A3"', b'<c r="XFE3"', "row 3 has a cell beyond the 16384 columns"),
        (b'<c r="A3"', b'<c r="B3"/><c r="A3"', "cell A3 stands twice, or after a later one"),
        (b't="n"><v>1', b't="s"><v>-1', "a cell asks for shared string '-1'"),
        (b't="n"><v>1', b't="s"><v>7', "a cell asks for shared string 8 of [0-9]"),
        (b"<v>2</v>", b"<v>inf</v>", "cell A3 of t.xlsx is not a number, nor finite: 'inf'"),
        (b"<v>2", b"<v>" + b"\n" * 2**21 + b"2", "cell A3 holds more than 1,048,576 characters"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_sheet_that_no_program_writes_is_refused_and_named(old: bytes, new: bytes, message: str) -> None:
    refused(changed(old, new), message)


@pytest.mark.parametrize(("n_parts", "size", "unpacked"), [(1, EXPANSION_FREE_BYTES + 1, 20), (30, 1_000_000, 30)])
def test_what_unpacks_to_far_more_than_its_size_is_refused(n_parts: int, size: int, unpacked: int) -> None:
    zeros = {f"xl/media/{at}": bytes(size) for at in range(n_parts)}
    refused(good(zeros), f"unpacks to {unpacked} MB, [0-9]+ times its size")


@pytest.mark.parametrize(
    ("part", "root", "element", "n"),
    [("xl/styles.xml", b"styleSheet", b"xf", 110_000), ("xl/strings.xml", b"sst", b"si", 220_000)],
)
def test_far_too_many_elements_are_refused(part: str, root: bytes, element: bytes, n: int) -> None:
    many = b"<%s>%s</%s>" % (root, b"<%s/>" % element * n, root)
    refused(good({part: many}), f"far too many <{element.decode()}> in it, as if made to harm")


def test_cells_far_from_the_others_are_refused() -> None:
    far = b"".join(b'<row><c r="XFD%d"/></row>' % row for row in range(5, 200))
    more = changed(b"</sheetData>", b"</sheetData><sheetData>%s</sheetData>" % far)
    refused(more, "has cells far from the others, as if made to harm")


def test_a_part_that_stands_twice_is_refused() -> None:
    stream = io.BytesIO(good())
    with zipfile.ZipFile(stream, "a") as made, pytest.warns(UserWarning, match="Duplicate name"):
        made.writestr(SHEET, b"")
    refused(stream.getvalue(), "duplicate parts")


def test_parts_that_overlap_are_refused() -> None:
    data = good()
    at = data.index(b"PK\x01\x02") + 20  # where the archive states the size of its first part
    refused(data[:at] + (9_999_999).to_bytes(4, "little") + data[at + 4 :], "its parts overlap")


def test_an_archive_cut_short_is_corrupt() -> None:
    refused(good()[:-40], "t.xlsx is corrupt")
    refused(b"PK\x03\x04" + b"\0" * 50, "corrupt, or no workbook: File is not a zip file")


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(good())
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    refused(bytes(data), "t.xlsx is corrupt, or no workbook: File .* is encrypted")


def test_bytes_before_an_archive_are_not_looked_past() -> None:
    """Found by fuzzing: calamine opened an archive behind two more bytes, and took 12 GB for a cell far out in it."""
    refused(b"A4" + xlsx([1]), "t.xlsx is corrupt, or no workbook")


def test_what_is_no_archive_is_another_kind() -> None:
    assert not inspect_archive(b"\xd0\xcf\x11\xe0", "t.xls").is_xlsx
    assert not inspect_archive(archive({"xl/workbook.bin": b""}), "t.xlsb").is_xlsx


def test_texts_that_begin_like_infinity_are_texts() -> None:
    text = b'<c r="A2" t="str"><v>Nancy</v></c>'
    assert inspect_archive(changed(b'<c r="A2" t="n"><v>1</v></c>', text), "t.xlsx").is_xlsx


def test_parts_that_no_library_reads_may_be_anything() -> None:
    """Power Query keeps its own in UTF-16, and a pivot table a row of short elements for each of its records."""
    query, records = "<DataMashup/>".encode("utf-16"), b"<pivotCacheRecords>" + b"<r><x v='1'/></r>" * 200_000
    kept = {"customXml/item1.xml": query, "xl/pivotCache/pivotCacheRecords1.xml": records + b"</pivotCacheRecords>"}
    assert inspect_archive(good(kept), "t.xlsx").is_xlsx
    hidden = GOOD[SHEET].decode().encode("utf-16")
    refused(good({"customXml/item1.xml": hidden}), "holds XML that is not UTF-8")


def test_many_styles_may_be_honest() -> None:
    styles = "".join(f'<cellStyle name="Style {i * 7919 % 99991}" xfId="{i}"/>' for i in range(150_000))
    assert inspect_archive(good({"xl/styles.xml": f"<styleSheet>{styles}</styleSheet>".encode()}), "t.xlsx").is_xlsx


def test_a_picture_may_be_any_xml() -> None:
    drawing = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg/>'
    assert inspect_archive(good({"xl/media/image1.svg": drawing}), "t.xlsx").is_xlsx
    refused(good({"xl/media/image1.svg": drawing + b"<sheetData/>"}), "declares a DTD")


def test_a_sheet_elsewhere_is_looked_into() -> None:
    refused(good({"xl/sheets/a.xml": b'<sheetData><row r="2"/><row r="1"/></sheetData>'}), "has row 1 after row 2")


def test_xml_that_is_not_utf_8_is_refused() -> None:
    refused(good({SHEET: GOOD[SHEET].decode().encode("utf-16")}), "holds XML that is not UTF-8")


def test_xml_in_an_encoding_that_libraries_may_not_know_is_refused() -> None:
    refused(
        changed(b"<worksheet", b'<?xml version="1.0" encoding="UTF-7"?><worksheet'),
        "holds XML in 'UTF-7', not in UTF-8",
    )


@pytest.mark.parametrize("tag", [b"<row ", b"<c ", b'<c r="A1" ', b' t="s"', b'<c r="A3"' + b' r="A3"' * 100])
def test_tags_without_an_end_take_no_time(tag: bytes) -> None:
    """A megabyte of them would take minutes where each were looked for to the end."""
    open_tags = b"<extLst><![CDATA[<c " + tag * (1_000_000 // len(tag)) + b"]]></extLst></worksheet>"
    assert inspect_archive(changed(b"</worksheet>", open_tags), "t.xlsx").is_xlsx


@pytest.mark.parametrize("number", ["1_000", "１２", "٣"])
def test_numbers_of_other_kinds_are_none(number: str) -> None:
    refused(changed(b"<v>1</v>", f"<v>{number}</v>".encode()), "cell A2 of t.xlsx is not a number")


def test_many_cells_may_have_the_same_shared_string() -> None:
    assert inspect_archive(good({"xl/sharedStrings.xml": STRINGS}), "t.xlsx").is_xlsx


def test_more_shared_strings_than_there_are_take_no_memory() -> None:
    strings = STRINGS.replace(b'Count="1"', b'Count="4294967295"')
    refused(good({"xl/sharedStrings.xml": strings}), "states more shared strings than it holds")
