"""Parquet files, read by pyarrow a row group at a time."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.cells import text_of
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import NoRowsError, Table
from gmmfit.text import escaped

# Rows at the end of a group that are read together.
LAST = 16


def read_parquet(source: Path | bytes, file: str, reading: Reading) -> Table:
    """The table in a Parquet file, or in the bytes of one, of which row groups are read as they are asked for.

    Raises:
        DataError: pyarrow isn't installed, or the file is damaged.
    """
    try:
        parquet = import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise DataError(f"{file} is a Parquet file, which needs: pip install 'gmmfit[parquet]'") from None
    arrow_error = import_module("pyarrow").ArrowException
    try:
        opened = parquet.ParquetFile(source if isinstance(source, Path) else io.BytesIO(source))
    except (arrow_error, OSError) as error:
        raise _corrupt(file, error) from None
    columns = tuple(opened.schema_arrow.names)
    groups = iter(_groups(opened, file, reading))
    first = next(groups, None)
    if first is None:
        raise NoRowsError(f"no data rows in {file}: only a header")
    return Table(file, None, columns, first, reading, groups)


def _corrupt(file: str, error: Exception) -> DataError:
    return DataError(f"{file} is corrupt, or not a Parquet file: {escaped(str(error))}")


def _groups(opened: Any, file: str, reading: Reading) -> "Iterator[RowGroup]":
    before = 0
    for number in range(opened.num_row_groups):
        group = RowGroup(opened, file, number, before, opened.metadata.row_group(number).num_rows, reading)
        before += group.n_rows
        if group.n_rows:
            yield group


@dataclass(frozen=True, eq=False)
class RowGroup:
    """The cells of a row group, of which columns are read when they are asked for; so many rows stand before it."""

    opened: Any
    file: str
    group: int
    before: int
    n_rows: int
    reading: Reading
    breaks: Sequence[int] = ()
    left_out: Sequence[str] = ()
    typed = True

    def row(self, row: int) -> list[str]:
        after_these = self.n_rows - row
        if after_these <= LAST:
            return [text_of(cells[-after_these]) for cells in self._last]
        return [text_of(self._column(column)[row].as_py()) for column in self._all_columns]

    @property
    def _all_columns(self) -> range:
        return range(len(self.opened.schema_arrow.names))

    @cached_property
    def _last(self) -> list[list[object]]:
        """The last cells of each column, which are asked for a row at a time: a column is read as a whole."""
        return [self._column(column)[-LAST:].to_pylist() for column in self._all_columns]

    def row_names(self) -> list[str] | None:
        return None

    def number(self, row: int) -> int:
        return self.before + row + 1

    def _column(self, column: int) -> Any:
        arrow, name = import_module("pyarrow"), self.opened.schema_arrow.names[column]
        try:
            group = self.opened.read_row_group(self.group, columns=[name])
            if group.schema.names != [name]:  # names that stand twice, or within others: only the position tells
                group = self.opened.read_row_group(self.group).select([column])
            cells = group.column(0)
        except (arrow.ArrowException, OSError) as error:
            raise _corrupt(self.file, error) from None
        return cells.cast("float64") if arrow.types.is_decimal(cells.type) else cells

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        return [self._numbers(column) for column in columns]

    def _numbers(self, column: int) -> Array | None:
        types = import_module("pyarrow").types
        cells = self._column(column)
        if not (types.is_integer(cells.type) or types.is_floating(cells.type)):
            return None
        numbers: Array = np.array(cells.cast("float64", safe=False).to_numpy(), dtype=float)
        if self.reading.missing_numbers:
            numbers[np.isin(numbers, list(self.reading.missing_numbers))] = np.nan
        return numbers

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        return [self._column(column).slice(0, first).to_pylist() for column in columns]

    def texts(self, columns: Sequence[int]) -> list[list[str]]:
        return [list(map(text_of, cells)) for cells in self.columns(columns)]

    def place(self, row: int, column: int) -> str:
        return f"row {self.number(row)}"
