"""A look into a workbook before any library opens it: what would hang, fill the memory, or mislead is refused."""

import io
import posixpath
import zipfile
import zlib
from collections import Counter
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

from gmmfit.errors import DataError
from gmmfit.files.workbooks.parts import SAVE_ANEW, PartInfo, inspect_part
from gmmfit.text import escaped, shown

# What workbooks begin with: those in ZIP archives, and the older or encrypted ones.
ARCHIVE, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
WORKBOOKS = (ARCHIVE, OLD_WORKBOOK)
# What zipfile raises on an archive that is damaged, or encrypted.
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError, OSError)
# How many times its size a part may unpack to, and from how many bytes on that matters: real sheets shrink to a tenth.
MAX_EXPANSION, EXPANSION_FREE_BYTES = 100, 20_000_000
# Where parts lie that no library reads, which may be any XML, or very large.
IGNORED_FOLDERS = (
    "customXml/",
    "xl/media/",
    "xl/embeddings/",
    "xl/externalLinks/",
    "xl/pivotCache/",
    "xl/pivotTables/",
)
STRINGS = "xl/sharedStrings.xml"
SIGNS_OF_A_SHEET = (b"sheetData", "sheetData".encode("utf-16-le"))
# What namespaces begin with in workbooks that openpyxl doesn't read.
STRICT = b"http://purl.oclc.org/ooxml/"
# The fewest bytes that LibreOffice writes for a cell: in the XML of an .ods, and in the binary kinds.
XML_CELL, BINARY_CELL = 80, 8


class Inspection(NamedTuple):
    """What a workbook is: an .xlsx or another kind.

    sheets are what was found in each part that is one. In a strict one openpyxl finds nothing. Other kinds aren't
    looked into: n_cells is the most that a file of this size should hold.
    """

    is_xlsx: bool
    sheets: dict[str, PartInfo] = {}  # noqa: RUF012  nobody writes to it
    is_strict: bool = False
    n_cells: int = 0


class _Archive:
    """A ZIP archive whose damage is a DataError."""

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
        except DAMAGED as error:
            raise self.damaged(error) from None
        self.parts = self.archive.infolist()

    def read(self, part: zipfile.ZipInfo) -> bytes:
        try:
            return self.archive.read(part.filename)
        except DAMAGED as error:
            raise self.damaged(error) from None

    def damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.file} is corrupt, or no workbook: {escaped(str(error))}. Copy it anew, or {SAVE_ANEW}")


def inspect_archive(data: bytes, file: str) -> Inspection:
    """Look into a workbook.

    Raises:
        DataError: it is damaged, or made to do harm; the message says how.
    """
    if data.startswith(OLD_WORKBOOK):
        return Inspection(is_xlsx=False, n_cells=len(data) // BINARY_CELL)
    if not data.startswith(ARCHIVE):  # libraries find an archive behind other bytes too
        raise DataError(f"{file} is corrupt, or no workbook: leave --input-format out, or {SAVE_ANEW}")
    archive = _Archive(data, file)
    _check_sizes(archive.parts, len(data), file)
    names = [part.filename for part in archive.parts]
    if "content.xml" in names or "xl/workbook.bin" in names:
        return _inspect_other(archive)
    looked, is_strict, raised = dict[str, PartInfo](), False, set[int]()
    for part in sorted(
        archive.parts, key=lambda part: part.filename != STRINGS
    ):  # the strings before who asks for them
        content = archive.read(part)
        if part.filename.startswith(IGNORED_FOLDERS) and not any(sign in content for sign in SIGNS_OF_A_SHEET):
            continue
        if part.filename.endswith((".xml", ".rels")) and b"\0" in content:
            raise DataError(f"{file} holds XML that is not UTF-8 ({shown(part.filename)}): {SAVE_ANEW}")
        is_strict |= part.filename == "xl/workbook.xml" and STRICT in content
        looked[part.filename] = inspect_part(content, part.compress_size, file, raised)
        raised |= looked[part.filename].raised_strings if looked[part.filename].root == "sst" else set()
    sheets = {name: part for name, part in looked.items() if part.is_sheet}
    strings = [part.n_strings for part in looked.values() if part.root == "sst"]
    asked = max((part.n_asked for part in sheets.values()), default=0)
    if asked > sum(strings):
        raise DataError(
            f"{file} is corrupt: a cell asks for shared string {asked} of {sum(strings)}. {SAVE_ANEW.capitalize()}"
        )
    for name, sheet in sheets.items():
        folder, _, last = name.rpartition("/")
        relations = looked.get(f"{folder}/_rels/{last}.rels", PartInfo())
        for target in relations.tables:
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            sheet.totals |= looked.get(path, PartInfo()).totals
    return Inspection(True, sheets, is_strict)


def _check_sizes(parts: list[zipfile.ZipInfo], n_bytes: int, file: str) -> None:
    """Raise a DataError where parts stand twice, overlap, or unpack to far more than they are."""
    [(name, times)] = Counter(part.filename for part in parts).most_common(1) or [("", 0)]
    if times > 1:
        raise DataError(f"{file} has duplicate parts ({shown(name)}): {SAVE_ANEW}")
    sizes = [(part.file_size, part.compress_size) for part in parts]
    if sum(packed for _, packed in sizes) > n_bytes:
        raise DataError(f"{file} is corrupt: its parts overlap. {SAVE_ANEW.capitalize()}")
    for unpacked, packed in [*sizes, (sum(size for size, _ in sizes), sum(size for _, size in sizes))]:
        if unpacked > max(EXPANSION_FREE_BYTES, MAX_EXPANSION * packed):
            size = f"{unpacked / 1e6:.0f} MB, {unpacked // max(packed, 1)} times its size"
            raise DataError(f"{file} unpacks to {size}, as if made to fill the memory: {SAVE_ANEW}")


def _inspect_other(archive: _Archive) -> Inspection:
    """Look into an .ods, whose XML must not end early, on which calamine would wait for ever, or into an .xlsb."""
    contents = {part.filename: archive.read(part) for part in archive.parts}
    if "content.xml" not in contents:
        return Inspection(is_xlsx=False, n_cells=sum(map(len, contents.values())) // BINARY_CELL)
    try:
        ParserCreate().Parse(contents["content.xml"], True)
    except ExpatError as error:
        raise archive.damaged(error) from None
    return Inspection(is_xlsx=False, n_cells=len(contents["content.xml"]) // XML_CELL)
