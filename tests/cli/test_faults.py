"""Outputs are whole or absent: whichever write, flush to disk or rename fails, the old file is there or the new one."""

import builtins
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from gmmfit.cli.main import run
from gmmfit.files.results import output
from tests.samples import HEIGHTS_CSV, HEIGHTS_MODEL

FIT = ["fit", HEIGHTS_CSV, "-c", "height", "--init-means", "160,178", "-i", "3", "-q"]
COMMANDS = {
    "fit to json": [*FIT, "-o", "out", "-f", "json"],
    "fit to a workbook": [*FIT, "-o", "out.xlsx"],
    "fit with a picture": [*FIT, "-o", "out", "-f", "csv", "--plot", "picture.svg"],
    "score": ["score", HEIGHTS_CSV, "-m", HEIGHTS_MODEL, "-o", "out", "-q"],
    "score to a workbook": ["score", HEIGHTS_CSV, "-m", HEIGHTS_MODEL, "-o", "out.xlsx", "-q"],
    "simulate": ["simulate", "-m", HEIGHTS_MODEL, "-n", "40000", "--seed", "1", "-o", "out"],
    "simulate and save": [
        "simulate",
        "--means",
        "0",
        "--sds",
        "1",
        "-o",
        "out",
        "--save-model",
        "model",
        "--seed",
        "1",
    ],
    "plot": ["plot", "-m", HEIGHTS_MODEL, "-o", "out.pdf"],
}
OLD = b"the old result"


class Faults:
    """Counts what is asked of the disk, and fails the n-th time."""

    def __init__(self, n: int) -> None:
        self.left = n

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, path: Any, mode: str) -> Any:
        faults, stream = self, builtins.open(path, mode)  # noqa: SIM115

        class Failing:
            def __enter__(self) -> "Failing":
                return self

            def __exit__(self, *exception: object) -> None:
                stream.close()

            def write(self, data: bytes) -> int:
                faults.count()
                return stream.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(stream, name)

        return Failing()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_at_any_moment_leaves_the_old_file_or_the_new_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = COMMANDS[name]
    assert run(arguments) == 0
    new = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    fsync, replace = os.fsync, os.replace
    tried = 0
    for n in range(1, 1000):
        for file in new:
            (tmp_path / file).write_bytes(OLD)
        faults = Faults(n)
        with monkeypatch.context() as patched:
            patched.setattr(output, "open", faults.open, raising=False)
            patched.setattr(os, "fsync", lambda fd, one=faults: (one.count(), fsync(fd)))
            patched.setattr(os, "replace", lambda a, b, one=faults: (one.count(), replace(a, b)))
            status = run(arguments)
        left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert left.keys() == new.keys()
        assert all(content in (OLD, new[file]) for file, content in left.items())
        if faults.left > 0:  # nothing was left to fail
            assert status == 0
            assert left == new
            break
        tried += 1
        assert status == 1
        said = capfd.readouterr().err
        assert said.count("\n") == 1
        assert "No space left on device" in said
    assert tried >= 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_history_that_cannot_be_written_is_an_error_in_a_line(
    layout: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run([*FIT, "--history", "/dev/full", "--history-layout", layout, "-f", "json", "-o", str(out)]) == 1
    assert capfd.readouterr().err == "gmmfit fit: error: can't write '/dev/full': No space left on device\n"
    assert not out.exists()


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "jsonl", "xlsx"])
def test_a_fault_while_a_history_grows_leaves_no_result(
    extension: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [*FIT, "--history", f"h.{extension}", "-f", "json", "-o", "out"]
    for n in range(1, 100):
        faults = Faults(n)
        with monkeypatch.context() as patched:
            patched.setattr(output, "open", faults.open, raising=False)
            status = run(arguments)
        if faults.left > 0:
            break
        said = capfd.readouterr().err
        assert status == 1
        assert said.count("\n") == 1
        assert "No space left on device" in said
        assert not (tmp_path / "out").exists()
    assert n > 2
    assert status == 0
