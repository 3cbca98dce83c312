"""Every fit is computed in standard units and reported in those of the columns, so that units don't matter."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.distinct import counted, distinct, is_mostly_repeats
from gmmfit.data.heaps import ValueCounts
from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Data, Extent, Rows, check_total_weight
from gmmfit.data.summary import Cells, Summary
from gmmfit.errors import DataError
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.one_component import one_component, with_expected_values
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.settings import Fixed
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box
from gmmfit.model.transform import Transforms

LogLikelihood = TypeVar("LogLikelihood", float, Array)

# Values and ranges nearer to the ends of double precision can't be brought into standard units.
LARGEST, SMALLEST = 2.0**990, 2.0**-1018
# So small a share of a unit is 0 with some rounding.
NEXT_TO_NOTHING = 1e-9
# Rows that are looked at to judge all of them.
SAMPLE = 2**16
# So few rows of a column are not summarized; the others in cells of at most this share of its sd, which is taken to be
# at most so many times that of the densest part of the column.
FEW_ROWS, WIDTH, DENSEST = 8192, 1 / 128, 8.0


@dataclass(frozen=True, eq=False)
class StandardUnits:
    """x = centre + unit · z, with z of mean near 0 and sd near 1.

    centre  (D,)  a multiple of unit next to the mean
    unit    (D,)  a power of two next to the sd: dividing by it changes no digit
    transforms    what x is of the columns
    """

    centre: Array
    unit: Array
    transforms: Transforms

    def standardize_rows(self, rows: Rows) -> Rows:
        """The rows in standard units."""
        values = rows.values - self.centre
        values /= self.unit
        window, known = rows.window, rows.known
        if window is not None:
            window = Window(*((end - float(self.centre[0])) / float(self.unit[0]) for end in window))
        return replace(rows, values=values, known=known and known.scaled(self.centre, self.unit), window=window)

    def standardize(self, mixture: Mixture) -> Mixture:
        """A mixture of the columns in standard units."""
        return mixture.untransformed.moved(-self.centre / self.unit, 1 / self.unit)

    def unstandardize(self, mixture: Mixture) -> Mixture:
        """A mixture of the standard units in those of the columns."""
        moved, noise = mixture.moved(self.centre, self.unit), mixture.noise
        if noise is not None:
            box = self.box(noise.box)
            return replace(moved, transform=self.transforms.names, noise=replace(noise, box=box))
        return replace(moved, transform=self.transforms.names)

    def box(self, standard: Box) -> Box:
        """A box of the standard units in those of the columns."""
        moved = standard.moved(self.centre, self.unit)
        return Box(self.transforms.invert(moved.low[None])[0], self.transforms.invert(moved.high[None])[0])

    def log_likelihood(self, standard: LogLikelihood, n_values: Array) -> LogLikelihood:
        """The log-likelihood from that in standard units; or several.

        The density of x is that of z divided by the units: each row's log density loses the log of the unit for each
        column in which it has a value. n_values (D,) are such rows, by weight; of an interval there is a probability.
        """
        return standard - float(np.log(self.unit) @ n_values)

    def value(self, standard: float, column: int) -> float:
        """A value of a column, from 0, from that in standard units."""
        x = np.array(self.centre[column] + self.unit[column] * standard)
        return float(self.transforms.each[column].invert(x))

    def values(self, standard: Array) -> tuple[float, ...]:
        """A row (D,) in the units of the columns, to show: next to nothing is 0."""
        row = self.transforms.invert(self.centre + self.unit * standard)
        return tuple(np.where(np.abs(row) < NEXT_TO_NOTHING * self.unit, 0.0, row).tolist())


@dataclass(frozen=True, eq=False)
class StandardizedRows:
    """The rows in standard units, as a fit looks at them.

    data         the rows that EM sums over; distinct rows with counts where that is shorter
    sample       each different one, of all rows or of some that stand for them
    n            rows by weight
    n_values     (D,)    those that have a value in each column, not an interval
    log_jacobian         what transforms of the columns add to the log-likelihood
    low, high    (D,)    the smallest and largest values
    mean         (D,)    of all rows, and their covariance (D, D)
    is_distinct  whether data has each different row once
    """

    units: StandardUnits
    data: Data
    sample: Rows
    n: float
    n_values: Array
    low: Array
    high: Array
    mean: Array
    covariance: Array
    is_distinct: bool
    log_jacobian: float = 0.0

    @property
    def rows_per_weight(self) -> float:
        """The rows that a unit of weight in the sample stands for."""
        return self.n / self.sample.total_weight

    @cached_property
    def value_counts(self) -> tuple[ValueCounts, ...]:
        """The different values of each column, as the sample shows them; if it has only intervals, their middles."""
        sample, known = self.sample, self.sample.known
        if known is None:
            return tuple(ValueCounts.of(sample, d, self.rows_per_weight) for d in range(len(self.low)))
        shown = np.where(self.only_intervals, known.seen, known.points)
        parts = (sample.part(column) for column in shown.T)
        return tuple(ValueCounts.of(part, d, self.rows_per_weight) for d, part in enumerate(parts))

    @cached_property
    def only_intervals(self) -> npt.NDArray[np.bool_]:
        """Which columns (D,) have no values, but intervals."""
        known = self.sample.known
        return np.zeros(len(self.low), dtype=bool) if known is None else ~np.any(known.points, axis=0)

    @property
    def are_bounded(self) -> bool:
        """Whether no density of them can grow without bound, as each value has an error or is but an interval."""
        return self.sample.known is not None and not np.any(self.sample.known.exact)

    @property
    def rows_per_different_one(self) -> float:
        """The rows of the table that a different row of the sample stands for."""
        return 1.0 if self.is_distinct else len(self.data) / len(self.sample)

    def log_likelihood(self, of_search: LogLikelihood) -> LogLikelihood:
        """That of all rows in the columns' units, from that in standard units; or several."""
        return self.units.log_likelihood(of_search, self.n_values) + self.log_jacobian

    def step(self, state: State, start: Mixture, fixed: Fixed) -> Step:
        """The step of a state of one mixture, in the units of the columns.

        What is not estimated is `start`'s own, to the last bit.
        """
        mixture = start
        if state.iteration > 0:
            mixture = _with_fixed(self.units.unstandardize(state.batch.mixture(0)), start, fixed)
        gain = state.above_rounding(np.sum(state.gradient**2, axis=-1))[0]
        remaining = None if state.remaining_gain is None else state.above_rounding(state.remaining_gain)[0]
        log_likelihood = self.log_likelihood(float(state.log_likelihood[0]))
        return Step(
            state.iteration,
            log_likelihood,
            mixture,
            state.kind,
            math.sqrt(gain),
            None if remaining is None else float(remaining),
        )


