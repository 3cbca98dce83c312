"""Cells of a column that are no numbers: what most of them look like, and the option that reads them.

Signs in numbers are judged by most of these cells, and by the numbers that the column has: a comma before three digits
may be either. No hint leaves out one end of the data, or most of it.
"""

import datetime
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.numbers import GROUPS, Unreadable, number_in
from gmmfit.files.tables.reading import SPACE, Reading
from gmmfit.text import limit_of, shown

# How many bad cells a message shows, and how many different texts are counted.
SHOWN_CELLS, COUNTED_TEXTS = 3, 100
# What of the digits of a text tells its convention: whether they are 0, or may be the tens of minutes.
SHAPE = str.maketrans("12346789", "55559999")
# A sign before or behind a number, as of a currency, or a unit.
_SIGN, _NUMBER = r"[^\w\s.,+()<>'−–-]{1,3}", r"[+-]?[0-9](?:[0-9.,'’ \u00a0\u202f]*[0-9])?"
MARKED = re.compile(
    rf"(?P<minus>[+-]?)(?:(?P<before>{_SIGN})\s*|(?P<word>[^\W\d_]{{1,3}})\s+)?(?P<number>{_NUMBER})"
    rf"(?:\s*(?P<behind>{_SIGN}[^\W\d_]{{0,2}})|\s+(?P<unit>[^\W\d_]{{1,5}})|(?P<close>[^\W\d_]{{2,3}}))?"
)
# Signs that are a currency's beside some numbers, and mean nothing where they lack.
CURRENCIES = "$€£¥₹₩"
DATES, TIMES = "are dates, which are no numbers", "are times (h:mm:ss), which are no numbers"
TRUTH, UNSTORED = "are TRUE or FALSE, which are no numbers", "unstored"
RAISED = "have superscripts, raised or lowered characters, such as of footnotes, which would be read as digits"
# What is a number to its writer: what such cells are called, and what to do.
WRITTEN = {
    "have a minus behind them, as in accounts": ("write it in front of them", rf"\W?{_NUMBER}\s*[−–-]"),
    "stand in parentheses, as numbers below zero in accounts": (
        "write a minus in front of them",
        rf"[^\w\s]?\(\s*[^\w\s]?{_NUMBER}\s*\)",
    ),
    "have another sign for the minus": ("write - in its place", rf"[−–‒﹣]\s*{_NUMBER}"),
    "have D for the exponent": ("write E in its place", r"[+-]?[0-9]*\.?[0-9]+[Dd][+-]?[0-9]+"),
    DATES: (
        "write them as such, as days or years",
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[0-9]{1,2}([./-])([0-9]{1,2}|[^\W\d_]{3})\1[0-9]{2,4}( .*)?",
    ),
    TIMES: (
        "write them as such, as hours",
        r"-?[0-9]+:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?( ?[AaPp][Mm])?",
    ),
    TRUTH: ("write 1 and 0", None),
    "are limits that name no number": (
        "write the limit itself, such as <0.5 or >4",
        r"[<>≤≥].*|(?i:bdl|bql|lo[dq]|under|over|high|low|ovr?fl(o?w)?|overflow|saturated|off ?scale|out of range)",
    ),
    RAISED: ("take these out", None),
}
PATTERNS = {kind: re.compile(pattern) for kind, (_, pattern) in WRITTEN.items() if pattern is not None}
OTHER_DECIMAL = {".": ",", ",": "."}
CALLED = {",": "comma", ".": "point"}
GROUPED_BY = {",": "commas", ".": "points", "'": "apostrophes", SPACE: "blanks"}


