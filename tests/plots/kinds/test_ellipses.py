"""Ellipses of pairs of columns."""

import numpy as np
import pytest

import gmmfit
from tests.plots.pictures import TWO_COLUMNS, line, texts
from tests.samples import FAITHFUL


def test_half_of_a_component_lies_in_its_inner_ellipse() -> None:
    figure = gmmfit.plot(FAITHFUL, TWO_COLUMNS)
    mixture = TWO_COLUMNS.mixture
    outline = np.array(line(figure, "component 1")).T
    distance = np.linalg.solve(mixture.factors[0], (outline - mixture.means[0]).T)
    # The square of the distance is χ² with two degrees of freedom, whose median is 2 log 2.
    np.testing.assert_allclose(np.sum(distance**2, axis=0), 2 * np.log(2))


def test_the_points_are_the_rows() -> None:
    figure = gmmfit.plot(FAITHFUL, TWO_COLUMNS)
    points = np.array(figure.axes[0].collections[0].get_offsets())
    np.testing.assert_array_equal(points, np.transpose([FAITHFUL["eruptions"], FAITHFUL["waiting"]]))


def test_groups_have_points_of_their_own() -> None:
    late = np.where(FAITHFUL["waiting"] > 70, "long", "short")
    figure = gmmfit.plot(FAITHFUL, column=["eruptions", "waiting"], by=late)
    shown = [len(np.asarray(one.get_offsets())) for one in figure.axes[0].collections]
    assert shown == [np.sum(late == "long"), np.sum(late == "short")]
    assert f"group long: {shown[0]} rows" in texts(figure)


def test_of_many_rows_some_are_drawn_and_that_is_said() -> None:
    many = np.random.default_rng(0).normal(size=(20_000, 2))
    figure = gmmfit.plot(many)
    assert len(np.asarray(figure.axes[0].collections[0].get_offsets())) == 5000
    assert "5000 of 20000 rows" in texts(figure)


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(gmmfit.ArgumentError, match="choose at most 8"):
        gmmfit.plot(np.zeros((3, 9)) + np.arange(3)[:, None])


def test_labels_that_begin_alike_are_groups_of_their_own() -> None:
    alike = ["x" * 90 + str(row % 2) for row in range(10)]
    figure = gmmfit.plot(np.random.default_rng(0).normal(size=(10, 2)), by=alike)
    assert [len(np.asarray(one.get_offsets())) for one in figure.axes[0].collections] == [5, 5]


def test_some_columns_of_a_model_are_drawn_with_what_it_says_of_them() -> None:
    figure = gmmfit.plot(FAITHFUL, TWO_COLUMNS, column="waiting", kind="qq")
    assert figure.axes[0].get_xlabel() == "quantile of the mixture, waiting"


def test_a_group_whose_name_begins_with_an_underscore_is_in_the_legend() -> None:
    table = {"a": [1.0, 2, 4], "b": [1.0, 3, 2], "_g": ["u", "v", "u"]}
    assert "_g u: 2 rows" in texts(gmmfit.plot(table, column=["a", "b"], by="_g"))
