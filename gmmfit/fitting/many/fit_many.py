"""gmmfit.fit_many: a fit of each group of a table, or of each of its columns."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from gmmfit.data.chunks import Progress, no_progress
from gmmfit.data.recording import Recording
from gmmfit.data.select import labels_of, numeric_names, record_rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.many.group_fit import Fits, GroupFit
from gmmfit.fitting.many.job import FILE, Job, RecordedTable, job_of, pooled, unread
from gmmfit.fitting.many.workers import Workers

# The parameters of `fit` that say how rows are recorded.
RECORDING = ("rounded", "interval", "name", "censored", "truncated", "errors", "labels", "label_names", "missing")


def fit_many(
    data: Any,
    components: int | Sequence[int] | None = None,
    *,
    by: str | Sequence[str] = (),
    each: bool = False,
    column: str | Sequence[str] | None = None,
    row_weights: Any = None,
    row_sds: Any = None,
    jobs: int | None = None,
    report_progress: Progress = no_progress,
    **options: Any,
) -> Fits:
    """Fit a mixture to each group of a table, or to each of its columns.

    data is a table with named columns, or its file; or a list of files, or of pairs of a name and a table, which are
    pooled unless `by` names "file". Everything else is as in `gmmfit.fit`, whose other parameters are taken too; each
    group is fitted as it would be alone.

    by      a column of labels, or several: each combination that occurs is a group
    each    fit each of the columns by itself
    jobs    processes that work at the fits; by default as many as there are cores, and never more than fits

    >>> fit_many({"sex": ["F", "F", "M", "M"], "height": [160, 166, 174, 182]}, 1, by="sex", column="height")
    Fits: 2 groups, 2 converged

    Raises:
        ArgumentError: an argument is wrong, or there is nothing to tell groups by.
        DataError: a column is absent, or holds what can't be used. What is wrong with a group, or with one of several
            files, is said in its place.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names and not each:
        raise ArgumentError("many fits of what? Name a column of labels with `by`, or fit `each` column")
    recording = Recording(**{name: options.pop(name) for name in RECORDING if name in options})
    several = data if isinstance(data, list) else [("", data)]
    tables = []
    for file, table in several:
        try:
            tables.append(_recorded_table(file, table, column, row_weights, row_sds, recording, names, each))
        except DataError as error:
            if not isinstance(data, list) or FILE not in names:
                raise
            tables.append(unread(file, str(error), names))
    of_all = tables if FILE in names else [pooled(tables)]
    job = job_of(tuple(of_all), each, {"components": components} | options)
    return Fits(list(fits_of(job, jobs, report_progress)))


def _recorded_table(
    file: str,
    table: Any,
    column: str | Sequence[str] | None,
    row_weights: Any,
    row_sds: Any,
    recording: Recording,
    by: tuple[str, ...],
    each: bool,
) -> RecordedTable:
    """A table as it was recorded, with the labels that make groups; an error in its place is raised."""
    if isinstance(table, DataError):
        raise table
    if each and column is None:
        column = numeric_names(table, [*by, row_weights, row_sds])
    recorded, columns = record_rows(table, column, row_weights, row_sds, recording, by)
    n = len(recorded.values)
    labels = {name: labels_of(table, name, n) if name != FILE else np.full(n, file, dtype=object) for name in by}
    return RecordedTable(recorded, columns, recording, None, labels, file)


def fits_of(job: Job, jobs: int | None = None, report_progress: Progress = no_progress) -> Iterator[GroupFit]:
    """The fits of a job in their order, by so many processes, or here if that is one.

    Any number of them gives the same fits.
    """
    n = min(len(job), jobs or os.cpu_count() or 1)
    if n > 1:
        with Workers(job.with_arguments(jobs=1), n) as workers:
            yield from _counted(workers.results(range(len(job))), len(job), report_progress)
    else:
        yield from _counted(map(job.fit, range(len(job))), len(job), report_progress)


def _counted(fits: Iterator[GroupFit], n: int, report_progress: Progress) -> Iterator[GroupFit]:
    for done, one in enumerate(fits, start=1):
        report_progress(partial("fit {} of {}".format, done, n))
        yield one
