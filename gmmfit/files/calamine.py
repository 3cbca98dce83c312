"""Workbooks read by python-calamine, where it is installed: .xls, .xlsb and .ods, and .xlsx eight times faster.

It shows error cells as empty ones, checks no checksum, and takes the memory of the rectangle that all cells lie in,
wherever a file puts them. So it is given an .xlsx only after a look at its XML.
"""

import io
import re
import zipfile
from importlib import import_module
from typing import Any

from gmmfit.errors import DataError
from gmmfit.text import escaped

SheetRows = list[tuple[int, list[Any]]]

NEEDED = "pip install 'gmmfit[excel]'"
# What only openpyxl shows as it is: formulas, whose values may not be stored, and errors.
_SPECIAL = re.compile(rb"<f[ />]|<c [^>]*t=\"e\"|<!ENTITY")
_PLACE = re.compile(rb"<c [^>]*?r=\"([A-Z]+)([0-9]+)\"")
# How many times more cells a rectangle may have than the sheet has.
SPARSE, FEW = 20, 100_000


def calamine() -> Any:
    """The module, or None where it isn't installed."""
    try:
        return import_module("python_calamine")
    except ModuleNotFoundError:
        return None


def is_xlsx(data: bytes) -> bool:
    """Whether a workbook is of the kind that openpyxl reads: a ZIP archive, but of no other kind's parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return not {"xl/workbook.bin", "content.xml"} & set(archive.namelist())
    except zipfile.BadZipFile:
        return data.startswith(b"PK")


def is_plain(archive: zipfile.ZipFile) -> bool:
    """Whether all sheets of an .xlsx are such as calamine reads rightly; each part's checksum is checked on the way."""
    sheets = []
    for name in archive.namelist():
        content = archive.read(name)
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            sheets.append(content)
    return all(not _SPECIAL.search(sheet) and _is_dense(sheet) for sheet in sheets)


def _is_dense(sheet: bytes) -> bool:
    n_cells = lowest = 0
    columns = set()
    for place in _PLACE.finditer(sheet):
        n_cells += 1
        columns.add(place[1])
        lowest = max(lowest, int(place[2]))
    width = max(map(_column_number, columns), default=0)
    return width * lowest <= max(FEW, SPARSE * n_cells)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


class Workbook:
    """A workbook as calamine reads it.

    Raises:
        DataError: it is damaged or encrypted.
    """

    def __init__(self, data: bytes, file: str) -> None:
        self.module, self.file = calamine(), file
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
        rows = []
        for number, values in enumerate(cells, start=1):
            while values and isinstance(values[-1], str) and not values[-1].strip():
                values.pop()
            if values:
                rows.append((number, [None if value == "" else value for value in values]))
        return rows

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(f"{self.file} is corrupt or encrypted, or no workbook: {escaped(str(error))}")
