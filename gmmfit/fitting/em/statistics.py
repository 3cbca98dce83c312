"""What an M step asks of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import FitError

# Below this count a component has no mean: quotients of sums this small have no digits left.
EMPTY = 1e-200


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sums over rows that an M step needs, for each of S mixtures; those of two sets of rows add up to those of both.

    counts          (S, K)        rows, by weight and posterior
    shifts          (S, K, D)     sums of x - mean, about the mean that the component had
    scatters        (S, K, D, D)  sums of (x - mean)(x - mean)ᵀ, about the same mean
    log_likelihood  (S,)          of the mixture that the rows were shared out by
    """

    counts: Array
    shifts: Array
    scatters: Array
    log_likelihood: Array

    @property
    def occupied(self) -> npt.NDArray[np.bool_]:
        """Which components (S, K) have rows to take a mean of."""
        occupied: npt.NDArray[np.bool_] = self.counts > EMPTY
        return occupied

    def check_occupied(self) -> None:
        """Raise a FitError where a component has no rows to take a mean of."""
        if not np.all(self.occupied):
            component = int(np.argwhere(~self.occupied)[0][-1]) + 1
            raise FitError(
                f"component {component} is empty: no row is near it. Start it nearer to the rows, or use fewer "
                "components"
            )

    def in_place_of(self, others: "Statistics", which: npt.NDArray[np.bool_]) -> "Statistics":
        """Those of all mixtures: these for `which` (S,) of them, and for the rest what `others` has."""
        together = Statistics(*(array.copy() for array in vars(others).values()))
        for mine, array in zip(vars(self).values(), vars(together).values(), strict=True):
            array[which] = mine
        return together

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(*map(np.add, vars(self).values(), vars(other).values()))


def side_by_side(parts: Sequence[Statistics]) -> Statistics:
    """The statistics of several batches of mixtures, one after the other."""
    return Statistics(*map(np.concatenate, zip(*(vars(part).values() for part in parts), strict=True)))
