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
from gmmfit.data.stored.stored import Part, usable
from gmmfit.errors import DataError
from gmmfit.files.read_columns import ColumnReader, RowCounts, Wanted
from gmmfit.files.read_rows import TableRows
from gmmfit.files.read_table import read_table
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import STDIN, Source, display_name
from gmmfit.files.tables.table import NoRowsError

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
        if not os.path.isfile(path):
            with Source(path):
                pass
    parts = [cluster.submitted(_part, os.path.abspath(path), wanted, reading) for path in paths]
    weighted = wanted.row_weights is not None or wanted.row_sds is not None
    rows, reports = distributed_rows(cluster, paths, parts, weighted)
    _say_again(paths, reports)
    counts: RowCounts = reduce(add, (report.counts for report in reports))
    counts.source, counts.sheet = source, None
    rows.n_missing = counts.n_missing + counts.n_invalid
    log.info(
        "%s rows of %d parts are in the memory of the workers, %s left out",
        *(f"{len(rows):,}", len(parts), f"{counts.n_read - counts.n_used:,}"),
    )
    return TableRows(rows.weighed(are_sds=wanted.row_sds is not None), counts)


def _part(path: str, wanted: Wanted, reading: Reading) -> Part:
    """The usable rows of a file, as a worker reads it."""
    if not os.path.exists(path):
        raise DataError(f"a worker finds no file {path!r}: workers read files themselves, where all have to see them")
    heard = _Heard()
    with heard, Source(path) as source:
        try:
            reader = ColumnReader(read_table(source, reading), wanted, in_memory=False)
        except NoRowsError:
            return Part(Rows(np.empty((0, 0)), np.empty(0), ()), Report(RowCounts(path, None), ()))
        rows = joined(usable(np.array(part.columns).T, part.weights, reader.names) for part in reader.parts())
    return Part(rows, Report(reader.counts, tuple(heard.said)))


class _Heard(logging.Handler):
    """Hears what is said in this thread, as long as it is open. On a worker nobody else does."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[tuple[int, str]] = []
        self.thread = threading.get_ident()
        log.setLevel(logging.INFO)
        log.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.said.append((record.levelno, record.getMessage()))

    def __enter__(self) -> Self:
        log.addHandler(self)
        return self

    def __exit__(self, *exception: object) -> None:
        log.removeHandler(self)


def _say_again(paths: Sequence[str], reports: Sequence[Report]) -> None:
    """Say here what was said where parts were read."""
    talking = [(path, report.said) for path, report in zip(paths, reports, strict=True) if report.said]
    for path, said in talking[:PARTS_SAID]:
        for level, message in said:
            log.log(level, "%s: %s", display_name(path), message)
    if len(talking) > PARTS_SAID:
        log.info("%d more parts have such notes", len(talking) - PARTS_SAID)
