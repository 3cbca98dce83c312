"""Cells of a column that are no numbers: what most of them look like, and the option that reads them.

Signs in numbers are judged by most of these cells, and by the numbers that the column has: a comma before three digits
may be either. No hint leaves out one end of the data, or most of it.
"""

import datetime
import math
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.numbers import GROUPS, Unreadable, number_in
from gmmfit.files.tables.reading import SPACE, Reading
from gmmfit.text import limit_of, shown

# How many bad cells a message shows, and how many different texts are counted.
SHOWN_CELLS, COUNTED_TEXTS = 3, 100
# A sign before or behind a number, as of a currency or a unit.
_SIGN, _NUMBER = r"[^\w\s.,+()<>'-]{1,3}", r"[+-]?[0-9](?:[0-9.,' \u00a0\u202f]*[0-9])?"
MARKED = re.compile(
    rf"(?P<minus>[+-]?)(?:(?P<before>{_SIGN})\s*|(?P<word>[^\W\d_]{{1,3}})\s+)?(?P<number>{_NUMBER})"
    rf"(?:\s*(?P<behind>{_SIGN})|\s+(?P<unit>[^\W\d_]{{1,5}}))?"
)
NEGATIVE = {
    "have a minus behind them": re.compile(r"[0-9][0-9.,' ]*-"),
    "stand in parentheses": re.compile(r"\([0-9][0-9.,' ]*\)"),
}
TIME = re.compile(r"-?[0-9]+:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[0-9]{1,2}([./])[0-9]{1,2}\1([0-9]{2}){1,2}")
OTHER_DECIMAL = {".": ",", ",": "."}
CALLED = {",": "comma", ".": "point"}
GROUPED_BY = {",": "commas", ".": "points", "'": "apostrophes", SPACE: "blanks"}


class Look(NamedTuple):
    """What a cell that is no number looks like.

    It is one with another decimal sign, or with signs between groups of digits, or without a mark; or it is of another
    kind. is_either: the sign in it may be that of decimals as well as of groups.
    """

    kind: str = ""
    decimal: str = ""
    thousands: str | None = None
    mark: str = ""
    is_either: bool = False


