"""A column in one reading: cells of neighbouring rows, each as the few weighted points that have its moments.

What EM sums over rows are smooth functions of them. In a cell that is narrow beside every component, three points with
weights that have the rows' first six moments have the same sums, to rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Extent, Rows
from gmmfit.data.sums import Additive

T = TypeVar("T", bound=Additive)

# Points of a cell, which have its first 2 POINTS moments.
POINTS = 3
# Sums over points may be off by this share.
NEGLIGIBLE = 1e-12
# Gaps between rows of so many cells are cells too, for rows that a sample doesn't show; most cells of a summary.
GAP, MOST_CELLS = 512, 16_384
# Spreads of rows in a cell, beside its width, below this are rounding: they are as many points fewer.
NO_SPREAD = 1e-12


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of one width along a column, where rows are.

    starts, stops  (G,)  the numbers of the first cell of each run of neighbours, and of that behind its last; cell i
                         reaches from i to i + 1 widths
    width          of a cell
    """

    starts: npt.NDArray[np.intp]
    stops: npt.NDArray[np.intp]
    width: float

    @classmethod
    def of(cls, sample: Rows, low: float, high: float, width: float) -> "Cells | None":
        """The cells of rows from low to high, where a sample, each different row once in ascending order, has some.

        None where they are too many.
        """
        if (high - low) / width > 2.0**52:
            return None
        ends = np.array([low, high])
        numbers = np.unique(np.floor(np.concatenate([ends, sample.values[:, 0]]) / width).astype(np.int64))
        breaks = np.flatnonzero(np.diff(numbers) > GAP)
        starts, stops = numbers[np.append(0, breaks + 1)], numbers[np.append(breaks, len(numbers) - 1)] + 1
        return cls(starts, stops, width) if np.sum(stops - starts) <= MOST_CELLS else None

    def __len__(self) -> int:
        return int(np.sum(self.stops - self.starts))

    @property
    def first(self) -> npt.NDArray[np.intp]:
        """The position of the first cell of each run, among all."""
        lengths = self.stops - self.starts
        first: npt.NDArray[np.intp] = np.cumsum(lengths) - lengths
        return first

    @property
    def middles(self) -> Array:
        """The middle of each cell."""
        offsets = np.repeat(self.starts - self.first, self.stops - self.starts)
        return np.asarray((np.arange(len(self)) + offsets + 0.5) * self.width, dtype=float)

    def moments(self, rows: Rows) -> "Moments":
        """The moments of the rows in each cell, and the rows that are in none."""
        values = rows.values[:, 0] / self.width
        number = np.floor(values).astype(np.int64)
        run = np.searchsorted(self.starts, number, side="right") - 1
        inside = (run >= 0) & (number < self.stops[run])
        rest = rows.part(~inside)
        if len(rest):
            values, number, run = values[inside], number[inside], run[inside]
        cell = number - self.starts[run] + self.first[run] if len(self.starts) > 1 else number - self.starts[0]
        offsets = (values - number) * 2 - 1
        weighted = rows.weights[inside] if len(rest) else rows.weights
        sums = np.empty((2 * POINTS, len(self)))
        weighted = np.array(weighted)
        for power in range(2 * POINTS):
            sums[power] = np.bincount(cell, weighted, len(self))
            weighted *= offsets
        return Moments(sums, (rest,) if len(rest) else ())


@dataclass(frozen=True, eq=False)
class Moments:
    """Σ weight · offset^j for the rows in each cell, with offsets from -1 to 1; and the rows that are in none.

    sums  (2 POINTS, C)
    """

    sums: Array
    rest: tuple[Rows, ...]

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.sums + other.sums, self.rest + other.rest)


def gauss_points(sums: Array) -> tuple[Array, Array]:
    """Offsets (C, P) and weights (C, P) with the moments (2 P, C): Gauss's rule; some weights may be 0.

    From the moments about the mean, which the polynomials that are orthogonal over the rows need.

    Source: Golub & Welsch (1969), Calculation of Gauss quadrature rules.
    """
    n = sums[0]
    m = sums / n
    a0 = m[1]
    # Central moments.
    c2 = m[2] - a0**2
    c3 = m[3] - 3 * a0 * m[2] + 2 * a0**3
    c4 = m[4] - 4 * a0 * m[3] + 6 * a0**2 * m[2] - 3 * a0**4
    c5 = m[5] - 5 * a0 * m[4] + 10 * a0**2 * m[3] - 10 * a0**3 * m[2] + 4 * a0**5
    one = c2 > NO_SPREAD
    b1 = np.where(one, c2, 1.0)
    d = np.where(one, c3 / b1, 0.0)  # the second point of recurrence, about the mean
    # p2 = t² - d t - b1, with norm² c4 - d c3 - b1².
    norm = c4 - d * c3 - b1**2
    two = one & (norm / b1 > NO_SPREAD)
    b2 = np.where(two, norm / b1, 1.0)
    # E t p2² = c5 - 2 d c4 + (d² - 2 b1) c3 + 2 d b1 c2
    e = np.where(two, (c5 - 2 * d * c4 + (d**2 - 2 * b1) * c3 + 2 * d * b1 * c2) / np.where(two, norm, 1.0), 0.0)
    jacobi = np.zeros((len(n), 3, 3))
    jacobi[:, 1, 1], jacobi[:, 2, 2] = d, e
    jacobi[:, 0, 1] = jacobi[:, 1, 0] = np.where(one, np.sqrt(b1), 0.0)
    jacobi[:, 1, 2] = jacobi[:, 2, 1] = np.where(two, np.sqrt(b2), 0.0)
    sizes, axes = np.linalg.eigh(jacobi)
    return sizes + a0[:, None], axes[:, 0] ** 2 * n[:, None]


