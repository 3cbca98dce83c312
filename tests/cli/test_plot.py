"""gmmfit plot, and what fit draws."""

from pathlib import Path

import pytest

from gmmfit.cli.main import run
from tests.samples import SAMPLES

HEIGHTS, MODEL = str(SAMPLES / "heights.csv"), str(SAMPLES / "heights_model.json")
FAITHFUL = str(SAMPLES / "old_faithful.csv")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_kind_is_drawn_from_files(tmp_path: Path) -> None:
    model, steps, both = (str(tmp_path / name) for name in ("m.json", "s.csv", "b.csv"))
    fast = ["--starts", "10", "-q"]
    run(["fit", FAITHFUL, "-c", "waiting", "-k", "1-2", "-o", model, "--history", steps, *fast])
    run(["fit", FAITHFUL, "-c", "eruptions,waiting", "-k", "2", "-o", both, *fast])
    for kind, arguments in {
        "density": [FAITHFUL, "-m", model],
        "cdf": [FAITHFUL, "-m", model],
        "qq": [FAITHFUL, "-m", model],
        "ellipses": [FAITHFUL, "-m", both],
        "criteria": ["-m", model],
        "history": [steps],
        "labels": [HEIGHTS, "-c", "height", "--by", "sex"],
    }.items():
        picture = tmp_path / f"{kind}.png"
        assert run(["plot", *arguments, "--kind", kind, "-o", str(picture)]) == 0
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "jsonl", "xlsx"])
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_history_is_drawn_from_any_file_that_fit_writes(extension: str, layout: str, tmp_path: Path) -> None:
    pictures = []
    for name in ("first.csv", f"second.{extension}"):
        steps, picture = str(tmp_path / name), tmp_path / f"{name}.svg"
        way = "wide" if name == "first.csv" else layout
        inits = ["--init-means", "160,180", "-i", "5", "-t", "0", "-q", "--history-layout", way]
        run(["fit", HEIGHTS, *inits, "--history", steps, "-o", str(tmp_path / "m.json")])
        assert run(["plot", steps, "--kind", "history", "-o", str(picture)]) == 0
        pictures.append(picture.read_bytes())
    assert pictures[0] == pictures[1]


def test_fit_draws_what_plot_draws(tmp_path: Path) -> None:
    model, one, other = (str(tmp_path / name) for name in ("m.json", "one.svg", "other.svg"))
    assert run(["fit", HEIGHTS, "-k", "2", "-q", "-o", model, "--plot", one]) == 0
    assert run(["plot", HEIGHTS, "-m", model, "-o", other]) == 0
    assert Path(one).read_bytes() == Path(other).read_bytes()


def test_a_picture_goes_through_a_pipe(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["plot", "-m", MODEL, "-f", "svg"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<?xml")


def test_size_and_title_are_taken(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    run(["plot", "-m", MODEL, "-o", str(picture), "--size", "4,3", "--dpi", "50", "--title", "heights"])
    assert int.from_bytes(picture.read_bytes()[16:20]) == 200
    assert int.from_bytes(picture.read_bytes()[20:24]) == 150


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", MODEL, "--kind", "cdf"], "cdf is not drawn in characters: add --output FILE, such as cdf.png"),
        (["-m", MODEL, "-o", "x.gif"], "no format for .gif files"),
        (["-m", MODEL, "-o", "x.png", "--size", "4"], "width and height in inches"),
        (["-m", MODEL, "-o", "x.png", "--size", "400,1"], "width and height in inches"),
        (
            ["-m", MODEL, "-o", "x.png", "--kind", "criteria"],
            "a --model that was chosen from several: fit -k 1-6",
        ),
        (["-m", MODEL, "--by", "sex"], "without DATA the model is drawn alone: leave out --by"),
        (
            ["-m", MODEL, "-c", "x", "--sheet", "2"],
            "without DATA the model is drawn alone: leave out --column, --sheet",
        ),
        (["-m", MODEL, "--size", "4,3"], "a picture in characters has none of that: leave out --size"),
        (["--kind", "criteria", "-o", "x.png"], "name it with --model"),
        ([HEIGHTS, "-m", MODEL, "--kind", "criteria", "-o", "x.png"], "the model's alone: leave out DATA"),
        (["-m", "-", "-"], "DATA and the model can't both be standard input"),
        ([HEIGHTS, "-c", "height", "--kind", "labels"], "name the column of their labels with --by"),
        ([HEIGHTS, "-m", MODEL, "-o", "x.png", "--kind", "history"], "a history is drawn alone: leave out --model"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str], here: Path
) -> None:
    assert run(["plot", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert list(here.iterdir()) == []


def test_a_failed_picture_leaves_no_result_and_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.json"
    assert run(["fit", HEIGHTS, "-k", "2", "-q", "-o", str(model), "--plot", str(tmp_path / "no" / "p.png")]) == 1
    assert "can't write" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("places", [["-o", "a.svg", "--plot", "a.svg"], ["--history", "a.svg", "--plot", "a.svg"]])
def test_two_results_in_one_place_are_refused(places: list[str]) -> None:
    assert run(["fit", HEIGHTS, "-k", "2", "-f", "json", *places]) == 2


def test_a_history_that_is_taken_for_data_is_told_apart(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", HEIGHTS, "--init-means", "160,180", "-i", "3", "-t", "0", "-q", "--history", "s.csv", "-o", "m.json"])
    assert run(["plot", "s.csv"]) == 2
    assert "s.csv is a history: add --kind history" in capfd.readouterr().err
    assert (here / "s.csv").exists()


@pytest.mark.usefixtures("here")
def test_a_workbook_of_a_fit_has_its_model_and_its_history() -> None:
    run(["fit", FAITHFUL, "-c", "waiting", "-k", "1-2", "-o", "fit.xlsx", "-q"])
    assert run(["plot", "fit.xlsx", "--kind", "history", "-o", "history.png"]) == 0
    assert run(["plot", "-m", "fit.xlsx", "--kind", "criteria", "-o", "criteria.png"]) == 0
    assert run(["plot", FAITHFUL, "-m", "fit.xlsx"]) == 0


@pytest.mark.parametrize("chunks", [[], ["--chunk-rows", "50"]])
def test_columns_that_a_picture_has_no_room_for_are_refused_before_the_fit(
    chunks: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ",".join("abcdefghi")
    run(["simulate", "--random", "-k", "2", "-c", names, "-n", "100", "--seed", "1", "-q", "-o", "t.csv"])
    assert run(["fit", "t.csv", "-c", names, "-k", "2", "--plot", "p.png", *chunks]) == 2
    assert "a picture has at most 8 columns: leave --plot out" in capfd.readouterr().err
    assert not (here / "p.png").exists()
