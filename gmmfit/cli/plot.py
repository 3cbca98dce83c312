"""gmmfit plot: draw a mixture, its data, or both."""

import io
import shutil
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.group_rows import are_of_groups
from gmmfit.cli.kinds import Counts, Ends, Numbers
from gmmfit.cli.messages import set_up_messages
from gmmfit.cli.options import (
    KNOWN,
    QUIET,
    READING,
    SectionedCommand,
    data_argument,
    flag,
    one_of,
    option,
    reading_options,
)
from gmmfit.cli.plot_groups import groups_to_draw
from gmmfit.cli.requests import (
    Options,
    given_options,
    open_data,
    open_table,
    recording_of,
    refuse,
    refuse_one_input_for_two,
    wanted_rows,
)
from gmmfit.errors import ArgumentError
from gmmfit.plots.names import (
    BELOW_EACH_OTHER,
    DPI,
    DPI_OF_GIFS,
    IN_A_PAGE,
    IN_CHARACTERS,
    KINDS,
    LEGENDS,
    MOVING,
    PICTURE_FORMATS,
    SIDE_BY_SIDE,
    WITHOUT_BINS,
)

if TYPE_CHECKING:
    from gmmfit.files.results.models import Model
    from gmmfit.plots.states import States
    from gmmfit.plots.subject import Subject

# What says how a picture in a file is to look.
LOOKS = {"log", "size", "dpi", "title", "xlim", "ylim", "xlabel", "legend", "font_size"}
# The kind of picture of groups, each with a model of its own.
GROUPS = "groups"
# Dots that are drawn in a few seconds and in a gigabyte.
MOST_DOTS = 10**8
# Of a GIF each frame has less than this share of them.
OF_A_FRAME = 0.1


def _size(ctx: click.Context, param: click.Parameter, value: tuple[float, ...] | None) -> tuple[float, float] | None:
    if value is None:
        return None
    if len(value) != 2 or not all(0.5 <= inches <= 50 for inches in value):
        raise click.BadParameter("width and height in inches, such as 8,5, each from 0.5 to 50", ctx, param)
    return value[0], value[1]


@click.command(cls=SectionedCommand, short_help="Draw a mixture over its data, or a history.")
@data_argument("standard input for -, or for nothing where there is no model")
@option("Picture", "-m --model FILE", "A model, JSON, CSV or XLSX, or a history; - for standard input.", FILE)
@option(
    "Picture",
    "--kind",
    "density: histogram, components, their total, cut-offs; cdf, qq: distributions; ellipses: pairs of columns; "
    "criteria: BIC, AIC, ICL of a range's model; history: of a history file; labels: by --by; em: DATA under the "
    "states of a history, -m. [default: density, or labels with --by; of several columns in a file, ellipses]",
    one_of(KINDS),
)
@option("Picture", "--by COLUMN", "Labels of groups, for the kinds labels and ellipses.", shell_complete=columns)
@option(
    "Picture",
    "--iterations N,N,..",
    "Of --kind em, such as 0,1,5,40. [default: some, closer at the beginning]",
    Counts(least=0),
)
@option("Picture", "--bins N", "Of a histogram. [default: from the data]", click.IntRange(1, 1000))
@flag("Picture", "--log", "A logarithmic axis, and the density of the logarithm: density, cdf, labels and em.")
@option("Picture", "--size W,H", "In inches. [default: the kind's]", Numbers(), callback=_size)
@option("Picture", "--dpi N", f"Dots an inch. [default: {DPI}; of a GIF {DPI_OF_GIFS}]", click.IntRange(10, 1200))
@option("Picture", "--title TEXT", "Above the picture.")
@option(
    "Picture", "--xlim LOW,HIGH", "Ends of the horizontal axis; one may be left out: 0, or ,40", Ends(), default=None
)
@option("Picture", "--ylim LOW,HIGH", "Ends of the vertical axis.", Ends(), default=None)
@option("Picture", "--xlabel TEXT", "Below the horizontal axis. [default: the column's name]")
@option("Picture", "--legend", "auto: below, if there is room.", one_of(LEGENDS), default=LEGENDS[0], show_default=True)
@option("Picture", "--font-size N", "In points. [default: by the size of the picture]", click.FloatRange(1, 100))
@option(
    "Picture",
    "-o --output FILE",
    "Draw there (.png .svg .pdf; .html: a report; .gif: of --kind em). [default: in characters]",
    FILE,
)
@option("Picture", "-f --format", "[default: the extension's]", one_of(PICTURE_FORMATS))
@reading_options
@QUIET
@click.pass_context
def plot(ctx: click.Context, /, **options: Any) -> None:
    """Draw a mixture over its data, or a history.

    Without -o it is drawn in characters; a file needs the extra gmmfit[plot]. Without DATA the model is drawn alone.
    With a history in place of the model EM is seen at work: side by side, as a GIF, or with a slider as HTML.

    \b
    gmmfit plot heights.csv -m model.json
    gmmfit plot heights.csv -m model.json --kind qq -o qq.svg
    gmmfit plot heights.csv -c height --by sex --kind labels -o sexes.pdf
    gmmfit plot steps.csv --kind history -o history.png
    gmmfit plot heights.csv -m steps.csv -o em.html
    """
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.writers import format_of
    from gmmfit.plots.plot import figures_module

    set_up_messages(ctx, options["quiet"])
    file_format = format_of(options["output"], options["format"], "txt", PICTURE_FORMATS)
    if options["kind"] is None:
        options["kind"] = _kind_of_files(options["data"], options["model"])
    _refuse_contradictions(ctx, options, file_format)
    if file_format != "txt":
        figures_module()
    kind, subject, model = _subject(ctx, options)
    drawn = _drawn(options, file_format, kind, subject, model)
    with open_output(options["output"]) as stream:
        stream.write(drawn)


