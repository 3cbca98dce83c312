"""A histogram that shows what a mixture is fitted to: its range, its bins, and the rows beyond them."""

import math
from dataclasses import dataclass

import numpy as np

from gmmfit.arrays import Array, ascending
from gmmfit.data.resolution import resolution
from gmmfit.data.rows import Data, Rows
from gmmfit.model.mixture import Mixture

# Rows that are looked at to choose range and bins.
SAMPLE = 2**16
# Interquartile ranges beyond the quartiles that a picture reaches, if the data reach twice as far.
REACH = 5.0
# The share of the highest component's height that is still seen; the least weights of a component that is seen if it is
# high enough, and of one that is seen in any case.
LOWEST, SEEN, HEAVY = 5e-3, 1e-2, 5e-2
MOST_BINS = 200
# Farther from zero a picture doesn't reach: its width would be beyond double precision.
FARTHEST = 4e307
# The share of a picture below which a step between values can't be seen.
STEP_SEEN = 1e-9
# The share of a width below which a narrower one shows what that would hide.
HIDING = 0.6


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
        if block.known is not None:  # of a limit nobody knows the bin
            block = block.part(block.known.seen[:, 0])
        values = block.values[:, 0]
        inside, _ = np.histogram(values, edges, weights=block.weights)
        return np.array([*inside, np.sum(values < edges[0]), np.sum(values > edges[-1])])

    *weights, n_below, n_above = data.sum(tally).tolist()
    return Histogram(edges, np.array(weights), total, int(n_below), int(n_above))


def edges_of(line: Rows, low: float, high: float, mixture: Mixture | None = None, bins: int | None = None) -> Array:
    """The edges of bins between low and high for rows of one column, each different one once in ascending order.

    The width is Freedman and Diaconis's, 2 IQR n^(-1/3); where that hides groups far apart, it is Scott's with the sd
    within the components of a mixture, 3.49 sd n^(-1/3). It is a multiple of the step that the values are rounded to,
    whose multiples lie inside bins.

    >>> edges_of(Rows(np.arange(1.0, 9.0)[:, None], np.ones(8), ("x",)), 1, 8).tolist()
    [0.5, 4.5, 8.5]

    Source: Freedman & Diaconis (1981), On the histogram as a density estimator; Scott (1979), On optimal and data-based
    histograms.
    """
    if bins is not None:
        return ascending(np.linspace(low, high, bins + 1))
    n = _sample_size(line)
    first, third = np.clip(quantiles_of(line, [0.25, 0.75]), low, high).tolist()
    width: float = 2 * (third - first) / n ** (1 / 3) or (high - low) / (1 + math.log2(n))
    if mixture is not None:
        with np.errstate(over="ignore"):
            within = math.sqrt(mixture.weights @ (mixture.sds[:, 0] / width) ** 2) * width
        scott = 3.49 * within / n ** (1 / 3)
        width = scott if scott < HIDING * width else width
    fewest = max(width, high / MOST_BINS - low / MOST_BINS)
    values = np.clip(line.values[:, 0], low, high)
    step = resolution(values) if len(values) > 1 else 0.0
    if step > STEP_SEEN * (high - low):
        steps = max(1, round(width / step), math.ceil(fewest / step * (1 - 1e-9)) if fewest > width else 1)
        width, first_value = steps * step, float(values[0])
        low = first_value + (math.floor((low - first_value) / step) - 0.5) * step
    else:
        width = fewest
    count = max(1, math.ceil((high / width - low / width) * (1 - 1e-9)))
    edges = low + width * np.arange(count + 1, dtype=float)
    return edges if np.all(np.diff(edges) > 0) else np.array([low, np.nextafter(high, np.inf)])


def _sample_size(line: Rows) -> float:
    """How many rows the choice of bins counts: their weight if that is a count, else Kish's effective number."""
    total = line.total_weight
    if np.all(line.weights == np.round(line.weights)):
        return min(total, SAMPLE)
    shares = line.weights / total
    return max(1.0, 1 / float(shares @ shares))


def extent(line: Rows, low: float, high: float, mixture: Mixture | None = None) -> tuple[float, float]:
    """From where to where a picture of one column reaches: over its rows, from low to high, and the mixture.

    Where few rows lie so far out that the others, of which `line` are some in ascending order, would be squeezed, they
    are left to be counted beyond its ends.
    """
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    first, third = np.clip(quantiles_of(line, [0.25, 0.75]), low, high).tolist()
    reach = REACH * (third - first)
    inner_low, inner_high = max(low, first - reach), min(high, third + reach)
    if 0 < 2 * (inner_high - inner_low) < high - low:
        low, high = inner_low, inner_high
    if mixture is not None:
        mixture_low, mixture_high = extent_of_mixture(mixture)
        low, high = min(low, mixture_low), max(high, mixture_high)
    return within_reach(low, high)


def within_reach(low: float, high: float) -> tuple[float, float]:
    """Ends that have room between them, and whose distance is a double."""
    low, high = (min(max(end, -FARTHEST), FARTHEST) for end in (low, high))
    if low < high:
        return low, high
    half = abs(low) / 2 or 0.5
    return low - half, high + half


def extent_of_mixture(mixture: Mixture) -> tuple[float, float]:
    """From where to where a mixture of one column is seen.

    Each component reaches as far as its height can be told from 0 beside the highest one, and one with a good share of
    the rows at least to most of its own. One on hardly any rows, or so wide that it is flat, is left out.
    """
    heights = mixture.weights / mixture.sds[:, 0] * mixture.sds.min()
    steepness = np.log(heights / (heights.max() * LOWEST))
    heavy = mixture.weights >= min(HEAVY, mixture.weights.max())
    seen = heavy | ((mixture.weights >= SEEN) & (steepness > 0))
    reach = mixture.sds[:, 0] * np.sqrt(2 * np.maximum(steepness, np.where(heavy, 3.0, 0.0)))
    low, high = float((mixture.means - reach[:, None])[seen].min()), float((mixture.means + reach[:, None])[seen].max())
    if mixture.noise is not None:
        low, high = min(low, float(mixture.noise.box.low[0])), max(high, float(mixture.noise.box.high[0]))
    return within_reach(low, high)


def quantiles_of(line: Rows, probabilities: list[float]) -> list[float]:
    """The values of one column, in ascending order, below or at which these shares of the rows lie."""
    upto = np.cumsum(line.weights)
    found = np.searchsorted(upto, np.array(probabilities) * upto[-1] * (1 - 1e-12))
    chosen: list[float] = line.values[found, 0].tolist()
    return chosen
