"""gmmfit fit: read a table, fit, write the mixture. Half of this file is its list of options."""

import logging
import re
import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.fit_many import NOT_CONVERGED, fit_many, is_many, read_tables
from gmmfit.cli.kinds import Counts, Names
from gmmfit.cli.messages import Progress, in_options, is_terminal, set_up_messages, step_said
from gmmfit.cli.options import (
    QUIET,
    READING,
    SEED,
    VERBOSE,
    OptionalValue,
    SectionedCommand,
    combined,
    flag,
    joined_values,
    numbers_option,
    one_of,
    option,
    option_name,
    output_options,
    reading_options,
    tables_argument,
)
from gmmfit.cli.requests import (
    LOCAL,
    PARAMETERS,
    Options,
    cluster_of,
    expanded,
    open_table,
    reading_of,
    recording_of,
    refuse_one_input_for_two,
    style_of,
    wanted_rows,
    warn_of_the_same,
)
from gmmfit.fitting.settings import (
    COVARIANCES,
    CRITERIA,
    FIXABLE,
    INIT_METHODS,
    ORDERS,
    STANDARD_ERRORS,
    TEST,
    TOL_TYPES,
    TRANSFORMS,
    Settings,
)
from gmmfit.plots.names import MOST_COLUMNS
from gmmfit.text import listed

if TYPE_CHECKING:
    from gmmfit.data.selection import Selection
    from gmmfit.data.stored.stored import Stored
    from gmmfit.files.read_rows import TableRows
    from gmmfit.fitting.em.step import Step
    from gmmfit.fitting.result import Fit

log = logging.getLogger("gmmfit")

# What behind --dask looks like an address, and not like DATA.
ADDRESS = re.compile(r"\w+://\S+|[\w.-]+:\d+")
# Columns of a terminal from which on a picture stands in the report.
WIDE_ENOUGH = 60
PICTURES_OF_FITS = ("png", "svg", "pdf")
_model_options = combined(
    option(
        "Model",
        "-k --components K",
        "Number of components, or several to compare: 1-6, or 1,2,4. [default: that of the inits]",
        Counts(),
    ),
    option(
        "Model",
        "--covariance TYPE",
        f"{', '.join(COVARIANCES)}; several to compare, or all; mclust's names (E, V, EII … VVV) too.",
        Names(),
    ),
    option(
        "Model",
        "--transform NAME",
        f"What is normal of each column: {', '.join(TRANSFORMS[1:])} or asinh:C; one for each, or several/to/compare.",
    ),
    flag(
        "Model",
        "--noise",
        "One more part, uniform over the range of the rows (of transformed ones, if so): what belongs to no component.",
    ),
    numbers_option("Model", "--noise-range LOW,HIGH", "Of the noise, for several columns LOW,HIGH of each in a row."),
    option(
        "Model",
        "--constrain EXPR",
        "sd_2 = sd_1, sd_2 = 2*sd_1, mean_1 = 163, mean_2 = mean_1 + 10, sd_1 >= 2, names as in a history; or cv "
        "equal, for sds in proportion to means. Repeatable.",
        multiple=True,
    ),
    option(
        "Model",
        "--criterion",
        "Of several models, the one where this is lowest (best) is the result; test: the smallest K that a bootstrap "
        "doesn't reject.",
        one_of([*CRITERIA, TEST]),
    ),
)

_init_options = combined(
    numbers_option("Inits", "--init-weights W,W,..", "K weights."),
    numbers_option(
        "Inits",
        "--init-means M,M,..",
        "K means; for several columns K × D, component by component, repeatable.",
    ),
    numbers_option(
        "Inits", "--init-sds S,S,..", "K sds, each for all columns, or K × D. What is not given is filled in."
    ),
    option("Inits", "--init FILE", "A model written by fit: JSON, CSV or XLSX.", FILE),
    option(
        "Inits",
        "--init-by COLUMN",
        "A column of labels: a component a label, in alphabetical order.",
        shell_complete=columns,
    ),
    option("Inits", "--init-method", "How to find what isn't given.", one_of(INIT_METHODS)),
    option(
        "Inits",
        "--starts N",
        "Starts to try. [default: some 200 for each component after the first; 1 with another init method]",
        click.IntRange(min=1),
    ),
    option(
        "Inits",
        "--fix",
        "Hold these at their inits (sds: the whole covariances); repeatable.",
        one_of(FIXABLE),
        multiple=True,
    ),
    option("Inits", "--seed N", "Of the search, and of random init methods.", SEED),
)

