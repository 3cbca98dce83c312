"""Tables: a file read, its columns chosen, its cells turned into numbers part by part."""

import difflib
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.cells import DECIMAL_COMMA, NUMBER, Cells, Joined, Reading, Refused, numbers_of
from gmmfit.text import escaped, position_of, shown

log = logging.getLogger("gmmfit")

SHOWN_COLUMNS = 20
# How many cells of a column show, mostly, whether it is numeric.
SAMPLE = 100


@dataclass(frozen=True, eq=False)
class Table:
    """A table, of which the first cells were read.

    file is its name in messages and results, sheet that of the worksheet. The cells of a long text come in parts, which
    are read when `more` is asked for them, and can be read once.
    """

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    cells: Cells
    reading: Reading
    more: Iterator[Cells] = field(default_factory=lambda: iter(()))

    @property
    def where(self) -> str:
        """The file, with its sheet."""
        return self.file if self.sheet is None else f"{self.file} (sheet '{escaped(self.sheet)}')"

    @property
    def n_rows(self) -> int:
        """The rows below the header that were read."""
        return self.cells.n_rows

    def whole(self) -> "Table":
        """The table with all of its cells in memory."""
        more = list(self.more)
        return replace(self, cells=Joined([self.cells, *more]), more=iter(())) if more else self

    def choose(self, wanted: Sequence[str], others: Sequence[int] = ()) -> list[int]:
        """The positions, from 0, of the columns that are wanted: by header, position from 1, or /regex/.

        Each text is first tried whole, and then split at commas. Without any, the only numeric column that
        is not among the positions `others` is chosen.

        Raises:
            DataError: a column is absent, ambiguous, or wanted twice; or there isn't just one numeric column.
        """
        if not wanted:
            return [self._only_numeric_column(others)]
        chosen = []
        own = [*self.columns, *map(self.unique_name, range(len(self.columns)))]
        for text in wanted:
            pieces = [text] if text in own or _is_pattern(text) else text.split(",")
            for piece in pieces:
                chosen.extend(self._positions(piece if piece in self.columns else piece.strip()))
        for position in chosen:
            if chosen.count(position) > 1:
                raise DataError(f"column {shown(self.columns[position])} is named twice")
        return chosen

    def _positions(self, text: str) -> list[int]:
        matches = [position for position, name in enumerate(self.columns) if name == text]
        if not matches:  # as results call a column whose name stands twice
            matches = [position for position in range(len(self.columns)) if self.unique_name(position) == text]
        if len(matches) > 1:
            at = " and ".join(str(position + 1) for position in matches)
            raise DataError(
                f"column {shown(text)} stands more than once in {self.where}, at positions {at}: choose it by position"
            )
        if matches:
            return matches
        if _is_pattern(text):
            try:
                pattern = re.compile(text[1:-1])
            except re.error as error:
                raise ArgumentError(f"{text} is not a regular expression: {error}") from None
            matches = [position for position, name in enumerate(self.columns) if pattern.search(name)]
            if matches:
                return matches
        elif (position := position_of(text, len(self.columns))) is not None:
            return [position]
        raise DataError(self._no_column(text))

    def _no_column(self, text: str) -> str:
        folded = {name.casefold(): name for name in self.columns}
        near = folded.get(text.casefold()) or next(iter(difflib.get_close_matches(text, self.columns, 1)), None)
        hint = f". Did you mean {shown(near)}?" if near else ""
        listed = f"\n  Columns: {self.listed()}"
        return f"no column {shown(text)} in {self.where}{hint}{listed}{self._about_the_header()}"

    def _about_the_header(self) -> str:
        """What may be wrong with the header, as lines of a message."""
        said = ""
        if any(self.looks_like_data(position) for position in range(len(self.columns))):
            said += "\n  The header looks like data: if the file has none, add --no-header"
        if self.columns.count("") > 0 and self.cells.typed:
            said += "\n  Some columns have no name: if the names stand in a later row, add --header-row N"
        return said

    def _why_not_numeric(self) -> str:
        """Why there may be no numeric column, as lines of a message."""
        for position, name in enumerate(self.columns):
            cells = [str(cell) for cell in self.cells.column(position, SAMPLE) if cell is not None]
            present = [cell for cell in cells if cell.strip() not in self.reading.missing_texts]
            if present and self.reading.decimal == "." and all(map(DECIMAL_COMMA.fullmatch, present)):
                return f"\n  {shown(name)} looks like decimal commas: add --decimal ,"
        return self._about_the_header()

    def unique_name(self, position: int) -> str:
        """The name of a column in results: with its position where another has the same, which alone if it has none."""
        name = self.columns[position]
        if not name:
            return str(position + 1)
        return name if self.columns.count(name) == 1 else f"{name} ({position + 1})"

    def looks_like_data(self, position: int) -> bool:
        """Whether the name of a column is a number, as if the first row were data."""
        return not self.reading.no_header and NUMBER.fullmatch(self.columns[position].strip()) is not None

    def _only_numeric_column(self, others: Sequence[int]) -> int:
        numeric = [
            position for position in range(len(self.columns)) if position not in others and self._is_numeric(position)
        ]
        if len(numeric) == 1:
            if len(self.columns) > 1:
                log.info("column %s is read, the only numeric one of %s", shown(self.columns[numeric[0]]), self.where)
            return numeric[0]
        if numeric:
            count = f"{len(numeric)} numeric columns"
            raise DataError(f"{self.where} has {count}: choose with --column\n  Columns: {self.listed(numeric)}")
        raise DataError(f"{self.where} has no numeric column\n  Columns: {self.listed()}{self._why_not_numeric()}")

    def listed(self, positions: Sequence[int] = ()) -> str:
        """The names of columns, of all by default, as messages show them."""
        names = [escaped(self.columns[position]) or "''" for position in positions or range(len(self.columns))]
        return ", ".join(names if len(names) <= SHOWN_COLUMNS else [*names[:SHOWN_COLUMNS], "…"])

    def _is_numeric(self, position: int) -> bool:
        cells = self.cells.column(position, SAMPLE)
        numbers, bad = numbers_of(cells, self.reading)
        if not bad and len(cells) == SAMPLE and self.cells.numbers(position) is None:
            numbers, bad = numbers_of(self.cells.column(position), self.reading)
        return not bad and bool(np.any(np.isfinite(numbers)))

    def numbers(self, position: int) -> tuple[Array, npt.NDArray[np.bool_]]:
        """A column of a whole table as numbers (N,), NaN where missing or invalid; and which cells (N,) are invalid.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        [(_, numbers, invalid)] = self.numbers_by_part([position])
        return numbers[position], invalid

    def numbers_by_part(
        self, positions: Sequence[int]
    ) -> Iterator[tuple[Cells, dict[int, Array], npt.NDArray[np.bool_]]]:
        """The cells part by part, columns of them as numbers (n,), and which rows (n,) have an invalid one.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        refused = {position: Refused() for position in positions}
        as_text = dict.fromkeys(positions, 0)
        for cells in itertools.chain([self.cells], self.more):
            numbers, invalid = {}, np.zeros(cells.n_rows, dtype=bool)
            for position in positions:
                at_once = cells.numbers(position)
                if at_once is None:
                    column = cells.column(position)
                    at_once, bad = numbers_of(column, self.reading)
                    refused[position].add(cells, position, column, bad)
                    invalid[bad] = True
                    if cells.typed:
                        pairs = zip(column, at_once, strict=True)
                        as_text[position] += sum(isinstance(cell, str) and number == number for cell, number in pairs)
                infinite = np.flatnonzero(np.isinf(at_once))
                if len(infinite) and self.reading.invalid == "error" and not refused[position].count:
                    raise DataError(self._not_finite(cells, int(infinite[0]), position))
                at_once[infinite], invalid[infinite] = np.nan, True
                numbers[position] = at_once
            yield cells, numbers, invalid
        for position in positions:
            if refused[position].count and self.reading.invalid == "error":
                raise DataError(
                    f"column {shown(self.columns[position])} of {self.where} has {refused[position].sentence()}"
                )
            if as_text[position]:
                name = shown(self.columns[position])
                log.info("%d numbers of column %s are stored as text in %s", as_text[position], name, self.where)

    def _not_finite(self, cells: Cells, row: int, position: int) -> str:
        return (
            f"column {shown(self.columns[position])} of {self.where} is not finite in {cells.place(row, position)}: "
            f"{shown(cells.column(position)[row])}. Add --invalid drop to leave such rows out"
        )


def _is_pattern(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")
