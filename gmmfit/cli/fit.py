"""gmmfit fit: read a table, fit, write the mixture."""

import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.messages import Progress, in_options, is_terminal, talk
from gmmfit.cli.options import (
    DATA,
    QUIET,
    VERBOSE,
    Counts,
    Names,
    SectionedCommand,
    numbers_option,
    one_of,
    option,
    output_options,
    pop,
    read_data,
    reading_options,
    take_style,
    together,
)
from gmmfit.fitting.settings import COVARIANCES, CRITERIA, FIXABLE, INIT_METHODS, ORDERS, TOL_TYPES, Settings
from gmmfit.plots.names import MOST_COLUMNS, PICTURE_FORMATS

if TYPE_CHECKING:
    from gmmfit.fitting.em.step import Step
    from gmmfit.fitting.result import Fit

NOT_CONVERGED = 3
# Columns of a terminal from which on a picture stands in the report.
WIDE_ENOUGH = 60

_model_options = together(
    [
        option(
            "Model",
            "-k",
            "--components",
            type=Counts(),
            metavar="K",
            help="Number of components, or several to compare: 1-6, or 1,2,4. [default: that of the inits]",
        ),
        option(
            "Model",
            "--covariance",
            type=Names(),
            metavar="TYPE",
            default=Settings.covariance,
            show_default=True,
            help=f"{', '.join(COVARIANCES)}, or several to compare; mclust's names (E, V, EII … VVV) too.",
        ),
        option(
            "Model",
            "--criterion",
            type=one_of(CRITERIA),
            default=Settings.criterion,
            show_default=True,
            help="Of several models, the one where this is lowest (best) is the result.",
        ),
    ]
)

_init_options = together(
    [
        numbers_option("Inits", "--init-weights", "W,W,..", "K weights."),
        numbers_option(
            "Inits", "--init-means", "M,M,..", "K means; for several columns K × D, component by component, repeatable."
        ),
        numbers_option("Inits", "--init-sds", "S,S,..", "K sds, or K × D. What is not given is filled in."),
        option("Inits", "--init", type=FILE, metavar="FILE", help="A model written by fit: JSON, CSV or XLSX."),
        option(
            "Inits",
            "--init-by",
            metavar="COLUMN",
            shell_complete=columns,
            help="A column of labels: a component a label, in alphabetical order.",
        ),
        option(
            "Inits",
            "--init-method",
            type=one_of(INIT_METHODS),
            default=Settings.init_method,
            show_default=True,
            help="How to find what isn't given.",
        ),
        option(
            "Inits",
            "--starts",
            type=click.IntRange(min=1),
            metavar="N",
            help="Starts to try. [default: some 300 for each component after the first; 1 with another init method]",
        ),
        option(
            "Inits",
            "--fix",
            type=one_of(FIXABLE),
            multiple=True,
            help="Hold these at their inits (sds: the whole covariances); repeatable.",
        ),
        option(
            "Inits",
            "--seed",
            type=click.IntRange(0, 2**53 - 1),
            default=Settings.seed,
            show_default=True,
            metavar="N",
            help="Of the search, and of random init methods.",
        ),
    ]
)

_stopping_options = together(
    [
        option(
            "Stopping",
            "-t",
            "--tol",
            type=click.FloatRange(min=0),
            default=Settings.tol,
            show_default=True,
            metavar="X",
            help="Stop when what --tol-type says is below X; 0 runs exactly --max-iter iterations.",
        ),
        option(
            "Stopping",
            "--tol-type",
            type=one_of(TOL_TYPES),
            default=Settings.tol_type,
            show_default=True,
            help="gain: log-likelihood estimated to be still to come; change: of the mean log-likelihood; "
            "parameters: their largest relative change.",
        ),
        option(
            "Stopping",
            "-i",
            "--max-iter",
            type=click.IntRange(min=0),
            default=Settings.max_iter,
            show_default=True,
            metavar="N",
            help="At most N iterations.",
        ),
        option(
            "Stopping",
            "--accelerate/--no-accelerate",
            default=Settings.accelerate,
            show_default=True,
            help="Take longer steps, and at last Newton's: after 50 iterations of textbook EM, or at once where a "
            "search ended; never with --tol 0.",
        ),
        option(
            "Stopping",
            "--min-sd",
            type=click.FloatRange(min=0, min_open=True),
            metavar="X",
            help="Smallest sd of a component, in the column's units. "
            "[default: 0.01 of the column's sd, 0.25 of its resolution]",
        ),
        option("Stopping", "--strict", is_flag=True, help="End with status 3 unless the fit converged."),
    ]
)

