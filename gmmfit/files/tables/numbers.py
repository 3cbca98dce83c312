"""Cells as numbers; what is no number, and how it is shown."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import or_

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.reading import Reading
from gmmfit.text import NUMBER, limit_of, shown

# For each cell -1 where its value lies below the number in it, 1 above, 0 where it is that number.
Limits = npt.NDArray[np.int8]

INFINITE = ("inf", "infinity")
DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+\s*")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?")
# A number with a sign before it, as of a currency, and a sign or a unit after it.
MARKED = re.compile(r"[^\w\s.,+-]?\s*([+-]?[0-9.,' ]*[0-9.])(?:\s*[^\w\s.,+-]|\s+[^\W\d_]{1,5})?")
# How many bad cells a message shows.
SHOWN_CELLS = 3


@dataclass
class Refused:
    """The cells of a column that are not numbers: how many, the first of them, and how many look like what."""

    count: int = 0
    listed: list[str] = field(default_factory=list)
    decimal_commas: int = 0
    decimal_points: int = 0
    thousands: int = 0
    signs: int = 0
    limits: int = 0
    unstored: bool = False

    def add(self, cells: Cells, position: int, column: Sequence[object], bad: list[int]) -> None:
        """Take in the bad rows of a part."""
        self.count += len(bad)
        for row in bad[: SHOWN_CELLS - len(self.listed)]:
            self.listed.append(f"{shown(column[row])} ({cells.place(row, position)})")
        texts = [str(column[row]).strip() for row in bad]
        commas, thousands = ([bool(look.fullmatch(text)) for text in texts] for look in (DECIMAL_COMMA, THOUSANDS))
        self.decimal_commas += sum(commas)
        self.thousands += sum(thousands)
        self.signs += sum(map(or_, commas, thousands))
        self.decimal_points += sum(bool(NUMBER.fullmatch(text)) for text in texts)
        self.limits += sum(limit_of(text) is not None for text in texts)
        self.unstored |= any(isinstance(column[row], Unstored) for row in bad)

    def what(self) -> str:
        """How many cells, and which."""
        many = "a value that is" if self.count == 1 else f"{self.count} values that are"
        return f"{many} not a number: {', '.join(self.listed)}{', …' if self.count > SHOWN_CELLS else ''}"

    def sentence(self, reads_limits: bool) -> str:
        """What the column has, and what to do about it."""
        hint = "Add --invalid drop to leave such rows out, or --na TEXT to read a text as missing"
        these = "These" if self.count in (self.signs, self.decimal_points) else "Most of these"
        if self.signs > self.count / 2:
            hint = f"{these} look like decimal commas and thousands signs: take the latter out, and add --decimal ,"
            if self.thousands == self.signs:
                hint = f"{these} look like thousands signs, which are not read: take them out"
            if self.decimal_commas == self.signs:
                hint = f"{these} look like decimal commas: add --decimal ,"
                hint += " (or, if they are thousands signs, take them out)" if self.thousands == self.signs else ""
        if self.decimal_points > self.count / 2:
            hint = f"{these} have decimal points: leave --decimal out"
        if self.limits > self.count / 2 and not reads_limits:
            hint = f"{'These' if self.count == self.limits else 'Most of these'} look like limits: add --censored"
        if self.unstored:
            hint = "A formula has no stored value here: open the workbook in a spreadsheet program and save it"
        return f"{self.what()}\n  {hint}"


@dataclass(frozen=True)
class Unstored:
    """A formula in a workbook whose value was not stored."""

    formula: str

    def __str__(self) -> str:
        return f"formula ={self.formula} (no stored value)"


def limits_among(cells: Sequence[object], reading: Reading) -> tuple[list[object], Limits, dict[int, float]]:
    """Cells without those that are limits, such as <0.5; the sign of each (N,), 0 for no limit; and the limits.

    A text that is read as missing is, whatever it looks like.
    """
    signs, others, limits = np.zeros(len(cells), dtype=np.int8), list(cells), dict[int, float]()
    for row, cell in enumerate(cells):
        limit = limit_of(cell) if isinstance(cell, str) and cell.strip() not in reading.missing_texts else None
        if limit is not None and (number := plain_number(limit[1], reading)) is not None:
            signs[row], limits[row], others[row] = limit[0], number, None
    return others, signs, limits


def plain_number(text: str, reading: Reading) -> float | None:
    """The finite number that a text is, with its decimal sign; None for any other."""
    plain = text if reading.decimal == "." else text.replace(",", ".", 1)
    if (reading.decimal != "." and "." in text) or not NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        return None
    return float(plain)


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
