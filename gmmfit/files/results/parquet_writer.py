"""Tables as Parquet files, written by pyarrow."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, BinaryIO

from gmmfit.errors import OutputError
from gmmfit.files.results.digits import rounded


class ParquetWriter:
    """Writes rows as one Parquet file, a row group a block, its columns of the types that all of their cells have.

    Raises:
        OutputError: pyarrow isn't installed.
    """

    def __init__(self, stream: BinaryIO, header: Sequence[str], digits: int | None) -> None:
        try:
            self.arrow: Any = import_module("pyarrow")
            self.parquet: Any = import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise OutputError("Parquet files need: pip install 'gmmfit[parquet]'") from None
        self.stream, self.header, self.digits = stream, header, digits
        self.blocks: list[Any] = []

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        """Take in rows: what type a column has is known at the end."""
        cells = [self.arrow.array([_cell(cell, self.digits) for cell in column]) for column in columns]
        self.blocks.append(self.arrow.table(cells, names=list(self.header)))

    def write_empty_line(self) -> None:
        """A row group has no lines."""

    def close(self) -> None:
        """Write everything."""
        whole = self.arrow.concat_tables(self.blocks, promote_options="permissive")
        with self.arrow.BufferOutputStream() as buffer:
            self.parquet.write_table(whole, buffer)
            self.stream.write(buffer.getvalue().to_pybytes())


def _cell(cell: object, digits: int | None) -> object:
    """A cell, without a number where there is none."""
    if isinstance(cell, float):
        return None if cell != cell else rounded(cell, digits)
    return cell
