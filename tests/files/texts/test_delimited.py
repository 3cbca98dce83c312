"""Delimited text: the numbers are Python's own, and nothing shifts in silence."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import ArgumentError, DataError
from gmmfit.files.texts import delimited, lines
from tests.builders import table


def first_column(text: str | bytes, **reading: Any) -> list[float]:
    numbers: list[float] = table(text, **reading).numbers(0)[0].tolist()
    return numbers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_to_the_last_bit(numbers: list[float]) -> None:
    assert first_column("x\n" + "\n".join(map(repr, numbers))) == numbers


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    one = table(f"a{delimiter}b\n1{delimiter}2\n")
    assert one.columns == ("a", "b")
    assert one.numbers(1)[0].tolist() == [2]


def test_of_several_delimiters_in_a_header_the_commonest_outside_quotes_cuts() -> None:
    assert table("a;b,c;d\n1;2;3\n").columns == ("a", "b,c", "d")
    assert table('"a,b,c";d\n1;2\n').columns == ("a,b,c", "d")


@pytest.mark.parametrize(
    ("text", "columns", "numbers"),
    [
        ("height\n1\n2\n", ("height",), [1, 2]),
        ("height\r\n1\r\n2", ("height",), [1, 2]),
        ("height\r1\r2\r", ("height",), [1, 2]),
        ("\n\n height \n1\n2\n \n\n", (" height ",), [1, 2]),
        ("a,b\n\n1,x\n \n2,y\n\n", ("a", "b"), [1, 2]),
        ('a,b\n\n1,"x"\n \n2,"y\n\nz"\n\n', ("a", "b"), [1, 2]),
        ('"a\n(cm)";b\n1;x\n2;y\n', ("a\n(cm)", "b"), [1, 2]),
        ("a\tb\n1\t\n2\t\n", ("a", "b"), [1, 2]),
        ('"height"\n"1"\n"2"\n', ("height",), [1, 2]),
        ('"a,b",c\n1,x\n2,"y\nz"\n', ("a,b", "c"), [1, 2]),
        ("sep=;\na;b\n1;2\n2;3\n", ("a", "b"), [1, 2]),
        ("a,b\n1,2,\n2,3,\n", ("a", "b"), [1, 2]),
        ("a,\n1,\n2,\n", ("a", ""), [1, 2]),
        ("a\n+1.\n2e0\n", ("a",), [1, 2]),
        ("\ufeffa\n1\n2\n", ("a",), [1, 2]),
        ("a\n1\n2\n".encode("utf-16"), ("a",), [1, 2]),
        ("a\n1\n2\n".encode("utf-32"), ("a",), [1, 2]),
        ("a\n18014398509481985\n99999999999999999999999\n", ("a",), [18014398509481985.0, 1e23]),
    ],
)
def test_odd_but_readable(text: str | bytes, columns: tuple[str, ...], numbers: list[float]) -> None:
    assert table(text).columns == columns
    assert first_column(text) == numbers


@pytest.mark.parametrize("text", ["h\n170\n\n171\n \n180\n\n", 'h\n170\n\n"171"\n \n180\n\n'])
def test_an_empty_line_in_a_single_column_is_a_missing_value_unless_nothing_follows(text: str) -> None:
    one = table(text)
    np.testing.assert_array_equal(one.numbers(0)[0], [170, np.nan, 171, np.nan, 180])
    assert [one.cells.place(row, 0) for row in (1, 4)] == ["line 3", "line 6"]


def test_windows_line_ends_inside_a_quoted_cell_are_line_feeds_of_one_cell() -> None:
    one = table('a,b\r\n1,"x\r\ny"\r\n2,z\r\n')
    assert one.cells.texts([0, 1]) == [["1", "2"], ["x\ny", "z"]]
    assert one.cells.place(1, 0) == "line 4"


@given(st.lists(st.tuples(st.sampled_from(["", " ", "  F", "M ", '"a\nb"', '" "']), st.integers(0, 99)), min_size=1))
def test_cells_are_those_of_the_csv_module(rows: list[tuple[str, int]]) -> None:
    text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
    one = table(text)
    expected = list(csv.reader(io.StringIO(text)))[1:]
    assert [list(row) for row in zip(*one.cells.texts([0, 1]), strict=True)] == expected


def test_blanks_at_the_beginning_of_a_row_stay_wherever_it_lies_in_a_large_file() -> None:
    n = 60_000
    assert set(*table("sex,x\n" + "  F,1\n" * n).cells.texts([0])) == {"  F"}


def test_a_number_that_means_missing_does_so_however_it_is_written() -> None:
    for text in ("x\n99.0\n1\n99\n", "x\n99.0\n1\n99\n NA \n"):
        assert np.flatnonzero(np.isfinite(first_column(text, na=("99",)))).tolist() == [1]


def test_decimal_commas_are_read_when_asked_for() -> None:
    assert first_column("a;b\n1,5;x\n-2,25e1;y\n", decimal=",") == [1.5, -22.5]
    with pytest.raises(DataError, match=r"'1\.5' \(line 2\)"):
        first_column("a;b\n1.5;x\n", decimal=",")


@pytest.mark.parametrize(
    "text", ["", " ", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A", "-9"]
)
def test_what_means_missing(text: str) -> None:
    numbers = first_column(f"a,b\n1,x\n{text},y\n", na=("-9",))
    assert np.isnan(numbers[1])


@pytest.mark.parametrize(
    "text",
    ["12a", "1,000", "1_000", "0x10", "--1", "-", "1e", "١٢", "１２", "True", "1.2.3", "5'11", "$5", "1 2", "na"],
)
def test_what_is_no_number_is_named_with_its_line(text: str) -> None:
    with pytest.raises(DataError, match=r"column 'a' of t.csv has a value that is not a number: .* \(line 3\)"):
        first_column(f"a;b\n1;x\n{text};y\n")
    assert table(f"a;b\n1;x\n{text};y\n", invalid="drop").numbers(0)[1].tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv is an empty file"),
        ("a\n\ufeff1\n", "line 2 of t.csv begins with a byte-order mark"),
        (" \n\n", "t.csv is an empty file"),
        ("a,b\n1,2\n3\n", r"line 3 of t.csv has 1 field, expected 2 \(delimiter ','\)"),
        ("Plate 4\n\nh,w\n1,2\n3,4\n", "\n  If the names stand in line 3: add --header-row 3"),
        ("Plate 4, on Monday\nh,w,s\n1,2,3\n3,4,5\n5,6\n", "\n  If the names stand in line 2: add --header-row 2"),
        ("a,b\n\n1,2\n\n1,2,3\n", "line 5 of t.csv has 3 fields, expected 2"),
        ("h;w\n1,5;2,5\n1,5;2,5;1\n", "line 3 of t.csv has 3 fields"),
        ("h\n1,5\n2,6\n", "These look like decimal commas: add --decimal ,"),
        ('a,b\n"1",2,3\n', "line 2 of t.csv has 3 fields"),
        ('a,b\n"1\n2",2\n3\n', "line 4 of t.csv has 1 field"),
        (
            "a,b\nr,2.5,3\ns,3.5,4\n",
            "Most lines have one field more than the header: .* add --no-header --header-row 2",
        ),
        ("a,b,c,d\n1,2,3,4\n1,2\n1,2\n1,2\n", "line 3 .* 2 fields, expected 4 .*\n  Mend such lines, or name another"),
        ('"a,b\n1,2\n', "unexpected end of data in the quotes of line 1"),
        ('a,b\n1,"2\n', "unexpected end of data, in the quotes that begin in line 2"),
        ('a,b\n1,"2"3\n', "in the quotes that begin in line 2"),
        (b"a\n1\n\xe9\n", "t.csv is not UTF-8: byte 0xe9 in line 3. Name the one"),
        (b"a\x01\n\x9d\n", "t.csv is not UTF-8: byte 0x9d in line 2. Is it a text"),
        (b"a\n1\0\n", "t.csv holds a NUL character in line 2"),
        ("sep=;\n", "t.csv is empty but for its first line"),
        ('a,"b"c\n1,2\n', "',' expected after '\"' in the quotes of line 1"),
        ("a\ninf\n", "column 'a' of t.csv is not finite in line 2: 'inf'"),
        ("a\n1e999\n", "column 'a' of t.csv is not finite in line 2: '1e999'"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        first_column(text)


def test_without_a_header_columns_are_numbered_or_named() -> None:
    assert table("M,1\nF,2\n", no_header=True).columns == ("1", "2")
    assert table("M,1\nF,2\n", no_header=True, names=("sex", "height")).columns == ("sex", "height")
    with pytest.raises(DataError, match="1 names for the 2 columns"):
        table("M,1\n", no_header=True, names=("sex",))


def test_a_header_row_that_holds_no_header_is_refused() -> None:
    with pytest.raises(DataError, match="t.csv has 3 lines, so no header in line 9"):
        table("a\n1\n2\n", header_row=9)
    with pytest.raises(DataError, match="line 2 of t.csv, which should hold the names, is empty"):
        table("title\n\na\n1\n", header_row=2)


def test_a_header_in_a_later_row() -> None:
    one = table("my table\nof 2026\na,b\n1,2\n", header_row=3)
    assert (one.columns, one.n_rows, one.cells.place(0, 0)) == (("a", "b"), 1, "line 4")


def test_an_encoding_is_used_when_it_is_named() -> None:
    assert table("größe\n1\n".encode("cp1252"), encoding="cp1252").columns == ("größe",)


def test_cells_come_back_as_they_stand_in_the_file() -> None:
    cells = table('a,b\n007," x"\n1e5,NA\n').cells
    assert cells.texts([0, 1]) == [["007", "1e5"], [" x", "NA"]]


TEXTS = [
    "a,b\n1,x\n2,y\n\n3,z\n",
    "a\n1\n\n2\nNA\n3\n\n\n",
    "a\r\n1\r\n\r\n2\r\n",
    "a\r1\r2\r\r3",
    'a,b\n1,"x\ny,z"\n2,"say ""hi"""\n\n3,""\n',
    "a,b\n1,2,\n3,4,\n5,6,\n",
    "sep=;\na;b\n1;2\n3;4\n",
    "höhe,ø\n1,é\n2,漢字\n3,👍\n",
]


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 11])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_no_cutting_into_pieces_changes_a_table(
    text: str, piece: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = table(text.encode(encoding))
    monkeypatch.setattr(lines, "PIECE", piece)
    cut = table(text.encode(encoding))
    assert cut.columns == whole.columns
    for column in range(len(whole.columns)):
        assert cut.cells.texts([column]) == whole.cells.texts([column])
    assert np.array_equal(cut.numbers(0)[0], whole.numbers(0)[0], equal_nan=True)
    places = [[one.cells.place(row, 0) for row in range(one.n_rows)] for one in (cut, whole)]
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2,\n3,4,\n5,6\n", "line (2|4) of t.csv has (3 fields, expected 2|2 fields, expected 3)"),
        ("a,b\n1,2\n3,4\n5\n", "line 4 of t.csv has 1 field, expected 2"),
        ("a,b\n1,2\n3,4,\n", "line 3 of t.csv has 3 fields, expected 2"),
        ("a\n1\nx\n2\ny\n", r"has 2 values that are not a number: 'x' \(line 3\), 'y' \(line 5\)"),
        ("a\n1\n2\n\n3\ninf\n", "not finite in line 6"),
        ('a\n1\n2\n"3\n', "in the quotes that begin in line 4"),
        (b"a\n1\n2\n\xe9\n", "byte 0xe9 in line 4"),
        (b"a\n1\n2\n3\0\n", "NUL character in line 4"),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 2**20])
