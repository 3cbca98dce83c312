"""CSV, TSV and their kin: text cut at a delimiter.

pandas reads the numbers. What it would pass over in silence is looked at here first: the encoding, the delimiter and
how many fields each line has (pandas shifts columns when a line has one more than the header).
"""

import csv
import io
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import DataError
from gmmfit.files.tables.columns import with_names_in
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.files.texts.dialect import Dialect, found_dialect
from gmmfit.files.texts.fields import NO_ROW, plain_fields, quoted_fields
from gmmfit.files.texts.lines import FIRST_LINES, Lines, Pieces, Read
from gmmfit.files.texts.widths import Layout, right_width, with_number_of_fields, wrong_width
from gmmfit.text import shown

log = logging.getLogger("gmmfit")

_OTHER_BLANKS = (b"\v", b"\f")
_MARK = "\ufeff".encode()
# The numbers in few bytes Python has read before pandas has started.
FEW_BYTES = 2**18


def read_delimited(read: Read, file: str, reading: Reading) -> Table:
    """The table in a delimited text, which `read` hands out by so many bytes.

    Raises:
        DataError: the text can't be decoded, is empty, or its lines have unequal numbers of fields.
    """
    text = Pieces(read, file, reading)
    head = text.head(reading.header_row or 0)
    first = _first_line(head, file, reading)
    delimiter, line = reading.delimiter, head.text(first)
    if line.startswith("sep=") and len(line) == 5 and line.isascii():  # what Excel writes to tell itself the delimiter
        delimiter, first = delimiter or line[4], first + 1
    if first >= len(head):
        raise DataError(f"{file} is empty but for its first line")
    if not head.text(first).strip():
        number = head.number(first)
        raise DataError(f"line {number} of {file}, which should hold the names, is empty: name another --header-row")
    seen = list(itertools.islice(head.texts(first), FIRST_LINES))
    whole = seen if text.at_end or len(seen) == 1 else seen[:-1]  # the last line may be cut off
    dialect = found_dialect(whole, file, reading) if delimiter is None else Dialect(delimiter, reading.quote)
    pieces = text.records(first, dialect)
    lines = next(pieces)
    header, after = _header(lines, dialect, file)
    if reading.no_header:
        n_columns, after = len(header), 0
        header = list(reading.names) or [str(position + 1) for position in range(n_columns)]
        if len(header) != n_columns:
            raise DataError(f"{len(header)} names for the {n_columns} columns of {file}")
    layout = Layout(file, dialect, len(header), reading)
    cells = _checked_cells(lines, after, layout)
    while not cells.n_rows and (piece := next(pieces, None)) is not None:  # the header alone is as long as a piece
        cells = _checked_cells(piece, 0, layout)
    if cells.layout.has_row_names:
        log.info("the first field of each line of %s is left out: it has no name, and is R's row name", file)
    more = _more_cells(text, pieces, cells.layout)
    return Table(
        file,
        None,
        tuple(header),
        cells,
        reading,
        more,
        header_number=head.number(first),
        delimiter=dialect.delimiter,
        elsewhere=partial(_line_of, head=head, dialect=dialect, no_header=reading.no_header),
    )


