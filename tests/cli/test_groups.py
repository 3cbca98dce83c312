"""Many fits as commands: what one writes the next takes, by groups, columns and files."""

import csv
import json
from pathlib import Path
from typing import Any

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


def test_a_summary_has_a_record_a_group(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", "fits.jsonl"])
    fits = {one["group"]["sex"]: one for one in map(json.loads, (here / "fits.jsonl").read_text().splitlines())}
    assert run(["score", HEIGHTS_CSV, "-m", "fits.jsonl", "--summary", "-f", "csv", "-o", "summary.csv"]) == 0
    for row in records(here / "summary.csv"):
        assert float(row["loglik"]) == pytest.approx(fits[row["sex"]]["fit"]["loglik"], rel=1e-12)
        assert int(row["n"]) == fits[row["sex"]]["fit"]["n"]
    assert run(["score", HEIGHTS_CSV, "-m", "fits.jsonl", "--summary", "-f", "table"]) == 0
    assert capfd.readouterr().out.splitlines()[0].split() == ["sex", "n", "n_missing", "loglik", "mean_loglik"]
    assert run(["score", HEIGHTS_CSV, "-m", "fits.jsonl", "--truth", "sex"]) == 2
    assert run(["score", HEIGHTS_CSV, "-m", "fits.jsonl", "-m", "fits.jsonl", "--summary"]) == 2
    run(["fit", FAITHFUL_CSV, "--each", *FAST, "-o", "each.jsonl"])
    assert run(["score", FAITHFUL_CSV, "-m", "each.jsonl", "--summary", "-o", "each.csv"]) == 0
    assert [row["column"] for row in records(here / "each.csv")] == ["eruptions", "waiting"]


def test_rows_of_groups_without_a_model_have_empty_cells(here: Path) -> None:
    (here / "t.csv").write_text("g,x\n" + "".join(f"a,{x}\n" for x in range(9)) + "b,1\nb,2\n,5\n")
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "3", "-q", "-o", "fits.jsonl"]) == 0
    documents = [json.loads(line) for line in (here / "fits.jsonl").read_text().splitlines()]
    assert ["error" in document for document in documents] == [False, True]
    assert run(["score", "t.csv", "-m", "fits.jsonl", "-o", "scored.csv"]) == 0
    assert [row["component"] == "" for row in records(here / "scored.csv")] == [False] * 9 + [True] * 3
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "3", "-q", "-o", "fits.csv"]) == 0
    assert run(["score", "t.csv", "-m", "fits.csv", "-o", "again.csv"]) == 0
    assert [row["component"] for row in records(here / "again.csv")] == [
        row["component"] for row in records(here / "scored.csv")
    ]
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
    run(["simulate", "--random", "-k", "2", "-c", "a,b", "-n", "90", "--labels", "--seed", "1", "-q", "-o", "two.csv"])
    assert run(["fit", "two.csv", "-c", "a,b", "--by", "component", "-k", "1", "-f", "table", "-q"]) == 0
    assert capfd.readouterr().out.splitlines()[1].endswith("1.000")


def test_an_empty_file_and_one_in_another_encoding_are_no_models(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "empty.jsonl").write_text("")
    (here / "latin.jsonl").write_bytes(b'{"group": {"a": "\xe9"}}\n{"group": {"a": "b"}}\n')
    assert run(["simulate", "-m", "empty.jsonl"]) == 1
    assert run(["simulate", "-m", "latin.jsonl"]) == 1
    said = capfd.readouterr().err
    assert "model empty.jsonl: empty" in said
    assert "model latin.jsonl is not UTF-8" in said


def test_each_group_is_scored_as_its_own_rows_were_recorded(here: Path) -> None:
    rng = np.random.default_rng(1)
    steps = {"a": 1.0, "b": 0.1, "c": 0.5}
    rows = [(name, round(value / step) * step) for name, step in steps.items() for value in rng.normal(10, 2, 50)]
    pd.DataFrame(rows, columns=["g", "x"]).to_csv(here / "t.csv", index=False)
    run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "--rounded", "auto", "-q", "-o", "fits.jsonl"])
    run(["score", "t.csv", "-m", "fits.jsonl", "-o", "scored.csv"])
    found = pd.read_csv(here / "scored.csv")
    for line in (here / "fits.jsonl").read_text().splitlines():
        group = json.loads(line)["group"]["g"]
        (here / "one.json").write_text(line)
        found[found["g"] == group][["g", "x"]].to_csv(here / "one.csv", index=False)
        document = json.loads(line)
        del document["group"]
        (here / "one.json").write_text(json.dumps(document, indent=1))
        run(["score", "one.csv", "-m", "one.json", "-o", "alone.csv", "-q"])
        alone = pd.read_csv(here / "alone.csv")
        np.testing.assert_allclose(found[found["g"] == group]["log_density"], alone["log_density"], rtol=1e-9)


