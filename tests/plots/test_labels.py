"""Histograms of groups."""

import csv

import numpy as np
import pytest

import gmmfit
from tests.data_files import SAMPLES
from tests.plots.pictures import FITTED, HEIGHTS, texts

with (SAMPLES / "heights.csv").open(newline="") as stream:
    SEX = [row["sex"] for row in csv.DictReader(stream)]
TABLE = {**HEIGHTS, "sex": np.array(SEX)}


def test_each_group_has_a_histogram_whose_area_is_its_share() -> None:
    figure = gmmfit.plot(TABLE, FITTED, kind="labels", by="sex")
    _, shares, *apart = figure.axes
    assert [label.get_text() for label in shares.get_xticklabels()] == ["F", "M"]
    for panel, sex, bar in zip(apart, ("F", "M"), shares.patches, strict=True):
        densities, edges, _ = panel.patches[0].get_data()  # type: ignore[attr-defined]
        share = np.mean(TABLE["sex"] == sex)
        assert np.sum(densities * np.diff(edges)) == pytest.approx(share)
        assert bar.get_height() == pytest.approx(share)  # type: ignore[attr-defined]
        rows = HEIGHTS["height"][TABLE["sex"] == sex]
        assert f"sex {sex}: {len(rows)} rows, mean {rows.mean():.5g}" in panel.get_title(loc="left")


def test_the_stack_ends_where_the_histogram_of_all_rows_does() -> None:
    stacked = gmmfit.plot(TABLE, column="height", by="sex").axes[0].patches[-1].get_data()  # type: ignore[attr-defined]
    alone = gmmfit.plot(TABLE, column="height").axes[0].patches[0].get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(stacked[0], alone[0])


def test_rows_without_a_label_are_in_no_group() -> None:
    labels = ["a", None, "b", "", "a"]
    words = texts(gmmfit.plot([1.0, 2, 3, 4, 5], by=labels))
    assert "group a: 2 rows" in words
    assert "group b: 1 rows" in words


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(gmmfit.DataError, match="'group' has 13 different labels: a picture shows 12"):
        gmmfit.plot(np.arange(13.0), by=[str(i) for i in range(13)])
