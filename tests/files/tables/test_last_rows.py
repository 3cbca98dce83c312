"""What stands below a table is named, with the option that ends it; and no table that ends as it began is doubted."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import DataError
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import read_rows
from gmmfit.files.tables.reading import Reading
from gmmfit.files.texts import lines
from gmmfit.files.workbooks.workbook import read_workbook
from tests.builders import table, xlsx

X = [12.5, 14.25, 9.0, 11.75, 30.5, 28.0, 31.25]
ROWS = "".join(f"S{at},{x}\n" for at, x in enumerate(X))
MEAN, SD = np.mean(X), np.std(X, ddof=1)


def said(text: str, caplog: pytest.LogCaptureFixture, column: str = "x") -> str:
    read_rows(table(text), Wanted([column]))
    return caplog.text


@pytest.mark.parametrize(
    ("below", "message"),
    [
        (f"Total,{sum(X)}\n", "line 9 is the sum of the 7 above: if no row of the table, add --last-row 8"),
        (f"zusammen,{sum(X)}\n", "line 9 is the sum of the 7 above"),
        (f"Mean,{MEAN:.3f}\nSD,{SD:.3f}\n", "lines 9 to 10 are the mean of the 7 above, the sd of the 7 above"),
        (f"Mittelwert:,{MEAN:.2f}\n", "line 9 is the mean of the 7 above"),
        (f"Mean:,{MEAN:.2f}\nLOD:,3\n", "lines 9 to 10 are the mean of the 7 above, called 'LOD:'"),
        (f"Gesamtsumme,{sum(X) + 0.2:.1f}\n", "line 9 is the sum of the 7 above"),
        ("Median,12.5\n", "line 9 is called 'Median'"),
        (f"n,7\nMean,{MEAN:.3f}\nMin,9\nMax,31.25\n", "lines 9 to 12 are called 'n', the mean of the 7 above"),
        (f"\nTotal,{sum(X)}\n", "line 10 is the sum of the 7 above: if no row of the table, add --last-row 9"),
        (
            "\nGain,1200\nTime,5\n",
            "2 rows stand below an empty line, and are read too: if the table ends above it, add --last-row 9",
        ),
        ("\nGain,1200\n", "1 row stands below an empty line, and is read too"),
    ],
)
@pytest.mark.parametrize("piece", [2**20, 30])
def test_summary_rows_and_rows_below_an_empty_line_are_named(
    below: str, message: str, piece: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    assert message in said("site,x\n" + ROWS + below, caplog)


@pytest.mark.parametrize(
    "text",
    [
        "site,x\n" + ROWS,
        "name,x\n" + ROWS + "Max,182\n",  # a person
        "site,x\n" + ROWS + "S7,13.5\n",
        "x\n0\n0\n0\n0\n0\n0\n",
        "x\n1\n2\n3\n4\n5\n6\n7\n",
        "site,x\nA,1\nB,2\n\nC,3\nD,4\n\nE,5\nF,6\n",  # groups
        "x\n1\n2\n\n3\n\n",
        "s,x\na,0\nb,0\nc,3\nd,0\ne,0\nf,3\n",
        "stat,x\n" + "mean,5.5\nsd,1.5\nmean,6.5\nsd,2.5\n" * 5,
        "g,x\n" + "a,5.5\nb,7.5\n" * 10 + "\n" + "c,6.5\n" * 5,  # unequal groups
        "x\n1e200\n2e200\n-3e200\n1e200\n5e200\n",
    ],
)
def test_a_table_without_such_rows_is_not_doubted(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert "--last-row" not in said(text, caplog)


@given(st.lists(st.integers(1000, 2000), min_size=6, max_size=30))
def test_a_total_is_known_whatever_it_is_called(values: list[int]) -> None:
    text = "x\n" + "".join(f"{value}\n" for value in [*values, sum(values)])
    with pytest.MonkeyPatch.context() as patch:
        warned: list[str] = []
        patch.setattr("gmmfit.files.tables.table.log.warning", lambda message, *words: warned.append(message % words))
        read_rows(table(text), Wanted(["x"]))
    assert warned == [
        f"line {len(values) + 2} is the sum of the {len(values)} above: if no row of the table, add "
        f"--last-row {len(values) + 1}"
    ]


@pytest.mark.parametrize("piece", [2**20, 40])
@pytest.mark.parametrize("invalid", ["error", "drop"])
def test_names_below_an_empty_line_begin_another_table(
    piece: int, invalid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    text = "site,x\n" + ROWS + "\nsite,colour\n" + ROWS
    message = "(?s)another table seems to begin in line 10 of t.csv, .* 'colour' in .*: add --last-row 9"
    with pytest.raises(DataError, match=message):
        read_rows(table(text, invalid=invalid), Wanted(["x"]))
    assert read_rows(table(text, last_row=9), Wanted(["x"])).counts.n_read == len(X)


@pytest.mark.parametrize("below", ["\nS7,NA\n", "\n7,lost\n"])
def test_a_missing_value_below_an_empty_line_begins_none(below: str, caplog: pytest.LogCaptureFixture) -> None:
    text = "site,x\n" + ROWS + below
    assert read_rows(table(text, na=("lost",)), Wanted(["x"])).counts.n_missing == 1
    assert "last-row" not in caplog.text


def test_in_a_workbook_rows_have_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[list[Any]] = [["site", "x"], *([f"S{at}", x] for at, x in enumerate(X)), [], ["Total", sum(X)]]
    read_rows(read_workbook(xlsx(*rows), "t.xlsx", Reading()), Wanted(["x"]))
    assert "B10 is the sum of the 7 above: if no row of the table, add --last-row 9" in caplog.text
    rows[-2:] = [[], ["site", "colour"], ["a", "red"]]
    with pytest.raises(DataError, match="another table seems to begin in B10 of t.xlsx"):
        read_rows(read_workbook(xlsx(*rows), "t.xlsx", Reading()), Wanted(["x"]))
    whole = read_rows(read_workbook(xlsx(*rows), "t.xlsx", Reading(last_row=8)), Wanted(["x"]))
    assert whole.counts.n_read == len(X)


@pytest.mark.parametrize(
    ("below", "hint"),
    [
        (
            "site,420\nA,30\nB,12\n",
            "If the table ends above it: add --last-row 9; if it begins there: add --header-row",
        ),
        (
            "site,y\n" + ROWS * 2,
            "If it begins there: add --header-row 10; if the table ends above it: add --last-row 9",
        ),
    ],
)
def test_the_larger_table_is_the_one_that_is_meant(below: str, hint: str) -> None:
    with pytest.raises(DataError, match=hint):
        read_rows(table("site,x\n" + ROWS + "\n" + below), Wanted(["x"]))


def test_a_last_row_without_a_number_begins_no_table() -> None:
    with pytest.raises(DataError, match="If 'Undetermined' means missing: add --na Undetermined"):
        read_rows(table("site,x\n" + ROWS + "\nneg,Undetermined\n"), Wanted(["x"]))


def test_below_an_empty_line_without_numbers_above_nothing_is_another_table() -> None:
    with pytest.raises(DataError, match="If 'gone' means missing: add --na gone"):
        read_rows(table("s,x\na,NA\n\nb,gone\nc,3\nd,4\n"), Wanted(["x"]))
