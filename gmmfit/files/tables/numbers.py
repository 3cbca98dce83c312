"""Cells as numbers, and which of them are none."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.files.tables.reading import SPACE, Reading
from gmmfit.text import NUMBER, limit_of

# For each cell -1 where its value lies below the number in it, 1 above, 0 where it is that number.
Limits = npt.NDArray[np.int8]

INFINITE = ("inf", "infinity")
DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?\s*")
BLANKS = " \u00a0\u2007\u2009\u202f"
# Groups of three digits, by the sign between them.
GROUPS = {
    sign: re.compile(rf"[+-]?[0-9]{{1,3}}([{inner}][0-9]{{3}})+(?![0-9{inner}]).*")
    for sign, inner in ((",", ","), (".", "."), ("'", "'’"), (SPACE, BLANKS))
}


@dataclass(frozen=True)
class Unreadable:
    """A cell of a workbook that is no number, whatever its text looks like; `what` says why."""

    what: str
    text: str

    def __str__(self) -> str:
        return self.text


def limits_among(cells: Sequence[object], reading: Reading) -> tuple[list[object], Limits, dict[int, float]]:
    """Cells without those that are limits, such as <0.5; the sign of each (N,), 0 for no limit; and the limits.

    A text that is read as missing is, whatever it looks like.
    """
    signs, others, limits = np.zeros(len(cells), dtype=np.int8), list(cells), dict[int, float]()
    for row, cell in enumerate(cells):
        limit = limit_of(cell) if isinstance(cell, str) and cell.strip() not in reading.missing_texts else None
        if limit is not None and (number := number_in(limit[1], reading)) is not None and math.isfinite(number):
            signs[row], limits[row], others[row] = limit[0], number, None
    return others, signs, limits


def number_in(text: str, reading: Reading) -> float | None:
    """The number that a text is, with its decimal sign, groups of digits, and what is to be taken off; None for others.

    >>> number_in("-$1,234.50", Reading(strip=("$",), thousands=","))
    -1234.5
    >>> number_in("12,34", Reading(thousands=",")) is None
    True
    """
    text = text.strip(" \t" + BLANKS)
    for mark in reading.strip:
        text = _without(text, mark)
    if reading.thousands is not None and GROUPS[reading.thousands].fullmatch(text):
        for sign in {"'": "'’", SPACE: BLANKS}.get(reading.thousands, reading.thousands):
            text = text.replace(sign, "")
    if reading.decimal != ".":
        text = "" if "." in text else text.replace(",", ".", 1)
    return float(text) if NUMBER.fullmatch(text) else None


def _without(text: str, mark: str) -> str:
    """A text without a mark at its ends, which may stand behind a minus, and without blanks around it."""
    sign, rest = (text[0], text[1:].lstrip()) if text[:1] in ("-", "+") else ("", text)
    bare = rest.removeprefix(mark).removesuffix(mark).strip(" \t" + BLANKS)
    return text if bare == rest else sign + bare


def numbers_of(cells: Sequence[object], reading: Reading) -> tuple[Array, list[int]]:
    """Cells as numbers (N,), NaN where missing or invalid, and the rows of the invalid ones."""
    missing, missing_numbers = reading.missing_texts, reading.missing_numbers
    numbers = np.full(len(cells), np.nan)
    bad = []
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            number: float | None = _nearest_double(cell)
        elif isinstance(cell, str):
            text = cell.strip(" \t")
            if text in missing:
                continue
            if text.lstrip("+-").lower() in INFINITE:  # read, and refused for what it is
                number = -np.inf if text[0] == "-" else np.inf
            else:
                number = number_in(text, reading)
        else:
            number = None
        if number is None:
            bad.append(row)
        elif number not in missing_numbers:
            numbers[row] = number
    return numbers, bad


def _nearest_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an int beyond 1.8e308
        return np.inf if number > 0 else -np.inf