def _kind_of_files(data: str | None, model: str | None) -> str | None:
    """The kind of picture that files show of which one is a history; None of others."""
    from gmmfit.files.results.history import is_history

    if model is not None:
        return "em" if is_history(model) else None
    return "history" if data is not None and is_history(data) else None


def _subject(ctx: click.Context, options: Options) -> "tuple[str, Any, Model | None]":
    """The kind of picture, what it shows, and the model, if there is one."""
    from gmmfit.files.results.group_models import read_group_models
    from gmmfit.files.results.history import read_history
    from gmmfit.fitting.history import history_in
    from gmmfit.plots.plot import check_candidates, kind_for

    kind = options["kind"]
    if kind == "history":
        return kind, history_in(read_history(*open_data(ctx, options))), None
    if kind == "em":
        return kind, _states(ctx, options), None
    models = [] if options["model"] is None else read_group_models(options["model"])
    if are_of_groups(models):
        return GROUPS, groups_to_draw(ctx, options, models), None
    model = models[0].model if models else None
    if kind == "criteria":
        candidates = model.candidates if model else ()
        check_candidates(candidates)
        return kind, candidates, model
    subject = _rows_and_model(ctx, options, model)
    return kind_for(subject, kind), subject, model


def _states(ctx: click.Context, options: Options) -> "States":
    """The rows of DATA under the states of the history that is named as the model."""
    from gmmfit.files.read_rows import columns_of_model, read_rows
    from gmmfit.files.results.history import history_in_file
    from gmmfit.fitting.history import columns_in, history_in, steps_in
    from gmmfit.plots.states import states_of

    history = history_in_file(options["model"])
    recording, names = recording_of(options), columns_in(history_in(history))
    table = open_table(ctx, options).whole()
    if recording.interval is None:
        options["column"] = columns_of_model(table, options["column"], names)
    rows = read_rows(table, wanted_rows(options, recording)).rows
    return states_of(rows, steps_in(history, rows.columns[0]), options["bins"], options["log"])


def _drawn(options: Options, file_format: str, kind: str, subject: Any, model: "Model | None") -> bytes:
    """The picture as the bytes of its file, or as characters."""
    from gmmfit.plots.look import Look
    from gmmfit.plots.plot import figures_module
    from gmmfit.plots.states import chosen_states
    from gmmfit.plots.terminal_history import in_characters

    look = Look(**{field.name: options[field.name] for field in fields(Look)})
    if kind == "em":
        most = {"gif": MOVING, "txt": BELOW_EACH_OTHER, "html": IN_A_PAGE}
        subject = chosen_states(subject, options["iterations"], most.get(file_format, SIDE_BY_SIDE))
    if file_format == "txt":
        lines = in_characters(kind, subject, shutil.get_terminal_size().columns - 1)
        return "".join(line + "\n" for line in lines).encode()
    if kind == GROUPS and file_format == "html":
        raise ArgumentError("groups have no page yet: name the picture .png, .svg or .pdf")
    if file_format == "html":
        from gmmfit.pages.report import evidence_beside, report_page

        if kind == "em":
            return report_page({}, states=subject, look=look).encode()
        pictures = evidence_beside(kind, subject, model.candidates if model else ())
        document = None if model is None else model.document_of(getattr(subject, "columns", ()))
        return report_page(pictures, document, look=look).encode()
    figures = figures_module()
    stream = io.BytesIO()
    if kind == GROUPS:
        figures.save(figures.drawn_groups(subject, look), stream, file_format)
    elif file_format == "gif":
        figures.save_animation(subject, stream, look)
    else:
        figures.save(figures.drawn(kind, subject, look), stream, file_format)
    return stream.getvalue()


