"""What one command writes, the next one reads: each pair that a person would type."""

from pathlib import Path

import pytest

from gmmfit.cli.main import run
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV

TABLES = ("csv", "tsv", "jsonl", "xlsx")
FAST = "--starts 10 -q"
pytestmark = pytest.mark.usefixtures("here")


def typed(*lines: str) -> None:
    """Type command lines, of which each has to end well."""
    for line in lines:
        assert run(line.split()) == 0, line


@pytest.mark.parametrize("extension", TABLES)
@pytest.mark.parametrize("options", ["--labels", "--digits 3 --labels --label-names a,b", "--exact-counts"])
def test_what_simulate_writes_is_fitted_scored_and_drawn(extension: str, options: str, here: Path) -> None:
    typed(
        f"simulate --means 160,180 --sds 6,7 -n 300 --seed 1 -c height {options} --save-model truth.json -o "
        f"t.{extension}",
        f"fit t.{extension} -c height -k 2 -o m.json {FAST}",
        f"score t.{extension} -m m.json -q -o s.csv",
        f"plot t.{extension} -m truth.json",
    )
    if "label" in options:
        typed(
            f"fit t.{extension} -c height --init-by component -q -o m.json",
            f"score t.{extension} -m m.json --truth component -q -o agreement.json",
            f"plot t.{extension} -c height --by component -q",
        )
    assert len((here / "s.csv").read_text().splitlines()) == 301


@pytest.mark.parametrize("extension", [*TABLES, "json"])
def test_what_score_writes_is_fitted_scored_and_drawn(extension: str) -> None:
    typed(
        f"fit {HEIGHTS_CSV} -c height -k 2 -o m.json {FAST}",
        f"score {HEIGHTS_CSV} -m m.json --posteriors -o s.{extension}",
        f"fit s.{extension} -c height --init-by component -q -o again.json",
        f"score s.{extension} -m m.json -q -o again.csv",
        f"plot s.{extension} -c height --by component -q",
    )


@pytest.mark.parametrize("columns", ["waiting", "eruptions,waiting"])
@pytest.mark.parametrize("extension", ["json", "csv", "tsv", "xlsx"])
@pytest.mark.parametrize("digits", ["", "--digits 3"])
def test_a_model_that_fit_writes_is_scored_drawn_simulated_and_started_from(
    columns: str, extension: str, digits: str
) -> None:
    model = f"m.{extension}"
    typed(
        f"fit {FAITHFUL_CSV} -c {columns} -k 2 -o {model} {digits} {FAST}",
        f"score {FAITHFUL_CSV} -m {model} -c {columns} -o s.csv",
        f"plot {FAITHFUL_CSV} -m {model} -c {columns}",
        f"simulate -m {model} -n 10 -q -o t.csv",
        f"fit {FAITHFUL_CSV} -c {columns} --init {model} -q -o again.{extension}",
    )


@pytest.mark.parametrize("fitted", ["-k 1", "-k 2", "-k 2 -i 0", "-k 2 -i 3 -t 0", "-k 1-2", "-k 2 --no-accelerate"])
@pytest.mark.parametrize(("columns", "layout"), [("waiting", "long"), ("eruptions,waiting", "wide")])
def test_a_history_is_drawn_however_a_fit_went(fitted: str, columns: str, layout: str) -> None:
    typed(
        f"fit {FAITHFUL_CSV} -c {columns} {fitted} --history h.csv --history-layout {layout} -o m.json {FAST}",
        "plot h.csv --kind history -o h.svg",
    )


def test_a_history_in_which_no_gain_is_above_rounding_is_drawn(here: Path) -> None:
    (here / "h.csv").write_text("iteration,loglik,gain,mean_1\n0,-9,,1\n1,-9,-1e-15,1\n2,-9,1e-15,1\n3,-9,0,1\n")
    typed("plot h.csv --kind history -o h.svg")


def test_digits_that_leave_no_mixture_are_refused(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fitted = ["fit", FAITHFUL_CSV, "-c", "eruptions,waiting", "-k", "1", *FAST.split()]
    assert run([*fitted, "--digits", "1", "-o", "m.csv"]) == 1
    assert "cut to so few digits this is no mixture any more" in capfd.readouterr().err
    assert not (here / "m.csv").exists()
    assert run([*fitted, "--digits", "3", "-o", "m.csv"]) == 0


@pytest.mark.parametrize("where", ["-o", "--history", "--plot"])
def test_a_folder_is_no_place_for_a_result(where: str, capfd: pytest.CaptureFixture[str]) -> None:
    for folder in ("/", ".", ".."):
        assert run(["fit", HEIGHTS_CSV, "-c", "height", where, folder, "-f", "json", "-k", "2", *FAST.split()]) == 1
        assert f"can't write '{folder}'" in capfd.readouterr().err