def test_a_group_without_usable_rows_is_left_out_of_scores_and_pictures(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", "fits.jsonl"])
    (here / "t.csv").write_text("sex,height\nF,160\nF,170\nM,\n")
    assert run(["score", "t.csv", "-m", "fits.jsonl", "--only-new", "-o", "scored.csv"]) == 0
    assert "sex = M: no usable rows" in capfd.readouterr().err
    assert [row["component"] == "" for row in records(here / "scored.csv")] == [False, False, True]
    assert run(["plot", "t.csv", "-m", "fits.jsonl", "-o", "p.svg"]) == 0
    assert "sex = M" not in (here / "p.svg").read_text()


@pytest.mark.parametrize("name", ["status", "weight", "component", "n", "column"])
def test_groups_of_a_column_that_results_have_too_are_json_lines(
    name: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text(f"{name},x\n" + "".join(f"{'ab'[x % 2]},{x}\n" for x in range(9)))
    assert run(["fit", "t.csv", "-c", "x", "--by", name, "-k", "1", "-q", "-o", "o.csv"]) == 1
    assert f"the results have a column '{name}' of their own" in capfd.readouterr().err
    assert not (here / "o.csv").exists()
    assert run(["fit", "t.csv", "-c", "x", "--by", name, "-k", "1", "-q", "-o", "o.jsonl"]) == 0
    assert run(["score", "t.csv", "-m", "o.jsonl", "-o", "s.csv"]) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines, lines[0]], "the group sex = M is there twice"),
        (lambda lines: [lines[0], lines[1].replace('"sex"', '"gender"', 1)], "made by sex, and by gender"),
        (lambda lines: [lines[0], lines[1].replace('"F"', '"\\ud800"', 1)], '"group" must have a text'),
    ],
)
def test_a_file_of_groups_that_was_edited_is_looked_at(
    change: Any, said: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", "fits.jsonl"])
    lines = (here / "fits.jsonl").read_text().splitlines()
    (here / "edited.jsonl").write_text("\n".join(change(lines)))
    for command in (["score", HEIGHTS_CSV], ["simulate"], ["plot"]):
        assert run([*command, "-m", "edited.jsonl"]) == 1
        assert said in capfd.readouterr().err


def test_files_that_are_groups_are_there_once_and_group_alike(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "a.csv").write_text("g,x\na,1\na,2\nb,4\nb,5\n")
    (here / "b.csv").write_text("h,x\na,1\na,2\nb,4\nb,5\n")
    (here / "none.csv").write_text("g,x\n,1\n,2\n")
    for arguments, said in (
        (["a.csv", "a.csv", "--by", "file"], "a.csv is named twice"),
        (["a.csv", "b.csv", "--by", "file,1"], "groups are made by file, g in a.csv, and by file, h in b.csv"),
        (["a.csv", "b.csv", "--by", "1"], "tables are pooled that have the same"),
        (["none.csv", "--by", "g"], "no row of none.csv is in a group"),
        (["a.csv", "--by", "g", "--share", "sds", "--long", "-f", "jsonl"], "--long is for csv and tsv"),
        (["a.csv", "--share", "sds"], "--share is for groups: name them by --by"),
    ):
        assert run(["fit", *arguments, "-c", "x", "-k", "1", "-o", "o.jsonl"]) in (1, 2)
        assert said in capfd.readouterr().err
        assert not (here / "o.jsonl").exists()
    (here / "texts.csv").write_text("g,h\na,b\nb,c\n")
    assert run(["fit", "texts.csv", "--by", "g", "--each", "-k", "1"]) == 1
    assert "texts.csv has no numeric column to fit" in capfd.readouterr().err
    assert run(["fit", "a.csv", "none", "--by", "file,g", "-c", "x", "-k", "1", "-q", "-f", "csv"]) == 0
    assert capfd.readouterr().out.splitlines()[0].startswith("file,g,component,")


@pytest.mark.parametrize("command", [["score"], ["plot", "-o", "p.svg"]])
def test_rows_of_other_groups_are_refused_with_the_groups_that_there_are(
    command: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", *FAST, "-o", "fits.jsonl"])
    (here / "t.csv").write_text("sex,height\nX,160\nX,170\n")
    assert run([*command, "t.csv", "-m", "fits.jsonl"]) == 1
    assert "no usable row of t.csv is of a group that has a model\n  Groups: sex = M; sex = F" in capfd.readouterr().err
