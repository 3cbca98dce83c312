"""What a loop over files needs: each fit in a line or in rows that tell what they are of, and iterations when asked."""

import json
from pathlib import Path
from statistics import NormalDist

import pytest

from gmmfit import Mixture
from gmmfit.cli.main import run
from tests.samples import HEIGHTS_MODEL, SAMPLES

HEIGHTS = str(SAMPLES / "heights.csv")


def test_a_fit_in_a_line_is_the_fit_in_many(capfd: pytest.CaptureFixture[str]) -> None:
    documents = []
    for kind in ("json", "jsonl"):
        assert run(["fit", HEIGHTS, "-c", "height", "-k", "2", "-f", kind]) == 0
        documents.append(capfd.readouterr().out)
    assert documents[1].count("\n") == 1
    assert json.loads(documents[0]) == json.loads(documents[1])


@pytest.mark.parametrize("kind", ["csv", "tsv"])
@pytest.mark.parametrize("more", [[], ["--noise"], ["--transform", "log"], ["--se", "none"]])
def test_long_rows_tell_what_they_are_of_and_are_a_model(
    kind: str, more: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"long.{kind}"
    assert run(["fit", HEIGHTS, "-c", "height", "-k", "2", "--long", "-o", str(path), *more]) == 0
    assert run(["fit", HEIGHTS, "-c", "height", "-k", "2", *more]) == 0
    result = json.loads(capfd.readouterr().out)
    header, *rows = (line.split("\t" if kind == "tsv" else ",") for line in path.read_text().splitlines())
    assert header[:3] == ["source", "column", "component"]
    assert header[-3:] == ["status", "loglik", "bic"]
    cells = dict(zip(header, rows[0], strict=True))
    fit, component = result["fit"], result["components"][0]
    assert (cells["source"], cells["column"], cells["status"]) == ("heights.csv", "height", "converged")
    assert (float(cells["loglik"]), float(cells["bic"])) == (fit["loglik"], fit["bic"])
    assert float(cells["mean"]) == component["mean"][0]
    if "--se" in more:
        assert cells["se_mean"] == cells["low_sd_interval"] == ""  # as in the rows of others
    else:
        assert float(cells["se_mean"]) == component["standard_errors"]["mean"][0]
        ends = component["intervals"]["sd"][0]
        assert [float(cells[f"{end}_sd_interval"]) for end in ("low", "high")] == ends
    assert run(["score", HEIGHTS, "-m", str(path), "-c", "height", "--summary", "-f", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["loglik"] == pytest.approx(fit["loglik"], abs=1e-8)


def test_long_of_several_columns_and_of_a_sheet(tmp_path: Path) -> None:
    for table, columns, sheet in (("iris_labels.csv", "1,2", ""), ("heights.xlsx", "height", "heights")):
        path = tmp_path / "long.csv"
        assert run(["fit", str(SAMPLES / table), "-c", columns, "-k", "1", "--long", "-q", "-o", str(path)]) == 0
        header = path.read_text().splitlines()[0].split(",")
        assert ("sheet" in header) == bool(sheet)


def test_long_is_for_rows(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS, "-c", "height", "-k", "1", "--long"]) == 2
    assert "--long is for csv and tsv, not for json, which has all that: leave it out" in capfd.readouterr().err


def test_every_iteration_is_said_when_it_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    command = ["fit", HEIGHTS, "-c", "height", "--init-means", "180,165", "-i", "2", "-t", "0", "-v", "-f", "csv"]
    assert run(command) == 0
    said = [line for line in capfd.readouterr().err.splitlines() if "iteration" in line]
    assert len(said) == 3
    assert "iteration 0: log-likelihood -3419.493148; weights 0.41006 0.58994; means 180 165; sds 5.0717" in said[0]
    assert run(["fit", str(SAMPLES / "iris_labels.csv"), "-c", "1,2", "-k", "1", "-v"]) == 0
    assert "iteration 0: log-likelihood" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["fit", HEIGHTS, "-k", "2", "--components", "3"], "--components"),
        (["fit", HEIGHTS, "-o", "a.json", "-o", "b.json"], "--output"),
        (["score", HEIGHTS, "-m", "a", "--decimal", ",", "--decimal", "."], "--decimal"),
        (["simulate", "--seed", "1", "--seed", "1"], "--seed"),
        (["plot", HEIGHTS, "--bins", "3", "--bins", "4"], "--bins"),
    ],
)
def test_an_option_of_one_value_is_given_once(
    command: list[str], option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 2
    assert f"{option} is given 2 times: give it once" in capfd.readouterr().err


def test_a_quantile_of_one_component_is_that_of_its_normal_distribution(capfd: pytest.CaptureFixture[str]) -> None:
    model = Mixture.from_json(Path(HEIGHTS_MODEL).read_text())
    for k in (1, 2):
        command = ["score", "-m", HEIGHTS_MODEL, "--quantiles", ".95", "--component", str(k), "-f", "json"]
        assert run(command) == 0
        [row] = json.loads(capfd.readouterr().out)
        mean, sd = float(model.means[k - 1, 0]), float(model.sds[k - 1, 0])
        assert row["quantile"] == pytest.approx(NormalDist(mean, sd).inv_cdf(0.95))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--quantiles", ".5", "--component", "3"], "--component is 3; the mixture has 2, counted from 1"),
        ([HEIGHTS, "--component", "1"], "--component is for --quantiles: leave out --component"),
    ],
)
def test_a_component_is_one_of_those_there_are(
    options: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "-m", HEIGHTS_MODEL, *options]) in (1, 2)
    assert message in capfd.readouterr().err


def test_a_cut_off_of_one_component_is_said_to_be_a_quantile(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS, "-k", "1", "--cutoff", ".9"]) == 0
    assert "one component has no cut-off" in capfd.readouterr().err
