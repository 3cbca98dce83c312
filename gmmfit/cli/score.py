"""gmmfit score: put rows under a mixture."""

from typing import Any

import click
from click.core import ParameterSource

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.messages import talk
from gmmfit.cli.options import (
    DATA,
    QUIET,
    SectionedCommand,
    as_typed,
    numbers_option,
    option,
    output_options,
    pop,
    read_data,
    reading_options,
    take_style,
)


@click.command(cls=SectionedCommand, short_help="Put rows under a mixture.")
@DATA
@option(
    "Model",
    "-m",
    "--model",
    type=FILE,
    required=True,
    metavar="FILE",
    help="A model, JSON, CSV or XLSX; - for standard input.",
)
@option("Result", "--posteriors", is_flag=True, help="Add the probability of each component, p_1 … p_K.")
@option("Result", "--cdf", is_flag=True, help="Add the probability of a value at most as large, in one column.")
@option("Result", "--only-new", is_flag=True, help="Leave out the input's own columns.")
@option(
    "Result", "--summary", is_flag=True, help="One record instead: n, log-likelihood, and AIC, BIC of a fit's model."
)
@numbers_option(
    "Result", "--quantiles", "P,P,..", "Quantiles of the model instead, for these probabilities; no DATA is read."
)
@option(
    "Result",
    "--truth",
    metavar="COLUMN",
    shell_complete=columns,
    help="Compare with known labels: a record with counts, accuracy under the best matching, adjusted Rand index.",
)
@output_options(
    ["table", "json", "jsonl", "csv", "tsv"],
    "csv; table is for --summary, --truth, --quantiles",
    "its extension (.csv .tsv .json .jsonl .xlsx)",
)
@reading_options
@QUIET
@click.pass_context
def score(ctx: click.Context, /, **options: Any) -> None:
    """Put rows under a mixture: component, probability and log density of each.

    \b
    gmmfit score heights.csv -m model.json > scored.csv
    gmmfit score heights.csv -m model.json --truth sex -f table
    """
    from gmmfit.files.read_rows import columns_of_model, take
    from gmmfit.files.results.models import read_model
    from gmmfit.files.results.output import open_output, refuse_over_inputs
    from gmmfit.files.results.score_writer import (
        ROW_FORMATS,
        SUMMARY_FORMATS,
        write_quantiles,
        write_rows,
        write_summary,
    )
    from gmmfit.files.results.writers import format_of
    from gmmfit.files.tables.sources import STDIN
    from gmmfit.fitting.score import score as score_rows

    talk(ctx, options.pop("quiet"))
    output, kind = pop(options, "output", "format_")
    path, truth, summary = pop(options, "model", "truth", "summary")
    posteriors, only_new, cdf, quantiles = pop(options, "posteriors", "only_new", "cdf", "quantiles")
    summary = summary or truth is not None
    if (summary or quantiles) and (posteriors or only_new or cdf):
        raise click.UsageError(
            "--posteriors, --cdf and --only-new are for rows: leave out --summary, --truth and --quantiles", ctx
        )
    if quantiles:
        own = {"model", "quantiles", "output", "format_", "digits", "bom", "excel_safe", "quiet"}
        given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        if others := ", ".join(as_typed(name) for name in given if name not in own):
            raise click.UsageError(f"--quantiles are the model's alone: leave out {others}", ctx)
    if kind == "table" and not (summary or quantiles):
        raise click.UsageError("a table is for --summary, --truth and --quantiles; rows come as csv, tsv or json", ctx)
    kind = format_of(output, kind, "csv", SUMMARY_FORMATS if summary or quantiles else ROW_FORMATS)
    style = take_style(ctx, options, kind)
    refuse_over_inputs({"`output`": output}, {"DATA": options["data"], "`model`": path})
    if quantiles:
        mixture = read_model(path).mixture
        with open_output(output) as stream:
            return write_quantiles(stream, mixture, quantiles, kind, style)
    if path == STDIN and options["data"] in (None, STDIN):
        raise click.UsageError("DATA and the model can't both be standard input: name a file for one of them", ctx)
    model = read_model(path)
    column, missing, weights, sds = pop(options, "column", "missing", "row_weights", "row_sds")
    table = read_data(ctx, options).whole()
    column = columns_of_model(table, column, model.columns)
    taken = take(table, column, weights, sds, labels=truth, missing=missing)
    result = score_rows(
        taken.data,
        model.mixture,
        column=tuple(taken.data),
        row_weights=taken.row_weights,
        row_sds=taken.row_sds,
        truth=taken.labels,
        cdf=cdf,
        n_parameters=model.n_parameters,
    )
    with open_output(output) as stream:
        if summary:
            write_summary(stream, result, kind, style)
        else:
            write_rows(stream, result, None if only_new else table, kind, style, posteriors)
