"""What a command takes from a table: columns as numbers, weights of rows, labels; and what became of the rows."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables import Table, shown

log = logging.getLogger("gmmfit")

SHOWN_PLACES = 3


@dataclass(frozen=True)
class Input:
    """Columns (N,) of a table by name, NaN where missing, as `gmmfit.fit` and `gmmfit.score` take them.

    account says where they come from and what became of the table's rows, as the section `data` of a result.
    """

    data: dict[str, Array]
    row_weights: Array | None
    row_sds: Array | None
    labels: list[str | None] | None
    account: dict[str, Any]


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
    weights_at = [table.choose([name])[0] for name in (row_weights, row_sds) if name is not None]
    if not table.n_rows and not column:
        raise DataError(f"no data rows in {table.where}: only a header")
    positions = table.choose(column, others=weights_at)
    if not table.n_rows:
        raise DataError(f"no data rows in {table.where}: only a header")
    numbers, invalid = {}, np.zeros(table.n_rows, dtype=bool)
    for position in [*positions, *weights_at]:
        numbers[position], bad = table.numbers(position)
        invalid |= bad
    for position in positions:
        _doubt_header(table, position, numbers[position])
    for position in weights_at:
        _check_weights(table, position, numbers[position], zero_allowed=row_weights is not None)
    absent = np.any([np.isnan(column) for column in numbers.values()], axis=0)
    n_missing, n_invalid = int((absent & ~invalid).sum()), int(invalid.sum())
    if n_missing:
        _tell_missing(table, numbers, absent & ~invalid, missing)
    if n_invalid:
        log.warning("%s left out: a value is not a number", _rows(n_invalid))
    zero = np.any([numbers[position] == 0 for position in weights_at], axis=0) if row_weights else np.zeros(1, bool)
    n_zero_weight = int((zero & ~absent).sum())
    if n_zero_weight:
        log.info("%s left out: weight 0", _rows(n_zero_weight))
    account = {
        "source": table.file,
        "sheet": table.sheet,
        "n_read": table.n_rows,
        "n_used": table.n_rows - n_missing - n_invalid - n_zero_weight,
        "n_missing": n_missing,
        "n_invalid": n_invalid,
        "n_zero_weight": n_zero_weight,
    }
    names = [table.unique_name(position) for position in positions]
    weights = numbers[weights_at[0]] if weights_at else None
    return Input(
        {name: numbers[position] for name, position in zip(names, positions, strict=True)},
        weights if row_weights is not None else None,
        weights if row_sds is not None else None,
        None if labels is None else _labels(table, labels),
        account,
    )


def _labels(table: Table, name: str) -> list[str | None]:
    texts = table.cells.texts(table.choose([name])[0])
    return [None if text.strip() in table.reading.missing_texts else text for text in texts]


def _doubt_header(table: Table, position: int, numbers: Array) -> None:
    """Warn where the name of a column may be its first value: a number among all its others."""
    if table.looks_like_data(position) and np.any(np.isfinite(numbers)):
        name = float(table.columns[position])
        if np.nanmin(numbers) <= name <= np.nanmax(numbers):
            log.warning(
                "%s is the name of a column in the header of %s: if the first row is data, add --no-header",
                shown(table.columns[position]),
                table.where,
            )


def _check_weights(table: Table, position: int, numbers: Array, zero_allowed: bool) -> None:
    wrong = np.flatnonzero(numbers < 0 if zero_allowed else numbers <= 0)
    if len(wrong):
        row = int(wrong[0])
        rule = "a row's weight can't be negative" if zero_allowed else "a row's sd must be positive"
        raise DataError(
            f"column {shown(table.columns[position])} of {table.where} is {numbers[row]:g} in "
            f"{table.cells.place(row, position)}: {rule}"
        )


def _tell_missing(table: Table, numbers: dict[int, Array], missing: npt.NDArray[np.bool_], policy: str) -> None:
    places = []
    for row in np.flatnonzero(missing)[: SHOWN_PLACES + 1].tolist():
        position = next(position for position, column in numbers.items() if np.isnan(column[row]))
        places.append(table.cells.place(row, position))
    count = int(missing.sum())
    listed = ", ".join(places[:SHOWN_PLACES]) + (", …" if count > SHOWN_PLACES else "")
    if policy == "error":
        raise DataError(f"{_rows(count)} of {table.where} with a missing value ({listed}): add --missing drop")
    log.info("%s left out: a value is missing (%s)", _rows(count), listed)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
