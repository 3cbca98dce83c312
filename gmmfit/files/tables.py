"""Tables: a file read, its columns chosen, its cells turned into numbers."""

import difflib
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, DataError

log = logging.getLogger("gmmfit")

# What is read as missing, besides an empty or blank cell and what --na adds.
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
INFINITE = ("inf", "infinity")
DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+\s*")
# How many bad cells a message shows, and how much of each.
SHOWN_CELLS, SHOWN_LENGTH = 3, 80
SHOWN_COLUMNS = 20
# How many cells of a column show, mostly, whether it is numeric.
SAMPLE = 100


@dataclass(frozen=True)
class Reading:
    """How to read a table; the names are those of the options."""

    sheet: str | None = None
    header_row: int | None = None
    no_header: bool = False
    names: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str = "."
    encoding: str | None = None
    na: tuple[str, ...] = ()
    invalid: str = "error"
    input_format: str | None = None

    @property
    def missing_texts(self) -> frozenset[str]:
        """The texts that mean a missing value."""
        return frozenset(("", *MISSING, *self.na))

    @property
    def missing_numbers(self) -> frozenset[float]:
        """The numbers that mean a missing value, however they are written."""
        return frozenset(float(text) for text in self.na if NUMBER.fullmatch(text))


class Cells(Protocol):
    """The cells of a table below its header; rows and columns are counted from 0."""

    @property
    def n_rows(self) -> int: ...

    @property
    def typed(self) -> bool:
        """Whether numbers have a type of their own, so that a number stored as text is remarkable."""
        ...

    def numbers(self, column: int) -> Array | None:
        """A column as numbers (N,), NaN where missing, if that can be had at once; else its cells tell."""
        ...

    def column(self, column: int, first: int | None = None) -> Sequence[object]:
        """The cells of a column, or the first of them: text, numbers, None where empty, or what else is no number."""
        ...

    def texts(self, column: int) -> list[str]:
        """The cells of a column as text, as they stand in the file."""
        ...

    def place(self, row: int, column: int) -> str:
        """Where a cell stands, as the user's own program shows it: `line 7`, or `A7`."""
        ...


@dataclass(frozen=True, eq=False)
class Joined:
    """The cells of several parts of a table, one below the other."""

    parts: Sequence[Cells]

    @property
    def n_rows(self) -> int:
        return sum(part.n_rows for part in self.parts)

    @property
    def typed(self) -> bool:
        return self.parts[0].typed

    def numbers(self, column: int) -> Array | None:
        found = [numbers for part in self.parts if (numbers := part.numbers(column)) is not None]
        return np.concatenate(found) if len(found) == len(self.parts) else None

    def column(self, column: int, first: int | None = None) -> list[object]:
        cells: list[object] = []
        for part in self.parts:
            cells += part.column(column, None if first is None else first - len(cells))
        return cells

    def texts(self, column: int) -> list[str]:
        return [text for part in self.parts for text in part.texts(column)]

    def place(self, row: int, column: int) -> str:
        for part in self.parts:
            if row < part.n_rows:
                return part.place(row, column)
            row -= part.n_rows
        raise IndexError(row)


