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
from gmmfit.text import rows_said, shown

# So many rows at the end are looked at, and so many numbers above them make it no chance that one is their sum.
LAST, FEWEST = 8, 4
# What summary rows are called, in languages that tables were met in; by the others, beside one of these.
SURE = frozenset(
    {
        "total",
        "totals",
        "totale",
        "subtotal",
        "sum",
        "summe",
        "gesamt",
        "somme",
        "suma",
        "mean",
        "means",
        "average",
        "avg",
    }
    | {"mittel", "mittelwert", "moyenne", "media", "median", "sd", "std", "std.dev", "stddev", "stdev"}
)
UNSURE = frozenset(
    {"n", "count", "se", "sem", "cv", "cv%", "%cv", "var", "variance", "min", "minimum", "max", "maximum"}
)


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
        self.n_rows = self.n_above = 0
        self.first_below: LastRow | None = None

    def add(self, cells: Cells, numbers: dict[int, Array]) -> None:
        """Take in a part of the table.

        Raises:
            DataError: another table begins in it.
        """
        for row in dict.fromkeys(cells.breaks):
            here = LastRow(cells, row, {position: float(column[row]) for position, column in numbers.items()})
            self._check_same_table(here, any(np.isfinite(column[:row]).any() for column in numbers.values()))
            if self.first_below is None:
                self.first_below, self.n_above = here, self.n_rows + row
        for position, column in numbers.items():
            self.moments[position] = self.moments.get(position, 0.0) + _moments(column)
        for row in range(max(0, cells.n_rows - LAST), cells.n_rows):
            self.last.append(
                LastRow(cells, row, {position: float(column[row]) for position, column in numbers.items()})
            )
        self.n_rows += cells.n_rows

    def _check_same_table(self, here: LastRow, has_numbers_above: bool) -> None:
        """Raise a DataError where a row below an empty line holds no number, and a text in place of one."""
        texts = here.cells.row(here.row)
        instead = {at: texts[at] for at in here.values if at < len(texts) and texts[at].strip()}
        instead = {at: text for at, text in instead.items() if text.strip() not in self.reading.missing_texts}
        if not instead or any(number_in(text, self.reading) is not None for text in texts):
            return
        if has_numbers_above or any(moments[0] for moments in self.moments.values()):
            at, text = next(iter(instead.items()))
            place, after = here.cells.place(here.row, at), here.number - 1
            raise DataError(
                f"another table seems to begin in {place} of {self.file}, below an empty line, with {shown(text)} in "
                f"column {shown(self.names[at])}\n  If so: add --last-row {after}; if that means missing: add --na "
                f"{shlex.quote(text)}"
            )

    def warning(self) -> str | None:
        """What is to be said of the end of the table, if anything."""
        for n in range(len(self.last), 0, -1):
            block = list(self.last)[-n:]
            found = [self._summary(row, block) for row in block]
            if all(word for word, _ in found) and any(is_sure for _, is_sure in found):
                places = block[0].place if n == 1 else f"{block[0].place} to {block[-1].place}"
                are = f"{'is' if n == 1 else 'are'} {', '.join(dict.fromkeys(word for word, _ in found))}"
                return f"{places} {are}: if no row of the table, add --last-row {block[0].number - 1}"
        n_below = self.n_rows - self.n_above
        if self.first_below is None or n_below >= self.n_above:
            return None
        stand = (
            "1 row stands below an empty line, and is"
            if n_below == 1
            else (f"{rows_said(n_below)} stand below an empty line, and are")
        )
        return f"{stand} read too: if the table ends above it, add --last-row {self.first_below.number - 1}"

    def _summary(self, row: LastRow, block: Sequence[LastRow]) -> tuple[str, bool]:
        """What a row is of the rows above a block, and whether that is sure; the empty text if it is one of them."""
        texts = row.cells.row(row.row)
        words = {text.strip(" :\t").casefold(): text.strip() for text in texts}
        called = next((shown(text) for word, text in words.items() if word in SURE | UNSURE), "")
        for position, value in row.values.items():
            with np.errstate(invalid="ignore"):
                n, total, squares = self.moments[position] - _moments(one.values[position] for one in block)
            if n < FEWEST or not math.isfinite(value) or not math.isfinite(squares):
                continue
            written, mean, square = texts[position], total / n, squares / n
            if _is(value, total, written) and (called or total * total > 4 * square):
                return f"the sum of the {n:.0f} above", True
            sd = math.sqrt(max(square - mean * mean, 0) * n / (n - 1))
            for name, other in (("mean", mean), ("sd", sd)):
                if called and _is(value, other, written):
                    return f"the {name} of the {n:.0f} above", True
        return (f"called {called}" if called else ""), any(word in SURE for word in words)


def _moments(values: Array | Iterable[float]) -> Array:
    """How many numbers there are, their sum, and that of their squares."""
    numbers = np.fromiter(values, float) if not isinstance(values, np.ndarray) else values
    finite = numbers[np.isfinite(numbers)]
    with np.errstate(over="ignore"):
        return np.array([len(finite), finite.sum(), finite @ finite])


def _is(value: float, expected: float, written: str) -> bool:
    """Whether a value is another one, as far as it is written."""
    decimals = len(written.strip().replace(",", ".").partition(".")[2])
    return abs(value - expected) <= 0.51 * 10.0**-decimals + 1e-9 * abs(expected)
