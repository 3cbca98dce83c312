"""gmmfit plot: draw a mixture, its data, or both."""

import shutil
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.messages import talk
from gmmfit.cli.options import (
    QUIET,
    READING,
    Numbers,
    SectionedCommand,
    as_typed,
    data_argument,
    one_of,
    open_data,
    option,
    pop,
    read_data,
    reading_options,
)
from gmmfit.plots.names import DPI, IN_CHARACTERS, KINDS, PICTURE_FORMATS, WITHOUT_BINS

# Dots that are drawn in a few seconds and in a gigabyte.
MOST_DOTS = 10**8

if TYPE_CHECKING:
    from gmmfit.files.results.models import Model
    from gmmfit.plots.subject import Scene


def _size(ctx: click.Context, param: click.Parameter, value: tuple[float, ...] | None) -> tuple[float, float] | None:
    if value is None:
        return None
    if len(value) != 2 or not all(0.5 <= inches <= 50 for inches in value):
        raise click.BadParameter("width and height in inches, such as 8,5, each from 0.5 to 50", ctx, param)
    return value[0], value[1]


@click.command(cls=SectionedCommand, short_help="Draw a mixture over its data, or a history.")
@data_argument("standard input for -, or for nothing where there is no model")
@option("Picture", "-m", "--model", type=FILE, metavar="FILE", help="A model, JSON, CSV or XLSX; - for standard input.")
@option(
    "Picture",
    "--kind",
    type=one_of(KINDS),
    help="density: histogram, components, their total, cut-offs; cdf, qq: distributions; ellipses: pairs of columns; "
    "criteria: BIC, AIC, ICL of a range's model; history: of a history file; labels: by --by. "
    "[default: density, or labels with --by; of several columns in a file, ellipses]",
)
@option(
    "Picture",
    "--by",
    metavar="COLUMN",
    shell_complete=columns,
    help="Labels of groups, for the kinds labels and ellipses.",
)
@option(
    "Picture",
    "--bins",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Of a histogram. [default: from the data]",
)
@option("Picture", "--size", type=Numbers(), callback=_size, metavar="W,H", help="In inches. [default: the kind's]")
@option(
    "Picture", "--dpi", type=click.IntRange(10, 1200), default=DPI, show_default=True, metavar="N", help="Dots an inch."
)
@option("Picture", "--title", metavar="TEXT", help="Above the picture.")
@option(
    "Picture", "-o", "--output", type=FILE, metavar="FILE", help="Draw there (.png .svg .pdf). [default: in characters]"
)
@option(
    "Picture",
    "-f",
    "--format",
    "format_",
    type=one_of(PICTURE_FORMATS),
    help="[default: the extension's]",
)
@reading_options
@QUIET
@click.pass_context
def plot(ctx: click.Context, /, **options: Any) -> None:
    """Draw a mixture over its data, or a history.

    Without -o it is drawn in characters; a file needs the extra gmmfit[plot]. Without DATA the model is drawn alone.

    \b
    gmmfit plot heights.csv -m model.json
    gmmfit plot heights.csv -m model.json --kind qq -o qq.svg
    gmmfit plot heights.csv -c height --by sex --kind labels -o sexes.pdf
    gmmfit plot steps.csv --kind history -o history.png
    """
    from gmmfit.files.results.history import read_history
    from gmmfit.files.results.models import read_model
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.writers import format_of
    from gmmfit.fitting.history import history_in
    from gmmfit.plots.plot import check_candidates, drawing_module, kind_for
    from gmmfit.plots.terminal import terminal_picture

    talk(ctx, options.pop("quiet"))
    output, file_format, path, kind = pop(options, "output", "format_", "model", "kind")
    file_format = format_of(output, file_format, "txt", PICTURE_FORMATS)
    in_characters = file_format == "txt"
    if in_characters and kind not in (None, *IN_CHARACTERS):
        raise click.UsageError(f"{kind} is not drawn in characters: add --output FILE, such as {kind}.png", ctx)
    _refuse_unused(ctx, kind, path, in_characters)
    drawing = None if in_characters else drawing_module()
    size, dpi, title = pop(options, "size", "dpi", "title")
    if size is not None and size[0] * size[1] * dpi**2 > MOST_DOTS:
        raise click.UsageError(f"a picture has at most {MOST_DOTS / 1e6:g} million dots: lower --size or --dpi", ctx)
    model = None if path is None else read_model(path)
    subject: Any
    if kind == "history":
        subject = history_in(read_history(*open_data(ctx, options)))
    elif kind == "criteria":
        subject = model.candidates if model else ()
        check_candidates(subject)
    else:
        subject = _scene(ctx, options, model)
        kind = kind_for(subject, kind)
    figure = None if drawing is None else drawing.drawn(kind, subject, size, dpi, title)
    with open_output(output) as stream:
        if drawing is not None:
            drawing.save(figure, stream, file_format)
        else:
            lines = terminal_picture(subject, shutil.get_terminal_size().columns - 1)
            stream.write("".join(line + "\n" for line in lines).encode())


