"""Data: what EM asks of a table, and Rows: a table in memory."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known, Window, joined_known
from gmmfit.data.sums import Additive, added_up
from gmmfit.errors import DataError

# Rows of a block: few enough to be looked at together, so many that a call costs next to nothing.
BLOCK = 65_536
# Numbers of an array that takes little memory, and the fewest rows of a tile.
TILE, FEWEST = 2**18, 128


def rows_together(numbers: int, most: int = BLOCK) -> int:
    """Rows of a block whose arrays, of so many numbers a row, stay small; at most so many."""
    return max(1, min(most, 2**24 // max(numbers, 1)))


T = TypeVar("T", bound=Additive)


class Data(Protocol):
    """A table of rows with weights. A fit asks it for sums over rows, and for some of its rows to look at."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def __len__(self) -> int:
        """The number of rows."""
        ...

    @property
    def extent(self) -> "Extent":
        """The smallest and largest value of each column, and the weight of the rows."""
        ...

    def sum(self, function: Callable[["Rows"], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""
        ...

    def some(self, n: int, rng: np.random.Generator) -> "Rows":
        """At most n of the rows, drawn without replacement, in their order."""
        ...

    def mapped(self, function: Callable[["Rows"], "Rows"]) -> "Data":
        """The rows as `function` changes them, each by itself."""
        ...

    def resolving(self, weights: Array, means: Array, covariances: Array) -> "Data":
        """Rows over which the densities of these mixtures (…, K) have the same sums: these, or fewer."""
        ...


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in memory.

    values   (N, D)  in the units of the columns; finite
    weights  (N,)    positive; a row of weight 2 counts as two rows
    columns  D names
    known    what is known of rows that are not exact numbers, whose values then only stand for them; None where all are
    window   between which values the table has rows; None where it has all

    >>> rows = Rows(np.array([[1.0], [2.0]]), np.array([1.0, 3.0]), ("x",))
    >>> float(rows.sum(lambda block: block.weights @ block.values[:, 0]))
    7.0
    """

    values: Array
    weights: Array
    columns: tuple[str, ...]
    known: Known | None = None
    window: Window | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """What makes them anew in another process, where one number stands for equal weights too."""
        weights = float(self.weights[0]) if self.is_equally_weighted and len(self) else self.weights
        return _rows_of, (self.values, weights, self.columns, self.known, self.window)

    @property
    def is_equally_weighted(self) -> bool:
        """Whether the weights are one number that stands for all, as `equal_weights` makes them."""
        return self.weights.strides == (0,)

    @cached_property
    def extent(self) -> "Extent":
        """The smallest and largest value of each column, and the weight of the rows."""
        return self.sum(Extent.of)

    @cached_property
    def total_weight(self) -> float:
        """The number of rows, by weight."""
        return float(self.weights.sum())

    @cached_property
    def mean(self) -> Array:
        """The mean of each column, by weight, (D,)."""
        return np.average(self.values, axis=0, weights=self.weights)

    @cached_property
    def covariance(self) -> Array:
        """The covariance of the columns, by weight, (D, D), divided by the total weight."""
        centred = self.values - self.mean
        return (centred * self.weights[:, None]).T @ centred / self.total_weight

    def blocks(self, length: int = BLOCK) -> Iterator["Rows"]:
        """The rows in blocks of so many, in their order."""
        return (self.part(slice(start, start + length)) for start in range(0, len(self), length))

    def sum_in_tiles(self, function: Callable[["Rows"], T], numbers: int) -> T:
        """The sum over tiles, so few rows each that arrays of so many numbers a row take little memory."""
        return added_up(map(function, self.blocks(max(FEWEST, TILE // numbers))))

    def sum(self, function: Callable[["Rows"], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""
        return added_up(map(function, self.blocks()))

    def some(self, n: int, rng: np.random.Generator) -> "Rows":
        """At most n of the rows, drawn without replacement, in their order."""
        return self if n >= len(self) else self.part(drawn(len(self), n, rng))

    def mapped(self, function: Callable[["Rows"], "Rows"]) -> "Rows":
        """The rows as `function` changes them."""
        return function(self)

    def resolving(self, weights: Array, means: Array, covariances: Array) -> "Rows":
        """These rows."""
        return self

    def part(self, index: Any) -> "Rows":
        """Some of the rows, by a slice, an array of positions or of truths."""
        known = None if self.known is None else self.known.part(index)
        return Rows(self.values[index], self.weights[index], self.columns, known, self.window)

    @cached_property
    def kinds(self) -> "tuple[Rows, ...]":
        """The rows that are known exactly, of unknown component, and the others, in this order, as far as there are."""
        if self.known is None:
            return (self,)
        exact = np.all(self.known.exact, axis=1) & (self.known.labels == UNKNOWN)
        # Rows with values in the same columns stand together, for what is the same of them is found once.
        order = np.argsort(self.known.points @ 2.0 ** np.arange(len(self.columns)), kind="stable")
        others = self.part(order[~exact[order]])
        return tuple(rows for rows in (replace(self.part(exact), known=None), others) if len(rows))


def _rows_of(values: Array, weights: Array | float, *others: Any) -> Rows:
    """Rows with weights, or with one number that stands for all."""
    return Rows(values, np.broadcast_to(weights, len(values)) if isinstance(weights, float) else weights, *others)


@dataclass(frozen=True, eq=False)
class Extent:
    """The smallest and largest value of each column, (D,), and the weight of the rows; those of two tables add up."""

    low: Array
    high: Array
    weight: float

    @classmethod
    def of(cls, rows: Rows) -> "Extent":
        """The extent of rows in memory."""
        with np.errstate(over="ignore"):  # which is told when the sum is looked at
            return cls(rows.values.min(axis=0), rows.values.max(axis=0), rows.total_weight)

    def __add__(self, other: "Extent") -> "Extent":
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Extent(low, high, self.weight + other.weight)


def are_exact(data: Data) -> bool:
    """Whether the rows of a table are exact numbers, of all that there were."""
    return not isinstance(data, Rows) or (data.known is None and data.window is None)


def drawn(n_rows: int, n: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """n positions of n_rows rows, drawn without replacement, ascending."""
    return np.sort(rng.choice(n_rows, n, replace=False, shuffle=False))


def check_total_weight(total: float) -> None:
    """Raise a DataError where the weights of rows sum to more than a double can hold."""
    if not math.isfinite(total):
        raise DataError(
            "the row weights are too large: their sum is beyond double precision. Divide them all by one number"
        )


def equal_weights(n_rows: int) -> Array:
    """The weight 1 of each of so many rows, which takes the memory of one."""
    return np.broadcast_to(1.0, n_rows)


def joined(parts: Iterable[Rows]) -> Rows:
    """Rows below each other, of which all or none are known exactly."""
    rows = list(parts)
    weights = np.concatenate([part.weights for part in rows])
    if len(weights) and all(part.is_equally_weighted for part in rows):
        weights = np.broadcast_to(weights[0], len(weights))
    known = [part.known for part in rows if part.known is not None]
    return Rows(
        np.asfortranarray(np.concatenate([part.values for part in rows])),
        weights,
        rows[0].columns,
        joined_known(known) if known else None,
        rows[0].window,
    )
