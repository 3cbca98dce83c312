"""Figures: the same bytes, colours that differ in grey too, fonts that have the letters."""

import logging
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import gmmfit
from gmmfit.plots import paper
from tests.plots.pictures import FITTED, HEIGHTS, texts, written

MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("kind", MAGIC)
def test_the_same_picture_has_the_same_bytes(kind: str) -> None:
    pictures = [written(gmmfit.plot(HEIGHTS, FITTED), kind) for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert pictures[0].startswith(MAGIC[kind])
    assert b"Date" not in pictures[0]


def test_no_screen_is_looked_for() -> None:
    script = "import sys, gmmfit; gmmfit.plot([1.0, 2, 4]); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_seven_components_differ_in_grey_or_in_their_dashes() -> None:
    grey = [np.dot(to_rgb(paper.colour(k)), [0.299, 0.587, 0.114]) for k in range(7)]
    lines = [paper.line_of(k) for k in range(14)]
    for i, j in combinations(range(7), 2):
        assert lines[i]["linestyle"] != lines[j]["linestyle"] or abs(grey[i] - grey[j]) > 0.15
    assert len({(line["color"], line["linestyle"]) for line in lines}) == 14


def test_the_users_own_settings_change_nothing() -> None:
    import matplotlib

    before = written(gmmfit.plot(HEIGHTS, FITTED), "svg")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.hashsalt": None}):
        assert written(gmmfit.plot(HEIGHTS, FITTED), "svg") == before


def test_dollars_and_control_characters_in_a_name_are_drawn_as_they_are() -> None:
    words = texts(gmmfit.plot({"$x^2$\x1b": [1.0, 2, 4]}))
    assert "$x^2$\\x1b" in words


def test_letters_are_looked_for_in_other_fonts() -> None:
    assert paper.fonts("Größe")[0] == "DejaVu Sans"
    assert len(paper.fonts("Größe пол")) == 1


def test_letters_that_no_font_has_are_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gmmfit"):
        written(gmmfit.plot({"a\U000e0041\U00013000\U0001f9ff\u0c85": [1.0, 2, 4]}), "png")
    families = paper.fonts("\u8eab\u9ad8")
    if len(families) == 1:
        assert any("no font here has" in record.message for record in caplog.records)


def test_a_legend_has_no_more_columns_than_the_figure_is_wide() -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, size=(4, 4))
    figure.draw_without_rendering()
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize("size", [(3.5, 3), (7, 5), (14, 6)])
def test_the_legend_lies_below_the_data(size: tuple[float, float]) -> None:
    figure = gmmfit.plot(HEIGHTS, FITTED, size=size)
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().y1 <= figure.axes[0].get_window_extent().y0
