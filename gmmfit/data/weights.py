"""Row weights: counts of rows, or relative ones, which are scaled to sum to the number of rows."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import ArgumentError, DataError

log = logging.getLogger("gmmfit")

# What weights are: nothing where there are none, counts of rows, or relative ones, of which only proportions count.
Weighting = Literal["", "counts", "relative"]
# From here on doubles are whole numbers whatever they mean.
LARGEST_COUNT = 2.0**53


def check_one_weighting(row_weights: Any, row_sds: Any, errors: Any = None) -> None:
    """Raise an ArgumentError where rows have weights and sds, or sds and errors."""
    if row_sds is not None and errors is not None:
        raise ArgumentError("`row_sds` weigh rows by 1/sd², and `errors` take such errors out: give one of them")
    if row_weights is not None and row_sds is not None:
        raise ArgumentError("`row_weights` and `row_sds` don't go together: give one of them")


def are_counts(weights: Array) -> bool:
    """Whether weights (N,) are whole numbers, and so count rows.

    >>> are_counts(np.array([1.0, 3.0])), are_counts(np.array([1.0, 0.5]))
    (True, False)
    """
    return bool(np.all((weights == np.rint(weights)) & (weights < LARGEST_COUNT)))


def relative_weights(data: Data, smallest: float, largest: float, are_sds: bool) -> Callable[[Rows], Rows]:
    """What scales the weights of rows to sum to their number; of sds, what changes them to 1/sd², scaled likewise.

    smallest and largest are the least and the greatest of them.

    Raises:
        DataError: beside the heaviest row others would weigh nothing.
    """
    if are_sds and largest > 2 * smallest:
        log.info(
            "the sds of the rows differ by more than a factor of two: rows weigh 1/sd², which leaves these errors in "
            "the sds of a fit: `errors` takes them out"
        )

    def weights(rows: Rows) -> Array:
        # Relative to the heaviest, so that nothing overflows.
        relative: Array = (smallest / rows.weights) ** 2 if are_sds else rows.weights / largest
        return relative

    if ((smallest / largest) ** 2 if are_sds else smallest / largest) == 0:
        name = "row_sds" if are_sds else "row_weights"
        raise DataError(f"`{name}` are too far apart: beside the heaviest row others weigh nothing. Leave those out")
    scale = len(data) / data.sum(lambda rows: float(weights(rows).sum()))
    return lambda rows: replace(rows, weights=weights(rows) * scale)
