"""gmmfit plot, and what fit draws."""

from pathlib import Path

import pytest

from gmmfit.cli.main import run
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV, HEIGHTS_MODEL


def test_every_kind_is_drawn_from_files(tmp_path: Path) -> None:
    model, steps, both = (str(tmp_path / name) for name in ("m.json", "s.csv", "b.csv"))
    fast = ["--starts", "10", "-q"]
    run(["fit", FAITHFUL_CSV, "-c", "waiting", "-k", "1-2", "-o", model, "--history", steps, *fast])
    run(["fit", FAITHFUL_CSV, "-c", "eruptions,waiting", "-k", "2", "-o", both, *fast])
    for kind, arguments in {
        "density": [FAITHFUL_CSV, "-m", model],
        "cdf": [FAITHFUL_CSV, "-m", model],
        "qq": [FAITHFUL_CSV, "-m", model],
        "ellipses": [FAITHFUL_CSV, "-m", both],
        "criteria": ["-m", model],
        "history": [steps],
        "labels": [HEIGHTS_CSV, "-c", "height", "--by", "sex"],
    }.items():
        picture = tmp_path / f"{kind}.png"
        assert run(["plot", *arguments, "--kind", kind, "-o", str(picture), "--dpi", "40"]) == 0
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_history_is_the_same_picture_from_any_file_that_fit_writes(here: Path) -> None:
    """What is read from each file, in each layout, is compared in test_history."""
    pictures = set()
    for steps, layout in (("steps.csv", "wide"), ("steps.json", "long"), ("steps.xlsx", "wide")):
        inits = ["--init-means", "160,180", "-i", "5", "-t", "0", "-q", "--history-layout", layout]
        run(["fit", HEIGHTS_CSV, *inits, "--history", steps, "-o", "m.json"])
        assert run(["plot", steps, "--kind", "history", "-o", "steps.svg"]) == 0
        pictures.add((here / "steps.svg").read_bytes())
    assert len(pictures) == 1


