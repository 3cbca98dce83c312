"""gmmfit score: put rows under a mixture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.group_rows import are_of_groups, rows_of_groups
from gmmfit.cli.messages import set_up_messages
from gmmfit.cli.options import (
    QUIET,
    SectionedCommand,
    data_argument,
    flag,
    numbers_option,
    option,
    output_options,
    reading_options,
)
from gmmfit.cli.requests import (
    Options,
    given_options,
    open_table,
    recording_of,
    refuse,
    refuse_one_input_for_two,
    style_of,
    wanted_rows,
)

if TYPE_CHECKING:
    from gmmfit.files.results.group_models import GroupModel
    from gmmfit.files.results.writers import Style

FOR_ROWS = "--posteriors, --expected, --cdf and --only-new are for rows: leave out --summary, --truth and --quantiles"
STDIN = "-"
# What --quantiles, which are the model's alone, go with.
WITH_QUANTILES = {"model", "quantiles", "component", "output", "format", "digits", "bom", "excel_safe", "quiet"}


@click.command(cls=SectionedCommand, short_help="Put rows under a mixture.")
@data_argument()
@option(
    "Model",
    "-m --model FILE",
    "A model, JSON, CSV or XLSX; - for standard input. With --summary several, to be compared.",
    FILE,
    required=True,
    multiple=True,
)
@flag("Result", "--posteriors", "Add the probability of each component, p_1 … p_K.")
@flag("Result", "--expected", "Add what each column is expected to be, given what is known of it.")
@flag("Result", "--cdf", "Add the probability of a value at most as large, in one column, under the mixture as it is.")
@flag("Result", "--only-new", "Leave out the input's own columns.")
@flag("Result", "--summary", "One record instead: n, log-likelihood, and AIC, BIC of a fit's model.")
@numbers_option(
    "Result", "--quantiles P,P,..", "Quantiles of the model instead, for these probabilities; no DATA is read."
)
@option(
    "Result",
    "--component N",
    "Of component N alone, for --quantiles: 0.95, say, of what is healthy.",
    click.IntRange(min=1),
)
@option(
    "Result",
    "--truth COLUMN",
    "Compare with known labels: a record with counts, accuracy under the best matching, adjusted Rand index.",
    shell_complete=columns,
)
@output_options(
    ["table", "json", "jsonl", "csv", "tsv", "parquet"],
    "csv; table is for --summary, --truth, --quantiles",
    "its extension (.csv .tsv .json .jsonl .xlsx .parquet)",
)
@reading_options
@QUIET
@click.pass_context
def score(ctx: click.Context, /, **options: Any) -> None:
    """Put rows under a mixture: component, probability and log density of each.

    \b
    gmmfit score heights.csv -m model.json > scored.csv
    gmmfit score heights.csv -m model.json --truth sex -f table
    gmmfit score heights.csv -m two.json -m three.json --summary -f table
    """
    from gmmfit.files.read_rows import columns_of_model, read_rows, recording_in
    from gmmfit.files.results.comparison import check_comparable, warn_of_other_rows, write_comparison
    from gmmfit.files.results.group_models import read_group_models
    from gmmfit.files.results.output import open_output, refuse_over_inputs
    from gmmfit.files.results.score_writer import (
        ROW_FORMATS,
        SUMMARY_FORMATS,
        write_quantiles,
        write_rows,
        write_summary,
    )
    from gmmfit.files.results.writers import format_of
    from gmmfit.fitting.score import score as score_rows

    set_up_messages(ctx, options["quiet"])
    paths = options["model"]
    options["model"] = paths[0]
    of_rows = not (options["summary"] or options["truth"] or options["quantiles"])
    _refuse_contradictions(ctx, options, of_rows, paths)
    kind = format_of(options["output"], options["format"], "csv", ROW_FORMATS if of_rows else SUMMARY_FORMATS)
    style = style_of(ctx, options, kind)
    for path in paths:
        refuse_over_inputs({"`output`": options["output"]}, {"DATA": options["data"], "`model`": path})
    of_groups = [read_group_models(path) for path in paths]
    if any(map(are_of_groups, of_groups)) and len(paths) > 1:
        raise click.UsageError("models of groups are not compared: give one --model", ctx)
    if are_of_groups(of_groups[0]):
        return _score_groups(ctx, options, of_groups[0], kind, style, of_rows)
    model, *others = models = [one.model for [one] in of_groups]
    if options["quantiles"]:
        mixture = model.mixture if options["component"] is None else model.mixture.only(options["component"])
        with open_output(options["output"]) as stream:
            return write_quantiles(stream, mixture, options["quantiles"], kind, style)
    recording = recording_of(options, model)
    table = open_table(ctx, options).whole()
    recording = recording_in(table, recording, model.columns)
    if recording.interval is None:
        options["column"] = columns_of_model(table, options["column"], model.columns)
    read = read_rows(table, wanted_rows(options, recording, options["truth"]))
    if others:
        check_comparable(models)
        scores = [score_rows(read.rows, one.mixture, n_parameters=one.n_parameters) for one in models]
        for path, one, scored in zip(paths, models, scores, strict=True):
            warn_of_other_rows(path, one, scored)
        with open_output(options["output"]) as stream:
            return write_comparison(stream, paths, scores, kind, style)
    result = score_rows(
        read.rows, model.mixture, truth=read.labels, cdf=options["cdf"], n_parameters=model.n_parameters
    )
    with open_output(options["output"]) as stream:
        if of_rows:
            own = None if options["only_new"] else table
            write_rows(stream, {"": result}, own, kind, style, options["posteriors"], options["expected"])
        else:
            write_summary(stream, result, kind, style)


def _score_groups(
    ctx: click.Context, options: Options, models: "list[GroupModel]", kind: str, style: "Style", of_rows: bool
) -> None:
    """Put the rows of each group under the model of its own."""
    from gmmfit.files.results.comparison import write_group_summary
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.score_writer import write_rows
    from gmmfit.fitting.many.score_many import score_many

    if not of_rows and not options["summary"]:
        raise click.UsageError("models of groups score rows: leave out --truth and --quantiles", ctx)
    table = open_table(ctx, options).whole()
    scores, several = {}, len({one.model.columns for one in models}) > 1
    for together, rows in rows_of_groups(table, options, models):
        suffix = f"_{rows.columns[0]}" if several else ""
        each = [(one.group, one.model.mixture, recording) for one, recording in together]
        scores[suffix] = score_many(rows, each, options["cdf"])
    with open_output(options["output"]) as stream:
        if options["summary"]:
            groups = [(group, one) for of_columns in scores.values() for group, _, one in of_columns.groups]
            return write_group_summary(stream, groups, kind, style)
        of_input = None if options["only_new"] else table
        write_rows(stream, scores, of_input, kind, style, options["posteriors"], options["expected"])


def _refuse_contradictions(ctx: click.Context, options: Options, of_rows: bool, paths: Sequence[str]) -> None:
    """Raise a usage error where options don't go together."""
    if len(paths) > 1 and (not options["summary"] or options["truth"] or options["quantiles"]):
        raise click.UsageError("several models are compared by --summary alone: add it, or give one --model", ctx)
    if list(paths).count(STDIN) > 1:
        raise click.UsageError("two models can't both be standard input: name a file for one of them", ctx)
    if not of_rows and any(options[name] for name in ("posteriors", "expected", "only_new", "cdf")):
        raise click.UsageError(FOR_ROWS, ctx)
    if options["quantiles"]:
        refuse(ctx, given_options(ctx) - WITH_QUANTILES, "--quantiles are the model's alone")
    else:
        refuse(ctx, {"component"}, "--component is for --quantiles")
        for path in paths:
            refuse_one_input_for_two(ctx, options["data"], path, "the model")
    if options["format"] == "parquet" and not of_rows:
        raise click.UsageError("parquet is for rows: leave out --summary, --truth and --quantiles", ctx)
    if options["format"] == "table" and of_rows:
        raise click.UsageError("a table is for --summary, --truth and --quantiles; rows come as csv, tsv or json", ctx)
