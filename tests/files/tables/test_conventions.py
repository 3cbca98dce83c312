"""What cells that are no numbers look like, and that numbers are read with the signs that are named."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import ArgumentError, DataError
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_rows import read_rows
from gmmfit.files.tables.conventions import RAISED, convention_of, looks_like_a_number
from gmmfit.files.tables.doubts import points_between_thousands
from gmmfit.files.tables.numbers import Unreadable, number_in
from gmmfit.files.tables.reading import Reading
from tests.builders import table


@pytest.mark.parametrize(
    ("text", "reading", "number"),
    [
        ("1,234.5", Reading(thousands=","), 1234.5),
        ("12,345,678", Reading(thousands=","), 12345678),
        ("1.234,5", Reading(thousands=".", decimal=","), 1234.5),
        ("1\u00a0234", Reading(thousands="space"), 1234),
        ("1\u202f234.5", Reading(thousands="space"), 1234.5),
        ("-1'234", Reading(thousands="'"), -1234),
        ("12", Reading(thousands=","), 12),
        ("1,23", Reading(thousands=","), None),
        ("1234,567", Reading(thousands=","), None),
        ("1,234,56", Reading(thousands=","), None),
        ("$ 5", Reading(strip=("$",)), 5),
        ("5 %", Reading(strip=("$", "%")), 5),
        ("-$5", Reading(strip=("$",)), -5),
        ("5$6", Reading(strip=("$",)), None),
        ("5 kg", Reading(strip=("kg",)), 5),
        ("$1,234.50", Reading(strip=("$",), thousands=","), 1234.5),
        ("1,5e-3", Reading(decimal=","), 0.0015),
    ],
)
def test_numbers_with_signs_that_are_named(text: str, reading: Reading, number: float | None) -> None:
    assert number_in(text, reading) == number


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", "'", " "]))
def test_a_number_written_in_groups_is_that_number(number: int, sign: str) -> None:
    thousands = "space" if sign == " " else sign
    assert number_in(f"{number:,}".replace(",", sign), Reading(thousands=thousands)) == number


def test_one_sign_does_not_mean_two_things() -> None:
    for decimal, thousands in ((".", "."), (",", ",")):
        with pytest.raises(ArgumentError, match=f"`thousands` and `decimal` are both '{thousands}'"):
            Reading(decimal=decimal, thousands=thousands)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("1,5", "signs"),
        ("-3,5E2", "signs"),
        ("USD 5", "signs"),
        ("5 mg", "signs"),
        ("≤5", "limit"),
        ("<LOD", "are limits"),
        ("12:30", "are times"),
        ("1:02:03.5", "are times"),
        (datetime.timedelta(hours=3), "are times"),
        (datetime.time(3), "are times"),
        ("2026-11-27", "are dates"),
        ("27.11.2026", "are dates"),
        (datetime.date(2026, 11, 27), "are dates"),
        (True, "are TRUE or FALSE"),
        ("5-", "have a minus behind them"),
        ("(1,234)", "stand in parentheses"),
        (Unreadable(RAISED, "5.01"), "have superscripts"),
        ("n.d.", ""),
        ("−5", "have another sign for the minus"),
        ("1.5D+03", "have D for the exponent"),
        ("$3-", "have a minus behind them"),
        ("($2.89)", "stand in parentheses"),
        ("175cm", "signs"),
        ("42°C", "signs"),
        ("12a", ""),
        ("9:00 AM", "are times"),
        ("01-Mar-2020 10:00", "are dates"),
        ("A1", ""),
        ("1,2,3", ""),
        ("0,123", "signs"),
        ("1,234/5", ""),
    ],
)
def test_a_cell_looks_like_what_it_is(cell: object, kind: str) -> None:
    found = convention_of(cell, Reading()).kind
    assert found.startswith(kind) if kind else not found
    assert looks_like_a_number(cell) == kind.startswith(("signs", "limit", "have", "stand", "are limits"))


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        (["12:30", "13:40", "p"], r"Most of these are times \(h:mm:ss\), which are no numbers"),
        (["2026-11-27", "2026-11-28"], "These are dates, which are no numbers"),
        (["5-", "6-"], "These have a minus behind them, as in accounts: write it in front of them"),
        (["<5", "<6", "p"], "Most of these look like limits: add --censored$"),
        (["5 %", "6 %"], "These have '%' beside a number: add --strip %$"),
        (["1,234", "2,345", "1,234,567"], "These have commas between thousands: add --thousands ,$"),
        ([f"lost {n}" for n in range(150)], "It holds no number at all: choose another column with --column$"),
        (
            ["5 CR", "6 DR"],
            "These have 'DR' or 'CR' beside a number: what that means .a unit, a sign. is lost",
        ),
        (["5 %", "6 %", "7"], "These have '%' beside a number, and others have none: "),
        (["1.5", "OVRFLW", "Overflow", "off scale"], "write the limit itself, such as <0.5 or >4$"),
        (["<LOD", "<LOD", "7", "8", "9"], "write the limit itself, such as <0.5 or >4$"),
        (["q", "<5", "7", "8", "9"], "Mend them, or name each text that means missing by --na TEXT$"),
        (["$1.385,20", "$7,50"], r"These have '\$' beside a number: add --strip '\$' --decimal , --thousands .$"),
    ],
)
def test_what_most_cells_look_like_is_said(cells: list[str], hint: str) -> None:
    with pytest.raises(DataError, match=hint):
        read_rows(table("id;x\n" + "".join(f"1;{cell}\n" for cell in cells)), Wanted(["x"]))


def test_decimal_points_among_commas_are_told_from_those_instead_of_commas() -> None:
    points = "id;x\n" + "1;2.5\n" * 3
    with pytest.raises(DataError, match="These have decimal points: leave --decimal out$"):
        read_rows(table(points, decimal=","), Wanted(["x"]))
    with pytest.raises(DataError, match="3 have a decimal point .* and 2 a decimal comma .*: make these lines alike$"):
        read_rows(table(points + "1;2,5\n" * 2, decimal=","), Wanted(["x"]))
    with pytest.raises(DataError, match="look like decimal commas: add --decimal ,$"):
        read_rows(table("id;x\n" + "1;2,5\n" * 11 + "1;2.5\n"), Wanted(["x"]))


def test_points_that_may_part_thousands_are_named(caplog: pytest.LogCaptureFixture) -> None:
    read_rows(table("id;x\n" + "1;2.378\n2;1.930\n3;654\n" * 3), Wanted(["x"]))
    assert "has '1.930' beside '654': if the point parts thousands, add --decimal , --thousands ." in caplog.text


@pytest.mark.parametrize(
    "cells",
    [
        ["2.378", "1.93", "654", "2.5"],  # not before three digits
        ["2.378", "1.930", "2.500", "3.125"],  # no whole numbers
        ["2.378", "1.930", "2.500", "654", "1200"],  # one without a point
        ["0.378", "0.930", "0.500", "654"],
        ["2.378", "654"],  # nothing that a program wouldn't write
        ["2", "654"],
        ["2.3785", "654"],
    ],
)
def test_points_of_decimals_are_not_doubted(cells: list[str]) -> None:
    assert points_between_thousands(np.array(list(map(float, cells))), lambda: cells) is None


@pytest.mark.parametrize(
    "cells", [["12", "3", "1.204", "250", "2.310", "18"], ["12"] * 100 + [f"1.{n}" for n in range(111, 160)]]
)
def test_few_points_between_thousands_and_late_ones_are_doubted(cells: list[str]) -> None:
    assert points_between_thousands(np.array(list(map(float, cells))), lambda: cells) is not None


def test_names_that_come_again_begin_another_table() -> None:
    text = "id,x\n1,2\n2,3\n" * 2
    with pytest.raises(DataError, match="another table begins in line 4 of t.csv, where the name 'x' stands again"):
        read_rows(table(text, invalid="drop"), Wanted(["x"]))
    with pytest.raises(DataError, match="'x' means missing|If the first row holds names: leave --no-header out"):
        read_rows(table("x\n1\n2\n", no_header=True), Wanted(["1"]))
    with pytest.raises(DataError, match="If the first row holds names: add --header-row 2"):
        read_rows(table("x\n1\n2\n", names=("y",)), Wanted(["y"]))
