"""What a command takes from a table: columns as numbers, weights of rows, labels; and what became of the rows."""

import logging
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.chunks import Chunks, Tell, silent
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.select import to_inverse_variances
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import Cells
from gmmfit.files.tables.table import Table
from gmmfit.text import rows_said, shown

log = logging.getLogger("gmmfit")

SHOWN_PLACES = 3


@dataclass(frozen=True)
class Input:
    """Columns (N,) of a table by name, NaN where missing, as `gmmfit.fit` and `gmmfit.score` take them.

    labels (N,) are those in label_column. account says where all that comes from, and what became of the table's rows,
    as the section `data` of a result.
    """

    data: dict[str, Array]
    row_weights: Array | None
    row_sds: Array | None
    labels: list[str | None] | None
    label_column: str | None
    account: dict[str, Any]


def columns_of_model(table: Table, wanted: Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    """The columns to put under a model: those that are wanted, else the model's own.

    Raises:
        DataError: the table lacks one of the model's.
    """
    absent = sorted(set(columns) - set(table.unique_names), key=columns.index)
    if absent and not wanted:
        raise DataError(
            f"{table.where} has no column {shown(absent[0])}, which the model was fitted to: name another with --column"
            f"\n  Columns: {table.listed()}"
        )
    return wanted or columns


def take(
    table: Table,
    column: Sequence[str],
    row_weights: str | None = None,
    row_sds: str | None = None,
    labels: str | None = None,
    missing: str = "drop",
) -> Input:
    """Take columns from a table, each named as `Table.choose` allows; say which rows are left out.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
    """
    taking = Taking(table, column, row_weights, row_sds, labels, missing)
    # These grow where they are: joining parts at the end would need the memory twice.
    columns, weighing, known = [array("d") for _ in taking.names], array("d"), list[str | None]()
    for part in taking.parts():
        for growing, numbers in zip(columns, part.values, strict=True):
            growing.frombytes(numbers.tobytes())
        weighing.frombytes(b"" if part.weights is None else part.weights.tobytes())
        known += part.labels
    values, weights = [np.frombuffer(column) for column in columns], np.frombuffer(weighing) if weighing else None
    return Input(
        dict(zip(taking.names, values, strict=True)),
        weights if row_weights is not None else None,
        weights if row_sds is not None else None,
        None if labels is None else known,
        None if taking.labelled is None else table.unique_names[taking.labelled],
        taking.account(),
    )


def spool(
    table: Table,
    column: Sequence[str],
    row_weights: str | None,
    row_sds: str | None,
    missing: str,
    chunk_rows: int,
    tell: Tell = silent,
) -> tuple[Chunks, dict[str, Any]]:
    """Take columns from a table as `take` does, the rows that can be used into chunks; and the account of all rows.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
        OutputError: the temporary file can't be written.
    """
    taking = Taking(table, column, row_weights, row_sds, None, missing)
    chunks = Chunks(tuple(taking.names), chunk_rows, bool(taking.weighed), tell)
    smallest = np.inf
    try:
        for part in taking.parts():
            values = np.array(part.values).T
            weights = equal_weights(len(values)) if part.weights is None else part.weights
            kept = np.isfinite(values).all(axis=1) & (weights > 0)
            chunks.append(Rows(values[kept], weights[kept], chunks.columns))
            smallest = min(smallest, weights.min(where=kept, initial=np.inf))
        account = taking.account()
        chunks.n_missing = account["n_missing"] + account["n_invalid"]
        if not len(chunks):
            raise DataError(f"no usable rows: {account['n_read']} read, {chunks.n_missing} with missing values")
    except BaseException:
        chunks.close()
        raise
    log.info("%d rows are kept in a temporary file, and read again at every pass", len(chunks))
    if row_sds is not None:
        return chunks.mapped(to_inverse_variances(chunks, smallest)), account
    return chunks, account


class Part(NamedTuple):
    """Some rows of what is taken: a column (n,) each, weights or sds (n,) of the rows, labels (n).

    What is missing is NaN, and a label None.
    """

    values: list[Array]
    weights: Array | None
    labels: list[str | None]


class Taking:
    """The taking of columns from a table, part by part, and what became of its rows."""

    def __init__(
        self,
        table: Table,
        column: Sequence[str],
        row_weights: str | None,
        row_sds: str | None,
        labels: str | None,
        missing: str,
    ) -> None:
        self.table, self.missing, self.zero_allowed = table, missing, row_weights is not None
        self.weighed = [table.choose([name])[0] for name in (row_weights, row_sds) if name is not None]
        if not table.n_rows and not column:
            raise DataError(f"no data rows in {table.where}: only a header")
        self.positions = table.choose(column, others=self.weighed)
        if not table.n_rows:
            raise DataError(f"no data rows in {table.where}: only a header")
        self.labelled = None if labels is None else table.choose([labels])[0]
        self.names = [table.unique_names[position] for position in self.positions]
        self.n_read = self.n_missing = self.n_invalid = self.n_zero_weight = 0
        self.n_unlabelled = 0
        self.missing_at: list[str] = []

    def parts(self) -> Iterator[Part]:
        """What is taken of each part of the table; at the end is said which rows are left out."""
        table = self.table
        lowest, highest = (dict.fromkeys(self.positions, end) for end in (np.inf, -np.inf))
        for cells, numbers, invalid in table.numbers_by_part([*self.positions, *self.weighed]):
            for position in self.weighed:
                self._check_weights(cells, position, numbers[position])
            for position in self.positions:
                lowest[position] = float(np.fmin.reduce(numbers[position], initial=lowest[position]))
                highest[position] = float(np.fmax.reduce(numbers[position], initial=highest[position]))
            absent = np.any([np.isnan(column) for column in numbers.values()], axis=0)
            self._count_missing(cells, numbers, absent & ~invalid)
            self.n_read += cells.n_rows
            self.n_invalid += int(invalid.sum())
            if self.weighed and self.zero_allowed:
                self.n_zero_weight += int((np.any([numbers[at] == 0 for at in self.weighed], axis=0) & ~absent).sum())
            yield Part(
                [numbers[position] for position in self.positions],
                numbers[self.weighed[0]] if self.weighed else None,
                [] if self.labelled is None else self._labels(*cells.texts([self.labelled])),
            )
        for position in self.positions:
            _doubt_header(table, position, lowest[position], highest[position])
        self._say_what_is_left_out()

    def account(self) -> dict[str, Any]:
        """Where the rows come from and what became of them."""
        return {
            "source": self.table.file,
            "sheet": self.table.sheet,
            "n_read": self.n_read,
            "n_used": self.n_read - self.n_missing - self.n_invalid - self.n_zero_weight,
            "n_missing": self.n_missing,
            "n_invalid": self.n_invalid,
            "n_zero_weight": self.n_zero_weight,
        }

    def _check_weights(self, cells: Cells, position: int, numbers: Array) -> None:
        wrong = np.flatnonzero(numbers < 0 if self.zero_allowed else numbers <= 0)
        if len(wrong):
            row = int(wrong[0])
            rule = "a row's weight can't be negative" if self.zero_allowed else "a row's sd must be positive"
            raise DataError(
                f"column {shown(self.table.columns[position])} of {self.table.where} is {numbers[row]:g} in "
                f"{cells.place(row, position)}: {rule}"
            )

    def _count_missing(self, cells: Cells, numbers: dict[int, Array], missing: npt.NDArray[np.bool_]) -> None:
        self.n_missing += int(missing.sum())
        for row in np.flatnonzero(missing)[: SHOWN_PLACES + 1 - len(self.missing_at)].tolist():
            position = next(position for position, column in numbers.items() if np.isnan(column[row]))
            self.missing_at.append(cells.place(row, position))

    def _labels(self, texts: list[str]) -> list[str | None]:
        labels = [None if text.strip() in self.table.reading.missing_texts else text for text in texts]
        self.n_unlabelled += labels.count(None)
        return labels

    def _say_what_is_left_out(self) -> None:
        if self.n_missing:
            more = ", …" if self.n_missing > SHOWN_PLACES else ""
            listed = ", ".join(self.missing_at[:SHOWN_PLACES]) + more
            rows = rows_said(self.n_missing)
            if self.missing == "error":
                raise DataError(f"{rows} of {self.table.where} with a missing value ({listed}): add --missing drop")
            log.info("%s left out: a value is missing (%s)", rows, listed)
        if self.n_invalid:
            log.warning("%s left out: a value is not a number", rows_said(self.n_invalid))
        if self.n_zero_weight:
            log.info("%s left out: weight 0", rows_said(self.n_zero_weight))
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