_stopping_options = combined(
    option(
        "Stopping",
        "-t --tol X",
        "Stop when what --tol-type says is below X; 0 runs exactly --max-iter iterations.",
        click.FloatRange(min=0),
    ),
    option(
        "Stopping",
        "--tol-type",
        "gain: log-likelihood estimated to be still to come; change: of the mean log-likelihood; "
        "parameters: their largest relative change.",
        one_of(TOL_TYPES),
    ),
    option("Stopping", "-i --max-iter N", "At most N iterations.", click.IntRange(min=0)),
    option(
        "Stopping",
        "--accelerate/--no-accelerate",
        "Take longer steps, and at last Newton's: after 50 iterations of textbook EM, or at once where a "
        "search ended; never with --tol 0.",
    ),
    option(
        "Stopping",
        "--min-sd X",
        "Smallest sd of a component, on its own scale. [default: 0.001 of the column's sd, 1/4 of its resolution]",
        click.FloatRange(min=0, min_open=True),
    ),
    flag("Stopping", "--strict", "End with status 3 unless the fit converged."),
)

_evidence_options = combined(
    option(
        "Evidence",
        "--se",
        "Standard errors: of the information; robust, which hold where components are not quite normal; none. "
        "[default: information, unless they would take long]",
        one_of(STANDARD_ERRORS),
    ),
    option(
        "Evidence",
        "--bootstrap N",
        "N replicates of the rows: standard errors, percentile intervals, goodness of fit; of several models the test "
        "of each against the next larger one. [default: none; 999 with --criterion test]",
        click.IntRange(min=2),
    ),
    option(
        "Evidence",
        "--confidence P",
        "Of all intervals; 1 - P is the level of a test.",
        click.FloatRange(0, 1, min_open=True, max_open=True),
    ),
    numbers_option(
        "Evidence",
        "--cutoff P,P,..",
        "Where the probability of the component above, of two neighbours, passes P.",
        default=Settings.cutoff,
    ),
)

_many_options = combined(
    option(
        "Many fits",
        "--by COLUMN",
        "A fit for each group of rows; several columns: for each combination. file: for each of several DATA.",
        Names(),
        multiple=True,
        callback=joined_values,
        shell_complete=columns,
    ),
    flag("Many fits", "--each", "A fit for each column by itself."),
    option(
        "Many fits",
        "--share",
        "Groups are fitted together with these in common, and tested against fits of each, by χ², or with --bootstrap "
        "by drawn tables; repeatable.",
        one_of(FIXABLE),
        multiple=True,
    ),
    option(
        "Many fits",
        "--jobs N",
        "Processes; of one fit threads for a bootstrap; with --dask workers. [default: the cores]",
        click.IntRange(min=1),
    ),
    option(
        "Many fits",
        "--dask [ADDRESS]",
        "Let workers do it: of one fit they read DATA, a part each, and sum over its rows; many fits are shared out. "
        "They are started here, or are those of the Dask scheduler at tcp://…",
        cls=OptionalValue,
        is_value=ADDRESS.fullmatch,
        flag_value=LOCAL,
        default=None,
    ),
)

_result_options = combined(
    option(
        "Output",
        "--history FILE",
        "A row an iteration, row 0 the inits (.csv .tsv .json .jsonl .xlsx).",
        FILE,
        default=None,
    ),
    option(
        "Output",
        "--history-layout",
        "wide: a column a parameter; long: a row a parameter.",
        one_of(["wide", "long"]),
        default="wide",
        show_default=True,
    ),
    option("Output", "--order", "Of components. [default: init if given, else mean]", one_of(ORDERS)),
    option("Output", "--plot FILE", "Also draw the fit there (.png .svg .pdf).", FILE),
    output_options(
        ["table", "json", "jsonl", "csv", "tsv", "html"],
        "table on a terminal, else json; jsonl: in one line; html: a report with pictures",
        "its extension (.json .jsonl .csv .tsv .xlsx .html)",
    ),
    flag("Output", "--long", "Add to CSV the source, columns, standard errors, intervals, status, loglik and bic."),
)


