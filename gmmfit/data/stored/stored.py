"""Rows that are not in memory, but in a file or in the workers of a cluster: what is known of them beforehand."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Extent, Rows, equal_weights
from gmmfit.data.sums import Additive
from gmmfit.data.weights import Weighting, are_counts, relative_weights

T = TypeVar("T", bound=Additive)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is told of rows as they are stored; that of two tables adds up.

    smallest, largest  of their weights, or of their sds
    are_counts         whether weights are whole numbers
    """

    n_rows: int
    extent: Extent
    smallest: float
    largest: float
    are_counts: bool

    @classmethod
    def of(cls, rows: Rows) -> "Facts":
        """The facts of rows in memory, of which there is at least one."""
        weights = rows.weights
        return cls(len(rows), Extent.of(rows), float(weights.min()), float(weights.max()), are_counts(weights))

    def __add__(self, other: "Facts") -> "Facts":
        return Facts(
            self.n_rows + other.n_rows,
            self.extent + other.extent,
            min(self.smallest, other.smallest),
            max(self.largest, other.largest),
            self.are_counts and other.are_counts,
        )


class LoadedPart(NamedTuple):
    """The usable rows of a part of a table, and what else is told of it."""

    rows: Rows
    report: Any = None


def complete_rows(values: Array, weights: Array | None, columns: tuple[str, ...]) -> Rows:
    """The rows (N, D) that have every value and a positive weight, where there are weights (or sds)."""
    kept = np.isfinite(values).all(axis=1)
    if weights is not None:
        kept &= weights > 0
        weights = weights[kept]
    return Rows(
        np.asfortranarray(values[kept]), equal_weights(int(kept.sum())) if weights is None else weights, columns
    )


class Stored(ABC):
    """Rows elsewhere, which are looked at in the blocks in which rows in memory are, so that sums have the same digits.

    n_missing others were left out. weighted rows have weights; weighting is what these are.
    """

    def __init__(self, columns: tuple[str, ...], weighted: bool) -> None:
        self.columns, self.weighted = columns, weighted
        self.weighting: Weighting = "counts" if weighted else ""
        self.n_missing = 0
        self.facts: Facts | None = None
        self.change: Callable[[Rows], Rows] | None = None

    def __len__(self) -> int:
        return 0 if self.facts is None else self.facts.n_rows

    @property
    def extent(self) -> Extent:
        """The smallest and largest value of each column, and the weight of the rows.

        They are known from storing the rows, where these are as they were stored. Weights that are no whole numbers are
        summed again, in an order that doesn't depend on where the table is parted.
        """
        if self.change is None and self.facts is not None and self.facts.are_counts:
            return self.facts.extent
        return self.sum(Extent.of)

    @abstractmethod
    def sum(self, function: Callable[[Rows], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""

    @abstractmethod
    def some(self, n: int, rng: np.random.Generator) -> Rows:
        """At most n of the rows, drawn without replacement, in their order."""

    def mapped(self, function: Callable[[Rows], Rows]) -> Self:
        """The rows as `function` changes them whenever they are looked at."""
        other, before = copy.copy(self), self.change
        other.change = function if before is None else lambda rows: function(before(rows))
        return other

    def weighed(self, are_sds: bool) -> Self:
        """The same, with weights that count rows, or that are scaled to sum to their number, as sds are by 1/sd².

        Raises:
            DataError: beside the heaviest row others would weigh nothing.
        """
        if self.facts is None or not self.weighted or (self.facts.are_counts and not are_sds):
            return self
        scaled = self.mapped(relative_weights(self, self.facts.smallest, self.facts.largest, are_sds))
        scaled.weighting = "relative"
        return scaled

    def resolving(self, weights: Array, means: Array, covariances: Array) -> Self:
        """These rows."""
        return self
