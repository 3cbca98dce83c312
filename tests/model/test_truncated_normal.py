"""A normal variable in an interval, against numerical integrals, and by laws that hold for any ends."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import log_ndtr

from gmmfit.model.truncated_normal import Truncated, truncated

ends = st.floats(-40, 40)


def between(low: float, high: float) -> Truncated:
    return Truncated(*(part[0] for part in truncated(np.array([low]), np.array([high]))))


def integral(low: float, high: float, power: int) -> float:
    """Of x^power under exp(-x²/2 + peak²/2), with the peak where that is largest."""
    peak = min(max(low, 0.0), high)
    low, high = max(low, peak - 12), min(high, peak + 12)
    found: float = quad(lambda x: x**power * math.exp((peak - x) * (peak + x) / 2), low, high, epsabs=0, epsrel=1e-12)[
        0
    ]
    return found


@pytest.mark.parametrize(
    ("low", "high"),
    [(-1, 2), (0, 0.4), (0.1, 0.6), (-0.3, 0.2), (3, 3.01), (5, 9), (-9, -5), (20, 21), (1.5, np.inf), (-np.inf, -3)],
)
def test_probability_and_moments_are_integrals(low: float, high: float) -> None:
    found, peak = between(low, high), min(max(low, 0.0), high)
    total = integral(low, high, 0)
    log_probability = math.log(total) - peak**2 / 2 - math.log(2 * math.pi) / 2
    assert found.log_probability == pytest.approx(log_probability, rel=1e-11)
    assert found.mean == pytest.approx(integral(low, high, 1) / total, rel=1e-10, abs=1e-12)
    assert found.mean_square == pytest.approx(integral(low, high, 2) / total, rel=1e-10)


@given(st.floats(-1e4, 37))
def test_beyond_one_end_it_is_scipys_tail(low: float) -> None:
    assert between(low, np.inf).log_probability == pytest.approx(float(log_ndtr(-low)), rel=1e-12, abs=1e-300)
    assert between(-np.inf, -low).log_probability == between(low, np.inf).log_probability


@given(ends, ends, ends)
def test_neighbouring_intervals_add_up(a: float, b: float, c: float) -> None:
    low, middle, high = sorted([a, b, c])
    assume(min(middle - low, high - middle) > 1e-6)
    left, right, both = between(low, middle), between(middle, high), between(low, high)
    shares = np.exp([left.log_probability - both.log_probability, right.log_probability - both.log_probability])
    assert shares.sum() == pytest.approx(1, abs=1e-11)
    assert shares @ [left.mean, right.mean] == pytest.approx(both.mean, rel=1e-10, abs=1e-10)
    assert shares @ [left.mean_square, right.mean_square] == pytest.approx(both.mean_square, rel=1e-10)


@given(ends, st.floats(1e-9, 60))
def test_the_mean_lies_in_the_interval_and_no_variance_is_negative(low: float, width: float) -> None:
    found = between(low, low + width)
    slack = 1e-12 * (abs(low) + width)
    assert low - slack <= found.mean <= low + width + slack
    assert found.mean_square - found.mean**2 <= min(1, width**2 / 4) + 1e-9 * (1 + low**2)
    assert found.log_probability <= 0


def test_far_out_in_a_tail_only_the_nearer_end_counts() -> None:
    far = between(1e5, 1e5 + 1)
    assert far.mean == pytest.approx(1e5 + 1e-5, rel=1e-12)
    assert far.log_probability == pytest.approx(-5e9, rel=1e-8)
