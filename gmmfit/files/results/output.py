"""Outputs that are whole or absent: written beside their target, then moved into place."""

import contextlib
import errno
import itertools
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from gmmfit.errors import ArgumentError, OutputError

STDOUT = "-"
# By these names too: opened anew, a file that standard output is redirected to would be cut short.
STDOUTS = (STDOUT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")

_DESCRIPTOR = re.compile(r"/dev/stderr|(?:/dev|/proc/self)/fd/([0-9]{1,9})")

# The files beside their targets that are being written.
_unfinished: set[Path] = set()


@contextlib.contextmanager
def open_output(path: str | None) -> Iterator[BinaryIO]:
    """Open a file for writing, or standard output for None and `-`.

    A regular file appears under its name when all is written and no error was raised; until then a file of that name
    stays as it was. Pipes and devices are written to directly.

    Raises:
        OutputError: it can't be written. That a reader went away (BrokenPipeError) is left to the caller.
    """
    if path is None or path in STDOUTS or is_special(path):
        with open_growing(path) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    beside = target.parent / f".{target.name}.{os.urandom(4).hex()}.part"
    _unfinished.add(beside)
    try:
        with _file(path, beside, target) as stream:
            yield stream
        with _as_output_error(path):
            os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        _unfinished.discard(beside)


@contextlib.contextmanager
def open_growing(path: str | None) -> Iterator[BinaryIO]:
    """Open a file that can be read while it grows, as a history is: what is there is replaced at once.

    Raises:
        OutputError: it can't be written.
    """
    if path is not None and path not in STDOUTS:
        with _file(path, Path(path)) as stream:
            yield stream
        return
    with _as_output_error(path):
        stdout = _stdout()
    yield _named(stdout, path)
    with _as_output_error(path):
        stdout.flush()


@contextlib.contextmanager
def _file(path: str, place: Path, target: Path | None = None) -> Iterator[BinaryIO]:
    """A file in a place, which is to be moved to the target if there is one; errors speak of the path.

    Errors of whoever writes are left as they are: they may have nothing to do with the file.
    """
    with _as_output_error(path):
        if target is not None and target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if (descriptor := _DESCRIPTOR.fullmatch(path)) is not None:  # opened anew, it would be cut short
            stream: BinaryIO = os.fdopen(os.dup(int(descriptor[1] or "2")), "wb")
        else:
            stream = open(place, "wb" if target is None else "xb")  # noqa: SIM115
    try:
        with _as_output_error(path):
            if target is not None and target.exists():
                os.chmod(place, stat.S_IMODE(target.stat().st_mode))
        yield _named(stream, path)
        with _as_output_error(path):
            stream.flush()
            if target is not None:
                os.fsync(stream.fileno())
            stream.close()
    finally:
        with contextlib.suppress(OSError):
            stream.close()


def discard_unfinished() -> None:
    """Remove what is half written, where a process ends at once."""
    for beside in _unfinished:
        beside.unlink(missing_ok=True)


def _named(stream: BinaryIO, path: str | None) -> BinaryIO:
    """A stream whose errors name its own path, whatever else is being written."""
    return cast(BinaryIO, _Named(stream, path))


class _Named:
    def __init__(self, stream: BinaryIO, path: str | None) -> None:
        self.stream, self.path = stream, path

    def write(self, data: bytes) -> int:
        with _as_output_error(self.path):
            return self.stream.write(data)

    def flush(self) -> None:
        with _as_output_error(self.path):
            self.stream.flush()


@contextlib.contextmanager
def _as_output_error(path: str | None) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "standard output" if path is None or path in STDOUTS else repr(path)
        raise OutputError(f"can't write {name}: {error.strerror or error}") from None


def refuse_over_inputs(outputs: Mapping[str, str | None], inputs: Mapping[str, str | None]) -> None:
    """Raise an ArgumentError where an output, by its name, would be written over an input or another output.

    >>> refuse_over_inputs({"`output`": "a.csv"}, {"DATA": "./a.csv"})
    Traceback (most recent call last):
    gmmfit.errors.ArgumentError: `output` can't go where DATA comes from: name another file
    """
    written: dict[str, str] = {name: path for name, path in outputs.items() if path is not None}
    for name, path in written.items():
        for source, place in inputs.items():
            if place not in (None, STDOUT) and same_place(path, str(place)):
                raise ArgumentError(f"{name} can't go where {source} comes from: name another file")
    for (one, path), (other, place) in itertools.combinations(written.items(), 2):
        if same_place(path, place):
            raise ArgumentError(f"{one} and {other} can't go to the same place: name another file")


def same_place(one: str, other: str) -> bool:
    """Whether two paths are one file, or both standard output."""
    return (one in STDOUTS and other in STDOUTS) or os.path.realpath(one) == os.path.realpath(other)


def _stdout() -> BinaryIO:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdout.buffer


def is_special(path: str) -> bool:
    """Whether what is written to a path is gone at once: standard output, a pipe, a device."""
    if path in STDOUTS or path.startswith(("/dev/std", "/dev/fd/")):
        return True
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
