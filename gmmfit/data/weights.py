"""Row weights: counts of rows, or relative ones, which are scaled to sum to the number of rows."""

import logging
from collections.abc import Callable
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


def check_one_weighting(row_weights: Any, row_sds: Any) -> None:
    """Raise an ArgumentError where rows have weights and sds."""
    if row_weights is not None and row_sds is not None:
        raise ArgumentError("`row_weights` and `row_sds` don't go together: give one of them")


def note_on_sds(smallest: float, largest: float) -> None:
    """Say what a fit weighted by the sds of rows leaves in, where these differ by more than a factor of two."""
    if largest > 2 * smallest:
        log.info(
            "the sds of the rows differ by more than a factor of two: rows weigh 1/sd², but these errors stay in the "
            "sds of the components. A later version will have `errors`, which takes them out"
        )


def are_counts(weights: Array) -> bool:
    """Whether weights (N,) are whole numbers, and so count rows.

    >>> are_counts(np.array([1.0, 3.0])), are_counts(np.array([1.0, 0.5]))
    (True, False)
    """
    return bool(np.all((weights == np.rint(weights)) & (weights < LARGEST_COUNT)))


def relative_weights(data: Data, largest: float) -> Callable[[Rows], Rows]:
    """What scales the weights of rows to sum to their number; largest is the greatest."""
    return _scaled(data, lambda rows: rows.weights / largest)


def inverse_variances(data: Data, smallest: float) -> Callable[[Rows], Rows]:
    """What changes the weights of rows, sds of which the least is given, to 1/sd², scaled to sum to their number."""
    # Relative to the smallest sd, so that the squares neither over- nor underflow.
    return _scaled(data, lambda rows: (smallest / rows.weights) ** 2)


def check_proportion(smallest: float, name: str) -> None:
    """Raise a DataError where the smallest of relative weights is 0, though each is above."""
    if smallest == 0:
        raise DataError(f"{name} are too far apart: beside the heaviest row others weigh nothing. Leave those out")


def _scaled(data: Data, weights: Callable[[Rows], Array]) -> Callable[[Rows], Rows]:
    scale = len(data) / data.sum(lambda rows: float(weights(rows).sum()))
    return lambda rows: Rows(rows.values, weights(rows) * scale, rows.columns)
