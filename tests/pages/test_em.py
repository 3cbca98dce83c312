"""EM at work in a browser: the slider draws what matplotlib draws, and shows the numbers of the history."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from gmmfit import Fit, fit
from gmmfit.arrays import Array
from gmmfit.data.select import select_rows
from gmmfit.pages.em import MOST_STATES
from gmmfit.pages.report import report_page
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
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), dtype=float)


@needs_chromium
@pytest.mark.parametrize(
    ("result", "data", "column", "names"),
    [
        (FITTED, HEIGHTS, ["height"], ["component_1", "component_2", "mixture"]),
        (LOGGED, HEIGHTS, ["height"], ["component_1", "component_2", "noise", "mixture"]),
        (TWO, FAITHFUL, BOTH, ["component_1_in_1_2_50", "component_2_in_1_2_95"]),
    ],
    ids=["one column", "logarithms and noise", "two columns"],
)
def test_the_last_state_is_drawn_as_matplotlib_draws_it(
    result: Fit, data: object, column: list[str], names: list[str], tmp_path: Path
) -> None:
    page = page_of(tmp_path, result, data, column)
    text = page.read_text()
    script = "const path = (name) => document.querySelector(`[id=${name}] path`).getAttribute('d');"
    script += f"result = JSON.stringify(Object.fromEntries({names}.map((name) => [name, path(name)])))"
    drawn = json.loads(result_of(page, SLIDE % (len(result.history) - 1) + script))
    for name in names:
        before = re.search(rf'<g id="{name}">.*?<path d="([^"]*)"', text, re.DOTALL)
        assert before is not None
        ours, theirs = points(drawn[name]), points(before[1])
        # Each point of one curve lies beside the other, as near as a tenth of a point, a thousandth of the picture.
        for one, other in ((ours, theirs), (theirs, ours)):
            assert max(distance_to_curve(point, other) for point in one) < 0.25


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
    long = fit(HEIGHTS, 2, init_means=[150, 190], tol=0, max_iter=2 * MOST_STATES)
    text = page_of(tmp_path, long, HEIGHTS, ["height"]).read_text()
    shown = re.search(r"(\d+) of 601 iterations are here", text)
    assert shown is not None
    assert MOST_STATES / 2 < int(shown[1]) <= MOST_STATES
    assert text.count('"said"') == int(shown[1])
    assert '"said":"iteration 600 (' in text
