"""A table in parts, each a file that a worker of a cluster reads, and whose rows it keeps."""

import logging
import os
import threading
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from gmmfit.data.rows import Rows, joined
from gmmfit.data.stored.distributed_rows import distributed_rows
from gmmfit.data.stored.stored import LoadedPart, complete_rows
from gmmfit.errors import DataError
from gmmfit.files.read_columns import ColumnReader, RowCounts, Wanted
from gmmfit.files.read_rows import TableRows
from gmmfit.files.read_table import read_table
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import STDIN, Source
from gmmfit.files.tables.table import NoRowsError
from gmmfit.text import rows_said

if TYPE_CHECKING:
    from gmmfit.data.dask import Cluster

log = logging.getLogger("gmmfit")

# Parts of which is said what was said of reading them; the others are counted.
PARTS_SAID = 3


class Report(NamedTuple):
    """What became of the rows of a part, and what was said of it, each with its level."""

    counts: RowCounts
    said: tuple[tuple[int, str], ...]


def read_parts(cluster: "Cluster", paths: Sequence[str], wanted: Wanted, reading: Reading, source: str) -> TableRows:
    """The usable rows of files with the same columns, in the memory of a cluster's workers; source is what they are.

    Raises:
        DataError: a file can't be read, has other columns, or holds what can't be used.
        ArgumentError: an option doesn't apply to such a file.
    """
    for path in paths:
        if path == STDIN:
            raise DataError("workers read files by their names, not standard input: name DATA, or leave `dask` out")
        if not os.path.exists(path):
            Source(path)  # which says so
        if not os.path.isfile(path):
            raise DataError(f"{path!r} is no file that workers could read by its name: write the table to one")
    parts = [cluster.submitted(_part, os.path.abspath(path), wanted, reading) for path in paths]
    weighted = wanted.row_weights is not None or wanted.row_sds is not None
    rows, reports = distributed_rows(cluster, paths, parts, weighted)
    _say_again(paths, reports)
    counts: RowCounts = reduce(add, (report.counts for report in reports))
    counts.source, counts.sheet = source, None
    if rows is None:
        if counts.n_read:
            counts.check_some_used()
        raise NoRowsError(f"no data rows in any of the {len(paths)} files")
    rows.n_missing = counts.n_missing + counts.n_invalid
    left_out = counts.n_read - counts.n_used
    log.info(
        "%s of %s in the memory of the workers%s",
        rows_said(len(rows)),
        "1 part are" if len(parts) == 1 else f"{len(parts):,} parts are",
        f", {left_out:,} left out" if left_out else "",
    )
    return TableRows(rows.weighed(are_sds=wanted.row_sds is not None), counts)


def _part(path: str, wanted: Wanted, reading: Reading) -> LoadedPart:
    """The usable rows of a file, as a worker reads it."""
    if not os.path.exists(path):
        raise DataError(f"a worker finds no file {path!r}: workers read files themselves, where all have to see them")
    with _Heard() as heard, Source(path) as source:
        try:
            reader = ColumnReader(read_table(source, reading), wanted, in_memory=False)
        except NoRowsError:
            heard.said.append((logging.INFO, "no data rows, only a header"))
            nothing = Rows(np.empty((0, 0)), np.empty(0), ())
            return LoadedPart(nothing, Report(RowCounts(path, None), tuple(heard.said)))
        rows = joined(complete_rows(np.array(part.columns).T, part.weights, reader.names) for part in reader.parts())
    return LoadedPart(rows, Report(reader.counts, tuple(heard.said)))


class _Heard(logging.Handler):
    """Hears what is said in this thread as long as it is open, and nobody else does. Threads may meet in this."""

    counting, n_open, before = threading.Lock(), 0, (logging.NOTSET, True)

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[tuple[int, str]] = []
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.said.append((record.levelno, record.getMessage()))

    def __enter__(self) -> Self:
        with _Heard.counting:
            if not _Heard.n_open:
                _Heard.before = log.level, log.propagate
                log.setLevel(logging.INFO)
                log.propagate = False
            _Heard.n_open += 1
            log.addHandler(self)
        return self

    def __exit__(self, *exception: object) -> None:
        with _Heard.counting:
            log.removeHandler(self)
            _Heard.n_open -= 1
            if not _Heard.n_open:
                level, log.propagate = _Heard.before
                log.setLevel(level)


def _say_again(paths: Sequence[str], reports: Sequence[Report]) -> None:
    """Say here what was said where parts were read: of those first that have a warning."""
    talking = [(path, report.said) for path, report in zip(paths, reports, strict=True) if report.said]
    talking.sort(key=lambda one: -max(level for level, _ in one[1]))
    for path, said in talking[:PARTS_SAID]:
        for level, message in said:
            log.log(level, "%s: %s", path, message)
    others = [said for _, said in talking[PARTS_SAID:]]
    if others:
        more = "1 more part has" if len(others) == 1 else f"{len(others):,} more parts have"
        log.log(max(level for said in others for level, _ in said), "%s such notes", more)
