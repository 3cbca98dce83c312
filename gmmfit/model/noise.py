"""Noise: a part of a mixture that is uniform over a box, for rows that belong to no component."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, read_only
from gmmfit.errors import ModelError
from gmmfit.model.transform import Transforms

# A row is in a box if it is outside by no more than this share of its width: it may have been in other units before.
ROUNDING = 1e-9
# No end is farther out, and no range narrower than its inverse.
LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class Box:
    """A range of each column: low and high, (D,).

    >>> box = Box([0, 10], [2, 30])
    >>> box.log_volume == math.log(40)
    True
    >>> box.holds(np.array([[1, 20], [3, 20], [2, 30]]))
    array([ True, False,  True])

    Raises:
        ModelError: they are no ranges.
    """

    low: Array
    high: Array

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name), float).reshape(-1)))
        fits = self.low.shape == self.high.shape and np.all(np.isfinite([self.low, self.high]))
        if not (fits and np.all(self.low < self.high)):
            raise ModelError("the range of the noise needs a finite low and a higher, finite high for each column")
        if np.abs([self.low, self.high]).max() > LARGEST or np.any(self.high - self.low < 1 / LARGEST):
            raise ModelError("the range of the noise is too wide or too narrow for double precision")

    @property
    def mean(self) -> Array:
        """The middle, (D,)."""
        return self.low / 2 + self.high / 2

    @property
    def sds(self) -> Array:
        """The standard deviations of a uniform distribution, (D,)."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def log_volume(self) -> float:
        """The log of the product of the widths."""
        return float(np.log(self.high - self.low).sum())

    def holds(self, values: Array) -> npt.NDArray[np.bool_]:
        """Which of values (n, D) are inside, (n,)."""
        slack = ROUNDING * (self.high - self.low)
        inside: npt.NDArray[np.bool_] = np.all((values >= self.low - slack) & (values <= self.high + slack), axis=1)
        return inside

    def cdf(self, values: Array) -> Array:
        """The share of the first column's range that lies below values (n,)."""
        return np.asarray(np.clip((values - self.low[0]) / (self.high[0] - self.low[0]), 0, 1))

    def moved(self, shift: Array, units: Array) -> "Box":
        """The box of shift + units · x for x in this one."""
        return Box(self.low * units + shift, self.high * units + shift)

    def part(self, positions: list[int]) -> "Box":
        """The box of some of the columns, by their positions from 0."""
        return Box(self.low[positions], self.high[positions])

    def transformed(self, transforms: Transforms) -> "Box":
        """The box of the transformed columns."""
        return Box(transforms.apply(self.low[None])[0], transforms.apply(self.high[None])[0])


@dataclass(frozen=True, eq=False)
class Noise:
    """A uniform part of a mixture: its weight, 0 where the rows have no use for it, and its box.

    >>> Noise(0.05, Box([40], [100])).record()
    {'weight': 0.05, 'low': [40.0], 'high': [100.0]}

    Raises:
        ModelError: the weight is no share.
    """

    weight: float
    box: Box

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise ModelError(f"the weight of the noise is {self.weight:g}; it must be a share, from 0 to 1")

    def log_density(self, values: Array) -> Array:
        """The log of the weighted density at values (n, D), (n,); NaN where a value is missing."""
        with np.errstate(divide="ignore"):
            inside = np.log(np.float64(self.weight)) - self.box.log_volume
        logs = np.where(self.box.holds(values), inside, -np.inf)
        return np.where(np.any(np.isnan(values), axis=1), np.nan, logs)

    def record(self) -> dict[str, Any]:
        """The noise as files have it."""
        return {"weight": float(self.weight), "low": self.box.low.tolist(), "high": self.box.high.tolist()}
