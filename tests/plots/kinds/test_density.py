"""The density: what is drawn are score's numbers."""

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.path import Path

import gmmfit
from gmmfit.model.mixture import Mixture
from gmmfit.plots.kinds.density import REGIONS, levels_of
from tests.plots.pictures import FITTED, HEIGHTS, TWO_COLUMNS, line, texts
from tests.samples import FAITHFUL


def test_the_curves_are_the_numbers_of_score() -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED)
    x, total = line(figure, "mixture")
    scored = gmmfit.score(x, FITTED)
    np.testing.assert_allclose(total, np.exp(scored.log_density), rtol=1e-12)
    for k in (0, 1):
        _, component = line(figure, f"component {k + 1}")
        np.testing.assert_allclose(component, np.exp(scored.log_density) * scored.posteriors[:, k], rtol=1e-12)


def test_the_bars_are_the_rows() -> None:
    figure = gmmfit.plot(HEIGHTS, column="height", bins=10)
    [bars] = [patch for patch in figure.axes[0].patches if patch.get_label() == "934 rows"]
    counts, edges = np.histogram(HEIGHTS["height"], 10)
    values, drawn_edges, _ = bars.get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(drawn_edges, edges)
    np.testing.assert_allclose(values, counts / 934 / np.diff(edges))


def test_the_words_name_column_components_and_cutoff() -> None:
    words = texts(gmmfit.plot(HEIGHTS, FITTED))
    [cutoff] = FITTED.mixture.cutoffs()
    mean = f"mean {FITTED.mixture.means[0, 0]:.5g}"
    for said in ("height", "density", "934 rows", "component 1", mean, f"cut-off {cutoff.value:.5g}"):
        assert said in words


def test_rows_beyond_the_picture_are_counted_in_it() -> None:
    values = np.append(np.random.default_rng(0).normal(0, 1, 300), [1e6, -1e6, 2e6])
    assert "rows beyond the picture: 1 below, 2 above" in texts(gmmfit.plot(values))


def test_a_narrow_component_has_its_whole_height() -> None:
    narrow = Mixture.from_sds([0.9, 0.1], [0, 3], [1, 1e-4])
    _, total = line(gmmfit.plot(model=narrow), "mixture")
    assert total.max() == pytest.approx(float(narrow.density([3])[0]), rel=1e-3)


def test_the_regions_of_two_columns_hold_the_shares_they_name() -> None:
    mixture = TWO_COLUMNS.mixture
    x, y = np.linspace(0.5, 6.5, 300), np.linspace(30, 110, 300)
    density = mixture.density(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    drawn = np.exp(gmmfit.score(mixture.simulate(20_000, seed=1), mixture).log_density)
    shares = [np.mean(drawn >= level) for level in levels_of(density, np.ones(density.shape))]
    np.testing.assert_allclose(shares, sorted(REGIONS, reverse=True), atol=0.012)
    words = texts(gmmfit.plot(FAITHFUL, mixture, kind="density"))
    assert all(f"{share:.0%} inside" in words for share in REGIONS)


def test_each_pair_of_columns_has_a_panel() -> None:
    three = gmmfit.Mixture.from_sds([1], [[0, 1, 2]], [[1, 1, 1]], columns=("a", "b", "c"))
    figure = gmmfit.plot(model=three, kind="density")
    assert [(panel.get_xlabel(), panel.get_ylabel()) for panel in figure.axes] == [("", "b"), ("a", "c"), ("b", "")]


def regions(figure: Figure) -> list[Path]:
    """The outlines of the regions in a picture of two columns."""
    [outlined] = [one for one in figure.axes[0].collections if isinstance(one, QuadContourSet) and not one.filled]
    return list(outlined.get_paths())


@pytest.mark.parametrize("sd", [0.1, 0.01, 1e-6])
def test_a_component_that_is_narrow_in_two_columns_has_its_regions(sd: float) -> None:
    mixture = Mixture.from_sds([0.5, 0.5], [[0, 0], [1, 2]], np.array([[1, 1], [sd, sd]]))
    assert all(region.contains_point((1, 2)) for region in regions(gmmfit.plot(model=mixture, kind="density")))


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_units_near_the_ends_of_double_precision_are_drawn(unit: float) -> None:
    mixture = Mixture.from_sds([0.5, 0.5], np.array([[0, 0], [1, 2]]) * unit, np.full((2, 2), unit))
    figure = gmmfit.plot(model=mixture, kind="density")
    assert len(regions(figure)) == len(REGIONS)
    for low, high in (figure.axes[0].get_xlim(), figure.axes[0].get_ylim()):
        assert -9 < low / unit < 0
        assert 2 < high / unit < 9


def test_of_many_components_the_legend_names_some() -> None:
    many = Mixture.from_sds(np.full(30, 1 / 30), np.arange(30) * 5.0, np.ones(30))
    figure = gmmfit.plot(model=many)
    words = texts(figure)
    assert "component 10:" in words
    assert "component 11:" not in words
    assert "20 components more" in words
    [legend] = figure.legends
    assert legend.get_window_extent().x0 >= 0
    assert legend.get_window_extent().y1 <= figure.axes[0].get_window_extent().y0


def test_a_mixture_without_rows_fills_its_axis() -> None:
    """Whatever it is of: densities of a column in metres are hundreds, those of one in grams tiny."""
    for scale in (1e-3, 1.0, 1e4):
        [panel] = gmmfit.plot(
            model=Mixture.from_sds([0.4, 0.6], [160 * scale, 175 * scale], [5 * scale, 6 * scale])
        ).axes
        [curve] = [one for one in panel.lines if one.get_gid() == "mixture"]
        highest = np.max(np.asarray(curve.get_ydata(), dtype=float))
        assert 0.8 < highest / panel.get_ylim()[1] < 1
        assert panel.get_ylim()[0] == 0


def test_an_interval_of_a_cutoff_beyond_the_picture_has_no_band() -> None:
    # The wide component is likelier again far below the narrow one, where there are no rows.
    rows = np.concatenate(
        [np.random.default_rng(0).normal(0.1, 0.02, 300), np.random.default_rng(1).normal(1, 0.4, 60)]
    )
    result = gmmfit.fit(np.abs(rows), 2)
    assert len(result.cutoffs) == 2
    figure = gmmfit.plot(np.abs(rows), result)
    low, high = figure.axes[0].get_xlim()
    seen = [cutoff for cutoff in result.cutoffs if low < cutoff.value < high]
    bands = [patch for patch in figure.axes[0].patches if patch.get_alpha() == 0.15]
    assert len(seen) == len(bands) == 1
