"""A text in pieces of whole lines, decoded as it is read."""

import codecs
import io
from collections.abc import Callable, Iterator

import numpy as np

from gmmfit.errors import ArgumentError, DataError

# A text is read in pieces of so many bytes.
PIECE = 2**20
Read = Callable[[int], bytes]
BYTE_ORDER_MARKS = (  # the longer ones first: UTF-32's begins like UTF-16's
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
LONGEST_MARK = 4
# A line that names the delimiter, and the names of the columns.
LINES_OF_HEADER = 2


class Lines:
    """The lines of a text in bytes, counted from 0; `before` stand before them in the file."""

    def __init__(self, data: bytes, before: int = 0) -> None:
        self.data, self.before = data, before
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        self.starts = np.concatenate([[0], ends + 1])
        self.ends = np.concatenate([ends, [len(data)]])
        if self.starts[-1] == len(data):  # nothing after the last line feed
            self.starts, self.ends = self.starts[:-1], self.ends[:-1]

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, line: int) -> str:
        return self.data[self.starts[line] : self.ends[line]].decode()

    def texts(self, first: int) -> Iterator[str]:
        return (self.text(line) + "\n" for line in range(first, len(self)))


def pieces_of(read: Read, file: str, encoding: str | None) -> Iterator[Lines]:
    """The text in pieces of whole lines, as UTF-8 with line feeds and without a byte-order mark.

    A piece ends outside quotes, and with a line that isn't blank.
    """
    data = read(max(PIECE, LONGEST_MARK))
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), encoding or "utf-8")
    decoder = _decoder(encoding)
    rest, before, at_end = b"", 0, False
    while not at_end:
        after = read(PIECE)
        at_end = not after
        rest += _decoded(decoder, data, at_end, file, encoding, before + rest.count(b"\n"))
        data = after
        cut = len(rest) if at_end else _end_of_lines(rest)
        if cut and (cut < len(rest) or at_end):
            piece, rest = rest[:cut], rest[cut:]
            if b"\0" in piece:
                line = before + piece[: piece.index(b"\0")].count(b"\n") + 1
                raise DataError(f"{file} holds a NUL character in line {line}: it is not a text file, or was cut short")
            lines = Lines(piece, before)
            before += len(lines)
            yield lines


def beginning(pieces: Iterator[Lines], header_row: int) -> Lines:
    """The first piece, or as many as it takes to see the header and a row."""
    data = b""
    for piece in pieces:
        data += piece.data
        if data.count(b"\n") > header_row and data.lstrip(b" \t\n").count(b"\n") > LINES_OF_HEADER:
            break
    return Lines(data)


def _end_of_lines(data: bytes) -> int:
    """Where the last line ends that isn't blank, and has no open quotes; 0 if there is none."""
    cut = data.rfind(b"\n") + 1
    while cut and not data[(before := data.rfind(b"\n", 0, cut - 1) + 1) : cut].strip():
        cut = before
    while data.count(b'"', 0, cut) % 2:
        cut = data.rfind(b"\n", 0, cut - 1) + 1
    return cut


def _decoder(encoding: str) -> io.IncrementalNewlineDecoder:
    try:
        return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    except LookupError:
        raise ArgumentError(f"no encoding {encoding!r}; there are utf-8, cp1252, gb18030 and many more") from None


def _decoded(
    decoder: io.IncrementalNewlineDecoder, data: bytes, at_end: bool, file: str, encoding: str, before: int
) -> bytes:
    """More of the text, of which so many lines came before, as UTF-8."""
    if encoding == "utf-8" and data.isascii() and b"\r" not in data and decoder.getstate() == (b"", 0):
        return data  # nothing to decode, as mostly
    try:
        return decoder.decode(data, final=at_end).encode()
    except UnicodeDecodeError as error:
        line = before + error.object[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise DataError(
            f"{file} is not {name}: byte 0x{error.object[error.start]:02x} in line {line}. "
            "Name its encoding, such as --encoding cp1252"
        ) from None
