"""Sums over runs of blocks: the same wherever a table is cut."""

from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit.data.sums import RunSum, added_up


@given(blocks=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), cuts=st.sets(st.integers(1, 40)))
def test_runs_add_up_to_the_whole_to_the_last_bit_wherever_they_are_cut(blocks: list[float], cuts: set[int]) -> None:
    ends = [0, *sorted(cut for cut in cuts if cut < len(blocks)), len(blocks)]
    runs = [RunSum.of(blocks[start:stop], start) for start, stop in pairwise(ends)]
    from_the_left, from_the_right = reduce(add, runs), reduce(lambda right, left: left + right, runs[::-1])
    assert from_the_left.total == from_the_right.total == added_up(blocks)


def test_a_run_of_many_blocks_is_kept_as_few_sums() -> None:
    assert len(RunSum.of(range(3, 1000), 3).groups) <= 2 * np.log2(1000)


def test_pairs_lose_fewer_digits_than_a_running_sum() -> None:
    numbers = [0.1] * 100_000
    running = np.cumsum(numbers)[-1]
    assert abs(added_up(numbers) - 10_000) < 1e-11 < abs(running - 10_000)


def test_runs_that_are_no_neighbours_are_no_sum() -> None:
    for first in (1, 3):
        with pytest.raises(ValueError, match="not neighbours"):
            RunSum.of([1.0, 2.0]) + RunSum.of([3.0], first=first)
