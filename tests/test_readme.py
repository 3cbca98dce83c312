"""The README does what it says: its console sessions and its Python are run and compared."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gmmfit import Mixture, fit
from tests.data_files import ROOT, SAMPLES, columns

README = (ROOT / "README.md").read_text()


def sessions() -> list[tuple[str, str]]:
    """The commands in the README's console blocks, in their order, each with what it prints."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)


def test_console_sessions_print_what_they_show(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not here")
    shutil.copytree(SAMPLES, tmp_path / "sample_data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert len(sessions()) > 8
    for command, shown in sessions():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.stdout == shown, command


def test_python_session_gives_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried > 8
    assert failed == 0


def test_every_sample_file_is_named() -> None:
    assert [path.name for path in SAMPLES.iterdir() if path.name not in README] == []


def test_the_model_is_what_the_readme_says_it_is() -> None:
    model = Mixture.from_json((SAMPLES / "heights_model.json").read_text())
    fitted = fit(columns(SAMPLES / "heights.csv", ["height"]), 2).mixture
    for name in ("weights", "means", "sds"):
        np.testing.assert_allclose(getattr(model, name), getattr(fitted, name), rtol=1e-4)


def test_the_two_command_lines_are_there() -> None:
    lines = re.findall(r"^python3 -m venv .*", README, re.MULTILINE)
    assert len(lines) == 2
    assert lines[0].endswith("gmmfit fit sample_data/heights.xlsx --column height -k 2")
    assert lines[1].endswith("pytest")
