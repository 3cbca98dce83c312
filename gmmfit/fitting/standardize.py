"""Every fit is computed in standard units and reported in those of the columns, so that units don't matter."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.distinct import counted, distinct, repeats
from gmmfit.data.rows import Data, Rows, check_total_weight
from gmmfit.errors import DataError
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.settings import Fixed
from gmmfit.model.mixture import Mixture

# Values and ranges nearer to the ends of double precision can't be brought into standard units.
LARGEST, SMALLEST = 2.0**990, 2.0**-1018
# Rows that are looked at to judge all of them.
SAMPLE = 2**16


@dataclass(frozen=True, eq=False)
class Standardization:
    """x = centre + unit · z, with z of mean near 0 and sd near 1.

    centre  (D,)  a multiple of unit next to the mean
    unit    (D,)  a power of two next to the sd: dividing by it changes no digit
    weight  a power of two next to the mean weight of a row, by which weights and log-likelihoods are divided
    count   what a unit of weight inside stands for where rows are counted: as weight, unless the weights sum to less
            than the rows, as shares do; then they are scaled to sum to those
    """

    centre: Array
    unit: Array
    weight: float
    count: float

    def rows_inside(self, rows: Rows) -> Rows:
        """The rows in standard units."""
        values = rows.values - self.centre
        values /= self.unit
        return Rows(values, rows.weights if self.weight == 1 else rows.weights / self.weight, rows.columns)

    def inside(self, mixture: Mixture) -> Mixture:
        """A mixture of the columns in standard units."""
        return mixture.moved(-self.centre / self.unit, 1 / self.unit)

    def outside(self, mixture: Mixture) -> Mixture:
        """A mixture of the standard units in those of the columns."""
        return mixture.moved(self.centre, self.unit)

    def steps_outside(self, states: Iterable[State], start: Mixture, fixed: Fixed, n: float) -> Iterator[Step]:
        """The steps of states that climb alone, in the units of the columns.

        What is not estimated is `start`'s own, to the last bit. The density of x is that of z divided by the units, so
        each of the n rows' log densities loses the sum of their logs.

        Raises:
            FitError: a component has become empty.
        """
        lost = n * float(np.log(self.unit).sum())
        for state in states:
            mixture = start
            if state.iteration > 0:
                mixture = restored(self.outside(state.stack.mixture(0)), start, fixed)
            gains = np.sum(state.gradient**2, axis=-1)
            yield Step(
                state.iteration,
                float(state.log_likelihood[0]) * self.weight - lost,
                mixture,
                state.kind,
                math.sqrt(state.above_rounding(gains)[0] * self.weight),
                None if state.to_come is None else float(state.above_rounding(state.to_come)[0]) * self.weight,
            )
            state.statistics.check_occupied()


@dataclass(frozen=True, eq=False)
class Inside:
    """The rows in standard units, as a fit looks at them.

    data        what is summed over: each different row once, where that makes them few
    sample      each different one, of all rows or of some that stand for them
    n           rows by weight, in the units of the table
    low, high   (D,)    the smallest and largest values
    mean        (D,)    of all rows, and their covariance (D, D)
    is_distinct whether data has each different row once
    """

    standardization: Standardization
    data: Data
    sample: Rows
    n: float
    low: Array
    high: Array
    mean: Array
    covariance: Array
    is_distinct: bool

    @property
    def counts_for(self) -> float:
        """What a unit of weight in the sample stands for where rows are counted (see `Standardization.count`)."""
        scale = self.standardization.count / self.standardization.weight
        return scale * (self.n / self.sample.total_weight)

    @classmethod
    def of(cls, data: Data, one_unit: bool = False) -> "Inside":
        """The rows of a table in standard units; with one_unit, all columns share the largest one.

        Raises:
            DataError: there is only one row, or a column is constant, too large or too small for double precision.
        """
        with np.errstate(over="ignore"):
            extent = data.sum(Extent.of)
        check_total_weight(extent.weight)
        if len(data) < 2:
            raise DataError("a fit needs at least 2 rows; there is 1 row")
        for name, low, high in zip(data.columns, extent.low, extent.high, strict=True):
            if low == high:
                raise DataError(f"column {name!r} is constant: all its {len(data)} values are {low:g}")
            if max(-low, high) > LARGEST:
                raise DataError(f"column {name!r} has values up to {max(-low, high):g}: divide them all by one number")
            if high - low < SMALLEST:
                raise DataError(f"column {name!r} has a range of {high - low:g}: multiply its values by one number")
        # Values are first brought to within 1, so that the squares of huge and tiny ones are ordinary numbers.
        largest = np.maximum(np.abs(extent.low), np.abs(extent.high))
        size = np.ldexp(1.0, np.frexp(largest)[1] - 1)
        mean = data.sum(lambda rows: rows.weights @ (rows.values / size)) / extent.weight

        def squares(rows: Rows) -> Array:
            residuals = rows.values / size - mean
            summed: Array = (residuals * rows.weights[:, None]).T @ residuals
            return summed

        covariance = data.sum(squares) / extent.weight
        unit = np.ldexp(size, np.frexp(np.sqrt(np.diagonal(covariance)))[1])
        if one_unit:
            unit = np.full(len(unit), unit.max())
        weight = float(np.ldexp(1.0, np.frexp(extent.weight / len(data))[1] - 1))
        count = weight * max(1.0, len(data) / extent.weight)
        standardization = Standardization(np.round(mean * (size / unit)) * unit, unit, weight, count)

        inside = data.mapped(standardization.rows_inside)
        some = inside.some(SAMPLE, np.random.default_rng(0))
        sample = counted(some)
        is_distinct = repeats(some, sample, len(data))
        if is_distinct:
            once = sample if len(some) == len(data) else distinct(inside)
            sample = once if len(once) <= SAMPLE else sample
            inside, mean, covariance = once, once.mean, once.covariance
        else:
            scale = size / unit
            mean, covariance = mean * scale - standardization.centre / unit, covariance * np.outer(scale, scale)
        return cls(
            standardization,
            inside,
            sample,
            extent.weight,
            (extent.low - standardization.centre) / unit,
            (extent.high - standardization.centre) / unit,
            mean,
            covariance,
            is_distinct,
        )


@dataclass(frozen=True, eq=False)
class Extent:
    """The smallest and largest value of each column, (D,), and the weight of the rows; those of two tables add up."""

    low: Array
    high: Array
    weight: float

    @classmethod
    def of(cls, rows: Rows) -> "Extent":
        """The extent of rows in memory."""
        return cls(rows.values.min(axis=0), rows.values.max(axis=0), rows.total_weight)

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.weight + other.weight)


def restored(mixture: Mixture, start: Mixture, fixed: Fixed) -> Mixture:
    """The mixture with the fixed parts of `start`."""
    if fixed.weights:
        mixture = replace(mixture, weights=start.weights)
    if fixed.means:
        mixture = replace(mixture, means=start.means)
    if fixed.sds:
        mixture = replace(mixture, covariances=start.covariances, units=start.units)
    return mixture
