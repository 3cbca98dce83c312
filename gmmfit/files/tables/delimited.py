"""CSV, TSV and their kin: text cut at a delimiter.

pandas reads the numbers. What it would pass over in silence is looked at here first: the encoding, the delimiter and
how many fields each line has (pandas shifts columns when a line has one more than the header).
"""

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.fields import Layout, plain_fields, quoted_fields, with_number_of_fields
from gmmfit.files.tables.lines import Lines, Pieces, Read
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table

DELIMITERS = ",;\t|"
# A field may be a whole drawing; Python's own limit is 131,072 characters.
csv.field_size_limit(2**31 - 1)
_OTHER_BLANKS = (b"\v", b"\f")
_MARK = "\ufeff".encode()
# The numbers in few bytes Python has read before pandas has started.
FEW_BYTES = 2**18
_TSV_NAME = re.compile(r"\.(tsv|tab)(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)


def read_delimited(read: Read, file: str, reading: Reading) -> Table:
    """The table in a delimited text, which `read` hands out by so many bytes.

    Raises:
        DataError: the text can't be decoded, is empty, or its lines have unequal numbers of fields.
    """
    text = Pieces(read, file, reading.encoding)
    head = text.head(reading.header_row or 0)
    first = _first_line(head, file, reading)
    delimiter, line = reading.delimiter, head.text(first)
    if line.startswith("sep=") and len(line) == 5 and line.isascii():  # what Excel writes to tell itself the delimiter
        delimiter, first = delimiter or line[4], first + 1
    if first >= len(head):
        raise DataError(f"{file} is empty but for its first line")
    if not head.text(first).strip():
        raise DataError(f"line {first + 1} of {file}, which should hold the names, is empty: name another --header-row")
    delimiter = delimiter or _found_delimiter(_quoted_line(head, first), file, reading)
    pieces = text.records(first, delimiter)
    lines = next(pieces)
    header, after = _header(lines, delimiter, file)
    if reading.no_header:
        n_columns, after = len(header), 0
        header = list(reading.names) or [str(position + 1) for position in range(n_columns)]
        if len(header) != n_columns:
            raise DataError(f"{len(header)} names for the {n_columns} columns of {file}")
    layout = Layout(file, delimiter, len(header), reading)
    cells = _checked_cells(lines, after, layout)
    while not cells.n_rows and (piece := next(pieces, None)) is not None:  # the header alone is as long as a piece
        cells = _checked_cells(piece, 0, layout)
    more = (_checked_cells(piece, 0, cells.layout) for piece in pieces)
    return Table(file, None, tuple(header), cells, reading, more)


@dataclass(frozen=True, eq=False)
class DelimitedCells:
    """Some cells of a delimited text, parsed when they are asked for: the numbers of many by pandas."""

    body: bytes
    layout: Layout
    lines: npt.NDArray[np.intp]  # where each row begins, from 1
    typed = False

    @property
    def n_rows(self) -> int:
        return len(self.lines)

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        # Few are parsed before pandas is there, which also passes over more kinds of blanks than a number may have.
        if len(self.body) < FEW_BYTES or any(blank in self.body for blank in _OTHER_BLANKS):
            return [None] * len(columns)
        import pandas

        frame = pandas.read_csv(
            io.BytesIO(self.body),
            sep=self.layout.delimiter,
            header=None,
            names=range(self.layout.n_fields),
            usecols=sorted({*columns}),
            index_col=False,
            keep_default_na=False,
            skip_blank_lines=False,
            low_memory=False,
            na_values=[*self.layout.reading.missing_texts],
            decimal=self.layout.reading.decimal,
        )
        found = [frame[column].to_numpy() for column in columns]
        return [values.astype(float) if values.dtype.kind in "iuf" else None for values in found]

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        return [*self.texts(columns, first)]

    def texts(self, columns: Sequence[int], first: int | None = None) -> list[list[str]]:
        lines = io.TextIOWrapper(io.BytesIO(self.body), "utf-8", newline="")
        reader = csv.reader(lines, delimiter=self.layout.delimiter, strict=True)
        rows = list(itertools.islice(reader, self.n_rows if first is None else min(first, self.n_rows)))
        return [[row[column] if row else "" for row in rows] for column in columns]

    def place(self, row: int, column: int) -> str:
        return f"line {self.lines[row]}"


def _first_line(lines: Lines, file: str, reading: Reading) -> int:
    """The line of the header, or of the first data where there is none."""
    if reading.header_row is not None:
        if reading.header_row > len(lines):
            raise DataError(f"{file} has {len(lines)} lines, so no header in line {reading.header_row}")
        return reading.header_row - 1
    for line in range(len(lines)):
        if lines.text(line).strip():
            return line
    raise DataError(f"{file} is an empty file")


def _found_delimiter(header: str, file: str, reading: Reading) -> str:
    """The commonest delimiter of the header outside quotes, or the one that the file's extension promises.

    Only the header is looked at: one column is the normal case, and needs none.
    """
    if reading.input_format == "tsv" or (reading.input_format is None and _TSV_NAME.search(file)):
        return "\t"
    unquoted = "".join(header.split('"')[::2])
    candidates = DELIMITERS
    if reading.decimal == ",":  # the comma comes last, and not at all where the line may be data
        candidates = ";\t|" + ("" if reading.no_header else ",")
    found = [candidate for candidate in candidates if candidate in unquoted]
    if reading.decimal == ",":
        return found[0] if found else ";"
    return max(found, key=unquoted.count) if found else ","


def _quoted_line(lines: Lines, first: int) -> str:
    """A line, with those after it as long as a quote is open in it."""
    taken, is_open = [], False
    for line in lines.texts(first):
        taken.append(line)
        is_open ^= line.count('"') % 2 == 1
        if not is_open:
            break
    return "".join(taken)


def _header(lines: Lines, delimiter: str, file: str) -> tuple[list[str], int]:
    """The names in the header, and the line after it (a quoted name may run over several)."""
    reader = csv.reader(lines.texts(0), delimiter=delimiter, strict=True)
    try:
        header = next(reader)
    except csv.Error as error:
        raise DataError(f"{file}: {error} in the quotes of line {lines.before + 1}") from None
    return header, reader.line_num


def _checked_cells(lines: Lines, first: int, layout: Layout) -> DelimitedCells:
    """The cells from line `first` on, once every line is known to have a field for each column."""
    body = lines.data[lines.starts[first] :] if first < len(lines) else b""
    mark = 0 if body.isascii() or body.startswith(_MARK) else body.find(b"\n" + _MARK) + 1
    if mark or body.startswith(_MARK):
        line = lines.before + first + 1 + body[:mark].count(b"\n")
        raise DataError(f"line {line} of {layout.file} begins with a byte-order mark: were files put together?")
    read = quoted_fields if b'"' in body else plain_fields
    # In a single column a blank line is a missing value, unless nothing follows it.
    fields = read(lines, first, layout)
    if fields.blank.any():
        body = b"".join(
            lines.data[lines.starts[i] : lines.ends[i]] + b"\n" for i in np.flatnonzero(~fields.blank) + first
        )
    if len(fields.counts):
        layout = with_number_of_fields(fields, layout, is_quoted=b'"' in body)
    return DelimitedCells(body, layout, fields.lines)
