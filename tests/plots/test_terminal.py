"""The picture in characters."""

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.select import select_rows
from gmmfit.model.mixture import Mixture
from gmmfit.plots.histogram import extent_of_mixture
from gmmfit.plots.subject import subject_of
from gmmfit.plots.terminal import BLOCKS, DOT, terminal_picture
from tests.plots.pictures import FITTED, HEIGHTS, UGLY
from tests.samples import FAITHFUL

MIXTURE = Mixture.from_sds([0.4, 0.6], [10, 20], [2, 3], columns="size")
LOW, HIGH = extent_of_mixture(MIXTURE)


def test_bars_are_as_high_as_the_rows_are_many() -> None:
    values = np.repeat([1.0, 2.0, 3.0, 4.0], [40, 10, 20, 30])
    lines = terminal_picture(subject_of(select_rows(values), None, bins=4), width=40, height=4)
    heights = [sum(BLOCKS.index(line.ljust(40)[column]) for line in lines[:4]) for column in (0, 10, 20, 30)]
    np.testing.assert_allclose(heights, 32 * np.array([1, 0.25, 0.5, 0.75]))


@pytest.mark.parametrize("width", [1, 20, 59, 80, 1000])
@pytest.mark.parametrize("values", UGLY.values(), ids=UGLY.keys())
def test_nothing_is_wider_than_the_terminal(values: Array, width: int) -> None:
    lines = terminal_picture(subject_of(select_rows(values), None), width)
    assert max(map(len, lines)) <= max(20, min(width, 100))


def test_a_picture_that_all_rows_lie_beyond_says_so() -> None:
    lines = terminal_picture(subject_of(select_rows([-1.5e308, 1.5e308]), None), 80)
    assert "1 below the picture   1 above the picture" in lines[-2]


def test_the_dots_are_highest_at_the_mode() -> None:
    lines = terminal_picture(subject_of(None, MIXTURE), width=60, height=8)
    mode = MIXTURE.modes()[np.argmax(MIXTURE.density(MIXTURE.modes()))]
    assert lines[0][int((mode - LOW) / (HIGH - LOW) * 60)] == DOT


def test_components_and_cutoffs_are_marked_where_they_are() -> None:
    lines = terminal_picture(subject_of(None, MIXTURE), width=60, height=8)
    marks = lines[-3]
    for value, mark in ((10, "1"), (20, "2"), (MIXTURE.cutoffs()[0].value, "|")):
        assert marks[int((value - LOW) / (HIGH - LOW) * 60)] == mark
    assert lines[-2] == "size   • mixture   1 2 means   | cut-off"


def test_several_columns_and_groups_are_below_each_other() -> None:
    captions = [
        line
        for line in terminal_picture(subject_of(select_rows(FAITHFUL, ["eruptions", "waiting"]), None), 60)
        if "rows" in line
    ]
    assert [caption.split()[0] for caption in captions] == ["eruptions", "waiting"]
    by = np.where(HEIGHTS["height"] > 170, "tall", "short")
    captions = [
        line
        for line in terminal_picture(subject_of(select_rows(HEIGHTS), None, by.astype(object), "group"), 60)
        if "rows" in line
    ]
    assert [caption.split("   ")[0] for caption in captions] == ["height, group short", "height, group tall"]


def test_a_narrow_component_does_not_fall_between_two_characters() -> None:
    narrow = Mixture.from_sds([0.9, 0.1], [0, 3], [1, 1e-6])
    lines = terminal_picture(subject_of(None, narrow), width=50)
    assert lines[0].strip() == DOT


def test_rows_and_mixture_are_named() -> None:
    lines = terminal_picture(subject_of(select_rows(HEIGHTS), FITTED.mixture), 79)
    assert lines[-2] == "height   █ 934 rows   • mixture   1 2 means   | cut-off"


def test_the_axis_tells_near_numbers_far_from_zero_apart() -> None:
    lines = terminal_picture(subject_of(select_rows(1e9 + np.arange(50.0)), None), 80)
    labels = lines[-3].split()
    assert len(set(labels)) == len(labels) > 1


@pytest.mark.parametrize(
    "values",
    [2.0**53 + 2 * np.arange(5), 1e15 + 0.25 * np.arange(7), np.array([5e-324, 1e-323]), np.array([-1e300, 1e300])],
)
@pytest.mark.parametrize("bins", [None, 7])
def test_what_lies_as_close_as_doubles_do_is_drawn(values: Array, bins: int | None) -> None:
    mixture = Mixture.from_sds([1], [float(values[0])], [0.1])
    for model, sign in ((None, "█"), (mixture, DOT)):
        lines = terminal_picture(subject_of(select_rows(values), model, bins=bins), 80)
        assert sign in "".join(lines[:10])
        assert f"█ {len(values)} rows" in lines[-2]
    assert DOT in terminal_picture(subject_of(None, mixture), 80)[0]


def test_no_number_of_a_component_is_written_over_another() -> None:
    near = Mixture.from_sds(np.full(30, 1 / 30), np.arange(30) / 3, np.ones(30))
    marks = terminal_picture(subject_of(None, near), 60)[-3].replace("|", " ").split()
    assert {int(mark) for mark in marks} <= set(range(1, 31))
