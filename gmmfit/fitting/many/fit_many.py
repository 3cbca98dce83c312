"""gmmfit.fit_many: a fit of each group of a table, or of each of its columns."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gmmfit.arrays import column_names
from gmmfit.data.clusters import open_cluster
from gmmfit.data.progress import Progress, no_progress
from gmmfit.data.recording import Recording
from gmmfit.data.select import labels_of, numeric_names, record_rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.many.drawn_groups import DrawnGroups, by_drawn_groups
from gmmfit.fitting.many.group_fit import Fits, GroupFit
from gmmfit.fitting.many.job import FILE, Job, RecordedTable, job_of, pooled, unread, unsaid, with_same_groups
from gmmfit.fitting.many.shared import check_sharing, fit_shared
from gmmfit.fitting.many.workers import Parts, Workers

if TYPE_CHECKING:
    from gmmfit.data.dask import Cluster

# The parameters of `fit` that say how rows are recorded.
RECORDING = ("rounded", "interval", "name", "censored", "truncated", "errors", "labels", "label_names", "missing")


def fit_many(
    data: Any,
    components: int | Sequence[int] | None = None,
    *,
    by: str | Sequence[str] = (),
    each: bool = False,
    share: str | Sequence[str] = (),
    column: str | Sequence[str] | None = None,
    row_weights: Any = None,
    row_sds: Any = None,
    init_by: Any = None,
    jobs: int | None = None,
    dask: Any = None,
    report_progress: Progress = no_progress,
    **options: Any,
) -> Fits:
    """Fit a mixture to each group of a table, or to each of its columns.

    data is a table with named columns, or its file; or a list of files, or of pairs of a name and a table, which are
    pooled unless `by` names "file". Everything else is as in `gmmfit.fit`, whose other parameters are taken too; each
    group is fitted as it would be alone.

    by      a column of labels, or several: each combination that occurs is a group
    each    fit each of the columns by itself
    share   weights, means, sds, or several: the groups of a column are fitted together with these in common, the k-th
            components of all, and tested against the fits of each by itself; with a `bootstrap` by drawn tables
    jobs    processes that work at the fits; by default as many as there are cores, and never more than fits
    dask    a Client of a Dask cluster, or the address of its scheduler, whose workers are to do that

    >>> fit_many({"sex": ["F", "F", "M", "M"], "height": [160, 166, 174, 182]}, 1, by="sex", column="height")
    Fits: 2 groups, 2 converged

    Raises:
        ArgumentError: an argument is wrong, or there is nothing to tell groups by.
        DataError: a column is absent, or holds what can't be used. What is wrong with a group, or with one of several
            files, is said in its place.
    """
    names = (by,) if isinstance(by, str) else tuple(by or ())
    if not names and not each:
        raise ArgumentError("many fits of what? Name a column of labels with `by`, or fit `each` column")
    recording = Recording(**{name: options.pop(name) for name in RECORDING if name in options})
    if jobs is not None and not (isinstance(jobs, int) and jobs >= 1):
        raise ArgumentError(f"`jobs` is {jobs!r}; it must be a whole number, at least 1")
    several = data if isinstance(data, list) else [("", data)]
    if not several or not all(isinstance(one, tuple) and len(one) == 2 for one in several):
        raise ArgumentError("several tables are a list of files, or of pairs of a name and a table")
    tables = []
    for file, table in several:
        try:
            tables.append(_recorded_table(file, table, column, (row_weights, row_sds, init_by), recording, names, each))
        except DataError as error:
            if not isinstance(data, list) or FILE not in names:
                raise
            tables.append(unread(file, str(error), names))
    of_all = with_same_groups(tables) if FILE in names else [pooled(tables)]
    job = job_of(tuple(of_all), each, {"components": components} | options)
    asked = (share,) if isinstance(share, str) else tuple(share)
    if dask is None:
        return Fits(list(fits_of(job, jobs, report_progress, asked)))
    with open_cluster(dask, report_progress=report_progress) as cluster:
        return Fits(list(fits_of(job, jobs, report_progress, asked, cluster)))


def _recorded_table(
    file: str,
    table: Any,
    column: str | Sequence[str] | None,
    besides: tuple[Any, Any, Any],
    recording: Recording,
    by: tuple[str, ...],
    each: bool,
) -> RecordedTable:
    """A table as it was recorded, with the labels that make groups; an error in its place is raised.

    besides are the weights and the sds of its rows, and labels of components to start from.
    """
    row_weights, row_sds, init_by = besides
    if isinstance(table, DataError):
        raise table
    if each and column is None:
        column = numeric_names(table, [*by, *besides, recording.labels, recording.errors])
    recorded, columns = record_rows(table, column, row_weights, row_sds, recording, by)
    n = len(recorded.values)
    own = column_names(table) or ()
    of_file = np.full(n, file, dtype=object)
    labels = {name: of_file if name == FILE and FILE not in own else labels_of(table, name, n) for name in by}
    init_labels = None if init_by is None else labels_of(table, init_by, n)
    return RecordedTable(recorded, columns, recording, init_labels, labels, file)


def fits_of(
    job: Job,
    jobs: int | None = None,
    report_progress: Progress = no_progress,
    share: Sequence[str] = (),
    cluster: "Cluster | None" = None,
) -> Iterator[GroupFit]:
    """The fits of a job in their order, by so many processes, or here if that is one; with what groups share.

    Any number of them gives the same fits, and so do the workers of a cluster.
    """
    if not share:
        return _fits_apart(job, jobs, report_progress, cluster)
    check_sharing(share, job.arguments)
    # A bootstrap is then that of the test.
    apart = [*_fits_apart(job.with_arguments(bootstrap=None), jobs, report_progress, cluster)]
    statistics = partial(_done, "drawn table", jobs=jobs, report_progress=report_progress, cluster=cluster)
    return iter(_sharing(job, apart, share, statistics))


def _sharing(
    job: Job, apart: list[GroupFit], share: Sequence[str], statistics: Callable[[DrawnGroups], Iterator[float]]
) -> list[GroupFit]:
    """The same with parameters in common of the groups of each column; a group without a fit stays without one."""
    found, n_tables = list(apart), job.arguments.get("bootstrap")
    of_columns: dict[tuple[str, ...], list[int]] = {}
    for number, one in enumerate(apart):
        if one.fit is not None:
            of_columns.setdefault(one.columns, []).append(number)
    for numbers in of_columns.values():
        groups = [job.selection(number) for number in numbers]
        with unsaid():
            fits, shared = fit_shared(
                groups, [fit for number in numbers if (fit := apart[number].fit) is not None], share
            )
        if n_tables and not shared.why:
            shared = by_drawn_groups(shared, fits, job.arguments, n_tables, statistics)
        for number, fitted in zip(numbers, fits, strict=True):
            found[number] = replace(apart[number], fit=fitted, shared=shared)
    return found


def _fits_apart(job: Job, jobs: int | None, report_progress: Progress, cluster: "Cluster | None") -> Iterator[GroupFit]:
    """Each part by itself; a single one has threads for its bootstrap, and of many each has one."""
    of_each = jobs if len(job) == 1 and cluster is None else 1
    return _done("fit", job.with_arguments(jobs=of_each), jobs, report_progress, cluster)


def _done(
    what: str, job: Parts, jobs: int | None, report_progress: Progress, cluster: "Cluster | None"
) -> Iterator[Any]:
    """What the parts of a job give, in their order, by the cluster, by so many processes, or here if that is one."""
    numbers, n = range(len(job)), min(len(job), jobs or os.cpu_count() or 1)
    with ExitStack() as opened:
        if cluster is not None:
            found = cluster.each(_only_part, map(job.alone, numbers))
        elif n > 1:
            found = opened.enter_context(Workers(job, n)).results(numbers)
        else:
            found = map(job.fit, numbers)
        for number, one in enumerate(found, start=1):
            report_progress(partial("{} {} of {}".format, what, number, len(job)))
            yield one


def _only_part(job: Parts) -> Any:
    """What the part of a job that has one gives."""
    return job.fit(0)
