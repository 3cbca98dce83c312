"""A histogram that shows what a mixture is fitted to: its range, its bins, and the rows beyond them."""

import math
from dataclasses import dataclass

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.compress import counted, step_of
from gmmfit.data.rows import Data, Rows
from gmmfit.model.mixture import Mixture

# Rows that are looked at to choose range and bins.
SAMPLE = 2**16
# Interquartile ranges beyond the quartiles that a picture reaches, if the data reach twice as far.
REACH = 5.0
# The tails of a mixture that a picture leaves out, each; and the least weight of a component that is always in it.
TAIL, SEEN = 5e-3, 1e-2
MOST_BINS = 200


@dataclass(frozen=True, eq=False)
class Histogram:
    """The weight of rows in bins.

    edges      (B + 1,)  ascending; a bin holds its left edge, the last one both
    weights    (B,)      the rows in each bin, by weight
    total                all rows, by weight, also those beyond the edges
    n_below, n_above     how many rows lie beyond the edges
    """

    edges: Array
    weights: Array
    total: float
    n_below: int
    n_above: int

    @property
    def densities(self) -> Array:
        """The share of all rows in each bin, per unit of the column."""
        return self.weights / self.total / np.diff(self.edges)


def histogram(data: Data, edges: Array, total: float) -> Histogram:
    """Rows of one column in bins; total is the weight that shares are taken of."""

    def tally(block: Rows) -> Array:
        values = block.values[:, 0]
        inside, _ = np.histogram(values, edges, weights=block.weights)
        return np.array([*inside, np.sum(values < edges[0]), np.sum(values > edges[-1])])

    *weights, n_below, n_above = data.sum(tally).tolist()
    return Histogram(edges, np.array(weights), total, int(n_below), int(n_above))


def edges_of(sample: Rows, mixture: Mixture | None = None, bins: int | None = None) -> Array:
    """The edges of bins in which a sample of one column, and a mixture fitted to it, are seen well.

    The range is that of `extent`. The width is Freedman and Diaconis's, 2 IQR n^(-1/3), down to half of it where a
    component is narrow, and a multiple of the step that the values are rounded to, whose multiples lie inside bins.

    >>> edges_of(Rows(np.arange(1.0, 9.0)[:, None], np.ones(8), ("x",))).tolist()
    [0.5, 4.5, 8.5]

    Source: Freedman & Diaconis (1981), On the histogram as a density estimator.
    """
    line = counted(sample)
    low, high = extent(line, mixture)
    if bins is not None:
        return np.linspace(low, high, bins + 1)
    values = line.values[:, 0]
    first, third = quantiles_of(line, [0.25, 0.75])
    n = min(line.total_weight, SAMPLE)
    width: float = 2 * (third - first) / n ** (1 / 3) or (high - low) / (1 + math.log2(n))
    if mixture is not None:
        width = max(width / 2, min(width, float(mixture.sds.min())))
    width = max(width, (high - low) / MOST_BINS)
    step = step_of(values) if len(values) > 1 else 0.0
    if step > 0:
        width = max(1, round(width / step)) * step
        low = float(values[0]) + (math.floor((low - float(values[0])) / step) - 0.5) * step
    count = max(1, math.ceil((high - low) / width * (1 - 1e-9)))
    return low + width * np.arange(count + 1, dtype=float)


def extent(line: Rows, mixture: Mixture | None = None) -> tuple[float, float]:
    """From where to where a picture reaches: over all rows of one column, given in ascending order, and the mixture.

    Where few rows lie so far out that the others would be squeezed, they are left to be counted beyond its ends.
    """
    values = line.values[:, 0]
    low, high = float(values[0]), float(values[-1])
    first, third = quantiles_of(line, [0.25, 0.75])
    inner_low, inner_high = max(low, first - REACH * (third - first)), min(high, third + REACH * (third - first))
    if 0 < 2 * (inner_high - inner_low) < high - low:
        low, high = inner_low, inner_high
    if mixture is not None:
        mixture_low, mixture_high = extent_of_mixture(mixture)
        low, high = min(low, mixture_low), max(high, mixture_high)
    if low == high:
        return low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    return low, high


def extent_of_mixture(mixture: Mixture) -> tuple[float, float]:
    """From where to where a mixture of one column is seen: but for its tails, and what hardly any rows belong to."""
    low, high = mixture.quantile([TAIL, 1 - TAIL]).tolist()
    seen = mixture.weights >= SEEN
    means, reach = mixture.means[seen, 0], 2.5 * mixture.sds[seen, 0]
    return min(low, float((means - reach).min())), max(high, float((means + reach).max()))


def quantiles_of(line: Rows, probabilities: list[float]) -> list[float]:
    """The values of one column, in ascending order, below or at which these shares of the rows lie."""
    upto = np.cumsum(line.weights)
    found = np.searchsorted(upto, np.array(probabilities) * upto[-1] * (1 - 1e-12))
    chosen: list[float] = line.values[found, 0].tolist()
    return chosen
