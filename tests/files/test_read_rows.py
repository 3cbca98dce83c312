"""Columns taken from a table, at once or in chunks: every row is accounted for."""

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError
from gmmfit.data.recording import Recording
from gmmfit.data.rows import Rows
from gmmfit.data.selection import Selection
from gmmfit.data.stored.chunks import Chunks
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import TableRows, columns_of_model, read_chunks, read_rows
from tests.builders import table, table_in_parts


def blocks(read: TableRows) -> list[Rows]:
    """The blocks of rows in chunks."""
    assert isinstance(read.rows, Chunks)
    with read.rows as chunks:
        return list(chunks.blocks())


LIMITS = Recording(censored=True)
TEXT = "x,w,s\n1,2,0.5\nNA,1,0.5\n3,0,0.25\n4,1,0.25\n"


def test_chunks_hold_the_rows_that_can_be_used() -> None:
    read = read_chunks(table_in_parts(TEXT), Wanted(["x"], row_weights="w"), 1000)
    [rows] = blocks(read)
    assert (rows.values.ravel().tolist(), rows.weights.tolist()) == ([1, 4], [2, 1])
    account = read.counts.record()
    assert [account[name] for name in ("n_read", "n_used", "n_missing", "n_zero_weight")] == [4, 2, 1, 1]


def test_known_sds_weigh_the_rows_of_chunks() -> None:
    [rows] = blocks(read_chunks(table_in_parts(TEXT), Wanted(["x"], row_sds="s"), 1000))
    np.testing.assert_allclose(rows.weights, np.array([4, 16, 16]) / 12)


@pytest.mark.parametrize("text", ['x\nNA\n""\n', "x\nNA\n"])
def test_chunks_without_a_usable_row_are_an_error(text: str) -> None:
    with pytest.raises(DataError, match=r"no usable rows: \d read, \d with a "):
        read_chunks(table_in_parts(text), Wanted(["x"]), 1000)


def test_weights_and_sds_of_rows_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="`row_weights` and `row_sds` don't go together: give one of them"):
        Wanted(["x"], row_weights="w", row_sds="s")


def test_a_header_alone_is_no_table() -> None:
    for column in ([], ["x"]):
        with pytest.raises(DataError, match="no data rows in t.csv: only a header"):
            read_rows(table("x\n"), Wanted(column))


def test_a_column_of_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="t.csv has no column 'y', which the model was fitted to: name another with"):
        columns_of_model(table(TEXT), [], ["x", "y"])
    assert columns_of_model(table(TEXT), ["w", "s"], ["x", "y"]) == ["w", "s"]


