"""Histograms: bins that suit the data, and no row lost."""

import numpy as np
import pytest

from gmmfit import DataError
from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.model.mixture import Mixture
from gmmfit.plots.column import Column, ColumnRows
from gmmfit.plots.histogram import Histogram
from tests.plots.pictures import RNG, UGLY


def rows_of(values: Array) -> Rows:
    return Rows(values[:, None], equal_weights(len(values)), ("x",))


def column(rows: Rows, bins: int | None = None, log: bool = False) -> ColumnRows:
    return ColumnRows(rows, "x", bins, log=log)


@pytest.mark.parametrize("values", UGLY.values(), ids=UGLY.keys())
def test_every_row_is_in_a_bin_or_counted_beyond(values: Array) -> None:
    bins = column(rows_of(values)).histogram()
    assert np.all(bins.edges[1:] > bins.edges[:-1])
    assert bins.weights.sum() + bins.n_below + bins.n_above == len(values)
    assert bins.weights.sum() >= 0.9 * len(values)
    assert len(bins.weights) <= 201


def test_rows_at_the_ends_of_double_precision_are_beyond_any_picture() -> None:
    bins = column(rows_of(np.array([-1.5e308, 1.5e308]))).histogram()
    assert (bins.n_below, bins.n_above) == (1, 1)
    assert np.all(np.isfinite(bins.densities))


def test_the_area_of_the_bars_is_the_share_of_rows_in_them() -> None:
    values = UGLY["heavy tails"]
    bins = column(rows_of(values)).histogram()
    inside = np.mean((values >= bins.edges[0]) & (values <= bins.edges[-1]))
    assert np.sum(bins.densities * np.diff(bins.edges)) == pytest.approx(inside)


def test_bins_hold_equally_many_of_the_values_that_rounding_leaves() -> None:
    edges = column(rows_of(np.round(RNG.normal(50, 10, 5000)))).edges
    assert np.diff(edges)[0] == pytest.approx(np.round(np.diff(edges)[0]))
    assert edges[0] % 1 == pytest.approx(0.5)


def test_counts_are_rows() -> None:
    counts = Rows(np.array([[1.0], [2.0], [3.0]]), np.array([5.0, 1.0, 3.0]), ("x",))
    repeated = rows_of(np.repeat([1.0, 2.0, 3.0], [5, 1, 3]))
    assert _same(column(counts).histogram(), column(repeated).histogram())


def test_the_scale_of_weights_that_are_no_counts_changes_no_bin() -> None:
    weights = RNG.uniform(0.1, 2, 500)
    values = RNG.normal(0, 1, (500, 1))
    edges = [column(Rows(values, weights * scale, ("x",))).edges for scale in (1, 0.001, 1e6)]
    np.testing.assert_allclose(edges[0], edges[1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(edges[0], edges[2], rtol=1e-12, atol=1e-12)


def _same(one: Histogram, other: Histogram) -> bool:
    return bool(one.edges.tolist() == other.edges.tolist() and one.weights.tolist() == other.weights.tolist())


@pytest.mark.parametrize("values", UGLY.values(), ids=UGLY.keys())
def test_bins_and_axis_are_a_matter_of_the_rows_alone(values: Array) -> None:
    alone = column(rows_of(values))
    for mixture in (Mixture.from_sds([0.9, 0.1], [0, 1e6], [1, 1]), Mixture.from_sds([1], [0], [1e-9])):
        under = Column("x", column(rows_of(values)), mixture)
        assert under.edges.tolist() == alone.edges.tolist()
        assert under.ends == alone.ends


def test_a_far_row_does_not_squeeze_the_others() -> None:
    assert column(rows_of(UGLY["a far outlier"])).ends[-1] < 20


def test_of_a_hundred_and_more_components_alone_the_heaviest_are_seen() -> None:
    many = Mixture.from_sds(np.full(150, 1 / 150), np.arange(150.0), np.ones(150))
    low, high = Column("x", None, many).ends
    assert low < 1
    assert high > 148


def test_bars_are_as_narrow_as_groups_far_apart_want_it() -> None:
    apart = np.concatenate([RNG.normal(0, 0.3, 200), RNG.normal(6, 0.3, 200)])
    assert np.diff(column(rows_of(apart)).edges)[0] < 0.5


def test_bars_of_one_normal_group_are_those_of_freedman_and_diaconis() -> None:
    values = RNG.normal(0, 1, 4000)
    first, third = np.quantile(values, [0.25, 0.75])
    wanted = 2 * (third - first) / 4000 ** (1 / 3)
    assert 0.75 * wanted < np.diff(column(rows_of(values)).edges)[0] <= wanted * 1.001


def test_of_values_that_are_never_negative_nothing_below_0_is_drawn() -> None:
    values = RNG.exponential(1, 500)
    assert column(rows_of(values)).ends[0] >= 0
    assert column(rows_of(-values)).ends[0] < -values.max()


def test_on_logarithms_bins_are_equally_wide_and_rows_below_0_beyond_the_picture() -> None:
    values = np.concatenate([np.exp(RNG.normal(1, 1, 400)), [0.0, -3.0]])
    logs = column(rows_of(values), log=True)
    bins = logs.histogram()
    np.testing.assert_allclose(np.diff(np.log10(bins.edges)), np.diff(np.log10(bins.edges))[0])
    assert bins.n_below == 2
    assert np.sum(bins.densities * np.diff(np.log10(bins.edges))) == pytest.approx(400 / 402)
    with pytest.raises(DataError, match="no value of x is above 0: leave `log` out"):
        _ = column(rows_of(np.array([-1.0, -2.0])), log=True).edges


def test_so_many_bins_as_are_asked_for() -> None:
    assert len(column(rows_of(UGLY["normal"]), bins=7).edges) == 8
