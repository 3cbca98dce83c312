"""What several test files build: tables from texts and files, workbooks of several kinds, and what a writer writes."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl

from gmmfit.files.read_table import read_table
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import Source
from gmmfit.files.tables.table import Table
from gmmfit.files.texts.delimited import read_delimited


def table_in_parts(text: str | bytes, **reading: Any) -> Table:
    """The table in a delimited text that is called t.csv, of which a long one is still to be read."""
    data = text if isinstance(text, bytes) else text.encode()
    return read_delimited(io.BytesIO(data).read, "t.csv", Reading(**reading))


def table(text: str | bytes, **reading: Any) -> Table:
    """The whole table in a delimited text that is called t.csv."""
    return table_in_parts(text, **reading).whole()


def read(path: Path, **reading: Any) -> Table:
    """The table in a file of any kind."""
    with Source(str(path)) as source:
        return read_table(source, Reading(**reading)).whole()


def written_by(write: Callable[..., object], *arguments: Any, **options: Any) -> bytes:
    """What a function writes to the stream that it takes first."""
    stream = io.BytesIO()
    write(stream, *arguments, **options)
    return stream.getvalue()


def sheet_rows(data: bytes, sheet: int = 0) -> list[tuple[Any, ...]]:
    """The rows of a sheet of a workbook, as openpyxl reads them."""
    return list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[sheet].iter_rows(values_only=True))


def archive(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP archive of parts by their names."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", compression) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return saved.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


# What is done to a sheet of openpyxl besides.
More = Callable[[Any], object]


def xlsx(*rows: list[Any], title: str = "Sheet", more: More | None = None, **cells: Any) -> bytes:
    """A workbook with a sheet of these rows, and cells by their places; `more` does what else it wants to the sheet."""
    book: Any = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for place, value in cells.items():
        sheet[place] = value
    if more is not None:
        more(sheet)
    return written_by(book.save)


NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
NUMBER = '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
TEXT = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def ods(*rows: list[Any], times: int = 1) -> bytes:
    """An OpenDocument spreadsheet in which each row stands so many times."""
    cells = [[(NUMBER if isinstance(cell, float) else TEXT).format(cell, cell) for cell in row] for row in rows]
    body = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">{"".join(row)}</table:table-row>' for row in cells
    )
    content = (
        f'<office:document-content {NAMESPACES}><office:body><office:spreadsheet><table:table table:name="S">{body}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of the binary format [MS-XLSB] 2.1.4, of less than 128 bytes."""
    head = [kind] if kind < 128 else [kind % 128 + 128, kind // 128]
    return bytes([*head, len(content)]) + content


def wide(text: str) -> bytes:
    """A text in such a record."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(cells: dict[tuple[int, int], str | float], sheets: tuple[str, ...] = ("sheet1",)) -> bytes:
    """A binary workbook with these cells by row and column, from 0; sheets of other names are said to be in it too."""
    rows, columns = [row for row, _ in cells], [column for _, column in cells]
    named = b"".join(
        record(156, struct.pack("<II", 0, at) + wide(f"rId{at}") + wide(name)) for at, name in enumerate(sheets)
    )
    sheet = record(148, struct.pack("<4I", 0, max(rows, default=0), 0, max(columns, default=0))) + record(145)
    for (row, column), value in cells.items():
        head = struct.pack("<II", column, 0)
        content = (
            record(6, head + wide(value)) if isinstance(value, str) else record(5, head + struct.pack("<d", value))
        )
        sheet += record(0, struct.pack("<I", row) + bytes(13)) + content
    office = "http://schemas.openxmlformats.org"
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{office}/officeDocument/2006/relationships/worksheet" '
        f'Target="worksheets/{name}.bin"/>'
        for at, name in enumerate(sheets)
    )
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": record(131) + record(143) + named + record(144) + record(132),
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{office}/package/2006/relationships">{relations}'
            "</Relationships>",
            "xl/worksheets/sheet1.bin": record(129) + sheet + record(146) + record(130),
        }
    )
