"""EM at work in a browser: the slider draws what matplotlib draws, and shows the numbers of the history."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from gmmfit import Fit, fit
from gmmfit.arrays import Array
from gmmfit.data.recording import Recording
from gmmfit.data.select import select_rows
from gmmfit.pages.em import DPI, SIZE
from gmmfit.pages.html import svg_of
from gmmfit.pages.report import report_page
from gmmfit.plots.figures import drawn_moment
from gmmfit.plots.look import Look
from gmmfit.plots.names import IN_A_PAGE
from gmmfit.plots.states import states_of
from gmmfit.plots.style import colour
from tests.pages.browser import needs_chromium, result_of
from tests.plots.pictures import FITTED, HEIGHTS
from tests.samples import FAITHFUL

BOTH = ["eruptions", "waiting"]
TWO = fit(FAITHFUL, 2, column=BOTH, init_method="quantile", max_iter=6, tol=0)
LOGGED = fit(HEIGHTS, 2, init_method="quantile", transform="log", noise=True, max_iter=4, tol=0)
SLIDE = "const s = document.querySelector('#em input'); s.value = %d; s.dispatchEvent(new Event('input'));"


def page_of(folder: Path, result: Fit, data: object, column: list[str]) -> Path:
    page = folder / "em.html"
    page.write_text(report_page({}, states=states_of(select_rows(data, column), result.history)))
    return page


def points(path: str) -> Array:
    """The points of a path in an SVG."""
    return np.array(re.findall(r"(-?[\d.]+)[ ,](-?[\d.]+)", path), dtype=float)


CENSORED = {"x": ["<155", "<155", *(f"{value:.1f}" for value in HEIGHTS["height"] if 155 <= value < 190)]}


@needs_chromium
@pytest.mark.parametrize(
    ("result", "data", "column", "recording"),
    [
        (FITTED, HEIGHTS, ["height"], {}),
        (LOGGED, HEIGHTS, ["height"], {}),
        (TWO, FAITHFUL, BOTH, {}),
        (
            fit(
                CENSORED, 2, column="x", censored=True, truncated=(None, 190), init_means=[160, 180], max_iter=3, tol=0
            ),
            CENSORED,
            ["x"],
            {"censored": True, "truncated": (None, 190)},
        ),
        (fit(HEIGHTS, 2, errors=2, init_means=[160, 180], max_iter=3, tol=0), HEIGHTS, ["height"], {"errors": 2}),
        (
            fit({"x": HEIGHTS["height"] * 1e-150}, 2, init_method="quantile", max_iter=3, tol=0),
            {"x": HEIGHTS["height"] * 1e-150},
            ["x"],
            {},
        ),
    ],
    ids=["one column", "logarithms and noise", "two columns", "limits in a window", "errors", "tiny"],
)
def test_each_state_is_drawn_as_matplotlib_draws_it(
    result: Fit, data: object, column: list[str], recording: dict[str, Any], tmp_path: Path
) -> None:
    rows = select_rows(data, column, recording=Recording(**recording))
    states = states_of(rows, result.history)
    page = tmp_path / "em.html"
    page.write_text(report_page({}, states=states))
    # What is seen of state 0 in the page, and in a picture of it alone.
    seen = "const seen = {}; for (const group of document.querySelectorAll('#em svg [id]')) {"
    seen += "const path = group.querySelector(':scope > path, :scope > g > path');"
    seen += "seen[group.id] = [path ? path.getAttribute('d') : '', group.getAttribute('transform') || ''];}"
    drawn = json.loads(result_of(page, seen + "result = JSON.stringify(seen)"))
    size = SIZE if len(column) == 1 else None
    alone = drawn_moment(states, 0, Look(size=size, dpi=DPI, legend="none"), is_moved=True)
    width, height = 72 * alone.get_size_inches()
    first, last = groups_in(svg_of(alone)), groups_in(page.read_text())
    curves = [name for name in first if re.match("component|area|mixture|noise|with_errors", name)]
    assert len(curves) >= 2 * states.steps[0].mixture.n_components
    for name in curves:
        ours, theirs = points(drawn[name][0]), points(first[name].path)
        # Each point of one curve lies beside the other, as near as a tenth of a point, a thousandth of the picture.
        for one, other in ((ours, theirs), (theirs, ours)):
            inside = [point for point in one if 0 <= point[0] <= width and 0 <= point[1] <= height]
            assert max(distance_to_curve(point, other) for point in inside) < 0.3, name
    marks = [name for name in first if re.match("number|mean|now", name) and name in last]
    assert marks
    for name in marks:
        moved = points(drawn[name][1])[0]
        np.testing.assert_allclose(moved, first[name].place - last[name].place, atol=1.0, err_msg=name)


class Group(NamedTuple):
    """The first path of a named group in an SVG, and where in it something is placed."""

    path: str
    place: Array


def groups_in(svg: str) -> dict[str, Group]:
    found = {}
    for match in re.finditer(r'<g id="(\w+)">(.*?)(?=<g id="|</svg>)', svg, re.DOTALL):
        path = re.search(r'<path d="([^"]*)"', match[2])
        place = re.search(r"translate\((-?[\d.]+) (-?[\d.]+)\)", match[2]) or re.search(
            r'<use [^>]*x="(-?[\d.]+)" y="(-?[\d.]+)"', match[2]
        )
        at = np.array([float(place[1]), float(place[2])]) if place else points(path[1])[0] if path else np.zeros(2)
        found[match[1]] = Group(path[1] if path else "", at)
    return found


def distance_to_curve(point: Array, curve: Array) -> float:
    start, way = curve[:-1], np.diff(curve, axis=0)
    lengths = np.maximum((way**2).sum(axis=1), 1e-12)
    share = np.clip(((point - start) * way).sum(axis=1) / lengths, 0, 1)
    return float(np.sqrt(((start + share[:, None] * way - point) ** 2).sum(axis=1)).min())


@needs_chromium
def test_the_slider_shows_each_state_with_its_numbers(tmp_path: Path) -> None:
    page = page_of(tmp_path, FITTED, HEIGHTS, ["height"])
    first = FITTED.history[0]
    cells = "const seen = [document.querySelector('.now'), ...document.querySelectorAll('#em td')];"
    cells += "result = seen.map((one) => one.textContent).join('|')"
    said, *numbers = result_of(page, cells).split("|")
    assert said == f"iteration 0 (init): log-likelihood {first.log_likelihood:.4f}"
    assert numbers == ["1", "0.7", "180", "5", "2", "0.3", "165", "5"]
    said, *_ = result_of(page, SLIDE % 20 + "document.querySelector('.back').click();" + cells).split("|")
    assert said.startswith("iteration 19 (em): log-likelihood")


@needs_chromium
def test_points_have_the_colour_of_their_component_in_each_state(tmp_path: Path) -> None:
    page = page_of(tmp_path, TWO, FAITHFUL, BOTH)
    fills = "result = [...document.querySelectorAll('[id=rows_in_1_2] use')].map((point) => point.style.fill).join('|')"
    for i in (0, 6):
        found = result_of(page, SLIDE % i + fills).split("|")
        likeliest = TWO.history[i].mixture.posterior(np.column_stack([FAITHFUL[name] for name in BOTH])).argmax(axis=1)
        colours = ["rgb({}, {}, {})".format(*(int(colour(k)[at : at + 2], 16) for at in (1, 3, 5))) for k in range(2)]
        assert found == [colours[k] for k in likeliest]


@needs_chromium
def test_a_component_is_where_its_mean_is(tmp_path: Path) -> None:
    page = page_of(tmp_path, FITTED, HEIGHTS, ["height"])
    path = "result = document.querySelector('[id=component_1] path').getAttribute('d')"
    found = {}
    for n in (0, 20):
        curve = points(result_of(page, SLIDE % n + path))
        found[n] = float(curve[np.argmin(curve[:, 1]), 0])
    # In the picture as in the column, on an axis that stays.
    record = json.loads(re.search(r'id="em-states">(.*?)</script>', page.read_text())[1])  # type: ignore[index]
    [panel] = record["panels"]
    for n, at in found.items():
        mean = float(FITTED.history[n].mixture.means[0, 0])
        assert at == pytest.approx(np.interp(mean, panel["x"], panel["px"]), abs=0.5)


def test_of_very_many_iterations_some_are_there(tmp_path: Path) -> None:
    long = fit(HEIGHTS, 2, init_means=[150, 190], tol=0, max_iter=2 * IN_A_PAGE)
    text = page_of(tmp_path, long, HEIGHTS, ["height"]).read_text()
    shown = re.search(r"(\d+) of 601 iterations are here", text)
    assert shown is not None
    assert IN_A_PAGE / 2 < int(shown[1]) <= IN_A_PAGE
    assert text.count('"said"') == int(shown[1])
    assert '"said":"iteration 600 (' in text
