"""Tables out, a block of rows at a time: CSV, TSV, JSON, JSON lines, XLSX."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from gmmfit.errors import ArgumentError
from gmmfit.files.results.digits import rounded
from gmmfit.text import NUMBER

# What Excel takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Style:
    """How a table is written.

    digits      significant ones that numbers are cut to; None keeps all
    bom         begin CSV and TSV with a byte-order mark, by which Excel knows their letters
    no_header   leave out the row of names, in CSV, TSV and workbooks
    excel_safe  put a ' before text in CSV and TSV that Excel would take for a formula
    delimiter   of CSV
    decimal     sign of decimals in CSV and TSV
    """

    digits: int | None = None
    bom: bool = False
    no_header: bool = False
    excel_safe: bool = False
    delimiter: str = ","
    decimal: str = "."


PLAIN = Style()


class TableWriter(Protocol):
    """Takes rows in blocks; close writes what is left to write."""

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        """Write the rows whose cells stand in `columns`, one sequence a column."""
        ...

    def write_empty_line(self) -> None:
        """Write a line without cells, in a text that can have one."""
        ...

    def close(self) -> None: ...


def format_of(
    path: str | None, named: str | None, default: str, formats: Iterable[str], or_add: str = ", or add --format"
) -> str:
    """The format that is named, or that the path's extension says, or the default; or_add ends the message of another.

    Raises:
        ArgumentError: the extension is none of the formats'.
    """
    if named is not None:
        return named
    extension = Path(path).suffix.lower().removeprefix(".") if path else ""
    if not extension:
        return default
    if extension not in formats:
        known = ", ".join(f".{name}" for name in formats if name != "table")
        raise ArgumentError(f"no format for .{extension} files: name it {known}{or_add}")
    return extension


def table_writer(
    stream: BinaryIO, kind: str, header: Sequence[str], style: Style = PLAIN, n_rows: int = 0
) -> TableWriter:
    """A writer of the kind csv, tsv, json, jsonl, xlsx or parquet; at least n_rows rows are to come.

    Raises:
        OutputError: they are more than a sheet of a workbook holds, or pyarrow is not here to write Parquet.
    """
    if kind == "parquet":
        from gmmfit.files.results.parquet_writer import ParquetWriter

        return ParquetWriter(stream, unique_names(header), style.digits)
    if kind == "xlsx":
        from gmmfit.files.results.workbook_writer import Book

        return Book(stream, style.digits).sheet("gmmfit", [] if style.no_header else header, last=True, n_rows=n_rows)
    if kind in ("json", "jsonl"):
        return _JsonWriter(stream, header, style.digits, lines=kind == "jsonl")
    if style.bom:
        stream.write("\ufeff".encode())
    return _DelimitedWriter(stream, header, style, {"csv": style.delimiter, "tsv": "\t"}[kind])


def write_table(stream: BinaryIO, kind: str, table: Mapping[str, Sequence[object]], style: Style = PLAIN) -> None:
    """Write a whole table, its columns by their names."""
    writer = table_writer(stream, kind, list(table), style)
    writer.write(list(table.values()))
    writer.close()


def unique_names(names: Iterable[str]) -> list[str]:
    """Names of which no two are the same: what comes again gets a number.

    >>> unique_names(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    unique: dict[str, None] = {}
    times: dict[str, int] = {}
    for name in names:
        free = name
        while free in unique:
            times[name] = times.get(name, 1) + 1
            free = f"{name}_{times[name]}"
        unique[free] = None
    return list(unique)


class _DelimitedWriter:
    def __init__(self, stream: BinaryIO, header: Sequence[str], style: Style, delimiter: str) -> None:
        self.stream, self.style, self.delimiter = stream, style, delimiter
        if not style.no_header:
            self.write([[name] for name in header])

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        cells = [[_text_cell(cell, self.style) for cell in column] for column in columns]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(zip(*cells, strict=True))
        self.stream.write(text.getvalue().encode())
        self.stream.flush()

    def write_empty_line(self) -> None:
        self.stream.write(b"\n")

    def close(self) -> None:
        """Nothing is left to write."""


def _text_cell(cell: object, style: Style) -> object:
    if isinstance(cell, float):
        number = "" if math.isnan(cell) else rounded(cell, style.digits)
        return number if style.decimal == "." else str(number).replace(".", style.decimal)
    if style.excel_safe and isinstance(cell, str) and cell.startswith(FORMULA) and not NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


class _JsonWriter:
    """One object a line; as one JSON document they stand in a list."""

    def __init__(self, stream: BinaryIO, header: Sequence[str], digits: int | None, lines: bool) -> None:
        self.stream, self.header, self.digits, self.lines = stream, unique_names(header), digits, lines
        self.separator = ""
        if not lines:
            stream.write(b"[")

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        for row in zip(*columns, strict=True):
            cells = dict(zip(self.header, (_json_cell(cell, self.digits) for cell in row), strict=True))
            self.stream.write((self.separator + json.dumps(cells, ensure_ascii=False, allow_nan=False)).encode())
            self.separator = "\n" if self.lines else ",\n "
        self.stream.flush()

    def write_empty_line(self) -> None:
        """Rows of JSON have no lines between them."""

    def close(self) -> None:
        self.stream.write((("\n" if self.separator else "") if self.lines else "]\n").encode())


def _json_cell(cell: object, digits: int | None) -> object:
    if isinstance(cell, float):
        return rounded(cell, digits) if math.isfinite(cell) else None
    return cell
