"""gmmfit score: known labels, and numbers that fit has too."""

import csv
import json
from pathlib import Path

import pytest

from gmmfit.cli.main import run
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV, HEIGHTS_MODEL


def test_a_truth_column_with_a_gap_is_compared_on_the_rows_that_have_a_label(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("height,sex,n\n190,,1\n150,F,2\n151,F,3\n152,NA,4\n191,M,5\n153,M,6\n")
    assert run(["score", "t.csv", "-m", HEIGHTS_MODEL, "--truth", "sex", "--row-weights", "n", "-f", "json"]) == 0
    out, err = capfd.readouterr()
    found = json.loads(out)
    assert (found["n"], found["accuracy"], found["counts"]) == (21, 10 / 16, {"F": [5, 0], "M": [6, 5]})
    assert "2 rows without a label in column 'sex': of no group" in err


def test_a_truth_column_without_a_label_is_an_error(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "t.csv").write_text("height,sex\n150,NA\n190,\n")
    assert run(["score", "t.csv", "-m", HEIGHTS_MODEL, "--truth", "sex"]) == 1
    assert "no row has both a known label and a component" in capfd.readouterr().err


def test_columns_that_the_model_does_not_have_are_counted_and_its_own_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["score", FAITHFUL_CSV, "-m", HEIGHTS_MODEL, "-c", "eruptions,waiting"]) == 1
    assert "error: 2 columns for a model of 1: height\n" in capfd.readouterr().err


@pytest.mark.parametrize("components", ["2", "3"])
def test_rows_that_fit_expects_in_the_wrong_component_are_those_that_score_is_not_certain_of(
    components: str, here: Path
) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "-k", components, "--starts", "20", "-q", "-o", "m.json"])
    run(["score", HEIGHTS_CSV, "-m", "m.json", "-q", "-o", "s.csv"])
    rows = list(csv.DictReader((here / "s.csv").read_text().splitlines()))
    doubt = sum(1 - float(row["probability"]) for row in rows) / len(rows)
    assert json.loads((here / "m.json").read_text())["fit"]["misclassified"] == pytest.approx(doubt, rel=1e-9)


def test_columns_are_taken_for_those_of_the_model_by_their_names(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", FAITHFUL_CSV, "-c", "eruptions,waiting", "-k", "2", "--starts", "10", "-q", "-o", "m.json"])
    said = []
    for column in ("eruptions,waiting", "waiting,eruptions"):
        assert run(["score", FAITHFUL_CSV, "-m", "m.json", "-c", column, "--summary", "--digits", "9"]) == 0
        said.append(capfd.readouterr().out)
    assert said[0] == said[1]