_result_options = together(
    [
        option(
            "Output",
            "--history",
            type=FILE,
            metavar="FILE",
            help="A row an iteration, row 0 the inits (.csv .tsv .json .jsonl .xlsx).",
        ),
        option(
            "Output",
            "--history-layout",
            type=one_of(["wide", "long"]),
            default="wide",
            show_default=True,
            help="wide: a column a parameter; long: a row a parameter.",
        ),
        option(
            "Output",
            "--order",
            type=one_of(ORDERS),
            help="Of components. [default: init if given, else mean]",
        ),
        option("Output", "--plot", type=FILE, metavar="FILE", help="Also draw the fit there (.png .svg .pdf)."),
        option("Output", "--se/--no-se", default=None, help="Standard errors. [default: unless they would take long]"),
        output_options(
            ["table", "json", "csv", "tsv"], "table on a terminal, else json", "its extension (.json .csv .tsv .xlsx)"
        ),
    ]
)


@click.command(cls=SectionedCommand, short_help="Estimate a mixture from columns of a table.")
@DATA
@_model_options
@_init_options
@_stopping_options
@_result_options
@reading_options
@option(
    "Reading the table",
    "--chunk-rows",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep the rows in a temporary file and N at a time in memory: for tables larger than that.",
)
@QUIET
@VERBOSE
@option("Messages", "--progress/--no-progress", default=None, help="[default: if stderr is a terminal, after 1 s]")
@click.pass_context
def fit(ctx: click.Context, /, **options: Any) -> int:
    """Estimate a mixture from columns of a table by EM.

    \b
    gmmfit fit heights.xlsx --column height -k 2
    gmmfit fit heights.csv -c height -k 1-6 --covariance full,tied
    gmmfit fit heights.csv --init-means 180,165 -i 40 -t 0 --history steps.csv
    """
    from gmmfit.files.results.fit_writer import FIT_FORMATS, write_fit
    from gmmfit.files.results.history import History
    from gmmfit.files.results.models import read_model
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.report import WIDTH
    from gmmfit.files.results.writers import format_of
    from gmmfit.fitting.fit import fit as fit_mixture

    output, kind, plot = pop(options, "output", "format_", "plot")
    on_terminal = output is None and is_terminal(sys.stdout)
    kind = format_of(output, kind, "table" if on_terminal else "json", FIT_FORMATS)
    quiet, verbose, progress, strict = pop(options, "quiet", "verbose", "progress", "strict")
    in_sight = kind == "table" and on_terminal
    # A report has the warnings of the fit in it: on the same terminal they are not said twice.
    unsaid = "gmmfit.fit" if in_sight and is_terminal(sys.stderr) else None
    line = talk(ctx, quiet, verbose, progress, unsaid)
    path, layout = pop(options, "history", "history_layout")
    style = take_style(ctx, options, kind)
    _refuse_contradictions(ctx, options, output, path, plot)
    draw = None if plot is None else _drawing_to(plot)
    history = None if path is None else History(path, layout, style)
    data, account, taken = _take(ctx, options, line)
    if draw is not None and len(taken.get("column") or data.columns) > MOST_COLUMNS:
        raise click.UsageError(f"a picture has at most {MOST_COLUMNS} columns: leave --plot out, or choose fewer", ctx)
    if options["init"] is not None:
        options["init"] = read_model(options["init"]).mixture
    with (
        open_output(plot) if plot is not None else nullcontext() as canvas,
        open_output(output) as stream,
        history or nullcontext(),
    ):

        def watch(step: "Step") -> None:
            line.step(step)
            if history is not None:
                history.step(step)

        result = fit_mixture(data, watch=watch, tell=line.tell, history=history is not None, **taken, **options)
        line.wipe()
        if history is not None:
            history.finish(result.history)
        taken.pop("init_by", None)
        if draw is not None:
            draw(canvas, data, result, taken)
        width = shutil.get_terminal_size().columns if in_sight else WIDTH
        picture = _in_characters(data, result, taken, width) if in_sight else []
        write_fit(stream, _in_options(result), account, kind, style, width, picture)
    return NOT_CONVERGED if strict and not result.converged else 0


