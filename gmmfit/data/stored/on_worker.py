"""What a worker does with the rows that it has: a part of a table, whose blocks may end in the next part."""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import chain
from operator import add
from typing import Any, TypeVar

import numpy as np

from gmmfit.data.recording import EXACTLY
from gmmfit.data.rows import BLOCK, Rows, joined
from gmmfit.data.select import record_rows
from gmmfit.data.stored.stored import Facts, LoadedPart, complete_rows
from gmmfit.data.sums import Additive, RunSum
from gmmfit.errors import DataError

T = TypeVar("T", bound=Additive)


def facts_of(part: LoadedPart) -> tuple[tuple[str, ...], Facts | None, Any]:
    """The columns of a part, the facts of its rows, None where it has none, and what else is told of it."""
    return part.rows.columns, Facts.of(part.rows) if len(part.rows) else None, part.report


def rows_in(part: LoadedPart, index: Any) -> Rows:
    """Some of the rows of a part, by a slice or an array of positions."""
    return part.rows.part(index)


def together(rows: list[Rows]) -> Rows:
    """Rows below each other."""
    return joined(rows)


def sum_of_run(
    first: int,
    start: int,
    part: LoadedPart,
    following: Sequence[Rows],
    of_block: Callable[[Rows], T],
    change: Callable[[Rows], Rows] | None,
) -> RunSum[T]:
    """The sum of what `of_block` gives for the blocks that begin in a part, of rows as `change` makes them.

    The first block has that number, and begins at the row `start`; following are rows of the next parts that its last
    one reaches to.
    """
    rows = part.rows.part(slice(start, None))
    whole = len(rows) // BLOCK * BLOCK
    last = [rows.part(slice(whole, None)), *following]
    blocks = chain(rows.part(slice(whole)).blocks(), [joined(last)] if any(map(len, last)) else [])
    return RunSum.of(map(of_block, blocks if change is None else map(change, blocks)), first)


def sum_of_runs(sums: Sequence[RunSum[T]]) -> RunSum[T]:
    """The sum over neighbouring runs."""
    return reduce(add, sums)


def part_of_frame(
    name: str, table: Any, columns: tuple[str, ...], row_weights: str | None, row_sds: str | None
) -> LoadedPart:
    """The usable rows of a partition of a DataFrame; how many there are in all, and how many of these lack a value."""
    try:
        recorded, columns = record_rows(table, columns, row_weights, row_sds, EXACTLY)
        if recorded.sds is not None and np.any(recorded.sds == 0):
            row = int(np.argmin(recorded.sds)) + 1
            raise DataError(f"row_sds is 0 in row {row}: a row with sd 0 would weigh infinitely much")
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    weights = recorded.weights if recorded.sds is None else recorded.sds
    numbers = recorded.values if weights is None else np.column_stack([recorded.values, weights])
    n_missing = int(np.sum(np.any(np.isnan(numbers), axis=1)))
    return LoadedPart(complete_rows(recorded.values, weights, columns), (len(numbers), n_missing))
