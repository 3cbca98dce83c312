"""Files of other formats are known by their first bytes, and named with what to do."""

import gzip
from pathlib import Path

import pytest

from gmmfit import DataError
from gmmfit.files.tables.other_formats import FORMATS
from tests.builders import archive, read, xlsx


@pytest.mark.parametrize(("at", "magic", "what", "advice"), FORMATS)
def test_a_format_is_named(at: int, magic: bytes, what: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\0" * at + magic + b"\0" * 300)
    with pytest.raises(DataError) as refusal:
        read(tmp_path / "t.csv")
    assert str(refusal.value) == f"t.csv is {what}: {advice}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', "an XML spreadsheet of 2003"),
        (b'<?xml version="1.0"?><office:document xmlns:o="urn:oasis:names:tc:opendocument:x">', "a flat XML OpenDocum"),
        (b"\xef\xbb\xbf <!DOCTYPE HTML><html>", "a web page"),
        (b"<table><tr><td>1</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><data/>', "an XML file"),
        (b"\x73\x02\x01\0", "a Stata file"),
        (gzip.compress(b"X\n\0\0\0\x03", mtime=0), "an R data file"),
    ],
)
def test_a_text_of_tags_is_named(text: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_bytes(text)
    with pytest.raises(DataError, match=f"t.xls is {what}"):
        read(tmp_path / "t.xls")


def test_a_header_that_begins_with_a_sign_of_less_is_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("<x>,y\n1,2\n")
    assert read(tmp_path / "t.csv").columns == ("<x>", "y")


def test_the_one_table_in_an_archive_is_read(tmp_path: Path) -> None:
    parts = {"data/t.csv": "x\n1\n2\n", "__MACOSX/data/._t.csv": "a", "data/": "", ".DS_Store": "b"}
    (tmp_path / "t.zip").write_bytes(archive(parts))
    assert read(tmp_path / "t.zip").numbers(0)[0].tolist() == [1, 2]
    more = {"t.csv": "x\n1\n2\n", "README.md": "a", "Thumbs.db": "b", "notes.pdf": "c"}
    (tmp_path / "m.zip").write_bytes(archive(more))
    assert read(tmp_path / "m.zip").numbers(0)[0].tolist() == [1, 2]
    (tmp_path / "z.zip").write_bytes(archive({"t.csv.gz": gzip.compress(b"x\n1\n2\n")}))
    assert read(tmp_path / "z.zip").numbers(0)[0].tolist() == [1, 2]
    (tmp_path / "w.zip").write_bytes(archive({"t.xlsx": xlsx(["x"], [1], [2])}))
    assert read(tmp_path / "w.zip").numbers(0)[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, r"t.zip is a ZIP archive of 0 files"),
        ({"a.csv": "x", "b.csv": "y"}, r"a ZIP archive of 2 files \(a.csv, b.csv\): unpack it, and name one"),
        (dict.fromkeys("abcd", "x"), r"a ZIP archive of 4 files \(a, b, c, …\)"),
        ({"Index/Document.iwa": "x"}, "t.zip is a Numbers file of Apple iWork: export it as CSV"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}, "t.zip is a Word document: copy the table"),
    ],
)
def test_an_archive_without_one_table_is_named(parts: dict[str, str], message: str, tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_bytes(archive(parts))
    with pytest.raises(DataError, match=message):
        read(tmp_path / "t.zip")


def test_an_archive_that_is_damaged_or_locked_is_corrupt(tmp_path: Path) -> None:
    good = archive({"t.csv": "x\n1\n2\n"})
    for at, byte in ((good.index(b"x\n1"), b"y"), (6, b"\x01")):
        data = good[:at] + byte + good[at + 1 :]
        if at == 6:  # in the directory too it is said to be encrypted
            there = data.index(b"PK\x01\x02") + 8
            data = data[:there] + byte + data[there + 1 :]
        (tmp_path / "t.zip").write_bytes(data)
        with pytest.raises(DataError, match=r"t.zip is corrupt, or cut short \(zip\)"):
            read(tmp_path / "t.zip")
