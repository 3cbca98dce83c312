"""What is asked for: the files of a folder, each once."""

import os
from pathlib import Path

import pytest

from gmmfit import DataError
from gmmfit.cli.main import run
from gmmfit.cli.requests import expanded


def test_a_folder_is_the_files_in_it_and_behind_its_links(here: Path) -> None:
    for folder in ("t/b", "t/.git", "t/_tmp", "aside", "empty"):
        (here / folder).mkdir(parents=True)
    for name in ("t/a.csv", "t/b/c.csv", "t/_SUCCESS", "t/.git/x", "t/_tmp/y", "aside/d.csv"):
        (here / name).write_text("x\n1\n")
    os.symlink("../../aside", "t/b/link")
    os.symlink("..", "t/b/back")
    os.symlink("nothing.csv", "t/broken.csv")
    os.mkfifo("t/pipe")
    files = ("t/a.csv", "t/b/c.csv", "t/b/link/d.csv", "t/broken.csv")
    assert expanded(["t"]) == expanded(["t*"]) == files
    assert expanded(["t/*.csv", "nothing*"]) == ("t/a.csv", "t/broken.csv", "nothing*")
    with pytest.raises(DataError, match="no files in the folder 'empty'"):
        expanded(["t", "empty"])


def test_a_folder_that_cannot_be_read_is_told_of(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    (here / "t").mkdir()
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(DataError, match="can't read the folder 't': Permission denied"):
        expanded(["t"])


def test_a_file_that_counts_twice_is_told_of(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "t").mkdir()
    (here / "t" / "a.csv").write_text("x\n1\n2\n4\n")
    (here / "t" / "b.csv").write_text("x\n")
    assert run(["fit", "t", "t/a.csv", "-k", "1", "-f", "csv"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[1].startswith("1,1.0,2.333333")
    assert "warning: t/a.csv is the same file as t/a.csv: its rows count twice" in err
    assert "note: no data rows in b.csv: only a header" in err
