"""A standard normal variable of which it is known that it lies in an interval: how likely that is, and its moments."""

import math
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array

LOG_ROOT_TWO_PI = math.log(2 * math.pi) / 2
# log of the probability beyond x ≥ 0, plus x²/2, is log t plus a smooth function of t = 2 / (2 + x/√2), of which these
# are the coefficients in Chebyshev's polynomials of 2t - 1, computed with 40 digits.
TAIL = (
    *(-1.344474040450800027, 0.6419697923564902603, 0.01947647320418583631, -0.009561514786808631642),
    *(-0.0009465953444820368663, 0.0003668394978527614519, 4.252332480690777164e-5, -2.027857811253424315e-5),
    *(-1.624290004647025514e-6, 1.303655835580523202e-6, 1.562644172206614318e-8, -8.523809591492654253e-8),
    *(6.529054439098851496e-9, 5.059343495551468942e-9, -9.913641564930330867e-10, -2.273651222931835856e-10),
    *(9.646791102015526802e-11, 2.394038083039114745e-12, -6.886027526497553398e-12, 8.944879273090725717e-13),
    *(3.130921399342958078e-13, -1.127082236136725237e-13, 3.810905255189232055e-16, 7.106097613609236988e-15),
    *(-1.523028201457104304e-15, -9.457494571291233998e-17, 1.210237189224278999e-16, -2.816663088747176970e-17),
)
# An interval is narrow if the density changes in it by less than a factor of √e, or so: Gauss's rule with six points
# has all digits there, where the difference of two probabilities has lost some.
NARROW = 0.5
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(6)


class Truncated(NamedTuple):
    """A standard normal variable between two ends: the log of the probability, its mean and its mean square."""

    log_probability: Array
    mean: Array
    mean_square: Array


def truncated(low: Array, high: Array, width: Array | None = None) -> Truncated:
    """A standard normal variable between low and high (…), which may be infinite, low < high.

    width (…) is their distance, where it is known to more digits than their difference has.

    >>> between = truncated(np.array([-np.inf, 0.0]), np.array([np.inf, np.inf]))
    >>> np.exp(between.log_probability), between.mean.round(6), between.mean_square
    (array([1. , 0.5]), array([0.      , 0.797885]), array([1., 1.]))
    """
    # In the nearer tail nothing cancels.
    mirrored = (high < np.inf) & ((low == -np.inf) | (low + np.where(high < np.inf, high, 0) < 0))
    a, b = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    with np.errstate(all="ignore"):  # of ends beyond all reach
        apart = b - a if width is None else np.broadcast_to(width, a.shape)
        narrow = apart * np.maximum(1, np.abs(a)) < NARROW
    found = np.empty((3, *np.shape(a)))
    if np.any(narrow):
        found[:, narrow] = _by_points((a[narrow] + b[narrow]) / 2, apart[narrow] / 2)
    for which, method in ((~narrow & (a >= 0), _in_tail), (~narrow & (a < 0), _in_middle)):
        if np.any(which):
            found[:, which] = method(a[which], b[which])
    found[1] *= np.where(mirrored, -1, 1)
    return Truncated(*found)


def _in_tail(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Between a ≥ 0 and b, with exp(-a²/2) taken out of everything."""
    finite = np.where(b < np.inf, b, a)
    with np.errstate(under="ignore", over="ignore"):
        ratio = np.where(b < np.inf, np.exp((a - finite) * (a + finite) / 2), 0.0)
        # Far out in a tail a short interval is but its nearer end.
        logs = _log_scaled_tail(a) + np.log1p(-ratio * np.exp(_log_scaled_tail(finite) - _log_scaled_tail(a)))
        density = np.exp(-LOG_ROOT_TWO_PI - logs)
        mean = density * (1 - ratio)
        return logs - a * a / 2, mean, 1 + density * (a - finite * ratio)


def _in_middle(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Between a < 0 and b ≥ -a."""
    from_low, from_high = (np.where(np.isfinite(end), end, 0.0) for end in (a, b))
    with np.errstate(under="ignore"):
        left, right = np.exp(-(a**2) / 2), np.exp(-(b**2) / 2)
        beyond = _tail(-a, left) + _tail(b, right)
        scale = math.exp(-LOG_ROOT_TWO_PI) / (1 - beyond)
        return np.log1p(-beyond), scale * (left - right), 1 + scale * (from_low * left - from_high * right)


def _by_points(middle: Array, half: Array) -> tuple[Array, Array, Array]:
    """In a narrow interval, from its middle (n,) and half its width."""
    offsets = half * NODES[:, None]
    shares = np.exp(-offsets * (middle + offsets / 2)) * NODE_WEIGHTS[:, None]
    total, values = shares.sum(axis=0), middle + offsets
    logs = np.log(total * half) - middle * middle / 2 - LOG_ROOT_TWO_PI
    return logs, (shares * values).sum(axis=0) / total, (shares * values**2).sum(axis=0) / total


def _tail(x: Array, bell: Array) -> Array:
    """The probability beyond x ≥ 0, where bell = exp(-x²/2)."""
    return np.where(x < np.inf, np.exp(_log_scaled_tail(np.where(x < np.inf, x, 0.0))), 0.0) * bell


def _log_scaled_tail(x: Array) -> Array:
    """The log of the probability beyond x ≥ 0, plus x²/2, by Clenshaw's sum."""
    t = 2 / (2 + x * math.sqrt(0.5))
    twice = 4 * t - 2
    before, last, after = np.zeros_like(t), np.full_like(t, TAIL[-1]), np.empty_like(t)
    for coefficient in TAIL[-2:0:-1]:
        np.multiply(twice, last, out=after)
        after -= before
        after += coefficient
        before, last, after = last, after, before
    smooth: Array = twice / 2 * last - before + TAIL[0]
    smooth += np.log(t)
    return smooth
