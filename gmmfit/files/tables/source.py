"""Bytes from a file or from standard input, decompressed."""

import bz2
import contextlib
import difflib
import gzip
import io
import lzma
import math
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar, cast

from gmmfit.errors import DataError
from gmmfit.text import escaped

# Bytes that are asked of the system at once.
BUFFER = 2**18
# How many times its size a compressed file may unpack to, and from how many bytes on that matters.
BOMB, LARGE = 200, 10**8

# How much of a file shows what it is.
BEGINNING = 512
# What a ZIP archive begins with, which files of it make it a workbook, and which are none of its user's.
ZIP, EMPTY_ZIP, WORKBOOK = b"PK\x03\x04", b"PK\x05\x06", "[Content_Types].xml"
PARTS_OF_WORKBOOKS = (WORKBOOK, "content.xml", "xl/workbook.xml", "xl/workbook.bin")
HIDDEN = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db|read_?me|licen[sc]e)", re.IGNORECASE)
TABLE = re.compile(r"\.(csv|tsv|tab|txt|dat|xlsx|xls|json|jsonl|parquet)(\.\w+)?$", re.IGNORECASE)
SHOWN_FILES = 3
DIGITS = re.compile("[0-9]+")

STDIN = "-"
T = TypeVar("T")
# What compressed files begin with: content decides, not the name.
COMPRESSED: dict[bytes, tuple[str, Callable[["io.BufferedReader[Any]"], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    b"BZh": ("bzip2", lambda stream: _Members(stream, bz2.BZ2Decompressor)),
    b"\xfd7zXZ\x00": ("xz", lambda stream: _Members(stream, lzma.LZMADecompressor)),
    b"\x28\xb5\x2f\xfd": ("zstandard", lambda stream: _zstandard().ZstdFile(stream)),
    b"\x50\x2a\x4d\x18": ("zstandard", lambda stream: _zstandard().ZstdFile(stream)),  # a frame to be skipped first
}
OnBytes = Callable[[int, int | None], None]


def read_bytes(path: str, most: int) -> bytes:
    """The content of a file of at most so many bytes, or of standard input for `-`, decompressed.

    Raises:
        DataError: there is no such file, it can't be read, is larger, or its compression is damaged.
    """
    with Source(path) as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise DataError(f"{source.name} is larger than {most / 1e6:,.0f} MB, as no model is: name another file")
    return data


class Source:
    """A file, or standard input for `-`, to be read and decompressed.

    on_bytes is told how many bytes of it were read, and how many there are, if that is known.

    Raises:
        DataError: there is no such file, it can't be read, or its compression is damaged.
    """

    def __init__(self, path: str, on_bytes: OnBytes | None = None) -> None:
        self.path, self.on_bytes, self.compression, self.n_read = path, on_bytes, "", 0
        if path == STDIN and sys.stdin is None:
            raise DataError("standard input is closed: name a file")
        try:
            self.raw = _Counted(sys.stdin.buffer if path == STDIN else Path(path).open("rb"))  # noqa: SIM115
            self.stream: io.BufferedReader[Any] = io.BufferedReader(self.raw, BUFFER)
        except FileNotFoundError:
            raise DataError(f"no file {path!r}{_did_you_mean(path)}") from None
        except IsADirectoryError:
            raise DataError(f"{path!r} is a folder: name a file in it") from None
        except OSError as error:
            raise DataError(f"can't read {path!r}: {error.strerror}") from None
        if self.raw.start.startswith((ZIP, EMPTY_ZIP)):
            self._open_zip()
        start = self.peek()
        for magic, (name, opened) in COMPRESSED.items():
            if start.startswith(magic):
                self.compression = name
                self.stream = io.BufferedReader(self._guarded(partial(opened, self.stream)), BUFFER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.raw.close()

    @property
    def name(self) -> str:
        """How the file is called in messages and results."""
        return display_name(self.path)

    def peek(self) -> bytes:
        """The first bytes, which are still to be read."""
        return self._guarded(lambda: self.stream.peek(BEGINNING)[:BEGINNING])

    def _open_zip(self) -> None:
        """Take up the table in a ZIP archive, unless that is a workbook."""
        data = self._guarded(self.stream.read)
        inside: BinaryIO = io.BytesIO(data)
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
            names = archive.namelist()
        except zipfile.BadZipFile:
            names = [WORKBOOK]  # whoever reads workbooks says what is wrong with it
        if "word/document.xml" in names:
            raise DataError(f"{self.name} is a Word document: copy the table into a spreadsheet, and save that")
        if not any(name in names for name in PARTS_OF_WORKBOOKS):
            if any(name.endswith(".iwa") for name in names):
                raise DataError(f"{self.name} is a Numbers file of Apple iWork: export it as CSV or Excel")
            files = [name for name in names if not name.endswith("/") and not HIDDEN.search(name)]
            tables = [name for name in files if TABLE.search(name)] if len(files) > 1 else files
            tables = tables or files
            if len(tables) != 1:
                listed = ", ".join(map(escaped, tables[:SHOWN_FILES])) + (", …" if len(tables) > SHOWN_FILES else "")
                raise DataError(
                    f"{self.name} is a ZIP archive of {len(tables)} files ({listed}): unpack it, and name one"
                )
            self.compression = "zip"
            inside = self._guarded(lambda: cast(BinaryIO, archive.open(tables[0])))
        self.stream = io.BufferedReader(cast(Any, inside), BUFFER)

    def read(self, n: int = -1) -> bytes:
        """At most n bytes, fewer only at the end; or all that are left."""
        pieces, left = [], math.inf if n < 0 else n
        while piece := self._read(int(min(left, BUFFER))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _read(self, n: int) -> bytes:
        data = self._guarded(lambda: self.stream.read(n))
        self.n_read += len(data)
        if self.compression and self.n_read > max(LARGE, BOMB * self.raw.n_read):
            raise DataError(
                f"{self.name} unpacks to more than {BOMB} times its size, as if made to fill the memory: if it is "
                "right, unpack it first"
            )
        if self.on_bytes is not None:
            self.on_bytes(self.raw.n_read, self.raw.size)
        return data

    def _guarded(self, read: Callable[[], T]) -> T:
        """What `read` gives; a DataError where the file can't be read or is damaged."""
        damage: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)
        if self.compression == "zip":
            damage = (*damage, zipfile.BadZipFile, RuntimeError, NotImplementedError)
        if self.compression == "zstandard":
            damage = (*damage, _zstandard().ZstdError)
        try:
            return read()
        except damage as error:
            if self.compression:
                raise DataError(f"{self.name} is corrupt, or cut short ({self.compression}): {error}") from None
            raise DataError(f"can't read {self.path!r}: {getattr(error, 'strerror', error)}") from None


class _Members(io.RawIOBase):
    """A file of bzip2 or xz, which may have several members; other bytes after one are damage.

    Python's own files pass over those, and with them over a member whose beginning is damaged.
    """

    def __init__(self, stream: BinaryIO, decompressor: Callable[[], Any]) -> None:
        self.stream, self.new, self.decompressor = stream, decompressor, decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            more = b""
            if self.decompressor.eof:
                more = self.decompressor.unused_data or self.stream.read(BUFFER)
                if not more.strip(b"\0"):  # the end, to which zeros may fill a file up
                    return 0
                self.decompressor = self.new()
            elif self.decompressor.needs_input and not (more := self.stream.read(BUFFER)):
                raise EOFError("the last member has no end")
            data = self.decompressor.decompress(more, len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Counted(io.RawIOBase):
    """A stream that knows how it begins, how much of it was read, and of how much if that is known."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = os.fstat(stream.fileno()).st_size or None
        self.start = self.ahead = stream.read(BEGINNING)
        self.n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data, self.ahead = self.ahead or self.stream.read(len(buffer)), b""
        buffer[: len(data)] = data
        self.n_read += len(data)
        return len(data)

    def close(self) -> None:
        if sys.stdin is None or self.stream is not sys.stdin.buffer:
            self.stream.close()
        super().close()


def display_name(path: str) -> str:
    """How a file is called in messages and results: never by an absolute path."""
    return "stdin" if path == STDIN else escaped(os.fsencode(Path(path).name).decode(errors="replace"))


def _did_you_mean(path: str) -> str:
    folder = Path(path).parent
    try:
        names = os.listdir(folder)
    except OSError:  # there is no hint to give
        names = []
    wanted = Path(path).name
    # Another number is another file.
    others = [name for name in names if DIGITS.sub("0", name) != DIGITS.sub("0", wanted)]
    near = difflib.get_close_matches(wanted, others, 1)
    return f". Did you mean {str(folder / near[0])!r}?" if near else ""


def _zstandard() -> Any:
    """The module for Zstandard, in Python from 3.14 on."""
    for name in ("compression.zstd", "backports.zstd"):
        with contextlib.suppress(ModuleNotFoundError):
            return import_module(name)
    raise DataError("zstandard compression needs: pip install 'gmmfit[zstd]'")