@dataclass(frozen=True, eq=False)
class Summary:
    """Rows of one column, and the points that stand for them in sums of densities.

    points   in ascending order; rows that are in no cell are among them
    middles  (C,)  of the cells that aren't kept as they are, as those of three different rows at most are
    shares   (C,)  of all rows that are in each of these
    width    of a cell
    """

    rows: Data
    points: Rows
    middles: Array
    shares: Array
    width: float

    @classmethod
    def of(cls, rows: Data, cells: Cells) -> "Summary":
        """The summary of rows in cells."""
        moments = rows.sum(cells.moments)
        filled = moments.sums[0] > 0
        offsets, weights = gauss_points(moments.sums[:, filled])
        middles = cells.middles[filled]
        values = middles[:, None] + offsets * (cells.width / 2)
        every_value = np.concatenate([values.ravel(), *(part.values[:, 0] for part in moments.rest)])
        every_weight = np.concatenate([weights.ravel(), *(part.weights for part in moments.rest)])
        order = np.argsort(every_value, kind="stable")
        order = order[every_weight[order] > 0]
        window = rows.window if isinstance(rows, Rows) else None
        points = Rows(every_value[order][:, None], every_weight[order], rows.columns, window=window)
        full = np.all(weights > 0, axis=1)
        shares = weights[full].sum(axis=1) / points.total_weight
        return cls(rows, points, middles[full], shares, cells.width)

    @property
    def columns(self) -> tuple[str, ...]:
        """The name of the column."""
        return self.rows.columns

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def extent(self) -> Extent:
        """The smallest and largest value, and the weight of the rows."""
        return self.rows.extent

    def sum(self, function: Callable[[Rows], T]) -> T:
        """What `function` gives for blocks of the rows, added up in pairs of neighbours."""
        return self.rows.sum(function)

    def some(self, n: int, rng: np.random.Generator) -> Rows:
        """At most n of the rows, drawn without replacement, in their order."""
        return self.rows.some(n, rng)

    def mapped(self, function: Callable[[Rows], Rows]) -> Data:
        """The rows as `function` changes them, without a summary."""
        return self.rows.mapped(function)

    def resolving(self, weights: Array, means: Array, covariances: Array) -> Data:
        """The points, or the rows where a density bends so sharply within a cell that points would not do."""
        if not len(self.middles):
            return self.points
        # Slopes differ most in the first cell or the last.
        slopes = (means - self.middles[[0, -1]]) / covariances[..., 0]
        if np.all(self._off(np.ptp(slopes, axis=-2) ** 2 / 4) < NEGLIGIBLE):
            return self.points
        mixtures = zip(weights.reshape(-1, weights.shape[-1]), means.reshape(-1, weights.shape[-1]),
                       covariances.reshape(-1, weights.shape[-1]), strict=True)  # fmt: skip
        return self.points if all(self.error(*mixture) < NEGLIGIBLE for mixture in mixtures) else self.rows

    def error(self, weights: Array, means: Array, variances: Array) -> float:
        """By which share of a component's rows, about, a sum of posteriors of a mixture (K,) over the points is off.

        Posteriors change as fast as the slopes s of the components' log densities differ, by their spread under p.
        Gauss's rule with three points is off by 1/15750 of a function's sixth derivative, in half widths of the cell,
        and a sixth derivative of posteriors is about four times the sixth power of that spread.
        """
        slopes = (means[:, None] - self.middles) / variances[:, None]
        logs = (np.log(weights) - np.log(variances) / 2)[:, None] - slopes**2 * (variances[:, None] / 2)
        logs -= logs.max(axis=0)
        posteriors = np.exp(logs, out=logs)
        posteriors /= posteriors.sum(axis=0)
        likeliest = np.argmax(posteriors, axis=0)
        # From a cell to the next the likeliest component may change so fast that neither middle shows it.
        neighbours = np.diff(self.middles) < 1.5 * self.width
        changed = np.flatnonzero((np.diff(likeliest) != 0) & neighbours)
        jumps = slopes[likeliest[changed], changed] - slopes[likeliest[changed + 1], changed]
        slopes -= np.einsum("kc,kc->c", posteriors, slopes)
        spread = np.einsum("kc,kc,kc->c", posteriors, slopes, slopes)
        for cells in (changed, changed + 1):
            spread[cells] = np.maximum(spread[cells], jumps**2 / 4)
        held = posteriors @ self.shares
        return float(np.max(posteriors @ (self.shares * self._off(spread)) / np.where(held > 0, held, 1), initial=0))

    def _off(self, spread: Array) -> Array:
        """The share that Gauss's rule is off by in cells where slopes have this variance."""
        off: Array = (spread * (self.width / 2) ** 2) ** 3 * 4 / 15750
        return off
