"""What a caller has, as rows: columns of a mapping or an array, without what is missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, column_names
from gmmfit.data.recorded import Recorded
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.data.selection import Selection, usable_rows
from gmmfit.data.weights import check_one_weighting
from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import NUMBER, limit_of


def select_rows(
    data: Any,
    column: str | Sequence[str] | None = None,
    row_weights: Any = None,
    row_sds: Any = None,
    recording: Recording = EXACTLY,
) -> Selection:
    """The rows of `data` that have every value and a positive weight.

    data is a table with named columns, such as a DataFrame, of which `column` names those to use (by default the
    only numeric one); or an array (N,) or (N, D), which `column` gives names to; or a Selection already. row_weights
    and row_sds are columns of data by name, or arrays (N,). Whole weights count rows; others are relative, and so are
    those of rows with known standard deviations, 1/sd²: they are scaled to sum to the number of rows. NaN is a missing
    value. recording says what else is known of the rows.

    Raises:
        DataError: a column is absent or holds something else than finite numbers; no rows are left; rows contradict
            their recording.
        ArgumentError: row_weights and row_sds are both given, or the recording doesn't fit the columns.
    """
    check_one_weighting(row_weights, row_sds, recording.errors)
    if isinstance(data, Selection):
        return data
    recorded, columns = record_rows(data, column, row_weights, row_sds, recording)
    selection = usable_rows(recorded, columns, recording)
    if selection.n_missing and recording.missing == "error":
        raise DataError(f"{selection.n_missing} rows have missing values; leave them out, or let `missing` be drop")
    return selection


def record_rows(
    data: Any,
    column: str | Sequence[str] | None,
    row_weights: Any,
    row_sds: Any,
    recording: Recording,
    others: Sequence[str] = (),
) -> tuple[Recorded, tuple[str, ...]]:
    """The rows of `data` as they were recorded, usable or not, and the names of their columns.

    What is as in `select_rows`; others are columns that are wanted for something else.

    Raises:
        DataError: a column is absent or holds something else than finite numbers.
    """
    several = isinstance(recording.errors, list | tuple)
    besides = [row_weights, row_sds, recording.labels, *(recording.errors if several else [recording.errors]), *others]
    recorded, columns = _recorded(data, column, recording, tuple(besides))
    n_rows = len(recorded.values)
    weights, sds = (
        None if source is None else _row_numbers(data, source, name, n_rows)
        for name, source in (("row_weights", row_weights), ("row_sds", row_sds))
    )
    return recorded._replace(weights=weights, sds=sds), columns


def _recorded(
    data: Any, column: str | Sequence[str] | None, recording: Recording, besides: tuple[Any, ...]
) -> tuple[Recorded, tuple[str, ...]]:
    """The cells of rows, and the names of the columns."""
    low = high = errors = labels = None
    names: tuple[str, ...] = (recording.column_name(),) if recording.interval is not None else ()
    if recording.interval is not None:
        if column is not None:
            raise ArgumentError("`interval` is in place of `column`, and `name` names the result: leave `column` out")
        low, high = (_row_numbers(data, end, "interval", None, signed=True)[:, None] for end in recording.interval)
        if len(low) != len(high):
            raise DataError(f"the interval has {len(low)} lower ends and {len(high)} upper ones")
        values = low
    elif recording.censored:
        names = _chosen(data, column, besides)
        cells = [column_of(data, name) for name in names] if has_names(data) else list(_columns_in(data))
        names = names if len(names) == len(cells) else tuple(str(d + 1) for d in range(len(cells)))
        if len({len(column) for column in cells}) > 1:
            raise DataError("the columns have unequal lengths")
        found = [_with_limits(list(column), name) for column, name in zip(cells, names, strict=True)]
        values, low, high = (np.array(part).T for part in zip(*found, strict=True))
    else:
        values, names = numeric_columns(data, column, besides)
    n_rows = len(values)
    if recording.errors is not None:
        sources = recording.error_sources(len(names))
        errors = np.column_stack([_errors_of(data, source, n_rows) for source in sources])
    if recording.labels is not None:
        labels = labels_of(data, recording.labels, n_rows)
    return Recorded(values, low, high, errors, labels), names


def _errors_of(data: Any, source: Any, n_rows: int) -> Array:
    """The errors of rows (N,), from a column, an array, or one number for all."""
    if isinstance(source, str) or np.ndim(source):
        return _row_numbers(data, source, "errors", n_rows)
    return np.full(n_rows, float(source))


def _with_limits(cells: Any, name: str) -> tuple[Array, Array, Array]:
    """Cells as values (N,), and the ends of those that are limits, such as <0.5, NaN where there is none."""
    values, low, high = (np.full(len(cells), np.nan) for _ in range(3))
    for row, cell in enumerate(cells):
        sign, text = (isinstance(cell, str) and limit_of(cell)) or (0, cell)
        if is_missing(cell):
            continue
        plain = NUMBER.fullmatch(text.strip()) is not None if isinstance(text, str) else not isinstance(text, bool)
        try:
            number = float(text) if plain else np.nan
        except (TypeError, ValueError, OverflowError):
            number = np.nan
        if not np.isfinite(number):
            raise DataError(f"column {name!r} has {cell!r} in row {row + 1}, neither a number nor a limit")
        values[row] = number
        low[row], high[row] = np.nan if sign < 0 else number, np.nan if sign > 0 else number
    return values, low, high


def _columns_in(data: Any) -> Any:
    """The columns of an array (N,) or (N, D)."""
    array = np.asarray(data, dtype=object)
    return array.T if array.ndim == 2 else [array]


def is_missing(cell: Any) -> bool:
    """Whether a cell is None, empty, NaN or pandas' NA."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return True
    try:
        return bool(cell != cell)
    except TypeError:  # NA, which is not even unequal to itself
        return True


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


