"""A process that fits parts of a job, as `Workers` starts it: numbers come in, fits go out."""

import mmap
import os
import pickle
import signal
import sys

from gmmfit.fitting.many.job import Job
from gmmfit.fitting.many.workers import received, send


def main() -> None:
    """Fit what is asked for until nothing more is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this ends it
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what else is printed is no answer
    path, places, head = received(sys.stdin.buffer)
    job = _job_in(path, places, head)
    while True:
        try:
            number = received(sys.stdin.buffer)
        except EOFError:
            return
        send(answers, job.fit(number))


def _job_in(path: str, places: list[tuple[int, int]], head: bytes) -> Job:
    """The job, whose arrays are where they lie in a file."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if size else memoryview(b"")
    job: Job = pickle.loads(head, buffers=[mapped[start : start + length] for start, length in places])
    return job


if __name__ == "__main__":
    main()
