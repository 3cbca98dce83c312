"""XLSX, read by openpyxl."""

import contextlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, cast

from gmmfit.errors import DataError
from gmmfit.files.workbooks.other_kinds import SheetRows, Tab, trimmed
from gmmfit.files.workbooks.parts import SAVE_ANEW
from gmmfit.text import escaped

# What openpyxl raises on a workbook that is damaged: the archive, its XML, or what the XML should hold.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    EOFError,
    AttributeError,
    NotImplementedError,
)


class Xlsx:
    """A workbook as openpyxl reads it.

    Raises:
        DataError: it is damaged.
    """

    def __init__(self, data: bytes, file: str) -> None:
        from openpyxl import load_workbook

        self.file = file
        with _openpyxl(file):
            self.book = book = cast(
                Any, load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            )
        sheets = {sheet.title for sheet in self.book.worksheets}
        # Charts are among all tabs alone.
        self.tabs = [Tab(tab.title, tab.sheet_state == "visible", tab.title not in sheets) for tab in book._sheets]

    def rows(self, sheet: str) -> SheetRows:
        """The rows of a sheet with anything in them, by their number, without the empty cells at their end."""
        with _openpyxl(self.file):
            cells = self.book[sheet]
            cells.reset_dimensions()  # the size that a workbook states for a sheet may be wrong
            return trimmed(cells.iter_rows(values_only=True))

    def part(self, sheet: str) -> str:
        """The part of the archive that a sheet is."""
        return str(self.book[sheet]._worksheet_path)


@contextlib.contextmanager
def _openpyxl(file: str) -> Iterator[None]:
    """Where openpyxl reads a workbook: its damage is a DataError, and of styles that it can't keep nothing is said."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            yield
    except DAMAGED as error:
        raise DataError(f"{file} is corrupt, or no workbook: {escaped(str(error))}. {SAVE_ANEW.capitalize()}") from None