def _chosen(data: Any, column: str | Sequence[str] | None, besides: tuple[Any, ...]) -> tuple[str, ...]:
    """The names of the columns that are asked for."""
    if column is None:
        own_name = getattr(data, "name", None)  # a pandas Series
        return _only_numeric(data, besides) if has_names(data) else (own_name if isinstance(own_name, str) else "1",)
    return (column,) if isinstance(column, str) else tuple(column)


def _only_numeric(data: Any, besides: tuple[Any, ...]) -> tuple[str, ...]:
    """The name of the only column of numbers, besides those that weigh rows, as the commands take it by default."""
    numeric = numeric_names(data, besides)
    if len(numeric) != 1:
        raise DataError(f"the table has {len(numeric)} numeric columns: choose with `column`")
    return numeric


def numeric_names(data: Any, besides: Sequence[Any] = ()) -> tuple[str, ...]:
    """The names of the columns of numbers, without some."""
    weighing = [name for name in besides if isinstance(name, str)]
    names = [name for name in column_names(data) or () if name not in weighing]
    return tuple(name for name in names if np.asarray(data[name]).dtype.kind in "iuf")


def has_names(data: Any) -> bool:
    """Whether data has columns by name, as a DataFrame has."""
    return column_names(data) is not None


def column_of(data: Any, name: str) -> Any:
    """A column of a table by its name.

    Raises:
        DataError: there is no such column.
    """
    names = column_names(data)
    if names is None:
        raise DataError(f"no column {name!r}: the data are an array, whose columns have no names")
    if name not in names:
        raise DataError(f"no column {name!r}; there are: {', '.join(map(str, names))}")
    return data[name]


def labels_of(data: Any, source: Any, n_rows: int) -> npt.NDArray[np.object_]:
    """Text labels (N,) from a column of data by name, or from an array; None where missing."""
    column = np.asarray(column_of(data, source) if isinstance(source, str) else source, dtype=object)
    if column.shape != (n_rows,):
        raise DataError(f"{column.size} labels for {n_rows} rows")
    labels = np.empty(n_rows, dtype=object)
    labels[:] = [None if is_missing(cell) else str(cell) for cell in column]
    return labels


def _row_numbers(data: Any, source: Any, name: str, n_rows: int | None, signed: bool = False) -> Array:
    """Numbers of rows (N,), from a column by name or an array; negative ones only if they are signed."""
    what = f"{name} column {source!r}" if isinstance(source, str) else name
    numbers = _numbers(column_of(data, source) if isinstance(source, str) else source, what)
    if n_rows is not None and len(numbers) != n_rows:
        raise DataError(f"{what} has {len(numbers)} numbers for {n_rows} rows")
    if np.any(numbers < 0) and not signed:
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
