"""What a caller has, as rows: columns of a mapping or an array, without what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.weights import Weighting, are_counts, check_one_weighting, relative_weights
from gmmfit.errors import ArgumentError, DataError


@dataclass(frozen=True, eq=False)
class Selection:
    """Columns of a table, and the rows of it that can be used.

    values    (N, D)  of all rows, NaN where missing
    kept      (N,)    which rows have every value and a positive weight
    rows              those, with their weights
    n_missing, n_zero_weight    how many of the others lack a value, and how many weigh nothing
    weighting         what the weights are: counts, or relative ones; empty where there are none
    """

    values: Array
    kept: npt.NDArray[np.bool_]
    rows: Rows
    n_missing: int
    n_zero_weight: int
    weighting: Weighting = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.rows.columns


def select_rows(
    data: Any,
    column: str | Sequence[str] | None = None,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = "drop",
) -> Selection:
    """The rows of `data` that have every value and a positive weight.

    data is a mapping of names to columns, such as a DataFrame, of which `column` names those to use (by default the
    only numeric one); or an array (N,) or (N, D), which `column` gives names to; or a Selection already. row_weights
    and row_sds are columns of data by name, or arrays (N,). Whole weights count rows; others are relative, and so are
    those of rows with known standard deviations, 1/sd²: they are scaled to sum to the number of rows. NaN is a missing
    value.

    Raises:
        DataError: a column is absent or holds something else than finite numbers; no rows are left.
        ArgumentError: row_weights and row_sds are both given, or missing is neither drop nor error.
    """
    check_one_weighting(row_weights, row_sds)
    if missing not in ("drop", "error"):
        raise ArgumentError(f"`missing` is {missing!r}; it must be drop or error")
    if isinstance(data, Selection):
        return data
    values, columns = numeric_columns(data, column, besides=(row_weights, row_sds))
    weights, sds = (
        None if source is None else _row_numbers(data, source, name, len(values))
        for name, source in (("row_weights", row_weights), ("row_sds", row_sds))
    )
    selection = usable_rows(values, columns, weights, sds)
    if selection.n_missing and missing == "error":
        raise DataError(f"{selection.n_missing} rows have missing values; leave them out, or let `missing` be drop")
    return selection


def usable_rows(
    values: Array, columns: tuple[str, ...], weights: Array | None = None, sds: Array | None = None
) -> Selection:
    """The usable ones of rows with values (N, D), and weights or sds (N,), NaN where missing.

    Raises:
        DataError: an sd is 0, or no rows are left.
    """
    present: npt.NDArray[np.bool_] = np.all(np.isfinite(values), axis=1)
    for numbers in (weights, sds):
        present &= True if numbers is None else np.isfinite(numbers)
    n_missing = len(values) - int(present.sum())
    kept = present
    if sds is not None:
        if np.any(sds[present] == 0):
            row = int(np.flatnonzero(present & (sds == 0))[0])
            raise DataError(f"row_sds is 0 in row {row + 1}: a row with sd 0 would weigh infinitely much")
        weights = sds
    if weights is not None:
        kept = present & (weights > 0)
    if not np.any(kept):
        raise no_usable_rows(len(values), n_missing)
    used = values if np.all(kept) else values[kept]
    weighting: Weighting = ""
    if weights is None:
        rows = Rows(np.asfortranarray(used), equal_weights(len(used)), columns)
    else:
        rows = Rows(np.asfortranarray(used), weights if len(used) == len(values) else weights[kept], columns)
        weighting = "counts" if sds is None and are_counts(rows.weights) else "relative"
        if weighting == "relative":
            low, high = float(rows.weights.min()), float(rows.weights.max())
            rows = relative_weights(rows, low, high, are_sds=sds is not None)(rows)
    return Selection(values, kept, rows, n_missing, int(present.sum() - kept.sum()), weighting)


def no_usable_rows(n_read: int, n_missing: int) -> DataError:
    """That of so many rows none has a number in every column and a weight above 0."""
    return DataError(f"no usable rows: {n_read} read, {n_missing} of them with a value that is missing or no number")


def numeric_columns(
    data: Any, column: str | Sequence[str] | None = None, besides: tuple[Any, ...] = ()
) -> tuple[Array, tuple[str, ...]]:
    """The named columns of data as (N, D) float64, NaN where missing, and their names."""
    if isinstance(data, str | bytes):
        raise DataError(f"the data are the text {data!r}: read the table first, with pandas.read_csv or the like")
    names = (column,) if isinstance(column, str) else None if column is None else tuple(column)
    if names == ():
        raise ArgumentError("no column is chosen: `column` is empty")
    if has_names(data):
        names = names if names is not None else _only_numeric(data, besides)
        arrays = [_numbers(column_of(data, name), f"column {name!r}") for name in names]
        if len({len(array) for array in arrays}) > 1:
            raise DataError("the columns have unequal lengths")
        values = arrays[0][:, None] if len(arrays) == 1 else np.array(arrays).T
        return values, tuple(str(name) for name in names)
    values = _numbers(data, "the data", dimensions=2)
    if names is None:
        own_name = getattr(data, "name", None)  # a pandas Series
        names = (own_name,) if isinstance(own_name, str) else tuple(str(d + 1) for d in range(values.shape[1]))
    if not names:
        raise DataError("the data have no columns")
    if len(names) != values.shape[1]:
        raise DataError(f"{len(names)} column names for data with {values.shape[1]} columns")
    return values, names


def _only_numeric(data: Any, besides: tuple[Any, ...]) -> tuple[str, ...]:
    """The name of the only column of numbers, besides those that weigh rows, as the commands take it by default."""
    weighing = [name for name in besides if isinstance(name, str)]
    names = [name for name in data.keys() if name not in weighing]  # noqa: SIM118
    numeric = tuple(name for name in names if np.asarray(data[name]).dtype.kind in "iuf")
    if len(numeric) != 1:
        raise DataError(f"the table has {len(numeric)} numeric columns: choose with `column`")
    return numeric


def has_names(data: Any) -> bool:
    """Whether data is a mapping of names to columns, as a DataFrame is (a Series, which has keys too, is an array)."""
    return hasattr(data, "keys") and getattr(data, "ndim", 2) == 2


def column_of(data: Any, name: str) -> Any:
    """A column of a mapping by its name.

    Raises:
        DataError: there is no such column.
    """
    if not has_names(data):
        raise DataError(f"no column {name!r}: the data are an array, whose columns have no names")
    if name not in data.keys():  # noqa: SIM118  `in` on a DataFrame's keys, but also on any mapping's
        raise DataError(f"no column {name!r}; there are: {', '.join(map(str, data.keys()))}")
    return data[name]


def labels_of(data: Any, source: Any, n_rows: int) -> npt.NDArray[np.object_]:
    """Text labels (N,) from a column of data by name, or from an array; None where missing."""
    column = np.asarray(column_of(data, source) if isinstance(source, str) else source, dtype=object)
    if column.shape != (n_rows,):
        raise DataError(f"{column.size} labels for {n_rows} rows")
    labels = np.empty(n_rows, dtype=object)
    labels[:] = [None if cell is None or cell != cell or cell == "" else str(cell) for cell in column]
    return labels


def _row_numbers(data: Any, source: Any, name: str, n_rows: int) -> Array:
    what = f"{name} column {source!r}" if isinstance(source, str) else name
    numbers = _numbers(column_of(data, source) if isinstance(source, str) else source, what)
    if len(numbers) != n_rows:
        raise DataError(f"{what} has {len(numbers)} numbers for {n_rows} rows")
    if np.any(numbers < 0):
        row = int(np.flatnonzero(numbers < 0)[0])
        raise DataError(f"{what} is {numbers[row]:g} in row {row + 1}: it can't be negative")
    return numbers


def _numbers(source: Any, what: str, dimensions: int = 1) -> Array:
    try:
        array = np.asarray(source)
        if array.dtype.kind not in "iufO":  # truth values and dates are no measurements
            raise TypeError
        array = array.astype(float, copy=False)
    except (TypeError, ValueError):
        raise DataError(f"{what} holds values that are not numbers") from None
    if array.ndim == 1 and dimensions == 2:
        array = array[:, None]
    if array.ndim != dimensions:
        raise DataError(f"{what} must have {dimensions} dimensions, not {array.ndim}")
    if np.any(np.isinf(array)):
        raise DataError(f"{what} holds infinite values")
    return array
