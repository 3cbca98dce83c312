"""A mixture is checked, frozen and in the order it was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import Mixture, ModelError
from gmmfit.model.simulate import random_mixture


def test_arrays_are_copies_and_read_only() -> None:
    weights = np.array([0.4, 0.6])
    mixture = Mixture.from_sds(weights, [1, 2], [1, 1])
    weights[0] = 0.5
    assert mixture.weights[0] == 0.4
    with pytest.raises(ValueError, match="read-only"):
        mixture.means[0, 0] = 3


def test_prints_as_one_line_with_mean_sd_and_weight_of_each() -> None:
    assert str(Mixture.from_sds([0.3, 0.7], [0.2, 0.8], [0.1, 0.1])) == "0.3 N(0.2, 0.1) + 0.7 N(0.8, 0.1)"


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "message"),
    [
        ([0.5, 0.4], [1, 2], [1, 1], "weights sum to 0.9"),
        ([1.5, -0.5], [1, 2], [1, 1], "weight of component 2 is not positive"),
        ([0.5, 0.5], [1, np.nan], [1, 1], "means must be finite"),
        ([0.5, 0.5], [1, 2], [1, 0], "covariance of component 2 is not positive definite"),
        ([0.5, 0.5], [1, 2, 3], [1, 1], "2 weights need means"),
        ([0.5, 0.5], [1, 2], [1], "covariances must have shape"),
        ([1], [[1, 2]], [[[1, 2], [2, 1]]], "component 1 is not positive definite"),
        ([1], [[1, 2]], [[[1, 0.5], [0.1, 1]]], "component 1 is not symmetric"),
        ([0.5, 0.5], [[1, 2], [1, 2]], [[[1, 0], [0, 1]], [[2, 0.5], [0.1, 2]]], "component 2 is not symmetric"),
        ([], [], [], "at least one weight"),
    ],
)
def test_what_is_no_mixture_is_refused_by_name(
    weights: list[float], means: list[float], covariances: list[float], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        Mixture(np.array(weights), np.array(means), np.array(covariances))


def test_one_name_is_not_enough_for_two_columns() -> None:
    with pytest.raises(ModelError, match="2 means a component and 1 columns: height$"):
        Mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None], columns="height")  # type: ignore[arg-type]


def test_a_name_that_can_not_be_written_is_refused() -> None:
    with pytest.raises(ModelError, match=r"the column name '\\udcff' is not Unicode, a character is broken"):
        Mixture.from_sds([1], [0], [1], columns="\udcff")


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=4), st.integers(-900, 900))
def test_sds_come_back_bit_for_bit_at_any_scale(sds: list[float], exponent: int) -> None:
    k, sds = len(sds), [sd * 2.0**exponent for sd in sds]
    assert Mixture.from_sds(np.full(k, 1 / k), np.zeros(k), sds).sds.ravel().tolist() == sds


@pytest.mark.parametrize("exponent", [-900, -3, 0, 5, 900])
def test_moving_by_powers_of_two_and_back_changes_no_bit(exponent: int) -> None:
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[1.1, 2], [3, 4.7]]), np.array([[[2, 0.3], [0.3, 1]], np.eye(2)]))
    unit = np.full(2, 2.0**exponent)
    moved = mixture.moved(np.zeros(2), unit)
    back = moved.moved(np.zeros(2), 1 / unit)
    assert np.array_equal(moved.sds, mixture.sds * unit)
    for name in ("weights", "means", "covariances", "units", "factors"):
        assert np.array_equal(getattr(back, name), getattr(mixture, name))


@pytest.mark.parametrize(
    ("components", "columns", "most"),
    # 2²³ numbers at most, of which a component has 1 + 500 + 500² or 1 + 3000 + 3000².
    [(10**6, 1, "100000$"), (10**8, 1, "100000$"), (1000, 500, "33$"), (7, 3000, "2895 columns$")],
)
def test_more_components_than_can_be_dealt_with_are_refused_at_once(components: int, columns: int, most: str) -> None:
    said = f"{components} components in {columns} columns? are too many: there can be {most}"
    with pytest.raises(ModelError, match=said):
        random_mixture(components, tuple(map(str, range(columns))))


@pytest.mark.parametrize(("mean", "sd"), [(1e302, 1), (-1e302, 1), (0, 1.7e308), (0, 1e-310)])
def test_numbers_at_the_ends_of_double_precision_are_refused(mean: float, sd: float) -> None:
    with pytest.raises(ModelError, match=r"means and sds must be less than 1.1e\+301, and sds more than 2.2e-308"):
        Mixture.from_sds([1], [mean], [sd])
