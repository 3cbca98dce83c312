"""The workers of a Dask cluster, and what is asked of them. The only file that imports Dask."""

import logging
import os
import re
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import metadata
from multiprocessing import resource_tracker
from time import monotonic
from typing import Any, Self

from dask import config
from distributed import Client, Future, KilledWorker, LocalCluster, wait
from distributed.client import ClosedClientError
from distributed.utils import LoopRunner, silence_logging_cmgr
from tornado.ioloop import IOLoop

from gmmfit.data.progress import Progress, no_progress
from gmmfit.errors import ArgumentError, DataError, FitError, GmmfitError
from gmmfit.version import __version__

# Where a scheduler listens.
ADDRESS = re.compile(r"(tcp://)?([\w.-]+|\[[\da-fA-F:.]+\]):\d+")
# So many tasks for each thread are sent ahead of what is waited for.
SENT_AHEAD = 4
# Seconds within which a scheduler has to answer.
ANSWER_WITHIN = 5.0
# Seconds within which there has to be a worker, at first or after the last one has ended.
WORKER_WITHIN = 60.0
# Seconds after which progress is reported again, and workers are counted again.
REPORT_EVERY, COUNT_EVERY = 0.2, 5.0
# Of a cluster that is started here. By default Dask has workers give each freed array back to the system, which doubled
# the time of a pass, and moves parts to whoever is idle.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), 1)
OWN = {"distributed.nanny.pre-spawn-environ": ONE_THREAD, "distributed.scheduler.work-stealing": False}


