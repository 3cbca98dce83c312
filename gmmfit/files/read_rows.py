"""Rows of a table: columns as numbers, weights, labels; and what became of the others."""

import logging
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gmmfit.data.labels import Labels
from gmmfit.data.progress import Progress, no_progress
from gmmfit.data.recorded import Recorded
from gmmfit.data.recording import Recording
from gmmfit.data.selection import Selection, usable_rows
from gmmfit.data.stored.chunks import Chunks
from gmmfit.data.stored.stored import Stored, complete_rows
from gmmfit.errors import DataError
from gmmfit.files.read_columns import ColumnReader, RowCounts, Wanted
from gmmfit.files.tables.table import Table
from gmmfit.text import shown

log = logging.getLogger("gmmfit")


class TableRows(NamedTuple):
    """The rows of a table: a Selection, or those that can be used, stored; and labels (N,) of all, None if missing.

    label_column is the name of the column that they come from.
    """

    rows: Selection | Stored
    counts: RowCounts
    labels: Labels | None = None
    label_column: str | None = None


def columns_of_model(table: Table, wanted: Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    """The columns to put under a model: those that are wanted, else the model's own.

    Raises:
        DataError: the table lacks one of the model's.
    """
    absent = sorted(set(columns) - set(table.unique_names), key=columns.index)
    if absent and not wanted:
        raise DataError(
            f"{table.where} has no column {shown(absent[0])}, which the model was fitted to: name another with --column"
            f"\n  Columns: {table.header.listed()}{table.about_the_header()}"
        )
    return wanted or columns


def recording_in(table: Table, recording: Recording, columns: Sequence[str]) -> Recording:
    """How the rows of a table were recorded, if a model's rows were intervals; a table with values has values."""
    absent = recording.interval is not None and not set(recording.interval) <= set(table.unique_names)
    if not absent or columns[0] not in table.unique_names:
        return recording
    log.info("%s has values in column %s, and no intervals as the model's rows", table.where, shown(columns[0]))
    return replace(recording, interval=None, name=None)


class RecordedRows(NamedTuple):
    """The rows of a table as they were recorded, of columns by name, before it is looked at which can be used.

    labels (N,) are of all rows, None where missing, and label_column is the name of the column that they come from.
    """

    recorded: Recorded
    columns: tuple[str, ...]
    recording: Recording
    counts: RowCounts
    labels: Labels | None = None
    label_column: str | None = None


def read_rows(table: Table, wanted: Wanted) -> TableRows:
    """The rows of a table, in memory; said is which can't be used.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
    """
    read = read_recorded(table, wanted)
    read.counts.check_some_used()
    selection = usable_rows(read.recorded, read.columns, read.recording)
    return TableRows(selection, read.counts, read.labels, read.label_column)


def read_recorded(table: Table, wanted: Wanted) -> RecordedRows:
    """The rows of a table, in memory, usable or not; said is which aren't.

    Raises:
        DataError: a column is absent, or holds what can't be used.
    """
    reader = ColumnReader(table, wanted)
    # These grow where they are: joining parts at the end would need the memory twice.
    columns, signs = [array("d") for _ in reader.positions], [array("b") for _ in reader.positions]
    errors, weighing = [array("d") for _ in reader.errors], array("d")
    labels, of_components = list[str | None](), list[str | None]()
    for part in reader.parts():
        for growing, numbers in zip([*columns, *errors], [*part.columns, *part.errors], strict=True):
            growing.frombytes(numbers.tobytes())
        for growing_signs, limits in zip(signs, part.limits, strict=True):
            growing_signs.frombytes(limits.tobytes())
        weighing.frombytes(b"" if part.weights is None else part.weights.tobytes())
        labels += part.labels
        of_components += part.of_components
    recording, arrays = reader.recording, [np.frombuffer(column) for column in columns]
    low = high = None
    if recording.interval is not None:
        low, high = (ends[:, None] for ends in arrays)
        values = low
    else:
        values = arrays[0][:, None] if len(arrays) == 1 else np.array(arrays).T
    if recording.censored:
        sign = np.array([np.frombuffer(column, np.int8) for column in signs]).T
        low, high = np.where(sign < 0, np.nan, values), np.where(sign > 0, np.nan, values)
    weights = np.frombuffer(weighing) if weighing else None
    by_sds = wanted.row_sds is not None
    recorded = Recorded(
        values,
        low,
        high,
        reader.errors_in(errors, len(values)),
        as_labels(of_components) if of_components else None,
        None if by_sds else weights,
        weights if by_sds else None,
    )
    names = reader.names if recording.interval is None else (recording.column_name(),)
    if reader.labelled is None:
        return RecordedRows(recorded, names, recording, reader.counts)
    label_column = table.unique_names[reader.labelled]
    return RecordedRows(recorded, names, recording, reader.counts, as_labels(labels), label_column)


def as_labels(texts: Sequence[str | None]) -> Labels:
    """Texts as labels."""
    labels = np.empty(len(texts), dtype=object)
    labels[:] = texts
    return labels


def read_chunks(table: Table, wanted: Wanted, chunk_rows: int, report_progress: Progress = no_progress) -> TableRows:
    """The rows of a table that can be used, in a temporary file, of which so many at a time will be in memory.

    Raises:
        DataError: a column is absent, or holds what can't be used; a row is missing and may not be.
        OutputError: the temporary file can't be written.
    """
    reader = ColumnReader(table, wanted, in_memory=False)
    chunks = Chunks(reader.names, chunk_rows, reader.weighing is not None, report_progress)
    try:
        for part in reader.parts():
            chunks.append(complete_rows(np.array(part.columns).T, part.weights, chunks.columns))
        chunks.n_missing = reader.counts.n_missing + reader.counts.n_invalid
        reader.counts.check_some_used()
    except BaseException:
        chunks.close()
        raise
    log.info("%d rows are kept in a temporary file, and read again at every pass", len(chunks))
    return TableRows(chunks.weighed(are_sds=wanted.row_sds is not None), reader.counts)