@dataclass(frozen=True, eq=False)
class Table:
    """A table, of which the first cells were read.

    file is its name in messages and results, sheet that of the worksheet. The cells of a long text come in parts, which
    are read when `more` is asked for them, and can be read once.
    """

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    cells: Cells
    reading: Reading
    more: Iterator[Cells] = field(default_factory=lambda: iter(()))

    @property
    def where(self) -> str:
        """The file, with its sheet."""
        return self.file if self.sheet is None else f"{self.file} (sheet '{self.sheet}')"

    @property
    def n_rows(self) -> int:
        """The rows below the header that were read."""
        return self.cells.n_rows

    def whole(self) -> "Table":
        """The table with all of its cells in memory."""
        more = list(self.more)
        return replace(self, cells=Joined([self.cells, *more]), more=iter(())) if more else self

    def choose(self, wanted: Sequence[str], others: Sequence[int] = ()) -> list[int]:
        """The positions, from 0, of the columns that are wanted: by header, position from 1, or /regex/.

        Each text is first tried whole, and then split at commas. Without any, the only numeric column that
        is not among the positions `others` is chosen.

        Raises:
            DataError: a column is absent, ambiguous, or wanted twice; or there isn't just one numeric column.
        """
        if not wanted:
            return [self._only_numeric_column(others)]
        chosen = []
        own = [*self.columns, *map(self.unique_name, range(len(self.columns)))]
        for text in wanted:
            pieces = [text] if text in own or _is_pattern(text) else text.split(",")
            for piece in pieces:
                chosen.extend(self._positions(piece if piece in self.columns else piece.strip()))
        for position in chosen:
            if chosen.count(position) > 1:
                raise DataError(f"column {shown(self.columns[position])} is named twice")
        return chosen

    def _positions(self, text: str) -> list[int]:
        matches = [position for position, name in enumerate(self.columns) if name == text]
        if not matches:  # as results call a column whose name stands twice
            matches = [position for position in range(len(self.columns)) if self.unique_name(position) == text]
        if len(matches) > 1:
            at = " and ".join(str(position + 1) for position in matches)
            raise DataError(
                f"column {shown(text)} stands more than once in {self.where}, at positions {at}: choose it by position"
            )
        if matches:
            return matches
        if _is_pattern(text):
            try:
                pattern = re.compile(text[1:-1])
            except re.error as error:
                raise ArgumentError(f"{text} is not a regular expression: {error}") from None
            matches = [position for position, name in enumerate(self.columns) if pattern.search(name)]
            if matches:
                return matches
        elif text.isascii() and text.isdigit() and 1 <= int(text) <= len(self.columns):
            return [int(text) - 1]
        raise DataError(self._no_column(text))

    def _no_column(self, text: str) -> str:
        folded = {name.casefold(): name for name in self.columns}
        near = folded.get(text.casefold()) or next(iter(difflib.get_close_matches(text, self.columns, 1)), None)
        hint = f". Did you mean {shown(near)}?" if near else ""
        listed = f"\n  Columns: {self.listed()}"
        if any(self.looks_like_data(position) for position in range(len(self.columns))):
            listed += "\n  The header looks like data: if the file has none, add --no-header"
        if self.columns.count("") > len(self.columns) / 2:
            listed += "\n  Most columns have no name: if the names stand in a later row, add --header-row N"
        return f"no column {shown(text)} in {self.where}{hint}{listed}"

    def unique_name(self, position: int) -> str:
        """The name of a column in results: with its position where another has the same, which alone if it has none."""
        name = self.columns[position]
        if not name:
            return str(position + 1)
        return name if self.columns.count(name) == 1 else f"{name} ({position + 1})"

    def looks_like_data(self, position: int) -> bool:
        """Whether the name of a column is a number, as if the first row were data."""
        return not self.reading.no_header and NUMBER.fullmatch(self.columns[position].strip()) is not None

    def _only_numeric_column(self, others: Sequence[int]) -> int:
        numeric = [
            position for position in range(len(self.columns)) if position not in others and self._is_numeric(position)
        ]
        if len(numeric) == 1:
            if len(self.columns) > 1:
                log.info("column %s is read, the only numeric one of %s", shown(self.columns[numeric[0]]), self.where)
            return numeric[0]
        count = "no numeric column" if not numeric else f"{len(numeric)} numeric columns"
        raise DataError(f"{self.where} has {count}: choose with --column\n  Columns: {self.listed(numeric)}")

    def listed(self, positions: Sequence[int] = ()) -> str:
        """The names of columns, of all by default, as messages show them."""
        names = [escaped(self.columns[position]) or "''" for position in positions or range(len(self.columns))]
        return ", ".join(names if len(names) <= SHOWN_COLUMNS else [*names[:SHOWN_COLUMNS], "…"])

    def _is_numeric(self, position: int) -> bool:
        cells = self.cells.column(position, SAMPLE)
        numbers, bad = numbers_of(cells, self.reading)
        if not bad and len(cells) == SAMPLE and self.cells.numbers(position) is None:
            numbers, bad = numbers_of(self.cells.column(position), self.reading)
        return not bad and bool(np.any(np.isfinite(numbers)))

    def numbers(self, position: int) -> tuple[Array, npt.NDArray[np.bool_]]:
        """A column of a whole table as numbers (N,), NaN where missing or invalid; and which cells (N,) are invalid.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        [(_, numbers, invalid)] = self.numbers_by_part([position])
        return numbers[position], invalid

    def numbers_by_part(
        self, positions: Sequence[int]
    ) -> Iterator[tuple[Cells, dict[int, Array], npt.NDArray[np.bool_]]]:
        """The cells part by part, columns of them as numbers (n,), and which rows (n,) have an invalid one.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        refused = {position: Refused() for position in positions}
        as_text = dict.fromkeys(positions, 0)
        for cells in itertools.chain([self.cells], self.more):
            numbers, invalid = {}, np.zeros(cells.n_rows, dtype=bool)
            for position in positions:
                at_once = cells.numbers(position)
                if at_once is None:
                    column = cells.column(position)
                    at_once, bad = numbers_of(column, self.reading)
                    refused[position].add(cells, position, column, bad)
                    invalid[bad] = True
                    if cells.typed:
                        pairs = zip(column, at_once, strict=True)
                        as_text[position] += sum(isinstance(cell, str) and number == number for cell, number in pairs)
                infinite = np.flatnonzero(np.isinf(at_once))
                if len(infinite) and self.reading.invalid == "error" and not refused[position].count:
                    raise DataError(self._not_finite(cells, int(infinite[0]), position))
                at_once[infinite], invalid[infinite] = np.nan, True
                numbers[position] = at_once
            yield cells, numbers, invalid
        for position in positions:
            if refused[position].count and self.reading.invalid == "error":
                raise DataError(
                    f"column {shown(self.columns[position])} of {self.where} has {refused[position].sentence()}"
                )
            if as_text[position]:
                name = shown(self.columns[position])
                log.info("%d numbers of column %s are stored as text in %s", as_text[position], name, self.where)

    def _not_finite(self, cells: Cells, row: int, position: int) -> str:
        return (
            f"column {shown(self.columns[position])} of {self.where} is not finite in {cells.place(row, position)}: "
            f"{shown(cells.column(position)[row])}. Add --invalid drop to leave such rows out"
        )


