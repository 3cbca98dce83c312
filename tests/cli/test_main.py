"""What all commands share: start-up, statuses, errors."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gmmfit import fit
from gmmfit.cli import fit as fit_module
from gmmfit.cli.main import COMMANDS, run
from gmmfit.cli.messages import Progress
from gmmfit.fitting.em.step import Step
from gmmfit.model.mixture import Mixture
from tests.samples import HEIGHTS, HEIGHTS_CSV, HEIGHTS_MODEL


def imported_by(arguments: list[str]) -> set[str]:
    """The modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gmmfit", *arguments], capture_output=True, text=True, check=False
    )
    return {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["fit", "--help"], ["score", "-h"], ["simulate", "-h"], ["plot", "-h"], ["fit", "--x"]]
)
def test_help_and_usage_errors_come_without_numpy(arguments: list[str]) -> None:
    imported = imported_by(arguments)
    assert "click" in imported
    assert not imported & {"numpy", "pandas", "openpyxl"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", HEIGHTS_CSV, "-c", "height", "-k", "2"],
        ["score", HEIGHTS_CSV, "-m", HEIGHTS_MODEL],
        ["simulate", "--means", "0", "--sds", "1", "-n", "1000", "--seed", "1"],
    ],
)
def test_small_tables_are_read_and_written_without_pandas(arguments: list[str]) -> None:
    imported = imported_by(arguments)
    assert "numpy" in imported
    assert not imported & {"pandas", "openpyxl", "numpy.ma", "pyarrow"}


def test_the_number_of_threads_changes_no_byte(tmp_path: Path) -> None:
    columns = ",".join("abcdefghij")
    drawn = ["simulate", "--random", "-k", "3", "-c", columns, "-n", "30000", "--seed", "3", "-q"]
    run([*drawn, "-o", str(tmp_path / "t.csv")])
    fast = ["--init-method", "quantile"]
    results = [
        subprocess.run(
            [
                sys.executable,
                "-m",
                "gmmfit",
                "fit",
                str(tmp_path / "t.csv"),
                "-c",
                columns,
                "-k",
                "2",
                "-q",
                "-i",
                "3",
                *fast,
            ],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert results[0] == results[1]


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
        ["fit", HEIGHTS_CSV, "-c", "nothing", "-k", "2"],
        ["score", HEIGHTS_CSV, "-m", "nothing.json"],
        ["simulate", "-m", HEIGHTS_CSV],
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

    monkeypatch.setattr(fit_module, "open_table", broken)
    with pytest.raises(ZeroDivisionError):
        run(["fit", HEIGHTS_CSV, "-k", "2"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["-V"], ["fit", "--help"], ["fit", HEIGHTS_CSV, "-k", "1", "-q"]])
def test_what_standard_output_does_not_take_is_said(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "gmmfit", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"gmmfit[a-z ]*: error: can't write.*: No space left on device\n", done.stderr)


def test_other_errors_of_the_system_are_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "no permission")

    monkeypatch.setattr("gmmfit.fitting.fit.fit", broken)
    with pytest.raises(PermissionError):
        run(["fit", HEIGHTS_CSV, "-k", "1", "-q", "-o", os.devnull])


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "9" * 5000],
        ["fit", HEIGHTS_CSV, "-c", "9" * 5000],
        ["fit", HEIGHTS_CSV, "-k", "9" * 5000],
        ["plot", "!" * 5000],
    ],
)
def test_what_is_too_long_to_be_read_is_cut(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) in (1, 2)
    assert len(capsys.readouterr().err) < 500


def test_an_option_without_its_value_is_one_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "-k"]) == 2
    assert capsys.readouterr().err == "gmmfit fit: error: Option '-k' requires an argument.\n  See: gmmfit fit --help\n"


@pytest.mark.parametrize("count", ["1_0", "１", "0", "2-1", "1-1001", "1e3"])
def test_counts_are_digits(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "-k", count]) == 2
    assert "is not a number, a range such as 1-6, or a list such as 1,2,4" in capsys.readouterr().err


@pytest.mark.parametrize("numbers", ["1_0,2", "１,2", "", "1;2"])
def test_numbers_are_digits(numbers: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--means", numbers, "--sds", "1,1"]) == 2
    assert "is not a list of numbers such as 165,177.5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["-n", "9" * 20, "--exact-counts"], "--exact-counts is for fewer than 1,000,000,000 rows"),
        (["-n", "1048576", "-o", "t.xlsx"], "a sheet of a workbook holds 1,048,576 rows, not more"),
    ],
)
def test_more_rows_than_there_can_be_are_refused_before_anything_is_written(
    more: list[str], message: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", "--means", "0,1", "--sds", "1,1", *more]) != 0
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_quiet_leaves_only_errors(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "--init-means", "150,160", "-i", "3", "-q"]) == 0  # it has not converged
    assert capfd.readouterr().err == ""
    assert run(["fit", "absent.csv", "-k", "2", "-q"]) == 1
    assert "no file" in capfd.readouterr().err


