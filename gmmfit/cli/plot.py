"""gmmfit plot: draw a mixture, its data, or both."""

import shutil
from dataclasses import replace
from typing import Any

import click

from gmmfit.cli.complete import FILE, columns
from gmmfit.cli.options import (
    QUIET,
    Numbers,
    SectionedCommand,
    data_argument,
    one_of,
    open_data,
    option,
    pop,
    read_data,
    reading_options,
)
from gmmfit.cli.talk import talk
from gmmfit.plots.kinds import DPI, KINDS, PICTURE_FORMATS

# What a picture in characters can show; the other kinds need a file.
IN_CHARACTERS = (None, "density", "labels")


def _size(ctx: click.Context, param: click.Parameter, value: tuple[float, ...] | None) -> tuple[float, float] | None:
    if value is None:
        return None
    if len(value) != 2 or not all(0.5 <= inches <= 50 for inches in value):
        raise click.BadParameter("width and height in inches, such as 8,5, each from 0.5 to 50", ctx, param)
    return value[0], value[1]


@click.command(cls=SectionedCommand, short_help="Draw a mixture over its data, or a history.")
@data_argument("standard input for -, or for nothing where there is no model")
@option("Picture", "-m", "--model", type=FILE, metavar="FILE", help="A model, JSON or CSV; - for standard input.")
@option(
    "Picture",
    "--kind",
    type=one_of(KINDS),
    help="density: histogram, components, their total, cut-offs; cdf, qq: distributions; ellipses: pairs of columns; "
    "criteria: BIC, AIC, ICL of a range's model; history: of a history file; labels: by --by. "
    "[default: density; of several columns in a file, ellipses]",
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
    from gmmfit.files.history import read_history
    from gmmfit.files.inputs import columns_of_model, take
    from gmmfit.files.models import read_model
    from gmmfit.files.output import open_output
    from gmmfit.files.sources import STDIN
    from gmmfit.files.writers import format_of
    from gmmfit.plots.plot import drawing_module
    from gmmfit.plots.subject import subject_of
    from gmmfit.plots.terminal import terminal_picture
    from gmmfit.text import escaped

    talk(ctx, options.pop("quiet"))
    output, file_format, path = pop(options, "output", "format_", "model")
    size, dpi, title, kind, by = pop(options, "size", "dpi", "title", "kind", "by")
    file_format = format_of(output, file_format, "txt", PICTURE_FORMATS)
    in_characters = file_format == "txt"
    if in_characters and kind not in IN_CHARACTERS:
        raise click.UsageError(f"{kind} is not drawn in characters: add --output FILE, such as {kind}.png", ctx)
    draw = None if in_characters else drawing_module()
    if kind == "history" and path is not None:
        raise click.UsageError("a history is drawn alone: leave --model out", ctx)
    if path == STDIN and options["data"] == STDIN:
        raise click.UsageError("DATA and the model can't both be standard input: name a file for one of them", ctx)
    model = None if path is None else read_model(path)
    column, missing, weights, sds, bins = pop(options, "column", "missing", "row_weights", "row_sds", "bins")
    settings: dict[str, Any] = {"kind": kind, "bins": bins, "candidates": model.candidates if model else ()}
    if kind == "history":
        settings["data"] = read_history(*open_data(ctx, options))
    elif options["data"] is not None or model is None:
        table = read_data(ctx, options).whole()
        column = columns_of_model(table, column, model.columns if model else ())
        taken = take(table, column, weights, sds, labels=by, missing=missing)
        settings |= {"data": taken.data, "column": tuple(taken.data), "by": taken.labels}
        settings |= {"row_weights": taken.row_weights, "row_sds": taken.row_sds}
    subject = subject_of(model=model.mixture if model else None, **settings)
    if by is not None:
        subject = replace(subject, by=escaped(by))
    if draw is None:
        lines = terminal_picture(subject, shutil.get_terminal_size().columns - 1)
        with open_output(output) as stream:
            stream.write("".join(line + "\n" for line in lines).encode())
    else:
        figure = draw.drawn(subject, size, dpi, title)
        with open_output(output) as stream:
            draw.save(figure, stream, file_format)
