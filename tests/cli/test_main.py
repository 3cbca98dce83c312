"""What all commands share: start-up, statuses, errors."""

import subprocess
import sys

import pytest

from gmmfit import DataError, fit
from gmmfit.cli import fit as fit_module
from gmmfit.cli.main import COMMANDS, INTERRUPTED, run
from gmmfit.cli.talk import Progress
from gmmfit.fitting.result import Step
from gmmfit.model.mixture import Mixture
from tests.data_files import SAMPLES, columns

HEIGHTS = str(SAMPLES / "heights.csv")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["fit", "--help"], ["score", "-h"], ["simulate", "-h"], ["fit", "--x"]]
)
def test_help_and_usage_errors_come_without_numpy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gmmfit", *arguments], capture_output=True, text=True, check=False
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "click" in imported
    assert not imported & {"numpy", "pandas", "openpyxl"}


def test_the_bare_command_prints_its_help_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    err = capsys.readouterr().err
    assert all(words in err for words in ["Usage: gmmfit", *COMMANDS])


def test_the_version_names_what_gmmfit_runs_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-V"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("gmmfit ")
    assert [word.split()[0] for word in second.split(", ")] == ["python", "numpy", "pandas", "click", "openpyxl"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "nothing.csv", "-k", "2"],
        ["fit", HEIGHTS, "-c", "nothing", "-k", "2"],
        ["score", HEIGHTS, "-m", "nothing.json"],
        ["simulate", "-m", HEIGHTS],
    ],
)
def test_an_error_is_said_with_the_commands_name_and_prints_nothing(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"gmmfit {arguments[0]}: error: ")


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fit_module, "read_data", broken)
    with pytest.raises(ZeroDivisionError):
        run(["fit", HEIGHTS, "-k", "2"])


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_module, "read_data", interrupted)
    assert run(["fit", HEIGHTS, "-k", "2"]) == INTERRUPTED


def test_quiet_leaves_only_errors(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS, "-k", "2", "-i", "3", "-q"]) == 0
    assert capfd.readouterr().err == ""


def test_verbose_tells_of_every_start(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS, "-k", "2", "-v", "--starts", "3"]) == 0
    err = capfd.readouterr().err
    assert "heights.csv: 934 rows of 'sex', 'height'" in err
    assert err.count("gmmfit fit: start ") == 3


def test_the_same_command_gives_the_same_bytes(capfd: pytest.CaptureFixture[str]) -> None:
    outputs = set()
    for _ in range(2):
        run(["fit", HEIGHTS, "-k", "2"])
        outputs.add(capfd.readouterr().out)
    assert len(outputs) == 1


def test_the_command_gives_the_numbers_of_the_function(capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", HEIGHTS, "-c", "height", "-k", "3", "--covariance", "tied", "--seed", "5"])
    found = Mixture.from_json(capfd.readouterr().out)
    expected = fit(columns(SAMPLES / "heights.csv", ["height"]), 3, covariance="tied", seed=5).mixture
    for name in ("weights", "means", "covariances"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_quiet_hides_the_progress_line_too(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "WAIT", 0.0)
    run(["fit", HEIGHTS, "-k", "2", "--progress", "-q"])
    assert capfd.readouterr().err == ""


def test_the_progress_line_waits_and_is_wiped(capsys: pytest.CaptureFixture[str]) -> None:
    mixture = Mixture.from_sds([1], [0], [1])
    with Progress(True) as progress:
        progress.step(Step(0, -10, mixture))
        assert capsys.readouterr().err == ""
        progress.next = 0
        progress.step(Step(1, -9, mixture))
        assert capsys.readouterr().err == "\riteration 1: log-likelihood -9.000000"
    assert capsys.readouterr().err.strip() == ""


def test_errors_speak_of_options_by_their_names(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS, "-c", "height", "--init-means", "1,2", "--init-sds", "1"]) == 2
    assert "--init-means for 2, --init-sds for 1" in capfd.readouterr().err
    assert issubclass(DataError, ValueError)