@click.command(cls=SectionedCommand, short_help="Estimate a mixture from columns of a table.")
@tables_argument()
@_model_options
@_init_options
@_stopping_options
@_evidence_options
@_many_options
@_result_options
@reading_options
@option(
    READING,
    "--chunk-rows N",
    "Keep the rows in a temporary file and N at a time in memory: for tables larger than that.",
    click.IntRange(min=1),
)
@QUIET
@VERBOSE
@option("Messages", "--progress/--no-progress", "[default: if stderr is a terminal, after 1 s]", default=None)
@click.pass_context
def fit(ctx: click.Context, /, **options: Any) -> int:
    """Estimate a mixture from columns of a table by EM.

    \b
    gmmfit fit heights.xlsx --column height -k 2
    gmmfit fit heights.csv -c height -k 1-6 --covariance full,tied
    gmmfit fit heights.csv --init-means 180,165 -i 40 -t 0 --history steps.csv
    gmmfit fit plate_*.csv --by file -c od -k 2 -o fits.csv
    """
    from gmmfit.data.selection import Selection
    from gmmfit.files.results.fit_writer import FIT_FORMATS, write_fit
    from gmmfit.files.results.history import History
    from gmmfit.files.results.models import read_model
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.report import report
    from gmmfit.files.results.writers import format_of
    from gmmfit.fitting.fit import fit as fit_mixture

    options["named"], options["data"] = options["data"], expanded(options["data"])
    if is_many(options):
        return fit_many(ctx, options)
    if options["share"]:
        raise click.UsageError("--share is for groups: name them by --by", ctx)
    on_terminal = options["output"] is None and is_terminal(sys.stdout)
    kind = format_of(options["output"], options["format"], "table" if on_terminal else "json", FIT_FORMATS)
    in_sight = kind == "table" and on_terminal
    # A report has the warnings of the fit in it: on the same terminal they are not said twice.
    muted_logger = "gmmfit.fit" if in_sight and is_terminal(sys.stderr) else None
    line = set_up_messages(ctx, options["quiet"], options["verbose"], options["progress"], muted_logger)
    style = style_of(ctx, options, kind)
    if options["long"] and kind not in ("csv", "tsv"):
        raise click.UsageError(f"--long is for csv and tsv, not for {kind}, which has all that: leave it out", ctx)
    _refuse_contradictions(ctx, options)
    picture_format = _picture_format(options["plot"], kind)
    history = None if options["history"] is None else History(options["history"], options["history_layout"], style)
    table = _read_rows(ctx, options, line, kind == "html")
    init = None if options["init"] is None else read_model(options["init"]).mixture
    with (
        open_output(options["plot"]) if picture_format else nullcontext() as canvas,
        open_output(options["output"]) as stream,
        history or nullcontext(),
    ):

        def on_step(step: "Step") -> None:
            line.step(step)
            if options["verbose"]:
                log.debug("%s", step_said(step, with_parameters=True))
            if history is not None:
                history.step(step)

        result = fit_mixture(
            table.rows,
            init=init,
            init_by=table.labels,
            # A report shows EM at work; that many passes over chunks are for who asks for the history.
            history=history is not None or (kind == "html" and isinstance(table.rows, Selection)),
            on_step=on_step,
            report_progress=line.report,
            **{name: options[name] for name in PARAMETERS},
        )
        line.wipe()
        if history is not None:
            history.finish(result.history)
        if canvas is not None:
            _draw(table.rows, result, canvas, picture_format)
        if in_sight:
            width = shutil.get_terminal_size().columns
            picture = _in_characters(table.rows, result, width)
            stream.write(report(_in_options(result), table.counts, style.digits, width, picture).encode())
        elif kind == "html":
            stream.write(_report(table, _in_options(result)))
        else:
            write_fit(stream, _in_options(result), table.counts, kind, style, options["long"])
    if not options["strict"] or result.converged:
        return 0
    if result.status == "fixed_iterations":
        log.warning("--strict ends with 3 here: with --tol 0 a fit has no tolerance to reach")
    return NOT_CONVERGED


def _refuse_contradictions(ctx: click.Context, options: Options) -> None:
    """Raise a usage error where two things would go to the same place, or come from it."""
    from gmmfit.files.results.output import STDOUT, refuse_over_inputs
    from gmmfit.files.tables.source import STDIN

    init = options["init"]
    outputs = {f"`{name}`": options[name] for name in ("history", "plot")} | {"`output`": options["output"] or STDOUT}
    for data in options["data"] or (None,):
        refuse_over_inputs(outputs, {"DATA": data, "`init`": init})
        refuse_one_input_for_two(ctx, data, init, "--init")
    elsewhere = [name for name in ("chunk_rows", "dask") if options[name] is not None]
    if len(elsewhere) == 2:
        raise click.UsageError(
            "workers keep their rows in memory, or on disk where it is full: leave --chunk-rows out", ctx
        )
    if options["chunk_rows"] is not None and len(options["data"]) > 1:
        raise click.UsageError("chunks are of one table: leave --chunk-rows out, or name one DATA", ctx)
    if options["dask"] is not None and (not options["data"] or STDIN in options["data"]):
        raise click.UsageError("workers read files by their names: name DATA, or leave --dask out", ctx)
    for name in map(option_name, elsewhere):
        if recording_of(options).says_something:
            who = "chunks" if name == "--chunk-rows" else "workers"
            raise click.UsageError(f"{who} hold exact numbers, of which nothing else is known: leave {name} out", ctx)
        if options["init_by"] is not None:
            raise click.UsageError(f"--init-by needs all rows in memory: leave {name} out, or give --init", ctx)


