"""Rows of a table: columns as numbers, weights, labels; and what became of the others."""

import logging
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.chunks import Chunks, Progress, no_progress
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.select import Selection, no_usable_rows, usable_rows
from gmmfit.data.weights import are_counts, check_one_weighting, relative_weights
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.table import Table
from gmmfit.text import rows_said, shown

log = logging.getLogger("gmmfit")

SHOWN_PLACES = 3
Labels = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a table; columns are named as `Table.choose` allows. The names are those of the options."""

    column: Sequence[str] = ()
    row_weights: str | None = None
    row_sds: str | None = None
    labels: str | None = None
    missing: str = "drop"

    def __post_init__(self) -> None:
        """Raise an ArgumentError where rows are to have weights and sds."""
        check_one_weighting(self.row_weights, self.row_sds)


@dataclass
class RowCounts:
    """Where rows come from, and what became of those that were read."""

    source: str
    sheet: str | None
    n_read: int = 0
    n_missing: int = 0
    n_invalid: int = 0
    n_zero_weight: int = 0

    def record(self) -> dict[str, Any]:
        """The section `data` of a result."""
        n_used = self.n_read - self.n_missing - self.n_invalid - self.n_zero_weight
        left_out = {"n_missing": self.n_missing, "n_invalid": self.n_invalid, "n_zero_weight": self.n_zero_weight}
        return {"source": self.source, "sheet": self.sheet, "n_read": self.n_read, "n_used": n_used} | left_out


class TableRows(NamedTuple):
    """The rows of a table: a Selection, or Chunks of those that can be used; and labels (N,) of all, None if missing.

    label_column is the name of the column that they come from.
    """

    rows: Selection | Chunks
    counts: RowCounts
    labels: Labels | None = None
    label_column: str | None = None


def columns_of_model(table: Table, wanted: Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    """The columns to put under a model: those that are wanted, else the model's own.

    Raises:
        DataError: the table lacks one of the model's.
    """
    absent = sorted(set(columns) - set(table.unique_names), key=columns.index)
    if absent and not wanted:
        raise DataError(
            f"{table.where} has no column {shown(absent[0])}, which the model was fitted to: name another with --column"
            f"\n  Columns: {table.listed()}{table.about_the_header()}"
        )
    return wanted or columns


def read_rows(table: Table, wanted: Wanted) -> TableRows:
    """The rows of a table, in memory; said is which can't be used.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
    """
    reader = ColumnReader(table, wanted)
    # These grow where they are: joining parts at the end would need the memory twice.
    columns, weighing, labels = [array("d") for _ in reader.positions], array("d"), list[str | None]()
    for part in reader.parts():
        for growing, numbers in zip(columns, part.columns, strict=True):
            growing.frombytes(numbers.tobytes())
        weighing.frombytes(b"" if part.weights is None else part.weights.tobytes())
        labels += part.labels
    arrays = [np.frombuffer(column) for column in columns]
    values = arrays[0][:, None] if len(arrays) == 1 else np.array(arrays).T
    weights = np.frombuffer(weighing) if weighing else None
    by_sds = wanted.row_sds is not None
    selection = usable_rows(values, reader.names, None if by_sds else weights, weights if by_sds else None)
    if reader.labelled is None:
        return TableRows(selection, reader.counts)
    known = np.empty(len(labels), dtype=object)
    known[:] = labels
    return TableRows(selection, reader.counts, known, table.unique_names[reader.labelled])


def read_chunks(table: Table, wanted: Wanted, chunk_rows: int, report_progress: Progress = no_progress) -> TableRows:
    """The rows of a table that can be used, in a temporary file, of which so many at a time will be in memory.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
        OutputError: the temporary file can't be written.
    """
    reader = ColumnReader(table, wanted)
    chunks = Chunks(reader.names, chunk_rows, reader.weighing is not None, report_progress)
    smallest, largest, counts = np.inf, 0.0, True
    try:
        for part in reader.parts():
            values = np.array(part.columns).T
            weights = equal_weights(len(values)) if part.weights is None else part.weights
            kept = np.isfinite(values).all(axis=1) & (weights > 0)
            chunks.append(Rows(values[kept], weights[kept], chunks.columns))
            smallest = min(smallest, weights.min(where=kept, initial=np.inf))
            largest = max(largest, weights.max(where=kept, initial=0.0))
            counts = counts and are_counts(weights[kept])
        chunks.n_missing = reader.counts.n_missing + reader.counts.n_invalid
        if not len(chunks):
            raise no_usable_rows(reader.counts.n_read, chunks.n_missing)
    except BaseException:
        chunks.close()
        raise
    log.info("%d rows are kept in a temporary file, and read again at every pass", len(chunks))
    if reader.weighing is not None:
        chunks.weighting = "counts" if counts and wanted.row_sds is None else "relative"
    if chunks.weighting == "relative":
        chunks = chunks.mapped(relative_weights(chunks, smallest, largest, are_sds=wanted.row_sds is not None))
    return TableRows(chunks, reader.counts)


class Part(NamedTuple):
    """Some rows of a table: a column (n,) each, weights or sds (n,) of rows, labels (n); NaN and None where missing."""

    columns: list[Array]
    weights: Array | None
    labels: list[str | None]


class ColumnReader:
    """Reads the chosen columns of a table part by part, and counts the rows left out."""

    def __init__(self, table: Table, wanted: Wanted) -> None:
        self.table, self.wanted, self.counts = table, wanted, RowCounts(table.file, table.sheet)
        self.n_unlabelled, self.missing_at = 0, list[str]()
        by = wanted.row_sds if wanted.row_weights is None else wanted.row_weights
        self.weighing = None if by is None else table.choose([by])[0]
        if table.n_rows or wanted.column:
            self.positions = table.choose(wanted.column, others=[] if self.weighing is None else [self.weighing])
        if not table.n_rows:
            raise DataError(f"no data rows in {table.where}: only a header")
        self.labelled = None if wanted.labels is None else table.choose([wanted.labels])[0]
        self.names = tuple(table.unique_names[position] for position in self.positions)

    def parts(self) -> Iterator[Part]:
        """What is read of each part of the table; at the end is said which rows are left out."""
        lowest, highest = (dict.fromkeys(self.positions, end) for end in (np.inf, -np.inf))
        positions = self.positions if self.weighing is None else [*self.positions, self.weighing]
        for cells, numbers, invalid in self.table.numbers_by_part(positions):
            for position in self.positions:
                lowest[position] = float(np.fmin.reduce(numbers[position], initial=lowest[position]))
                highest[position] = float(np.fmax.reduce(numbers[position], initial=highest[position]))
            self._count(cells, numbers, invalid)
            yield Part(
                [numbers[position] for position in self.positions],
                None if self.weighing is None else numbers[self.weighing],
                [] if self.labelled is None else self._labels(*cells.texts([self.labelled])),
            )
        for position in self.positions:
            _doubt_header(self.table, position, lowest[position], highest[position])
        self._say_what_is_left_out()

    def _count(self, cells: Cells, numbers: dict[int, Array], invalid: npt.NDArray[np.bool_]) -> None:
        """Count the rows of a part, and those of them that can't be used."""
        absent = np.any([np.isnan(column) for column in numbers.values()], axis=0)
        missing = np.flatnonzero(absent & ~invalid)
        self.counts.n_read += cells.n_rows
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

    def _labels(self, texts: list[str]) -> list[str | None]:
        labels = [None if text.strip() in self.table.reading.missing_texts else text for text in texts]
        self.n_unlabelled += labels.count(None)
        return labels

    def _say_what_is_left_out(self) -> None:
        counts = self.counts
        if counts.n_missing:
            more = ", …" if counts.n_missing > SHOWN_PLACES else ""
            listed = ", ".join(self.missing_at[:SHOWN_PLACES]) + more
            rows = rows_said(counts.n_missing)
            if self.wanted.missing == "error":
                raise DataError(f"{rows} of {self.table.where} with a missing value ({listed}): add --missing drop")
            log.info("%s left out: a value is missing (%s)", rows, listed)
        if counts.n_invalid:
            log.warning("%s left out: a value is not a number", rows_said(counts.n_invalid))
        if counts.n_zero_weight:
            log.info("%s left out: weight 0", rows_said(counts.n_zero_weight))
        if self.n_unlabelled and self.labelled is not None:
            where = shown(self.table.columns[self.labelled])
            log.info("%s without a label in column %s: of no group", rows_said(self.n_unlabelled), where)


def _doubt_header(table: Table, position: int, lowest: float, highest: float) -> None:
    """Warn where the name of a column may be its first value: a number among all its others, or not far from them."""
    width = highest - lowest
    if table.looks_like_data(position) and lowest - width <= float(table.columns[position]) <= highest + width:
        log.warning(
            "%s is the name of a column in the header of %s: if the first row is data, add --no-header",
            shown(table.columns[position]),
            table.where,
        )
