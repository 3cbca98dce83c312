"""The documents do what they say: their console sessions, pictures and Python are run and compared.

`python -m tests.test_docs` writes what sessions print now, and draws the pictures: look at both before you believe it.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest

from gmmfit import Mixture, fit
from gmmfit.cli.main import COMMANDS, gmmfit
from tests.samples import HEIGHTS, ROOT, SAMPLES
from tests.texts import on_any_processor

PICTURES = ROOT / ".github" / "pictures"
README, TUTORIAL = ROOT / "README.md", ROOT / ".github" / "TUTORIAL.md"
DOCUMENTS = [README, TUTORIAL]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SESSION = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def sessions(document: Path) -> list[tuple[str, str]]:
    """The commands in a document's console blocks, in their order, each with what it prints."""
    return SESSION.findall("".join(BLOCK.findall(document.read_text())))


def run_in(folder: Path, document: Path) -> Iterator[tuple[str, str, str]]:
    """Run the sessions of a document beside the sample data, or for the tutorial in them: command, shown, printed."""
    samples = folder / "sample_data"
    shutil.copytree(SAMPLES, samples)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, shown in sessions(document):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=samples if document == TUTORIAL else folder,
            env={**os.environ, "PATH": path, "COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        yield command, shown, done.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_console_sessions_print_what_they_show(document: Path, tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not here")
    assert len(sessions(document)) > 8
    for command, shown, printed in run_in(tmp_path, document):
        assert on_any_processor(printed) == on_any_processor(shown), command
    drawn = {path.name: size(path) for path in tmp_path.rglob("*.png")}
    pictures = {path.name: size(path) for path in PICTURES.iterdir()}
    assert drawn.items() <= pictures.items()
    assert document == README or set(re.findall(r"pictures/([a-z0-9]+\.png)", TUTORIAL.read_text())) <= set(drawn)


def size(picture: Path) -> tuple[int, int]:
    """The width and height of a PNG, in dots."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def test_python_session_gives_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(README), module_relative=False)
    assert tried > 8
    assert failed == 0


def test_every_sample_file_is_named() -> None:
    assert [path.name for path in SAMPLES.iterdir() if path.name not in README.read_text()] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_tutorial(name: str) -> None:
    text = TUTORIAL.read_text()
    command = gmmfit.get_command(click.Context(gmmfit), name)
    assert command is not None
    assert f"gmmfit {name} " in text
    options = [one for one in command.params if isinstance(one, click.Option)]
    names = {option for one in options for option in [*one.opts, *one.secondary_opts]}
    assert {option for option in names if not re.search(rf"(?<![\w-]){option}(?![\w-])", text)} == set()


def test_no_option_is_named_that_there_is_not() -> None:
    known = {"--help", "--version", "--group", "--upgrade"}
    for name in COMMANDS:
        command = gmmfit.get_command(click.Context(gmmfit), name)
        assert command is not None
        known |= {option for one in command.params for option in [*one.opts, *one.secondary_opts]}
    for document in DOCUMENTS:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", document.read_text())) <= known


def test_links_lead_somewhere() -> None:
    for document in [*DOCUMENTS, *(ROOT / ".github").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", document.read_text()):
            assert (document.parent / "".join(target)).exists(), target


def test_the_model_is_what_the_readme_says_it_is() -> None:
    model = Mixture.from_json((SAMPLES / "heights_model.json").read_text())
    fitted = fit(HEIGHTS, 2, starts=20).mixture
    for name in ("weights", "means", "sds"):
        np.testing.assert_allclose(getattr(model, name), getattr(fitted, name), rtol=1e-4)


def test_the_two_command_lines_are_there() -> None:
    lines = re.findall(r"^python3 -m venv .*", README.read_text(), re.MULTILINE)
    assert len(lines) == 2
    assert lines[0].endswith("gmmfit fit sample_data/heights.xlsx --column height -k 2")
    assert lines[1].endswith("pytest")


def _with_outputs(document: Path, folder: Path) -> str:
    """A document with what its sessions print now."""
    printed = iter([f"$ {command}\n{now}" for command, _, now in run_in(folder, document)])

    def block(found: re.Match[str]) -> str:
        return "```console\n" + SESSION.sub(lambda _: next(printed), found[1]) + "```"

    return BLOCK.sub(block, document.read_text())


if __name__ == "__main__":
    for written in DOCUMENTS:
        with tempfile.TemporaryDirectory() as scratch:
            written.write_text(_with_outputs(written, Path(scratch)))
            for picture in Path(scratch).rglob("*.png"):
                shutil.copy(picture, PICTURES)
