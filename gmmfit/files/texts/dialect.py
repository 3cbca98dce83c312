"""How the fields of a delimited text are cut: its delimiter, which its first lines may tell, and its quotes."""

import contextlib
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from gmmfit.files.tables.conventions import looks_like_a_number
from gmmfit.files.tables.reading import Reading

# Where several fit, the first of these: commas stand in names, and in numbers.
DELIMITERS = ";\t|,"
# So many rows that are counted from 1 are no chance.
FEWEST_NAMES = 3
# What a column that counts the rows is called.
COUNTERS = ("nr", "no", "n", "#", "id", "index", "idx", "row", "line", "zeile", "time", "sample", "obs")
_TSV_NAME = re.compile(r"\.(tsv|tab)(\.\w+)?$", re.IGNORECASE)
# A field may be a whole drawing; Python's own limit is 131,072 characters.
csv.field_size_limit(2**31 - 1)


class Dialect(NamedTuple):
    """A delimiter, and the sign of quotes, empty where these are letters.

    blanks_before: whether blanks stand between a delimiter and the quotes of a field, or its text, and are no part of
    it.
    """

    delimiter: str
    quote: str = '"'
    blanks_before: bool = False

    def reader(self, lines: Iterable[str], strict: bool = True) -> Any:
        """The csv module's reader of such lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.blanks_before,
            strict=strict,
        )

    def may_quote(self, text: bytes) -> bool:
        """Whether there are quotes in a text."""
        return bool(self.quote) and self.quote.encode() in text


def found_dialect(lines: Sequence[str], file: str, reading: Reading) -> Dialect:
    """How the first lines of a text are cut, the first of which is the header.

    The delimiter is that under which most rows have as many fields as the header, the first of several; one column is
    the normal case, and needs none. Where none fits it is one of the header, so that what doesn't fit can be said.
    """
    is_called_tsv = reading.input_format is None and _TSV_NAME.search(file) and "\t" in lines[0]
    is_tsv = reading.input_format == "tsv" or is_called_tsv
    delimiter = reading.delimiter or ("\t" if is_tsv else _found_delimiter(lines, reading))
    dialect = Dialect(delimiter, reading.quote)
    if not reading.quote or delimiter == " ":
        return dialect
    fields = itertools.chain.from_iterable(_records(lines, dialect))
    return dialect._replace(
        blanks_before=any(field[0].isspace() and field.lstrip()[:1] == reading.quote for field in fields if field)
    )


def are_row_names(header: str, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first fields of rows, for which a header has no name, are surely names: counted, or quoted as it is.

    Counts are none where the header has a name for them, or where digits on both sides of a delimiter may be a number
    with a decimal comma.

    >>> are_row_names("x", [["1", "5.5"], ["2", "4.5"], ["3", "6"]]), are_row_names("x", [["1", "5"], ["2", "4"]])
    (True, False)
    """
    firsts = [row[0] for row in rows]
    if all(text.startswith('"') for text in (header, *firsts)):
        return True
    counted = [str(n) for n in range(1, len(rows) + 1)]
    if len(rows) < FEWEST_NAMES or firsts != counted:
        return False
    may_be_decimals = all(any(a.isdigit() and b.isdigit() for a, b in itertools.pairwise(row)) for row in rows)
    first_name = re.split(r"[,;|\s]", header.strip())[0].strip('".').casefold()
    is_named = first_name in COUNTERS and [row[1] for row in rows] != counted
    return not may_be_decimals and not is_named


def _found_delimiter(lines: Sequence[str], reading: Reading) -> str:
    # With decimal commas the comma is no delimiter where the first line may be data.
    candidates = DELIMITERS[:-1] if reading.decimal == "," and reading.no_header else DELIMITERS
    records = {one: _records(lines, Dialect(one, reading.quote)) for one in candidates}
    widths = {one: [*map(len, found)] for one, found in records.items()}
    fitting = {one: _share_that_fits(lines, one, of_lines) for one, of_lines in widths.items()}
    if (best := max(fitting.values())) > 1 / 2:
        return next(one for one in candidates if fitting[one] == best)
    if column := _of_one_column(lines, candidates, reading):
        return column
    header = {one: of_lines[0] for one, of_lines in widths.items() if of_lines}
    if max(header.values(), default=1) > 1:
        return max(header, key=lambda one: header[one])
    alike = {one: Counter(width for width in of_lines if width > 1).most_common(1) for one, of_lines in widths.items()}
    return max(candidates, key=lambda one: alike[one][0][1] if alike[one] else 0)


def _of_one_column(lines: Sequence[str], candidates: str, reading: Reading) -> str | None:
    """A delimiter that cuts nothing, if the rows hold none, or no more than decimal commas."""
    rows = [line.strip() for line in lines[1:] if line.strip()]
    if reading.decimal == "," and "," not in lines[0]:  # then a comma parts no columns
        candidates = candidates.replace(",", "")
    in_rows = {one for one in candidates if any(one in row for row in rows)}
    are_decimals = all("," not in row or looks_like_a_number(row) for row in rows) and "," not in lines[0]
    if in_rows - ({","} if are_decimals else set()):
        return None
    order = candidates if reading.decimal == "," or in_rows else candidates[::-1]
    return next((one for one in order if one not in lines[0]), None)


def _share_that_fits(lines: Sequence[str], delimiter: str, widths: Sequence[int]) -> float:
    """Of the rows the share with as many fields as the header, or one more if that is empty or the name of a row."""
    if max(widths, default=1) == 1:
        return 0
    header, *others = widths
    rows = [line.strip("\n") for line in lines[1:] if line.strip()]
    if others and all(width == header + 1 for width in others):
        trailing = all(row.endswith(delimiter) for row in rows)
        return float(trailing or are_row_names(lines[0], [row.split(delimiter) for row in rows]))
    if header == 1 or not others:
        return float(header > 1)
    return sum(width == header for width in others) / len(others)


def _records(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    """The records in lines that aren't blank, as far as their quotes allow."""
    records: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        records += (record for record in dialect.reader(lines, strict=False) if "".join(record).strip())
    return records
