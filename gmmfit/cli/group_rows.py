"""The rows of DATA for models of groups: of each columns that models are of, with the labels that make groups."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gmmfit.cli.requests import Options, recording_of, wanted_rows

if TYPE_CHECKING:
    from gmmfit.data.recording import Recording
    from gmmfit.files.results.group_models import GroupModel
    from gmmfit.files.tables.table import Table
    from gmmfit.fitting.many.job import RecordedTable


def are_of_groups(models: "list[GroupModel]") -> bool:
    """Whether a file has models of groups, and not one for all rows."""
    return len(models) > 1 or any(one.group for one in models)


def rows_of_groups(
    table: "Table", options: Options, models: "list[GroupModel]"
) -> "Iterator[tuple[list[tuple[GroupModel, Recording]], RecordedTable]]":
    """The models of the same columns, each with how its rows were recorded, and the rows of a table that they are for.

    Raises:
        DataError: a column is absent, or holds what can't be used.
    """
    from gmmfit.files.read_groups import read_groups
    from gmmfit.files.read_rows import columns_of_model, recording_in
    from gmmfit.files.results.group_models import by_columns

    for together in by_columns(models):
        first, own = together[0], dict(options)
        recording = recording_in(table, recording_of(own, first.model), first.model.columns)
        if recording.interval is None:
            own["column"] = columns_of_model(table, options["column"], first.model.columns)
        wanted = wanted_rows(own, recording)
        rows = read_groups(table, wanted, list(first.group), False, options["data"] or "stdin")
        # Steps and labels are each group's own; where errors come from was found in the table.
        each = [replace(rows.recording, rounded=one.model.recording.rounded) for one in together]
        if options["rounded"] is not None:
            each = [rows.recording] * len(together)
        yield list(zip(together, each, strict=True)), rows
