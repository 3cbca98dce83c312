"""Transforms of columns: a density is that of the column, by the slope of the transform."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from gmmfit import ArgumentError, Mixture, ModelError, fit, simulate
from gmmfit.fitting.settings import TRANSFORMS
from gmmfit.model.transform import NAMES, Transform, Transforms

Z = np.array([-1.2, -0.1, 0.4, 2.0])
EACH = ["log", "log10", "log2", "log1p", "sqrt", "logit", "asinh", "asinh:5"]


def under(name: str) -> Mixture:
    return replace(Mixture.from_sds([0.4, 0.6], [1.5, 3.5], [0.4, 0.3], "x"), transform=(name,))


def test_the_names_are_those_of_the_command_line() -> None:
    assert NAMES == TRANSFORMS


@pytest.mark.parametrize("name", EACH)
def test_there_and_back(name: str) -> None:
    one, z = Transform.named(name), np.abs(Z) if name == "sqrt" else Z
    x = one.invert(z)
    np.testing.assert_allclose(one.apply(x), z, rtol=1e-12)
    assert np.all(one.holds(x))
    h = 1e-6 * np.abs(x)
    slope = (one.apply(x + h) - one.apply(x - h)) / (2 * h)
    np.testing.assert_allclose(one.log_slope(x), np.log(slope), atol=1e-8)
    k = 1e-5
    bend = (one.log_slope(one.invert(z + k)) - one.log_slope(one.invert(z - k))) / (2 * k)
    np.testing.assert_allclose(one.bend(z), bend, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", EACH)
def test_the_density_is_the_slope_of_the_cdf_and_the_quantile_its_inverse(name: str) -> None:
    mixture = under(name)
    x = mixture.quantile([0.01, 0.3, 0.5, 0.99])
    h = 1e-6 * x
    np.testing.assert_allclose(mixture.density(x), (mixture.cdf(x + h) - mixture.cdf(x - h)) / (2 * h), rtol=1e-7)
    np.testing.assert_allclose(mixture.cdf(x), [0.01, 0.3, 0.5, 0.99], rtol=1e-9)


@pytest.mark.parametrize("name", EACH)
def test_modes_are_where_the_density_of_the_column_is_highest(name: str) -> None:
    mixture = under(name)
    low, high = mixture.quantile([1e-6, 1 - 1e-6])
    x = np.linspace(low, high, 400_001)
    density = mixture.density(x)
    tops = x[1:-1][(density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])]
    tops = tops[tops > 1e-3]  # at 0 a slope of a square root is infinite, whatever the mixture
    np.testing.assert_allclose(mixture.modes(), tops, atol=2 * (x[1] - x[0]))


def test_one_log_normal_component_is_scipys() -> None:
    mixture = replace(Mixture.from_sds([1], [0.3], [0.5], "x"), transform=("log",))
    x = np.array([0.2, 1.0, 7.0])
    np.testing.assert_allclose(mixture.log_density(x), stats.lognorm(0.5, scale=np.exp(0.3)).logpdf(x), rtol=1e-12)
    assert mixture.medians.tolist() == [[np.exp(0.3)]]
    assert mixture.log_density([0.0, -1.0, np.nan]).tolist()[:2] == [-np.inf, -np.inf]
    assert mixture.cdf([-1.0, 0.0]).tolist() == [0, 0]


def test_at_a_cutoff_both_components_are_as_likely() -> None:
    for name in EACH:
        [*_, cutoff] = under(name).cutoffs()
        assert under(name).posterior([cutoff.value])[0] == pytest.approx([0.5, 0.5], abs=1e-9)


def test_each_column_has_its_own() -> None:
    mixture = Mixture(
        np.ones(1), np.zeros((1, 2)), np.eye(2)[None], ("a", "b"), transform=Transforms.named(("log", "none"), 2).names
    )
    assert mixture.log_density([[2.0, 0.5]])[0] == pytest.approx(stats.lognorm(1).logpdf(2) + stats.norm.logpdf(0.5))
    assert mixture.marginal((1,)).transform == ()
    assert mixture.with_columns(("b", "a")).transform == ("none", "log")


def test_rows_are_drawn_in_the_units_of_the_column() -> None:
    drawn = simulate(means=[0, 2], sds=[0.1, 0.1], transform="log", rows=2000, seed=1)
    logs = np.log(drawn.values[:, 0])
    assert drawn.mixture.transform == ("log",)
    assert logs[drawn.component == 2].mean() == pytest.approx(2, abs=0.02)


def test_a_model_remembers_them_bit_for_bit() -> None:
    mixture = under("asinh:5")
    back = Mixture.from_json(mixture.to_json())
    assert back.transform == ("asinh:5",)
    assert np.array_equal(back.means, mixture.means)
    assert str(mixture) == "0.4 N(1.5, 0.4) + 0.6 N(3.5, 0.3) of asinh(x / 5)"


def test_what_makes_no_transform_is_refused() -> None:
    for wrong in ("lug", "log:2", "asinh:-1", "asinh:x"):
        with pytest.raises(ArgumentError, match="transform"):
            Transform.named(wrong)
    with pytest.raises(ModelError, match="2 names for 1 columns"):
        Mixture(np.ones(1), np.zeros(1), np.ones(1), ("x",), transform=("log", "log"))
    with pytest.raises(ModelError, match="too large"):
        Mixture(np.ones(1), np.full(1, 800.0), np.ones(1), ("x",), transform=("log",))
    with pytest.raises(ModelError, match='"transform" must be a list'):
        Mixture.from_json('{"transform": "log", "components": [{"weight": 1, "mean": 0, "sd": 1}]}')


@pytest.mark.parametrize("name", EACH)
def test_a_density_integrates_to_1_and_what_is_drawn_can_be_fitted(name: str) -> None:
    mixture = replace(Mixture.from_sds([0.4, 0.6], [0.5, 1.5], [0.8, 0.3], "x"), transform=(name,))
    p = np.linspace(0, 1, 20_002)[1:-1]
    x = mixture.quantile(p)
    middles, widths = (x[1:] + x[:-1]) / 2, np.diff(x)
    inside = middles[np.abs(middles) > 0.05]  # at 0 that of a square root is infinite
    np.testing.assert_allclose(
        (mixture.density(inside) * widths[np.abs(middles) > 0.05]).sum(),
        1 - np.diff(mixture.cdf([-0.05, 0.05]))[0] - 2 * p[0],
        atol=2e-3,
    )
    assert fit(mixture.simulate(200, seed=1), 1, transform=name).converged


def test_beyond_what_a_transform_takes_the_cdf_is_0_or_1() -> None:
    under_logit, under_log = (
        replace(Mixture.from_sds([1], [0], [1], "x"), transform=(name,)) for name in ("logit", "log")
    )
    assert under_logit.cdf([-1, 0, 0.5, 1, 2]).tolist() == [0, 0, 0.5, 1, 1]
    assert under_log.cdf([-1, 0, 1]).tolist() == [0, 0, 0.5]
