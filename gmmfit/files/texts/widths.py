"""Lines with another number of fields than the header: what all of a table have, or what is wrong and what to do."""

import itertools
import re
import shlex
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gmmfit.errors import DataError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.texts.dialect import Dialect, are_row_names
from gmmfit.files.texts.fields import NO_ROW, Fields
from gmmfit.files.texts.lines import Lines
from gmmfit.text import NUMBER, escaped, shown

# What comments begin with.
COMMENT = re.compile(r"""[^\w\s"'(+.,;<>=$€£\x00-\x1f\x7f-]{1,2}""")


@dataclass(frozen=True)
class Layout:
    """What every piece of a delimited text has in common.

    n_fields is one more than columns where each line begins with the name of a row, or ends with a delimiter, and 0 as
    long as no line was seen; has_row_names tells these apart.
    """

    file: str
    dialect: Dialect
    n_columns: int
    reading: Reading
    n_fields: int = 0
    has_row_names: bool = False


def with_number_of_fields(layout: Layout, fields: Fields, lines: Lines) -> Layout:
    """The layout of a text, once the first of its lines are seen."""
    if not len(fields.counts) or layout.n_fields:
        return layout
    longer = fields.counts == layout.n_columns + 1
    if not longer.all():
        return replace(layout, n_fields=layout.n_columns)
    if fields.ends_empty.all():  # Excel's trailing delimiter
        return replace(layout, n_fields=layout.n_columns + 1)
    rows = [lines.text(line).split(layout.dialect.delimiter) for line in fields.begins.tolist()]
    header = lines.text(0) if len(lines) > len(fields.row_of) else ""
    if are_row_names(header, rows):
        return replace(layout, n_fields=layout.n_columns + 1, has_row_names=True)
    return replace(layout, n_fields=layout.n_columns)


def right_width(layout: Layout, fields: Fields) -> npt.NDArray[np.bool_]:
    """Which rows (n,) have as many fields as the layout says."""
    is_trailing = layout.n_fields > layout.n_columns and not layout.has_row_names
    right: npt.NDArray[np.bool_] = (fields.counts == layout.n_fields) & (fields.ends_empty | (not is_trailing))
    return right


def wrong_width(layout: Layout, fields: Fields, lines: Lines, right: npt.NDArray[np.bool_]) -> DataError:
    """What is wrong with the first row of another width, and what to do about it."""
    row = int(np.argmin(right))
    count, line = fields.counts[row], lines.number(int(fields.begins[row]))
    said = (
        f"line {line} of {layout.file} has {count} field{'' if count == 1 else 's'}, "
        f"expected {layout.n_fields} (delimiter {escaped(layout.dialect.delimiter)!r})"
    )
    return DataError(f"{said}\n  {_hint(layout, fields, lines, right)}")


def _hint(layout: Layout, fields: Fields, lines: Lines, right: npt.NDArray[np.bool_]) -> str:
    first = len(lines) - len(fields.row_of)  # 0 where the header stands in another piece, or there is none
    [(usual, times)] = Counter(fields.counts.tolist()).most_common(1)
    odd = [lines.text(line).lstrip() for line in fields.begins[fields.counts != usual].tolist()]
    if first and layout.n_columns != usual:
        odd.append(lines.text(0).lstrip())
    sign = COMMENT.match(odd[0]) if odd else None
    if sign and all(text.startswith(sign[0]) for text in odd):
        many = "1 line begins" if len(odd) == 1 else f"{len(odd)} lines begin"
        return f"{many} with {shown(sign[0])}: if these are comments, add --comment {shlex.quote(sign[0])}"
    if first and usual != layout.n_fields and times > len(right) / 2:
        return _about_the_header(layout, fields, lines, usual)
    row = int(np.argmin(right))
    begin = int(fields.begins[row])
    if begin > first and fields.row_of[begin - first - 1] == NO_ROW and not right[row:].any():
        return f"If the table ends above the blank line: add --last-row {lines.number(begin) - 1}"
    if 2 * right.sum() >= len(right):
        return "Mend it, or add --invalid drop to leave such lines out"
    return "Mend such lines, or name another --delimiter"


def _about_the_header(layout: Layout, fields: Fields, lines: Lines, usual: int) -> str:
    """What to do where most rows have another width than the header."""
    line = int(fields.begins[np.argmax(fields.counts == usual)])
    row, number = next(layout.dialect.reader([lines.text(line)], strict=False)), lines.number(line)
    if not any(NUMBER.fullmatch(field.strip()) for field in row):
        return f"If the names stand in line {number}: add --header-row {number}"
    if fields.begins[0] != fields.begins[np.argmax(fields.counts == usual)]:
        return "Mend such lines, or name another --delimiter, or the --last-row of the table"
    if usual > layout.n_columns and any(a.isdigit() and b.isdigit() for a, b in itertools.pairwise(row)):
        return "If the fields hold decimal commas: save the table with another delimiter, such as ; or tab"
    more = "one field more than" if usual == layout.n_columns + 1 else f"{usual} fields, and not as many as"
    return (
        f"Most lines have {more} the header: if the first is the name of a row, put a name for it in the header; else "
        f"add --no-header --header-row {number}, and choose columns by position"
    )
