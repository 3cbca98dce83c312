"""Workbooks: XLSX read by openpyxl; other kinds by calamine, where it is here."""

import contextlib
import difflib
import io
import logging
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from gmmfit.errors import DataError
from gmmfit.files.tables.cells import TypedCells, text_of
from gmmfit.files.tables.numbers import Unstored
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.archive import Inspection, inspect_archive
from gmmfit.files.workbooks.other_kinds import NEEDED, OtherWorkbook, SheetRows, calamine, trimmed, try_reading
from gmmfit.files.workbooks.parts import SAVE_ANEW, Formulas
from gmmfit.text import escaped, listed, position_of, shown

log = logging.getLogger("gmmfit")

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


def read_workbook(data: bytes, file: str, reading: Reading, preferred: str | None = None) -> Table:
    """The table in one sheet of a workbook: the one that is wanted, else the preferred one, else the first.

    The header is the first row that isn't empty; empty rows below it are no rows. A column without a name in the
    header has the empty name.

    Raises:
        DataError: the workbook is damaged, or the sheet is absent or empty.
    """
    sheets, sheet, rows = _read(data, file, reading.sheet, preferred)
    if reading.sheet is None and len(sheets) > 1 and sheet != preferred:
        log.info("%s has %d sheets; '%s' is read: choose another with --sheet", file, len(sheets), escaped(sheet))
    if not rows:
        others = f". Choose another with --sheet\n  Sheets: {listed(sheets)}" if len(sheets) > 1 else ""
        raise DataError(f"{file} (sheet '{escaped(sheet)}') is empty{others}")
    wanted = reading.header_row or rows[0][0]
    first = next((i for i, (number, _) in enumerate(rows) if number == wanted), None)
    if first is None:
        raise DataError(f"row {wanted} of {file} (sheet '{escaped(sheet)}'), which should hold the names, is empty")
    width = max(len(cells) for _, cells in rows[first:])
    if reading.no_header:
        header = list(reading.names) or [str(position + 1) for position in range(width)]
        if len(header) != width:
            raise DataError(f"{len(header)} names for the {width} columns of {file} (sheet '{escaped(sheet)}')")
    else:
        header = [text_of(cell) for cell in rows[first][1]]
        header += [""] * (width - len(header))
        first += 1
    return Table(file, sheet, tuple(header), TypedCells(rows[first:], width, _address), reading)


def _address(row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column + 1)}{row}"


def _read(data: bytes, file: str, wanted: str | None, preferred: str | None) -> tuple[list[str], str, SheetRows]:
    """The names of the sheets, and the name and the rows of the one to read."""
    inspection = _inspected(data, file)
    if not inspection.is_xlsx:
        log.warning("errors in cells of %s can't be told from empty cells, and are read as missing", file)
        other = OtherWorkbook(data, file)
        sheet = _chosen(other.sheets, wanted, preferred, file)
        return other.sheets, sheet, other.rows(sheet)
    if inspection.is_strict:
        raise DataError(f"{file} is a Strict Open XML workbook: save it as an ordinary .xlsx")
    book = _opened(data, file)
    sheets = [sheet.title for sheet in book.worksheets]
    name = _chosen(sheets, wanted, preferred, file)
    sheet = book[name]
    sheet.reset_dimensions()  # the size that a workbook states for a sheet may be wrong
    with contextlib.closing(book), _openpyxl(file):
        rows = list(sheet.iter_rows(values_only=True))
    return sheets, name, _with_unstored(trimmed(rows), inspection.unstored.get(sheet._worksheet_path, {}))


def sheet_names(data: bytes, file: str) -> list[str]:
    """The names of the sheets of a workbook.

    Raises:
        DataError: it can't be read.
    """
    if not _inspected(data, file).is_xlsx:
        return OtherWorkbook(data, file).sheets
    book = _opened(data, file)
    book.close()
    return [sheet.title for sheet in book.worksheets]


def _inspected(data: bytes, file: str) -> Inspection:
    """What a workbook is; one of another kind than .xlsx is read on trial."""
    inspection = inspect_archive(data, file)
    if not inspection.is_xlsx and calamine() is None:
        raise DataError(
            f"{file} is an .xls, .xlsb or .ods workbook, or an encrypted one: save it as .xlsx without a password, or "
            f"{NEEDED}"
        )
    if not inspection.is_xlsx:
        try_reading(data, file, inspection.n_cells)
    return inspection


def _opened(data: bytes, file: str) -> Any:
    from openpyxl import load_workbook

    with _openpyxl(file):
        return load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)


@contextlib.contextmanager
def _openpyxl(file: str) -> Iterator[None]:
    """Where openpyxl reads a workbook: its damage is a DataError, and of styles that it can't keep nothing is said."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            yield
    except DAMAGED as error:
        raise DataError(f"{file} is corrupt, or no workbook: {escaped(str(error))}. {SAVE_ANEW.capitalize()}") from None


def _chosen(sheets: list[str], wanted: str | None, preferred: str | None, file: str) -> str:
    """The name of the sheet that is wanted, by name or by position from 1; else the preferred one, or the first."""
    if not sheets:
        raise DataError(f"{file} is corrupt: it has no sheets. Save it anew with one")
    if len(set(sheets)) < len(sheets):
        raise DataError(f"{file} is corrupt: two sheets have the same name. {SAVE_ANEW.capitalize()}")
    if wanted is None:
        return preferred if preferred in sheets else sheets[0]
    if wanted in sheets:
        return wanted
    if (position := position_of(wanted, len(sheets))) is not None:
        return sheets[position]
    near = difflib.get_close_matches(wanted, sheets, 1)
    hint = f". Did you mean {shown(near[0])}?" if near else ""
    raise DataError(f"no sheet {shown(wanted)} in {file}{hint}\n  Sheets: {listed(sheets)}")


def _with_unstored(rows: SheetRows, formulas: Formulas) -> SheetRows:
    """The rows, with the formulas whose values were not stored in cells that are empty as openpyxl reads them."""
    cells = dict(rows)
    for (row, column), formula in formulas.items():
        there = cells.setdefault(row, [])
        there += [None] * (column - len(there))
        there[column - 1] = Unstored(formula)
    return sorted(cells.items())
