"""What of a table may not be as it is read: other tables in it, rows that are none, points between thousands."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.last_rows import LastRows
from gmmfit.files.tables.numbers import GROUPS
from gmmfit.files.tables.reading import Reading
from gmmfit.text import folded, shown

# So many numbers with three decimals each, none of which is 0: one in a hundred by chance.
NO_CHANCE = 40


class Doubts:
    """What is doubtful of a table, as its parts go by; `where` is what messages call it, and names are its columns'."""

    def __init__(self, where: str, reading: Reading, names: Sequence[str]) -> None:
        self.where, self.reading, self.names = where, reading, names
        self.end = LastRows(where, reading, names)
        # Of a column a number whose point may part thousands, and one that makes it doubtful.
        self.points: dict[int, tuple[str, str]] = {}

    def check_no_names_again(self, cells: Cells, position: int, column: Sequence[object], bad: Sequence[int]) -> None:
        """Raise a DataError where a cell of a column that is no number is its name: another table begins there."""
        name = "" if self.reading.no_header else folded(self.names[position])
        row = next((row for row in bad if isinstance(cell := column[row], str) and name and folded(cell) == name), None)
        if row is not None:
            raise DataError(
                f"another table begins in {cells.place(row, position)} of {self.where}, where the name "
                f"{shown(self.names[position])} stands again\n  If so: add --last-row {cells.number(row) - 1}"
            )

    def add(self, cells: Cells, numbers: dict[int, Array]) -> None:
        """Take in a part of the table, with columns of it as numbers (n,) by their positions.

        Raises:
            DataError: another table begins in it.
        """
        self.end.add(cells, numbers)
        if cells.typed or self.reading.decimal != "." or self.reading.thousands is not None:
            return
        for position in numbers.keys() - self.points.keys():
            found = points_between_thousands(numbers[position], partial(_column, cells, position))
            self.points |= {} if found is None else {position: found}

    def warnings(self) -> list[str]:
        """What is to be said once all parts went by."""
        said = [
            f"column {shown(self.names[position])} of {self.where} has {shown(grouped)} beside {shown(whole)}: if the "
            "point parts thousands, add --decimal , --thousands ."
            for position, (grouped, whole) in sorted(self.points.items())
        ]
        of_the_end = self.end.warning()
        return said if of_the_end is None else [*said, of_the_end]


def _column(cells: Cells, position: int) -> Sequence[object]:
    return cells.columns([position])[0]


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