@pytest.mark.parametrize("piece", [1, 6, 2**20])
def test_of_many_bad_cells_in_several_parts_the_first_three_are_shown(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmmfit.files.texts.lines.PIECE", piece)
    text = "a\np\n1\nq\nr\ns\n2\nt\n"
    shown = r"has 5 values that are not a number: 'p' \(line 2\), 'q' \(line 4\), 'r' \(line 5\), …\n"
    with pytest.raises(DataError, match=shown):
        read_rows(table_in_parts(text), Wanted(["a"]))


@pytest.mark.parametrize("wanted", [Wanted(["x"], row_weights="w"), Wanted(["x"], row_sds="w")])
def test_relative_weights_in_chunks_are_those_in_memory(wanted: Wanted) -> None:
    text = "x,w\n" + "".join(f"{i},{0.5 + i % 3}\n" for i in range(9))
    whole, chunks = read_rows(table_in_parts(text), wanted).rows, read_chunks(table_in_parts(text), wanted, 4).rows
    assert isinstance(whole, Selection)
    assert isinstance(chunks, Chunks)
    with chunks:
        assert chunks.weighting == whole.weighting == "relative"
        weights = chunks.some(9, np.random.default_rng(0)).weights
    np.testing.assert_allclose(weights, whole.rows.weights, rtol=1e-12)
    assert weights.sum() == pytest.approx(9)


def test_the_ends_of_an_interval_are_two_columns_of_which_one_may_be_empty() -> None:
    text = "lo,hi,n\n,2,1\n2,3,4\n5,,2\n,,9\n"
    read = read_rows(table(text), Wanted(row_weights="n", recording=Recording(interval=("lo", "hi"), name="x")))
    assert isinstance(read.rows, Selection)
    known = read.rows.rows.known
    assert known is not None
    assert read.rows.columns == ("x",)
    assert known.low.ravel().tolist() == [-np.inf, 2, 5]
    assert known.high.ravel().tolist() == [2, 3, np.inf]
    assert (read.counts.n_read, read.counts.n_missing) == (4, 1)


def test_cells_with_signs_are_limits() -> None:
    read = read_rows(table("x;u\n<0,5;a\n1,5;b\n>2;c\nNA;d\n", decimal=",", censored=True), Wanted(recording=LIMITS))
    assert isinstance(read.rows, Selection)
    known = read.rows.rows.known
    assert known is not None
    assert known.low.ravel().tolist() == [-np.inf, 1.5, 2]
    assert known.high.ravel().tolist() == [0.5, 1.5, np.inf]


def test_limits_without_the_option_are_named_with_it() -> None:
    with pytest.raises(DataError, match=r"'<1' \(line 2\)\n  These look like limits: add --censored"):
        read_rows(table("x\n<1\n2\n3\n"), Wanted(["x"]))
    with pytest.raises(DataError, match="Most of these look like limits: add --censored"):
        read_rows(table("x\n<1\n<2\nno\n3\n"), Wanted(["x"]))


def test_errors_are_columns_or_numbers() -> None:
    text = "x,y,sx\n1,2,0.1\n3,4,0.2\n"
    read = read_rows(table(text), Wanted(["x", "y"], recording=Recording(errors=("sx", "0.5"))))
    assert isinstance(read.rows, Selection)
    assert read.rows.rows.known is not None
    assert read.rows.rows.known.errors.tolist() == [[0.1, 0.5], [0.2, 0.5]]
    assert read.rows.recording.record() == {"errors": ["sx", 0.5]}
    one_for_all = read_rows(table(text), Wanted(["x", "y"], recording=Recording(errors=("0.5",))))
    assert isinstance(one_for_all.rows, Selection)
    assert one_for_all.rows.rows.known is not None
    assert one_for_all.rows.rows.known.errors.tolist() == [[0.5, 0.5]] * 2
    with pytest.raises(ArgumentError, match="`errors` for 1 columns of 2: give one for each"):
        read_rows(table(text), Wanted(["x", "y"], recording=Recording(errors=("sx",))))


def test_rows_of_known_components_and_rows_with_gaps(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    text = "x,y,g\n1,,a\n3,4,\n,,b\n5,6,b\n"
    read = read_rows(table(text), Wanted(["x", "y"], recording=Recording(labels="g", missing="use")))
    assert isinstance(read.rows, Selection)
    assert read.rows.rows.known is not None
    assert read.rows.rows.known.labels.tolist() == [0, -1, 1]
    assert read.rows.recording.label_names == ("a", "b")
    assert "1 row without a label in column 'g': of any component" in caplog.messages
    caplog.clear()
    read_rows(table(text), Wanted(["x", "y"]))
    assert any(said.endswith("--missing use keeps what is there of them") for said in caplog.messages)


def test_texts_that_are_read_as_missing_are_so_before_they_are_limits() -> None:
    text = "x;u\n<1;a\n<2,5;a\n<n.d.;b\n3;c\n> 9;c\n"
    with pytest.raises(DataError, match="a value that is not a number: '<n.d.'"):
        read_rows(table(text, decimal=",", censored=True), Wanted(["x"], recording=LIMITS))
    lenient = {"decimal": ",", "censored": True, "na": ("<n.d.", "<1", "9")}
    read = read_rows(table(text, **lenient), Wanted(["x"], recording=LIMITS))
    assert isinstance(read.rows, Selection)
    assert read.rows.rows.known is not None
    assert read.rows.rows.known.high.ravel().tolist() == [2.5, 3, np.inf]
    with pytest.raises(DataError, match="'<2.5'"):
        read_rows(table("x;u\n<2.5;a\n3;b\n", decimal=",", censored=True), Wanted(["x"], recording=LIMITS))


def test_cells_that_no_option_reads_are_not_told_of_the_option_that_is_given() -> None:
    with pytest.raises(DataError) as error:
        read_rows(table("x\n<5 mg\n<LOD\n3\n", censored=True), Wanted(["x"], recording=LIMITS))
    assert "--censored" not in str(error.value)


def test_dropped_cells_that_look_like_limits_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    read_rows(table("x\n<1\n2\n3\n4\n", invalid="drop"), Wanted(["x"]))
    assert any("1 look like limits: --censored reads them" in said for said in caplog.messages)
