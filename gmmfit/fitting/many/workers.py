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
from typing import IO, Any, Self

from gmmfit.errors import FitError
from gmmfit.fitting.many.group_fit import GroupFit
from gmmfit.fitting.many.job import Job

PROTOCOL = 5
# So many bytes say how long what follows is.
LENGTH = 8
# In a file arrays begin at multiples of this.
ALIGNED = 64


class Workers:
    """So many processes, which are gone at the latest when they are left.

    Raises:
        FitError: a process ended before its work was done.
    """

    def __init__(self, job: Job, n: int) -> None:
        arrays: list[pickle.PickleBuffer] = []
        head = pickle.dumps(job, PROTOCOL, buffer_callback=arrays.append)
        self.rows = tempfile.NamedTemporaryFile(prefix="gmmfit-rows-")  # noqa: SIM115
        places = []
        for array in arrays:
            self.rows.seek(-(-self.rows.tell() // ALIGNED) * ALIGNED)
            places.append((self.rows.tell(), array.raw().nbytes))
            self.rows.write(array.raw())
        self.rows.flush()
        self.processes = [_started() for _ in range(n)]
        self.free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for process in self.processes:
            send(_input_of(process), (self.rows.name, places, head))
            self.free.put(process)

    def results(self, numbers: range) -> Iterator[GroupFit]:
        """The fits of parts of the job, in their order, whichever process is done first."""
        with ThreadPoolExecutor(len(self.processes)) as threads:
            try:
                yield from threads.map(self._result, numbers)
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
                self.stop()

    def _result(self, number: int) -> GroupFit:
        process = self.free.get()
        assert process.stdout is not None
        try:
            send(_input_of(process), number)
            result: GroupFit = received(process.stdout)
        except (EOFError, BrokenPipeError):
            raise FitError(
                f"a process that worked at fits ended (status {process.wait()}), as it does where memory is short: "
                "with `jobs` 1 there is none"
            ) from None
        finally:
            self.free.put(process)  # one that has ended too: who takes it next learns so
        return result

    def stop(self) -> None:
        """End all processes, also in the middle of a fit."""
        for process in self.processes:
            process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        for process in self.processes:
            process.wait()
            with suppress(BrokenPipeError):
                _input_of(process).close()
            if process.stdout is not None:
                process.stdout.close()
        self.rows.close()


def _started() -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    # One thread each: together they have all cores.
    surroundings = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "gmmfit.fitting.many.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings)


def _input_of(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def send(stream: IO[bytes], value: Any) -> None:
    """Write a value with its length before it."""
    data = pickle.dumps(value, PROTOCOL)
    stream.write(len(data).to_bytes(LENGTH, "little") + data)
    stream.flush()


def received(stream: IO[bytes]) -> Any:
    """The value that stands next in a stream.

    Raises:
        EOFError: there is none.
    """
    length = stream.read(LENGTH)
    data = stream.read(int.from_bytes(length, "little"))
    if len(length) < LENGTH:
        raise EOFError
    return pickle.loads(data)
