"""Many tables at once, a mixture for each: replicates of a bootstrap, and tables drawn from a fit."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.model.products import n_products, products

Numbers: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of as many exact rows, of which each of S mixtures has one.

    values   (T, N, D)  or (1, N, D), where all tables have the same rows, and other weights
    weights  (T, N)     or (1, N); 0 where a table lacks a row
    table    (S,)       the number of the table of each mixture

    >>> twice = Tables(np.array([[[1.0], [2.0]]]), np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([0, 1]), ("x",))
    >>> twice.rows(1).values
    array([[1.]])
    """

    values: Array
    weights: Array
    table: Numbers
    columns: tuple[str, ...]

    def __len__(self) -> int:
        """N."""
        return int(self.values.shape[1])

    @cached_property
    def products(self) -> Array:
        """The products 1, x and x xᵀ of the columns, (T, F, N) or (1, F, N)."""
        t, n, d = self.values.shape
        found = np.empty((t, n_products(d), n))
        for values, out in zip(self.values, found, strict=True):
            products(values, out)
        return found

    def of(self, which: Any) -> "Tables":
        """Those of some of the mixtures, by positions or truths."""
        other = replace(self, table=self.table[which])
        vars(other)["products"] = self.products
        return other

    def rows(self, mixture: int) -> Rows:
        """The rows of the table of a mixture that are there."""
        t = int(self.table[mixture])
        weights = self.weights[t if len(self.weights) > 1 else 0]
        values = self.values[t if len(self.values) > 1 else 0]
        there = weights > 0
        return Rows(np.asfortranarray(values[there]), weights[there], self.columns)

    def part(self, array: Array, some: slice) -> Array:
        """Of an array with a part for each table, or one for all, those of some of the mixtures."""
        return array[self.table[some]] if len(array) > 1 else array


# What EM looks at: one table for all mixtures, or for each its own.
OneOrMany: TypeAlias = Data | Tables


def of_mixtures(data: OneOrMany, which: Any) -> OneOrMany:
    """What some of the mixtures look at."""
    return data.of(which) if isinstance(data, Tables) else data