@dataclass(frozen=True, eq=False)
class DelimitedCells:
    """Some cells of a delimited text, parsed when they are asked for: the numbers of many by pandas."""

    body: bytes
    layout: Layout
    lines: npt.NDArray[np.intp]  # where each row begins, from 1
    breaks: Sequence[int] = ()
    left_out: Sequence[str] = ()
    typed = False

    @property
    def n_rows(self) -> int:
        return len(self.lines)

    def numbers(self, columns: Sequence[int]) -> list[Array | None]:
        # Few are parsed before pandas is there, which also passes over more kinds of blanks than a number may have.
        reading, dialect = self.layout.reading, self.layout.dialect
        is_short = len(self.body) < FEW_BYTES
        if is_short or not reading.numbers_are_plain or any(blank in self.body for blank in _OTHER_BLANKS):
            return [None] * len(columns)
        import pandas

        fields = [column + self.layout.has_row_names for column in columns]
        frame = pandas.read_csv(
            io.BytesIO(self.body),
            sep=dialect.delimiter,
            quotechar=dialect.quote or '"',
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            skipinitialspace=dialect.blanks_before,
            header=None,
            names=range(self.layout.n_fields),
            usecols=sorted({*fields}),
            index_col=False,
            keep_default_na=False,
            skip_blank_lines=False,
            low_memory=False,
            na_values=[*reading.missing_texts],
            decimal=reading.decimal,
        )
        found = [frame[field].to_numpy() for field in fields]
        return [values.astype(float) if values.dtype.kind in "iuf" else None for values in found]

    def columns(self, columns: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        return [*self.texts(columns, first)]

    def texts(self, columns: Sequence[int], first: int | None = None) -> list[list[str]]:
        rows = list(itertools.islice(self._records(), self.n_rows if first is None else min(first, self.n_rows)))
        fields = [column + self.layout.has_row_names for column in columns]
        return [[row[field] if row else "" for row in rows] for field in fields]

    def row(self, row: int) -> list[str]:
        if self.layout.dialect.may_quote(self.body):
            cells = self._all_records[row]
        else:
            cells = next(self.layout.dialect.reader([self._body_lines.text(row)]))
        return cells[self.layout.has_row_names : self.layout.n_columns + self.layout.has_row_names]

    def row_names(self) -> list[str] | None:
        return [row[0] if row else "" for row in self._records()] if self.layout.has_row_names else None

    def place(self, row: int, column: int) -> str:
        return f"line {self.lines[row]}"

    def number(self, row: int) -> int:
        return int(self.lines[row])

    @cached_property
    def _body_lines(self) -> Lines:
        return Lines(self.body)

    @cached_property
    def _all_records(self) -> list[list[str]]:
        return list(self._records())

    def _records(self) -> Iterator[list[str]]:
        lines = io.TextIOWrapper(io.BytesIO(self.body), "utf-8", newline="")
        records: Iterator[list[str]] = self.layout.dialect.reader(lines)
        return records


def _first_line(lines: Lines, file: str, reading: Reading) -> int:
    """The line of the header, or of the first data where there is none."""
    if reading.header_row is not None:
        line = reading.header_row - 1 - sum(number < reading.header_row for number in lines.left_out)
        if line >= len(lines) or reading.header_row in lines.left_out:
            if line < len(lines):
                raise DataError(f"line {reading.header_row} of {file}, which should hold the names, is a comment")
            raise DataError(f"{file} has {len(lines)} lines, so no header in line {reading.header_row}")
        return line
    for line in range(len(lines)):
        if lines.text(line).strip():
            return line
    raise DataError(f"{file} is an empty file" if not lines.left_out else f"{file} holds nothing but comments")


def _header(lines: Lines, dialect: Dialect, file: str) -> tuple[list[str], int]:
    """The names in the header, and the line after it (a quoted name may run over several)."""
    reader = dialect.reader(lines.texts(0))
    try:
        header = next(reader)
    except csv.Error as error:
        blanks = f"{dialect.quote} {dialect.quote}" in lines.text(0)
        hint = "blanks part the columns: add --delimiter space" if blanks else "quotes are letters: add --quote none"
        raise DataError(f"{file}: {error} in the quotes of line {lines.number(0)}\n  If {hint}") from None
    return header, reader.line_num


def _line_of(name: str, head: Lines, dialect: Dialect, no_header: bool) -> str | None:
    """Where a name stands among the first lines, and the option that takes the names from there."""
    for line in range(min(len(head), FIRST_LINES)):
        if name in (field.strip() for record in dialect.reader([head.text(line)], strict=False) for field in record):
            return with_names_in("line", head.number(line), no_header)
    return None


def _more_cells(text: Pieces, pieces: Iterator[Lines], layout: Layout) -> Iterator[DelimitedCells]:
    for piece in pieces:
        yield _checked_cells(piece, 0, layout)
    if n := len(text.left_out):
        lines = "1 line is a comment, and" if n == 1 else f"{n} lines are comments, and"
        log.info(
            "%s left out: %s begin%s with %s",
            lines,
            "it" if n == 1 else "they",
            "s" * (n == 1),
            shown(text.reading.comment),
        )


def _checked_cells(lines: Lines, first: int, layout: Layout) -> DelimitedCells:
    """The cells from line `first` on, once every line is known to have a field for each column.

    Lines that have not are left out, if such are to be dropped.
    """
    body = lines.data[lines.starts[first] :] if first < len(lines) else b""
    mark = 0 if body.isascii() or body.startswith(_MARK) else body.find(b"\n" + _MARK) + 1
    if mark or body.startswith(_MARK):
        line = lines.number(first + body[:mark].count(b"\n"))
        raise DataError(f"line {line} of {layout.file} begins with a byte-order mark: were files put together?")
    dialect, one_column = layout.dialect, layout.n_columns == 1
    if dialect.may_quote(body):
        fields = quoted_fields(lines, first, dialect, one_column, layout.file)
    else:
        fields = plain_fields(lines, first, dialect, one_column)
    layout = with_number_of_fields(layout, fields, lines)
    right = right_width(layout, fields)
    left_out: list[str] = []
    if not right.all():
        if layout.reading.invalid == "error" or not right.any():
            raise wrong_width(layout, fields, lines, right)
        left_out = [f"line {line}" for line in lines.numbers(fields.begins[~right]).tolist()]
    blank = fields.row_of == NO_ROW
    kept = fields.those(right) if left_out else fields
    if (kept.row_of == NO_ROW).any():
        body = b"".join(
            lines.data[lines.starts[i] : lines.ends[i]] + b"\n" for i in np.flatnonzero(kept.row_of != NO_ROW) + first
        )
    above = np.searchsorted(kept.begins, np.flatnonzero(blank) + first)
    return DelimitedCells(body, layout, lines.numbers(kept.begins), above[above < len(kept.begins)].tolist(), left_out)