def _rows_and_model(ctx: click.Context, options: Options, model: "Model | None") -> "Subject":
    """The rows of DATA with the model; the model alone where there is no DATA."""
    from gmmfit.files.read_rows import columns_of_model, read_rows, recording_in
    from gmmfit.plots.subject import subject_of

    mixture = model.mixture if model else None
    if options["data"] is None and model is not None:
        return subject_of(None, mixture, bins=options["bins"], ranges=model.ranges)
    recording = recording_of(options, model)
    table = open_table(ctx, options).whole()
    if {"iteration", "loglik"} <= {*table.columns}:
        raise click.UsageError(f"{table.where} is a history: add --kind history", ctx)
    if model is not None:
        recording = recording_in(table, recording, model.columns)
    if recording.interval is None:
        options["column"] = columns_of_model(table, options["column"], model.columns if model else ())
    read = read_rows(table, wanted_rows(options, recording, options["by"]))
    ranges, log = model.ranges if model else None, options["log"]
    return subject_of(read.rows, mixture, read.labels, read.label_column or "", options["bins"], ranges, log)


def _refuse_contradictions(ctx: click.Context, options: Options, file_format: str) -> None:
    """Raise a usage error where options don't go together, or say nothing about the picture."""
    from gmmfit.files.results.output import refuse_over_inputs

    kind, size = options["kind"], options["size"]
    refuse_over_inputs({"`output`": options["output"]}, {"DATA": options["data"], "`model`": options["model"]})
    reading = {"data", *_names_in(ctx, READING, KNOWN)}
    if kind != "em":
        refuse(ctx, {"iterations"}, "--iterations chooses states of --kind em")
    if file_format == "gif" and kind != "em":
        raise click.UsageError("a GIF shows EM at work: gmmfit plot DATA -m steps.csv --kind em, with a history", ctx)
    if kind == "em":
        if options["model"] is None:
            raise click.UsageError("em shows DATA under a history, as fit --history writes it: name it with -m", ctx)
        refuse(ctx, {"by"}, "em shows no groups")
    elif kind == "history":
        unused = {"model", "by", "bins", "log", "column", "missing", "row_weights", "row_sds", *_names_in(ctx, KNOWN)}
        refuse(ctx, unused, "a history, as fit --history writes it, is drawn alone")
    elif kind == "criteria":
        if options["model"] is None:
            raise click.UsageError("criteria are those of a fit with -k 1-6: name it with --model", ctx)
        refuse(ctx, reading | {"by", "bins", "log"}, "criteria are the model's alone")
    elif options["model"] is not None and "data" not in given_options(ctx):
        refuse(ctx, reading | {"by", "bins", "log"}, "without DATA the model is drawn alone")
    elif kind in WITHOUT_BINS:
        refuse(ctx, {"bins"}, f"{kind} has no histogram")
    in_characters = file_format == "txt"
    if in_characters and kind not in (None, *IN_CHARACTERS):
        raise click.UsageError(f"{kind} is not drawn in characters: add --output FILE, such as {kind}.png", ctx)
    if in_characters:
        refuse(ctx, LOOKS, "a picture in characters has none of that")
    if options["data"] is not None:
        refuse_one_input_for_two(ctx, options["data"], options["model"], "the model")
    most = MOST_DOTS * (OF_A_FRAME if file_format == "gif" else 1)
    if size is not None and size[0] * size[1] * (options["dpi"] or DPI) ** 2 > most:
        raise click.UsageError(f"a picture has at most {most / 1e6:g} million dots: lower --size or --dpi", ctx)
    if file_format == "html":
        refuse(ctx, {"dpi"}, "a page has lines, not dots")
        if kind == "em":
            refuse(ctx, {"legend"}, "a page has a table in place of a legend")


def _names_in(ctx: click.Context, *sections: str) -> set[str]:
    """The options that stand in sections of the help."""
    return {one.name or "" for one in ctx.command.params if getattr(one, "section", "") in sections}
