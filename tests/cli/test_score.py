"""gmmfit score: known labels, and numbers that fit has too."""

import csv
import json
from pathlib import Path

import pytest

from gmmfit.cli.main import run
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV, HEIGHTS_MODEL, SAMPLES


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


BINS = str(SAMPLES / "old_faithful_bins.csv")
LIMITS = str(SAMPLES / "acidity_below.csv")


def summary_of(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[float, str]:
    """The log-likelihood in the summary of a score, and what was said."""
    capfd.readouterr()
    assert run(["score", *arguments, "--summary", "-f", "json"]) == 0
    out, err = capfd.readouterr()
    return float(json.loads(out)["loglik"]), err


@pytest.mark.parametrize("kind", ["json", "xlsx"])
def test_a_model_remembers_how_its_rows_were_recorded(kind: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = f"m.{kind}"
    said = ["--rounded", "1", "--errors", "2", "--truncated", "40,100"]
    run(["fit", FAITHFUL_CSV, "-c", "waiting", "-k", "2", "-q", *said, "-o", model])
    typed, _ = summary_of(capfd, FAITHFUL_CSV, "-m", model, *said)
    remembered, _ = summary_of(capfd, FAITHFUL_CSV, "-m", model)
    exact, _ = summary_of(capfd, FAITHFUL_CSV, "-m", model, "--rounded", "0", "--errors", "0", "--truncated", ",")
    assert remembered == typed
    assert abs(exact - typed) > 1


def test_of_counts_a_model_knows_that_there_were_some(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    weighted = ["--row-weights", "count"]
    run(["fit", BINS, "--interval", "from,to", "--name", "waiting", *weighted, "-k", "2", "-q", "-o", "m.json"])
    fitted = json.loads((here / "m.json").read_text())["fit"]["loglik"]
    scored, said = summary_of(capfd, BINS, "-m", "m.json", *weighted)
    assert said == ""
    assert scored == pytest.approx(fitted)
    assert (
        "the rows of the model had counts: if these have, name them by --row-weights"
        in summary_of(capfd, BINS, "-m", "m.json")[1]
    )


def test_values_are_scored_under_a_model_of_intervals(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", BINS, "--interval", "from,to", "--name", "waiting", "-k", "1", "-q", "-o", "m.json"])
    by_name, said = summary_of(capfd, FAITHFUL_CSV, "-m", "m.json")
    assert "has values in column 'waiting', and no intervals as the model's rows" in said
    assert summary_of(capfd, FAITHFUL_CSV, "-m", "m.json", "-c", "waiting")[0] == by_name


def test_limits_stay_texts_and_numbers_numbers(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", LIMITS, "--censored", "-k", "2", "-q", "-o", "m.json"])
    capfd.readouterr()
    assert run(["score", LIMITS, "-m", "m.json", "--expected", "-f", "jsonl"]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert rows[0]["acidity"] == "<4.2"
    assert rows[0]["expected_acidity"] < 4.2
    assert rows[-1]["acidity"] == rows[-1]["expected_acidity"]


def test_a_column_of_a_model_of_several_has_its_own_errors(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", FAITHFUL_CSV, "-c", "eruptions,waiting", "--errors", "0.1,3", "-k", "2", "-q", "-o", "m.json"])
    capfd.readouterr()
    assert run(["plot", FAITHFUL_CSV, "-m", "m.json", "-c", "waiting"]) == 0
    assert "272 rows" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('{"interval": [null, null]}', "error: the fit had --interval in an array: give those of these rows"),
        ('{"rounded": []}', '"rows": "rounded" is empty'),
        ('{"truncated": [1]}', '"rows": "truncated" takes the lowest and the highest value'),
        ('"some"', '"rows": it must be an object'),
    ],
)
def test_what_a_model_says_of_rows_is_checked(
    rows: str, message: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    components = '[{"weight": 1, "mean": 70, "sd": 14}]'
    (here / "m.json").write_text(f'{{"columns": ["waiting"], "components": {components}, "rows": {rows}}}')
    assert run(["score", FAITHFUL_CSV, "-m", "m.json"]) in (1, 2)
    assert message in capfd.readouterr().err
