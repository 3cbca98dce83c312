"""Cells of a table as they were read."""

import datetime
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from gmmfit.arrays import Array


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

    def row(self, row: int) -> list[str]:
        """The cells of a row as text."""
        ...

    def row_names(self) -> list[str] | None:
        """The names of the rows, where they have some that stand in no column."""
        ...

    def place(self, row: int, column: int) -> str:
        """Where a cell stands, as the user's own program shows it: `line 7`, or `A7`."""
        ...

    def number(self, row: int) -> int:
        """The number of a row or a line as the user's own program shows it."""
        ...

    @property
    def breaks(self) -> Sequence[int]:
        """The rows above which lines are empty, each as often as there are such lines."""
        ...

    @property
    def left_out(self) -> Sequence[str]:
        """Where rows with a wrong number of fields stood, which are left out."""
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

    def row(self, row: int) -> list[str]:
        part, row = self._part(row)
        return part.row(row)

    def row_names(self) -> list[str] | None:
        names = [part.row_names() for part in self.parts]
        return [name for part in names for name in part or ()] if names[0] is not None else None

    def place(self, row: int, column: int) -> str:
        part, row = self._part(row)
        return part.place(row, column)

    def number(self, row: int) -> int:
        part, row = self._part(row)
        return part.number(row)

    @property
    def breaks(self) -> Sequence[int]:
        befores = itertools.accumulate((part.n_rows for part in self.parts), initial=0)
        return [before + row for before, part in zip(befores, self.parts, strict=False) for row in part.breaks]

    @property
    def left_out(self) -> Sequence[str]:
        return [place for part in self.parts for place in part.left_out]

    def _part(self, row: int) -> tuple[Cells, int]:
        """The part in which a row stands, and which of its rows it is."""
        *before, last = self.parts
        for part in before:
            if row < part.n_rows:
                return part, row
            row -= part.n_rows
        return last, row


@dataclass(frozen=True, eq=False)
class TypedCells:
    """Cells that have types of their own, as in a workbook: each row's number in the file, and its values.

    A row may be shorter than others. place_of names a cell by the number of its row and its column from 0.
    """

    rows: Sequence[tuple[int, Sequence[Any]]]
    n_columns: int
    place_of: Callable[[int, int], str]
    breaks: Sequence[int] = ()
    left_out: Sequence[str] = ()
    typed = True

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def row(self, row: int) -> list[str]:
        return list(map(text_of, self.rows[row][1]))

    def row_names(self) -> list[str] | None:
        return None

    def number(self, row: int) -> int:
        return self.rows[row][0]

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
