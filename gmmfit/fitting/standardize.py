"""Every fit is computed in standard units and reported in those of the columns, so that units don't matter."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.em import State
from gmmfit.fitting.result import Fixed, Step
from gmmfit.model.mixture import Mixture


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

    @classmethod
    def of(cls, rows: Rows, one_unit: bool = False) -> "Standardization":
        """The standardization of rows; with one_unit, all columns share the largest unit."""
        # Values are first brought to within 1, so that the squares of huge and tiny ones are ordinary numbers.
        size = np.ldexp(1.0, np.frexp(np.abs(rows.values).max(axis=0))[1] - 1)
        size = np.where(size > 0, size, 1.0)
        weight = float(np.ldexp(1.0, np.frexp(rows.total_weight / len(rows))[1]))
        share = rows.weights / rows.total_weight
        values = rows.values / size
        mean = share @ values
        sd = np.sqrt(share @ (values - mean) ** 2)
        unit = np.ldexp(size, np.frexp(sd)[1])
        if one_unit:
            unit = np.full(len(unit), unit.max())
        count = weight * max(1.0, len(rows) / rows.total_weight)
        return cls(np.round(mean * (size / unit)) * unit, unit, weight, count)

    def rows_inside(self, rows: Rows) -> Rows:
        """The rows in standard units."""
        return Rows((rows.values - self.centre) / self.unit, rows.weights / self.weight, rows.columns)

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
            yield Step(
                state.iteration,
                float(state.log_likelihood[0]) * self.weight - lost,
                mixture,
                state.kind,
                float(np.linalg.norm(state.gradient[0])) * math.sqrt(self.weight),
                None if state.to_come is None else float(state.to_come[0]) * self.weight,
            )
            state.statistics.check_occupied()


def restored(mixture: Mixture, start: Mixture, fixed: Fixed) -> Mixture:
    """The mixture with the fixed parts of `start`."""
    if fixed.weights:
        mixture = replace(mixture, weights=start.weights)
    if fixed.means:
        mixture = replace(mixture, means=start.means)
    if fixed.sds:
        mixture = replace(mixture, covariances=start.covariances, units=start.units)
    return mixture
