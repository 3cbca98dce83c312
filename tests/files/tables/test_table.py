"""Columns are chosen by header, position or pattern, and never guessed."""

from collections.abc import Sequence

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import read_rows
from gmmfit.files.tables.cells import Joined
from gmmfit.files.tables.numbers import numbers_of
from gmmfit.files.tables.reading import Reading
from gmmfit.files.texts.delimited import DelimitedCells
from gmmfit.files.workbooks.workbook import read_workbook
from gmmfit.text import NUMBER
from tests.builders import table, xlsx

FOUR = table('sex,height,"x,y",2019\nM,1,2,3\nF,4,5,6\n')


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (["height"], [1]),
        (["2"], [1]),
        (["2019"], [3]),
        (["x,y"], [2]),
        (["height,2019"], [1, 3]),
        (["height", "2019"], [1, 3]),
        (["height, 2019"], [1, 3]),
        (["/^h|9$/"], [1, 3]),
    ],
)
def test_a_name_is_tried_whole_then_split_at_commas(wanted: list[str], positions: list[int]) -> None:
    assert FOUR.choose(wanted) == positions


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["Height"], r"no column 'Height' in t.csv. Did you mean 'height'\?\n  Columns: sex, height, x,y, 2019"),
        (["hight"], "Did you mean 'height'"),
        (["9"], "no column '9'"),
        (["9" * 5000], "no column '9999"),
        (["/z/"], "no column '/z/'"),
        (["//"], "no column '//'"),
        (["height", "2"], "column 'height' is named twice"),
        ([], "3 numeric columns: choose with --column\n  Columns: height, x,y, 2019"),
    ],
)
def test_an_absent_column_is_named_with_those_there_are(wanted: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        FOUR.choose(wanted)


def test_a_pattern_that_is_none_is_a_wrong_argument() -> None:
    with pytest.raises(ArgumentError, match="not a regular expression"):
        FOUR.choose(["/(/"])


def test_a_header_that_stands_twice_is_chosen_by_position() -> None:
    twice = table("a,a\n1,2\n")
    with pytest.raises(DataError, match="'a' stands more than once in t.csv, at positions 1 and 2"):
        twice.choose(["a"])
    assert read_rows(twice, Wanted(["1", "2"])).rows.columns == ("a (1)", "a (2)")


def test_the_only_numeric_column_needs_no_name() -> None:
    assert table("sex,height\nM,1\nF,NA\n").choose([]) == [1]
    with pytest.raises(DataError, match="no numeric column"):
        table("sex\nM\nF\n").choose([])


def test_every_row_is_accounted_for() -> None:
    one = table("x,w\n1,1\nNA,1\nb,1\n4,0\n5,\n6,2\n", invalid="drop")
    account = read_rows(one, Wanted(["x"], row_weights="w")).counts.record()
    assert account["n_read"] == 6
    assert [account[key] for key in ("n_used", "n_missing", "n_invalid", "n_zero_weight")] == [2, 2, 1, 1]


@pytest.mark.parametrize(
    ("text", "name", "position"), [("M,185.9\nF,160\nM,190\n", "185.9", 2), ("\n".join("12345678"), "1", 1)]
)
def test_a_name_that_is_a_number_among_its_values_may_be_the_first_of_them(text: str, name: str, position: int) -> None:
    with pytest.raises(DataError, match=f"'{name}' .*: if so, add --no-header; .* add -c {position} --header-row 1"):
        read_rows(table(text), Wanted([]))
    n_rows = len(text.split())
    assert read_rows(table(text, no_header=True), Wanted([])).counts.n_read == n_rows
    assert read_rows(table(text, header_row=1), Wanted([str(position)])).counts.n_read == n_rows - 1


def test_a_name_that_is_a_number_far_from_its_values_is_a_name() -> None:
    assert read_rows(table("sex,2019\nF,160\nM,190\n"), Wanted([])).counts.n_read == 2


def test_columns_without_a_name_point_to_a_later_header() -> None:
    titled = xlsx(["My heights"], ["height", "sex"], [180, "M"])
    with pytest.raises(DataError, match="if the names stand in a later row, add --header-row N"):
        read_workbook(titled, "t.xlsx", Reading()).choose(["weight"])
    with pytest.raises(DataError, match="'height' stands in row 2: add --header-row 2$"):
        read_workbook(titled, "t.xlsx", Reading()).choose(["height"])


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["1,5", "2,5"], "These look like decimal commas: add --decimal ,$"),
        (
            ["1,516", "2,030"],
            r"These have commas before three digits: add --decimal , \(or --thousands , if they part thousands\)$",
        ),
        (["1.385,2", "936,0"], "These have points between thousands: add --decimal , --thousands .$"),
        (["1.385.200", "1.000"], "These have points between thousands: add --decimal , --thousands .$"),
        (["1'385'200", "1'000.5"], "These have apostrophes between thousands: add --thousands "),
        (["1 385", "12\u202f700"], "These have blanks between thousands: add --thousands space$"),
        (["1,516", "2,030", "1516"], r"add --thousands , \(or --decimal , if they are decimal commas\)$"),
        (["1,516", "2,030", "1.7"], r"add --thousands , \(or --decimal , if they are decimal commas\)$"),
        (["1,5", "2,5", "2.0x"], "Most of these look like decimal commas: add --decimal ,$"),
        (["1,5", "p"], "Mend them, or name each text that means missing by --na TEXT$"),
        (["1", "2", "3", "p"], "If 'p' means missing: add --na p; --invalid drop leaves such rows out$"),
        (
            ["1", "2", "3", "p", "q"],
            "If these mean missing: add --na p --na q; --invalid drop leaves such rows out$",
        ),
        (["1", "2", "3", "4", *"pqrs"], "name each text that means missing by --na TEXT; --invalid drop leaves such"),
        (["1", "2", "3", *"pqrs"], "name each text that means missing by --na TEXT$"),
    ],
)
def test_signs_in_numbers_are_told_apart(cells: list[str], hint: str) -> None:
    rows = "\n".join(f'"{cell}"' for cell in cells)
    with pytest.raises(DataError, match=hint):
        read_rows(table(f"x\n{rows}\n"), Wanted(["x"]))


