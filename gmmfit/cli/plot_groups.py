"""What gmmfit plot draws of models of groups: the rows of each under its own, side by side."""

from typing import TYPE_CHECKING

import click

from gmmfit.cli.group_rows import rows_of_groups
from gmmfit.cli.requests import Options, open_table, refuse
from gmmfit.text import escaped, rows_said

if TYPE_CHECKING:
    from gmmfit.files.results.group_models import GroupModel
    from gmmfit.plots.subject import Subject


def groups_to_draw(ctx: click.Context, options: Options, models: "list[GroupModel]") -> "list[tuple[str, Subject]]":
    """The rows of each group under the model of that group, by its name; the models alone where there is no DATA."""
    from gmmfit.fitting.many.score_many import no_rows, rows_of_models
    from gmmfit.plots.subject import subject_of

    if options["kind"] not in (None, "density"):
        raise click.UsageError(f"models of groups are drawn as densities: leave out --kind {options['kind']}", ctx)
    refuse(ctx, {"by"}, "models have their own groups")
    with_column = len({one.model.columns for one in models}) > 1
    if options["data"] is None:
        return [(_name_of(one, with_column), subject_of(None, one.model.mixture)) for one in models]
    table = open_table(ctx, options).whole()
    subjects = []
    for together, rows in rows_of_groups(table, options, models):
        groups = [(one.group, recording) for one, recording in together]
        for number, _, selection in rows_of_models(rows, groups):
            one, _ = together[number]
            subject = subject_of(selection, one.model.mixture, bins=options["bins"], log=options["log"])
            name = f"{_name_of(one, with_column)}: {rows_said(len(selection.rows))}"
            subjects.append((name, subject))
    if not subjects:
        raise no_rows(table.where, [one.group for one in models])
    return subjects


def _name_of(one: "GroupModel", with_column: bool) -> str:
    """What the panel of a group is called."""
    from gmmfit.fitting.many.group_fit import name_of

    columns = ", ".join(map(escaped, one.model.columns)) if with_column else ""
    return ", ".join(filter(None, (name_of(one.group), columns)))
