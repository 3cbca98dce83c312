"""The delimiter is the one under which the first rows have as many fields as the header."""

import pytest

from gmmfit import DataError
from tests.builders import table


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2\n3,4\n", ("a", "b")),
        ("Height, cm;Weight, kg\n1,5;2,5\n1,7;2,6\n", ("Height, cm", "Weight, kg")),
        ("Height, cm\tWeight, kg\n1.5\t2.5\n", ("Height, cm", "Weight, kg")),
        ("Weight, kg\n1.5\n2.5\n", ("Weight, kg",)),
        ("a|b, c\n1|2\n3|4\n", ("a", "b, c")),
        ("x\n1,5\n2\n3,5\n", ("x",)),
        ("x;y\n", ("x", "y")),
        ("x\n", ("x",)),
        ("a;b,c;d\n1;2;3\n", ("a", "b,c", "d")),
        ("a,b;c\n1,2\n3,4\n5,6\n", ("a", "b;c")),
        ('"a;b;c",d\n1,2\n', ("a;b;c", "d")),
        ("a,b\n1,2,\n3,4,\n", ("a", "b")),
        ("x\n1,10.5\n2,11.5\n3,12.5\n", ("x",)),
    ],
)
def test_the_delimiter_fits_the_first_rows(text: str, columns: tuple[str, ...]) -> None:
    assert table(text).columns == columns


def test_where_nothing_fits_the_delimiter_is_one_of_the_header_or_makes_most_rows_alike() -> None:
    with pytest.raises(DataError, match=r"line 2 of t.csv has 3 fields, expected 2 \(delimiter ','\)"):
        table("a,b\n1,2,3\n4,5,6,7\n")
    with pytest.raises(DataError, match=r"expected 1 \(delimiter '\\\\t'\)"):
        table("title\na\tb\n1\t2\n3\t4, or 5\n")


def test_a_name_of_tsv_promises_tabs() -> None:
    assert table("a,b\n1\n2\n", input_format="tsv").columns == ("a,b",)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_blanks_between_a_delimiter_and_quotes_are_no_part_of_a_field(delimiter: str) -> None:
    rows = f"id{delimiter} site{delimiter} x\n" + f'1{delimiter} "Lab{delimiter} A"{delimiter} "2.5"\n' * 3
    one = table(rows)
    assert one.columns == ("id", "site", "x")
    assert one.cells.texts([1, 2]) == [[f"Lab{delimiter} A"] * 3, ["2.5"] * 3]


def test_runs_of_blanks_are_one_delimiter_and_none_at_the_ends_of_lines() -> None:
    one = table('  id   name\t x  \n\n 1   "a  b"  2.5\n  2  c   3.5 \n', delimiter=" ")
    assert one.columns == ("id", "name", "x")
    assert one.cells.texts([0, 1, 2]) == [["1", "2"], ["a  b", "c"], ["2.5", "3.5"]]


@pytest.mark.parametrize(
    ("text", "delimiter", "numbers"),
    [
        ('"id" "x"\n"1" 0 2.5\n"7" 1 3.5\n', " ", [2.5, 3.5]),
        ("a,x\n1,0.5,2.5\n2,0.5,3.5\n3,1.5,4.5\n", None, [2.5, 3.5, 4.5]),
    ],
)
def test_names_of_rows_as_r_writes_them_are_left_out_and_said(
    text: str, delimiter: str | None, numbers: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gmmfit")
    one = table(text, delimiter=delimiter)
    assert one.numbers(1)[0].tolist() == numbers
    assert one.cells.row(1)[1] == str(numbers[1])
    assert "the first field of each line of t.csv is left out: it has no name, and is R's row name" in caplog.text


def test_letters_that_are_quotes_elsewhere() -> None:
    text = 'id,note,x\n1,5" pipe,2.5\n2,"a,3.5\n'
    assert table(text, quote="").cells.texts([1, 2]) == [['5" pipe', '"a'], ["2.5", "3.5"]]
    assert table("id,x\n1,'2,5'\n", quote="'").cells.texts([1]) == [["2,5"]]


def test_quotes_over_lines_that_are_rows_are_refused_and_others_are_not() -> None:
    message = "lines 3 to 5 of t.csv are one row, as a quote opens .*\n  If quotes are letters here: add --quote none"
    with pytest.raises(DataError, match=message):
        table('id,note,x\n1,a,2\n2,"b,3\n3,c,4\n4,d",5\n')
    with pytest.raises(DataError, match="lines 2 to 4 of t.csv are one row"):
        table('x\n"1\n2\n3"\n')
    for text in ('id,note,x\n1,"a\nb\nc",2\n', 'id,note,x\n1,"a, b\nc, d",3\n', 'x\n1\n"a\nb"\n'):
        assert table(text).n_rows >= 1


def test_counts_that_have_a_name_and_decimal_commas_are_no_row_names() -> None:
    with pytest.raises(DataError, match="If the fields hold decimal commas: save the table with another delimiter"):
        table("a,x\n1,50,8\n2,47,1\n3,39,6\n")
    with pytest.raises(DataError, match="Most lines have one field more than the header"):
        table("Index,Length\n1,50.2,ok\n2,51.3,ok\n3,49.7,ok\n")


@pytest.mark.parametrize("reading", [{}, {"decimal": ",", "thousands": "."}])
def test_numbers_of_one_column_are_not_cut_at_their_commas(reading: dict[str, str]) -> None:
    for text in ("Preis\n1.234,50\n999,00\n", "Preis\n<0,05\n1,5\n", "Preis\n109,25 €\n7,5 €\n"):
        assert table(text, **reading).columns == ("Preis",)


def test_blanks_behind_closing_quotes_are_named() -> None:
    with pytest.raises(DataError, match="Blanks stand behind closing quotes: take them out"):
        table('a,b\n"1" ,"5.2"\n')
