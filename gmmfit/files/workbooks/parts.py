"""The XML parts of a workbook, each looked through from end to end, without being kept.

What a library would read wrongly, or not at all, is refused: rows and cells out of order or beyond a sheet's end, cells
that hold no number, shared strings that aren't there, far more elements than the bytes of the archive can tell apart.
"""

import re
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from gmmfit.errors import DataError
from gmmfit.files.tables.cells import NUMBER
from gmmfit.text import escaped, shown

SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
SAVE_ANEW = "save it anew in a spreadsheet program"
# How many cells a sheet may take up for each one that it holds, from so many on that memory matters: in calamine, which
# keeps the rectangle of all, and in openpyxl, which fills each row up to its last.
SPARSE, MANY, MANY_IN_ROWS = 20, 100_000, 2_000_000
# How many elements a byte of the archive may stand for, from so many on that time matters, in sheets and in parts that
# libraries keep as a whole; and how many may stand in one of those.
DENSE, MANY_ELEMENTS, MANY_SETTINGS, MOST_SETTINGS = 10, 200_000, 100_000, 400_000
SETTINGS = ("styleSheet", "workbook", "Types", "Relationships")
# The kinds of cells that calamine shows as openpyxl does.
PLAIN_KINDS = ("n", "s", "str", "inlineStr", "b")
# A spreadsheet program keeps 32,767 characters of a cell.
LONGEST = 2**20
# Those that expat itself reads, besides UTF-16, in which bytes would have to be looked for in another way.
ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1")
# What calamine reads up to, and no further.
_ENTITY_IN_VALUE = re.compile(rb"<v[^<>]*>[^<]*&")
# Formulas by their row and column, from 1.
Formulas = dict[tuple[int, int], str]


@dataclass
class Part:
    """What a part holds: a sheet or none, plain enough for calamine or not.

    unstored are the formulas whose values were not stored. n_strings counts the shared strings that a part holds, and
    n_asked those that its cells ask for, by their highest number.
    """

    root: str = ""
    is_sheet: bool = False
    plain: bool = True
    unstored: Formulas = field(default_factory=dict)
    n_strings: int = 0
    n_asked: int = 0


def look_through(content: bytes, n_packed: int, file: str) -> Part:
    """Look through a part, which takes n_packed bytes in the archive.

    Raises:
        DataError: it is made to do harm, or would be misread.
    """
    reader = _Reader(file, n_packed)
    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.buffer_text = reader.text, True
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = reader.doctype, reader.declaration
    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartCdataSectionHandler = reader.unusual
    try:
        parser.Parse(content, True)
    except ExpatError:  # the library that needs this part refuses it
        reader.unusual()
    if b"&" in content and _ENTITY_IN_VALUE.search(content):
        reader.unusual()
    part = reader.part
    if reader.n_stated > len(content):
        raise DataError(f"{file} is corrupt: it states more shared strings than it holds. {SAVE_ANEW.capitalize()}")
    if reader.taken_up > max(MANY_IN_ROWS, SPARSE * reader.n_cells):
        raise DataError(f"{file} has cells far from the others, as if made to harm: {SAVE_ANEW}")
    part.plain &= reader.row * max(reader.numbers.values(), default=0) <= max(MANY, SPARSE * reader.n_cells)
    return part


