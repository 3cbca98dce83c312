"""Bytes from a file or from standard input, decompressed; and the table or text in them."""

import bz2
import contextlib
import difflib
import gzip
import io
import logging
import lzma
import math
import os
import re
import sys
import zlib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.cells import Reading
from gmmfit.files.tables.delimited import read_delimited
from gmmfit.files.tables.json_table import BEGINNING as JSON
from gmmfit.files.tables.json_table import read_json
from gmmfit.files.tables.parquet import read_parquet
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.archive import WORKBOOKS
from gmmfit.files.workbooks.workbook import read_workbook
from gmmfit.text import escaped

log = logging.getLogger("gmmfit")

# Bytes that are asked of the system at once.
BUFFER = 2**18
# How many times its size a compressed file may unpack to, and from how many bytes on that matters.
BOMB, LARGE = 200, 10**8

STDIN = "-"
DELIMITED_NAME = re.compile(r"\.(csv|tsv|tab|txt)(\.\w+)?$", re.IGNORECASE)
T = TypeVar("T")
# What compressed files begin with: content decides, not the name.
COMPRESSED: dict[bytes, tuple[str, Callable[["io.BufferedReader[Any]"], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    b"BZh": ("bzip2", lambda stream: _Members(stream, bz2.BZ2Decompressor)),
    b"\xfd7zXZ\x00": ("xz", lambda stream: _Members(stream, lzma.LZMADecompressor)),
    b"\x28\xb5\x2f\xfd": ("zstandard", lambda stream: _zstandard().ZstdFile(stream)),
    b"\x50\x2a\x4d\x18": ("zstandard", lambda stream: _zstandard().ZstdFile(stream)),  # a frame to be skipped first
}
Watch = Callable[[int, int | None], None]


def read_table(source: "Source", reading: Reading, preferred: str | None = None) -> Table:
    """The table in a source: a workbook, of which a sheet may be preferred, or delimited text, compressed or not.

    Of a long text only the first part is read; `Table.more` reads the others.

    Raises:
        DataError: it can't be read, or holds no table.
        ArgumentError: an option doesn't apply to such a file.
    """
    start, file = source.peek(), source.name
    is_workbook = start.startswith(WORKBOOKS)
    if reading.input_format == "json" or (reading.input_format is None and JSON.match(start)):
        if reading.input_format is None and DELIMITED_NAME.search(file):
            raise DataError(
                f"no columns in {file}: it is JSON, whatever its name says: add --input-format json (a model is named "
                "with -m, or --init)"
            )
        _refuse(file, "JSON", **_options_of_text(reading), encoding=reading.encoding, sheet=reading.sheet)
        return read_json(source.read, file, reading)
    if start.startswith(b"PAR1") and reading.input_format in (None, "parquet"):
        return _parquet(source, reading)
    if reading.input_format == "parquet":
        raise DataError(f"{file} is not a Parquet file")
    if is_workbook or reading.input_format == "xlsx":
        _refuse(file, "a workbook", delimiter=reading.delimiter, encoding=reading.encoding)
        if is_workbook and reading.input_format not in (None, "xlsx"):
            raise ArgumentError(f"{file} is a workbook, not {reading.input_format}: leave --input-format out")
        table = read_workbook(source.read(), file, reading, preferred)
    else:
        _refuse(file, "a text, not a workbook", sheet=reading.sheet)
        table = read_delimited(source.read, file, reading)
    log.debug("%s: columns %s", table.where, table.listed())
    return table


def _parquet(source: "Source", reading: Reading) -> Table:
    """The table in a Parquet file, of which only what is needed is read where it lies on disk as it is."""
    _refuse(source.name, "a Parquet file", **_options_of_text(reading), encoding=reading.encoding, sheet=reading.sheet)
    on_disk = source.path != STDIN and not source.compression and Path(source.path).is_file()
    return read_parquet(Path(source.path) if on_disk else source.read(), source.name, reading)


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

    watch is told how many bytes of it were read, and how many there are, if that is known.

    Raises:
        DataError: there is no such file, it can't be read, or its compression is damaged.
    """

    def __init__(self, path: str, watch: Watch | None = None) -> None:
        self.path, self.watch, self.compression, self.n_read = path, watch, "", 0
        if path == STDIN and sys.stdin is None:
            raise DataError("standard input is closed: name a file")
        try:
            self.raw = _Counted(sys.stdin.buffer if path == STDIN else Path(path).open("rb"))  # noqa: SIM115
        except FileNotFoundError:
            raise DataError(f"no file {path!r}{_did_you_mean(path)}") from None
        except OSError as error:
            raise DataError(f"can't read {path!r}: {error.strerror}") from None
        self.stream: io.BufferedReader[Any] = io.BufferedReader(self.raw, BUFFER)
        for magic, (name, opened) in COMPRESSED.items():
            if self.raw.start.startswith(magic):
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
        return self._guarded(lambda: self.stream.peek(8)[:8])

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
        if self.watch is not None:
            self.watch(self.raw.n_read, self.raw.size)
        return data

    def _guarded(self, read: Callable[[], T]) -> T:
        """What `read` gives; a DataError where the file can't be read or is damaged."""
        damage: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)
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
        self.start = self.ahead = stream.read(8)
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
    near = difflib.get_close_matches(Path(path).name, names, 1)
    return f". Did you mean {str(folder / near[0])!r}?" if near else ""


def _refuse(file: str, kind: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise ArgumentError(f"--{name.replace('_', '-')} doesn't apply: {file} is {kind}")


def _options_of_text(reading: Reading) -> dict[str, object]:
    """The options that say where the names and the columns of a text are, None where they weren't given."""
    no_header = reading.no_header or None
    return {"header_row": reading.header_row, "delimiter": reading.delimiter, "no_header": no_header}


def _zstandard() -> Any:
    """The module for Zstandard, in Python from 3.14 on."""
    for name in ("compression.zstd", "backports.zstd"):
        with contextlib.suppress(ModuleNotFoundError):
            return import_module(name)
    raise DataError("zstandard compression needs: pip install 'gmmfit[zstd]'")