def standardize(data: Data, transforms: Transforms, common_unit: bool = False) -> StandardizedRows:
    """The rows of a table in standard units; with common_unit, all columns share the largest one.

    transforms are what was made of the columns before.

    Raises:
        DataError: there is only one row, or a column is constant, too large or too small for double precision.
    """
    extent = _checked_extent(data)
    # Values are first brought to within 1, so that the squares of huge and tiny ones are ordinary numbers.
    size = np.ldexp(1.0, np.frexp(np.maximum(np.abs(extent.low), np.abs(extent.high)))[1] - 1)
    some = data.some(SAMPLE, np.random.default_rng(0))
    sized = Rows(some.values / size, some.weights, some.columns)
    spread = np.sqrt(np.diagonal(sized.covariance))
    spread = np.where(spread > 0, spread, (extent.high - extent.low) / size)
    unit = np.ldexp(size, np.frexp(spread)[1])
    if common_unit:
        unit = np.full(len(unit), unit.max())
    units = StandardUnits(np.round(sized.mean * (size / unit)) * unit, unit, transforms)
    rows = data.mapped(units.standardize_rows)
    once, sample = _distinct(rows, units.standardize_rows(some))
    low, high = (extent.low - units.centre) / unit, (extent.high - units.centre) / unit
    # Relative weights sum to the number of rows, but for rounding.
    n = float(len(data)) if math.isclose(extent.weight, len(data), rel_tol=1e-9) else extent.weight
    if isinstance(rows, Rows) and rows.known is not None:
        return _known_in_part(units, once or rows, sample, n, Extent(low, high, extent.weight), once is not None)
    summed = _summarized(rows if once is None else once, sample, low, high)
    looked_at = summed.points if isinstance(summed, Summary) else once
    if looked_at is None:
        mean, covariance = _mean_and_covariance(rows, extent.weight)
    else:
        mean, covariance = looked_at.mean, looked_at.covariance
    n_values = np.full(len(unit), n)
    return StandardizedRows(units, summed, sample, n, n_values, low, high, mean, covariance, once is not None)


