"""Tables for many fits: their rows as they were recorded, with the labels that make groups."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import numpy as np

from gmmfit.data.labels import Labels
from gmmfit.data.selection import usable_rows
from gmmfit.errors import DataError
from gmmfit.files.read_columns import RowCounts, Wanted
from gmmfit.files.read_rows import TableRows, as_labels, read_recorded
from gmmfit.files.tables.table import Table
from gmmfit.fitting.many.job import FILE, RecordedTable, pooled, unsaid
from gmmfit.text import shown

log = logging.getLogger("gmmfit")


def read_groups(table: Table, wanted: Wanted, by: Sequence[str], each: bool, file: str) -> RecordedTable:
    """The rows of a whole table, with the labels of groups in its columns `by`, or of its file.

    Where each column is to be fitted and none is named, all are wanted that hold numbers and nothing else is said of.

    Raises:
        DataError: a column is absent, or holds what can't be used.
    """
    labels: dict[str, Labels] = {}
    positions = []
    for name in by:
        if name == FILE and FILE not in table.unique_names:
            labels[FILE] = np.full(table.n_rows, file, dtype=object)
            continue
        [position] = table.choose([name])
        positions.append(position)
        labels[table.unique_names[position]] = _labels(table, position)
    if each and not wanted.column and wanted.recording.interval is None:
        besides = [name for name in (wanted.row_weights, wanted.row_sds, wanted.labels) if name is not None]
        others = {*positions, *(table.choose(besides) if besides else [])}
        numeric = [at for at in range(len(table.columns)) if at not in others and table.is_numeric(at)]
        if not numeric:
            raise DataError(f"{table.where} has no numeric column to fit\n  Columns: {table.header.listed()}")
        wanted = replace(wanted, column=[table.unique_names[at] for at in numeric])
    # Which rows lack a value is a matter of each column, and said there.
    with unsaid(logging.WARNING) if each else nullcontext():
        read = read_recorded(table, wanted)
    counts, init_labels = read.counts, read.labels
    return RecordedTable(
        read.recorded,
        read.columns,
        read.recording,
        init_labels,
        labels,
        file if FILE in by else counts.source,
        counts.sheet,
        n_invalid=counts.n_invalid,
    )


def _labels(table: Table, position: int) -> Labels:
    """The labels in a column, None where missing."""
    [texts] = table.cells.texts([position])
    missing = table.reading.missing_texts
    labels = [None if text.strip() in missing else text for text in texts]
    if n := labels.count(None):
        where = shown(table.columns[position])
        log.info("%d rows of %s have no label in column %s, and are in no group", n, table.where, where)
    return as_labels(labels)


def pooled_rows(tables: Sequence[RecordedTable]) -> TableRows:
    """The rows of several tables with the same columns, as those of one.

    Raises:
        DataError: they have other columns, or no usable rows.
    """
    whole = pooled(tables)
    log.info("%d tables are pooled: --by file fits each", len(tables))
    selection = usable_rows(whole.recorded, whole.columns, whole.recording)
    n_missing = selection.n_missing - whole.n_invalid
    counts = RowCounts(whole.source, None, len(selection.values), n_missing, whole.n_invalid, selection.n_zero_weight)
    return TableRows(selection, counts, whole.init_labels)