def test_columns_that_blanks_part_point_to_the_option() -> None:
    with pytest.raises(DataError, match="no numeric column\n  Columns: h w\n  If blanks part the columns: add --del"):
        table("h w\n1 2\n").choose([])


def test_decimal_commas_are_recognised() -> None:
    with pytest.raises(DataError, match="\n  These look like decimal commas: add --decimal ,"):
        read_rows(table("h;s\n1,5;M\n2,5;F\n"), Wanted([]))


def test_a_number_that_means_missing_is_missing_in_a_workbook_too() -> None:
    numbers, bad = numbers_of([-9, -9.0, 9, None], Reading(na=("-9",)))
    np.testing.assert_array_equal(numbers, [np.nan, np.nan, 9, np.nan])
    assert bad == []


def test_a_column_that_begins_with_many_missing_cells_is_numeric() -> None:
    assert table("x,y\n" + "NA,a\n" * 200 + "1.5,b\n").choose([]) == [0]
    assert table("x,y\n" + "NA,a\n" * 99 + "below,a\n" + "1.5,b\n" * 3).choose([]) == [0]


@pytest.mark.parametrize("cell", ["n.d.", "1.5 mg", "1,5", "n/a?", "1,234", "<0.1"])
def test_a_slip_in_a_column_of_numbers_does_not_make_another_the_only_one(cell: str) -> None:
    """It was passed over, and the number of the row was fitted in its place."""
    rows = [f'{row};"{cell if row == 2 else row + 0.5}"' for row in range(1, 6)]
    with pytest.raises(DataError, match="has 2 numeric columns: choose with --column\n  Columns: row, x"):
        table("row;x\n" + "\n".join(rows) + "\n").choose([])


def test_half_of_the_cells_of_a_numeric_column_are_numbers() -> None:
    assert table("x,y\n1,a\nb,c\n").choose([]) == [0]
    with pytest.raises(DataError, match="no numeric column"):
        table("x,y\n1,a\nb,c\nd,NA\n").choose([])


def test_whole_numbers_beyond_double_precision_are_infinite() -> None:
    numbers, bad = numbers_of([10**400, -(10**400), 1], Reading())
    assert (numbers.tolist(), bad) == ([float("inf"), float("-inf"), 1], [])


def test_a_column_of_several_parts_is_looked_at_as_far_as_is_wanted() -> None:
    parts = [table(text).cells for text in ("x\n1\n2\n", "x\n3\n", "x\n4\n")]
    joined = Joined(parts)
    firsts = [joined.columns([0], first) for first in (1, 2, 3, None)]
    assert firsts == [[["1"]], [["1", "2"]], [[*"123"]], [[*"1234"]]]
    assert [joined.place(row, 0) for row in range(4)] == ["line 2", "line 3", "line 2", "line 2"]


def test_many_digits_and_a_letter_are_no_number_at_once() -> None:
    """Tried in every way that digits can be parted, they would take minutes."""
    assert NUMBER.fullmatch("1" * 100_000 + "x") is None


def test_a_long_column_of_numbers_is_not_looked_at_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take ten times as long."""
    long = table("x,y\n" + "1.5,2\n" * 100_000)
    columns = DelimitedCells.columns

    def few(cells: DelimitedCells, positions: Sequence[int], first: int | None = None) -> list[Sequence[object]]:
        assert first is not None
        assert first <= 100
        return columns(cells, positions, first)

    monkeypatch.setattr(DelimitedCells, "columns", few)
    assert read_rows(long, Wanted(["x", "y"])).counts.n_read == 100_000


def test_many_columns_with_few_values_are_parsed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = table(",".join(f"c{i}" for i in range(500)) + ",x\n" + ("," * 500 + "\n") * 120 + "," * 500 + "1.5\n")
    parsed = []
    texts = DelimitedCells.texts

    def counted(cells: DelimitedCells, columns: Sequence[int], first: int | None = None) -> list[list[str]]:
        parsed.append(columns)
        return texts(cells, columns, first)

    monkeypatch.setattr(DelimitedCells, "texts", counted)
    assert wide.choose([]) == [500]
    assert len(parsed) < 12