def _read_rows(ctx: click.Context, options: Options, line: Progress, with_report: bool) -> "TableRows":
    """The rows of DATA, in memory, in chunks or on workers."""
    from gmmfit.data.stored.chunks import Chunks
    from gmmfit.files.read_groups import pooled_rows
    from gmmfit.files.read_parts import read_parts
    from gmmfit.files.read_rows import read_chunks, read_rows

    warn_of_the_same(options["data"])
    if options["dask"] is not None:
        wanted = wanted_rows(options, recording_of(options))
        cluster = ctx.with_resource(cluster_of(options, line))
        rows = read_parts(cluster, options["data"], wanted, reading_of(options), listed(options["named"]))
    elif len(options["data"]) > 1:
        rows = pooled_rows(read_tables(ctx, options, line))
    else:
        table = open_table(ctx, options | {"data": next(iter(options["data"]), None)}, line.read)
        wanted = wanted_rows(options, recording_of(options), options["init_by"])
        if options["chunk_rows"] is None:
            rows = read_rows(table, wanted)
        else:
            rows = read_chunks(table, wanted, options["chunk_rows"], line.report)
    if isinstance(rows.rows, Chunks):
        ctx.with_resource(rows.rows)
    if (options["plot"] is not None or with_report) and len(rows.rows.columns) > MOST_COLUMNS:
        instead = "write JSON" if with_report else "leave --plot out"
        raise click.UsageError(f"a picture has at most {MOST_COLUMNS} columns: {instead}, or choose fewer", ctx)
    return rows


def _in_options(fit: "Fit") -> "Fit":
    """A fit whose sentences speak of options, which were typed, and not of parameters."""
    return replace(
        fit,
        reason=in_options(fit.reason),
        warnings=tuple(map(in_options, fit.warnings)),
        no_standard_errors=in_options(fit.no_standard_errors),
    )


def _picture_format(path: str | None, kind: str) -> str:
    """The format of the picture that a path asks for.

    Whether there can be one is found out before the fit, and also for a report, which has some.
    """
    from gmmfit.files.results.writers import format_of
    from gmmfit.plots.plot import figures_module

    if kind == "html":
        figures_module()
    if path is None:
        return ""
    file_format = format_of(path, None, "png", PICTURES_OF_FITS, or_add="")
    figures_module()
    return file_format


def _report(table: "TableRows", fit: "Fit") -> bytes:
    """The page of a fit, with EM at work where the fit has its way."""
    from gmmfit.files.results.fit_writer import result_document
    from gmmfit.pages.report import evidence_beside, report_page
    from gmmfit.plots.plot import kind_for
    from gmmfit.plots.states import states_of
    from gmmfit.plots.subject import subject_of

    subject = subject_of(table.rows, fit.mixture, ranges=fit.ranges)
    pictures = evidence_beside(kind_for(subject, None), subject, fit.candidates)
    states = states_of(table.rows, fit.history) if len(fit.history) > 1 else None
    return report_page(pictures, result_document(fit, table.counts), states).encode()


def _draw(rows: "Selection | Stored", fit: "Fit", stream: Any, file_format: str) -> None:
    """Draw a fit into a stream."""
    from gmmfit.plots.plot import figures_module, kind_for
    from gmmfit.plots.subject import subject_of

    figures, subject = figures_module(), subject_of(rows, fit.mixture, ranges=fit.ranges)
    figures.save(figures.drawn(kind_for(subject, None), subject), stream, file_format)


def _in_characters(rows: "Selection | Stored", fit: "Fit", width: int) -> list[str]:
    """The picture of a fit of one column, on a terminal that is wide enough."""
    from gmmfit.plots.subject import subject_of
    from gmmfit.plots.terminal import terminal_picture

    if width < WIDE_ENOUGH or fit.mixture.n_columns > 1:
        return []
    return terminal_picture(subject_of(rows, fit.mixture), width - 1)
