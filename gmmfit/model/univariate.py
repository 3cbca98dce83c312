"""A mixture in one column: cdf, quantiles, modes, and the cut-offs between components."""

import itertools
import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, ascending
from gmmfit.errors import ArgumentError, ModelError
from gmmfit.model.density import Components, posteriors_and_log_densities, whiten
from gmmfit.model.noise import Noise

_erfc = np.frompyfunc(math.erfc, 1, 1)

# Points at which the density around each component is looked at, and how many of its sds from the mean they reach.
POINTS, SDS_SCANNED = 401, 8.0
# A transform moves a maximum by no more sds than this.
FARTHEST = 100.0
# The share of all rows that has to lie beyond a cut-off.
NEGLIGIBLE_TAIL = 1e-12
# Halvings after which two doubles have none between them.
HALVINGS = 1100


class Cutoff(NamedTuple):
    """A value at which the likeliest component changes, and the components, from 1, below and above it.

    Or, for another probability than one half, where that of the one above, of the two, passes it.
    """

    value: float
    below: int
    above: int
    probability: float = 0.5


class WeightedNormal(NamedTuple):
    """A component of a mixture in one column; with weight 1, a normal density."""

    weight: float
    mean: float
    sd: float


def cdf(mixture: Components, values: npt.ArrayLike, noise: Noise | None = None) -> Array:
    """The probability of a value at most as large, for values (N,): Σ weights[k] Φ((x - mean) / sd); NaN where missing.

    Of noise it is the share of its range below, times its weight.

    Raises:
        ModelError: the mixture has several columns.
    """
    means, sds = _one_column(mixture)
    x = np.asarray(values, dtype=float).reshape(-1, 1)
    with np.errstate(over="ignore"):
        z = (x - means) / sds
    below: Array = np.asarray(_erfc(-z / math.sqrt(2)) / 2, dtype=float) @ mixture.weights
    return below if noise is None else below + noise.weight * noise.box.cdf(x[:, 0])


def cdf_and_rest(batch: Components, values: Array) -> tuple[Array, Array]:
    """The probabilities (S, n) of values at most as large, and of larger ones, under S mixtures of one column.

    Each from its own tail, so that neither loses digits where it is next to nothing. values are (S, n), or (1, n).
    """
    below, above = np.zeros((2, len(batch.weights), values.shape[1]))
    k = batch.weights.shape[1] - (batch.box is not None)
    for component in range(k):
        weight = batch.weights[:, component, None]
        z = (values - batch.means[:, component, :1]) / batch.factors[:, component, 0]
        tail = np.asarray(_erfc(np.abs(z) / math.sqrt(2)), dtype=float) / 2
        below += weight * np.where(z < 0, tail, 1 - tail)
        above += weight * np.where(z < 0, 1 - tail, tail)
    if batch.box is not None:
        share = batch.box.cdf(values)
        below += batch.weights[:, -1:] * share
        above += batch.weights[:, -1:] * (1 - share)
    return below, above


def quantile(mixture: Components, probabilities: npt.ArrayLike, noise: Noise | None = None) -> Array:
    """The values (N,) below which the probabilities lie, the inverse of `cdf`, to the last digits.

    Raises:
        ModelError: the mixture has several columns.
        ArgumentError: a probability is not between 0 and 1.
    """
    means, sds = _one_column(mixture)
    wanted = np.asarray(probabilities, dtype=float).reshape(-1)
    if not np.all((wanted >= 0) & (wanted <= 1)):
        wrong = wanted[~((wanted >= 0) & (wanted <= 1))][0]
        raise ArgumentError(f"a quantile belongs to a probability between 0 and 1, not to {wrong:g} (5 % is 0.05)")
    values = np.where(wanted == 0, -np.inf, np.inf)
    inside = (wanted > 0) & (wanted < 1)
    p = wanted[inside]
    # The mixture's quantile lies between the lowest and the highest of its components'.
    z = np.array([NormalDist().inv_cdf(probability) for probability in p]).reshape(-1, 1)
    each = means + sds * z
    if noise is not None:
        each = np.column_stack([each, np.full(len(p), noise.box.low[0]), np.full(len(p), noise.box.high[0])])
    values[inside] = _bisected(each.min(axis=1), each.max(axis=1), lambda middle: cdf(mixture, middle, noise) < p)
    return values


def modes(mixture: Components, bend: Callable[[Array], Array] | None = None) -> Array:
    """The values at which the density has a local maximum, ascending: at least one, at most one a component.

    Where these are values z of a transformed column, bend is the derivative of log T′ by z, and the density is that of
    the column itself.

    Raises:
        ModelError: the mixture has several columns.
    """
    means, sds = _one_column(mixture)
    offsets = np.linspace(-SDS_SCANNED, SDS_SCANNED, POINTS)
    # The density rises up to the lowest mean, and falls from the highest on.
    low, high = means.min() - sds.min(), means.max() + sds.min()
    if bend is not None:  # which moves a maximum by so many sds
        steepest = np.minimum(np.abs(bend(means)) * sds, FARTHEST) * sds
        low, high = (means - SDS_SCANNED * sds - steepest).min(), (means + SDS_SCANNED * sds + steepest).max()
        offsets = np.linspace(-1, 1, POINTS) * (SDS_SCANNED + float((steepest / sds).max()))
    grid = ascending(np.clip(means + sds * offsets[:, None], low, high))

    def rises(values: Array) -> npt.NDArray[np.bool_]:
        along = 0.0 if bend is None else bend(values) * sds.min()
        return np.asarray(_slope_sign(mixture, values) + along > 0)

    rising = rises(grid)
    turns = np.flatnonzero(rising[:-1] & ~rising[1:])
    return _bisected(grid[turns], grid[turns + 1], rises)


