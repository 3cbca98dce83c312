"""Rows in the memory of the workers of a cluster: each has some parts of the table, and sums over them.

A task sums the blocks that begin in one part, and others add up those sums, all on the workers: what comes back is one
sum. Blocks are numbered through the whole table, so that its digits depend neither on how the table is parted, nor on
the workers, nor on which of them is done first.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from operator import add
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from gmmfit.data.recording import EXACTLY
from gmmfit.data.rows import BLOCK, Rows, drawn
from gmmfit.data.select import record_rows
from gmmfit.data.selection import no_usable_rows
from gmmfit.data.stored.on_worker import facts_of, part_of_frame, rows_in, sum_of_run, sum_of_runs, together
from gmmfit.data.stored.stored import Facts, Stored
from gmmfit.data.sums import Additive, RunSum
from gmmfit.data.weights import check_one_weighting
from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import listed

T = TypeVar("T", bound=Additive)
# So many sums are added up by one task.
ADDED_BY_ONE = 16
# What a worker is asked for, and will give.
Task = Any


class TaskCluster(Protocol):
    """Those who have the rows, such as a Cluster."""

    def submitted(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """What a function will give, on a worker, of arguments or of what other tasks give."""
        ...

    def mapped(
        self, function: Callable[..., Any], *arguments: Sequence[Any], holders: Sequence[str] = (), **common: Any
    ) -> list[Task]:
        """The same for each of many arguments, with others in common, by those workers, if they are still there."""
        ...

    def holders(self, tasks: Sequence[Task]) -> list[tuple[str, ...]]:
        """Who has what each task gave."""
        ...

    def result(self, task: Task, said: str = "", awaited: Sequence[Task] = ()) -> Any:
        """What a task gives. While it is waited for, `said` is reported, with how many of those awaited are done."""
        ...

    def partitions(self, frame: Any) -> list[Task]:
        """The partitions of a DataFrame of the cluster's own kind."""
        ...


class Run(NamedTuple):
    """Neighbouring blocks from the one numbered `first`: rows of a part from `start` on, and those that follow it."""

    first: int
    start: int
    part: Task
    following: tuple[Task, ...]


