"""The table in a source, whatever its format: content decides, not the name."""

import logging
import re
from pathlib import Path

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.other_formats import refuse_other_formats
from gmmfit.files.tables.parquet import read_parquet
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import STDIN, Source
from gmmfit.files.tables.table import Table
from gmmfit.files.texts.delimited import read_delimited
from gmmfit.files.texts.json_table import BEGINNING as JSON
from gmmfit.files.texts.json_table import read_json
from gmmfit.files.workbooks.archive import WORKBOOKS
from gmmfit.files.workbooks.workbook import read_workbook

log = logging.getLogger("gmmfit")

DELIMITED_NAME = re.compile(r"\.(csv|tsv|tab|txt)(\.\w+)?$", re.IGNORECASE)


def read_table(source: Source, reading: Reading, preferred: str | None = None) -> Table:
    """The table in a source: a workbook, of which a sheet may be preferred, or delimited text, compressed or not.

    Of a long text only the first part is read; `Table.more` reads the others.

    Raises:
        DataError: it can't be read, or holds no table.
        ArgumentError: an option doesn't apply to such a file.
    """
    start, file = source.peek(), source.name
    refuse_other_formats(start, file)
    is_workbook = start.startswith(WORKBOOKS)
    if reading.input_format == "json" or (reading.input_format is None and JSON.match(start)):
        if reading.input_format is None and DELIMITED_NAME.search(file):
            raise DataError(
                f"no columns in {file}: it is JSON, whatever its name says: add --input-format json (a model is named "
                "with -m, for fit with --init)"
            )
        _refuse(file, "JSON", **_options_of_text(reading), encoding=reading.encoding, sheet=reading.sheet)
        return read_json(source.read, file, reading)
    if start.startswith(b"PAR1") and reading.input_format in (None, "parquet"):
        return _parquet(source, reading)
    if reading.input_format == "parquet":
        raise DataError(f"{file} is not a Parquet file")
    if is_workbook or reading.input_format == "xlsx":
        quote = None if reading.quote == '"' else reading.quote
        _refuse(file, "a workbook", delimiter=reading.delimiter, encoding=reading.encoding, quote=quote)
        if is_workbook and reading.input_format not in (None, "xlsx"):
            raise ArgumentError(f"{file} is a workbook, not {reading.input_format}: leave --input-format out")
        table = read_workbook(source.read(), file, reading, preferred)
    else:
        _refuse(file, "a text, not a workbook", sheet=reading.sheet, visible=reading.visible or None)
        table = read_delimited(source.read, file, reading)
    log.debug("%s: columns %s", table.where, table.header.listed())
    return table


def _parquet(source: Source, reading: Reading) -> Table:
    """The table in a Parquet file, of which only what is needed is read where it lies on disk as it is."""
    _refuse(source.name, "a Parquet file", **_options_of_text(reading), encoding=reading.encoding, sheet=reading.sheet)
    on_disk = source.path != STDIN and not source.compression and Path(source.path).is_file()
    return read_parquet(Path(source.path) if on_disk else source.read(), source.name, reading)


def _refuse(file: str, kind: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise ArgumentError(f"--{name.replace('_', '-')} doesn't apply: {file} is {kind}")


def _options_of_text(reading: Reading) -> dict[str, object]:
    """The options that say where the names and the columns of a text are, None where they weren't given."""
    return {
        "header_row": reading.header_row,
        "last_row": reading.last_row,
        "comment": reading.comment,
        "delimiter": reading.delimiter,
        "no_header": reading.no_header or None,
        "quote": None if reading.quote == '"' else reading.quote,
        "visible": reading.visible or None,
    }
