"""The table in a sheet of a workbook, whatever its kind."""

import difflib
import logging
import shlex
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.cells import TypedCells, text_of
from gmmfit.files.tables.columns import with_names_in
from gmmfit.files.tables.conventions import RAISED, UNSTORED
from gmmfit.files.tables.numbers import Unreadable
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.archive import Inspection, inspect_archive
from gmmfit.files.workbooks.other_kinds import NEEDED, OtherWorkbook, SheetRows, Tab, calamine, try_reading
from gmmfit.files.workbooks.parts import SAVE_ANEW, PartInfo
from gmmfit.files.workbooks.xlsx import Xlsx
from gmmfit.text import NUMBER, escaped, folded, listed, position_of, rows_said, shown

log = logging.getLogger("gmmfit")

# Rows of each sheet in which a name is looked for.
FIRST_ROWS = 100


class Sheet(NamedTuple):
    """The sheet of a workbook that is read: its rows with anything in them, and what the workbook says of them."""

    name: str
    book: Xlsx | OtherWorkbook
    rows: SheetRows
    info: PartInfo


def read_workbook(data: bytes, file: str, reading: Reading, preferred: str | None = None) -> Table:
    """The table in one sheet of a workbook: the one that is wanted, else the preferred one, else the first to be seen.

    The header is the first row that isn't empty; empty rows below it are no rows. A column without a name in the
    header has the empty name.

    Raises:
        DataError: the workbook is damaged, or the sheet is absent or empty.
    """
    sheet = _read(data, file, reading, preferred)
    where = f"{file} (sheet '{escaped(sheet.name)}')"
    seen = [tab.name for tab in sheet.book.tabs if tab.is_visible and not tab.is_chart]
    if reading.sheet is None and len(seen) > 1 and sheet.name != preferred:
        log.info("%s has %d sheets; '%s' is read: choose another with --sheet", file, len(seen), escaped(sheet.name))
    if sheet.name not in seen:
        log.info("sheet '%s' of %s is hidden in the workbook", escaped(sheet.name), file)
    rows = [(number, cells) for number, cells in sheet.rows if not _is_comment(cells, reading.comment)]
    if not rows:
        others = f". Choose another with --sheet\n  Sheets: {listed(seen)}" if len(seen) > 1 else ""
        raise DataError(f"{where} is empty{others}")
    wanted = reading.header_row or rows[0][0]
    first = next((i for i, (number, _) in enumerate(rows) if number == wanted), None)
    if first is None:
        raise DataError(f"row {wanted} of {where}, which should hold the names, is empty")
    names, below = rows[first][1], _below(rows[first + (not reading.no_header) :], sheet, reading, where)
    width = max([len(names), *(len(cells) for _, cells in below)])
    if reading.no_header:
        header = list(reading.names) or [str(position + 1) for position in range(width)]
        if len(header) != width:
            raise DataError(f"{len(header)} names for the {width} columns of {where}")
    else:
        header = [text_of(cell) for cell in names] + [""] * (width - len(names))
    filled = {number for number, _ in sheet.rows}
    breaks = [row for row, (number, _) in enumerate(below) if row and number - 1 not in filled]
    elsewhere = partial(_place_of, sheet=sheet, no_header=reading.no_header)
    cells = TypedCells(below, width, _address, breaks)
    return Table(file, sheet.name, tuple(header), cells, reading, header_number=wanted, elsewhere=elsewhere)


def _below(rows: SheetRows, sheet: Sheet, reading: Reading, where: str) -> SheetRows:
    """The rows of the table below its header; said is what the workbook knows of them."""
    rows = [(number, cells) for number, cells in rows if reading.last_row is None or number <= reading.last_row]
    totals = [number for number, _ in rows if number in sheet.info.totals]
    if totals:
        log.info("row %d of %s is left out: the workbook calls it a totals row", totals[0], where)
    rows = [(number, cells) for number, cells in rows if number not in sheet.info.totals]
    shown_rows = [(number, cells) for number, cells in rows if number not in sheet.info.hidden]
    n_hidden = len(rows) - len(shown_rows)
    if n_hidden and not reading.visible:
        are = "is hidden in the workbook, and" if n_hidden == 1 else "are hidden in the workbook, and"
        log.info("%s of %s %s read too: --visible leaves such rows out", rows_said(n_hidden), where, are)
    return shown_rows if reading.visible else rows


