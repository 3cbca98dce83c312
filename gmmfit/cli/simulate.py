"""gmmfit simulate: draw a table from a mixture, written as it is drawn."""

import logging
from typing import TYPE_CHECKING, Any

import click

from gmmfit.cli.complete import FILE
from gmmfit.cli.group_rows import are_of_groups
from gmmfit.cli.kinds import Names
from gmmfit.cli.messages import set_up_messages
from gmmfit.cli.options import (
    QUIET,
    SEED,
    SectionedCommand,
    combined,
    flag,
    joined_values,
    numbers_option,
    option,
    output_options,
)
from gmmfit.cli.requests import Options, given_options, refuse, style_of

if TYPE_CHECKING:
    from gmmfit.files.results.group_models import GroupModel
    from gmmfit.files.results.writers import Style

log = logging.getLogger("gmmfit")

_mixture_options = combined(
    option("Mixture", "-m --model FILE", "JSON, CSV or XLSX; - for standard input.", FILE),
    numbers_option("Mixture", "--weights W,W,..", "K weights. [default: equal]"),
    numbers_option(
        "Mixture", "--means M,M,..", "K means; for several columns K × D, component by component, repeatable."
    ),
    numbers_option("Mixture", "--sds S,S,..", "K sds, or K × D."),
    option(
        "Mixture",
        "--transform NAME",
        "What means and sds are of: log for log-normal rows, or another of fit; one for each column.",
        default=None,
    ),
    flag("Mixture", "--random", "A random mixture, with -k components; told on stderr."),
    option("Mixture", "-k --components K", "Of the random mixture.", click.IntRange(min=1)),
    option("Mixture", "--save-model FILE", "Write the mixture there, as JSON.", FILE),
)

_row_options = combined(
    option("Rows", "-n --rows N", "How many.", click.IntRange(min=0), default=100, show_default=True),
    option(
        "Rows",
        "-c --column NAME,..",
        "Names of the columns; repeatable. [default: the model's, else x]",
        Names(),
        multiple=True,
        callback=joined_values,
    ),
    flag("Rows", "--labels", "Add a column with the component of each row."),
    option("Rows", "--label-column NAME", "Name of that column. [default: component]"),
    option("Rows", "--label-names A,B,..", "Names for the components. [default: 1, 2 …]", Names()),
    flag("Rows", "--exact-counts", "Give each component round(N · weight) rows instead of a random number."),
    option("Rows", "--seed N", "[default: fresh, told on stderr]", SEED, default=None),
)


@click.command(cls=SectionedCommand, short_help="Draw a table from a mixture.")
@_mixture_options
@_row_options
@output_options(["csv", "tsv", "jsonl", "parquet"], "csv", "its extension (.csv .tsv .jsonl .xlsx .parquet)")
@flag("Output", "-H --no-header", "Leave out the row of names.")
@QUIET
@click.pass_context
def simulate(ctx: click.Context, /, **options: Any) -> None:
    """Draw a table from a mixture.

    \b
    gmmfit simulate --weights .4,.6 --means 165,178 --sds 6,7 -n 1000 -c height
    gmmfit simulate -m model.json -n 1000 --labels --seed 1 -o drawn.csv
    """
    from gmmfit.files.results.group_models import read_group_models
    from gmmfit.files.results.output import open_output, refuse_over_inputs
    from gmmfit.files.results.writers import format_of, table_writer
    from gmmfit.model.draw import draw_blocks, fresh_seed
    from gmmfit.model.parameters import NOISE
    from gmmfit.model.simulate import mixture_to_simulate

    set_up_messages(ctx, options["quiet"])
    kind = format_of(options["output"], options["format"], "csv", ["csv", "tsv", "jsonl", "xlsx", "parquet"])
    style = style_of(ctx, options, kind, options["no_header"])
    outputs = {f"`{name}`": options[name] for name in ("output", "save_model")}
    refuse_over_inputs(outputs, {"`model`": options["model"]})
    seed = fresh_seed() if options["seed"] is None else options["seed"]
    models = [] if options["model"] is None else read_group_models(options["model"])
    if are_of_groups(models):
        return _draw_groups(ctx, options, models, kind, style, seed)
    mixture = mixture_to_simulate(
        models[0].model.mixture if models else None,
        seed=seed,
        transform=options["transform"] or (),
        **{name: options[name] for name in ("weights", "means", "sds", "random", "components", "column")},
    )
    names = options["label_names"] or range(1, mixture.n_components + 1)
    if len(names) != mixture.n_components:
        raise click.UsageError(f"{len(names)} label names for {mixture.n_components} components", ctx)
    of_noise = "noise" if options["label_names"] else NOISE
    labels = options["labels"] or options["label_column"] or options["label_names"]
    header = [*([options["label_column"] or "component"] if labels else []), *mixture.columns]
    if len(set(header)) < len(header):
        raise click.UsageError(f"two columns have the same name: {', '.join(header)}", ctx)
    if options["seed"] is None:
        log.info("seed %d", seed)
    if options["random"]:
        log.info("%s", mixture)
    if options["save_model"] is not None:
        with open_output(options["save_model"]) as stream:
            stream.write(mixture.to_json().encode())
    blocks = draw_blocks(mixture, options["rows"], seed, options["exact_counts"])
    with open_output(options["output"]) as stream:
        writer = table_writer(stream, kind, header, style, options["rows"])
        for values, component in blocks:
            named = [[names[k - 1] if k else of_noise for k in component.tolist()]] if labels else []
            writer.write([*named, *values.T.tolist()])
        writer.close()


def _draw_groups(
    ctx: click.Context, options: Options, models: "list[GroupModel]", kind: str, style: "Style", seed: int
) -> None:
    """Draw so many rows of each group, one below the other; of columns fitted by themselves beside each other."""
    import numpy as np

    from gmmfit.files.results.group_models import by_columns
    from gmmfit.files.results.output import open_output
    from gmmfit.files.results.writers import table_writer
    from gmmfit.model.draw import draw

    given = given_options(ctx) - {"model", "rows", "seed", "output", "format", "digits", "bom", "excel_safe", "quiet"}
    refuse(ctx, given - {"no_header", "labels", "exact_counts"}, "models of groups have their own columns and weights")
    if options["seed"] is None:
        log.info("seed %d", seed)
    alike, n = by_columns(models), options["rows"]
    groups = list(dict.fromkeys(tuple(one.group.items()) for one in models))
    header = [*dict(groups[0])]
    for together in alike:
        mixture = together[0].model.mixture
        suffix = f"_{mixture.columns[0]}" if len(alike) > 1 else ""
        header += [*([f"component{suffix}"] if options["labels"] else []), *mixture.columns]
    if len(set(header)) < len(header):
        raise click.UsageError(f"two columns have the same name: {', '.join(header)}", ctx)
    with open_output(options["output"]) as stream:
        writer = table_writer(stream, kind, header, style, n * len(groups))
        for number, group in enumerate(groups):
            columns: list[list[Any]] = [[label] * n for _, label in group]
            for at, together in enumerate(alike):
                own = [one.model.mixture for one in together if tuple(one.group.items()) == group]
                if own:
                    # A seed of its own, which no other group has with any other seed.
                    [state] = np.random.SeedSequence([seed, number, at]).generate_state(1, np.uint64).tolist()
                    values, component = draw(own[0], n, state >> 11, options["exact_counts"])
                    columns += [*([component.tolist()] if options["labels"] else []), *values.T.tolist()]
                else:
                    n_columns = together[0].model.mixture.n_columns + bool(options["labels"])
                    columns += [[None] * n for _ in range(n_columns)]
            writer.write(columns)
        writer.close()
