"""Histograms: bins that suit the data, and no row lost."""

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.model.mixture import Mixture
from gmmfit.plots.histogram import edges_of, histogram

RNG = np.random.default_rng(0)
UGLY = {
    "normal": RNG.normal(170, 6, 1000),
    "heavy tails": RNG.standard_t(1, 3000),
    "a far outlier": np.append(RNG.normal(0, 1, 300), 1e6),
    "ten rows": RNG.normal(0, 1, 10),
    "heaped": np.repeat([1.0, 2.0, 5.0], [100, 900, 3]),
    "constant": np.full(7, 3.0),
    "zero": np.zeros(3),
    "one row": np.array([5.0]),
    "tiny": RNG.normal(0, 1e-200, 50),
    "huge": RNG.normal(0, 1e200, 50),
}


def rows_of(values: Array) -> Rows:
    return Rows(values[:, None], equal_weights(len(values)), ("x",))


@pytest.mark.parametrize("values", UGLY.values(), ids=UGLY.keys())
def test_every_row_is_in_a_bin_or_counted_beyond(values: Array) -> None:
    edges = edges_of(rows_of(values))
    bins = histogram(rows_of(values), edges, len(values))
    assert np.all(np.diff(edges) > 0)
    assert bins.weights.sum() + bins.n_below + bins.n_above == len(values)
    assert bins.weights.sum() >= 0.9 * len(values)
    assert len(bins.weights) <= 201


def test_the_area_of_the_bars_is_the_share_of_rows_in_them() -> None:
    values = UGLY["heavy tails"]
    bins = histogram(rows_of(values), edges_of(rows_of(values)), len(values))
    inside = np.mean((values >= bins.edges[0]) & (values <= bins.edges[-1]))
    assert np.sum(bins.densities * np.diff(bins.edges)) == pytest.approx(inside)


def test_bins_hold_equally_many_of_the_values_that_rounding_leaves() -> None:
    whole = rows_of(np.round(RNG.normal(50, 10, 5000)))
    width = np.diff(edges_of(whole))
    assert width[0] == pytest.approx(np.round(width[0]))
    assert edges_of(whole)[0] % 1 == pytest.approx(0.5)


def test_row_weights_are_rows() -> None:
    counts = Rows(np.array([[1.0], [2.0], [3.0]]), np.array([5.0, 1.0, 3.0]), ("x",))
    repeated = rows_of(np.repeat([1.0, 2.0, 3.0], [5, 1, 3]))
    np.testing.assert_array_equal(edges_of(counts), edges_of(repeated))
    edges = edges_of(counts)
    np.testing.assert_array_equal(histogram(counts, edges, 9).weights, histogram(repeated, edges, 9).weights)


def test_a_component_on_hardly_any_rows_does_not_squeeze_the_others() -> None:
    values = UGLY["a far outlier"]
    far = Mixture.from_sds([0.997, 0.003], [0, 1e6], [1, 1])
    assert edges_of(rows_of(values), far)[-1] < 20
    seen = Mixture.from_sds([0.9, 0.1], [0, 1000], [1, 1])
    assert edges_of(rows_of(values), seen)[-1] > 1000


def test_so_many_bins_as_are_asked_for() -> None:
    assert len(edges_of(rows_of(UGLY["normal"]), bins=7)) == 8
