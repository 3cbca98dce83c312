"""Tables: a file read, its columns chosen, its cells turned into numbers part by part."""

import difflib
import itertools
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.cells import Cells, Joined
from gmmfit.files.tables.numbers import Limits, Refused, limits_among, looks_like_a_number, numbers_of
from gmmfit.files.tables.reading import Reading
from gmmfit.text import NUMBER, escaped, listed, position_of, shown

log = logging.getLogger("gmmfit")

# How many cells of a column show, mostly, whether it is numeric; and how few of them are too few.
SAMPLE, FEW = 100, 10
# Columns that are parsed at once, where there may be very many.
TOGETHER = 64


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
        for text in wanted:
            pieces = [text] if text in self._by_name or _is_pattern(text) else text.split(",")
            for piece in pieces:
                chosen.extend(self._positions(piece if piece in self._by_name else piece.strip()))
        [(position, times)] = Counter(chosen).most_common(1)
        if times > 1:
            raise DataError(f"column {shown(self.columns[position])} is named twice")
        return chosen

    @cached_property
    def unique_names(self) -> tuple[str, ...]:
        """The names in results: with its position where another has the same, which alone where there is no name."""
        times = Counter(self.columns)
        numbered = enumerate(self.columns, start=1)
        return tuple(
            name if name and times[name] == 1 else f"{name} ({at})" if name else str(at) for at, name in numbered
        )

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """The positions, from 0, of each name in the header, and after these of each in results."""
        positions: dict[str, list[int]] = {}
        for position, name in enumerate(self.columns):
            positions.setdefault(name, []).append(position)
        for position, name in enumerate(self.unique_names):
            positions.setdefault(name, [position])
        return positions

    @cached_property
    def _shown_cells(self) -> list[Sequence[object]]:
        """The first cells of each column, which show what it holds; where most are missing, all that were read."""
        shown_cells = self.cells.columns(range(len(self.columns)), SAMPLE)
        sparse = [at for at, cells in enumerate(shown_cells) if len(cells) == SAMPLE and self._n_present(cells) < FEW]
        for start in range(0, len(sparse), TOGETHER):
            together = sparse[start : start + TOGETHER]
            for at, cells in zip(together, self.cells.columns(together), strict=True):
                shown_cells[at] = cells
        return shown_cells

    def _positions(self, text: str) -> list[int]:
        matches = self._by_name.get(text, [])
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
        return f"no column {shown(text)} in {self.where}{hint}{listed}{self.about_the_header()}"

    def about_the_header(self) -> str:
        """What may be wrong with the header, as lines of a message."""
        said = ""
        if any(self.looks_like_data(position) for position in range(len(self.columns))):
            said += "\n  The header looks like data: if the file has none, add --no-header"
        if len(self.columns) == 1 and " " in self.columns[0].strip() and not self.cells.typed:
            said += "\n  If blanks part the columns: add --delimiter space"
        if self.columns.count("") > 0 and self.cells.typed:
            said += "\n  Some columns have no name: if the names stand in a later row, add --header-row N"
        return said

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
            count, about = f"{len(numeric)} numeric columns", self.about_the_header()
            raise DataError(f"{self.where} has {count}: choose with --column\n  Columns: {self.listed(numeric)}{about}")
        raise DataError(f"{self.where} has no numeric column\n  Columns: {self.listed()}{self.about_the_header()}")

    def listed(self, positions: Sequence[int] = ()) -> str:
        """The names of columns, of all by default, as messages show them."""
        return listed(self.columns[position] for position in positions or range(len(self.columns)))

    def _is_numeric(self, position: int) -> bool:
        """Whether half of the cells are numbers, or would be but for their commas, as far as the first cells show.

        A few others are a slip in a column of numbers, which is to be said, and no reason to take another column.
        """
        cells = self._shown_cells[position]
        bare = limits_among(cells, self.reading)[0] if self.reading.censored else cells
        _, bad = numbers_of(bare, self.reading)
        n_present = self._n_present(cells)
        n_others = sum(not looks_like_a_number(cells[row]) for row in bad)
        return n_others <= n_present / 2 and n_present > 0

    def _n_present(self, cells: Sequence[object]) -> int:
        missing = self.reading.missing_texts
        return sum(cell is not None and not (isinstance(cell, str) and cell.strip() in missing) for cell in cells)

    def numbers(self, position: int) -> tuple[Array, npt.NDArray[np.bool_]]:
        """A column of a whole table as numbers (N,), NaN where missing or invalid; and which cells (N,) are invalid.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        [part] = self.numbers_by_part([position])
        return part.numbers[position], part.invalid

    def numbers_by_part(self, positions: Sequence[int]) -> Iterator["NumbersOfPart"]:
        """The cells part by part, with columns of them as numbers.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        refused = {position: Refused() for position in positions}
        as_text = dict.fromkeys(positions, 0)
        for cells in itertools.chain([self.cells], self.more):
            invalid = np.zeros(cells.n_rows, dtype=bool)
            found = zip(positions, cells.numbers(positions), strict=True)
            numbers = {position: column for position, column in found if column is not None}
            others = [position for position in positions if position not in numbers]
            limits: dict[int, Limits] = {}
            for position, as_read in zip(others, cells.columns(others) if others else [], strict=True):
                others_read, found_limits = as_read, dict[int, float]()
                if self.reading.censored:
                    others_read, limits[position], found_limits = limits_among(as_read, self.reading)
                numbers[position], bad = numbers_of(others_read, self.reading)
                numbers[position][list(found_limits)] = list(found_limits.values())
                refused[position].add(cells, position, as_read, bad)
                invalid[bad] = True
                if cells.typed and not self.reading.censored:
                    pairs = zip(as_read, numbers[position], strict=True)
                    as_text[position] += sum(isinstance(cell, str) and number == number for cell, number in pairs)
            for position, column in numbers.items():
                infinite = np.flatnonzero(np.isinf(column))
                if len(infinite) and self.reading.invalid == "error" and not refused[position].count:
                    raise DataError(self._not_finite(cells, int(infinite[0]), position))
                column[infinite], invalid[infinite] = np.nan, True
            yield NumbersOfPart(cells, numbers, invalid, limits)
        for position in positions:
            name = shown(self.columns[position])
            if refused[position].count and self.reading.invalid == "error":
                raise DataError(
                    f"column {name} of {self.where} has {refused[position].sentence(self.reading.censored)}"
                )
            if refused[position].count:
                what, n_limits = refused[position].what(), refused[position].limits
                what += f". {n_limits} look like limits: --censored reads them" if n_limits else ""
                log.info("column %s of %s has %s", name, self.where, what)
            if as_text[position]:
                log.info("%d numbers of column %s are stored as text in %s", as_text[position], name, self.where)

    def _not_finite(self, cells: Cells, row: int, position: int) -> str:
        return (
            f"column {shown(self.columns[position])} of {self.where} is not finite in {cells.place(row, position)}: "
            f"{shown(cells.columns([position])[0][row])}. Add --invalid drop to leave such rows out"
        )


class NumbersOfPart(NamedTuple):
    """Cells of a part of a table, and columns of them, by their positions, as numbers (n,), NaN where missing.

    invalid (n,) are the rows that have a cell that is neither; limits are the signs of cells such as <0.5, for the
    columns that may have some.
    """

    cells: Cells
    numbers: dict[int, Array]
    invalid: npt.NDArray[np.bool_]
    limits: dict[int, Limits]


def _is_pattern(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")
