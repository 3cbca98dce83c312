"""What Tab offers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class

from gmmfit.cli.main import COMMANDS, gmmfit
from tests.samples import HEIGHTS_CSV, SAMPLES

SHELLS = ("bash", "zsh", "fish", "powershell")
WORKBOOK = str(SAMPLES / "heights.xlsx")


def offered(*words: str) -> list[str]:
    """What is offered for the last of the words after `gmmfit`."""
    shell = get_completion_class("bash")
    assert shell is not None
    completion = shell(gmmfit, {}, "gmmfit", "_GMMFIT_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fit", HEIGHTS_CSV, "-c", ""], ["sex", "height"]),
        (["fit", HEIGHTS_CSV, "--column", "h"], ["height"]),
        (["fit", HEIGHTS_CSV, "-c", "sex,h"], ["sex,height"]),
        (["fit", HEIGHTS_CSV, "-k", "2", "--init-by", "s"], ["sex"]),
        (["score", HEIGHTS_CSV, "-m", "m.json", "--truth", ""], ["sex", "height"]),
        (["plot", WORKBOOK, "--by", ""], ["sex", "height"]),
        (["fit", WORKBOOK, "--sheet", ""], ["heights"]),
        (["fit", str(SAMPLES / "heights_no_header.csv"), "--names", "a,b", "-c", ""], ["a", "b"]),
        (["fit", "nothing.csv", "-c", ""], []),
        (["fit", HEIGHTS_CSV, "--sheet", ""], []),
        (["fit", "-c", ""], []),
        (["p"], ["plot"]),
        (["plot", "--kind", "c"], ["cdf", "criteria"]),
        (["fit", "--min"], ["--min-sd"]),
    ],
)
def test_columns_sheets_and_choices_are_offered(words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected


def params(name: str) -> list[click.Parameter]:
    """The parameters of a command."""
    command = gmmfit.get_command(click.Context(gmmfit), name)
    assert command is not None
    return command.params


FILES = [[name, ""] for name in ("fit", "score", "plot")] + [
    [name, option.opts[-1], ""]
    for name in COMMANDS
    for option in params(name)
    if isinstance(option, click.Option) and option.metavar == "FILE"
]


@pytest.mark.parametrize("words", FILES, ids=" ".join)
def test_files_are_left_to_the_shell(words: list[str]) -> None:
    shell = get_completion_class("bash")
    assert shell is not None
    [item] = shell(gmmfit, {}, "gmmfit", "_GMMFIT_COMPLETE").get_completions(words[:-1], words[-1])
    assert item.type == "file"


def completing(shell: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from gmmfit.cli.main import main; main()"],
        env={**os.environ, "_GMMFIT_COMPLETE": shell, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(shell: str) -> None:
    assert "_GMMFIT_COMPLETE" in completing(f"{shell}_source")


def test_a_shell_gets_the_columns_with_their_type() -> None:
    assert completing("bash_complete", COMP_WORDS=f"gmmfit fit {HEIGHTS_CSV} -c h", COMP_CWORD="4") == "plain,height\n"


def test_bash_gets_names_as_they_are_typed_and_finds_home(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Größe (µm),b\n1,2\n")
    words = {"COMP_WORDS": "gmmfit fit ~/t.csv -c ", "COMP_CWORD": "4", "HOME": str(tmp_path)}
    assert completing("bash_complete", **words).splitlines() == ["plain,'Größe (µm)'", "plain,b"]


def test_nothing_is_offered_of_a_pipe_and_no_name_that_does_not_print(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert offered("fit", str(tmp_path / "pipe"), "-c", "") == []
    (tmp_path / "t.csv").write_text("\x1b[31mred,b\n1,2\n")
    assert offered("fit", str(tmp_path / "t.csv"), "-c", "") == ["b"]
    assert offered("fit", HEIGHTS_CSV, "-c", "sex,") == ["sex,height"]


def test_fish_offers_columns(tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not here")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"env _GMMFIT_COMPLETE=fish_source gmmfit | source; complete -C 'gmmfit fit {HEIGHTS_CSV} -c h'"
    env = {**os.environ, "PATH": path, "HOME": str(tmp_path)}
    done = subprocess.run(["fish", "-c", script], env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["height"]
