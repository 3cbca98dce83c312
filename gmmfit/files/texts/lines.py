"""A text in pieces of whole records, decoded as it is read, without the lines that are to be left out."""

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.texts.dialect import Dialect
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
# Lines from the header on that show how a text is cut; a line that names the delimiter and two more are the least.
FIRST_LINES, FEWEST_LINES = 100, 3
# Quoted fields, which may hold blanks, and runs of these.
BLANKS = re.compile(rb'((?<![^ \t\n])"(?:[^"]|"")*"(?=[ \t\n]|\Z))|[ \t]+')
OUTER_BLANKS = re.compile(rb"^ | $", re.MULTILINE)


class Lines:
    """The lines of a text in bytes, counted from 0; `before` stand before them in the file.

    left_out are the numbers, from 1, of the lines of the file that are not among them.
    """

    def __init__(self, data: bytes, before: int = 0, left_out: Sequence[int] = ()) -> None:
        self.data, self.before, self.left_out = data, before, left_out
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

    def numbers(self, lines: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The numbers of lines in the file, from 1."""
        numbers = lines + self.before + 1
        if not self.left_out:
            return numbers
        kept_before = np.array(self.left_out) - np.arange(len(self.left_out))
        return numbers + np.searchsorted(kept_before, numbers, "right")

    def number(self, line: int) -> int:
        """The number of a line in the file, from 1."""
        return int(self.numbers(np.array([line]))[0])


# Bytes that no text has, in whatever encoding that isn't of several bytes a letter.
CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


class Pieces:
    """A text that `read` hands out by so many bytes, as UTF-8 with line feeds and without a byte-order mark.

    Comments, and what stands below the last row, are no part of it; of a run of blanks that parts fields one is left.
    """

    def __init__(self, read: Read, file: str, reading: Reading) -> None:
        self.read, self.file, self.reading = read, file, reading
        self.data = read(max(PIECE, LONGEST_MARK))  # what was read and not yet decoded
        marked = (name for mark, name in BYTE_ORDER_MARKS if self.data.startswith(mark))
        encoding = reading.encoding
        self.encoding = next(marked, encoding or "utf-8")
        self.advice = (
            "Is it a text? Save it as CSV"
            if CONTROLS.search(self.data)
            else f"Save it in {encoding.upper()}"
            if encoding
            else "Name the one that it was saved in: add --encoding cp1252, or another"
        )
        self.decoder = _decoder(self.encoding)
        self.text, self.before, self.at_end = b"", 0, False
        # What was decoded of a line whose end is still to come; the lines before it; those of them that are left out.
        self.begun, self.n_decoded, self.left_out = b"", 0, list[int]()

    def head(self, header_row: int) -> Lines:
        """The beginning, as far as it takes to see the header and the first rows; the last line may be cut off."""
        while not self.at_end and self.text.count(b"\n") <= header_row + FIRST_LINES:
            n_lines = self.text.lstrip(b" \t\n").count(b"\n")
            if len(self.text) >= PIECE and self.text.count(b"\n") > header_row and n_lines >= FEWEST_LINES:
                break
            self._check_length(len(self.text))
            self._read_on()
        return Lines(self.text, 0, self.left_out)

    def records(self, first: int, dialect: Dialect) -> Iterator[Lines]:
        """Pieces of whole records from line `first` on; the last record of a piece isn't blank."""
        self.text, self.before = self.text[Lines(self.text).starts[first] :], first
        enough = PIECE
        while self.text or not self.at_end:
            while not self.at_end and len(self.text) < enough:
                self._read_on()
            cut = len(self.text) if self.at_end else _end_of_records(self.text, dialect)
            # What has no end yet is looked at again when there is twice as much of it.
            enough = PIECE if cut else 2 * len(self.text)
            self._check_length(enough)
            if cut:
                lines = Lines(self.text[:cut], self.before, self.left_out)
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
        reading = self.reading
        if reading.comment is None and reading.last_row is None and reading.delimiter != " ":
            self.n_decoded += more.count(b"\n")
            self.text += more
            return
        more, self.begun = self.begun + more, b""
        if not self.at_end:
            end = more.rfind(b"\n") + 1
            more, self.begun = more[:end], more[end:]
        self.text += self._wanted(more)

    def _wanted(self, whole: bytes) -> bytes:
        """Whole lines without those that are to be left out, or with single blanks between fields."""
        lines, reading = Lines(whole), self.reading
        before, self.n_decoded = self.n_decoded, self.n_decoded + len(lines)
        if reading.last_row is not None and self.n_decoded >= reading.last_row:
            self.at_end, n_left = True, max(reading.last_row - before, 0)
            whole = whole[: lines.starts[n_left]] if n_left < len(lines) else whole
        if reading.comment:
            sign = reading.comment.encode()
            texts = whole.splitlines(keepends=True)
            kept = [not text.startswith(sign) for text in texts]
            self.left_out += [before + line for line, is_kept in enumerate(kept, start=1) if not is_kept]
            whole = b"".join(compress(texts, kept))
        if reading.delimiter == " ":
            whole = OUTER_BLANKS.sub(b"", BLANKS.sub(lambda run: run[1] or b" ", whole))
        return whole

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
        return self.n_decoded + data.count(b"\n") + 1


def _end_of_records(text: bytes, dialect: Dialect) -> int:
    """Where the last whole record ends that isn't blank; 0 if there is none."""
    end = text.rfind(b"\n") + 1
    if not dialect.may_quote(text):
        while end and not text[(before := text.rfind(b"\n", 0, end - 1) + 1) : end].strip():
            end = before
        return end
    lines = io.TextIOWrapper(io.BytesIO(text[:end]), "utf-8", newline="")
    reader, n_lines = dialect.reader(lines), 0
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