@dataclass
class Refused:
    """The cells of a column that are not numbers: how many, the first of them, and what they have in common."""

    count: int = 0
    listed: list[str] = field(default_factory=list)
    decimal_commas: bool = True
    unstored: bool = False

    def add(self, cells: Cells, position: int, column: Sequence[object], bad: list[int]) -> None:
        """Take in the bad rows of a part."""
        self.count += len(bad)
        for row in bad[: SHOWN_CELLS - len(self.listed)]:
            self.listed.append(f"{shown(column[row])} ({cells.place(row, position)})")
        self.decimal_commas &= all(DECIMAL_COMMA.fullmatch(str(column[row])) for row in bad)
        self.unstored |= any(isinstance(column[row], Unstored) for row in bad)

    def sentence(self) -> str:
        """What the column has, and what to do about it."""
        many = "a value that is" if self.count == 1 else f"{self.count} values that are"
        more = ", …" if self.count > SHOWN_CELLS else ""
        hint = "Add --invalid drop to leave such rows out, or --na TEXT to read a text as missing"
        if self.decimal_commas:
            hint = "These look like decimal commas: add --decimal ,"
        if self.unstored:
            hint = "A formula has no stored value here: open the workbook in a spreadsheet program and save it"
        return f"{many} not a number: {', '.join(self.listed)}{more}\n  {hint}"


@dataclass(frozen=True)
class Unstored:
    """A formula in a workbook whose value was not stored."""

    formula: str

    def __str__(self) -> str:
        return f"formula {self.formula} (no stored value)"


def numbers_of(cells: Sequence[object], reading: Reading) -> tuple[Array, list[int]]:
    """Cells as numbers (N,), NaN where missing or invalid, and the rows of the invalid ones."""
    missing, missing_numbers = reading.missing_texts, reading.missing_numbers
    numbers = np.full(len(cells), np.nan)
    bad = []
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            numbers[row] = _nearest_double(cell)
            if numbers[row] in missing_numbers:
                numbers[row] = np.nan
            continue
        text = cell.strip(" \t") if isinstance(cell, str) else None
        if text is not None and text in missing:
            continue
        if text is not None and text.lstrip("+-").lower() in INFINITE:  # read, and refused for what it is
            numbers[row] = -np.inf if text[0] == "-" else np.inf
            continue
        plain = None if text is None else text if reading.decimal == "." else text.replace(",", ".", 1)
        if text is None or plain is None or (reading.decimal != "." and "." in text) or not NUMBER.fullmatch(plain):
            bad.append(row)
        else:
            numbers[row] = np.nan if float(plain) in missing_numbers else float(plain)
    return numbers, bad


def _nearest_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an int beyond 1.8e308
        return np.inf if number > 0 else -np.inf


def escaped(text: str) -> str:
    """Text from a file that is safe on a terminal: what doesn't print is escaped, what is long is cut."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: SHOWN_LENGTH + 1])
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def shown(cell: object) -> str:
    """A cell or name from a file, quoted, as messages show it."""
    return f"'{escaped(str(cell))}'"


def _is_pattern(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")
