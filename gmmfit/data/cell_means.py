"""Cells of neighbouring rows of one column, each as their mean: what a search looks at first."""

import numpy as np

from gmmfit.arrays import Array, ascending
from gmmfit.data.rows import Data, Rows


def cell_means(data: Data, sample: Rows, low: float, high: float, n: int) -> Rows:
    """One column in at most n cells of neighbouring rows, each as its mean with the weight of its rows.

    Half of the bounds between cells part the sample, each different row once in ascending order, into equal shares;
    the other half part the range from low to high, so that a dense middle and thin tails both keep their shape.

    >>> line = Rows(np.arange(1000.0)[:, None], np.ones(1000), ("x",))
    >>> few = cell_means(line, line, 0, 999, 4)
    >>> few.values.ravel(), few.weights
    (array([249.5, 749.5]), array([500., 500.]))
    """
    shares = np.arange(1, n // 2) / (n // 2)
    upto = np.cumsum(sample.weights)
    by_rows = sample.values[np.searchsorted(upto, upto[-1] * shares), 0]
    bounds = ascending(np.concatenate([by_rows, low + (high - low) * shares]))

    def sums(block: Rows) -> Array:
        values, weights = block.values[:, 0], block.weights
        if block.is_equally_weighted:  # sorting alone is three times as fast
            values = np.sort(values)
        else:
            order = np.argsort(values)
            values, weights = values[order], weights[order]
        edges = np.searchsorted(values, bounds, side="right")
        cell = np.repeat(np.arange(len(bounds) + 1), np.diff(edges, prepend=0, append=len(values)))
        return np.array([np.bincount(cell, part, len(bounds) + 1) for part in (weights, weights * values)])

    weights, totals = data.sum(sums)
    filled = weights > 0
    return Rows((totals[filled] / weights[filled])[:, None], weights[filled], data.columns, window=sample.window)
