"""Many fits as one job: tables as they were recorded, and which rows and columns of them each fit is of."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from gmmfit.data.groups import Positions, groups_of
from gmmfit.data.labels import Labels
from gmmfit.data.recorded import Recorded, joined
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.data.selection import Selection, usable_rows
from gmmfit.errors import ArgumentError, DataError, FitError
from gmmfit.fitting.fit import fit
from gmmfit.fitting.many.group_fit import GroupFit
from gmmfit.text import listed

log = logging.getLogger("gmmfit")

# What groups are called that are those of files.
FILE = "file"
ALL = slice(None)
# The level of what is said, and those that threads asked for in its place.
_UNSAID = list[int]()
_LOCK = Lock()


@dataclass(frozen=True, eq=False)
class RecordedTable:
    """A table as it was recorded, before it is looked at which rows can be used.

    recorded   its rows, of `columns` by name
    init_labels  (N,) of components to start from, if there are some
    by         (N,) the labels that make groups, by the names of their columns
    n_invalid  how many of the rows have a value that is no number
    error      why there is no such table, if it could not be read
    """

    recorded: Recorded
    columns: tuple[str, ...]
    recording: Recording
    init_labels: Labels | None = None
    by: Mapping[str, Labels] = field(default_factory=dict)
    source: str = ""
    sheet: str | None = None
    error: str = ""
    n_invalid: int = 0

    def rows_of(self, group: Mapping[str, str]) -> "Positions | slice | None":
        """The positions of the rows of a group, all where there are no groups; None where it has none."""
        if not group:
            return ALL
        return self._groups.get(tuple(group.items()))

    @cached_property
    def _groups(self) -> dict[tuple[tuple[str, str], ...], Positions]:
        return {tuple(group.items()): positions for group, positions in groups_of(self.by)}


@dataclass(frozen=True, eq=False)
class Part:
    """What a fit is of: rows of the table at a position, and columns of it by their positions."""

    table: int
    group: dict[str, str]
    rows: Positions | slice
    columns: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Job:
    """Many fits: of parts of tables, with the same arguments."""

    tables: tuple[RecordedTable, ...]
    parts: tuple[Part, ...]
    arguments: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.parts)

    def with_arguments(self, **arguments: Any) -> "Job":
        """The same with other arguments."""
        return replace(self, arguments={**self.arguments, **arguments})

    def alone(self, number: int) -> "Job":
        """The job of one part, with its own rows and columns only, to be sent elsewhere."""
        part, own = self.parts[number], self._own(number)
        alone = replace(part, table=0, rows=ALL, columns=tuple(range(len(own.columns))))
        return replace(self, tables=(own,), parts=(alone,))

    def _own(self, number: int) -> RecordedTable:
        """The rows and columns of a part, as a table of their own."""
        part = self.parts[number]
        table = self.tables[part.table]
        names = tuple(table.columns[d] for d in part.columns)
        columns: Any = ALL if len(names) == len(table.columns) else list(part.columns)
        return replace(
            table,
            recorded=table.recorded.part(part.rows, columns),
            columns=names,
            recording=table.recording.for_columns(table.columns, names),
            init_labels=None if table.init_labels is None else table.init_labels[part.rows],
            by={},
        )

    def selection(self, number: int) -> Selection:
        """The usable rows of a part, as they would be found if its rows were a table of their own.

        Raises:
            DataError: there are none.
            ArgumentError: they contradict what is said of their recording.
        """
        own = self._own(number)
        return usable_rows(own.recorded, own.columns, own.recording)

    def fit(self, number: int) -> GroupFit:
        """The fit of a part, by its number from 0, exactly as it would be if its rows were a table of their own.

        What it warns of is kept in it.

        Raises:
            ArgumentError: an argument is wrong, which it is for any part.
        """
        part = self.parts[number]
        table = self.tables[part.table]
        names = tuple(table.columns[d] for d in part.columns)
        about: dict[str, Any] = {"source": table.source, "sheet": table.sheet}
        if table.error:
            return GroupFit(part.group, names, None, table.error, **about)
        about |= {"n_read": len(table.recorded.values[part.rows])}
        with unsaid():
            try:
                selection = self.selection(number)
                about |= {"n_missing": selection.n_missing, "n_zero_weight": selection.n_zero_weight}
                init_by = None if table.init_labels is None else table.init_labels[part.rows]
                result = fit(selection, **self.arguments, init_by=init_by)
            except (DataError, FitError) as error:
                return GroupFit(part.group, names, None, str(error), **about)
        return GroupFit(part.group, names, result, **about)


def job_of(tables: tuple[RecordedTable, ...], each: bool, arguments: Mapping[str, Any]) -> Job:
    """The job of fitting each group of each table, all columns together or each by itself.

    Raises:
        DataError: no row is in a group.
    """
    parts = []
    for number, table in enumerate(tables):
        groups: list[tuple[dict[str, str], Positions | slice]]
        groups = [*groups_of(table.by)] if table.by else [({}, ALL)]
        d = len(table.columns)
        columns: list[tuple[int, ...]] = [(at,) for at in range(d)] if each else [tuple(range(d))]
        if table.error:
            groups, columns = [({name: labels[0] for name, labels in table.by.items()}, ALL)], [()]
        parts += [Part(number, group, rows, of_fit) for group, rows in groups for of_fit in columns]
    if not parts:
        raise DataError(f"no row of {listed(table.source for table in tables)} is in a group: each lacks a label")
    return Job(tables, tuple(parts), arguments)


def with_same_groups(tables: Sequence[RecordedTable]) -> list[RecordedTable]:
    """Tables of which each is a group: all name their other groups alike, also one that could not be read.

    Raises:
        ArgumentError: one is there twice.
        DataError: groups are made by other columns in one of them.
    """
    named = [table.source for table in tables]
    if twice := [name for name in named if named.count(name) > 1]:
        raise ArgumentError(f"{twice[0]} is named twice: as a group of its own it can be there once")
    read = [table for table in tables if not table.error]
    for table in read:
        if [*table.by] != [*read[0].by]:
            raise DataError(
                f"groups are made by {listed(read[0].by)} in {read[0].source}, and by {listed(table.by)} in "
                f"{table.source}: name the columns"
            )
    names = [*read[0].by] if read else [*tables[0].by]
    return [unread(table.source, table.error, names) if table.error else table for table in tables]


def unread(source: str, error: str, by: Sequence[str]) -> RecordedTable:
    """A table that could not be read: it has no groups but itself."""
    labels = {name: np.array([source if name == FILE else ""], dtype=object) for name in by}
    return RecordedTable(Recorded(np.empty((0, 0))), (), EXACTLY, None, labels, source, error=error)


def pooled(tables: Sequence[RecordedTable]) -> RecordedTable:
    """The rows of several tables with the same columns, as those of one.

    Raises:
        DataError: they have other columns.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    for table in tables:
        (here, there) = ((*one.by, *one.columns) for one in (table, first))
        if here != there:
            raise DataError(
                f"{table.source} has the columns {listed(here)}, and {first.source} {listed(there)}: tables are pooled "
                "that have the same; to fit each by itself add `by` file"
            )
    return replace(
        first,
        recorded=joined([table.recorded for table in tables]),
        init_labels=None if first.init_labels is None else np.concatenate([table.init_labels for table in tables]),
        by={name: np.concatenate([table.by[name] for table in tables]) for name in first.by},
        source=listed(table.source for table in tables),
        sheet=None,
        n_invalid=sum(table.n_invalid for table in tables),
    )


@contextmanager
def unsaid(least: int = logging.CRITICAL) -> Iterator[None]:
    """Say nothing below a level, such as of single fits: what they warn of is in them. Threads may meet in this."""
    with _LOCK:
        if not _UNSAID:
            _UNSAID.append(log.level)
        _UNSAID.append(least)
        log.setLevel(max(_UNSAID))
    try:
        yield
    finally:
        with _LOCK:
            _UNSAID.remove(least)
            log.setLevel(max(_UNSAID))
            if len(_UNSAID) == 1:
                _UNSAID.clear()
