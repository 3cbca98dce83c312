"""The chosen columns of a table, part by part: numbers, limits, errors, weights, labels; and what is left out."""

import logging
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.data.selection import no_usable_rows
from gmmfit.data.weights import check_one_weighting
from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.numbers import Limits
from gmmfit.files.tables.table import NoRowsError, Table
from gmmfit.text import NUMBER, rows_said, shown

log = logging.getLogger("gmmfit")

SHOWN_PLACES = 3
COUNTED = ("n_read", "n_missing", "n_invalid", "n_zero_weight")


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a table; columns are named as `Table.choose` allows. The names are those of the options."""

    column: Sequence[str] = ()
    row_weights: str | None = None
    row_sds: str | None = None
    labels: str | None = None
    recording: Recording = EXACTLY

    def __post_init__(self) -> None:
        """Raise an ArgumentError where rows are to have weights and sds."""
        check_one_weighting(self.row_weights, self.row_sds, self.recording.errors)


@dataclass
class RowCounts:
    """Where rows come from, and what became of those that were read."""

    source: str
    sheet: str | None
    n_read: int = 0
    n_missing: int = 0
    n_invalid: int = 0
    n_zero_weight: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        sums = (getattr(self, name) + getattr(other, name) for name in COUNTED)
        return RowCounts(self.source, self.sheet, *sums)

    @property
    def n_used(self) -> int:
        """The rows that are left."""
        return self.n_read - self.n_missing - self.n_invalid - self.n_zero_weight

    def check_some_used(self) -> None:
        """Raise a DataError where no rows are left."""
        if not self.n_used:
            raise no_usable_rows(self.n_read, self.n_missing, self.n_invalid, self.n_zero_weight)

    def record(self) -> dict[str, Any]:
        """The section `data` of a result."""
        left_out = {"n_missing": self.n_missing, "n_invalid": self.n_invalid, "n_zero_weight": self.n_zero_weight}
        return {"source": self.source, "sheet": self.sheet, "n_read": self.n_read, "n_used": self.n_used} | left_out


class Part(NamedTuple):
    """Some rows of a table.

    columns (n,) each, of which limits (n,) have the signs of cells such as <0.5; errors (n,) of columns; weights or sds
    (n,) of rows; labels (n) of groups, and those of components that rows are known to be of. NaN and None are missing.
    """

    columns: list[Array]
    limits: list[Limits]
    errors: list[Array]
    weights: Array | None
    labels: list[str | None]
    of_components: list[str | None]


class ColumnReader:
    """Reads the chosen columns of a table part by part, and counts the rows left out.

    in_memory says that the rows will be there, where gaps can be used too.
    """

    def __init__(self, table: Table, wanted: Wanted, in_memory: bool = True) -> None:
        self.table, self.wanted, self.counts = table, wanted, RowCounts(table.file, table.sheet)
        self.in_memory = in_memory
        self.n_unlabelled, self.missing_at, self.wrong_lines, recording = 0, list[str](), list[str](), wanted.recording
        by = wanted.row_sds if wanted.row_weights is None else wanted.row_weights
        self.weighing = None if by is None else table.choose([by])[0]
        # Of an error either a column's position, or the number for all rows.
        self.error_columns = [self._error(source) for source in recording.errors or ()]
        self.errors = [at for at in self.error_columns if isinstance(at, int)]
        self.of_components = None if recording.labels is None else table.choose([recording.labels])[0]
        if recording.interval is not None:
            self.positions = [table.choose([end])[0] for end in recording.interval]
        elif table.n_rows or wanted.column:
            others = [at for at in (self.weighing, self.of_components, *self.errors) if at is not None]
            self.positions = table.choose(wanted.column, others=others)
        if not table.n_rows:
            raise NoRowsError(f"no data rows in {table.where}: only a header")
        self.labelled = None if wanted.labels is None else table.choose([wanted.labels])[0]
        self.names = tuple(table.unique_names[position] for position in self.positions)
        self.recording = recording
        if recording.errors is not None:
            sources = [table.unique_names[at] if isinstance(at, int) else at for at in self.error_columns]
            self.recording = replace(recording, errors=sources)

    def _error(self, source: Any) -> int | float:
        """The position of a column of errors, or a number that is that of all rows."""
        text = str(source)
        if text not in self.table.unique_names and NUMBER.fullmatch(text):
            return float(text)
        return self.table.choose([text])[0]

    def errors_in(self, columns: "Sequence[array[float]]", n_rows: int) -> Array | None:
        """The errors of rows (N, D), from the columns of errors that were read."""
        if not self.error_columns:
            return None
        read = iter(columns)
        errors = [
            np.frombuffer(next(read)) if isinstance(at, int) else np.full(n_rows, at) for at in self.error_columns
        ]
        n_columns = 1 if self.recording.interval is not None else len(self.positions)
        if len(errors) not in (1, n_columns) or (len(errors) < n_columns and self.errors):
            raise ArgumentError(f"there are `errors` for {len(errors)} columns of {n_columns}: give one for each")
        return np.column_stack(errors * (n_columns if len(errors) == 1 else 1))

    def parts(self) -> Iterator[Part]:
        """What is read of each part of the table; at the end is said which rows are left out."""
        lowest, highest = (dict.fromkeys(self.positions, end) for end in (np.inf, -np.inf))
        besides = [at for at in (*self.errors, self.weighing) if at is not None]
        positions = list(dict.fromkeys([*self.positions, *besides]))
        for cells, numbers, invalid, limits in self.table.numbers_by_part(positions, doubting=True):
            for position in self.positions:
                lowest[position] = float(np.fmin.reduce(numbers[position], initial=lowest[position]))
                highest[position] = float(np.fmax.reduce(numbers[position], initial=highest[position]))
            self._count(cells, numbers, invalid)
            yield Part(
                [numbers[position] for position in self.positions],
                [limits.get(position, np.zeros(cells.n_rows, np.int8)) for position in self.positions],
                [numbers[position] for position in self.errors],
                None if self.weighing is None else numbers[self.weighing],
                self._labels(cells, self.labelled, self.of_components is None),
                self._labels(cells, self.of_components, True),
            )
        for position in self.positions:
            _check_header(self.table, position, lowest[position], highest[position])
        self._say_what_is_left_out()

    def _count(self, cells: Cells, numbers: dict[int, Array], invalid: npt.NDArray[np.bool_]) -> None:
        """Count the rows of a part, and those of them that can't be used."""
        lacking = {position: np.isnan(column) for position, column in numbers.items()}
        needed = [lacking[at] for at in (*self.errors, self.weighing) if at is not None]
        # An interval may lack an end, and a row a value, as long as it doesn't lack all.
        one_is_enough = self.recording.interval is not None or self.recording.missing == "use"
        of_values = np.array([lacking[position] for position in self.positions])
        absent = np.any([(np.all if one_is_enough else np.any)(of_values, axis=0), *needed], axis=0)
        missing = np.flatnonzero(absent & ~invalid)
        self.counts.n_read += cells.n_rows + len(cells.left_out)
        self.counts.n_invalid += len(cells.left_out)
        self.wrong_lines += cells.left_out
        self.counts.n_missing += len(missing)
        self.counts.n_invalid += int(invalid.sum())
        for row in missing[: SHOWN_PLACES + 1 - len(self.missing_at)].tolist():
            position = next(position for position, column in numbers.items() if np.isnan(column[row]))
            self.missing_at.append(cells.place(row, position))
        if self.weighing is None:
            return
        weights, zero_allowed = numbers[self.weighing], self.wanted.row_sds is None
        wrong = np.flatnonzero(weights < 0 if zero_allowed else weights <= 0)
        if len(wrong):
            row = int(wrong[0])
            rule = "a row's weight can't be negative" if zero_allowed else "a row's sd must be positive"
            raise DataError(
                f"column {shown(self.table.columns[self.weighing])} of {self.table.where} is {weights[row]:g} in "
                f"{cells.place(row, self.weighing)}: {rule}"
            )
        self.counts.n_zero_weight += int(((weights == 0) & ~absent).sum())

    def _labels(self, cells: Cells, position: int | None, count: bool) -> list[str | None]:
        """The labels in a column of a part, None where missing; those rows are counted if that isn't done elsewhere."""
        if position is None:
            return []
        [texts] = cells.texts([position])
        labels = [None if text.strip() in self.table.reading.missing_texts else text for text in texts]
        self.n_unlabelled += labels.count(None) if count else 0
        return labels

    def _say_what_is_left_out(self) -> None:
        counts = self.counts
        if counts.n_missing:
            more = ", …" if counts.n_missing > SHOWN_PLACES else ""
            listed = ", ".join(self.missing_at[:SHOWN_PLACES]) + more
            rows = rows_said(counts.n_missing)
            if self.recording.missing == "error":
                raise DataError(f"{rows} of {self.table.where} with a missing value ({listed}): add --missing drop")
            are_usable = self.in_memory and len(self.positions) > 1 and self.recording.interval is None
            more = ""
            if are_usable and self.recording.missing == "drop":
                more = "; --missing use keeps what is there of them"
            what = "nothing is known of them" if self.recording.missing == "use" else "a value is missing"
            log.info("%s left out: %s (%s)%s", rows, what, listed, more)
        if n_wrong := len(self.wrong_lines):
            listed = ", ".join(self.wrong_lines[:SHOWN_PLACES]) + (", …" if n_wrong > SHOWN_PLACES else "")
            log.warning("%s left out: another number of fields than the header has (%s)", rows_said(n_wrong), listed)
            if 2 * n_wrong > counts.n_read:
                raise DataError(
                    f"--invalid drop would leave {counts.n_read - n_wrong} of {counts.n_read} rows, less than half: "
                    "name the row of the header by --header-row, or another --delimiter"
                )
        if n_invalid := counts.n_invalid - len(self.wrong_lines):
            log.warning("%s left out: a value is not a number", rows_said(n_invalid))
        if counts.n_zero_weight:
            log.info("%s left out: weight 0", rows_said(counts.n_zero_weight))
        labelled = self.labelled if self.of_components is None else self.of_components
        if self.n_unlabelled and labelled is not None:
            where = shown(self.table.columns[labelled])
            group = "of no group" if self.of_components is None else "of any component"
            log.info("%s without a label in column %s: %s", rows_said(self.n_unlabelled), where, group)


def _check_header(table: Table, position: int, lowest: float, highest: float) -> None:
    """Raise a DataError where the name of a column may be its first value: a number among its others, or near them."""
    width = highest - lowest
    is_doubtful = table.reading.header_row is None and table.looks_like_data(position)
    if is_doubtful and lowest - width <= float(table.columns[position]) <= highest + width:
        raise DataError(
            f"column {shown(table.columns[position])} of {table.where} has a name that may be its first value: if so, "
            f"add --no-header; if it is a name, add -c {position + 1} --header-row {table.header_number}"
        )
