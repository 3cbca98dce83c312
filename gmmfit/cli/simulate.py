"""gmmfit simulate: draw a table from a mixture, written as it is drawn."""

import logging
from typing import Any

import click

from gmmfit.cli.complete import FILE
from gmmfit.cli.messages import talk
from gmmfit.cli.options import (
    QUIET,
    Names,
    SectionedCommand,
    flattened,
    numbers_option,
    option,
    output_options,
    pop,
    take_style,
    together,
)

log = logging.getLogger("gmmfit")

_mixture_options = together(
    [
        option(
            "Mixture",
            "-m",
            "--model",
            type=FILE,
            metavar="FILE",
            help="JSON, CSV or XLSX; - for standard input.",
        ),
        numbers_option("Mixture", "--weights", "W,W,..", "K weights. [default: equal]"),
        numbers_option(
            "Mixture", "--means", "M,M,..", "K means; for several columns K × D, component by component, repeatable."
        ),
        numbers_option("Mixture", "--sds", "S,S,..", "K sds, or K × D."),
        option("Mixture", "--random", is_flag=True, help="A random mixture, with -k components; told on stderr."),
        option("Mixture", "-k", "--components", type=click.IntRange(min=1), metavar="K", help="Of the random mixture."),
        option("Mixture", "--save-model", type=FILE, metavar="FILE", help="Write the mixture there, as JSON."),
    ]
)

_row_options = together(
    [
        option(
            "Rows",
            "-n",
            "--rows",
            type=click.IntRange(min=0),
            default=100,
            show_default=True,
            metavar="N",
            help="How many.",
        ),
        option(
            "Rows",
            "-c",
            "--column",
            type=Names(),
            multiple=True,
            callback=flattened,
            metavar="NAME,..",
            help="Names of the columns; repeatable. [default: the model's, else x]",
        ),
        option("Rows", "--labels", is_flag=True, help="Add a column with the component of each row."),
        option("Rows", "--label-column", metavar="NAME", help="Name of that column. [default: component]"),
        option(
            "Rows", "--label-names", type=Names(), metavar="A,B,..", help="Names for the components. [default: 1, 2 …]"
        ),
        option(
            "Rows",
            "--exact-counts",
            is_flag=True,
            help="Give each component round(N · weight) rows instead of a random number.",
        ),
        option(
            "Rows", "--seed", type=click.IntRange(0, 2**53 - 1), metavar="N", help="[default: fresh, told on stderr]"
        ),
    ]
)


@click.command(cls=SectionedCommand, short_help="Draw a table from a mixture.")
@_mixture_options
@_row_options
@output_options(["csv", "tsv", "jsonl"], "csv", "its extension (.csv .tsv .jsonl .xlsx)")
@option("Output", "-H", "--no-header", is_flag=True, help="Leave out the row of names.")
@QUIET
@click.pass_context
def simulate(ctx: click.Context, /, **options: Any) -> None:
    """Draw a table from a mixture.

    \b
    gmmfit simulate --weights .4,.6 --means 165,178 --sds 6,7 -n 1000 -c height
    gmmfit simulate -m model.json -n 1000 --labels --seed 1 -o drawn.csv
    """
    from gmmfit.files.results.models import read_model
    from gmmfit.files.results.output import open_output, refuse_over_inputs
    from gmmfit.files.results.writers import format_of, table_writer
    from gmmfit.model.draw import draw_blocks, fresh_seed
    from gmmfit.model.simulate import mixture_to_simulate

    talk(ctx, options.pop("quiet"))
    output, kind, no_header = pop(options, "output", "format_", "no_header")
    rows, exact_counts, seed, save_model = pop(options, "rows", "exact_counts", "seed", "save_model")
    labels, label_column, label_names = pop(options, "labels", "label_column", "label_names")
    kind = format_of(output, kind, "csv", ["csv", "tsv", "jsonl", "xlsx"])
    style = take_style(ctx, options, kind, no_header)
    refuse_over_inputs({"`output`": output, "`save_model`": save_model}, {"`model`": options["model"]})
    fresh, seed = seed is None, fresh_seed() if seed is None else seed
    model = options.pop("model")
    mixture = mixture_to_simulate(model=None if model is None else read_model(model).mixture, seed=seed, **options)
    names = label_names or list(range(1, mixture.n_components + 1))
    if label_names and len(names) != mixture.n_components:
        raise click.UsageError(f"{len(names)} label names for {mixture.n_components} components", ctx)
    labels = labels or label_column or label_names
    header = [*([label_column or "component"] if labels else []), *mixture.columns]
    if len(set(header)) < len(header):
        raise click.UsageError(f"two columns have the same name: {', '.join(header)}", ctx)
    if fresh:
        log.info("seed %d", seed)
    if options["random"]:
        log.info("%s", mixture)
    if save_model is not None:
        with open_output(save_model) as stream:
            stream.write(mixture.to_json().encode())
    blocks = draw_blocks(mixture, rows, seed, exact_counts)
    with open_output(output) as stream:
        writer = table_writer(stream, kind, header, style, rows)
        for values, component in blocks:
            named = [[names[k - 1] for k in component.tolist()]] if labels else []
            writer.write([*named, *values.T.tolist()])
        writer.close()
