"""How many fields each line of a delimited text has: pandas would shift columns in silence where one has more."""

import csv
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.errors import DataError
from gmmfit.files.tables.lines import Lines
from gmmfit.files.tables.reading import Reading
from gmmfit.text import escaped

BLANK = b" \t"


class Layout(NamedTuple):
    """What every piece of a delimited text has in common.

    n_fields is one more than columns where every line ends with a delimiter, and 0 as long as no line was seen.
    """

    file: str
    delimiter: str
    n_columns: int
    reading: Reading
    n_fields: int = 0


class Fields(NamedTuple):
    """Of each row: how many fields it has, whether the last is empty, and the line, from 1, where it begins.

    blank says which lines are no rows.
    """

    counts: npt.NDArray[np.intp]
    ends_empty: npt.NDArray[np.bool_]
    lines: npt.NDArray[np.intp]
    blank: npt.NDArray[np.bool_]


def plain_fields(lines: Lines, first: int, layout: Layout) -> Fields:
    """The fields of lines without quotes."""
    data = np.frombuffer(lines.data, np.uint8)
    starts, ends = lines.starts[first:], lines.ends[first:]
    blank = starts == ends
    if any(byte in lines.data for byte in BLANK):
        begins = data[np.minimum(starts, len(data) - 1)]
        for line in np.flatnonzero(~blank & ((begins == BLANK[0]) | (begins == BLANK[1]))).tolist():
            blank[line] = not lines.text(first + line).strip(BLANK.decode().replace(layout.delimiter, ""))
    blank = _no_rows(blank, layout.n_columns == 1)
    starts, ends = starts[~blank], ends[~blank]
    delimiters = np.flatnonzero(data == ord(layout.delimiter))
    upto = np.searchsorted(delimiters, ends)
    counts = np.diff(upto, prepend=np.searchsorted(delimiters, starts[:1])) + 1
    ends_empty = (starts == ends) | (data[np.maximum(ends, 1) - 1] == ord(layout.delimiter))
    return Fields(counts, ends_empty, np.flatnonzero(~blank) + lines.before + first + 1, blank)


def quoted_fields(lines: Lines, first: int, layout: Layout) -> Fields:
    """The fields of lines with quotes, in which delimiters and line feeds may stand."""
    reader = csv.reader(lines.texts(first), delimiter=layout.delimiter, strict=True)
    counts, ends_empty, at = [], [], []
    blank = np.zeros(len(lines) - first, dtype=bool)
    before = 0
    try:
        for record in reader:
            blank[before] = not record or (len(record) == 1 and not lines.text(first + before).strip())
            counts.append(max(len(record), 1))
            ends_empty.append(not record or not record[-1])
            at.append(before)
            before = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{layout.file}: {error}, in the quotes that begin in line {lines.before + first + before + 1}"
        ) from None
    blank = _no_rows(blank, layout.n_columns == 1)
    rows = ~blank[at]
    return Fields(
        np.array(counts)[rows], np.array(ends_empty)[rows], np.array(at)[rows] + lines.before + first + 1, blank
    )


def _no_rows(blank: npt.NDArray[np.bool_], one_column: bool) -> npt.NDArray[np.bool_]:
    """Which of the blank lines are no rows: all, or in a single column those that nothing follows."""
    if not one_column or not blank.any():
        return blank
    filled = np.flatnonzero(~blank)
    last = filled[-1] if len(filled) else -1
    return blank & (np.arange(len(blank)) > last)


def with_number_of_fields(fields: Fields, layout: Layout, is_quoted: bool) -> Layout:
    """The layout with the number of fields that every line has.

    Raises:
        DataError: a line has another number, or all have one more than the header, and it isn't always empty.
    """
    excess = not layout.n_fields and bool(np.all(fields.counts == layout.n_columns + 1))
    if not layout.n_fields:  # one more than columns with Excel's trailing delimiter
        layout = layout._replace(n_fields=layout.n_columns + (excess and bool(np.all(fields.ends_empty))))
    trailing = layout.n_fields > layout.n_columns
    wrong = np.flatnonzero((fields.counts != layout.n_fields) | (trailing & ~fields.ends_empty))
    if not len(wrong):
        return layout
    count = fields.counts[wrong[0]]
    message = (
        f"line {fields.lines[wrong[0]]} of {layout.file} has {count} field{'' if count == 1 else 's'}, "
        f"expected {layout.n_fields} (delimiter {escaped(layout.delimiter)!r})"
    )
    if excess and layout.n_columns == 1 and layout.delimiter == "," and not is_quoted:
        message += "\n  If these are decimal commas: add --decimal ,"
    elif excess:
        message += (
            "\n  Every line has one field more than the header, as R writes row names: "
            "put a name for them first in the header"
        )
    elif (usual := np.median(fields.counts)) > layout.n_fields:
        line = fields.lines[np.argmax(fields.counts == usual)]
        message += f"\n  If the names stand in line {line}: add --header-row {line}"
    raise DataError(message)
