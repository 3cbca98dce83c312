"""The history: every parameter against the iteration."""

import numpy as np
import pytest

import gmmfit
from gmmfit.fitting.history import history_columns
from tests.plots.pictures import FITTED, TWO_COLUMNS, texts


def test_two_components_have_two_rows_of_three_panels_below_the_log_likelihood() -> None:
    figure = gmmfit.plot(model=FITTED, kind="history")
    labels = [panel.get_title(loc="left") for panel in figure.axes]
    assert labels[:2] == ["log-likelihood", "gain of an iteration"]
    assert sorted(labels[2:]) == [f"{name}, component {k}" for name in ("mean", "sd", "weight") for k in (1, 2)]


def test_the_lines_are_the_steps() -> None:
    figure = gmmfit.plot(model=FITTED, kind="history")
    panels = {panel.get_title(loc="left"): panel.lines[0] for panel in figure.axes}
    iterations = [step.iteration for step in FITTED.history]
    assert iterations == list(range(21))
    for k in (0, 1):
        for name in ("weight", "mean", "sd"):
            expected = [np.ravel(getattr(step.mixture, name + "s"))[k] for step in FITTED.history]
            drawn = panels[f"{name}, component {k + 1}"]
            np.testing.assert_array_equal(np.asarray(drawn.get_xdata()), iterations)
            np.testing.assert_array_equal(np.asarray(drawn.get_ydata()), expected)
    drawn = panels["log-likelihood"]
    likelihoods = [step.log_likelihood for step in FITTED.history]
    np.testing.assert_array_equal(np.asarray(drawn.get_ydata()), likelihoods)
    gains = panels["gain of an iteration"]
    np.testing.assert_array_equal(np.asarray(gains.get_ydata()), np.diff(likelihoods))


@pytest.fixture(scope="module")
def words() -> str:
    """What is written in the picture of a history."""
    return texts(gmmfit.plot(model=FITTED, kind="history"))


def test_a_history_as_columns_is_drawn_as_that_of_a_fit_in_any_order(words: str) -> None:
    turned = dict(reversed(history_columns(FITTED.history).items()))
    assert sorted(texts(gmmfit.plot(turned, kind="history")).splitlines()) == sorted(words.splitlines())


def test_several_columns_have_a_panel_a_parameter() -> None:
    figure = gmmfit.plot(model=TWO_COLUMNS, kind="history")
    names = ["weight", "mean_eruptions", "mean_waiting", "sd_eruptions", "sd_waiting", "cov_eruptions_waiting"]
    assert [panel.get_title(loc="left") for panel in figure.axes[2:]] == names
    assert all(len(panel.lines) == 2 for panel in figure.axes[2:])


def test_what_is_no_history_is_refused() -> None:
    with pytest.raises(gmmfit.DataError, match="no history: it needs the columns iteration, loglik"):
        gmmfit.plot({"height": [1, 2]}, kind="history")
    columns = history_columns(FITTED.history)
    del columns["mean_1"]
    with pytest.raises(gmmfit.DataError, match="no history: mean is not there for each component"):
        gmmfit.plot(columns, kind="history")


def test_no_text_is_written_in_the_signs_of_mathematics_of_another_program(words: str) -> None:
    assert "mathdefault" not in words


def test_a_parameter_that_stays_is_drawn_as_a_line_not_as_noise() -> None:
    columns = history_columns(FITTED.history[:2])
    columns["mean_1"] = np.array([170.0, 170.00000000000003])
    panels = {panel.get_title(loc="left"): panel for panel in gmmfit.plot(columns, kind="history").axes}
    low, high = panels["mean, component 1"].get_ylim()
    assert high - low > 10


def test_what_is_gained_after_the_first_iteration_is_seen() -> None:
    columns = history_columns(FITTED.history)
    panel = gmmfit.plot(columns, kind="history").axes[0]
    low, high = panel.get_ylim()
    later = columns["loglik"][1:]
    assert np.ptp(later) > 0.5 * (high - low)
    assert columns["loglik"][0] < low
    assert f"iteration 0: {columns['loglik'][0]:.6g}" in [text.get_text() for text in panel.texts]
    slow = columns | {"loglik": np.arange(21.0)}
    assert gmmfit.plot(slow, kind="history").axes[0].get_ylim()[0] < 0