def test_a_history_in_place_of_the_model_shows_em_at_work(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inits = ["--init-means", "160,180", "-i", "5", "-t", "0", "-q"]
    run(["fit", HEIGHTS_CSV, "-c", "height", *inits, "--history", "steps.csv", "-o", "m.json"])
    rows = ["plot", HEIGHTS_CSV, "-c", "height", "-m", "steps.csv"]
    for name, beginning in (("em.png", b"\x89PNG"), ("em.gif", b"GIF89a"), ("em.html", b"<!DOCTYPE html>")):
        assert run([*rows, "-o", name, "--iterations", "0,5"]) == 0
        assert (here / name).read_bytes().startswith(beginning)
    assert run([*rows, "--iterations", "0-2"]) == 0
    shown = capsys.readouterr().out
    assert [f"iteration {n}:" in shown for n in range(4)] == [True, True, True, False]
    assert run(["plot", "steps.csv", "--kind", "history"]) == 0
    assert "log-likelihood" in capsys.readouterr().out


def test_fit_draws_what_plot_draws(tmp_path: Path) -> None:
    model, one, other = (str(tmp_path / name) for name in ("m.json", "one.svg", "other.svg"))
    assert run(["fit", HEIGHTS_CSV, "-k", "2", "--starts", "10", "-q", "-o", model, "--plot", one]) == 0
    assert run(["plot", HEIGHTS_CSV, "-m", model, "-o", other]) == 0
    assert Path(one).read_bytes() == Path(other).read_bytes()


def test_a_picture_goes_through_a_pipe(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["plot", "-m", HEIGHTS_MODEL, "-f", "svg"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<?xml")


def test_size_and_title_are_taken(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    run(["plot", "-m", HEIGHTS_MODEL, "-o", str(picture), "--size", "4,3", "--dpi", "50", "--title", "heights"])
    assert int.from_bytes(picture.read_bytes()[16:20]) == 200
    assert int.from_bytes(picture.read_bytes()[20:24]) == 150


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", HEIGHTS_MODEL, "--kind", "cdf"], "cdf is not drawn in characters: add --output FILE, such as cdf.png"),
        (["-m", HEIGHTS_MODEL, "-o", "x.bmp"], "no format for .bmp files"),
        (["-m", HEIGHTS_MODEL, "-o", "x.png", "--size", "4"], "width and height in inches"),
        (["-m", HEIGHTS_MODEL, "-o", "x.png", "--size", "400,1"], "width and height in inches"),
        (
            ["-m", HEIGHTS_MODEL, "-o", "x.png", "--kind", "criteria"],
            "a --model that was chosen from several: fit -k 1-6",
        ),
        (["-m", HEIGHTS_MODEL, "--by", "sex"], "without DATA the model is drawn alone: leave out --by"),
        (
            ["-m", HEIGHTS_MODEL, "-c", "x", "--sheet", "2"],
            "without DATA the model is drawn alone: leave out --column, --sheet",
        ),
        (["-m", HEIGHTS_MODEL, "--size", "4,3"], "a picture in characters has none of that: leave out --size"),
        (["--kind", "criteria", "-o", "x.png"], "name it with --model"),
        ([HEIGHTS_CSV, "-m", HEIGHTS_MODEL, "--kind", "criteria", "-o", "x.png"], "the model's alone: leave out DATA"),
        (["-m", "-", "-"], "DATA and the model can't both be standard input"),
        ([HEIGHTS_CSV, "-c", "height", "--kind", "labels"], "name the column of their labels with --by"),
        (
            [HEIGHTS_CSV, "-m", HEIGHTS_MODEL, "-o", "x.png", "--kind", "history"],
            "writes it, is drawn alone: leave out --model",
        ),
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
    assert run(["fit", HEIGHTS_CSV, "-k", "2", "-q", "-o", str(model), "--plot", str(tmp_path / "no" / "p.png")]) == 1
    assert "can't write" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("places", [["-o", "a.svg", "--plot", "a.svg"], ["--history", "a.svg", "--plot", "a.svg"]])
def test_two_results_in_one_place_are_refused(places: list[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "-k", "2", "-f", "json", *places]) == 2


def test_a_history_in_place_of_data_is_drawn_as_one(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    inits = ["--init-means", "160,180", "-i", "3", "-t", "0", "-q"]
    run(["fit", HEIGHTS_CSV, *inits, "--history", "s.csv", "-o", "m.json"])
    assert run(["plot", "s.csv"]) == 0
    assert capfd.readouterr().out.startswith("log-likelihood")
    text = (here / "s.csv").read_text()
    (here / "t.csv").write_text("\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()))
    assert run(["plot", "t.csv"]) == 2
    assert "t.csv is a history: add --kind history" in capfd.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_workbook_of_a_fit_has_its_model_and_its_history() -> None:
    run(["fit", FAITHFUL_CSV, "-c", "waiting", "-k", "1-2", "-o", "fit.xlsx", "-q"])
    assert run(["plot", "fit.xlsx", "--kind", "history", "-o", "history.png"]) == 0
    assert run(["plot", "-m", "fit.xlsx", "--kind", "criteria", "-o", "criteria.png"]) == 0
    assert run(["plot", FAITHFUL_CSV, "-m", "fit.xlsx"]) == 0


@pytest.mark.parametrize("chunks", [[], ["--chunk-rows", "50"]])
def test_columns_that_a_picture_has_no_room_for_are_refused_before_the_fit(
    chunks: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ",".join("abcdefghi")
    run(["simulate", "--random", "-k", "2", "-c", names, "-n", "100", "--seed", "1", "-q", "-o", "t.csv"])
    assert run(["fit", "t.csv", "-c", names, "-k", "2", "--plot", "p.png", *chunks]) == 2
    assert "a picture has at most 8 columns: leave --plot out" in capfd.readouterr().err
    assert not (here / "p.png").exists()