def test_verbose_tells_what_was_read_and_what_the_search_saw(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "-k", "2", "-v", "--starts", "40"]) == 0
    err = capfd.readouterr().err
    assert "heights.csv: columns sex, height" in err
    [seen] = re.findall(r"43 starts: (peaks -3369\.6259\d\d \(\d+\).*; \d+ on the floor)", err)
    assert sum(map(int, re.findall(r"(?<=\()\d+|\d+(?= on)", seen))) == 43  # each came to a peak, or to the floor


def test_the_command_gives_the_numbers_of_the_function(capfd: pytest.CaptureFixture[str]) -> None:
    run(["fit", HEIGHTS_CSV, "-c", "height", "-k", "3", "--covariance", "tied", "--seed", "5", "--starts", "20"])
    found = Mixture.from_json(capfd.readouterr().out)
    expected = fit(HEIGHTS, 3, covariance="tied", seed=5, starts=20).mixture
    for name in ("weights", "means", "covariances"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_quiet_hides_the_progress_line_too(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "WAIT", 0.0)
    run(["fit", HEIGHTS_CSV, "-k", "2", "--progress", "-q"])
    assert capfd.readouterr().err == ""


def test_the_progress_line_waits_and_is_wiped(capsys: pytest.CaptureFixture[str]) -> None:
    mixture = Mixture.from_sds([1], [0], [1])
    with Progress(True) as progress:
        progress.step(Step(0, -10, mixture, "init", 1))
        assert capsys.readouterr().err == ""
        progress.next = 0
        progress.step(Step(1, -9, mixture, "em", 1))
        assert capsys.readouterr().err == "\riteration 1: log-likelihood -9.000000"
    assert capsys.readouterr().err.strip() == ""


def test_progress_is_told_of_reading_and_searching_and_makes_room_for_warnings(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Progress, "WAIT", 0.0)
    monkeypatch.setattr(Progress, "PAUSE", 0.0)
    run(["fit", HEIGHTS_CSV, "-k", "3", "-i", "1", "--init-means", "160,170,180", "--progress"])
    run(["fit", HEIGHTS_CSV, "-k", "2", "--progress"])
    err = capfd.readouterr().err
    assert "\rreading: 0 of 0 MB" in err
    assert "\rsearching: 200 mixtures of 2 components, iteration 3" in err
    assert "\riteration 0: log-likelihood" in err
    assert re.search(r"\r *\rgmmfit fit: warning: not converged", err)
    assert err.endswith("\r")


def test_a_model_cut_to_few_digits_is_still_one(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("m.json", "m.csv"):
        run(
            [
                "fit",
                HEIGHTS_CSV,
                "-c",
                "height",
                "-k",
                "3",
                "--starts",
                "10",
                "--digits",
                "2",
                "-o",
                str(tmp_path / name),
            ]
        )
        assert run(["score", HEIGHTS_CSV, "-m", str(tmp_path / name), "-c", "height", "--summary"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", HEIGHTS_CSV, "-k", "2", "--init-means", ""],
        ["fit", HEIGHTS_CSV, "-k", "2", "--bom"],
        ["score", HEIGHTS_CSV, "-m", "m.json", "-f", "jsonl", "--excel-safe"],
        ["fit", HEIGHTS_CSV, "-k", "2", "--history", HEIGHTS_CSV],
        ["score", HEIGHTS_CSV, "-m", "m.json", "-f", "table"],
        ["score", HEIGHTS_CSV, "-m", "m.json", "--summary", "--posteriors"],
        ["simulate", "--means", "1,2", "--sds", "1,1", "--weights", "1,2"],
        ["simulate", "--means", "1", "--sds", "1", "--labels", "-c", "component"],
        ["simulate", "--means", "1", "--sds", "1", "-f", "jsonl", "-H"],
    ],
)
def test_what_says_nothing_or_contradicts_is_a_usage_error(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert f"gmmfit {arguments[0]}: error: " in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "t.csv", "-k", "1", "-o", "t.csv"],
        ["fit", "t.csv", "-k", "1", "--history", "./t.csv"],
        ["fit", "t.csv", "-k", "1", "--plot", "t.csv"],
        ["fit", "t.csv", "--init", "m.csv", "--history", "m.csv"],
        ["score", "t.csv", "-m", "m.csv", "-o", "m.csv"],
        ["plot", "t.csv", "-m", "m.csv", "-o", "t.csv", "-f", "png"],
        ["plot", "-m", "m.csv", "-o", "m.csv", "-f", "svg"],
        ["simulate", "-m", "m.csv", "-o", "m.csv"],
    ],
)
def test_no_output_goes_over_an_input(
    arguments: list[str], capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    contents = {"t.csv": "x\n1\n2\n4\n", "m.csv": "weight,mean,sd\n1,2,1\n"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    assert run(arguments) == 2
    assert re.search(r"--\w+ can't go where (DATA|--\w+) comes from: name another file", capfd.readouterr().err)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == contents


def test_errors_speak_of_options_by_their_names(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", HEIGHTS_CSV, "-c", "height", "--init-means", "1,2", "--init-sds", "1"]) == 2
    assert "--init-means for 2, --init-sds for 1" in capfd.readouterr().err