def _scene(ctx: click.Context, options: dict[str, Any], model: "Model | None") -> "Scene":
    """The rows of DATA with the model; the model alone where there is no DATA."""
    from gmmfit.files.read_rows import columns_of_model, take
    from gmmfit.plots.subject import scene_of

    column, missing, weights, sds = pop(options, "column", "missing", "row_weights", "row_sds")
    by, bins, mixture = options.pop("by"), options.pop("bins"), model.mixture if model else None
    if options["data"] is None and model is not None:
        return scene_of(None, mixture, bins=bins)
    table = read_data(ctx, options).whole()
    if {"iteration", "loglik"} <= {*table.columns}:
        raise click.UsageError(f"{table.where} is a history: add --kind history", ctx)
    column = columns_of_model(table, column, model.columns if model else ())
    taken = take(table, column, weights, sds, labels=by, missing=missing)
    rows = {"column": tuple(taken.data), "row_weights": taken.row_weights, "row_sds": taken.row_sds}
    return scene_of(taken.data, mixture, taken.labels, taken.label_column, bins, **rows)


def _refuse_unused(ctx: click.Context, kind: str | None, model: str | None, in_characters: bool) -> None:
    """Raise a usage error where an option says nothing about the picture."""
    from gmmfit.files.results.output import refuse_over_inputs
    from gmmfit.files.tables.sources import STDIN

    refuse_over_inputs({"`output`": ctx.params["output"]}, {"DATA": ctx.params["data"], "`model`": model})
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    reading = {"data", *(parameter.name for parameter in ctx.command.params if _is_about_reading(parameter))}
    if kind == "history":
        unused = {"model", "by", "bins", "column", "missing", "row_weights", "row_sds"}
        what = "a history is drawn alone"
    elif kind == "criteria":
        unused, what = reading | {"by", "bins"}, "criteria are the model's alone"
        if model is None:
            raise click.UsageError("criteria are those of a fit with -k 1-6: name it with --model", ctx)
    elif model is not None and "data" not in given:
        unused, what = reading | {"by", "bins"}, "without DATA the model is drawn alone"
    else:
        unused, what = ({"bins"}, f"{kind} has no histogram") if kind in WITHOUT_BINS else (set(), "")
    if in_characters and not given & unused:
        unused, what = {"size", "dpi", "title"}, "a picture in characters has none of that"
    if given & unused:
        raise click.UsageError(f"{what}: leave out {', '.join(map(as_typed, sorted(given & unused)))}", ctx)
    if model == STDIN and ctx.params["data"] == STDIN:
        raise click.UsageError("DATA and the model can't both be standard input: name a file for one of them", ctx)


def _is_about_reading(parameter: click.Parameter) -> bool:
    return getattr(parameter, "section", "") == READING
