"""JSON tables: lines with an object each, or a list of such objects."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gmmfit.errors import DataError
from gmmfit.files.tables.cells import TypedCells
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import NoRowsError, Table
from gmmfit.files.texts.lines import LONGEST_RECORD, PIECE, Read
from gmmfit.text import escaped, is_unicode, shown

# What a list of objects, or lines of them, begin with.
BEGINNING = re.compile(rb"(\xef\xbb\xbf)?\s*(\{|\[\s*(\{|\]))")

# What may be one half of a character alone.
HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(read: Read, file: str, reading: Reading) -> Table:
    """The table in JSON that `read` hands out by so many bytes: a row an object, a column a key of the first.

    Of lines only the first are read; `Table.more` reads the others.

    Raises:
        DataError: the text is no such JSON, or an object has a key that the first has not.
    """
    lines = _lines(read, file)
    first = next(lines, [])
    if b"".join(first).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        text = b"\n".join([*first, *itertools.chain.from_iterable(lines)])
        blocks: Iterator[list[tuple[int, Any]]] = iter([list(enumerate(_parsed(text, file, "it"), start=1))])
        unit = "row"
    else:
        numbered = _numbered([first], lines)
        blocks = ([(n, _parsed(line, file, f"line {n}")) for n, line in block if line.strip()] for block in numbered)
        unit = "line"
    rows = next((block for block in blocks if block), [])
    if not rows:
        raise NoRowsError(f"no data rows in {file}: it is empty")
    if not isinstance(rows[0][1], dict) or "components" in rows[0][1]:
        raise _no_table(file)
    names = list(rows[0][1])
    parts = (
        TypedCells(
            [_cells(row, n, f"{unit} {n} of {file}", names) for n, row in block], len(names), lambda n, _: f"{unit} {n}"
        )
        for block in itertools.chain([rows], blocks)
    )
    return Table(file, None, tuple(names), next(parts), reading, parts)


def _lines(read: Read, file: str) -> Iterator[list[bytes]]:
    """Blocks of whole lines."""
    rest = b""
    while piece := read(PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_RECORD:
            raise DataError(f"{file} has a line of more than {LONGEST_RECORD / 1e6:.0f} MB: is it a table?")
        if whole:
            yield whole
    yield [rest]


def _numbered(*blocks: Iterable[list[bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """The lines of blocks with their numbers, from 1."""
    before = 0
    for block in itertools.chain(*blocks):
        yield list(enumerate(block, start=before + 1))
        before += len(block)


def _parsed(text: bytes, file: str, what: str) -> Any:
    try:
        value = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8: byte 0x{text[error.start]:02x} in {what}. Save it in UTF-8") from None
    except (ValueError, RecursionError) as error:
        if what in ("it", "line 1"):
            raise _no_table(file) from None
        raise DataError(f"{what} of {file} is not JSON: {escaped(str(error))}") from None
    if HALF.search(text) and not is_unicode(json.dumps(value, ensure_ascii=False)):
        raise DataError(f"{file} is not Unicode: a character in {what} is broken. Write it in UTF-8")
    return value


def _no_table(file: str) -> DataError:
    return DataError(
        f"no columns in {file}: it is JSON, but no table, which has an object for each row; a model is named with -m, "
        "for fit with --init"
    )


def _cells(row: Any, number: int, where: str, names: Sequence[str]) -> tuple[int, list[Any]]:
    if not isinstance(row, dict):
        raise DataError(f"{where} is {shown(row)}, and no object with a value for each column")
    if unknown := next((name for name in row if name not in names), None):
        raise DataError(f"{where} has a key {shown(unknown)}, which the first row has not: give each row the same keys")
    return number, [row.get(name) for name in names]
