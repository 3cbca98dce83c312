"""Rows in the memory of the workers of a Dask cluster, and the cluster. The only file that imports Dask.

A task sums the blocks that begin in one part of a table, and others add up those sums, all on the workers: what comes
back is one sum. Blocks are numbered through the whole table, so that its digits depend neither on how the table is
parted, nor on the workers, nor on which of them is done first.
"""

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from functools import partial, reduce
from importlib import metadata
from itertools import accumulate, chain
from multiprocessing import resource_tracker
from operator import add
from time import monotonic
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
from dask import config
from distributed import Client, Future, KilledWorker, LocalCluster, wait
from distributed.utils import LoopRunner, silence_logging_cmgr
from tornado.ioloop import IOLoop

from gmmfit.data.recording import EXACTLY
from gmmfit.data.rows import BLOCK, Rows, drawn, joined
from gmmfit.data.select import record_rows
from gmmfit.data.stored import Facts, Part, Progress, Stored, no_progress, usable
from gmmfit.data.sums import Additive, RunSum
from gmmfit.data.weights import check_one_weighting
from gmmfit.errors import ArgumentError, DataError, FitError, GmmfitError
from gmmfit.text import listed
from gmmfit.version import __version__

T = TypeVar("T", bound=Additive)
Result = TypeVar("Result")

# So many sums are added up by one task, and so many tasks for each thread are sent ahead of what is waited for.
ADDED_BY_ONE, SENT_AHEAD = 16, 4
# Seconds: how long an answer of a scheduler is waited for, and how long a worker where there is none; how often it is
# looked what is done, and which workers are there.
ANSWER, WORKER, PAUSE, LOOK = 5, 60, 0.2, 5
# Of a cluster that is started here. By default Dask has workers give each freed array back to the system, which doubled
# the time of a pass, and moves parts to whoever is idle.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), 1)
OWN = {"distributed.nanny.pre-spawn-environ": ONE_THREAD, "distributed.scheduler.work-stealing": False}
MEMORY = "as it is where memory is short: have more workers, or smaller parts"


