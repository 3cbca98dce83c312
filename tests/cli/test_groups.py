"""Many fits as commands: what one writes the next takes, by groups, columns and files."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gmmfit
from gmmfit.cli.main import run
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV

FAST = ["-k", "2", "--starts", "10", "-q"]


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("extension", ["jsonl", "csv", "tsv", "xlsx"])
def test_each_row_is_scored_under_the_model_of_its_own_group(extension: str, here: Path) -> None:
    models = f"fits.{extension}"
    assert run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", models]) == 0
    assert run(["score", HEIGHTS_CSV, "-c", "height", "-m", models, "--posteriors", "-o", "scored.csv"]) == 0
    heights = pd.read_csv(HEIGHTS_CSV)
    found = pd.read_csv(here / "scored.csv")
    for label, rows in heights.groupby("sex"):
        alone = gmmfit.score(rows, gmmfit.fit(rows, 2, column="height", starts=10))
        of_group = found[found["sex"] == label]
        assert of_group["component"].tolist() == alone.component.tolist()
        # sds are written, and variances were fitted: the last digit may differ
        np.testing.assert_allclose(of_group["log_density"], alone.log_density, rtol=1e-12)
        np.testing.assert_allclose(of_group[["p_1", "p_2"]], alone.posteriors, rtol=1e-9, atol=1e-300)


def test_columns_that_were_fitted_by_themselves_are_scored_side_by_side(here: Path) -> None:
    assert run(["fit", FAITHFUL_CSV, "--each", *FAST, "-o", "fits.jsonl"]) == 0
    assert run(["score", FAITHFUL_CSV, "-m", "fits.jsonl", "--only-new", "-o", "scored.csv"]) == 0
    header = (here / "scored.csv").read_text().splitlines()[0].split(",")
    assert header == [
        f"{new}_{name}" for name in ("eruptions", "waiting") for new in ("component", "probability", "log_density")
    ]


def test_rows_of_groups_without_a_model_have_empty_cells(here: Path) -> None:
    (here / "t.csv").write_text("g,x\n" + "".join(f"a,{x}\n" for x in range(9)) + "b,1\nb,2\n,5\n")
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "3", "-q", "-o", "fits.jsonl"]) == 0
    documents = [json.loads(line) for line in (here / "fits.jsonl").read_text().splitlines()]
    assert ["error" in document for document in documents] == [False, True]
    assert run(["score", "t.csv", "-m", "fits.jsonl", "-o", "scored.csv"]) == 0
    assert [row["component"] == "" for row in records(here / "scored.csv")] == [False] * 9 + [True] * 3
    (here / "none.jsonl").write_text(json.dumps(documents[1]) + "\n")
    assert run(["score", "t.csv", "-m", "none.jsonl"]) == 1


def test_groups_are_drawn_side_by_side_and_simulated(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", "fits.jsonl"])
    for data in ([HEIGHTS_CSV], []):
        assert run(["plot", *data, "-m", "fits.jsonl", "-o", "groups.svg"]) == 0
        text = (here / "groups.svg").read_text()
        assert "sex = F" in text
        assert "sex = M" in text
    assert run(["plot", HEIGHTS_CSV, "-m", "fits.jsonl"]) == 0
    assert capfd.readouterr().out.count("sex = ") == 2
    assert run(["plot", HEIGHTS_CSV, "-m", "fits.jsonl", "--kind", "qq", "-o", "q.png"]) == 2
    assert run(["plot", HEIGHTS_CSV, "-m", "fits.jsonl", "-o", "q.html"]) == 2
    assert run(["simulate", "-m", "fits.jsonl", "-n", "200", "--seed", "1", "-q", "-o", "drawn.csv"]) == 0
    drawn = pd.read_csv(here / "drawn.csv")
    assert drawn["sex"].value_counts().to_dict() == {"F": 200, "M": 200}
    assert drawn.groupby("sex")["height"].mean().round().to_dict() == pytest.approx({"F": 163, "M": 176}, abs=2)
    assert run(["simulate", "-m", "fits.jsonl", "-n", "1", "--seed", "1", "--means", "1"]) == 2


def test_columns_are_simulated_side_by_side_and_fitted_again(here: Path) -> None:
    run(["fit", FAITHFUL_CSV, "--each", *FAST, "-o", "fits.jsonl"])
    assert run(["simulate", "-m", "fits.jsonl", "-n", "50", "--labels", "--seed", "1", "-q", "-o", "drawn.csv"]) == 0
    header = (here / "drawn.csv").read_text().splitlines()[0]
    assert header == "component_eruptions,eruptions,component_waiting,waiting"
    assert run(["fit", "drawn.csv", "-c", "eruptions,waiting", "--each", *FAST, "-f", "csv", "-o", "again.csv"]) == 0
    assert [row["column"] for row in records(here / "again.csv")] == ["eruptions"] * 2 + ["waiting"] * 2


def test_several_tables_without_groups_are_one(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    heights = pd.read_csv(HEIGHTS_CSV)
    heights[:400].to_csv(here / "part_1.csv", index=False)
    heights[400:].to_csv(here / "part_2.csv", index=False)
    for data in (["part_1.csv", "part_2.csv"], ["part_*.csv"], [HEIGHTS_CSV]):
        assert run(["fit", *data, "-c", "height", *FAST, "-f", "csv"]) == 0
    one, other, whole = (text for text in capfd.readouterr().out.split("component,")[1:])
    assert one == other == whole
    assert run(["fit", "part_*.csv", "-c", "height", "--by", "file", *FAST, "-f", "table"]) == 0
    assert capfd.readouterr().out.count("part_") == 2
    assert run(["fit", "part_1.csv", "part_2.csv", "-c", "height", "--chunk-rows", "9", "-k", "1"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "x"], "no column 'x'"),
        (["--by", "sex", "-o", "fits.json"], "many fits are no json: name the output .jsonl"),
        (["--by", "sex", "-o", "fits.html"], "no format for .html files"),
        (["--by", "sex", "--plot", "p.png"], "this is of a single fit: leave out --plot"),
    ],
)
def test_what_many_fits_do_not_have_is_said(
    arguments: list[str], said: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["fit", HEIGHTS_CSV, "-c", "height", "-k", "1", *arguments]) in (1, 2)
    assert said in capfd.readouterr().err


def test_a_table_fits_the_terminal_and_names_failures(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "t.csv").write_text("g,x\n" + "".join(f"a,{x}\n" for x in range(9)) + "b,1\n")
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "-f", "table", "-q"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == ["g", "rows", "status", "BIC"]
    assert "failed" in lines[2]