def _known_in_part(
    units: StandardUnits, rows: Rows, sample: Rows, n: float, extent: Extent, is_distinct: bool
) -> StandardizedRows:
    """The same of rows known in part: cells without a value get the one that a normal distribution expects there."""
    known = rows.known or Known.of(rows.values)
    n_values = np.where(known.points, rows.weights[:, None], 0).sum(axis=0) * (n / rows.total_weight)
    mean, covariance = rows.mean, rows.covariance
    if np.any(known.missing):
        one = one_component(sample if len(sample) <= FEW_ROWS else sample.some(FEW_ROWS, np.random.default_rng(0)))
        filled = with_expected_values(one, rows)
        sample = filled if sample is rows else with_expected_values(one, sample)
        rows, mean, covariance = filled, one.means[0, 0], one.covariances[0, 0]
    return StandardizedRows(units, rows, sample, n, n_values, extent.low, extent.high, mean, covariance, is_distinct)


def _mean_and_covariance(rows: Data, weight: float) -> tuple[Array, Array]:
    """The mean (D,) and covariance (D, D) of rows in standard units, whose mean is near 0."""

    def squares(block: Rows) -> Array:
        with_one = np.column_stack([np.ones(len(block)), block.values])
        summed: Array = (with_one * block.weights[:, None]).T @ with_one
        return summed

    moments = rows.sum(squares) / weight
    mean = moments[0, 1:]
    return mean, moments[1:, 1:] - np.outer(mean, mean)


def _checked_extent(data: Data) -> Extent:
    """The range of each column and the weight of the rows, if they can be fitted to."""
    with np.errstate(over="ignore"):
        extent = data.extent
    check_total_weight(extent.weight)
    if len(data) < 2:
        raise DataError("a fit needs at least 2 rows; there is 1 row")
    for name, low, high in zip(data.columns, extent.low, extent.high, strict=True):
        if low == high:
            exact = not isinstance(data, Rows) or data.known is None
            what = "values are" if exact else "values, limits or intervals are at"
            raise DataError(f"column {name!r} is constant: all its {len(data)} {what} {low:g}")
        if max(-low, high) > LARGEST:
            raise DataError(f"column {name!r} has values up to {max(-low, high):g}: divide them all by one number")
        if high - low < SMALLEST:
            raise DataError(f"column {name!r} has a range of {high - low:g}: multiply its values by one number")
    return extent


def _distinct(rows: Data, some: Rows) -> tuple[Rows | None, Rows]:
    """Each different row once, if that makes them few; and of those, or of some rows, a sample that stands for all."""
    sample = counted(some)
    if not is_mostly_repeats(some, sample, len(rows)):
        return None, sample
    once = sample if len(some) == len(rows) else distinct(rows)
    return once, once if len(once) <= SAMPLE else sample


def _summarized(rows: Data, sample: Rows, low: Array, high: Array) -> Data:
    """The rows; in one column, where they are many, with points that stand for them in sums of densities."""
    if len(low) > 1 or len(rows) <= FEW_ROWS:
        return rows
    dense = ValueCounts.of(sample, 0, len(rows) / sample.total_weight).shortest_interval_sd
    sd = min(DENSEST * dense, float(np.sqrt(sample.covariance[0, 0])))
    if sd == 0:
        return rows
    cells = Cells.of(sample, float(low[0]), float(high[0]), math.ldexp(1.0, math.frexp(sd * WIDTH)[1] - 1))
    return rows if cells is None else Summary.of(rows, cells)


def _with_fixed(mixture: Mixture, start: Mixture, fixed: Fixed) -> Mixture:
    """The mixture with the fixed parts of `start`."""
    if mixture.noise is not None and start.noise is not None:
        mixture = replace(mixture, noise=replace(mixture.noise, box=start.noise.box))
    if fixed.weights:
        mixture = replace(mixture, weights=start.weights, noise=start.noise)
    if fixed.means:
        mixture = replace(mixture, means=start.means)
    if fixed.sds:
        mixture = replace(mixture, covariances=start.covariances, units=start.units)
    return mixture
