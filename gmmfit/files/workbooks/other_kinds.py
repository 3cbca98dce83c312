"""Workbooks of other kinds, .xls, .xlsb and .ods, read by python-calamine where it is installed.

It shows error cells as empty ones, checks no checksum, and takes the memory of the rectangle that all cells lie in,
wherever a file puts them. So it is given a file only after a trial in a process of its own (sandbox.py).
"""

import io
import subprocess
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from gmmfit.errors import DataError
from gmmfit.files.workbooks import sandbox
from gmmfit.text import escaped

SheetRows = list[tuple[int, list[Any]]]


class Tab(NamedTuple):
    """A tab of a workbook."""

    name: str
    is_visible: bool
    is_chart: bool


NEEDED = "pip install 'gmmfit[excel]'"

# What a trial may take: bytes of memory, and more for each cell; cells that a slow processor reads in a second; and how
# many times longer it may take on a busy machine.
MEMORY, MEMORY_PER_CELL, CELLS_PER_SECOND, TIMEOUT_FACTOR = 100_000_000, 200, 200_000, 10


def calamine() -> Any:
    """The module, or None where it isn't installed."""
    try:
        import python_calamine
    except ModuleNotFoundError:
        return None
    return python_calamine


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


def try_reading(data: bytes, file: str, n_cells: int) -> None:
    """Raise a DataError where calamine can't read a workbook in the memory and the time that so many cells take."""
    memory, seconds = MEMORY + MEMORY_PER_CELL * n_cells, 1 + n_cells // CELLS_PER_SECOND
    command = [sys.executable, "-P", sandbox.__file__, str(memory), str(seconds)]
    try:
        subprocess.run(command, input=data, capture_output=True, check=True, timeout=TIMEOUT_FACTOR * seconds)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode in sandbox.NOT_BEGUN:
            raise RuntimeError(f"reading on trial has not begun: {error.stderr.decode()}") from None
        raise DataError(
            f"{file} is corrupt, or takes more than {memory / 1e6:.0f} MB or {seconds} s to read: save it as .xlsx"
        ) from None


class OtherWorkbook:
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
        kinds, visible = self.module.SheetTypeEnum, self.module.SheetVisibleEnum.Visible
        self.tabs = [
            Tab(sheet.name, sheet.visible == visible, sheet.typ == kinds.ChartSheet)
            for sheet in self.book.sheets_metadata
            if sheet.typ in (kinds.WorkSheet, kinds.ChartSheet)
        ]

    def rows(self, sheet: str) -> SheetRows:
        """The rows of a sheet with anything in them, by their number, without the empty cells at their end."""
        try:
            cells = self.book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except self.module.CalamineError as error:
            raise self._unreadable(error) from None
        return trimmed((None if value == "" else value for value in values) for values in cells)

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(f"{self.file} is corrupt or encrypted, or no workbook: {escaped(str(error))}")
