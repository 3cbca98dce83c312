"""Processes that work at a job: started once, handed the rows in a file that all of them map.

They are programs of their own, `python -m gmmfit.fitting.many.worker`, and not copies of the one that starts them: so
any script may start some, and nothing that this one has open is in them.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, Protocol, Self

from gmmfit.errors import FitError, GmmfitError

PROTOCOL = 5
# So many bytes say how long what follows is.
LENGTH = 8
# In a file arrays begin at multiples of this.
ALIGNED = 64
# How often a process is replaced that is killed while it works at one part.
TRIES = 2


class Parts(Protocol):
    """Work in parts, such as a Job."""

    def __len__(self) -> int: ...

    def fit(self, number: int) -> Any:
        """What a part gives."""
        ...

    def alone(self, number: int) -> "Parts":
        """The work that is one of the parts, to be sent elsewhere."""
        ...


class Worker:
    """A process, which is told of the job before its first part."""

    def __init__(self, job: bytes, rows: "Places") -> None:
        # Where files can be handed on open, they have no name that could be left behind.
        handed = (rows.file.fileno(),) if os.name == "posix" else ()
        self.message, self.is_told = (handed[0] if handed else rows.file.name, rows.places, job), False
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # One thread each: together they have all cores.
        surroundings = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-P", "-m", "gmmfit.fitting.many.worker"]
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings, pass_fds=handed
            )
        except OSError as error:
            raise FitError(f"can't start a process to work at fits: {error.strerror}: let `jobs` be 1") from None

    def fit(self, number: int) -> Any:
        """The fit of a part of the job, or whatever else its parts give.

        Raises:
            EOFError, BrokenPipeError: the process has ended.
            GmmfitError: an argument is wrong, for whatever part.
        """
        stdin, stdout = self._pipes
        if not self.is_told:
            send(stdin, self.message)
            self.is_told = True
        send(stdin, number)
        result = received(stdout)
        if isinstance(result, GmmfitError):
            raise result
        return result

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        return stdin, stdout

    def end(self) -> int:
        """End the process, also in the middle of a fit, and tell how it ended."""
        self.process.kill()
        status = self.process.wait()
        for pipe in self._pipes:
            with suppress(BrokenPipeError):
                pipe.close()
        return status


class Places:
    """Arrays in a file that processes map, and where in it each lies."""

    def __init__(self, arrays: list[pickle.PickleBuffer]) -> None:
        make: Any = tempfile.TemporaryFile if os.name == "posix" else tempfile.NamedTemporaryFile
        self.file: Any = make(prefix="gmmfit-rows-")
        self.places = []
        for array in arrays:
            self.file.seek(-(-self.file.tell() // ALIGNED) * ALIGNED)
            self.places.append((self.file.tell(), array.raw().nbytes))
            self.file.write(array.raw())
        self.file.flush()


class Workers:
    """So many processes, which are gone at the latest when they are left.

    Raises:
        FitError: a process can't be started, or is killed again and again.
    """

    def __init__(self, job: Parts, n: int) -> None:
        arrays: list[pickle.PickleBuffer] = []
        self.job, self.n = pickle.dumps(job, PROTOCOL, buffer_callback=arrays.append), n
        self.rows = Places(arrays)
        self.workers: list[Worker] = []
        self.free: SimpleQueue[Worker] = SimpleQueue()
        self.has_ended = False

    def results(self, numbers: range) -> Iterator[Any]:
        """The fits of parts of the job, in their order, whichever process is done first."""
        with ThreadPoolExecutor(self.n) as threads:
            try:
                yield from threads.map(self._result, numbers)
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
                self.stop()

    def _result(self, number: int) -> Any:
        worker = self.free.get()
        try:
            for _ in range(TRIES):
                try:
                    return worker.fit(number)
                except (EOFError, BrokenPipeError):
                    if worker.end() > 0:
                        raise RuntimeError("a process that worked at fits ended in an error, which it told") from None
                    if self.has_ended:
                        break
                    worker = self._started()
            raise FitError("a process that worked at fits was killed, as it is where memory is short: let `jobs` be 1")
        finally:
            self.free.put(worker)

    def _started(self) -> Worker:
        worker = Worker(self.job, self.rows)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        """End all processes, also in the middle of a fit."""
        self.has_ended = True
        for worker in self.workers:
            worker.process.kill()

    def __enter__(self) -> Self:
        try:
            for _ in range(self.n):
                self.free.put(self._started())
        except FitError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        for worker in self.workers:
            worker.end()
        self.rows.file.close()


def send(stream: IO[bytes], value: Any) -> None:
    """Write a value with its length before it."""
    data = pickle.dumps(value, PROTOCOL)
    stream.write(len(data).to_bytes(LENGTH, "little") + data)
    stream.flush()


def received(stream: IO[bytes]) -> Any:
    """The value that stands next in a stream.

    Raises:
        EOFError: there is none, or it is cut short.
    """
    head = stream.read(LENGTH)
    length = int.from_bytes(head, "little")
    data = stream.read(length)
    if len(head) < LENGTH or len(data) < length:
        raise EOFError
    return pickle.loads(data)