class Cluster:
    """The workers of a Dask cluster, by the address of its scheduler or a Client; or of one on this machine.

    n workers are started there, by default as many as there are cores, and end with this. They are processes. With
    in_threads the open Client is taken, if there is one, and else they are threads of this process.

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
            _check(of)
            self.client = of if isinstance(of, Client) else self.opened.enter_context(self._client(of, n, in_threads))
            self._check_workers()
        except BaseException:
            self.opened.close()
            raise

    def _client(self, address: str | None, n: int | None, in_threads: bool) -> Client:
        # What goes wrong is told in other words.
        self.opened.enter_context(silence_logging_cmgr(logging.CRITICAL))
        if address is None:
            return Client(self.opened.enter_context(self._local_cluster(n, in_threads)))
        try:
            return Client(address, timeout=ANSWER_WITHIN)
        except (OSError, ValueError):
            raise ArgumentError(
                f"no Dask scheduler answers at {address}: start one with `dask scheduler`, or leave the address out "
                "for workers on this machine"
            ) from None

    def _local_cluster(self, n: int | None, in_threads: bool) -> LocalCluster:
        try:
            with config.set(OWN):
                return LocalCluster(
                    n_workers=n or os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=not in_threads,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                    loop=self._loop(),
                )
        except (OSError, RuntimeError) as error:
            raise ArgumentError(f"can't start workers here: {error}; look at Dask's configuration") from None

    def _loop(self) -> IOLoop:
        """The loop of a thread to which no Ctrl-C comes, nor to the processes that are started in it."""
        runner = LoopRunner()
        if os.name == "posix":
            _start_resource_tracker()  # else that thread would, which unblocks the signal
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
        with _told_if_lost():
            address = self.client.scheduler_info()["address"]
            try:
                self.client.wait_for_workers(1, timeout=WORKER_WITHIN)
            except TimeoutError:
                raise ArgumentError(
                    f"the Dask scheduler at {address} has no workers: start one with `dask worker {address}`"
                ) from None
            versions = self.client.run(metadata.version, "gmmfit", on_error="return")
        for worker, found in versions.items():
            is_absent = isinstance(found, metadata.PackageNotFoundError)
            if is_absent or (isinstance(found, str) and found != __version__):
                has = "no gmmfit" if is_absent else f"gmmfit {found}"
                raise ArgumentError(f"the Dask worker at {worker} has {has}: install gmmfit {__version__} there")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.opened.close()

    @property
    def n_threads(self) -> int:
        """The tasks that are worked at side by side."""
        with _told_if_lost():
            return sum(self.client.nthreads().values())

    def submitted(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """What a function will give, on a worker, of arguments or of what other tasks give."""
        with _told_if_lost():
            return self.client.submit(function, *arguments, pure=False)

    def mapped(
        self, function: Callable[..., Any], *arguments: Sequence[Any], holders: Sequence[str] = (), **common: Any
    ) -> list[Future[Any]]:
        """The same for each of many arguments, with others in common, by those workers, if they are still there."""
        where: dict[str, Any] = {"workers": list(holders), "allow_other_workers": True} if holders else {}
        with _told_if_lost():
            return self.client.map(function, *arguments, **common, **where, pure=False)

    def holders(self, tasks: Sequence[Future[Any]]) -> list[tuple[str, ...]]:
        """The workers that have what each task gave."""
        with _told_if_lost():
            found = self.client.who_has(tasks)
        return [tuple(found.get(task.key, ())) for task in tasks]

    def partitions(self, frame: Any) -> list[Future[Any]]:
        """The partitions of a Dask DataFrame."""
        partitions = frame.to_delayed()
        with _told_if_lost():
            found: list[Future[Any]] = self.client.compute(partitions)
        return found

    def each(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """What a function gives for each of many items, in their order; few of them are sent ahead."""
        sent = deque[Future[Any]]()
        n_sent = SENT_AHEAD * self.n_threads
        for item in items:
            sent.append(self.submitted(function, item))
            if len(sent) >= n_sent:
                yield self.result(sent.popleft())
        while sent:
            yield self.result(sent.popleft())

    def result(self, task: Future[Any], said: str = "", awaited: Sequence[Future[Any]] = ()) -> Any:
        """What a task gives. While it is waited for, `said` is reported, with how many of those awaited are done.

        Raises:
            FitError: workers were killed again and again, there are none any more, or the scheduler is lost.
            DataError: what the task reads can't be read.
            GmmfitError: the task, or the first of those that are awaited, has raised it.
        """
        self._wait_for(task, said, awaited)
        try:
            return _given(task)
        except GmmfitError:
            for one in awaited:  # the first in their order says what is wrong, whichever was done first
                self._wait_for(one, said, awaited)
                _given(one)
            raise

    def _wait_for(self, task: Future[Any], said: str, awaited: Sequence[Future[Any]]) -> None:
        """Return when a task has ended, well or not; a FitError where nobody is there to work at it."""
        alive = counted = monotonic()
        while not _has_ended(task):
            if said:
                self.report_progress(partial(_how_far, said, awaited))
            if monotonic() - counted > COUNT_EVERY:
                counted = monotonic()
                alive = counted if self.n_threads else alive
                if counted - alive > WORKER_WITHIN:
                    raise FitError("the Dask cluster has no workers any more: start some, and then this again")


def _check(of: Any) -> None:
    """Raise an ArgumentError where this is no open Client, nor the address of a scheduler, nor None."""
    if isinstance(of, Client):
        if of.asynchronous or of.status != "running":
            what = "asynchronous" if of.asynchronous else of.status
            raise ArgumentError(
                f"the Client of the Dask cluster is {what}: give one that is open, and isn't asynchronous"
            )
    elif of is not None and not (isinstance(of, str) and ADDRESS.fullmatch(of)):
        raise ArgumentError(f"`dask` is {of!r}, and no address of a scheduler, such as tcp://10.0.0.1:8786")


def _start_resource_tracker() -> None:
    """Start the process in which Python keeps what processes share: silent, as it is when a signal ends this one."""
    try:
        stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # it is closed, and so silent
        resource_tracker.ensure_running()
        return
    try:
        os.dup2(nowhere, 2)
        resource_tracker.ensure_running()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _given(task: Future[Any]) -> Any:
    """What a task that has ended gives, or raises."""
    if task.status == "error" and isinstance(error := task.exception(), OSError):
        raise DataError(f"a worker can't read its part: {error}")
    with _told_if_lost():
        return task.result()


@contextmanager
def _told_if_lost() -> Iterator[None]:
    """Raise a FitError where what was asked of the cluster can't be had."""
    try:
        yield
    except KilledWorker:
        raise FitError(
            "workers of the Dask cluster were killed again and again, most likely for want of memory: have more "
            "workers, or smaller parts"
        ) from None
    except (CancelledError, ClosedClientError, OSError) as error:
        lost = f"the scheduler of the Dask cluster is lost ({type(error).__name__}): start this again"
        raise FitError(lost) from None


def _open_client() -> Client | None:
    """The Client that is open in this process, if one is."""
    try:
        client: Client = Client.current()
    except ValueError:
        return None
    return client


def _has_ended(task: Future[Any]) -> bool:
    """Whether a task has ended, also by the end of its scheduler; after some time if it hasn't."""
    try:
        wait(task, timeout=REPORT_EVERY)
    except TimeoutError:
        return False
    except CancelledError:
        return True
    return True


def _how_far(said: str, awaited: Sequence[Future[Any]]) -> str:
    done: list[bool] = [task.done() for task in awaited]
    return said.format(sum(done), len(awaited))