class Convention(NamedTuple):
    """The convention in which a cell that is no number may be one.

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
    found: Counter[Convention] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    places: dict[Convention, str] = field(default_factory=dict)
    # Of numbers: how many there are, those with a decimal sign, and where the first of these is.
    n_numbers: int = 0
    n_decimal: int = 0
    decimal_at: str = ""
    in_first_row: bool = False

    def add(self, cells: Cells, position: int, column: Sequence[object], numbers: Array, bad: list[int]) -> None:
        """Take in a part of the column, whose rows `bad` are no numbers."""
        present = np.abs(numbers[np.isfinite(numbers)])
        self.n_numbers += len(present)
        self.count += len(bad)
        if not bad:
            return
        for row in bad[: SHOWN_CELLS - len(self.listed)]:
            self.listed.append(f"{shown(column[row])} ({cells.place(row, position)})")
        self.in_first_row |= 0 in bad and self.n_numbers == len(present)
        for row in bad:
            convention = convention_of(column[row], self.reading)
            self.found[convention] += 1
            if convention not in self.places:
                self.places[convention] = f"{shown(column[row])}, {cells.place(row, position)}"
            if len(self.texts) < COUNTED_TEXTS:
                self.texts[str(column[row]).strip()] += 1
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
        for one, times in self.found.items():
            by_kind[one.kind] += times
        [(kind, times)] = by_kind.most_common(1)
        if 2 * times <= self.count:
            kind = ""
        these = "These" if times == self.count else "Most of these"
        if kind == "signs":
            return self._about_signs(these)
        if kind == "limit":
            return f"{these} look like limits: add --censored"
        if kind in WRITTEN:
            return f"{these} {kind}: {WRITTEN[kind][0]}" + (self._or_drop() if kind == RAISED else "")
        if kind == UNSTORED:
            return "A formula has no stored value here: open the workbook in a spreadsheet program and save it"
        if self.reading.no_header and self.count == 1 and self.in_first_row:
            there = "leave --no-header out" if not self.reading.names else "add --header-row 2"
            return f"If the first row holds names: {there}"
        if not self.n_numbers and self.found.get(Convention(), 0) == self.count:
            return "It holds no number at all: choose another column with --column"
        texts = [text for text in self.texts if text]
        if kind or self.found.get(Convention(), 0) < self.count or not 0 < len(texts) <= SHOWN_CELLS:
            return "Mend them, or name each text that means missing by --na TEXT" + self._or_drop()
        options = " ".join(f"--na {shlex.quote(text)}" for text in texts)
        means = f"{shown(texts[0])} means" if len(texts) == 1 else "these mean"
        return f"If {means} missing: add {options}{self._or_drop()}"

    def _or_drop(self) -> str:
        # Limits and signs stand at one end of the data.
        at_an_end = any(one.kind == "limit" or (one.kind in WRITTEN and one.kind != RAISED) for one in self.found)
        return "" if self.leave_least or at_an_end else "; --invalid drop leaves such rows out"

    def _about_signs(self, these: str) -> str:
        """What to do about numbers with other signs."""
        signs = Counter({one: times for one, times in self.found.items() if one.kind == "signs"})
        marks = {one.mark for one in signs}
        [mark] = marks if len(marks) == 1 else ["several"]
        if mark and (len(marks) > 1 or (self.n_numbers and mark not in CURRENCIES)):
            beside = " or ".join(shown(one) for one in sorted(marks - {""}, reverse=True)[:SHOWN_CELLS])
            some = ", and others have none" if self.n_numbers or "" in marks else ""
            return (
                f"{these} have {beside} beside a number{some}: what that means (a unit, a sign) is lost without it, so "
                "write all of them alike in the file, as numbers alone"
            )
        certain = Counter({one: times for one, times in signs.items() if not one.is_either})
        either = signs.total() - certain.total()
        if 2 * either > signs.total() and not any(one.thousands is None and one.decimal for one in certain):
            return self._about_either(next(one for one in signs if one.is_either), these, bool(certain))
        usual = certain.most_common(1)[0][0]
        usual = usual._replace(thousands=next((one.thousands for one in certain if one.thousands), None))
        return self._advice(usual, these)

    def _about_either(self, convention: Convention, these: str, are_groups: bool) -> str:
        """What to do about a sign before three digits, which may part thousands or decimals: both are said."""
        sign = convention.thousands or ""
        grouped = Convention("signs", convention.decimal if sign == self.reading.decimal else "", sign, convention.mark)
        if are_groups:
            return self._advice(grouped, these)
        as_decimal = self._options(Convention("signs", sign, None, convention.mark)) or "leave --decimal out"
        said = f"{these} have {GROUPED_BY[sign]} before three digits"
        if self.n_numbers:
            return f"{said}: add {self._options(grouped)} (or {as_decimal} if they are decimal {GROUPED_BY[sign]})"
        first = as_decimal if as_decimal.startswith("leave") else f"add {as_decimal}"
        return f"{said}: {first} (or {self._options(grouped)} if they part thousands)"

    def _options(self, convention: Convention) -> str:
        options = [f"--strip {shlex.quote(convention.mark)}"] if convention.mark else []
        decimal = convention.decimal or ("," if convention.thousands == "." else "")
        options += [f"--decimal {decimal}"] if decimal not in ("", self.reading.decimal) else []
        options += [f"--thousands {shlex.quote(convention.thousands)}"] if convention.thousands else []
        return " ".join(options)

    def _advice(self, convention: Convention, these: str) -> str:
        if convention.mark:
            return f"{these} have {shown(convention.mark)} beside a number: add {self._options(convention)}"
        if convention.thousands:
            return f"{these} have {GROUPED_BY[convention.thousands]} between thousands: add {self._options(convention)}"
        others = {one: times for one, times in self.found.items() if one.decimal == convention.decimal or one.is_either}
        n_other, first = sum(others.values()), self.places[next(iter(others))]
        other, own = CALLED[convention.decimal], CALLED[self.reading.decimal]
        if 10 * self.n_decimal > n_other:
            return (
                f"{n_other} have a decimal {other} (the first: {first}) and "
                f"{self.n_decimal} a decimal {own} (the first: {self.decimal_at}): make these lines alike"
            )
        if self.reading.decimal == ",":
            return f"{these} have decimal points: leave --decimal out"
        return f"{these} look like decimal commas: add {self._options(convention)}"


def convention_of(cell: object, reading: Reading) -> Convention:
    """The convention of a cell that is no number.

    >>> convention_of("1,5", Reading()).decimal, convention_of("1 234", Reading()).thousands
    (',', 'space')
    >>> convention_of("<3", Reading()).kind
    'limit'
    """
    if isinstance(cell, Unreadable):
        return Convention(cell.what)
    if isinstance(cell, bool):
        return Convention(TRUTH)
    if isinstance(cell, datetime.timedelta | datetime.time):
        return Convention(TIMES)
    if isinstance(cell, datetime.date):
        return Convention(DATES)
    return _convention_of_shape(str(cell).strip().translate(SHAPE), reading)


@lru_cache(maxsize=10_000)
def _convention_of_shape(text: str, reading: Reading) -> Convention:
    limit = limit_of(text)
    if limit is not None and not reading.censored and number_in(limit[1], reading) is not None:
        return Convention("limit")
    for kind, pattern in PATTERNS.items():
        if pattern.fullmatch(text):
            return Convention(kind)
    return _signs_of(text, reading) or _mark_of(text, reading) or Convention()


def _signs_of(text: str, reading: Reading) -> Convention | None:
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
                        return Convention(
                            "signs", decimal if has_decimals and decimal == other else "", sign, "", is_either
                        )
    return Convention("signs", other) if as_decimal else None


def _mark_of(text: str, reading: Reading) -> Convention | None:
    """What stands beside a number; None if there is none."""
    found = MARKED.fullmatch(text)
    marks = [found[name] for name in ("before", "word", "behind", "unit", "close") if found[name]] if found else []
    if found is None or len(marks) != 1:
        return None
    [mark], bare = marks, found["minus"] + found["number"]
    if number_in(bare, reading) is not None:
        return Convention("signs", mark=mark)
    signs = _signs_of(bare, reading)
    return signs and signs._replace(mark=mark, is_either=False)


def looks_like_a_number(cell: object) -> bool:
    """Whether a cell that is no number would be one with other signs, or without a mark or a unit.

    >>> [text for text in ("1,5", "1,234", "< 0.5", "5 %", "13.2 mg", "A1", "2020-01-02") if looks_like_a_number(text)]
    ['1,5', '1,234', '< 0.5', '5 %', '13.2 mg']
    """
    kind = convention_of(cell, Reading()).kind
    return kind in ("signs", "limit") or (kind in WRITTEN and kind not in (DATES, TIMES, TRUTH))
