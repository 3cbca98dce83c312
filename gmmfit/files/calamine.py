"""Workbooks read by python-calamine, where it is installed: .xls, .xlsb and .ods, and .xlsx several times faster.

It shows error cells as empty ones, checks no checksum, and takes the memory of the rectangle that all cells lie in,
wherever a file puts them. So it is given an .xlsx only after a look at its XML.
"""

import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from gmmfit.errors import DataError
from gmmfit.text import escaped

log = logging.getLogger("gmmfit")

SheetRows = list[tuple[int, list[Any]]]

NEEDED = "pip install 'gmmfit[excel]'"
# What spreadsheet programs write. In another spelling of the same XML nothing below would be found.
_ROOT = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?\s*<worksheet[ >]")
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="[0-9]+")?(?: t="(?:n|s|str|inlineStr|b)")?\s*/?>')
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb'<row [^>]*?r="([0-9]+)"')
# Formulas, whose values may not be stored, and declarations, which may hide anything.
_SPECIAL = re.compile(rb"<(?:\w+:)?f[\s/>]|<!")
# How many times more cells a rectangle may have than the sheet has, from so many on that their memory matters.
SPARSE, MANY = 20, 100_000


def calamine() -> Any:
    """The module, or None where it isn't installed."""
    try:
        import python_calamine
    except ModuleNotFoundError:
        return None
    return python_calamine


def is_xlsx(data: bytes) -> bool:
    """Whether a workbook is of the kind that openpyxl reads: a ZIP archive, but of no other kind's parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return not {"xl/workbook.bin", "content.xml"} & set(archive.namelist())
    except zipfile.BadZipFile:
        return data.startswith(b"PK")


def is_plain(archive: zipfile.ZipFile) -> bool:
    """Whether all sheets of an .xlsx are such as calamine reads rightly; each part's checksum is checked on the way.

    Cells are numbers, texts or truth values, and each says where it stands, not far from the others.
    """
    plain = True
    for name in archive.namelist():
        content = archive.read(name)
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            plain &= bool(_ROOT.match(content)) and not _SPECIAL.search(content) and _is_dense(content)
        else:  # a sheet may lie where none is expected
            plain &= b"sheetData" not in content
    return plain


def _is_dense(sheet: bytes) -> bool:
    n_cells = lowest = 0
    columns = set()
    for cell in _CELL.finditer(sheet):
        n_cells += 1
        columns.add(cell[1])
        lowest = max(lowest, int(cell[2]))
    if n_cells != sum(1 for _ in _ANY_CELL.finditer(sheet)):
        return False
    lowest = max(lowest, *(int(row[1]) for row in _ROW.finditer(sheet)), 0)
    width = max(map(_column_number, columns), default=0)
    return width * lowest <= max(MANY, SPARSE * n_cells)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_document(data: bytes, file: str) -> None:
    """Raise a DataError where the content of an .ods ends early, on which calamine would wait for ever."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "content.xml" in archive.namelist():
                ParserCreate().Parse(archive.read("content.xml"), True)
    except (ExpatError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise DataError(f"{file} is corrupt, or no workbook: {escaped(str(error))}") from None


def trimmed(rows: Iterable[Iterable[Any]]) -> SheetRows:
    """Rows with anything in them, by their number from 1, without the empty cells at their end."""
    kept = []
    for number, values in enumerate(rows, start=1):
        cells = list(values)
        while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
            cells.pop()
        if cells:
            kept.append((number, cells))
    return kept


class Workbook:
    """A workbook as calamine reads it.

    Raises:
        DataError: it is damaged or encrypted.
    """

    def __init__(self, data: bytes, file: str) -> None:
        self.module, self.file = calamine(), file
        _check_document(data, file)
        try:
            self.book = self.module.CalamineWorkbook.from_filelike(io.BytesIO(data))
        except self.module.CalamineError as error:
            raise self._unreadable(error) from None
        self.sheets: list[str] = self.book.sheet_names

    def rows(self, sheet: str) -> SheetRows:
        """The rows of a sheet with anything in them, by their number, without the empty cells at their end."""
        try:
            cells = self.book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except self.module.CalamineError as error:
            raise self._unreadable(error) from None
        return trimmed((None if value == "" else value for value in values) for values in cells)

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(f"{self.file} is corrupt or encrypted, or no workbook: {escaped(str(error))}")
