"""What stands below a table and is none of its rows: sums and means of those above, other tables, remarks.

It is never left out by itself, as rows of the table may look so too, but named with the option that ends the table.
"""

import math
import shlex
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.numbers import number_in
from gmmfit.files.tables.reading import Reading
from gmmfit.text import folded, rows_said, shown

# So many rows at the end are looked at, and so many empty lines; so many numbers have a sum that is no chance.
LAST, MOST_BREAKS, FEWEST = 8, 20, 4
# What summary rows are called, in languages that tables were met in; by the others, beside one of these.
SUMS = {"total", "totals", "totale", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "somme", "suma", "jumlah"}
MEANS = {"mean", "means", "average", "avg", "mittel", "mittelwert", "durchschnitt", "rata-rata", "rerata", "moyenne"}
SPREADS = {"median", "sd", "std", "std.", "std.dev", "stddev", "stdev", "stabw", "standardabweichung"}
SURE = SUMS | MEANS | SPREADS
COUNTS = {"n", "count", "anzahl", "se", "sem", "cv", "rsd", "var", "variance"}
ENDS = {"min", "minimum", "max", "maximum", "media", "mw", "lod", "loq", "lloq", "uloq"}
UNSURE = COUNTS | ENDS


class LastRow(NamedTuple):
    """A row near the end: its number in a part of the table, and its numbers by column."""

    cells: Cells
    row: int
    values: dict[int, float]

    @property
    def number(self) -> int:
        return self.cells.number(self.row)

    @property
    def place(self) -> str:
        return self.cells.place(self.row, next(iter(self.values)))


