"""Bytes from a file or from standard input, decompressed; and the table or text in them."""

import bz2
import difflib
import gzip
import logging
import lzma
import os
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.delimited import read_delimited
from gmmfit.files.tables import Reading, Table, shown
from gmmfit.files.workbook import read_workbook

log = logging.getLogger("gmmfit")

STDIN = "-"
# What compressed files begin with: content decides, not the name.
COMPRESSED: dict[bytes, tuple[str, Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": ("gzip", gzip.decompress),
    b"BZh": ("bzip2", bz2.decompress),
    b"\xfd7zXZ\x00": ("xz", lzma.decompress),
    b"\x28\xb5\x2f\xfd": ("zstandard", lambda data: _zstandard(data)),
}


def read_table(path: str, reading: Reading) -> Table:
    """The table in a file, or in standard input for `-`: a workbook or delimited text, compressed or not.

    Raises:
        DataError: it can't be read, or holds no table.
        ArgumentError: an option doesn't apply to such a file.
    """
    data, file = read_bytes(path), display_name(path)
    is_workbook = data.startswith(b"PK\x03\x04")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(f"{file} is an old .xls workbook, or an encrypted one: save it as .xlsx without a password")
    if is_workbook or reading.input_format == "xlsx":
        _refuse(file, "a workbook", delimiter=reading.delimiter, encoding=reading.encoding)
        if is_workbook and reading.input_format not in (None, "xlsx"):
            raise ArgumentError(f"{file} is a workbook, not {reading.input_format}: leave --input-format out")
        table = read_workbook(data, file, reading)
    else:
        _refuse(file, "a text, not a workbook", sheet=reading.sheet)
        table = read_delimited(data, file, reading)
    log.debug("%s: %d rows of %s", table.where, table.n_rows, ", ".join(map(shown, table.columns)))
    return table


def read_bytes(path: str) -> bytes:
    """The content of a file, or of standard input for `-`, decompressed.

    Raises:
        DataError: there is no such file, it can't be read, or its compression is damaged.
    """
    try:
        data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"no file {path!r}{_did_you_mean(path)}") from None
    except OSError as error:
        raise DataError(f"can't read {path!r}: {error.strerror}") from None
    for magic, (name, decompress) in COMPRESSED.items():
        if data.startswith(magic):
            try:
                return decompress(data)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
                raise DataError(f"{display_name(path)} is corrupt, or cut short ({name}): {error}") from None
    return data


def display_name(path: str) -> str:
    """How a file is called in messages and results: never by an absolute path."""
    return "stdin" if path == STDIN else os.fsencode(Path(path).name).decode(errors="replace")


def _did_you_mean(path: str) -> str:
    folder = Path(path).parent
    try:
        names = os.listdir(folder)
    except OSError:  # there is no hint to give
        names = []
    near = difflib.get_close_matches(Path(path).name, names, 1)
    return f". Did you mean {str(folder / near[0])!r}?" if near else ""


def _refuse(file: str, kind: str, **options: str | None) -> None:
    for name, value in options.items():
        if value is not None:
            raise ArgumentError(f"--{name} doesn't apply: {file} is {kind}")


def _zstandard(data: bytes) -> bytes:
    try:
        decompress: Callable[[bytes], bytes] = import_module("compression.zstd").decompress
        return decompress(data)
    except ModuleNotFoundError:
        pass
    try:
        zstandard = import_module("zstandard")
    except ModuleNotFoundError:
        raise DataError("zstandard compression needs: pip install 'gmmfit[zstd]'") from None
    content = b""
    while data:  # a file may hold several frames
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            content += frame.decompress(data)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
        if not frame.eof:
            raise EOFError("the last frame has no end")
        data = frame.unused_data
    return content