def _in_options(fit: "Fit") -> "Fit":
    """A fit whose sentences speak of options, which were typed, and not of parameters."""
    return replace(
        fit,
        reason=in_options(fit.reason),
        warnings=tuple(map(in_options, fit.warnings)),
        no_standard_errors=in_options(fit.no_standard_errors),
    )


def _drawing_to(path: str) -> Callable[[Any, Any, "Fit", dict[str, Any]], None]:
    """What draws a fit into a stream, in the format of the path; whether it can is found out before the fit."""
    from gmmfit.files.results.writers import format_of
    from gmmfit.plots.plot import drawing_module, kind_for
    from gmmfit.plots.subject import scene_of

    file_format, drawing = format_of(path, None, "png", PICTURE_FORMATS[1:], or_add=""), drawing_module()

    def draw(stream: Any, data: Any, fit: "Fit", taken: dict[str, Any]) -> None:
        scene = scene_of(data, fit.mixture, **taken)
        drawing.save(drawing.drawn(kind_for(scene, None), scene), stream, file_format)

    return draw


def _in_characters(data: Any, fit: "Fit", taken: dict[str, Any], width: int) -> list[str]:
    """The picture of a fit of one column, on a terminal that is wide enough."""
    from gmmfit.plots.subject import scene_of
    from gmmfit.plots.terminal import terminal_picture

    if width < WIDE_ENOUGH or fit.mixture.n_columns > 1:
        return []
    return terminal_picture(scene_of(data, fit.mixture, **taken), width - 1)


def _refuse_contradictions(
    ctx: click.Context, options: dict[str, Any], output: str | None, history: str | None, plot: str | None
) -> None:
    """Raise a usage error where two things would go to the same place, or come from it."""
    from gmmfit.files.results.output import STDOUT, refuse_over_inputs
    from gmmfit.files.tables.sources import STDIN

    data, init = options["data"], options["init"]
    outputs = {"`history`": history, "`plot`": plot, "`output`": STDOUT if output is None else output}
    refuse_over_inputs(outputs, {"DATA": data, "`init`": init})
    if init == STDIN and data in (None, STDIN):
        raise click.UsageError("DATA and --init can't both be standard input: name a file for one of them", ctx)
    if options["chunk_rows"] is not None and options["init_by"] is not None:
        raise click.UsageError("--init-by needs all rows in memory: leave --chunk-rows out, or give --init", ctx)


def _take(ctx: click.Context, options: dict[str, Any], line: Progress) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The data as the reading options say, where they come from, and what else `gmmfit.fit` is told of them."""
    from gmmfit.files.read_rows import spool, take

    table, missing = read_data(ctx, options, line.read), options.pop("missing")
    column, weights, sds, init_by = pop(options, "column", "row_weights", "row_sds", "init_by")
    chunk_rows = options.pop("chunk_rows")
    if chunk_rows is not None:
        data, account = spool(table, column, weights, sds, missing, chunk_rows, line.tell)
        return ctx.with_resource(data), account, {}
    taken = take(table, column, weights, sds, labels=init_by, missing=missing)
    also = {"column": tuple(taken.data), "row_weights": taken.row_weights, "row_sds": taken.row_sds}
    return taken.data, taken.account, {**also, "init_by": taken.labels}