def test_places_are_counted_over_all_pieces(
    text: str | bytes, message: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    with pytest.raises(DataError, match=message):
        first_column(text)


@given(
    st.lists(st.sampled_from(["1", "-2.5", "NA", "", "1e3", " 7 ", "inf", "x", "1_0", "0x1"]), min_size=1, max_size=8)
)
def test_few_numbers_and_many_are_read_alike(cells: list[str]) -> None:
    """Python reads few, pandas many: the same numbers, the same refusals."""
    text = "a,b\n" + "".join(f"{cell},1\n" for cell in cells)
    found: list[object] = []
    for few in (2**18, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delimited, "FEW_BYTES", few)
            try:
                found.append(str(first_column(text)))
            except DataError as error:
                found.append(str(error))
    assert found[0] == found[1]


@pytest.mark.parametrize("piece", [7, 1000, 2**20])
def test_a_quote_inside_an_unquoted_field_is_a_character(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inch mark opens no quotes, wherever a piece ends after it; and it takes no time."""
    monkeypatch.setattr(lines, "PIECE", piece)
    n = 2000
    text = 'x,note\n1,pipe 5"\n' + '2,"a\nb"\n' * n + "3,c\n" * n
    one = table(text)
    assert one.numbers(0)[0].tolist() == [1, *[2] * n, *[3] * n]
    assert one.cells.texts([1]) == [['pipe 5"', *["a\nb"] * n, *["c"] * n]]


def test_a_title_with_a_quote_above_the_header_opens_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PIECE", 100)
    assert first_column('Sizes in 5" units\nx\n' + "1\n" * 500, header_row=2) == [1] * 500


def test_a_blank_line_before_quotes_that_go_on_is_a_missing_value(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a\n1\n2\n\n"x\ny"\n3\n'
    [whole] = table(text).cells.texts([0])
    for piece in range(1, len(text)):
        monkeypatch.setattr(lines, "PIECE", piece)
        assert table(text).cells.texts([0]) == [whole] == [["1", "2", "", "x\ny", "3"]]


def test_a_header_as_long_as_a_piece_stands_above_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    header = '"' + "x\n" * 50 + '"'
    monkeypatch.setattr(lines, "PIECE", len(header) + 1)
    assert first_column(f"{header}\n1\n2\n") == [1, 2]


@pytest.mark.parametrize("encoding", ["rot13", "hex", "undefined", "utf-9"])
def test_what_is_no_encoding_of_texts_is_a_wrong_argument(encoding: str) -> None:
    with pytest.raises(ArgumentError, match=f"no encoding '{encoding}'"):
        table("a\n1\n", encoding=encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("a,b\n1,+2AA-\n", "utf-7", "t.csv is not utf-7: half a character in line 2"),
        ("a,b\n1,x\n2,\\udc00\n", "unicode_escape", "t.csv is not unicode_escape: half a character in line 3"),
        ("a,b\n1,x\n", "punycode", "t.csv is not punycode: "),
    ],
)
def test_an_encoding_that_makes_halves_of_characters_is_the_wrong_one(text: str, encoding: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(text, encoding=encoding)


@pytest.mark.parametrize("text", [b"h\n1," + b"x" * 2**22, b"h" * 2**22, b'h,g\n1,"' + b"x\n" * 2**21])
def test_a_row_without_an_end_is_refused(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_RECORD", 2**21)
    with pytest.raises(DataError, match="t.csv has no row that ends in 2 MB from line [12] on: is it a table"):
        table(text)
