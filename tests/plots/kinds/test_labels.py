"""Histograms of groups."""

import csv

import numpy as np
import pytest

import gmmfit
from tests.plots.pictures import FITTED, HEIGHTS, texts
from tests.samples import SAMPLES

with (SAMPLES / "heights.csv").open(newline="") as stream:
    SEX = [row["sex"] for row in csv.DictReader(stream)]
TABLE = {**HEIGHTS, "sex": np.array(SEX)}


def test_each_group_has_a_histogram_whose_area_is_its_share() -> None:
    figure = gmmfit.plot(TABLE, FITTED, kind="labels", by="sex")
    _, *apart, shares = figure.axes
    assert [label.get_text() for label in shares.get_xticklabels()] == ["F", "M"]
    for panel, sex, bar in zip(apart, ("F", "M"), shares.patches, strict=True):
        densities, edges, _ = panel.patches[0].get_data()  # type: ignore[attr-defined]
        share = np.mean(TABLE["sex"] == sex)
        assert np.sum(densities * np.diff(edges)) == pytest.approx(share)
        assert bar.get_height() == pytest.approx(share)  # type: ignore[attr-defined]
        rows = HEIGHTS["height"][TABLE["sex"] == sex]
        assert f"sex {sex}: {len(rows)} rows, mean {rows.mean():.2f}" in panel.get_title(loc="left")


def test_the_stack_ends_where_the_histogram_of_all_rows_does() -> None:
    stacked = gmmfit.plot(TABLE, column="height", by="sex").axes[0].patches[-1].get_data()  # type: ignore[attr-defined]
    alone = gmmfit.plot(TABLE, column="height").axes[0].patches[0].get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(stacked[0], alone[0])


def test_rows_without_a_label_are_in_no_group() -> None:
    labels = ["a", None, "b", "", "a"]
    words = texts(gmmfit.plot([1.0, 2, 3, 4, 5], by=labels))
    assert "group a: 2 rows" in words
    assert "group b: 1 row," in words


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(gmmfit.DataError, match="'group' has 13 different labels: a picture shows 12"):
        gmmfit.plot(np.arange(13.0), by=[str(i) for i in range(13)])


def test_no_bar_is_cut_off_where_a_later_group_is_higher() -> None:
    values = np.concatenate([np.linspace(0, 10, 50), np.full(200, 5.0)])
    figure = gmmfit.plot(values, by=["a"] * 50 + ["b"] * 200)
    _, *apart, _ = figure.axes
    for panel in apart:
        densities, _, _ = panel.patches[0].get_data()  # type: ignore[attr-defined]
        assert panel.get_ylim()[1] > densities.max()
    assert apart[0].get_ylim() == apart[1].get_ylim()
