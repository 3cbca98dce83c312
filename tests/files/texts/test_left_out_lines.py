"""Comments, lines below the last row, and lines of another width are left out when that is asked for, and counted."""

import numpy as np
import pytest

from gmmfit import DataError
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import read_rows
from gmmfit.files.texts import lines
from tests.builders import table

COMMENTED = "# made by\n# a reader\nid,x\n1,2\n# paused\n2,3\n3,4\n# end\n"


@pytest.mark.parametrize("piece", [1, 3, 7, 2**20])
def test_comments_are_left_out_and_lines_keep_their_numbers(
    piece: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    caplog.set_level("INFO", "gmmfit")
    one = table(COMMENTED, comment="#")
    assert one.columns == ("id", "x")
    assert one.numbers(1)[0].tolist() == [2, 3, 4]
    assert [one.cells.place(row, 1) for row in range(3)] == ["line 4", "line 6", "line 7"]
    assert one.header_number == 3
    assert "4 lines are comments, and left out: they begin with '#'" in caplog.text


def test_a_header_row_is_counted_with_comments_above_it() -> None:
    text = "# a\ntitle\n# b\nx\n1\n2\n"
    assert table(text, comment="#", header_row=4).numbers(0)[0].tolist() == [1, 2]
    with pytest.raises(DataError, match="line 3 of t.csv, which should hold the names, is a comment"):
        table(text, comment="#", header_row=3)
    with pytest.raises(DataError, match="t.csv holds nothing but comments"):
        table("# a\n", comment="#")


def test_one_comment_is_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gmmfit")
    table("% a\nx\n1\n", comment="%")
    assert "1 line is a comment, and left out: it begins with '%'" in caplog.text


@pytest.mark.parametrize("piece", [1, 5, 2**20])
@pytest.mark.parametrize(("last", "numbers"), [(3, [1, 2]), (2, [1]), (9, [1, 2, 3]), (4, [1, 2, 3])])
def test_nothing_below_the_last_row_is_read(
    last: int, numbers: list[float], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    text = "x,y\n1,a\n2,b\n3,c\n" + ('"broken\n\0' if last < 4 else "")
    if piece == 2**20 and last < 4:
        text = text.replace("\0", "")
    assert table(text, last_row=last).numbers(0)[0].tolist() == numbers


def test_a_last_row_above_all_leaves_no_rows() -> None:
    with pytest.raises(DataError, match="no data rows in t.csv: only a header"):
        read_rows(table("x\n1\n2\n", last_row=1), Wanted([]))


def test_lines_of_another_width_are_dropped_with_invalid_values(caplog: pytest.LogCaptureFixture) -> None:
    text = 'id,x,note\n1,2,a\n2,3,b,c\n3,b,"d\ne"\n4,5,"f\ng",h\n5\n6,6,a\n7,7,a\n8,8,a\n9,9,a\n'
    read = read_rows(table(text, invalid="drop"), Wanted(["x"]))
    assert read.rows.values.ravel()[read.rows.kept].tolist() == [2, 6, 7, 8, 9]  # type: ignore[union-attr]
    record = read.counts.record()
    assert (record["n_read"], record["n_used"], record["n_invalid"]) == (9, 5, 4)
    assert "3 rows left out: another number of fields than the header has (line 3, line 6, line 8)" in caplog.text
    assert "1 row left out: a value is not a number" in caplog.text


def test_less_than_half_is_never_left() -> None:
    with pytest.raises(
        DataError, match=r"--invalid drop would leave 1 of 3 values, less than half: column 'x' of t.csv"
    ):
        read_rows(table("x\na\nb\n1\n", invalid="drop"), Wanted(["x"]))
    with pytest.raises(DataError, match="--invalid drop would leave 2 of 5 rows, less than half: name the row of the"):
        read_rows(table("a,b\n1,2\n3\n5\n7\n9,1\n", invalid="drop"), Wanted(["a"]))
    with pytest.raises(DataError, match="line 2 of t.csv has 3 fields"):
        table("a,b\n1,2,3\n4,5,6\n", invalid="drop")


def test_dropped_lines_are_dropped_in_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a,b\n" + "1,2\n3,4,5\n6,7\n" * 9
    whole = table(text, invalid="drop").numbers(1)[0]
    monkeypatch.setattr(lines, "PIECE", 11)
    np.testing.assert_array_equal(table(text, invalid="drop").numbers(1)[0], whole)
    assert len(whole) == 18


def test_a_name_among_comments_and_commas_is_looked_for() -> None:
    with pytest.raises(DataError, match="'x' stands in line 3: add --header-row 3$"):
        table("Operator,me\nPlate,4\nid,x\n1,2\n").choose(["x"])


def test_names_that_are_taken_for_data_are_told_with_what_not_to_type() -> None:
    with pytest.raises(DataError, match="'x' stands in line 1: leave --no-header out$"):
        table("id,x\n1,2\n", no_header=True).choose(["x"])
    with pytest.raises(DataError, match="'x' stands in line 2: --header-row 2 in place of --no-header$"):
        table("me,4\nid,x\n1,2\n", no_header=True).choose(["x"])


def test_where_most_columns_have_no_name_the_header_may_stand_below() -> None:
    with pytest.raises(
        DataError, match="Some columns have no name: if the names stand in a later row, add --header-row N"
    ):
        table("Plate 4,,\nid,x,y\n1,2,3\n").choose(["x y"])
