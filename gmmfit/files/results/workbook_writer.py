"""Workbooks out: sheets of rows, numbers as numbers, text as text, headers that stay in sight."""

import datetime
import io
import math
import zipfile
from collections.abc import Sequence
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from gmmfit.errors import OutputError
from gmmfit.files.results.digits import rounded
from gmmfit.files.workbooks.parts import SHEET_COLUMNS, SHEET_ROWS

# The time of every file in a workbook, so that the same table gives the same bytes. ZIP knows none before 1980.
EPOCH = datetime.datetime(1980, 1, 1)
CELL_LENGTH = 32_767
# Characters that a column is wide, at least and at most; and those of a number as spreadsheet programs show it.
NARROWEST, WIDEST, NUMBER = 8, 60, 12
# Rows that are looked at to see how wide a column is.
LOOKED_AT = 100


class Book:
    """A workbook that is written to a stream when it is closed. digits cuts numbers to so many significant ones."""

    def __init__(self, stream: BinaryIO, digits: int | None = None) -> None:
        self.saved = True  # nothing is begun that would have to be ended
        self.stream, self.digits = stream, digits
        self.book: Any = Workbook(write_only=True)
        self.saved = False

    def sheet(self, name: str, header: Sequence[str], last: bool = False, n_rows: int = 0) -> "Sheet":
        """A new sheet, with a row of names if there are any; the last one closes the book when it is closed.

        Raises:
            OutputError: n_rows rows, and that of the names, are more than a sheet holds.
        """
        _check_rows(n_rows + bool(header))
        return Sheet(self, name, header, last)

    def close(self) -> None:
        """Write the workbook."""
        saved = io.BytesIO()
        self.saved = True
        self.book.save(saved)
        properties = self.book.properties
        properties.created = properties.modified = EPOCH  # saving has set them to now
        whole = io.BytesIO()  # so that a stream that fails fails once
        with zipfile.ZipFile(saved) as made, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in made.namelist():
                content = tostring(properties.to_tree()) if name == ARC_CORE else made.read(name)
                archive.writestr(zipfile.ZipInfo(name, EPOCH.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
        self.stream.write(whole.getvalue())

    def __del__(self) -> None:
        """End the sheets that an error left open: openpyxl would complain of them later."""
        if not self.saved:
            for sheet in self.book.worksheets:
                sheet.close()


class Sheet:
    """A sheet of a workbook, which takes rows in blocks."""

    def __init__(self, book: Book, name: str, header: Sequence[str], last: bool) -> None:
        self.book, self.header, self.last = book, header, last
        self.sheet = book.book.create_sheet(name)
        self.n_rows = 0
        self.begun = False

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        """Write the rows whose cells stand in `columns`, one sequence a column.

        Raises:
            OutputError: the sheet is full.
        """
        self._begin(columns)
        for row in zip(*columns, strict=True):
            self._append([self._cell(value) for value in row])

    def write_empty_line(self) -> None:
        """A sheet of rows has no empty ones."""

    def close(self) -> None:
        """Write what is left to write."""
        self._begin([])
        if self.last:
            self.book.close()

    def _begin(self, columns: Sequence[Sequence[object]]) -> None:
        """Set what has to be set before the first row, the widths of columns among it; and write the header."""
        if self.begun:
            return
        self.begun = True
        if max(len(self.header), len(columns)) > SHEET_COLUMNS:
            raise OutputError(f"a sheet of a workbook holds {SHEET_COLUMNS:,} columns, not more: write .csv instead")
        for position in range(max(len(self.header), len(columns))):
            texts = [self.header[position]] if self.header else []
            cells = list(columns[position][:LOOKED_AT]) if columns else []
            texts += ["0" * NUMBER if isinstance(cell, float) else str(cell) for cell in cells if cell is not None]
            width = max(map(len, texts), default=0) + 2
            letter = get_column_letter(position + 1)
            self.sheet.column_dimensions[letter].width = min(max(width, NARROWEST), WIDEST)
        if self.header:
            self.sheet.freeze_panes = "A2"
            self._append([self._cell(name, bold=True) for name in self.header])

    def _append(self, cells: list[Any]) -> None:
        self.n_rows += 1
        _check_rows(self.n_rows)
        self.sheet.append(cells)

    def _cell(self, value: object, bold: bool = False) -> Any:
        cell: Any = WriteOnlyCell(self.sheet)
        if bold:
            cell.font = Font(bold=True)
        if isinstance(value, str):  # text stays text, also where it begins with =; a workbook has no control characters
            if len(value) > CELL_LENGTH:
                raise OutputError(
                    f"a cell of a workbook holds {CELL_LENGTH:,} characters, not more: write .csv instead"
                )
            cell.value = ILLEGAL_CHARACTERS_RE.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
            cell.data_type = "s"
        elif not isinstance(value, float):
            cell.value = value
        elif math.isfinite(value):  # as it reads back; openpyxl itself would cut it to 16 digits
            cell.value = repr(rounded(value, self.book.digits))
            cell.data_type = "n"
        return cell


def _check_rows(n_rows: int) -> None:
    if n_rows > SHEET_ROWS:
        raise OutputError(f"a sheet of a workbook holds {SHEET_ROWS:,} rows, not more: write .csv instead")
