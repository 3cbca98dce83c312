"""EM at work: the states of a history over their rows, side by side, moving, and in characters."""

import io
import logging
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

import gmmfit
from gmmfit import ArgumentError, fit
from gmmfit.data.select import select_rows
from gmmfit.fitting.history import chosen_iterations, history_columns
from gmmfit.plots.figures import drawn, drawn_moment, save_animation
from gmmfit.plots.look import Look
from gmmfit.plots.states import States, chosen_states, states_of
from gmmfit.plots.terminal_history import terminal_history, terminal_states
from tests.plots.pictures import FITTED, HEIGHTS, TWO_COLUMNS, line, texts
from tests.samples import FAITHFUL

BOTH = ["eruptions", "waiting"]


def states() -> States:
    return states_of(select_rows(HEIGHTS), FITTED.history)


def test_each_panel_has_the_rows_and_axes_of_all_and_its_own_mixture() -> None:
    chosen = chosen_states(states(), [0, 5, 20], 6)
    figure = drawn("em", chosen)
    figure.draw_without_rendering()
    assert len(figure.axes) == 3
    assert len({(panel.get_xlim(), panel.get_ylim()) for panel in figure.axes}) == 1
    for panel, step in zip(figure.axes, chosen.steps, strict=True):
        assert panel.get_title(loc="left") == f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.8g}"
        [curve] = [one for one in panel.lines if one.get_gid() == "mixture"]
        x, y = (np.asarray(part, dtype=float) for part in curve.get_data())
        np.testing.assert_allclose(y, step.mixture.density(x))


@pytest.mark.parametrize(("n", "most"), [(1, 6), (5, 6), (6, 6), (7, 6), (70, 6), (10**6, 60), (3, 2)])
def test_the_first_and_the_last_iteration_are_chosen_and_no_more_than_so_many(n: int, most: int) -> None:
    chosen = chosen_iterations(n, most)
    assert len(chosen) <= most
    assert chosen == sorted({*chosen})
    assert (chosen[0], chosen[-1]) == (0, n - 1)
    if n <= most:
        assert chosen == [*range(n)]


def test_python_draws_a_fit_and_a_history_alike() -> None:
    history = gmmfit.frame(FITTED, "history")
    titles = {
        tuple(panel.get_title(loc="left") for panel in figure.axes)
        for figure in (
            gmmfit.plot(HEIGHTS, FITTED, kind="em", iterations=[0, 3]),
            gmmfit.plot(HEIGHTS, history, kind="em", iterations=[0, 3]),
            gmmfit.plot(pd.DataFrame(HEIGHTS), dict(history), column="height", iterations=[0, 3]),
        )
    }
    assert len(titles) == 1
    two = gmmfit.plot(FAITHFUL, TWO_COLUMNS, kind="em")
    assert two.axes[-1].get_xlabel() == "eruptions"


def test_iterations_that_are_not_there_are_an_error() -> None:
    with pytest.raises(ArgumentError, match="`iterations` has 21, and the history goes from 0 to 20"):
        gmmfit.plot(HEIGHTS, FITTED, kind="em", iterations=[0, 21])
    with pytest.raises(ArgumentError, match="`iterations` chooses states of the kind em"):
        gmmfit.plot(HEIGHTS, FITTED, iterations=[0])
    with pytest.raises(ArgumentError, match="em is a picture of the states of a Fit"):
        gmmfit.plot(HEIGHTS, FITTED.mixture, kind="em")
    with pytest.raises(ArgumentError, match="give `data`"):
        gmmfit.plot(model=FITTED, kind="em")
    with pytest.raises(ArgumentError, match="at most 24"):
        gmmfit.plot(
            HEIGHTS, fit(HEIGHTS, 2, init_means=[160, 180], tol=0, max_iter=30), kind="em", iterations=range(30)
        )


def test_rows_of_another_table_are_told() -> None:
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr(logging.getLogger("gmmfit"), "warning", lambda text, *numbers: said.append(text % numbers))
        states_of(select_rows(HEIGHTS["height"] + 20), FITTED.history)
        states()
    assert len(said) == 1
    assert "these rows are not those of the history" in said[0]


def test_an_animation_has_a_frame_a_state_all_of_one_layout() -> None:
    stream = io.BytesIO()
    save_animation(chosen_states(states(), [0, 1, 2, 20], 60), stream, Look(size=(4, 3), dpi=50))
    with Image.open(stream) as image:
        assert image.n_frames == 4  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        frames = []
        for number in range(4):
            image.seek(number)
            frames.append(np.asarray(image.convert("L")))
    # The axes are where they were: what is dark in all frames is much of what is dark in one.
    dark = [frame < 120 for frame in frames]
    assert np.logical_and.reduce(dark).sum() > 0.4 * dark[0].sum()


