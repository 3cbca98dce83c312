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
# The room on either side of the rows, as a share of their range, for what of a mixture lies there.
ROOM = 0.08
# How long the shortest interval with a share of the rows is in normal ones, in sds; and how long their quartiles are
# apart. Fewer rows say too little.
SHORTEST, NORMAL_IQR, FEWEST_INSIDE = {0.5: 1.34898, 0.25: 0.63728}, 1.34898, 4


@dataclass(frozen=True, eq=False)
class Histogram:
    """The weight of rows in bins.

    edges      (B + 1,)  ascending; a bin holds its left edge, the last one both
    weights    (B,)      the rows in each bin, by weight
    total                all rows, by weight, also those beyond the edges
    n_below, n_above     how many rows lie beyond the edges
    log                  whether densities are those of the column's logarithm to base 10
    """

    edges: Array
    weights: Array
    total: float
    n_below: int
    n_above: int
    log: bool = False

    @property
    def densities(self) -> Array:
        """The share of all rows in each bin, per unit of the column, or of its logarithm."""
        return self.weights / self.total / np.diff(np.log10(self.edges) if self.log else self.edges)


def histogram(data: Data, edges: Array, total: float, log: bool = False) -> Histogram:
    """Rows of one column in bins; total is the weight that shares are taken of."""

    def tally(block: Rows) -> Array:
        if block.known is not None:  # of a limit nobody knows the bin
            block = block.part(block.known.seen[:, 0])
        values = block.values[:, 0]
        inside, _ = np.histogram(values, edges, weights=block.weights)
        return np.array([*inside, np.sum(values < edges[0]), np.sum(values > edges[-1])])

    *weights, n_below, n_above = data.sum(tally).tolist()
    return Histogram(edges, np.array(weights), total, int(n_below), int(n_above), log)


def edges_of(line: Rows, low: float, high: float, bins: int | None = None) -> Array:
    """The edges of bins from low to high, or a little further, for rows of one column, each different one ascending.

    The width is Freedman and Diaconis's, 2 IQR n^(-1/3), where for the IQR stands what the shortest interval that holds
    a half or a quarter of the rows makes it, if that is less: groups far apart and long tails hide no more of the rest.
    There are as many bins as Sturges has at least. It is a multiple of the step that the values are rounded to, whose
    multiples lie inside bins.

    >>> edges_of(Rows(np.arange(1.0, 9.0)[:, None], np.ones(8), ("x",)), 1, 8).tolist()
    [0.5, 2.5, 4.5, 6.5, 8.5]

    Source: Freedman & Diaconis (1981), On the histogram as a density estimator; Sturges (1926).
    """
    if bins is not None:
        return ascending(np.linspace(low, high, bins + 1))
    n = _sample_size(line)
    sturges = (high - low) / (1 + math.log2(n))
    width: float = min(2 * _spread(line, low, high) / n ** (1 / 3) or sturges, sturges)
    fewest = max(width, high / MOST_BINS - low / MOST_BINS)
    values = np.clip(line.values[:, 0], low, high)
    step = resolution(values) if len(values) > 1 else 0.0
    if step > STEP_SEEN * (high - low):
        steps = max(1, round(width / step), math.ceil(fewest / step * (1 - 1e-9)) if fewest > width else 1)
        width, first_value = steps * step, float(values[0])
        low = first_value + (math.floor((low - first_value) / step + 1e-9) - 0.5) * step
    else:
        width = fewest
    count = max(1, math.ceil((high / width - low / width) * (1 - 1e-9)))
    edges = low + width * np.arange(count + 1, dtype=float)
    return edges if np.all(np.diff(edges) > 0) else np.array([low, np.nextafter(high, np.inf)])


def shortest_intervals(line: Rows, low: float, high: float) -> dict[float, float]:
    """The length of the shortest interval that holds a share of rows in ascending order, for SHORTEST's shares.

    Equal rows say nothing of a length, and so few that they are close by chance neither.
    """
    upto, values = np.cumsum(line.weights), np.clip(line.values[:, 0], low, high)
    lengths = {}
    for share in SHORTEST:
        ends = np.searchsorted(upto, upto - line.weights + share * upto[-1] * (1 - 1e-12))
        inside = ends < len(values)
        length = float(np.min(values[ends[inside]] - values[inside], initial=np.inf))
        if 0 < length < np.inf and share * len(values) >= FEWEST_INSIDE:
            lengths[share] = length
    return lengths


def _spread(line: Rows, low: float, high: float) -> float:
    """The interquartile range, or what the shortest intervals with some of the rows say it is, as of normal ones."""
    first, third = np.clip(quantiles_of(line, [0.25, 0.75]), low, high).tolist()
    lengths = shortest_intervals(line, low, high).items()
    spreads = [third - first, *(length * NORMAL_IQR / SHORTEST[share] for share, length in lengths)]
    return min((spread for spread in spreads if spread > 0), default=0.0)


def _sample_size(line: Rows) -> float:
    """How many rows the choice of bins counts: their weight if that is a count, else Kish's effective number."""
    total = line.total_weight
    if np.all(line.weights == np.round(line.weights)):
        return min(total, SAMPLE)
    shares = line.weights / total
    return max(1.0, 1 / float(shares @ shares))


def extent(line: Rows, low: float, high: float) -> tuple[float, float]:
    """From where to where the bars of rows in one column reach: from low to high.

    Where few rows lie so far out that the others, of which `line` are some in ascending order, would be squeezed, they
    are left to be counted beyond its ends. It is a matter of the rows alone: so pictures of several mixtures of them
    can be laid side by side.
    """
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    first, third = np.clip(quantiles_of(line, [0.25, 0.75]), low, high).tolist()
    reach = REACH * (third - first)
    inner_low, inner_high = max(low, first - reach), min(high, third + reach)
    if 0 < 2 * (inner_high - inner_low) < high - low:
        low, high = inner_low, inner_high
    return within_reach(low, high)


def with_room(low: float, high: float, least: float = -np.inf) -> tuple[float, float]:
    """Ends with room outside for what of a mixture lies there; none below 0 if the least value isn't."""
    room = ROOM * (high - low) if high - low < FARTHEST else 0.0
    return (max(low - room, min(low, 0.0)) if least >= 0 else low - room), high + room


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
