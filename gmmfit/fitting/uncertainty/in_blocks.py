"""Many of a kind, a block at a time, in as many threads as there are; with word of how long it will take."""

import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import reduce
from operator import add
from typing import Literal, TypeVar, get_args

import numpy as np

from gmmfit.data.progress import Progress
from gmmfit.data.sums import Additive

T = TypeVar("T", bound=Additive)
# What numbered draws are of: replicates of the rows, tables drawn from a fit, and rows in bins.
Stream = Literal["replicate", "table", "bins"]

# Seconds after which the line of progress is made anew.
PAUSE = 0.1


def rng_of(seed: int, stream: Stream, number: int) -> np.random.Generator:
    """The random numbers of a draw, which are no other draw's, nor those of a search."""
    return np.random.default_rng([seed, 1 + get_args(Stream).index(stream), 1 + number])


def in_blocks(
    function: Callable[[range], T], n: int, together: int, jobs: int | None, report_progress: Progress, what: str
) -> T:
    """What a function makes of the numbers from 0 to n, so many together, added up in their order.

    Threads do, for nearly all of the time is spent in numpy, which lets others go on meanwhile. How many there are
    changes nothing in what comes of it.

    >>> in_blocks(lambda numbers: [*numbers], 5, 2, 3, lambda line: None, "number")
    [0, 1, 2, 3, 4]
    """
    blocks = [range(start, min(start + together, n)) for start in range(0, n, together)]
    begun = time.monotonic()

    def line() -> str:
        done = sum(len(block) for block, future in zip(blocks, futures, strict=True) if future.done())
        left = (time.monotonic() - begun) * (n - done) / done if done else None
        return f"{what} {done:,} of {n:,}" + (f", about {left:.0f} s left" if left else "")

    executor = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    try:
        futures = [executor.submit(function, block) for block in blocks]
        while not all(future.done() for future in futures):
            wait([future for future in futures if not future.done()], PAUSE, FIRST_COMPLETED)
            report_progress(line)
            for future in futures:
                if future.done():
                    future.result()  # an error ends it all
        return reduce(add, (future.result() for future in futures))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