class _Reader:
    """What expat meets in a part, one after the other."""

    def __init__(self, file: str, n_packed: int) -> None:
        self.file, self.n_packed, self.part = file, n_packed, Part()
        self.most_elements = max(MANY_ELEMENTS, DENSE * n_packed)
        self.n_elements = self.n_cells = self.n_stated = self.taken_up = 0
        self.in_cells = False
        self.row = self.column = 0
        self.digits = "0"  # of the row
        self.numbers: dict[str, int] = {}  # of the columns, by their letters
        self.place, self.kind, self.inside = "", "n", ""
        self.value, self.formula, self.has_value, self.has_formula = "", "", False, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.n_elements += 1
        if self.n_elements > self.most_elements:
            raise DataError(f"{self.file} has far too many <{escaped(name)}> in it, as if made to harm: {SAVE_ANEW}")
        if ":" in name:  # calamine knows no prefixes
            name = name.partition(":")[2]
            self.part.plain &= self.n_elements > 1 and not self.in_cells and name not in ("sheetData", "si")
        if self.n_elements > 1 and "xmlns" in attributes:  # nor that a name may be another's
            self.unusual()
        if self.in_cells:
            if name == "c":
                self.start_cell(attributes)
            elif name in ("v", "f"):
                self.inside = name
                if self.has_value or self.kind == "inlineStr":  # it takes the last, or nothing where this is a formula
                    self.unusual()
            elif name == "is":
                self.part.plain &= self.kind == "inlineStr"
            elif name == "row":
                self.start_row(attributes.get("r"))
        elif name == "sheetData":
            self.part.plain &= not self.part.is_sheet
            self.in_cells = self.part.is_sheet = True
        elif name == "si":
            self.part.n_strings += 1
        elif name == "sst":
            stated = attributes.get("uniqueCount", "0")
            self.n_stated = max(self.n_stated, int(stated[:20]) if stated.isdecimal() else 0)
        if self.n_elements == 1:
            self.part.root = name
            if name in SETTINGS:
                self.most_elements = min(max(MANY_SETTINGS, DENSE * self.n_packed), MOST_SETTINGS)

    def text(self, piece: str) -> None:
        if self.inside == "v":
            self.value += piece
        elif self.inside == "f":
            self.formula += piece
        if len(self.value) + len(self.formula) > LONGEST:
            raise self.corrupt(f"cell {self.place} holds more than {LONGEST:,} characters")

    def end(self, name: str) -> None:
        if not self.in_cells:
            return
        if ":" in name:
            name = name.partition(":")[2]
        if name == "v":
            self.has_value, self.inside = True, ""
        elif name == "c":
            self.end_cell()
        elif name == "f":
            self.has_formula, self.inside = True, ""
        elif name == "row":
            self.taken_up += self.column
        elif name == "sheetData":
            self.in_cells = False

    def start_row(self, number: str | None) -> None:
        row = self.row + 1
        if number is not None:
            if not (number.isascii() and number.isdigit()):
                raise self.corrupt(f"a row has the number {shown(number)}")
            row = int(number[:12])
        if row > SHEET_ROWS:
            raise DataError(f"{self.file} has a row {row}, beyond the {SHEET_ROWS} that a sheet has: {SAVE_ANEW}")
        if row <= self.row:
            raise DataError(f"{self.file} has row {row} after row {self.row}: {SAVE_ANEW}")
        self.row, self.digits, self.column = row, str(row), 0

    def start_cell(self, attributes: dict[str, str]) -> None:
        self.n_cells += 1
        self.kind = attributes.get("t", "n")
        self.value, self.formula, self.has_value, self.has_formula = "", "", False, False
        self.place = place = attributes.get("r", "")
        if place:
            letters = place.removesuffix(self.digits)
            column = self.numbers.get(letters) or self.number_of(letters)
            if column <= self.column:
                raise self.corrupt(f"cell {place} stands twice, or after a later one")
        else:
            column = self.column + 1
            self.unusual()
        if column > SHEET_COLUMNS:
            raise self.corrupt(f"row {self.row} has a cell beyond the {SHEET_COLUMNS} columns that a sheet has")
        self.column = column

    def number_of(self, letters: str) -> int:
        """The number of a column, from 1."""
        if not (letters.isascii() and letters.isalpha() and letters.isupper()):
            raise self.corrupt(f"cell {self.place} stands in row {self.row}")
        number = 0
        for letter in letters[:4]:
            number = number * 26 + ord(letter) - ord("A") + 1
        self.numbers[letters] = number
        return number

    def end_cell(self) -> None:
        kind, value = self.kind, self.value
        if self.has_formula and not value and not (self.has_value and kind == "str"):
            self.part.unstored[self.row, self.column] = self.formula
        if not value:
            self.part.plain &= kind == "str" or not self.has_value
        elif kind == "n":
            if not NUMBER.fullmatch(value):
                self.unusual()
                if not NUMBER.fullmatch(value.strip()):
                    place = self.place or f"{self.column} in row {self.row}"
                    what = f"cell {place} of {self.file} is not a number, nor finite: {shown(value)}"
                    raise DataError(f"{what}. Mend it, or {SAVE_ANEW}")
        elif kind == "s":
            if not (value.isascii() and value.isdigit()):
                raise self.corrupt(f"a cell asks for shared string {shown(value)}")
            self.part.n_asked = max(self.part.n_asked, int(value[:12]) + 1)
        else:
            self.part.plain &= kind in PLAIN_KINDS and (kind != "b" or value in "01")

    def doctype(self, *_: object) -> None:
        raise DataError(f"{self.file} declares a DTD, or entities, which is not allowed in a workbook: {SAVE_ANEW}")

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise DataError(f"{self.file} holds XML in {shown(encoding)}, not in UTF-8: {SAVE_ANEW}")
        self.part.plain &= encoding is None or encoding.lower() == "utf-8"

    def unusual(self, *_: object) -> None:
        """Take note of what calamine may not read rightly."""
        self.part.plain = False

    def corrupt(self, what: str) -> DataError:
        return DataError(f"{self.file} is corrupt: {escaped(what)}. {SAVE_ANEW.capitalize()}")