def _is_comment(cells: Sequence[object], sign: str | None) -> bool:
    first = next((cell for cell in cells if cell is not None), None)
    return bool(sign) and isinstance(first, str) and first.startswith(str(sign))


def _place_of(name: str, sheet: Sheet, no_header: bool) -> str | None:
    """Where a name stands in the first rows of the sheets, the one that is read before the others."""
    if row := _row_of(name, sheet.rows):
        return with_names_in("row", row, no_header)
    for other in sheet.book.tabs:
        row = None if other.is_chart else _row_of(name, sheet.book.rows(other.name))
        if row is not None and other.name != sheet.name:
            header = f" --header-row {row}" if row > 1 else ""
            return f"row {row} of sheet {shown(other.name)}: add --sheet {shlex.quote(other.name)}{header}"
    return None


def _row_of(name: str, rows: SheetRows) -> int | None:
    first = rows[:FIRST_ROWS]
    return next((number for number, cells in first if name in [folded(text_of(cell)) for cell in cells]), None)


def _address(row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column + 1)}{row}"


def _read(data: bytes, file: str, reading: Reading, preferred: str | None) -> Sheet:
    """The sheet to read."""
    inspection = _inspected(data, file)
    book = _opened(data, file, inspection)
    name = _chosen(book.tabs, reading.sheet, preferred, file)
    if isinstance(book, Xlsx):
        info = inspection.sheets.get(book.part(name), PartInfo())
        return Sheet(name, book, _with_unreadable(book.rows(name), info), info)
    if reading.visible:
        raise ArgumentError(f"--visible doesn't apply: which rows of {file} are hidden is known of .xlsx alone")
    log.warning("errors in cells of %s can't be told from empty cells, and are read as missing", file)
    return Sheet(name, book, book.rows(name), PartInfo())


def sheet_names(data: bytes, file: str) -> list[str]:
    """The names of the sheets of a workbook.

    Raises:
        DataError: it can't be read.
    """
    return [tab.name for tab in _opened(data, file, _inspected(data, file)).tabs if not tab.is_chart]


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


def _opened(data: bytes, file: str, inspection: Inspection) -> Xlsx | OtherWorkbook:
    if not inspection.is_xlsx:
        return OtherWorkbook(data, file)
    if inspection.is_strict:
        raise DataError(f"{file} is a Strict Open XML workbook: save it as an ordinary .xlsx")
    return Xlsx(data, file)


def _chosen(tabs: list[Tab], wanted: str | None, preferred: str | None, file: str) -> str:
    """The name of the sheet that is wanted, by name or by position from 1 among the tabs that are seen.

    Without one it is the preferred one, or the first that is seen and no chart.
    """
    names = [tab.name for tab in tabs]
    sheets = [tab for tab in tabs if not tab.is_chart]
    seen = [tab for tab in tabs if tab.is_visible]
    if not sheets:
        raise DataError(f"{file} is corrupt: it has no sheets. Save it anew with one")
    if len(set(names)) < len(names):
        raise DataError(f"{file} is corrupt: two sheets have the same name. {SAVE_ANEW.capitalize()}")
    if wanted is None:
        first = next((tab.name for tab in seen if not tab.is_chart), sheets[0].name)
        return preferred if preferred in names else first
    tab = next((tab for tab in tabs if tab.name == wanted), None)
    if tab is None and (position := position_of(wanted, len(seen))) is not None:
        tab = seen[position]
    if tab is None:
        near = difflib.get_close_matches(wanted, names, 1)
        hint = f". Did you mean {shown(near[0])}?" if near else ""
        raise DataError(f"no sheet {shown(wanted)} in {file}{hint}\n  Sheets: {listed(tab.name for tab in sheets)}")
    if tab.is_chart:
        raise DataError(f"sheet {shown(tab.name)} of {file} is a chart\n  Sheets: {listed(tab.name for tab in sheets)}")
    return tab.name


def _with_unreadable(rows: SheetRows, info: PartInfo) -> SheetRows:
    """The rows, with what is no number in place of formulas without stored values, and of texts with superscripts."""
    cells = dict(rows)
    for (row, column), formula in info.unstored.items():
        there = cells.setdefault(row, [])
        there += [None] * (column - len(there))
        there[column - 1] = Unreadable(UNSTORED, f"formula ={formula} (no stored value)")
    for row, column in info.raised:
        there = cells.get(row, [])
        if column <= len(there) and NUMBER.match(str(there[column - 1]).strip()):
            there[column - 1] = Unreadable(RAISED, str(there[column - 1]))
    return sorted(cells.items())
