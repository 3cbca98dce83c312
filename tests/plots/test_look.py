"""How pictures look: at three sizes, with the axes and the legend that are asked for."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

import gmmfit
from gmmfit import ArgumentError
from gmmfit.model.mixture import Mixture
from gmmfit.plots.style import COLOURS
from tests.plots.pictures import FITTED, HEIGHTS, TWO_COLUMNS, texts
from tests.samples import FAITHFUL


@pytest.mark.parametrize("size", [(3.4, 2.4), (7, 5), (13.3, 7.5)])
def test_the_axes_have_most_of_a_picture_of_any_size(size: tuple[float, float]) -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, size=size)
    figure.draw_without_rendering()
    box = figure.axes[0].get_position()
    assert box.width > 0.75
    assert box.height > 0.55
    legends = [*figure.legends, *(one for one in [figure.axes[0].get_legend()] if one)]
    assert len(legends) == 1
    assert legends[0].get_window_extent().x1 <= figure.bbox.x1


def letters_of(**look: Any) -> float:
    """The size of the letters below the axis of a picture."""
    return float(gmmfit.plot(HEIGHTS, FITTED, **look).axes[0].xaxis.label.get_fontsize())


def test_letters_grow_with_the_picture_or_are_as_large_as_is_asked_for() -> None:
    assert letters_of(size=(3.4, 2.4)) < 10 < letters_of(size=(13, 7))
    assert letters_of(font_size=13) == 13


@pytest.mark.parametrize("kind", ["density", "cdf"])
def test_axes_reach_from_where_to_where_they_should(kind: str) -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, kind=kind, xlim=(150, None), ylim=(None, 0.5), xlabel="Height (cm)")
    assert figure.axes[0].get_xlim()[0] == 150
    assert figure.axes[0].get_ylim()[1] == 0.5
    assert figure.axes[0].get_xlabel() == "Height (cm)"


@pytest.mark.parametrize(("where", "below", "inside"), [("below", 1, 0), ("inside", 0, 1), ("none", 0, 0)])
def test_a_legend_stands_where_it_should(where: str, below: int, inside: int) -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, legend=where)
    assert (len(figure.legends), int(figure.axes[0].get_legend() is not None)) == (below, inside)


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"xlim": (5, 3)}, "`xlim` goes from 5 to 3: give the lower end first"),
        ({"legend": "left"}, "`legend` is 'left'; it must be one of auto, inside, below, none"),
        ({"font_size": 0}, "`font_size` is 0; letters have from 1 to 100 points"),
        ({"log": True, "kind": "qq"}, "qq has no logarithmic axis"),
    ],
)
def test_a_look_that_is_none_is_refused(look: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        gmmfit.plot(HEIGHTS, FITTED, **look)


def test_a_logarithmic_axis_is_one_of_rows() -> None:
    with pytest.raises(ArgumentError, match="`log` is for an axis of rows: there are none; leave it out"):
        gmmfit.plot(model=FITTED, log=True)
    logs = gmmfit.fit(HEIGHTS, 1, column="height", transform="log")
    with pytest.raises(ArgumentError, match="of transformed columns the axis is the transformed one already"):
        gmmfit.plot(HEIGHTS, logs, log=True)


def test_on_a_logarithmic_axis_the_area_is_one() -> None:
    values = np.exp(np.random.default_rng(1).normal(1, 0.5, 500))
    one = Mixture.from_sds([1], [3], [1])
    for kind in ("density", "cdf"):
        panel = gmmfit.plot(values, one, kind=kind, log=True).axes[0]
        assert panel.get_xscale() == "log"
        assert "1" in [label.get_text() for label in panel.get_xticklabels()]
    panel = gmmfit.plot(values, one, log=True, legend="none").axes[0]
    [curve] = [line for line in panel.lines if len(line.get_xdata()) > 10]  # type: ignore[arg-type]
    x, y = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    inside = float(one.cdf([x[-1]])[0] - one.cdf([x[0]])[0])
    assert np.trapezoid(y, np.log10(x)) == pytest.approx(inside, rel=1e-3)
    assert panel.get_ylabel() == "density of log10 1"


def test_groups_are_drawn_on_logarithms_too() -> None:
    groups = np.where(np.arange(len(HEIGHTS["height"])) % 2 == 0, "a", "b")
    figure = gmmfit.plot(HEIGHTS, FITTED, column="height", by=groups, log=True)
    assert figure.axes[0].get_xscale() == "log"


def test_the_vertical_axis_is_a_matter_of_the_rows_alone() -> None:
    tops = {
        gmmfit.plot(HEIGHTS, model, column="height").axes[0].get_ylim()[1]
        for model in (None, FITTED, Mixture.from_sds([1], [170], [0.1], columns="height"))
    }
    assert len(tops) == 1


def test_points_have_the_colour_of_their_component() -> None:
    figure = gmmfit.plot(FAITHFUL, TWO_COLUMNS, kind="ellipses")
    points = max(figure.axes[0].collections, key=lambda one: len(one.get_offsets()))  # type: ignore[arg-type]
    colours = {to_hex(face[:3]).upper() for face in points.get_facecolors()}  # type: ignore[attr-defined]
    assert colours == set(COLOURS[:2])


def test_a_component_is_seen_where_it_is_the_whole_mixture() -> None:
    apart = Mixture.from_sds([0.5, 0.5], [0, 100], [1, 1])
    [panel] = gmmfit.plot(model=apart).axes
    order = {line.get_label(): line.get_zorder() for line in panel.lines}
    total = order["mixture"]
    assert all(order[name] > total for name in order if str(name).startswith("component"))
    assert "component 1" in texts(gmmfit.plot(model=apart))
