"""Laws that hold for any data: what must not matter does not, and what must come out does."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gmmfit import Fit, Mixture, fit
from gmmfit.arrays import Array
from gmmfit.fitting.settings import COVARIANCES

# Ten EM steps from given inits, so that no search decides between two peaks that rounding makes equal.
STEPS: dict[str, Any] = {"tol": 0, "max_iter": 10, "se": "none"}
numbers = st.floats(-1000, 1000).map(lambda value: round(value, 3))


@st.composite
def tables(draw: st.DrawFn) -> Array:
    """From 10 to 60 rows of one column, of which five at least are different."""
    values = draw(st.lists(numbers, min_size=10, max_size=60))
    assume(len(set(values)) >= 5)
    return np.array(values)


def fitted(values: Array, **arguments: Any) -> Fit:
    """Two components from the quartiles."""
    shift, scale = arguments.pop("shift", 0.0), arguments.pop("scale", 1.0)
    original = (values - shift) / scale
    low, high = np.quantile(original, [0.25, 0.75])
    assume(high - low > 0.01)
    inits = {"init_means": shift + scale * np.array([low, high]), "init_sds": abs(scale) * np.full(2, original.std())}
    return fit(values, 2, **inits, init_weights=[0.5, 0.5], **STEPS, **arguments)


def assert_same(one: Fit, other: Fit, rtol: float = 1e-6) -> None:
    spread = float(one.mixture.sds.max())
    np.testing.assert_allclose(other.mixture.weights, one.mixture.weights, rtol=rtol, atol=1e-9)
    np.testing.assert_allclose(other.mixture.means, one.mixture.means, rtol=rtol, atol=rtol * spread)
    np.testing.assert_allclose(other.mixture.sds, one.mixture.sds, rtol=rtol, atol=rtol * spread)


@given(tables(), st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(values: Array, seed: int) -> None:
    one = fitted(values)
    other = fitted(np.random.default_rng(seed).permutation(values))
    assert_same(one, other)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@given(tables(), st.sampled_from([1e-6, 0.3, 7.0, 1e6]), st.sampled_from([-1e4, 0.0, 1e5]))
def test_scale_and_shift_move_the_mixture_and_nothing_else(values: Array, scale: float, shift: float) -> None:
    one = fitted(values)
    assume(np.ptp(values) * scale > 1e-6 * abs(shift))  # else the shift itself costs the digits
    other = fitted(shift + scale * values, shift=shift, scale=scale)
    np.testing.assert_allclose(other.mixture.weights, one.mixture.weights, atol=1e-5)
    np.testing.assert_allclose((other.mixture.means - shift) / scale, one.mixture.means, atol=1e-4 * values.std())
    np.testing.assert_allclose(other.mixture.sds / scale, one.mixture.sds, atol=1e-4 * values.std())
    expected = one.log_likelihood - len(values) * math.log(scale)
    assert other.log_likelihood == pytest.approx(expected, abs=1e-3)


@given(tables())
def test_turning_the_line_round_turns_the_mixture_round(values: Array) -> None:
    one, other = fitted(values), fitted(-values, scale=-1.0)
    np.testing.assert_allclose(other.mixture.means, -one.mixture.means, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(other.mixture.sds, one.mixture.sds, rtol=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@given(tables(), st.integers(0, 99))
def test_a_row_of_weight_two_is_the_row_twice_and_one_of_weight_zero_none(values: Array, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(0, 4, len(values))
    repeated = np.repeat(values, weights)
    assume(len({*repeated.tolist()}) >= 5)
    low, high = np.quantile(repeated, [0.25, 0.75])
    assume(high - low > 0.01)
    inits: dict[str, Any] = {"init_means": [low, high], "init_sds": [values.std()] * 2, "init_weights": [0.5, 0.5]}
    one = fit(repeated, 2, **inits, **STEPS)
    other = fit(values, 2, **inits, **STEPS, row_weights=weights)
    assert_same(one, other)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)
    assert other.n == one.n


@given(tables())
def test_one_component_is_the_closed_form_to_the_last_digits(values: Array) -> None:
    exact = [Fraction(value) for value in values.tolist()]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    one = fit(values, 1)
    assert one.mixture.means[0, 0] == pytest.approx(float(mean), rel=1e-14, abs=1e-14 * math.sqrt(variance))
    assert one.mixture.sds[0, 0] == pytest.approx(math.sqrt(variance), rel=1e-14)
    expected = -len(values) / 2 * (math.log(2 * math.pi * variance) + 1)
    assert one.log_likelihood == pytest.approx(expected, rel=1e-12, abs=1e-9)


@given(tables())
def test_after_any_step_the_mixture_has_the_mean_and_the_variance_of_the_rows(values: Array) -> None:
    for step in fitted(values).history[1:]:
        weights, means, sds = step.mixture.weights, step.mixture.means[:, 0], step.mixture.sds[:, 0]
        assume(sds.min() > 0.02 * values.std())  # on the floor a variance is not the rows' own
        assert weights @ means == pytest.approx(values.mean(), abs=1e-9 * (1 + np.abs(values).max()))
        second = weights @ (sds**2 + (means - values.mean()) ** 2)
        assert second == pytest.approx(values.var(), rel=1e-8)


@given(st.sampled_from(COVARIANCES), st.integers(0, 50), st.permutations([0, 1, 2]))
def test_the_order_of_columns_does_not_matter(covariance: str, seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(0, [1, 2, 3], (40, 3)), rng.normal(4, [2, 1, 1], (40, 3))])
    inits = Mixture.from_sds([0.5, 0.5], [[0, 0, 0], [4, 4, 4]], np.ones((2, 3)))
    one = fit(values, covariance=covariance, init=inits, **STEPS)
    other = fit(values[:, order], covariance=covariance, init=inits, **STEPS)
    np.testing.assert_allclose(other.mixture.means, one.mixture.means[:, order], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(other.mixture.covariances, one.mixture.covariances[:, order][:, :, order], atol=1e-6)