def test_the_curve_of_a_moment_is_its_own() -> None:
    figure = drawn_moment(states(), 3)
    assert f"iteration 3: log-likelihood {FITTED.history[3].log_likelihood:.4f}" in texts(figure)
    x, y = line(figure, "mixture")
    np.testing.assert_allclose(y, FITTED.history[3].mixture.density(x))


def test_states_in_characters_are_below_each_other() -> None:
    lines = terminal_states(chosen_states(states(), [0, 20], 4), 60)
    assert [one for one in lines if one.startswith("iteration")] == [
        f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.4f}"
        for step in (FITTED.history[0], FITTED.history[20])
    ]


@pytest.mark.parametrize("width", [1, 40, 79, 300])
def test_a_history_in_characters_has_a_panel_a_parameter(width: int) -> None:
    lines = terminal_history(history_columns(FITTED.history), width)
    assert max(map(len, lines[1:])) <= max(20, min(width, 100))
    titles = [one.split(",")[0] for one in lines if one and one[0] not in " i" and "│" not in one]
    assert titles == [
        "log-likelihood",
        "weight",
        "mean",
        "sd",
    ]
    mean = lines[lines.index("mean") + 1]
    assert mean.split("│")[0].strip() == f"{max(step.mixture.means.max() for step in FITTED.history):.4g}"
    assert "from iteration 1 on; before that" in lines[0]


def test_a_history_of_one_state_and_of_what_never_changes_is_drawn_in_characters() -> None:
    one = {"iteration": np.zeros(1), "loglik": np.array([-5.0]), "mean_1": np.array([2.0])}
    assert any("•" in text for text in terminal_history(one, 40))
    still = {"iteration": np.arange(3.0), "loglik": np.full(3, -5.0), "mean_1": np.full(3, 2.0)}
    assert sum("1" in text.partition("│")[2] for text in terminal_history(still, 40)) == 1


def test_a_gain_is_that_of_the_iteration_whatever_is_shown() -> None:
    chosen = chosen_states(states(), [20, 1, 5], 6)
    steps = {step.iteration: step.log_likelihood for step in FITTED.history}
    assert [step.iteration for step in chosen.steps] == [1, 5, 20]
    assert [chosen.gain(i) for i in range(3)] == [steps[n] - steps[n - 1] for n in (1, 5, 20)]
    assert chosen_states(states(), [0], 6).gain(0) is None
    # And the way below is that of all.
    trace = drawn_moment(chosen, 0).axes[-1]
    assert len(np.asarray(trace.lines[0].get_xdata())) == 21


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_history_of_any_library_is_drawn(library: str) -> None:
    table = gmmfit.frame(FITTED, "history")
    as_library: dict[str, Any] = {
        "pandas": table,
        "polars": pl.from_pandas(table),
        "pyarrow": pa.Table.from_pandas(table),
    }
    assert len(gmmfit.plot(HEIGHTS, as_library[library], kind="em").axes) == 6


def test_what_is_no_picture_of_states_is_refused() -> None:
    history = gmmfit.frame(FITTED, "history")
    for kind in ("density", "qq"):
        with pytest.raises(ArgumentError, match=f"{kind} is no picture of a history"):
            gmmfit.plot(HEIGHTS, history, kind=kind)
    wrong: Any
    for wrong in ([], 3):
        with pytest.raises(ArgumentError, match="`iterations` are whole numbers"):
            gmmfit.plot(HEIGHTS, FITTED, kind="em", iterations=wrong)
    with pytest.raises(ArgumentError, match="em shows no groups"):
        gmmfit.plot(HEIGHTS, FITTED, kind="em", by=np.repeat(["a", "b"], 467))
    with pytest.raises(ArgumentError, match="em of several columns has no histogram: leave `bins` out"):
        gmmfit.plot(FAITHFUL, TWO_COLUMNS, kind="em", bins=5)


def test_a_fit_that_begins_at_its_peak_is_told(caplog: pytest.LogCaptureFixture) -> None:
    searched = fit(HEIGHTS, 2, starts=5)
    gmmfit.plot(HEIGHTS, searched, kind="em")
    assert any("with history=True" in said for said in caplog.messages)


def test_large_log_likelihoods_stand_beside_their_panel() -> None:
    history = {"iteration": np.arange(5.0), "loglik": -36123456.7 + 100 * np.arange(5.0), "mean_1": np.arange(5.0)}
    bars = {text.index("│") for text in terminal_history(history, 60) if "│" in text}
    assert len(bars) == 1
