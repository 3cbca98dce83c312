"""Every hint is true: typed as it is, on the file that caused it, it gets the reader further, and loses no data."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gmmfit.cli.main import run
from tests.builders import archive, xlsx

N = 24
VALUES = [10.5 + row % 12 + 40 * (row % 2) for row in range(N)]
FLAGS = ("--no-header", "--censored", "--visible")
MOST_STEPS = 5


def lines(first: str, row: str, last: str = "", **more: str) -> str:
    """A text: what stands above the rows, one for each value, and what stands below; more are rows by their number."""
    rows = [more.get(f"row_{at}", row.format(at=at + 1, x=x)) for at, x in enumerate(VALUES)]
    return "\n".join([first, *rows, *([last] if last else [])]) + "\n"


def with_comma(text: str) -> str:
    return re.sub(r"(\d)\.(\d)", r"\1,\2", text)


def with_another_sheet(sheet: Any) -> None:
    other = sheet.parent.create_sheet("My data")
    for row in (["title"], ["x"], *([x] for x in VALUES)):
        other.append(row)


# A table, the options typed at first, and how many rows are to be used in the end.
TABLES: dict[str, tuple[str | bytes, str, int]] = {
    "title above the header": (lines("Plate 4\n\nid,x", "{at},{x}"), "-c x", N),
    "wider title": (lines("a,b,c,d\nid,x", "{at},{x}"), "-c x", N),
    "name further down": (lines("Operator,me\nid,x", "{at},{x}"), "-c x", N),
    "comments": (lines("# made by\n# a, reader\nid,x", "{at},{x}", "# end"), "-c x", N),
    "semicolons and decimal commas": (with_comma(lines("id;x", "{at};{x}")), "-c x", N),
    "decimal commas in one column": (with_comma(lines("x", "{x}")), "", N),
    "blanks": (lines("  id   x", "  {at}   {x}"), "-c x", N),
    "quoted names parted by blanks": (lines('"id" "x"', "{at} {x}"), "-c x", N),
    "thousands": (lines("id;x", "{at};1,{at:03d}.5"), "-c x", N),
    "points between thousands": (lines("id;x", "{at};1.{at:03d},5"), "-c x", N),
    "blanks between thousands": (lines("id;x", "{at};1 {at:03d}"), "-c x", N),
    "currency": (lines("id;x", "{at};$ {x}"), "-c x", N),
    "currency and thousands": (lines("id;x", "{at};€1.{at:03d},5"), "-c x", N),
    "percent": (lines("id,x", "{at},{x} %"), "-c x", N),
    "limits": (lines("id,x", "{at},{x}", row_3="4,<10", row_7="8,<10"), "-c x", N),
    "no header": (lines(f"0,{VALUES[0]}", "{at},{x}"), "-c 2", N + 1),
    "no header, by name": (lines(f"0,{VALUES[0]}", "{at},{x}"), "-c x", 0),
    "another table": (lines("id,x", "{at},{x}", "\nid,colour\n1,red\n2,blue"), "-c x", N),
    "lines below": (lines("id,x", "{at},{x}", "\nGain = 3\nTime = 5"), "-c x", N),
    "quotes that are letters": (lines("id,note,x", '{at},"a" b,{x}'), "-c x", N),
    "quotes over lines": (lines("id,note,x", "{at},a,{x}", row_3='4,"b,14.5', row_5='6,b",56.5'), "-c x", N),
    "a line too long": (lines("id,x,note", "{at},{x},ok", row_3="4,14.5,a,b"), "-c x", N - 1),
    "a text": (lines("id,x", "{at},{x}", row_3="4,lost"), "-c x", N - 1),
    "two texts": (lines("id,x", "{at},{x}", row_3="4,lost", row_4="5,gone"), "-c x", N - 2),
    "a letter for a column": (lines("id,x", "{at},{x}"), "-c B", N),
    "other case": (lines("id,Höhe", "{at},{x}"), "-c höhe", 0),
    "an encoding": (lines("id,Höhe", "{at},{x}").encode("cp1252"), "-c 2", N),
    "another sheet": (
        xlsx(
            ["a"],
            ["b"],
            more=with_another_sheet,
        ),
        "-c x",
        N,
    ),
    "two files in an archive": (archive({"a.csv": "x\n1\n", "b.csv": "x\n1\n"}), "-c x", 0),
}


def hints(message: str) -> Iterator[list[str]]:
    """The options of each hint in a message, as a shell would take them."""
    for found in re.finditer(r"add (-[^\n]*)", message):
        words, options = shlex.split(found[1]), list[str]()
        while words and words[0].startswith("-"):
            option = words.pop(0)
            options.append(option.rstrip(";,:"))
            if option in FLAGS or option != option.rstrip(";,:"):
                continue
            if words and not words[0].startswith("-"):
                value = words.pop(0)
                options.append(value.rstrip(";:") or value)
                if value.endswith((";", ":")):
                    break
        yield options


@pytest.mark.parametrize("name", TABLES)
def test_a_hint_gets_further_and_loses_no_rows(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table, typed, n_used = TABLES[name]
    path = tmp_path / "table"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    options, said = shlex.split(typed), set[str]()
    for _ in range(MOST_STEPS):
        status = run(["fit", str(path), "-k", "1", "-f", "json", *options])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        if status == 0:
            assert json.loads(out)["data"]["n_used"] == n_used, err
            return
        assert out == ""
        assert err not in said, "a hint leads back to where it was given"
        said.add(err)
        new = next(hints(err), [])
        if not new:
            break
        # What a hint says of an option takes the place of what was typed.
        if new[0] in options:
            at = options.index(new[0])
            del options[at : at + 2]
        options += new
    assert n_used == 0, err
