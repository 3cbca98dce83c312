"""Fewer rows that say the same: repeated values once, with their counts; a summary of many."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows

# A step of less than this share of a column's range says nothing about its resolution.
SMALLEST_STEP = 1e-4
# Rows of several columns among which repeats are looked for before all are sorted.
TRIAL = 4096


def distinct(rows: Rows) -> Rows:
    """Each value once, with the sum of its rows' weights, in ascending order: whatever is summed over rows is the same.

    Rows of several columns are left as they are where few of them repeat.

    >>> once = distinct(Rows(np.array([[2.0], [1.0], [2.0]]), np.ones(3), ("x",)))
    >>> once.values.ravel(), once.weights
    (array([1., 2.]), array([1., 2.]))
    """
    values = rows.values
    if values.shape[1] > 1 and len(rows) > TRIAL and len(np.unique(values[:TRIAL], axis=0)) > TRIAL / 2:
        return rows
    once, number = np.unique(values, axis=0, return_inverse=True)
    weights = np.bincount(number.ravel(), rows.weights).astype(float)
    return Rows(np.asfortranarray(once), weights, rows.columns)


def summary(rows: Rows, cells: int) -> Rows:
    """One column in at most so many cells of neighbouring rows, each as its mean with the weight of its rows.

    The k-th cell ends where share of rows + share of the range = 2k / cells, so that a dense middle and thin tails
    both keep their shape.

    >>> line = Rows(np.arange(1000.0)[:, None], np.ones(1000), ("x",))
    >>> few = summary(line, 4)
    >>> few.values.ravel(), few.weights
    (array([124.5, 374.5, 624.5, 874.5]), array([250., 250., 250., 250.]))
    """
    if len(rows) <= cells:
        return rows
    values, weights = rows.values[:, 0], rows.weights
    order = np.argsort(values, kind="stable")
    below = np.empty(len(rows))
    below[order] = np.cumsum(weights[order]) - weights[order] / 2
    low, high = values.min(), values.max()
    position = below / rows.total_weight + (values - low) / (high - low)
    cell = np.minimum((position / 2 * cells).astype(np.intp), cells - 1)
    counts = np.bincount(cell, weights, cells).astype(float)
    means = np.bincount(cell, weights * values, cells)[counts > 0] / counts[counts > 0]
    return Rows(means[:, None], counts[counts > 0], rows.columns)


def step_of(values: Array) -> float:
    """The step that all values (N,) of a column are multiples of, from one of them on; 0 if there is none to be seen.

    The greatest common divisor of their distances, as long as it isn't small beside their range.

    >>> step_of(np.array([1.0, 1.5, 3.0])), step_of(np.array([1.0, 2.718, 3.1415]))
    (0.5, 0.0)
    """
    gaps = np.diff(np.unique(values))
    spread = gaps.sum()
    tolerance = max(1e-9 * spread, 8 * np.finfo(float).eps * np.abs(values).max())
    step = gaps.min() if len(gaps) else 0.0
    while step > SMALLEST_STEP * spread:
        # The range is a multiple too, which tells the step more sharply than a remainder of remainders.
        sharp = spread / np.round(spread / step)
        if _remainders(gaps, sharp).max() <= tolerance:
            return float(sharp)
        rest = _remainders(gaps, step)
        step = rest.min(where=rest > tolerance, initial=step / 2)
    return 0.0


def _remainders(lengths: Array, step: float) -> Array:
    """How far lengths are from the nearest multiples of a step."""
    return np.abs(lengths - np.round(lengths / step) * step)