@dataclass
class Refused:
    """The cells of a column that are not numbers, and what the others are."""

    reading: Reading
    count: int = 0
    listed: list[str] = field(default_factory=list)
    looks: Counter[Look] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    places: dict[Look, str] = field(default_factory=dict)
    # Of numbers: how many there are, those with a decimal sign, where the first of these is, and their usual size.
    n_numbers: int = 0
    n_decimal: int = 0
    decimal_at: str = ""
    sizes: list[float] = field(default_factory=list)
    # The size of a number with a sign that may be that of decimals, if it is.
    size_of_either: float = 1.0

    def add(self, cells: Cells, position: int, column: Sequence[object], numbers: Array, bad: list[int]) -> None:
        """Take in a part of the column, whose rows `bad` are no numbers."""
        present = np.abs(numbers[np.isfinite(numbers)])
        self.n_numbers += len(present)
        self.count += len(bad)
        if not bad:
            return
        for row in bad[: SHOWN_CELLS - len(self.listed)]:
            self.listed.append(f"{shown(column[row])} ({cells.place(row, position)})")
        for row in bad:
            look = look_of(column[row], self.reading)
            self.looks[look] += 1
            if look.is_either and look not in self.places:
                read_so = replace(self.reading, decimal=look.thousands or ".", thousands=None)
                self.size_of_either = abs(number_in(str(column[row]), read_so) or 1)
            self.places.setdefault(look, f"{shown(column[row])}, {cells.place(row, position)}")
            if len(self.texts) < COUNTED_TEXTS:
                self.texts[str(column[row]).strip()] += 1
        if len(present):
            self.sizes.append(float(np.median(present)))
        for row in np.flatnonzero(np.isfinite(numbers)).tolist():
            cell = column[row]
            if isinstance(cell, str) and self.reading.decimal in cell:
                self.n_decimal += 1
                self.decimal_at = self.decimal_at or f"{shown(cell)}, {cells.place(row, position)}"

    @property
    def leave_least(self) -> bool:
        """Whether less than half of the values would be left without these."""
        return self.count > self.n_numbers

    def what(self) -> str:
        """How many cells, and which."""
        many = "a value that is" if self.count == 1 else f"{self.count} values that are"
        return f"{many} not a number: {', '.join(self.listed)}{', …' if self.count > SHOWN_CELLS else ''}"

    def sentence(self) -> str:
        """What the column has, and what to do about it."""
        return f"{self.what()}\n  {self.hint()}"

    def hint(self) -> str:
        """What to do about most of the cells."""
        by_kind = Counter[str]()
        for look, times in self.looks.items():
            by_kind[look.kind] += times
        [(kind, times)] = by_kind.most_common(1)
        if 2 * times <= self.count:
            kind = ""
        these = "These" if times == self.count else "Most of these"
        if kind == "signs":
            return self._about_signs(these)
        if kind == "limit":
            return f"{these} look like limits: add --censored"
        if kind in ("time", "date", "truth"):
            called = {"time": "times (h:mm:ss)", "date": "dates", "truth": "TRUE or FALSE"}[kind]
            return f"{these} are {called}, which are no numbers: write them as such, as hours or days"
        if kind in NEGATIVE:
            return f"{these} {kind}, as numbers below zero in accounts: write the minus in front of them"
        if kind == "unstored":
            return "A formula has no stored value here: open the workbook in a spreadsheet program and save it"
        if kind == "raised":
            return (
                f"{these} have superscripts, raised or lowered characters, such as of footnotes, which would be read "
                f"as digits: take these out{self._or_drop()}"
            )
        if not self.n_numbers and self.looks.get(Look(), 0) == self.count:
            return "It holds no number at all: choose another column with --column"
        texts = [text for text in self.texts if text]
        if kind or self.looks.get(Look(), 0) < self.count or not 0 < len(texts) <= SHOWN_CELLS:
            return "Mend them, or name each text that means missing by --na TEXT" + self._or_drop()
        options = " ".join(f"--na {shlex.quote(text)}" for text in texts)
        means = f"{shown(texts[0])} means" if len(texts) == 1 else "these mean"
        return f"If {means} missing: add {options}{self._or_drop()}"

    def _or_drop(self) -> str:
        return "" if self.leave_least else "; --invalid drop leaves such rows out"

    def _about_signs(self, these: str) -> str:
        """What to do about numbers with other signs."""
        looks = Counter({look: times for look, times in self.looks.items() if look.kind == "signs"})
        either = sum(times for look, times in looks.items() if look.is_either)
        certain = Counter({look: times for look, times in looks.items() if not look.is_either})
        if 2 * either > looks.total() and (not certain or self._are_groups(certain)):
            look = next(look for look in looks if look.is_either)
            return self._about_either(look, these, known=bool(certain) or bool(self.sizes))
        look = certain.most_common(1)[0][0]
        look = look._replace(thousands=next((one.thousands for one in certain if one.thousands), None))
        return self._advice(look, these)

    @staticmethod
    def _are_groups(certain: "Counter[Look]") -> bool:
        return not any(look.thousands is None and look.decimal for look in certain)

    def _about_either(self, look: Look, these: str, known: bool) -> str:
        """What to do about a sign before three digits: it is read as makes them of the size of the column's numbers."""
        sign = look.thousands or ""
        grouped = Look("signs", look.decimal if sign == self.reading.decimal else "", sign)
        as_decimal = Look("signs", sign, None)
        size = self.size_of_either
        if not known:
            options = f"{self._options(as_decimal)} (or {self._options(grouped)}, if they part thousands)"
            return f"{these} look like decimal {CALLED[sign]}s: add {options}"
        if not self.sizes or _is_nearer(1000 * size, size, self.sizes[0]):
            return self._advice(grouped, these)
        return self._advice(as_decimal, these)

    def _options(self, look: Look) -> str:
        options = [f"--strip {shlex.quote(look.mark)}"] if look.mark else []
        decimal = look.decimal or ("," if look.thousands == "." else "")
        options += [f"--decimal {decimal}"] if decimal not in ("", self.reading.decimal) else []
        options += [f"--thousands {shlex.quote(look.thousands)}"] if look.thousands else []
        return " ".join(options)

    def _advice(self, look: Look, these: str) -> str:
        if look.mark:
            return f"{these} have {shown(look.mark)} beside a number: add {self._options(look)}"
        if look.thousands:
            return f"{these} have {GROUPED_BY[look.thousands]} between thousands: add {self._options(look)}"
        others = {one: times for one, times in self.looks.items() if one.decimal == look.decimal or one.is_either}
        n_other, first = sum(others.values()), self.places[next(iter(others))]
        other, own = CALLED[look.decimal], CALLED[self.reading.decimal]
        if 10 * self.n_decimal > n_other:
            return (
                f"{n_other} have a decimal {other} (the first: {first}) and "
                f"{self.n_decimal} a decimal {own} (the first: {self.decimal_at}): make these lines alike"
            )
        if self.reading.decimal == ",":
            return f"{these} have decimal points: leave --decimal out"
        return f"{these} look like decimal commas: add {self._options(look)}"


