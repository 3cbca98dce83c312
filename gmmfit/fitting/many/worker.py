"""A process that fits parts of a job, as `Workers` starts it: numbers come in, fits go out."""

import mmap
import os
import pickle
import signal
import sys
from contextlib import suppress

from gmmfit.errors import GmmfitError
from gmmfit.fitting.many.workers import Parts, received, send


def main() -> None:
    """Fit what is asked for until nothing more is, or nobody is there to hear of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this ends it
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what else is printed is no answer
    with suppress(EOFError, BrokenPipeError):
        job = _job_in(*received(sys.stdin.buffer))
        while True:
            number = received(sys.stdin.buffer)
            try:
                answer: object = job.fit(number)
            except GmmfitError as error:
                answer = error
            send(answers, answer)


def _job_in(rows: int | str, places: list[tuple[int, int]], head: bytes) -> Parts:
    """The job, whose arrays are where they lie in a file."""
    with open(rows, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if size else memoryview(b"")
    job: Parts = pickle.loads(head, buffers=[mapped[start : start + length] for start, length in places])
    return job


if __name__ == "__main__":
    main()
