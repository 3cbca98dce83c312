"""How many fields each line of a delimited text has: pandas would shift columns in silence where one has more."""

import csv
import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.errors import DataError
from gmmfit.files.texts.dialect import Dialect
from gmmfit.files.texts.lines import Lines
from gmmfit.text import NUMBER

BLANK = b" \t"
NO_ROW = -1


class Fields(NamedTuple):
    """Of each row: how many fields it has, whether the last is empty, and the line of the piece where it begins.

    row_of says of each line from the first on to which row it belongs, or that it is none.
    """

    counts: npt.NDArray[np.intp]
    ends_empty: npt.NDArray[np.bool_]
    begins: npt.NDArray[np.intp]
    row_of: npt.NDArray[np.intp]

    def those(self, kept: npt.NDArray[np.bool_]) -> "Fields":
        """Those of some of the rows; the lines of the others are none."""
        numbered = np.append(np.where(kept, np.cumsum(kept) - 1, NO_ROW), NO_ROW)  # the last for lines without a row
        return Fields(self.counts[kept], self.ends_empty[kept], self.begins[kept], numbered[self.row_of])


def plain_fields(lines: Lines, first: int, dialect: Dialect, one_column: bool) -> Fields:
    """The fields of lines without quotes, from `first` on."""
    data = np.frombuffer(lines.data, np.uint8)
    starts, ends = lines.starts[first:], lines.ends[first:]
    blank = starts == ends
    if any(byte in lines.data for byte in BLANK):
        begins = data[np.minimum(starts, len(data) - 1)]
        for line in np.flatnonzero(~blank & ((begins == BLANK[0]) | (begins == BLANK[1]))).tolist():
            blank[line] = not lines.text(first + line).strip(BLANK.decode().replace(dialect.delimiter, ""))
    blank = _no_rows(blank, one_column)
    starts, ends = starts[~blank], ends[~blank]
    delimiters = np.flatnonzero(data == ord(dialect.delimiter))
    upto = np.searchsorted(delimiters, ends)
    counts = np.diff(upto, prepend=np.searchsorted(delimiters, starts[:1])) + 1
    ends_empty = (starts == ends) | (data[np.maximum(ends, 1) - 1] == ord(dialect.delimiter))
    return Fields(counts, ends_empty, np.flatnonzero(~blank) + first, np.where(blank, NO_ROW, np.cumsum(~blank) - 1))


def quoted_fields(lines: Lines, first: int, dialect: Dialect, one_column: bool, file: str) -> Fields:
    """The fields of lines with quotes, from `first` on, in which delimiters and line feeds may stand.

    Raises:
        DataError: the quotes are broken, or hold lines that are rows of their own.
    """
    reader = dialect.reader(lines.texts(first))
    counts, ends_empty, begins = list[int](), list[bool](), list[int]()
    blank = np.zeros(len(lines) - first, dtype=bool)
    row_of = np.zeros(len(lines) - first, dtype=np.intp)
    before = 0
    try:
        for record in reader:
            blank[before] = not record or (len(record) == 1 and not lines.text(first + before).strip())
            row_of[before : reader.line_num] = len(counts)
            if reader.line_num - before > 1:
                _check_not_swallowed(lines, first + before, first + reader.line_num, dialect, file)
            counts.append(max(len(record), 1))
            ends_empty.append(not record or not record[-1])
            begins.append(before)
            before = reader.line_num
    except csv.Error as error:
        hint = "If quotes are letters here: add --quote none"
        if re.search(rf"{dialect.quote}\s+{re.escape(dialect.delimiter)}", lines.text(first + before)):
            hint = "Blanks stand behind closing quotes: take them out"
        place = lines.number(first + before)
        raise DataError(f"{file}: {error}, in the quotes that begin in line {place}\n  {hint}") from None
    blank = _no_rows(blank, one_column)
    fields = Fields(np.array(counts), np.array(ends_empty), np.array(begins, dtype=np.intp) + first, row_of)
    return fields.those(~blank[begins])


def _no_rows(blank: npt.NDArray[np.bool_], one_column: bool) -> npt.NDArray[np.bool_]:
    """Which of the blank lines are no rows: all, or in a single column those that nothing follows."""
    if not one_column or not blank.any():
        return blank
    filled = np.flatnonzero(~blank)
    last = filled[-1] if len(filled) else -1
    return blank & (np.arange(len(blank)) > last)


def _check_not_swallowed(lines: Lines, first: int, end: int, dialect: Dialect, file: str) -> None:
    """Raise a DataError where the lines of one record are rows of their own: alike, with numbers in the same places."""
    rows = [lines.text(line).split(dialect.delimiter) for line in range(first, end)]
    if len({*map(len, rows)}) > 1:
        return
    bare = [[field.strip(dialect.quote + " ") for field in row] for row in rows]
    if any(all(map(NUMBER.fullmatch, column)) for column in zip(*bare, strict=True)):
        raise DataError(
            f"lines {lines.number(first)} to {lines.number(end - 1)} of {file} are one row, as a quote opens in the "
            "first and closes in the last, though each is a row of its own\n  If quotes are letters here: add --quote "
            "none; else close them"
        )