def cutoffs(mixture: Components, probability: float = 0.5) -> list[Cutoff]:
    """Where the likeliest component changes, ascending; a component that is likeliest nowhere has no cut-off.

    Where less than 1e-12 of all rows lie beyond a cut-off, it is left out. For another probability, each is moved to
    where that of the component above, of the two, passes it; where there is no such value, it is left out too.

    Raises:
        ModelError: the mixture has several columns.
        ArgumentError: the probability is not between 0 and 1.
    """
    if not 0 < probability < 1:
        raise ArgumentError(f"a cut-off belongs to a probability between 0 and 1, not to {probability:g} (5 % is 0.05)")
    found = _likeliest_changes(mixture)
    if probability == 0.5:
        return found
    moved = [_moved(mixture, cutoff, probability) for cutoff in found]
    return sorted(cutoff for cutoff in moved if cutoff is not None and _has_rows_beyond(mixture, cutoff.value))


def _has_rows_beyond(mixture: Components, value: float) -> bool:
    """Whether rows lie on both sides of a value."""
    return bool(NEGLIGIBLE_TAIL < cdf(mixture, [value])[0] < 1 - NEGLIGIBLE_TAIL)


def crossings(mixture: Components, cutoff: Cutoff) -> list[float]:
    """The values, two at most, where the component above a cut-off has the probability of the cut-off, of the two."""
    means, sds = _one_column(mixture)
    below, above = (
        WeightedNormal(float(mixture.weights[k - 1]) * share, float(means[k - 1]), float(sds[k - 1]))
        for k, share in ((cutoff.below, cutoff.probability), (cutoff.above, 1 - cutoff.probability))
    )
    return equal_density_points(below, above)


def _moved(mixture: Components, cutoff: Cutoff, probability: float) -> Cutoff | None:
    """A cut-off where another probability is passed, on the same side of where the two components are most unlike."""
    here = crossings(mixture, cutoff)
    there = crossings(mixture, cutoff._replace(probability=probability))
    side = min(range(len(here)), key=lambda i: abs(here[i] - cutoff.value))
    return cutoff._replace(value=there[side], probability=probability) if side < len(there) else None


def _likeliest_changes(mixture: Components) -> list[Cutoff]:
    """The cut-offs for one half."""
    means, sds = _one_column(mixture)
    numbers = zip(mixture.weights.tolist(), means.tolist(), sds.tolist(), strict=True)
    pairs = itertools.combinations([WeightedNormal(*normal) for normal in numbers], 2)
    values = sorted({x for pair in pairs for x in equal_density_points(*pair)})
    if not values:
        return []
    ends = [values[0] - sds.max(), *values, values[-1] + sds.max()]
    between = np.array(ends[:-1]) / 2 + np.array(ends[1:]) / 2
    likeliest = np.argmax(posteriors_and_log_densities(mixture, whiten(mixture, between[:, None]))[0], axis=0) + 1
    return [
        Cutoff(value, int(below), int(above))
        for value, below, above in zip(values, likeliest[:-1], likeliest[1:], strict=True)
        if below != above and _has_rows_beyond(mixture, value)
    ]


def equal_density_points(first: WeightedNormal, second: WeightedNormal) -> list[float]:
    """Where two weighted normal densities are equal: nowhere, at one value, or at two.

    log w₁N₁ = log w₂N₂ is a quadratic equation. With s the sd of the narrower one in those of the wider, t, and d the
    distance of the means, both in units of the larger one of them so that no square is too large, the offset u from the
    narrower one's mean solves (1 - s²) u² - 2 s² d u - s² (d² + 2 c t²) = 0.
    """
    wide, narrow = (first, second) if first.sd >= second.sd else (second, first)
    s, distance = narrow.sd / wide.sd, narrow.mean - wide.mean
    unit = max(wide.sd, abs(distance))
    d, t = distance / unit, wide.sd / unit
    c = math.log(wide.sd) - math.log(narrow.sd) + math.log(narrow.weight / wide.weight)
    a = (1 - s) * (1 + s)
    inner = d**2 + 2 * a * c * t**2
    if inner <= 0:
        return []
    q = s * d + math.copysign(math.sqrt(inner), d)
    offsets = [-s * (d**2 + 2 * c * t**2) / q, *([s * q / a] if a > 1e-12 else [])]
    return [x for u in offsets if math.isfinite(x := narrow.mean + unit * u)]


def _bisected(low: Array, high: Array, is_below: Callable[[Array], npt.NDArray[np.bool_]]) -> Array:
    """The smallest doubles between low and high (n,) that are not below what is sought."""
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        if np.all((middle <= low) | (middle >= high)):
            break
        below = is_below(middle)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def _slope_sign(mixture: Components, values: Array) -> Array:
    """The derivative of the log density at values (n,), times the smallest sd: Σ p[k] (mean - x) / sd²."""
    means, sds = _one_column(mixture)
    posteriors, _ = posteriors_and_log_densities(mixture, whiten(mixture, values[:, None]))
    smallest = sds.min()
    slopes: Array = np.sum(posteriors.T * ((means - values[:, None]) / sds) * (smallest / sds), axis=1)
    return slopes


def _one_column(mixture: Components) -> tuple[Array, Array]:
    """Means and sds (K,) of a mixture in one column."""
    if (n_columns := len(mixture.columns)) != 1:
        raise ModelError(
            f"a mixture of {n_columns} columns has no cdf, quantiles, modes or cut-offs: fit a single column"
        )
    return mixture.means[:, 0], mixture.factors[:, 0, 0]
