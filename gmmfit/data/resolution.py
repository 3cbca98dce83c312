"""The resolution of a column: the step that its values are multiples of."""

import numpy as np

from gmmfit.arrays import Array, ascending

# A step of less than this share of a column's range says nothing about its resolution.
SMALLEST_STEP = 1e-4


def resolution(values: Array) -> float:
    """The step that all values (N,) of a column are multiples of, from one of them on; 0 if there is none to be seen.

    The greatest common divisor of their distances, as long as it isn't small beside their range.

    >>> resolution(np.array([1.0, 1.5, 3.0])), resolution(np.array([1.0, 2.718, 3.1415]))
    (0.5, 0.0)
    """
    gaps = np.diff(ascending(values))
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
