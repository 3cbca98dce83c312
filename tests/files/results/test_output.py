"""Outputs are whole or absent."""

import errno
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gmmfit import OutputError
from gmmfit.files.results import output
from gmmfit.files.results.output import discard_unfinished, open_output


def test_an_error_while_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="half way"), open_output(str(target)) as stream:
        stream.write(b"new")
        raise RuntimeError("half way")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.json"]


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "result.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    with open_output(str(link)) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_new_file_has_the_mode_of_new_files(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    with open_output(str(tmp_path / "result")) as stream:
        stream.write(b"new")
    assert (tmp_path / "result").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_named_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with open_output(str(pipe)) as stream:
        stream.write(b"through")
    reader.join()
    assert read == [b"through"]


def test_standard_output_by_its_path_is_not_opened_anew(tmp_path: Path) -> None:
    """Where it is redirected to a file, opening it would cut short what stands there."""
    script = f"echo kept; {sys.executable} -m gmmfit simulate --means 0 --sds 1 -n 1 --seed 1 -o /dev/stdout; echo too"
    with (tmp_path / "log").open("w") as log:
        subprocess.run(["bash", "-c", script], stdout=log, check=True)
    lines = (tmp_path / "log").read_text().splitlines()
    assert [lines[0], lines[1], lines[-1], len(lines)] == ["kept", "x", "too", 4]


def test_standard_error_by_its_path_is_written_to_directly(tmp_path: Path) -> None:
    """Where it is redirected to a file, no other file is put in its place."""
    command = ["simulate", "--means", "0", "--sds", "1", "-n", "1", "--seed", "1", "-o", "/dev/stderr"]
    with (tmp_path / "log").open("w+") as log:
        subprocess.run([sys.executable, "-m", "gmmfit", *command], stderr=log, check=True)
        log.seek(0)
        assert [line[:4] for line in log] == ["x\n", "2.48"]


class FailsAtItsEnd(io.FileIO):
    """A file that says only when it is closed that not all of it was kept, as over a network."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            raise OSError(errno.EDQUOT, "Disk quota exceeded")


def test_an_error_at_closing_is_said_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "result.json"
    target.write_text("old")
    monkeypatch.setattr(output, "open", FailsAtItsEnd, raising=False)
    with pytest.raises(OutputError, match="can't write .*result.json': Disk quota"), open_output(str(target)) as stream:
        stream.write(b"new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_closed_standard_output_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="can't write standard output: it is closed"), open_output("-"):
        pass


def test_a_disk_that_is_full_when_what_was_kept_back_is_written_is_an_error() -> None:
    with pytest.raises(OutputError, match="/dev/full.*No space left"), open_output("/dev/full") as stream:
        stream.write(b"x")
        stream.flush()


@pytest.mark.parametrize(
    ("path", "message"), [("none/x", "No such file"), (".", "Is a directory"), ("/dev/full", "No space")]
)
def test_what_cannot_be_written_is_said_in_a_line(path: str, message: str) -> None:
    with pytest.raises(OutputError, match=f"can't write '{path}': {message}"), open_output(path) as stream:
        stream.write(b"x")
        stream.flush()


def test_of_two_outputs_the_one_that_fails_is_named_and_neither_is_kept(tmp_path: Path) -> None:
    (tmp_path / "picture").write_text("old")
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with (
        pytest.raises(OutputError, match="can't write '/dev/full': No space left"),
        open_output(str(tmp_path / "picture")) as picture,
        open_output("/dev/full") as stream,
    ):
        picture.write(b"new")
        stream.write(b"x" * 100_000)
    assert (tmp_path / "picture").read_text() == "old"


def test_what_is_half_written_can_be_discarded_at_once(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    target.write_text("old")
    with pytest.raises(OutputError), open_output(str(target)) as stream:
        stream.write(b"new")
        assert len(list(tmp_path.iterdir())) == 2
        discard_unfinished()
        assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "old"
