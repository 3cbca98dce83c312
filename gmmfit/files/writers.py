"""Tables out, a block of rows at a time: CSV, TSV, JSON, JSON lines, XLSX."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from gmmfit.errors import ArgumentError
from gmmfit.files.numbers import rounded


class TableWriter(Protocol):
    """Takes rows in blocks; close writes what is left to write."""

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        """Write the rows whose cells stand in `columns`, one sequence a column."""
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
    stream: BinaryIO, kind: str, header: Sequence[str], digits: int | None, bom: bool = False, no_header: bool = False
) -> TableWriter:
    """A writer of the kind csv, tsv, json, jsonl or xlsx; digits cuts numbers to so many significant ones.

    bom and no_header are for delimited text, no_header for workbooks too.
    """
    if kind == "xlsx":
        from gmmfit.files.book import Book

        return Book(stream, digits).sheet("gmmfit", [] if no_header else header, last=True)
    if kind in ("json", "jsonl"):
        return _JsonWriter(stream, header, digits, lines=kind == "jsonl")
    if bom:
        stream.write("\ufeff".encode())
    return _DelimitedWriter(stream, header, digits, {"csv": ",", "tsv": "\t"}[kind], no_header)


def unique_names(names: Iterable[str]) -> list[str]:
    """Names of which no two are the same: what comes again gets a number.

    >>> unique_names(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    unique: list[str] = []
    for name in names:
        free, number = name, 2
        while free in unique:
            free, number = f"{name}_{number}", number + 1
        unique.append(free)
    return unique


class _DelimitedWriter:
    def __init__(
        self, stream: BinaryIO, header: Sequence[str], digits: int | None, delimiter: str, no_header: bool
    ) -> None:
        self.stream, self.digits, self.delimiter = stream, digits, delimiter
        if not no_header:
            self.write([[name] for name in header])

    def write(self, columns: Sequence[Sequence[object]]) -> None:
        cells = [[_text_cell(cell, self.digits) for cell in column] for column in columns]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(zip(*cells, strict=True))
        self.stream.write(text.getvalue().encode())
        self.stream.flush()

    def close(self) -> None:
        """Nothing is left to write."""


def _text_cell(cell: object, digits: int | None) -> object:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else rounded(cell, digits)
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

    def close(self) -> None:
        self.stream.write((("\n" if self.separator else "") if self.lines else "]\n").encode())


def _json_cell(cell: object, digits: int | None) -> object:
    if isinstance(cell, float):
        return rounded(cell, digits) if math.isfinite(cell) else None
    return cell
