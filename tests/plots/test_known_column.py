"""Pictures of rows that are no exact numbers: bars for bins and limits, curves with errors and in a window."""

from typing import Any

import numpy as np
import pytest

import gmmfit
from gmmfit import ArgumentError, Mixture, fit
from gmmfit.data.recording import Recording
from gmmfit.data.select import select_rows
from gmmfit.plots.subject import Subject, only_column, subject_of
from gmmfit.plots.terminal import terminal_picture
from tests.plots.pictures import line, texts
from tests.samples import FAITHFUL_ROWS, WAITING

ONE = Mixture.from_sds([0.4, 0.6], [55, 80], [6, 6], columns="x")
BINS = {"lo": [np.nan, 50, 60, 75], "hi": [50, 60, 75, np.nan], "n": [20, 60, 50, 142]}


def subject(data: Any, mixture: Mixture | None = ONE, **said: Any) -> Subject:
    return subject_of(select_rows(data, recording=Recording(**said)), mixture)


def test_bins_are_drawn_as_the_bars_they_are_and_limits_beyond_them() -> None:
    figure = gmmfit.plot(BINS, ONE, interval=("lo", "hi"), row_weights="n")
    [bars] = [patch for patch in figure.axes[0].patches if patch.get_label() == "4 rows"]
    heights, edges, _ = bars.get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(edges, [50, 60, 75])
    np.testing.assert_allclose(heights * np.diff(edges) * 272, [60, 50])
    limits = [container for container in figure.axes[0].containers if "limit" in str(container.get_label())]
    assert [container.get_label() for container in limits] == ["20 rows below a limit", "142 rows above a limit"]
    [below, above] = [container.patches[0] for container in limits]  # type: ignore[attr-defined]
    assert below.get_x() + below.get_width() == pytest.approx(50)
    assert above.get_x() == pytest.approx(75)
    assert below.get_height() * below.get_width() == pytest.approx(20 / 272)


def test_the_curve_of_values_with_errors_is_the_mean_over_the_rows() -> None:
    errors = np.where(np.arange(len(WAITING)) % 2, 3.0, 5.0)
    x, density = line(gmmfit.plot(WAITING, ONE, errors=errors), "with the errors")
    blurred = [Mixture.from_sds(ONE.weights, ONE.means[:, 0], np.full(2, np.hypot(6, error))) for error in (3, 5)]
    np.testing.assert_allclose(density, (blurred[0].density(x) + blurred[1].density(x)) / 2, rtol=1e-9)


def test_many_different_errors_are_taken_together() -> None:
    errors = np.linspace(1, 5, len(WAITING))
    x, density = line(gmmfit.plot(WAITING, ONE, errors=errors), "with the errors")
    exact = sum(
        Mixture.from_sds(ONE.weights, ONE.means[:, 0], np.full(2, np.hypot(6, error))).density(x) for error in errors
    )
    np.testing.assert_allclose(density, exact / len(errors), rtol=2e-3, atol=1e-6)


def test_in_a_window_the_mixture_is_as_high_as_its_rows() -> None:
    seen = WAITING[WAITING > 60]
    figure = gmmfit.plot(seen, ONE, truncated=(60, None))
    x, density = line(figure, "mixture")
    share = 1 - float(ONE.cdf([60])[0])
    np.testing.assert_allclose(density, ONE.density(x) / share, rtol=1e-12)
    assert "window" in texts(figure)


@pytest.mark.parametrize("kind", ["cdf", "qq"])
def test_distributions_of_other_than_exact_values_are_refused_with_the_reason(kind: str) -> None:
    with pytest.raises(ArgumentError, match=f"{kind} is a picture of exact values"):
        gmmfit.plot(WAITING, ONE, rounded=1, kind=kind)


def test_a_picture_in_characters_says_what_lies_beyond_limits_and_what_is_missing() -> None:
    said = "\n".join(terminal_picture(subject(BINS, interval=("lo", "hi"), missing="use"), 79))
    assert "1 below a limit   1 above a limit" in said
    gappy = FAITHFUL_ROWS.copy()
    gappy[:7, 0] = np.nan
    both = fit(gappy, 1, missing="use").mixture
    assert "7 without a value" in "\n".join(terminal_picture(subject(gappy, both, missing="use"), 79))


def test_rows_without_a_value_are_no_bars_and_no_points() -> None:
    gappy = FAITHFUL_ROWS.copy()
    gappy[:7, 0] = np.nan
    rows = select_rows(gappy, recording=Recording(missing="use")).rows
    assert len(only_column(rows, 0)) == len(gappy) - 7
    assert len(only_column(rows, 1)) == len(gappy)
    figure = gmmfit.plot(gappy, fit(gappy, 1, missing="use"))
    assert f"{len(gappy) - 7} of {len(gappy)} rows" in texts(figure)


def test_a_fit_is_drawn_as_its_rows_were_recorded() -> None:
    found = fit({"x": WAITING}, 2, errors=2.0, column="x")
    assert "with the errors" in texts(gmmfit.plot({"x": WAITING}, found))
