"""Figures: the same bytes, colours that differ in grey too, fonts that have the letters."""

import logging
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import fontManager

import gmmfit
from gmmfit.plots import style
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
    grey = [np.dot(to_rgb(style.colour(k)), [0.299, 0.587, 0.114]) for k in range(7)]
    lines = [style.line_of(k) for k in range(14)]
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


def test_letters_that_the_usual_font_lacks_are_looked_for_in_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert style.fonts(frozenset("Größe пол")) == (["DejaVu Sans"], "")
    having = {"DejaVu Sans": "abc", "DejaVu Sans Mono": "abcd", "STIXGeneral": "e"}
    names = {entry.fname: entry.name for entry in fontManager.ttflist}

    def lacked(path: str, letters: frozenset[str]) -> frozenset[str]:
        return letters - frozenset(having.get(names.get(path, "DejaVu Sans"), ""))

    monkeypatch.setattr(style, "_lacked", lacked)
    families, lacking = style.fonts.__wrapped__(frozenset("abcdef"))
    assert families == ["DejaVu Sans", "DejaVu Sans Mono", "STIXGeneral"]
    assert lacking == "f"


def test_letters_that_no_font_has_are_said_once_and_drawn_as_boxes(caplog: pytest.LogCaptureFixture) -> None:
    nobody_has = "\U000e0fff\U0001fa00\ue123"
    with caplog.at_level(logging.WARNING, "gmmfit"):
        written(gmmfit.plot({f"a{nobody_has}": [1.0, 2, 4]}), "png")
    lacked = style.fonts(frozenset(nobody_has))[1]
    said = [record.message for record in caplog.records]
    assert said == ([f"no font here has {lacked}: install one that does, such as Noto Sans"] if lacked else [])


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