def look_of(cell: object, reading: Reading) -> Look:
    """What a cell that is no number looks like.

    >>> look_of("1,5", Reading()).decimal, look_of("1 234", Reading()).thousands, look_of("<3", Reading()).kind
    (',', 'space', 'limit')
    """
    if isinstance(cell, Unreadable):
        return Look(cell.what)
    if isinstance(cell, bool):
        return Look("truth")
    if isinstance(cell, datetime.timedelta | datetime.time):
        return Look("time")
    if isinstance(cell, datetime.date):
        return Look("date")
    text = str(cell).strip()
    limit = limit_of(text)
    if limit is not None and not reading.censored:
        return Look("limit") if number_in(limit[1], reading) is not None else Look()
    for kind, pattern in {"time": TIME, "date": DATE, **NEGATIVE}.items():
        if pattern.fullmatch(text):
            return Look(kind)
    return _signs_of(text, reading) or _mark_of(text, reading) or Look()


def _signs_of(text: str, reading: Reading) -> Look | None:
    """How the signs in a number have to be read; None if it is none however they are."""
    other = OTHER_DECIMAL[reading.decimal]
    as_decimal = number_in(text, replace(reading, decimal=other, thousands=None)) is not None
    for sign, pattern in GROUPS.items():
        if pattern.fullmatch(text):
            for decimal in (reading.decimal, other):
                if decimal != sign and number_in(text, replace(reading, decimal=decimal, thousands=sign)) is not None:
                    is_either = as_decimal and sign == other and not text.lstrip("+-").startswith("0")
                    has_decimals = decimal in text
                    if is_either or not as_decimal:
                        return Look("signs", decimal if has_decimals and decimal == other else "", sign, "", is_either)
    return Look("signs", other) if as_decimal else None


def _mark_of(text: str, reading: Reading) -> Look | None:
    """What stands beside a number; None if there is none."""
    found = MARKED.fullmatch(text)
    marks = [found[name] for name in ("before", "word", "behind", "unit") if found[name]] if found else []
    if found is None or len(marks) != 1:
        return None
    [mark], bare = marks, found["minus"] + found["number"]
    if number_in(bare, reading) is not None:
        return Look("signs", mark=mark)
    signs = _signs_of(bare, reading)
    return signs and signs._replace(mark=mark, is_either=False)


def looks_like_a_number(cell: object) -> bool:
    """Whether a cell that is no number would be one with other signs, or without a mark or a unit.

    >>> [text for text in ("1,5", "1,234", "< 0.5", "5 %", "13.2 mg", "A1", "2020-01-02") if looks_like_a_number(text)]
    ['1,5', '1,234', '< 0.5', '5 %', '13.2 mg']
    """
    look = look_of(cell, Reading())
    return look.kind in ("signs", "limit", "raised", *NEGATIVE)


def points_between_thousands(cells: Sequence[object]) -> tuple[str, str] | None:
    """A number such as 2.378 and one such as 654, if points in a column of text seem to part thousands; or None.

    They do where each stands before three digits, the others are whole numbers of at most three digits, and these are
    nearer in size to thousands than to what the point would make of them.
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    pointed = [text for text in texts if "." in text]
    whole = [text for text in texts if text.lstrip("+-").isdecimal() and text.lstrip("+-0")]
    grouped = [text for text in pointed if GROUPS["."].fullmatch(text) and text.lstrip("+-")[0] != "0"]
    if len(grouped) < SHOWN_CELLS or len(grouped) < len(pointed) or not whole:
        return None
    if any(len(text.lstrip("+-")) > SHOWN_CELLS for text in whole) or any(text.count(".") > 1 for text in grouped):
        return None
    size, as_read = (float(np.median([abs(float(text)) for text in texts])) for texts in (whole, grouped))
    return (grouped[0], whole[0]) if _is_nearer(1000 * as_read, as_read, size) else None


def _is_nearer(one: float, other: float, size: float) -> bool:
    """Whether a number is nearer in size to a third than another one is."""
    return size > 0 and abs(math.log(one / size)) < abs(math.log(other / size))
