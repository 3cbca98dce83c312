"""A look into a workbook before any library opens it: what would hang, fill the memory, or mislead is refused.

Also says what the library that reads fastest would read rightly.
"""

import io
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from xml.parsers.expat import ExpatError, ParserCreate

from gmmfit.errors import DataError
from gmmfit.text import escaped, shown

# What workbooks begin with: those in ZIP archives, and the older or encrypted ones.
ARCHIVE, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
WORKBOOKS = (ARCHIVE, OLD_WORKBOOK)
# What is raised on an archive that is damaged, or encrypted.
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError, OSError)
# How many times its size a part may unpack to, and from how many bytes on that matters: real sheets shrink to a tenth.
BOMB, LARGE = 100, 20_000_000
SHEET_ROWS = 1_048_576
SAVE_ANEW = "save it anew in a spreadsheet program"
# How many times more cells the rectangle of all cells may have than there are, from so many on that memory matters.
SPARSE, MANY = 20, 100_000
# The fewest bytes that LibreOffice writes for a cell: in the XML of an .ods, and in the binary kinds.
XML_CELL, BINARY_CELL = 80, 8

# What spreadsheet programs write. In another spelling of the same XML it would not be found.
_ROOT = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?\s*<worksheet[ >]")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="[0-9]+")?(?: t="(?:n|s|str|inlineStr|b)")?\s*/?>')
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"']([0-9]+)[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_NEGATIVE_INDEX = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^<>]{0,500}>\s*<(?:\w+:)?v>\s*-")
_NO_NUMBER = re.compile(
    rb"<c (?![^<>]*\bt=[\"'](?:str|s|e|b|d|inlineStr)[\"'])[^<>]*?r=\"([A-Z]{1,3}[0-9]{1,7})\"[^<>]{0,500}>"
    rb"\s*<v>\s*([+-]?(?i:inf|nan)[^<]*|[^<_\x80-\xff]*[_\x80-\xff][^<]*)</v>"
)
_STRINGS, _COUNT = re.compile(rb"<(?:\w+:)?sst\s[^<>]*>"), re.compile(rb"ount\s*=\s*[\"']([0-9]{1,20})")
# What calamine reads up to, and no further.
_ENTITY_IN_VALUE = re.compile(rb"<v[^<>]*>[^<]*&")


@dataclass(frozen=True)
class Look:
    """What a workbook is: an .xlsx or another kind; with formulas or without; plain enough for calamine or not.

    It is plain where cells are numbers, texts or truth values, and each says where it stands, not far from the others.
    Of other kinds, which aren't looked into, n_cells is the most that a file of this size should hold.
    """

    is_xlsx: bool
    formulas: bool = False
    plain: bool = False
    n_cells: int = 0


def look_into(data: bytes, file: str) -> Look:
    """Look into a workbook.

    Raises:
        DataError: it is damaged, or made to do harm; the message says how.
    """
    if data.startswith(OLD_WORKBOOK):
        return Look(is_xlsx=False, n_cells=len(data) // BINARY_CELL)
    if not data.startswith(ARCHIVE):  # libraries find an archive behind other bytes too
        raise DataError(f"{file} is corrupt, or no workbook: leave --input-format out, or {SAVE_ANEW}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _look_into(archive, file)
    except DataError:
        raise
    except DAMAGED as error:
        raise DataError(f"{file} is corrupt, or not an .xlsx workbook: {escaped(str(error))}") from None


def _look_into(archive: zipfile.ZipFile, file: str) -> Look:
    names, parts = archive.namelist(), archive.infolist()
    [(name, times)] = Counter(names).most_common(1) or [("", 0)]
    if times > 1:
        raise DataError(f"{file} has duplicate parts ({shown(name)}): {SAVE_ANEW}")
    sizes = [(part.file_size, part.compress_size) for part in parts]
    for unpacked, packed in [*sizes, (sum(size for size, _ in sizes), sum(size for _, size in sizes))]:
        if unpacked > max(LARGE, BOMB * packed):
            size = f"{unpacked / 1e6:.0f} MB, {unpacked // max(packed, 1)} times its size"
            raise DataError(f"{file} unpacks to {size}, as if made to fill the memory: {SAVE_ANEW}")
    is_other = "content.xml" in names or "xl/workbook.bin" in names
    if is_other and (damaged := archive.testzip()) is not None:
        raise DataError(f"{file} is corrupt: {shown(damaged)} in it is damaged. Copy it anew, or {SAVE_ANEW}")
    if "content.xml" in names:
        content = archive.read("content.xml")
        _check_xml(content, file)
        return Look(is_xlsx=False, n_cells=len(content) // XML_CELL)
    if "xl/workbook.bin" in names:
        return Look(is_xlsx=False, n_cells=sum(size for size, _ in sizes) // BINARY_CELL)
    formulas, plain = False, True
    for name in names:
        content = archive.read(name)
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise DataError(f"{file} declares a DTD or an entity, which is not allowed in a workbook: {SAVE_ANEW}")
        if name.endswith((".xml", ".rels")) and b"\0" in content:
            raise DataError(f"{file} holds XML that is not UTF-8 ({shown(name)}): {SAVE_ANEW}")
        if any(int(count) > len(content) for tag in _STRINGS.findall(content) for count in _COUNT.findall(tag)):
            raise DataError(f"{file} is corrupt: it states more shared strings than it holds. {SAVE_ANEW.capitalize()}")
        has_rows = b"sheetData" in content  # a sheet may lie where none is expected
        if has_rows:
            _check_places(content, file)
            formulas |= bool(_FORMULA.search(content))
        is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        plain &= _is_plain(content) if is_sheet else not has_rows
    return Look(True, formulas, plain and not formulas)


def _check_xml(content: bytes, file: str) -> None:
    """Raise a DataError where XML ends early, on which calamine would wait for ever."""
    try:
        ParserCreate().Parse(content, True)
    except ExpatError as error:
        raise DataError(f"{file} is corrupt, or no workbook: {escaped(str(error))}") from None


def _check_places(sheet: bytes, file: str) -> None:
    """Raise a DataError where rows are beyond a sheet's end or not in order, or cells hold what no cell can."""
    before = 0
    for found in _ROW.finditer(sheet):
        row = int(found[1][:12])
        if row > SHEET_ROWS:
            raise DataError(f"{file} has a row {row}, beyond the {SHEET_ROWS} that a sheet has")
        if row <= before:
            raise DataError(f"{file} has row {row} after row {before}: {SAVE_ANEW}")
        before = row
    if _NEGATIVE_INDEX.search(sheet):
        raise DataError(f"{file} is corrupt: a cell has a shared string with a negative number")
    if word := _NO_NUMBER.search(sheet):
        place, text = word[1].decode(), escaped(word[2].decode(errors="replace"))
        raise DataError(f"cell {place} of {file} is not a number, nor finite: '{text}'")


def _is_plain(sheet: bytes) -> bool:
    if not _ROOT.match(sheet) or b"<!" in sheet or sheet.find(b"<?", 5) >= 0 or _ENTITY_IN_VALUE.search(sheet):
        return False
    n_cells = lowest = 0
    columns = set()
    for cell in _CELL.finditer(sheet):
        n_cells += 1
        columns.add(cell[1])
        lowest = max(lowest, int(cell[2]))
    if n_cells != sum(1 for _ in _ANY_CELL.finditer(sheet)):
        return False
    for row in _ROW.finditer(sheet):
        lowest = max(lowest, int(row[1]))
    width = max(map(_column_number, columns), default=0)
    return width * lowest <= max(MANY, SPARSE * n_cells)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
