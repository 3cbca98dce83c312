"""Cells of a column that are no numbers: what most of them look like, and the option that reads them.

Signs in numbers are judged by most of these cells, and by the numbers that the column has: a comma before three digits
may be either. No hint leaves out one end of the data, or most of it.
"""

import datetime
import re
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.numbers import GROUPS, Unreadable, number_in
from gmmfit.files.tables.reading import SPACE, Reading
from gmmfit.text import limit_of, shown

# How many bad cells a message shows; how many different texts are counted, and bad cells looked at.
SHOWN_CELLS, COUNTED_TEXTS, MOST_LOOKED_AT = 3, 100, 20_000
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
    "say below or above what they lie and not by a number": (
        "write the limit itself, such as <0.5",
        r"[<>≤≥].*|(?i:bdl|bql|lo[dq]|under|over|high|low)",
    ),
    RAISED: (
        "take these out",
        None,
    ),
}
PATTERNS = {kind: re.compile(pattern) for kind, (_, pattern) in WRITTEN.items() if pattern is not None}
OTHER_DECIMAL = {".": ",", ",": "."}
# So many numbers with three decimals each, none of which is 0: one in a hundred by chance.
NO_CHANCE = 40
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
        for row in bad[: max(0, MOST_LOOKED_AT - self.looks.total())]:
            look = look_of(column[row], self.reading)
            self.looks[look] += 1
            self.places.setdefault(look, f"{shown(column[row])}, {cells.place(row, position)}")
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
        for look, times in self.looks.items():
            by_kind[look.kind] += times
        [(kind, times)] = by_kind.most_common(1)
        n_looked_at = self.looks.total()
        if 2 * times <= n_looked_at:
            kind = ""
        these = "These" if times == n_looked_at else "Most of these"
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
        if not self.n_numbers and self.looks.get(Look(), 0) == self.count:
            return "It holds no number at all: choose another column with --column"
        texts = [text for text in self.texts if text]
        if kind or self.looks.get(Look(), 0) < self.count or not 0 < len(texts) <= SHOWN_CELLS:
            return "Mend them, or name each text that means missing by --na TEXT" + self._or_drop()
        options = " ".join(f"--na {shlex.quote(text)}" for text in texts)
        means = f"{shown(texts[0])} means" if len(texts) == 1 else "these mean"
        return f"If {means} missing: add {options}{self._or_drop()}"

    def _or_drop(self) -> str:
        # Limits and signs stand at one end of the data.
        at_an_end = any(look.kind == "limit" or (look.kind in WRITTEN and look.kind != RAISED) for look in self.looks)
        return "" if self.leave_least or at_an_end else "; --invalid drop leaves such rows out"

    def _about_signs(self, these: str) -> str:
        """What to do about numbers with other signs."""
        looks = Counter({look: times for look, times in self.looks.items() if look.kind == "signs"})
        marks = {look.mark for look in looks}
        [mark] = marks if len(marks) == 1 else ["several"]
        if mark and (len(marks) > 1 or (self.n_numbers and mark not in CURRENCIES)):
            beside = " and ".join(shown(one) if one else "none" for one in sorted(marks, reverse=True)[:SHOWN_CELLS])
            some = f", and {self.n_numbers} have none" if self.n_numbers else ""
            return (
                f"{these} have {beside} beside a number{some}: if numbers with and without one are of one kind, take "
                "the marks out in the file; else make them so"
            )
        certain = Counter({look: times for look, times in looks.items() if not look.is_either})
        either = looks.total() - certain.total()
        if 2 * either > looks.total() and not any(look.thousands is None and look.decimal for look in certain):
            return self._about_either(next(look for look in looks if look.is_either), these, bool(certain))
        look = certain.most_common(1)[0][0]
        look = look._replace(thousands=next((one.thousands for one in certain if one.thousands), None))
        return self._advice(look, these)

    def _about_either(self, look: Look, these: str, are_groups: bool) -> str:
        """What to do about a sign before three digits, which may part thousands or decimals: both are said."""
        sign = look.thousands or ""
        grouped = Look("signs", look.decimal if sign == self.reading.decimal else "", sign, look.mark)
        if are_groups:
            return self._advice(grouped, these)
        as_decimal = self._options(Look("signs", sign, None, look.mark)) or "leave --decimal out"
        said = f"{these} have {GROUPED_BY[sign]} before three digits"
        if self.n_numbers:
            return f"{said}: add {self._options(grouped)} (or {as_decimal}, if they are decimal {GROUPED_BY[sign]})"
        first = as_decimal if as_decimal.startswith("leave") else f"add {as_decimal}"
        return f"{said}: {first} (or {self._options(grouped)}, if they part thousands)"

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
        return Look(TRUTH)
    if isinstance(cell, datetime.timedelta | datetime.time):
        return Look(TIMES)
    if isinstance(cell, datetime.date):
        return Look(DATES)
    return _look_of_text(str(cell).strip(), reading)


@lru_cache(maxsize=10_000)
def _look_of_text(text: str, reading: Reading) -> Look:
    limit = limit_of(text)
    if limit is not None and not reading.censored and number_in(limit[1], reading) is not None:
        return Look("limit")
    for kind, pattern in PATTERNS.items():
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
    marks = [found[name] for name in ("before", "word", "behind", "unit", "close") if found[name]] if found else []
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
    kind = look_of(cell, Reading()).kind
    return kind in ("signs", "limit") or (kind in WRITTEN and kind not in (DATES, TIMES, TRUTH))


def points_between_thousands(numbers: Array, cells: Callable[[], Sequence[object]]) -> tuple[str, str] | None:
    """A number such as 2.310 and one such as 654, if points in a column of text seem to part thousands; or None.

    They do where each stands before three digits, though others of the numbers are whole ones without any, and one ends
    in a 0 that no program would write, or all together are too many to have none by chance. The cells are looked at
    if their numbers (n,) may be such.
    """
    finite = numbers[np.isfinite(numbers)]
    fractions = finite != np.floor(finite)
    if not np.any(fractions) or np.all(fractions) or np.abs(finite).max() >= 1000:
        return None
    if not np.allclose(1000 * finite, np.round(1000 * finite), rtol=0, atol=1e-6):
        return None
    texts = [cell.strip() for cell in cells() if isinstance(cell, str)]
    pointed = [text for text in texts if "." in text]
    whole = next((text for text in texts if text.lstrip("+-").isdecimal() and text.lstrip("+-0")), None)
    if whole is None or not all(GROUPS["."].fullmatch(text) and text.lstrip("+-")[0] != "0" for text in pointed):
        return None
    doubtful = next((text for text in pointed if text.endswith("0")), None)
    return None if doubtful is None and len(pointed) < NO_CHANCE else (doubtful or pointed[0], whole)
