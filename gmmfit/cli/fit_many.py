"""What gmmfit fit does where several tables, groups or columns are fitted: read, fit, write them all."""

import logging
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from gmmfit.cli.messages import Progress, in_options, is_terminal, set_up_messages
from gmmfit.cli.requests import (
    PARAMETERS,
    Options,
    cluster_of,
    open_table,
    recording_of,
    refuse,
    style_of,
    wanted_rows,
    warn_of_the_same,
)

if TYPE_CHECKING:
    from gmmfit.fitting.many.group_fit import GroupFit
    from gmmfit.fitting.many.job import Job, RecordedTable
    from gmmfit.fitting.many.shared import Shared

log = logging.getLogger("gmmfit")

# The options that say something about a single fit.
OF_ONE_FIT = {"history", "plot", "chunk_rows"}
# Groups without a fit that are named; the others are counted.
NAMED = 5
FAILED, NOT_CONVERGED = 1, 3


def is_many(options: Options) -> bool:
    """Whether several fits are asked for."""
    return bool(options["by"]) or options["each"]


def fit_many(ctx: click.Context, options: Options) -> int:
    """Fit each group, or each column, and write all; the exit status."""
    from gmmfit.files.results.fits_writer import FITS_FORMATS, write_fits
    from gmmfit.files.results.output import open_output, refuse_over_inputs
    from gmmfit.files.results.writers import format_of
    from gmmfit.fitting.many.fit_many import fits_of

    on_terminal = options["output"] is None and is_terminal(sys.stdout)
    kind = format_of(options["output"], options["format"], "table" if on_terminal else "jsonl", (*FITS_FORMATS, "json"))
    line = set_up_messages(ctx, options["quiet"], options["verbose"], options["progress"])
    refuse(ctx, OF_ONE_FIT, "this is of a single fit")
    if options["long"] and kind not in ("csv", "tsv"):
        raise click.UsageError(f"--long is for csv and tsv, not for {kind}: leave it out", ctx)
    if kind not in FITS_FORMATS:
        raise click.UsageError(f"many fits are no {kind}: name the output .jsonl, .csv, .tsv or .xlsx", ctx)
    inputs = {f"DATA {number}": path for number, path in enumerate(options["data"], start=1)}
    refuse_over_inputs({"`output`": options["output"]}, inputs | {"`init`": options["init"]})
    style = style_of(ctx, options, kind)
    job = _job(ctx, options, line)
    told = _Told(line, len(job))
    width = shutil.get_terminal_size().columns if on_terminal else None
    cluster = None if options["dask"] is None else ctx.with_resource(cluster_of(options, line))
    with open_output(options["output"]) as stream:
        fits = told.listening(fits_of(job, options["jobs"], line.report, options["share"], cluster))
        write_fits(stream, fits, kind, style, options["long"], options["each"], width)
    return told.status(options["strict"])


def _job(ctx: click.Context, options: Options, line: Progress) -> "Job":
    """The tables that are named, and what of them is to be fitted."""
    from gmmfit.files.results.models import read_model
    from gmmfit.fitting.many.job import FILE, job_of, pooled, with_same_groups

    by = options["by"] or ()
    arguments = {name: options[name] for name in PARAMETERS}
    arguments["init"] = None if options["init"] is None else read_model(options["init"]).mixture
    if FILE not in by:
        warn_of_the_same(options["data"])
    tables = read_tables(ctx, options, line, by)
    tables = with_same_groups(tables) if FILE in by else [pooled(tables)]
    return job_of(tuple(tables), options["each"], arguments)


def read_tables(ctx: click.Context, options: Options, line: Progress, by: Sequence[str] = ()) -> "list[RecordedTable]":
    """The tables in each DATA; where each file is a group one that can't be read has the reason in its place.

    Raises:
        DataError: a table can't be read.
    """
    from gmmfit.errors import DataError
    from gmmfit.files.read_groups import read_groups
    from gmmfit.files.tables.table import NoRowsError
    from gmmfit.fitting.many.job import FILE, unread

    tables, paths = [], options["data"] or (None,)
    for path in paths:
        own, name = options | {"data": path}, path or "stdin"
        try:
            table = open_table(ctx, own, line.read).whole()
            wanted = wanted_rows(own, recording_of(own), own["init_by"])
            tables.append(read_groups(table, wanted, by, own["each"], name))
        except DataError as error:
            if isinstance(error, NoRowsError) and len(paths) > 1 and FILE not in by:
                log.info("%s", error)
                continue
            if len(paths) == 1 or FILE not in by:
                raise
            tables.append(unread(name, str(error), by))
    if not tables:
        raise NoRowsError(f"no data rows in any of the {len(paths)} files")
    return tables


def _in_options(one: "GroupFit") -> "GroupFit":
    """A fit whose sentences speak of options, which were typed, and not of parameters."""
    fit, error = one.fit, in_options(one.error)
    if fit is None:
        return replace(one, error=error)
    return replace(one, fit=replace(fit, reason=in_options(fit.reason), warnings=tuple(map(in_options, fit.warnings))))


class _Told:
    """Says of many fits which have failed, and how the others ended."""

    def __init__(self, line: Progress, n: int) -> None:
        self.line, self.n, self.counts = line, n, Counter[str]()
        self.n_warned = 0
        self.shared: list[Shared] = []

    def listening(self, fits: Iterable["GroupFit"]) -> Iterator["GroupFit"]:
        """The same fits, of which those without one are named as they come."""
        for one in fits:
            self.counts[one.status] += 1
            if one.fit is None and self.counts[one.status] <= NAMED:
                log.warning("%s: no fit: %s", one.name, one.error.splitlines()[0])
            if one.shared is not None and one.shared not in self.shared:
                self.shared.append(one.shared)
            one = _in_options(one)
            self.n_warned += one.fit is not None and bool(one.fit.warnings)
            yield one
        self.line.wipe()

    def status(self, strict: bool) -> int:
        """The exit status, after how many fits ended how was said."""
        from gmmfit.fitting.many.group_fit import FAILED as NO_FIT

        n_failed = self.counts[NO_FIT]
        if n_failed > NAMED:
            log.warning("%d of %d have no fit: the result says why", n_failed, self.n)
        for shared in self.shared:
            log.info("%s", shared.sentence())
        if self.n_warned:
            log.info("%d of %d fits have warnings: they are in the result (.jsonl, .xlsx)", self.n_warned, self.n)
        if n_failed == self.n or (strict and n_failed):
            return FAILED
        others = {status for status, count in self.counts.items() if count} - {NO_FIT, "converged"}
        return NOT_CONVERGED if strict and others else 0
