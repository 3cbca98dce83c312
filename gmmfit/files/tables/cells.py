"""Cells of a table as they were read, and as numbers; what is no number, and how it is shown."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from gmmfit.arrays import Array
from gmmfit.text import shown

# What is read as missing, besides an empty or blank cell and what --na adds.
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A")
NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
INFINITE = ("inf", "infinity")
DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+\s*")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?")
# A number with a sign before it, as of a currency, and a sign or a unit after it.
MARKED = re.compile(r"[^\w\s.,+-]?\s*([+-]?[0-9.,' ]*[0-9.])(?:\s*[^\w\s.,+-]|\s+[^\W\d_]{1,5})?")
# How many bad cells a message shows.
SHOWN_CELLS = 3


@dataclass(frozen=True)
class Reading:
    """How to read a table; the names are those of the options. Names for the columns are for a table without header."""

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "no_header", self.no_header or bool(self.names))

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

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        """Each of the columns as numbers (N,), NaN where missing, if that can be had at once; else its cells tell."""
        ...

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        """The cells of each, or the first of them: text, numbers, None where empty, or what else is no number."""
        ...

    def texts(self, columns: Sequence[int]) -> list[list[str]]:
        """The cells of each as text, as they stand in the file."""
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

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        found = zip(*(part.numbers(columns) for part in self.parts), strict=True)
        return [_concatenated(parts) for parts in found]

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        joined: list[list[object]] = [[] for _ in columns]
        for part in self.parts:
            if first is not None and first <= 0:
                break
            for cells, more in zip(joined, part.columns(columns, first), strict=True):
                cells += more
            first = None if first is None else first - part.n_rows
        return [*joined]

    def texts(self, columns: Sequence[int]) -> list[list[str]]:
        found = zip(*(part.texts(columns) for part in self.parts), strict=True)
        return [[text for texts in parts for text in texts] for parts in found]

    def place(self, row: int, column: int) -> str:
        *before, last = self.parts
        for part in before:
            if row < part.n_rows:
                return part.place(row, column)
            row -= part.n_rows
        return last.place(row, column)


@dataclass(frozen=True, eq=False)
class TypedCells:
    """Cells that have types of their own, as in a workbook: each row's number in the file, and its values.

    A row may be shorter than others. place_of names a cell by the number of its row and its column from 0.
    """

    rows: Sequence[tuple[int, Sequence[Any]]]
    n_columns: int
    place_of: Callable[[int, int], str]
    typed = True

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        return [None] * len(columns)

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        rows = self.rows[:first]
        return [[cells[column] if column < len(cells) else None for _, cells in rows] for column in columns]

    def texts(self, columns: Sequence[int]) -> list[list[str]]:
        return [list(map(text_of, cells)) for cells in self.columns(columns)]

    def place(self, row: int, column: int) -> str:
        return self.place_of(self.rows[row][0], column)


def text_of(cell: object) -> str:
    """A cell as text: nothing as the empty text, whole numbers without a point, dates as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():  # a day is one, whoever reads it
        return cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _concatenated(parts: Sequence[Array | None]) -> Array | None:
    numbers = [part for part in parts if part is not None]
    return np.concatenate(numbers) if len(numbers) == len(parts) else None


@dataclass
class Refused:
    """The cells of a column that are not numbers: how many, the first of them, and what they have in common."""

    count: int = 0
    listed: list[str] = field(default_factory=list)
    decimal_commas: bool = True
    decimal_points: bool = True
    thousands: bool = True
    signs: bool = True
    unstored: bool = False

    def add(self, cells: Cells, position: int, column: Sequence[object], bad: list[int]) -> None:
        """Take in the bad rows of a part."""
        self.count += len(bad)
        for row in bad[: SHOWN_CELLS - len(self.listed)]:
            self.listed.append(f"{shown(column[row])} ({cells.place(row, position)})")
        texts = [str(column[row]).strip() for row in bad]
        self.decimal_commas &= all(map(DECIMAL_COMMA.fullmatch, texts))
        self.decimal_points &= all(map(NUMBER.fullmatch, texts))
        self.thousands &= all(map(THOUSANDS.fullmatch, texts))
        self.signs &= all(THOUSANDS.fullmatch(text) or DECIMAL_COMMA.fullmatch(text) for text in texts)
        self.unstored |= any(isinstance(column[row], Unstored) for row in bad)

    def what(self) -> str:
        """How many cells, and which."""
        many = "a value that is" if self.count == 1 else f"{self.count} values that are"
        return f"{many} not a number: {', '.join(self.listed)}{', …' if self.count > SHOWN_CELLS else ''}"

    def sentence(self) -> str:
        """What the column has, and what to do about it."""
        hint = "Add --invalid drop to leave such rows out, or --na TEXT to read a text as missing"
        if self.signs:
            hint = "These look like decimal commas and thousands signs: take the latter out, and add --decimal ,"
        if self.thousands:
            hint = "These look like thousands signs, which are not read: take them out"
        if self.decimal_commas:
            hint = "These look like decimal commas: add --decimal ,"
            hint += " (or, if they are thousands signs, take them out)" if self.thousands else ""
        if self.decimal_points:
            hint = "These have decimal points: leave --decimal out"
        if self.unstored:
            hint = "A formula has no stored value here: open the workbook in a spreadsheet program and save it"
        return f"{self.what()}\n  {hint}"


@dataclass(frozen=True)
class Unstored:
    """A formula in a workbook whose value was not stored."""

    formula: str

    def __str__(self) -> str:
        return f"formula ={self.formula} (no stored value)"


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


def looks_like_a_number(cell: object) -> bool:
    """Whether a cell that is no number would be one with another decimal sign, or without other signs and a unit.

    >>> [text for text in ("1,5", "1,234", "< 0.5", "5 %", "13.2 mg", "A1", "2020-01-02") if looks_like_a_number(text)]
    ['1,5', '1,234', '< 0.5', '5 %', '13.2 mg']
    """
    text = MARKED.sub(r"\1", str(cell).strip())
    return any(pattern.fullmatch(text) for pattern in (NUMBER, DECIMAL_COMMA, THOUSANDS))


def _nearest_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an int beyond 1.8e308
        return np.inf if number > 0 else -np.inf