class LastRows:
    """The end of a table as its parts go by: the moments of its columns, and its last rows."""

    def __init__(self, file: str, reading: Reading, names: Sequence[str]) -> None:
        self.file, self.reading, self.names = file, reading, names
        self.last: deque[LastRow] = deque(maxlen=LAST)
        self.moments: dict[int, Array] = {}
        self.n_rows = self.n_above = self.n_below = 0
        self.first_below: LastRow | None = None
        # The range of numbers above the first empty line, and whether there is one beyond it below.
        self.ranges: dict[int, tuple[float, float]] = {}
        self.is_beyond = False

    def add(self, cells: Cells, numbers: dict[int, Array]) -> None:
        """Take in a part of the table.

        Raises:
            DataError: another table begins in it.
        """
        for row in [*dict.fromkeys(cells.breaks)][:MOST_BREAKS]:
            here = _row(cells, row, numbers)
            self._check_same_table(here, any(np.isfinite(column[:row]).any() for column in numbers.values()))
            if self.first_below is None:
                self.first_below, self.n_above = here, self.n_rows + row
        cut = cells.n_rows if self.first_below is None else max(0, self.n_above - self.n_rows)
        for number, (position, column) in enumerate(numbers.items()):
            low, high = self.ranges.get(position, (np.inf, -np.inf))
            low = float(np.fmin.reduce(column[:cut], initial=low))
            high = float(np.fmax.reduce(column[:cut], initial=high))
            self.ranges[position], below = (low, high), column[cut:]
            self.is_beyond |= bool(np.any((below < low) | (below > high)))
            self.n_below += int(np.isfinite(below).sum()) if number == 0 else 0
            self.moments[position] = self.moments.get(position, 0.0) + _moments(column)
        self.last.extend(_row(cells, row, numbers) for row in range(max(0, cells.n_rows - LAST), cells.n_rows))
        self.n_rows += cells.n_rows

    def _check_same_table(self, here: LastRow, has_numbers_above: bool) -> None:
        """Raise a DataError where a row below an empty line has names: those of the header, or no number above some."""
        texts, at_end = here.cells.row(here.row), here.row + 1 >= here.cells.n_rows
        instead = {at: texts[at] for at in here.values if at < len(texts) and texts[at].strip()}
        instead = {at: text for at, text in instead.items() if text.strip() not in self.reading.missing_texts}
        is_named_again = any(
            text.strip() and folded(text) == folded(name) and number_in(text, self.reading) is None
            for text, name in zip(texts, self.names, strict=False)
        )
        next_ones = [] if at_end else here.cells.row(here.row + 1)
        names_alone = instead and not any(number_in(text, self.reading) is not None for text in texts)
        stands_above = any(number_in(text, self.reading) is not None for text in next_ones)
        if not is_named_again and not (names_alone and stands_above):
            return
        if has_numbers_above or any(moments[0] for moments in self.moments.values()):
            at = next(iter(instead or here.values))
            n_above, n_below = self.n_rows + here.row, here.cells.n_rows - here.row - 1
            hints = [f"if the table ends above it: add --last-row {here.number - 1}"]
            # The larger part is the table that is meant, more likely than not.
            hints.insert(int(n_above >= n_below), f"if it begins there: add --header-row {here.number}")
            if names_alone:
                hints.append(f"if {shown(texts[at])} means missing: add --na {shlex.quote(texts[at])}")
            raise DataError(
                f"another table seems to begin in {here.cells.place(here.row, at)} of {self.file}, below an empty "
                f"line, with {shown(texts[at])} in column {shown(self.names[at])}\n  I{'; '.join(hints)[1:]}"
            )

    def warning(self) -> str | None:
        """What is to be said of the end of the table, if anything."""
        for n in range(len(self.last), 0, -1):
            block = list(self.last)[-n:]
            found = [self._summary(row, block) for row in block]
            # What is below a sum or a mean of all rows is none of them either; what is only called so may be.
            if found[0].is_value or (all(one.word for one in found) and any(one.is_sure for one in found)):
                said = ", ".join(dict.fromkeys(one.word for one in found if one.word))
                places = block[0].place if n == 1 else f"{block[0].place} to {block[-1].place.rpartition(' ')[2]}"
                places = places if n == 1 else places.replace("line ", "lines ", 1)
                are = "is" if n == 1 else "are"
                return f"{places} {are} {said}: if no row of the table, add --last-row {block[0].number - 1}"
        if self.first_below is None or self.n_below >= self.n_above or not (self.is_beyond and self.n_below):
            return None
        one = self.n_below == 1
        stand = "1 row stands" if one else f"{rows_said(self.n_below)} stand"
        return (
            f"{stand} below an empty line, and {'is' if one else 'are'} read too: if the table ends above it, add "
            f"--last-row {self.first_below.number - 1}"
        )

    def _summary(self, row: LastRow, block: Sequence[LastRow]) -> "Summary":
        """What a row is of the rows above a block."""
        texts = row.cells.row(row.row)
        called = next((text for text in texts if _word(text) in SURE | UNSURE), "")
        for position, value in row.values.items():
            with np.errstate(invalid="ignore"):
                n, total, squares = self.moments[position] - _moments(one.values[position] for one in block)
            if n < FEWEST or not math.isfinite(value) or not math.isfinite(squares) or position >= len(texts):
                continue
            unit = 10.0 ** -len(texts[position].strip().replace(",", ".").partition(".")[2])
            # Each number that was added up may have been rounded too.
            of_sum, mean = unit * (0.5 + math.sqrt(n)), total / n
            if abs(value - total) <= of_sum + 1e-9 * abs(total) and (called or total * total > 4 * squares):
                return Summary(f"the sum of the {n:.0f} above", True, True)
            sd = math.sqrt(max(squares / n - mean * mean, 0) * n / (n - 1))
            for name, other in (("mean", mean), ("sd", sd)):
                if called and abs(value - other) <= unit + 1e-9 * abs(other):
                    return Summary(f"the {name} of the {n:.0f} above", True, True)
        if not called or self._stands_above(called, texts.index(called), block):
            return Summary()
        return Summary(f"called {shown(called.strip())}", _word(called) in SURE)

    def _stands_above(self, text: str, column: int, block: Sequence[LastRow]) -> bool:
        """Whether rows above a block, as far as they are in memory, have a text in a column too."""
        first = block[0]
        [texts] = first.cells.texts([column])
        return text in texts[: first.row]


class Summary(NamedTuple):
    """What a row is of those above it, in words, empty if it is one of them; and how sure that is.

    is_value: its number says so.
    """

    word: str = ""
    is_sure: bool = False
    is_value: bool = False


def _word(text: str) -> str:
    """The first word of a label, as it is compared."""
    first = text.strip().casefold().split(maxsplit=1)[:1]
    return first[0].strip(" :;()%=") if first else ""


def _row(cells: Cells, row: int, numbers: dict[int, Array]) -> LastRow:
    return LastRow(cells, row, {position: float(column[row]) for position, column in numbers.items()})


def _moments(values: Array | Iterable[float]) -> Array:
    """How many numbers there are, their sum, and that of their squares."""
    numbers = np.fromiter(values, float) if not isinstance(values, np.ndarray) else values
    finite = numbers[np.isfinite(numbers)]
    with np.errstate(over="ignore"):
        return np.array([len(finite), finite.sum(), finite @ finite])
