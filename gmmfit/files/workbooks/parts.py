"""The XML parts of an .xlsx, each looked through from end to end, without being kept.

What openpyxl would read wrongly, or not at all, is refused: rows and cells out of order or beyond a sheet's end, cells
that hold no number, shared strings that aren't there, far more elements than the bytes of the archive can tell apart.
"""

import contextlib
import re
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from gmmfit.errors import DataError
from gmmfit.text import NUMBER, escaped, shown

SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
SAVE_ANEW = "save it anew in a spreadsheet program"
# Most cells that rows take up, as openpyxl fills each up to its last, for each that a sheet holds, once they are many.
SPARSE, MANY_IN_ROWS = 20, 2_000_000
# Most elements that a byte of the archive may stand for, from so many on that time matters, in sheets and in parts that
# openpyxl keeps as a whole; and most in one of those.
DENSE, MANY_ELEMENTS, MANY_SETTINGS, MOST_SETTINGS = 10, 200_000, 100_000, 400_000
SETTINGS = ("styleSheet", "workbook", "Types", "Relationships")
# A spreadsheet program keeps 32,767 characters of a cell.
LONGEST = 2**20
# Those that expat itself reads, besides UTF-16, in which bytes would have to be looked for in another way.
ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1")
# Of attributes that are true or false, and of how text may be set.
TRUE, RAISED = ("1", "true"), ("superscript", "subscript")
LAST_ROW = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]{1,7}:\$?[A-Z]{1,3}\$?([0-9]{1,7})")
# Formulas by their row and column, from 1.
Formulas = dict[tuple[int, int], str]


@dataclass
class PartInfo:
    """What a part holds.

    unstored are the formulas whose values were not stored, raised the cells that hold superscripts, hidden the rows
    that are not shown, totals those that sum a table up, tables the parts that relations say are tables. n_strings
    counts the shared strings that a part holds, of which raised_strings hold superscripts, and n_asked those that its
    cells ask for, by their highest number.
    """

    root: str = ""
    is_sheet: bool = False
    unstored: Formulas = field(default_factory=dict)
    raised: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    totals: set[int] = field(default_factory=set)
    tables: list[str] = field(default_factory=list)
    raised_strings: set[int] = field(default_factory=set)
    n_strings: int = 0
    n_asked: int = 0


def inspect_part(content: bytes, n_packed: int, file: str, raised_strings: Set[int] = frozenset()) -> PartInfo:
    """Look through a part, which takes n_packed bytes in the archive; raised_strings are the shared ones that are so.

    Raises:
        DataError: it is made to do harm, or would be misread.
    """
    scanner = PartScanner(file, n_packed, raised_strings)
    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = scanner.start, scanner.end
    parser.CharacterDataHandler, parser.buffer_text = scanner.text, True
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = scanner.doctype, scanner.declaration
    with contextlib.suppress(ExpatError):  # openpyxl refuses it, if it needs this part
        parser.Parse(content, True)
    if scanner.n_stated > len(content):
        raise DataError(f"{file} is corrupt: it states more shared strings than it holds. {SAVE_ANEW.capitalize()}")
    if scanner.n_spanned > max(MANY_IN_ROWS, SPARSE * scanner.n_cells):
        raise DataError(f"{file} has cells far from the others, as if made to harm: {SAVE_ANEW}")
    return scanner.info


def _totals_rows(attributes: dict[str, str]) -> set[int]:
    """The rows of a table, such as A1:B62, that sum it up."""
    count, end = attributes.get("totalsRowCount", ""), LAST_ROW.fullmatch(attributes.get("ref", ""))
    if end is None or count not in ("1", "2"):
        return set()
    return set(range(int(end[1]) - int(count) + 1, int(end[1]) + 1))


class PartScanner:
    """What expat meets in a part, one after the other."""

    def __init__(self, file: str, n_packed: int, raised_strings: Set[int] = frozenset()) -> None:
        self.file, self.n_packed, self.info, self.raised_strings = file, n_packed, PartInfo(), raised_strings
        self.most_elements = max(MANY_ELEMENTS, DENSE * n_packed)
        self.n_elements = self.n_cells = self.n_stated = self.n_spanned = self.row = self.column = 0
        self.in_cells, self.digits = False, "0"  # of the row
        self.numbers: dict[str, int] = {}  # of the columns, by their letters
        self.place, self.kind, self.inside = "", "n", ""
        self.value, self.formula, self.has_value, self.has_formula = "", "", False, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.n_elements += 1
        if self.n_elements > self.most_elements:
            raise DataError(f"{self.file} has far too many <{escaped(name)}> in it, as if made to harm: {SAVE_ANEW}")
        name = name.rpartition(":")[2]
        if self.in_cells:
            if name == "c":
                self.start_cell(attributes)
            elif name in ("v", "f"):
                self.inside = name
            elif name == "row":
                self.start_row(attributes.get("r"))
                if attributes.get("hidden") in TRUE:
                    self.info.hidden.add(self.row)
            elif name == "vertAlign" and attributes.get("val") in RAISED:
                self.info.raised.add((self.row, self.column))
        elif name == "sheetData":
            self.in_cells = self.info.is_sheet = True
        elif name == "si":
            self.info.n_strings += 1
        elif name == "vertAlign" and attributes.get("val") in RAISED:
            self.info.raised_strings.add(self.info.n_strings - 1)
        elif name == "Relationship" and attributes.get("Type", "").endswith("/table"):
            self.info.tables.append(attributes.get("Target", ""))
        elif name == "sst":
            stated = attributes.get("uniqueCount", "0")
            self.n_stated = max(self.n_stated, int(stated[:20]) if stated.isdecimal() else 0)
        if self.n_elements == 1:
            self.info.root = name
            if name == "table":
                self.info.totals = _totals_rows(attributes)
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
        name = name.rpartition(":")[2]
        if name == "v":
            self.has_value, self.inside = True, ""
        elif name == "c":
            self.end_cell()
        elif name == "f":
            self.has_formula, self.inside = True, ""
        elif name == "row":
            self.n_spanned += self.column
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
        column = self.column + 1
        if place:
            letters = place.removesuffix(self.digits)
            column = self.numbers.get(letters) or self.number_of(letters)
            if column <= self.column:
                raise self.corrupt(f"cell {place} stands twice, or after a later one")
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
            self.info.unstored[self.row, self.column] = self.formula
        if value and kind == "n" and not NUMBER.fullmatch(value.strip()):
            place = self.place or f"{self.column} in row {self.row}"
            what = f"cell {place} of {self.file} is not a number, nor finite: {shown(value)}"
            raise DataError(f"{what}. Mend it, or {SAVE_ANEW}")
        if value and kind == "s":
            if not (value.isascii() and value.isdigit()):
                raise self.corrupt(f"a cell asks for shared string {shown(value)}")
            string = int(value[:12])
            self.info.n_asked = max(self.info.n_asked, string + 1)
            if string in self.raised_strings:
                self.info.raised.add((self.row, self.column))

    def doctype(self, *_: object) -> None:
        raise DataError(f"{self.file} declares a DTD, or entities, which is not allowed in a workbook: {SAVE_ANEW}")

    def declaration(self, version: str, encoding: str | None, standalone: Any) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise DataError(f"{self.file} holds XML in {shown(encoding)}, not in UTF-8: {SAVE_ANEW}")

    def corrupt(self, what: str) -> DataError:
        return DataError(f"{self.file} is corrupt: {escaped(what)}. {SAVE_ANEW.capitalize()}")
