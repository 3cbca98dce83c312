"""Transforms of columns: what is normal may be the logarithm of a column, or another rising function of it.

With z = T(x) a mixture of z has in x the density f(T(x)) T′(x): log-likelihoods, criteria, cut-offs and quantiles are
those of x, means and sds those of z.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError

Function = Callable[[Array], Array]

NONE = "none"
NAMES = (NONE, "log", "log10", "log2", "log1p", "sqrt", "logit", "asinh")
# A root so small has the density's slope where it is infinite.
SMALLEST_ROOT = 1e-100
LOG_2, LOG_10 = math.log(2), math.log(10)


@dataclass(frozen=True, eq=False)
class Transform:
    """A rising function of the values of a column.

    apply, invert  z = T(x) and back
    log_slope      log T′(x), at x
    bend           the derivative of log T′ by z, at z
    low, high      between which a value has to lie
    hole           a value that has no slope
    """

    name: str
    apply: Function
    invert: Function
    log_slope: Function
    bend: Function
    low: float = -math.inf
    high: float = math.inf
    hole: float = math.nan

    @classmethod
    def named(cls, name: str) -> "Transform":
        """The transform of a name, such as log, or asinh:5, which is asinh(x / 5).

        >>> float(Transform.named("log10").apply(np.array(1000.0)))
        3.0

        Raises:
            ArgumentError: there is none of the name.
        """
        kind, _, parameter = name.partition(":")
        if kind == "asinh":
            return _asinh(name, _positive(parameter) if parameter else 1.0)
        if parameter or kind not in _TRANSFORMS:
            raise ArgumentError(f"no transform {name!r}. There are {', '.join(NAMES)}, and asinh:5 for asinh(x / 5)")
        return _TRANSFORMS[kind]

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """What makes it anew in another process: its name."""
        return _named, (self.name,)

    def holds(self, values: Array) -> Array:
        """Which values have a transform, and a slope there."""
        return np.asarray((values > self.low) & (values < self.high) & (values != self.hole))

    def shown(self, column: str) -> str:
        """What is normal, in a word.

        >>> Transform.named("asinh:5").shown("signal"), Transform.named("none").shown("signal")
        ('asinh(signal / 5)', 'signal')
        """
        kind, _, parameter = self.name.partition(":")
        if kind == NONE:
            return column
        return f"{kind}({column} / {parameter})" if parameter else f"{kind}({column})"


def _named(name: str) -> Transform:
    """Transform.named as a function of the module: of a method workers would be sent the code, without what it uses."""
    return Transform.named(name)


def _same(values: Array) -> Array:
    return values


def _zero(values: Array) -> Array:
    return np.zeros_like(values)


def _logarithm(name: str, apply: Function, invert: Function, factor: float, offset: float = 0.0) -> Transform:
    """log(x + offset) / factor."""

    def log_slope(x: Array) -> Array:
        return np.asarray(-np.log(x + offset) - math.log(factor))

    return Transform(name, apply, invert, log_slope, lambda z: np.full_like(z, -factor), low=-offset)


def _sigmoid(z: Array) -> Array:
    return np.asarray((1 + np.tanh(z / 2)) / 2)


def _asinh(name: str, unit: float) -> Transform:
    return Transform(
        name,
        lambda x: np.arcsinh(x / unit),
        lambda z: unit * np.sinh(z),
        lambda x: -np.log(np.hypot(x, unit)),
        lambda z: -np.tanh(z),
    )


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ArgumentError(f"`transform` asinh:{text} has no positive number after the colon, such as asinh:5")
    return number


_TRANSFORMS = {
    NONE: Transform(NONE, _same, _same, _zero, _zero),
    "log": _logarithm("log", np.log, np.exp, 1.0),
    "log10": _logarithm("log10", np.log10, lambda z: np.power(10.0, z), LOG_10),
    "log2": _logarithm("log2", np.log2, np.exp2, LOG_2),
    "log1p": _logarithm("log1p", np.log1p, np.expm1, 1.0, offset=1.0),
    # Of negative values the root is negative too: else a density would miss what a component has below 0.
    "sqrt": Transform(
        "sqrt",
        lambda x: np.sign(x) * np.sqrt(np.abs(x)),
        lambda z: z * np.abs(z),
        lambda x: -np.log(2 * np.sqrt(np.abs(x))),
        lambda z: -1 / np.where(np.abs(z) > SMALLEST_ROOT, z, SMALLEST_ROOT),
        hole=0.0,
    ),
    "logit": Transform(
        "logit",
        lambda x: np.log(x) - np.log1p(-x),
        _sigmoid,
        lambda x: -np.log(x) - np.log1p(-x),
        lambda z: np.tanh(z / 2),
        low=0.0,
        high=1.0,
    ),
}


@dataclass(frozen=True, eq=False)
class Transforms:
    """A transform for each of D columns."""

    each: tuple[Transform, ...]

    @classmethod
    def named(cls, names: Sequence[str], n_columns: int) -> "Transforms":
        """The transforms of names: one for each of so many columns, or one for all; none of no name.

        Raises:
            ArgumentError: a name is unknown, or there are more or fewer than columns.
        """
        names = tuple(names) or (NONE,)
        if len(names) == 1:
            names = names * n_columns
        if len(names) != n_columns:
            raise ArgumentError(f"`transform` has {len(names)} names for {n_columns} columns: give one for each")
        return cls(tuple(map(Transform.named, names)))

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, or nothing if none of the columns is transformed."""
        names = tuple(one.name for one in self.each)
        return names if any(name != NONE for name in names) else ()

    def apply(self, values: Array) -> Array:
        """T of values (…, D); NaN, or infinite, where there is none."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return self._by_column(values, [one.apply for one in self.each])

    def invert(self, values: Array) -> Array:
        """The values (…, D) whose T these are."""
        with np.errstate(over="ignore"):
            return self._by_column(values, [one.invert for one in self.each])

    def log_slope(self, values: Array) -> Array:
        """log T′ at values (…, D)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._by_column(values, [one.log_slope for one in self.each])

    def holds(self, values: Array) -> Array:
        """Which of values (…, D) have a transform."""
        return np.stack([one.holds(values[..., d]) for d, one in enumerate(self.each)], axis=-1)

    def _by_column(self, values: Array, functions: Sequence[Function]) -> Array:
        if not self.names:
            return values
        return np.stack([function(values[..., d]) for d, function in enumerate(functions)], axis=-1)