class DistributedRows(Stored):
    """Rows in the memory of workers, in parts.

    facts are of each part, None where it has no rows; one has some.
    """

    def __init__(
        self,
        workers: TaskCluster,
        columns: tuple[str, ...],
        weighted: bool,
        parts: Sequence[Task],
        facts: Sequence[Facts | None],
    ) -> None:
        super().__init__(columns, weighted)
        filled = [(part, known) for part, known in zip(parts, facts, strict=True) if known is not None]
        self.workers, self.parts = workers, [part for part, _ in filled]
        self.facts = reduce(add, (known for _, known in filled))
        self.ends = [*accumulate(known.n_rows for _, known in filled)]
        self.runs = [*self._runs()]

    def _runs(self) -> Iterator[Run]:
        """The blocks that begin in each part. Rows of the last one that lie in the next parts are brought to it."""
        start = 0
        for number, end in enumerate(self.ends):
            first, stop = -(-start // BLOCK), min(-(-end // BLOCK) * BLOCK, self.ends[-1])
            if first * BLOCK < end:
                following = []
                for at in range(number + 1, len(self.parts)):
                    if self.ends[at - 1] >= stop:
                        break
                    rows = slice(stop - self.ends[at - 1])
                    following.append(self.workers.submitted(rows_in, self.parts[at], rows))
                yield Run(first, first * BLOCK - start, self.parts[number], tuple(following))
            start = end

    def sum(self, function: Callable[[Rows], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""
        sums = of_runs = self._sums_of_runs(function)
        while len(sums) > 1:
            groups = [sums[at : at + ADDED_BY_ONE] for at in range(0, len(sums), ADDED_BY_ONE)]
            sums = self.workers.mapped(sum_of_runs, groups)
        total: RunSum[T] = self.workers.result(sums[0], "passing over the rows: {:,} of {:,} parts", of_runs)
        return total.total

    def _sums_of_runs(self, function: Callable[[Rows], T]) -> list[Task]:
        """The sum over each run, by the worker that has the part: else parts would move to whoever is idle."""
        runs_of: dict[tuple[str, ...], list[Run]] = {}
        for run, holders in zip(self.runs, self.workers.holders([run.part for run in self.runs]), strict=True):
            runs_of.setdefault(holders, []).append(run)
        sums: dict[int, Task] = {}
        for holders, runs in runs_of.items():
            columns = zip(*runs, strict=True)
            found = self.workers.mapped(sum_of_run, *columns, holders=holders, of_block=function, change=self.change)
            sums.update(zip((run.first for run in runs), found, strict=True))
        return [sums[run.first] for run in self.runs]

    def some(self, n: int, rng: np.random.Generator) -> Rows:
        """At most n of the rows, drawn without replacement, in their order."""
        chosen = np.arange(len(self)) if n >= len(self) else drawn(len(self), n, rng)
        cuts = np.split(chosen, np.searchsorted(chosen, self.ends[:-1]))
        found = [
            self.workers.submitted(rows_in, part, cut - start)
            for part, cut, start in zip(self.parts, cuts, [0, *self.ends[:-1]], strict=True)
            if len(cut)
        ]
        rows: Rows = self.workers.result(self.workers.submitted(together, found))
        return rows if self.change is None else self.change(rows)


def distributed_rows(
    workers: TaskCluster, names: Sequence[str], parts: Sequence[Task], weighted: bool
) -> tuple[DistributedRows | None, list[Any]]:
    """The rows of the parts of a table, by their names, which stay with the workers; and what is told of each part.

    None where no part has rows.

    Raises:
        DataError: they have other columns, or one can't be had.
    """
    told = workers.mapped(facts_of, parts)
    found = workers.result(workers.submitted(list, told), "reading: {:,} of {:,} parts", told)
    filled = [(name, columns) for name, (columns, facts, _) in zip(names, found, strict=True) if facts is not None]
    for name, columns in filled:
        if columns != filled[0][1]:
            raise DataError(
                f"{name} has the columns {listed(columns)}, and {filled[0][0]} {listed(filled[0][1])}: parts of a "
                "table have the same"
            )
    reports = [report for *_, report in found]
    if not filled:
        return None, reports
    return DistributedRows(workers, filled[0][1], weighted, parts, [facts for _, facts, _ in found]), reports


def rows_of_frame(
    workers: TaskCluster,
    frame: Any,
    column: str | Sequence[str] | None = None,
    row_weights: str | None = None,
    row_sds: str | None = None,
) -> DistributedRows:
    """The usable rows of a Dask DataFrame, in the memory of workers. What else is as in `select_rows`.

    Raises:
        DataError: a column is absent, or holds something else than finite numbers; no rows are left.
        ArgumentError: row_weights and row_sds are both given, or are no names.
    """
    check_one_weighting(row_weights, row_sds)
    weighing = [source for source in (row_weights, row_sds) if source is not None]
    if not all(isinstance(source, str) for source in weighing):
        raise ArgumentError("rows of a Dask DataFrame have their weights in a column of it: name that")
    _, names = record_rows(frame._meta, column, row_weights, row_sds, EXACTLY)
    partitions = workers.partitions(frame[list(dict.fromkeys([*names, *weighing]))])
    called = [f"partition {number}" for number in range(1, len(partitions) + 1)]
    parts = [
        workers.submitted(part_of_frame, name, one, names, row_weights, row_sds)
        for name, one in zip(called, partitions, strict=True)
    ]
    rows, counts = distributed_rows(workers, called, parts, bool(weighing))
    n_read, n_missing = (sum(numbers) for numbers in zip(*counts, strict=True))
    if rows is None:
        raise no_usable_rows(n_read, n_missing, n_zero_weight=n_read - n_missing)
    rows.n_missing = n_missing
    return rows.weighed(are_sds=row_sds is not None)