class Cluster:
    """The workers of a Dask cluster, by the address of its scheduler or a Client; or of one on this machine.

    n workers are started there, by default as many as there are cores, and end with this: processes, or with in_threads
    threads of this one, unless a Client is open.

    Raises:
        ArgumentError: no scheduler answers, or its workers don't have this version of gmmfit.
    """

    def __init__(
        self,
        of: "str | Client | None" = None,
        n: int | None = None,
        report_progress: Progress = no_progress,
        in_threads: bool = False,
    ) -> None:
        self.report_progress, self.opened = report_progress, ExitStack()
        try:
            of = _open_client() if of is None and in_threads else of
            self.client = of if isinstance(of, Client) else self.opened.enter_context(self._client(of, n, in_threads))
            self._check_workers()
        except BaseException:
            self.opened.close()
            raise

    def _client(self, address: str | None, n: int | None, in_threads: bool) -> Client:
        # What goes wrong is told in other words.
        self.opened.enter_context(silence_logging_cmgr(logging.CRITICAL))
        if address is None:
            with config.set(OWN):
                local = LocalCluster(
                    n_workers=n or os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=not in_threads,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                    loop=self._loop(),
                )
            return Client(self.opened.enter_context(local))
        try:
            return Client(address, timeout=ANSWER)
        except (OSError, ValueError):
            raise ArgumentError(
                f"no Dask scheduler answers at {address}: start one with `dask scheduler`, or leave the address out "
                "for workers on this machine"
            ) from None

    def _loop(self) -> IOLoop:
        """The loop of a thread to which no Ctrl-C comes, nor to the processes that are started in it."""
        runner = LoopRunner()
        if os.name == "posix":
            resource_tracker.ensure_running()  # or it is, there, and lets the signal through again
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            runner.start()
        finally:
            if os.name == "posix":
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.opened.callback(runner.stop)
        loop: IOLoop = runner.loop
        return loop

    def _check_workers(self) -> None:
        address = self.client.scheduler_info()["address"]
        try:
            self.client.wait_for_workers(1, timeout=WORKER)
        except TimeoutError:
            raise ArgumentError(
                f"the Dask scheduler at {address} has no workers: start one with `dask worker {address}`"
            ) from None
        for worker, found in self.client.run(metadata.version, "gmmfit", on_error="return").items():
            if found != __version__:
                has = "no gmmfit" if isinstance(found, Exception) else f"gmmfit {found}"
                raise ArgumentError(f"the Dask worker at {worker} has {has}: install gmmfit {__version__} there")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.opened.close()

    @property
    def n_threads(self) -> int:
        """The tasks that are worked at side by side."""
        return sum(self.client.nthreads().values())

    def each(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """What a function gives for each of many items, in their order; few of them are sent ahead."""
        sent = deque[Future[Any]]()
        n_sent = SENT_AHEAD * self.n_threads
        for item in items:
            sent.append(self.client.submit(function, item, pure=False))
            if len(sent) >= n_sent:
                yield self.result(sent.popleft())
        while sent:
            yield self.result(sent.popleft())

    def result(self, future: Future[Any], said: str = "", awaited: Sequence[Future[Any]] = ()) -> Any:
        """What a task gives. Meanwhile is told how many are done of those that are awaited for it.

        Raises:
            FitError: workers were killed again and again, or the scheduler is lost.
            GmmfitError: the task, or the first of those that are awaited, has raised it.
        """
        alive = looked = monotonic()
        try:
            while not _is_done(future):
                if said:
                    self.report_progress(partial(_how_far, said, awaited))
                if monotonic() - looked > LOOK:
                    looked = monotonic()
                    alive = looked if self.n_threads else alive
                    if looked - alive > WORKER:
                        raise FitError("the Dask cluster has no workers any more: start some, and then this again")
            return future.result()
        except GmmfitError:
            for one in awaited:  # the first in their order says what is wrong, whichever was done first
                self.result(one)
            raise
        except KilledWorker:
            raise FitError(f"workers of the Dask cluster were killed while they worked at the rows, {MEMORY}") from None
        except (CancelledError, OSError) as error:
            raise FitError(
                f"the scheduler of the Dask cluster is lost ({type(error).__name__}): start this again"
            ) from None

    def rows(
        self, names: Sequence[str], parts: "Sequence[Future[Part]]", weighted: bool
    ) -> "tuple[DistributedRows, list[Any]]":
        """The rows of the parts of a table, by their names, which stay with the workers; and what is told of each part.

        Raises:
            DataError: they have other columns, or one can't be had.
        """
        told = self.client.map(_told, parts, pure=False)
        found = self.result(self.client.submit(list, told, pure=False), "reading: {:,} of {:,} parts", told)
        filled = [(name, columns) for name, (columns, facts, _) in zip(names, found, strict=True) if facts is not None]
        for name, columns in filled:
            if columns != filled[0][1]:
                raise DataError(
                    f"{name} has the columns {listed(columns)}, and {filled[0][0]} {listed(filled[0][1])}: parts of a "
                    "table have the same"
                )
        columns = filled[0][1] if filled else ()
        rows = DistributedRows(self, columns, weighted, parts, [facts for _, facts, _ in found])
        return rows, [report for *_, report in found]

    def rows_of_frame(
        self,
        frame: Any,
        column: str | Sequence[str] | None = None,
        row_weights: str | None = None,
        row_sds: str | None = None,
    ) -> "DistributedRows":
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
        partitions = self.client.compute(frame[[*names, *weighing]].to_delayed())
        parts = [self.submitted(_part_of_frame, one, names, row_weights, row_sds) for one in partitions]
        rows, n_missing = self.rows([f"partition {n + 1}" for n in range(len(parts))], parts, bool(weighing))
        rows.n_missing = sum(n_missing)
        return rows.weighed(are_sds=row_sds is not None)

    def submitted(self, function: Callable[..., Result], *arguments: Any) -> "Future[Result]":
        """What a function will give on a worker."""
        future: Future[Result] = self.client.submit(function, *arguments, pure=False)
        return future


def _part_of_frame(table: Any, names: tuple[str, ...], row_weights: str | None, row_sds: str | None) -> Part:
    recorded, columns = record_rows(table, names, row_weights, row_sds, EXACTLY)
    weights = recorded.weights if recorded.sds is None else recorded.sds
    if recorded.sds is not None and np.any(recorded.sds == 0):
        raise DataError("row_sds is 0 in a row: a row with sd 0 would weigh infinitely much")
    numbers = recorded.values if weights is None else np.column_stack([recorded.values, weights])
    return Part(usable(recorded.values, weights, columns), int(np.sum(np.any(np.isnan(numbers), axis=1))))


class Run(NamedTuple):
    """Neighbouring blocks from the one numbered `first`: rows of a part from `start` on, and those that follow it."""

    first: int
    start: int
    part: Future[Any]
    following: tuple[Future[Any], ...]


class DistributedRows(Stored):
    """Rows in the memory of workers, in parts.

    facts are of each part, None where it has no rows.
    """

    def __init__(
        self,
        cluster: Cluster,
        columns: tuple[str, ...],
        weighted: bool,
        parts: Sequence[Future[Any]],
        facts: Sequence[Facts | None],
    ) -> None:
        super().__init__(columns, weighted)
        filled = [(part, known) for part, known in zip(parts, facts, strict=True) if known is not None]
        if not filled:
            raise DataError("no usable rows in any part")
        self.cluster, self.parts = cluster, [part for part, _ in filled]
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
                    following.append(self.cluster.client.submit(_some_rows, self.parts[at], rows, pure=False))
                yield Run(first, first * BLOCK - start, self.parts[number], tuple(following))
            start = end

    def sum(self, function: Callable[[Rows], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""
        client = self.cluster.client
        sums = of_runs = self._run_sums(function)
        while len(sums) > 1:
            groups = [sums[at : at + ADDED_BY_ONE] for at in range(0, len(sums), ADDED_BY_ONE)]
            sums = client.map(_added, groups, pure=False)
        total: RunSum[T] = self.cluster.result(sums[0], "passing over the rows: {:,} of {:,} parts", of_runs)
        return total.total

    def _run_sums(self, function: Callable[[Rows], T]) -> "list[Future[RunSum[T]]]":
        """The sum over each run, by the worker that has the part: Dask alone would move parts to whoever is idle."""
        client = self.cluster.client
        holders = client.who_has([run.part for run in self.runs])
        of_holder: dict[tuple[str, ...], list[Run]] = {}
        for run in self.runs:
            of_holder.setdefault(tuple(holders.get(run.part.key, ())), []).append(run)
        sums: dict[int, Future[RunSum[T]]] = {}
        for those, runs in of_holder.items():
            firsts, starts, parts, following = zip(*runs, strict=True)
            found = client.map(
                _run_sum,
                *(firsts, starts, parts, following),
                function=function,
                change=self.change,
                workers=list(those) or None,
                allow_other_workers=bool(those),
                pure=False,
            )
            sums.update(zip(firsts, found, strict=True))
        return [sums[run.first] for run in self.runs]

    def some(self, n: int, rng: np.random.Generator) -> Rows:
        """At most n of the rows, drawn without replacement, in their order."""
        chosen = np.arange(len(self)) if n >= len(self) else drawn(len(self), n, rng)
        cuts = np.split(chosen, np.searchsorted(chosen, self.ends[:-1]))
        client, starts = self.cluster.client, [0, *self.ends[:-1]]
        found = [
            client.submit(_some_rows, part, cut - start, pure=False)
            for part, cut, start in zip(self.parts, cuts, starts, strict=True)
            if len(cut)
        ]
        rows = self.cluster.result(client.submit(_joined, found, pure=False))
        return rows if self.change is None else self.change(rows)


def _open_client() -> Client | None:
    """The Client that is open in this process, if one is."""
    try:
        client: Client = Client.current()
    except ValueError:
        return None
    return client


def _is_done(future: Future[Any]) -> bool:
    try:
        wait(future, timeout=PAUSE)
    except TimeoutError:
        return False
    return True


def _how_far(said: str, awaited: Sequence[Future[Any]]) -> str:
    done: list[bool] = [future.done() for future in awaited]
    return said.format(sum(done), len(awaited))


def _told(part: Part) -> tuple[tuple[str, ...], Facts | None, Any]:
    return part.rows.columns, Facts.of(part.rows) if len(part.rows) else None, part.report


def _some_rows(part: Part, index: Any) -> Rows:
    return part.rows.part(index)


def _joined(rows: list[Rows]) -> Rows:
    return joined(rows)


def _run_sum(
    first: int,
    start: int,
    part: Part,
    following: Sequence[Rows],
    function: Callable[[Rows], T],
    change: Callable[[Rows], Rows] | None,
) -> RunSum[T]:
    """The sum over the blocks of a run."""
    rows = part.rows.part(slice(start, None))
    whole = len(rows) // BLOCK * BLOCK
    last = [rows.part(slice(whole, None)), *following]
    blocks = chain(rows.part(slice(whole)).blocks(), [joined(last)] if any(map(len, last)) else [])
    return RunSum.of(map(function, blocks if change is None else map(change, blocks)), first)


def _added(sums: Sequence[RunSum[T]]) -> RunSum[T]:
    return reduce(add, sums)
