"""What the options that commands share ask for: a table to read, its rows, and how a result is written."""

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gmmfit.cli.messages import is_terminal
from gmmfit.cli.options import option_name
from gmmfit.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from gmmfit.cli.messages import Progress
    from gmmfit.data.dask import Cluster
    from gmmfit.data.recording import Recording
    from gmmfit.files.read_columns import Wanted
    from gmmfit.files.results.models import Model
    from gmmfit.files.results.writers import Style
    from gmmfit.files.tables.reading import Reading
    from gmmfit.files.tables.source import OnBytes, Source
    from gmmfit.files.tables.table import Table

log = logging.getLogger("gmmfit")

Options = dict[str, Any]
# What stands for a cluster that is started here, in place of an address.
LOCAL = "local"
# The options that are parameters of gmmfit.fit as they are; init is a file here, and rows are read from one.
PARAMETERS = (
    *(
        "components",
        "covariance",
        "transform",
        "noise",
        "noise_range",
        "constrain",
        "criterion",
        "init_weights",
        "init_means",
        "init_sds",
        "init_method",
        "starts",
    ),
    *("fix", "seed", "tol", "tol_type", "max_iter", "accelerate", "min_sd", "order", "se", "confidence", "cutoff"),
    *("bootstrap", "jobs"),
)


def given_options(ctx: click.Context) -> set[str]:
    """The parameters that were typed."""
    return {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def refuse(ctx: click.Context, names: set[str], why: str) -> None:
    """Raise a usage error where one of these options was typed."""
    if names := names & given_options(ctx):
        raise click.UsageError(f"{why}: leave out {', '.join(map(option_name, sorted(names)))}", ctx)


def expanded(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths, of which those that are patterns of a shell are the files that they match, and folders the files in them.

    A file in a folder whose name begins with `.` or `_` is none of the table's.

    Raises:
        DataError: there is none in a folder.
    """
    found = {path: _files_in(path) for path in paths}
    for path, files in found.items():
        if not files and os.path.isdir(path):
            raise DataError(f"no files in the folder {path!r}: name another")
    return tuple(file for path in paths for file in found[path] or [path])


def _files_in(path: str) -> list[str]:
    """The files in a folder and its folders, or those that match a pattern; none of a path to a file, or to nothing.

    Raises:
        DataError: a folder can't be read.
    """
    from glob import glob

    if os.path.isdir(path):
        found, folders = list[str](), [path]
        seen = {os.path.realpath(path)}  # a link may lead back
        while folders:
            folder = folders.pop()
            try:
                entries = [*os.scandir(folder)]
            except OSError as error:
                raise DataError(f"can't read the folder {folder!r}: {error.strerror}") from None
            for entry in entries:
                if entry.name[0] in "._" or os.path.realpath(entry.path) in seen:
                    continue
                if entry.is_dir():
                    seen.add(os.path.realpath(entry.path))
                    folders.append(entry.path)
                elif entry.is_file() or not os.path.exists(entry.path):  # a broken link is told of as that
                    found.append(entry.path)
        return sorted(found)
    matching = [] if os.path.exists(path) else sorted(glob(path))
    return [file for match in matching for file in (_files_in(match) if os.path.isdir(match) else [match])]


def warn_of_the_same(paths: Sequence[str]) -> None:
    """Warn of files that are read twice, under one name or several."""
    seen = dict[str, str]()
    for path in paths:
        first = seen.setdefault(os.path.realpath(path), path)
        if first is not path:
            log.warning("%s is the same file as %s: its rows count twice", path, first)


def refuse_one_input_for_two(ctx: click.Context, data: str | None, model: str | None, what: str) -> None:
    """Raise a usage error where both the table and a model come from standard input."""
    from gmmfit.files.tables.source import STDIN

    if model == STDIN and data in (None, STDIN):
        raise click.UsageError(f"DATA and {what} can't both be standard input: name a file for one of them", ctx)


def style_of(ctx: click.Context, options: Options, kind: str, no_header: bool = False) -> "Style":
    """How a table of a kind is written.

    Raises:
        UsageError: an option says nothing about the kind.
    """
    from gmmfit.files.results.writers import Style

    for name in ("bom", "excel_safe"):
        if options[name] and kind not in ("csv", "tsv"):
            raise click.UsageError(f"{option_name(name)} is for csv and tsv, not for {kind}", ctx)
    if kind == "html" and options["digits"] is not None:
        raise click.UsageError("a report has six digits, or two of each standard error: leave --digits out", ctx)
    if no_header and kind == "jsonl":
        raise click.UsageError("--no-header says nothing about jsonl, whose rows name their cells", ctx)
    return Style(options["digits"], options["bom"], no_header, options["excel_safe"])


def open_data(ctx: click.Context, options: Options, on_bytes: "OnBytes | None" = None) -> "tuple[Source, Reading]":
    """DATA, or standard input, to be read as the reading options say."""
    from gmmfit.files.tables.source import STDIN, Source

    path = options["data"]
    if path is None and (sys.stdin is None or is_terminal(sys.stdin)):
        raise click.UsageError("no DATA: name a file, or pipe a table in", ctx)
    return ctx.with_resource(Source(STDIN if path is None else path, on_bytes)), reading_of(options)


def reading_of(options: Options) -> "Reading":
    """How the options say that a table is read."""
    from gmmfit.files.tables.reading import Reading

    return Reading(**{field.name: options[field.name] for field in fields(Reading)})


def cluster_of(options: Options, line: "Progress") -> "Cluster":
    """The cluster that --dask asks for: the workers of an address, or as many as --jobs says that are started here.

    Raises:
        ArgumentError: there is none, or both are asked for.
    """
    from gmmfit.data.clusters import open_cluster

    address = options["dask"]
    if address != LOCAL and options["jobs"] is not None and options["bootstrap"] is None:
        raise ArgumentError(f"`jobs` are started here, and the workers of {address} are there: leave one of them out")
    return open_cluster(None if address == LOCAL else address, options["jobs"], line.report)


def open_table(ctx: click.Context, options: Options, on_bytes: "OnBytes | None" = None) -> "Table":
    """The table in DATA, or in standard input, of which the first part is read."""
    from gmmfit.files.read_table import read_table

    return read_table(*open_data(ctx, options, on_bytes))


def recording_of(options: Options, model: "Model | None" = None) -> "Recording":
    """What the options say of the rows; for the rest how those that a model was fitted to were recorded.

    What the options say of reading the table is changed with that.
    """
    from gmmfit.data.recording import Recording

    if options["interval"] is not None and options["column"]:
        raise ArgumentError("`interval` is in place of `column`, and `name` names the result: leave `column` out")
    said = Recording(**{field.name: options[field.name] for field in fields(Recording)})
    if model is None:
        return said
    name = model.columns[0] if model.recording.interval is not None and model.columns else None
    chosen = tuple(name for text in options["column"] for name in text.split(","))
    of_model = replace(model.recording, name=name).for_columns(model.columns, chosen)
    recording = said.over(of_model, by_column=bool(chosen))
    options["censored"] = recording.censored
    if model.are_counted and options["row_weights"] is None:
        log.warning("the rows of the model had counts: if these have, name them by --row-weights")
    return recording


def wanted_rows(options: Options, recording: "Recording", labels: str | None = None) -> "Wanted":
    """The rows that the reading options ask for, and how they were recorded, with a column of labels."""
    from gmmfit.files.read_columns import Wanted

    return Wanted(options["column"], options["row_weights"], options["row_sds"], labels, recording)
