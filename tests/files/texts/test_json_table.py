"""JSON as a table: lines with an object each, or a list of such objects."""

from pathlib import Path
from typing import Any

import pytest

from gmmfit.errors import ArgumentError, DataError
from gmmfit.files.tables.table import Table
from gmmfit.files.texts import json_table
from tests.builders import read


def table(text: str | bytes, folder: Path, name: str = "t.jsonl", **reading: Any) -> Table:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder / name, **reading)


LINES = '{"sex": "F", "height": 160}\n{"sex": null, "height": 1.5e2}\n\n{"height": null}\n'
LIST = '[\n {"sex": "F", "height": 160},\n {"sex": null, "height": 1.5e2},\n {"height": null}]\n'


@pytest.mark.parametrize("text", [LINES, LIST, "\ufeff" + LINES, "\ufeff" + LIST, LINES.replace("\n", "\r\n")])
def test_lines_and_a_list_of_objects_are_one_table(text: str, tmp_path: Path) -> None:
    found = table(text, tmp_path)
    assert found.columns == ("sex", "height")
    assert found.cells.columns([0, 1]) == [["F", None, None], [160, 150.0, None]]


def test_halves_of_characters_are_refused_and_whole_ones_read(tmp_path: Path) -> None:
    assert table(r'{"a": "\ud83d\ude00"}', tmp_path).cells.columns([0]) == [["😀"]]
    for text, where in ((r'{"a": 1}' + "\n" + r'{"a": "\ud83d"}', "line 2"), (r'[{"\udCff": 1}]', "it")):
        with pytest.raises(DataError, match=f"t.jsonl is not Unicode: a character in {where} is broken"):
            table(text, tmp_path).whole()


def test_places_are_lines_or_rows(tmp_path: Path) -> None:
    assert table(LINES, tmp_path).cells.place(2, 1) == "line 4"
    assert table(LIST, tmp_path).cells.place(2, 1) == "row 3"


def test_a_long_table_comes_in_parts_with_its_line_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "PIECE", 40)
    found = table("".join(f'{{"x": {n}}}\n' for n in range(1, 101)), tmp_path)
    assert found.cells.columns([0]) == [list(range(1, 101))]
    assert found.cells.place(99, 0) == "line 100"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"b": 2}\n', "line 2 of t.jsonl has a key 'b', which the first row has not"),
        ('{"a": 1}\n[2]\n', "line 2 of t.jsonl is '.2.', and no object"),
        ('{"a": 1}\n{"a": \n', "line 2 of t.jsonl is not JSON"),
        ('{"components": []}\n', "it is JSON, but no table"),
        ('{\n "components": []}\n', "it is JSON, but no table"),
        ("[{]", "it is JSON, but no table"),
        ("[ ]", "no data rows in t.jsonl"),
    ],
)
def test_what_is_no_table_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        table(text, tmp_path)


def test_broken_characters_are_named_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="byte 0xff in line 2"):
        table(b'{"a": 1}\n{"a": "\xff"}\n', tmp_path)


def test_a_line_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "LONGEST_RECORD", 1000)
    monkeypatch.setattr(json_table, "PIECE", 100)
    with pytest.raises(DataError, match="has a line of more than"):
        table('{"a": "' + "x" * 2000, tmp_path)


def test_the_name_of_another_format_is_a_reason_to_ask(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="add --input-format json"):
        table(LINES, tmp_path, "t.csv")
    assert table(LINES, tmp_path, "t.csv", input_format="json").columns == ("sex", "height")


def test_options_of_other_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--delimiter doesn't apply: t.jsonl is JSON"):
        table(LINES, tmp_path, delimiter=";")
