"""A text in pieces of whole records, decoded as it is read."""

import codecs
import contextlib
import csv
import io
from collections.abc import Callable, Iterator

import numpy as np

from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import escaped

# A text is read in pieces of so many bytes.
PIECE = 2**20
# A record, or what stands before the names of the columns, may be of so many bytes.
LONGEST_RECORD = 2**24
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


class Pieces:
    """A text that `read` hands out by so many bytes, as UTF-8 with line feeds and without a byte-order mark."""

    def __init__(self, read: Read, file: str, encoding: str | None) -> None:
        self.read, self.file = read, file
        self.data = read(max(PIECE, LONGEST_MARK))  # what was read and not yet decoded
        marked = (name for mark, name in BYTE_ORDER_MARKS if self.data.startswith(mark))
        self.encoding = next(marked, encoding or "utf-8")
        self.advice = f"Save it in {encoding.upper()}" if encoding else "Name its encoding, such as --encoding cp1252"
        self.decoder = _decoder(self.encoding)
        self.text, self.before, self.at_end = b"", 0, False

    def head(self, header_row: int) -> Lines:
        """The beginning, as far as it takes to see the header and a row; the last line may be cut off."""
        while not self.at_end and not (
            self.text.count(b"\n") > header_row and self.text.lstrip(b" \t\n").count(b"\n") > LINES_OF_HEADER
        ):
            self._check_length(len(self.text))
            self._read_on()
        return Lines(self.text)

    def records(self, first: int, delimiter: str) -> Iterator[Lines]:
        """Pieces of whole records from line `first` on; the last record of a piece isn't blank."""
        self.text, self.before = self.text[Lines(self.text).starts[first] :], first
        enough = PIECE
        while self.text or not self.at_end:
            while not self.at_end and len(self.text) < enough:
                self._read_on()
            cut = len(self.text) if self.at_end else _end_of_records(self.text, delimiter)
            # What has no end yet is looked at again when there is twice as much of it.
            enough = PIECE if cut else 2 * len(self.text)
            self._check_length(enough)
            if cut:
                lines = Lines(self.text[:cut], self.before)
                self.text, self.before = self.text[cut:], self.before + len(lines)
                yield lines

    def _check_length(self, length: int) -> None:
        if length > LONGEST_RECORD:
            raise DataError(
                f"{self.file} has no row that ends in {LONGEST_RECORD / 1e6:.0f} MB from line {self.before + 1} on: "
                "is it a table, and are its quotes closed?"
            )

    def _read_on(self) -> None:
        data, self.data = self.data, self.read(PIECE)
        self.at_end = not self.data
        more = self._decoded(data)
        if b"\0" in more:
            line = self._line_of(more[: more.index(b"\0")])
            raise DataError(
                f"{self.file} holds a NUL character in line {line}: it is not a text file, or was cut short"
            )
        self.text += more

    def _decoded(self, data: bytes) -> bytes:
        ascii_alone = self.encoding == "utf-8" and data.isascii() and b"\r" not in data
        if ascii_alone and self.decoder.getstate() == (b"", 0):
            return data  # nothing to decode, as mostly
        try:
            return self.decoder.decode(data, final=self.at_end).encode()
        except UnicodeError as error:
            name = "UTF-8" if self.encoding.startswith("utf-8") else self.encoding
            raise DataError(f"{self.file} is not {name}: {self._wrong(error)}. {self.advice}") from None

    def _wrong(self, error: UnicodeError) -> str:
        """What doesn't belong into new text, and its line."""
        if isinstance(error, UnicodeDecodeError):
            line = self._line_of(error.object[: error.start])
            return f"byte 0x{error.object[error.start]:02x} in line {line}"
        if isinstance(error, UnicodeEncodeError):  # what some encodings make of broken text
            return f"half a character in line {self._line_of(error.object[: error.start].encode(errors='replace'))}"
        return escaped(str(error))

    def _line_of(self, data: bytes) -> int:
        """The line in which new text ends."""
        return self.before + self.text.count(b"\n") + data.count(b"\n") + 1


def _end_of_records(text: bytes, delimiter: str) -> int:
    """Where the last whole record ends that isn't blank; 0 if there is none."""
    end = text.rfind(b"\n") + 1
    if b'"' not in text:
        while end and not text[(before := text.rfind(b"\n", 0, end - 1) + 1) : end].strip():
            end = before
        return end
    lines = io.TextIOWrapper(io.BytesIO(text[:end]), "utf-8", newline="")
    reader, n_lines = csv.reader(lines, delimiter=delimiter, strict=True), 0
    with contextlib.suppress(csv.Error):  # quotes that are open at the end, or broken: who reads the record will say so
        for record in reader:
            if len(record) > 1 or "".join(record).strip():
                n_lines = reader.line_num
    return int(np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))[n_lines - 1]) + 1 if n_lines else 0


def _decoder(encoding: str) -> io.IncrementalNewlineDecoder:
    try:
        "".encode(encoding)  # refuses those that aren't for texts
        return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    except (LookupError, UnicodeError):
        raise ArgumentError(f"no encoding {encoding!r}; there are utf-8, cp1252, gb18030 and many more") from None
