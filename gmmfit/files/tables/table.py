"""Tables: a file read, its columns chosen, its cells turned into numbers part by part."""

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import Cells, Joined
from gmmfit.files.tables.columns import Columns
from gmmfit.files.tables.conventions import Refused, looks_like_a_number
from gmmfit.files.tables.doubts import Doubts
from gmmfit.files.tables.numbers import Limits, limits_among, numbers_of
from gmmfit.files.tables.reading import Reading
from gmmfit.text import NUMBER, escaped, shown

log = logging.getLogger("gmmfit")

# How many cells of a column show, mostly, whether it is numeric; and how few of them are too few.
SAMPLE, FEW = 100, 10
# Columns that are parsed at once, where there may be very many.
TOGETHER = 64


class NoRowsError(DataError):
    """A table has a header, and no rows."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table, of which the first cells were read.

    file is its name in messages and results, sheet that of the worksheet. The cells of a long text come in parts, which
    are read when `more` is asked for them, and can be read once. header_number is that of the row with the names, 0
    where there is none; delimiter that of a text; elsewhere tells where a name stands that is none of these, and the
    option that takes it.
    """

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    cells: Cells
    reading: Reading
    more: Iterator[Cells] = field(default_factory=lambda: iter(()))
    header_number: int = 0
    delimiter: str = ","
    elsewhere: Callable[[str], str | None] = lambda name: None

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

    @cached_property
    def header(self) -> Columns:
        """The names of the columns, to choose among."""
        return Columns(self.columns, self.where, self.about_the_header, self.elsewhere)

    @property
    def unique_names(self) -> tuple[str, ...]:
        """The names of the columns in results."""
        return self.header.unique

    def choose(self, wanted: Sequence[str], others: Sequence[int] = ()) -> list[int]:
        """The positions, from 0, of the columns that are wanted: by header, position from 1, or /regex/.

        Without any, the only numeric column that is not among the positions `others` is chosen.

        Raises:
            DataError: a column is absent, ambiguous, or wanted twice; or there isn't just one numeric column.
        """
        return self.header.choose(wanted) if wanted else [self._only_numeric_column(others)]

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

    def about_the_header(self) -> str:
        """What may be wrong with the header, as lines of a message."""
        said = ""
        if any(self.looks_like_data(position) for position in range(len(self.columns))):
            said += "\n  The header looks like data: if the file has none, add --no-header"
        if len(self.columns) == 1 and " " in self.columns[0].strip() and not self.cells.typed:
            said += "\n  If blanks part the columns: add --delimiter space"
        # In a text the first name may lack above R's row names.
        if self.columns.count("") > (0 if self.cells.typed else 1):
            said += "\n  Some columns have no name: if the names stand in a later row, add --header-row N"
        return said

    def looks_like_data(self, position: int) -> bool:
        """Whether the name of a column is a number, as if the first row were data."""
        return (
            self.header_number > 0
            and not self.reading.no_header
            and NUMBER.fullmatch(self.columns[position].strip()) is not None
        )

    def _only_numeric_column(self, others: Sequence[int]) -> int:
        numeric = [
            position for position in range(len(self.columns)) if position not in others and self.is_numeric(position)
        ]
        if len(numeric) == 1:
            if len(self.columns) > 1:
                log.info("column %s is read, the only numeric one of %s", shown(self.columns[numeric[0]]), self.where)
            return numeric[0]
        if numeric:
            count, about = f"{len(numeric)} numeric columns", self.about_the_header()
            raise DataError(
                f"{self.where} has {count}: choose with --column\n  Columns: {self.header.listed(numeric)}{about}"
            )
        raise DataError(
            f"{self.where} has no numeric column\n  Columns: {self.header.listed()}{self.about_the_header()}"
        )

    def is_numeric(self, position: int) -> bool:
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

    def numbers_by_part(self, positions: Sequence[int], doubting: bool = False) -> Iterator["NumbersOfPart"]:
        """The cells part by part, with columns of them as numbers; `doubting` says what may not be as it is read.

        Raises:
            DataError: a cell is neither missing nor a finite number, unless such cells are to be dropped.
        """
        refused = {position: Refused(self.reading) for position in positions}
        as_text = dict.fromkeys(positions, 0)
        doubts = Doubts(self.where, self.reading, self.columns) if doubting else None
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
                refused[position].add(cells, position, as_read, numbers[position], bad)
                if doubts is not None:
                    doubts.check_no_names_again(cells, position, as_read, bad)
                invalid[bad] = True
                if cells.typed and not self.reading.censored:
                    pairs = zip(as_read, numbers[position], strict=True)
                    as_text[position] += sum(isinstance(cell, str) and number == number for cell, number in pairs)
            for position in numbers.keys() - others:
                refused[position].n_numbers += int(np.isfinite(numbers[position]).sum())
            for position, column in numbers.items():
                infinite = np.flatnonzero(np.isinf(column))
                if len(infinite) and self.reading.invalid == "error" and not refused[position].count:
                    raise DataError(self._not_finite(cells, int(infinite[0]), position))
                column[infinite], invalid[infinite] = np.nan, True
            if doubts is not None:
                doubts.add(cells, numbers)
            yield NumbersOfPart(cells, numbers, invalid, limits)
        for position in positions:
            self._say_of_column(position, refused[position], as_text[position])
        for warning in doubts.warnings() if doubts is not None else ():
            log.warning("%s", warning)

    def _say_of_column(self, position: int, refused: Refused, n_as_text: int) -> None:
        """Raise a DataError where cells of a column are no numbers, unless they are to be dropped and are not most."""
        column = f"column {shown(self.columns[position])} of {self.where}"
        if refused.count and self.reading.invalid == "error":
            raise DataError(f"{column} has {refused.sentence()}")
        if refused.leave_least:
            raise DataError(
                f"--invalid drop would leave {refused.n_numbers} of {refused.n_numbers + refused.count} values, less "
                f"than half: {column} has {refused.sentence()}"
            )
        if refused.count:
            n_limits = sum(times for one, times in refused.found.items() if one.kind == "limit")
            limits = f". {n_limits} look like limits: --censored reads them" if n_limits else ""
            log.info("%s has %s%s", column, refused.what(), limits)
        if n_as_text:
            stored = (
                "1 number of %s is stored as text"
                if n_as_text == 1
                else f"{n_as_text} numbers of %s are stored as text"
            )
            log.info(stored, column)

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
