"""Parts of a table: every row of every file is accounted for, and what was said of it is said again."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gmmfit import ArgumentError, DataError, GmmfitError
from gmmfit.data.dask import Cluster
from gmmfit.data.stored.stored import Stored
from gmmfit.files.read_columns import Wanted
from gmmfit.files.read_parts import _Heard, _part, read_parts
from gmmfit.files.read_rows import TableRows
from gmmfit.files.tables.reading import Reading

FILES = {
    "a.csv": "x,y,w\n1,2,1\n3,4,0\n,5,1\n",
    "b.csv": "w;y;x\n1;7;6\n1;9;8\n",
    "c.csv": "x,y,w\n",
    "d.csv": "x,y,w\n10,11,2\nNA,1,1\n",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(n=1) as cluster:
        yield cluster


@pytest.fixture
def paths(here: Path) -> list[str]:
    for name, text in FILES.items():
        (here / name).write_text(text)
    pd.DataFrame({"x": [12.0, np.nan, 13.0], "y": [1, 2, 3], "w": [1, 1, 1]}).to_parquet(here / "e.parquet")
    return [*FILES, "e.parquet"]


def read(cluster: Cluster, paths: list[str], wanted: Wanted | None = None, **reading: Any) -> TableRows:
    return read_parts(cluster, paths, wanted or Wanted(["x", "y"], row_weights="w"), Reading(**reading), "these")


def test_the_rows_of_all_files_stand_in_the_order_of_these(
    cluster: Cluster, paths: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gmmfit")
    rows, counts, *_ = read(cluster, paths)
    assert isinstance(rows, Stored)
    assert rows.some(99, np.random.default_rng(0)).values[:, 0].tolist() == [1, 6, 8, 10, 12, 13]
    assert rows.some(99, np.random.default_rng(0)).weights.tolist() == [1, 1, 1, 2, 1, 1]
    assert counts.record() == {
        "source": "these",
        "sheet": None,
        "n_read": 10,
        "n_used": 6,
        "n_missing": 3,
        "n_invalid": 0,
        "n_zero_weight": 1,
    }
    assert rows.n_missing == 3
    assert caplog.messages[0] == "a.csv: 1 row left out: a value is missing (line 4)"
    assert caplog.messages[-1] == "6 rows of 5 parts are in the memory of the workers, 4 left out"
    assert "c.csv: no data rows, only a header" in [message for message in caplog.messages if message.startswith("c")]


def test_what_is_said_of_many_parts_is_counted(
    cluster: Cluster, paths: list[str], here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gmmfit")
    (here / "words.csv").write_text("x\n1\nmany\n")
    read(cluster, [*["d.csv"] * 4, "words.csv"], Wanted(["x"]), invalid="drop")
    said_of = [message.partition(":")[0] for message in caplog.messages[:-2]]
    assert [*dict.fromkeys(said_of)] == ["words.csv", "d.csv"]
    assert said_of.count("d.csv") == 2
    assert caplog.messages[-2] == "2 more parts have such notes"
    assert {record.levelname for record in caplog.records[:2]} == {"WARNING", "INFO"}


def test_a_part_that_cannot_be_read_is_named(cluster: Cluster, paths: list[str], here: Path) -> None:
    (here / "broken.parquet").write_bytes((here / "e.parquet").read_bytes()[:200])
    (here / "gaps.csv").write_text("x,y,w\n,,1\n,,1\n")
    (here / "words.csv").write_text("x,y,w\none,2,3\n")
    (here / "other.csv").write_text("x,z,w\n1,2,3\n")
    for names, message in (
        (["a.csv", "f.csv"], "no file 'f.csv'"),
        (["a.csv", "broken.parquet"], "broken.parquet is corrupt"),
        (["a.csv", "words.csv"], "words.csv has a value that is not a number: 'one'"),
        (["a.csv", "other.csv"], "no column 'y' in other.csv"),
        (["c.csv"], "no data rows in any of the 1 files"),
        (["gaps.csv"], "no usable rows: 2 read, 2 with a missing value"),
        (["a.csv", "-"], "not standard input"),
        (["a.csv", "."], "'.' is no file that workers could read by its name"),
    ):
        with pytest.raises(DataError, match=message):
            read(cluster, names)
    with pytest.raises(DataError, match=r"other.csv has the columns z, and a.csv y: parts of a table have the same"):
        read(cluster, ["a.csv", "other.csv"], Wanted(["2"]))
    with pytest.raises(ArgumentError, match="--delimiter doesn't apply: e.parquet is a Parquet file"):
        read(cluster, ["e.parquet"], delimiter=";")


def test_a_file_that_only_the_caller_sees_is_told_of(
    cluster: Cluster, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "abspath", lambda path: f"/nowhere/{path}")
    with pytest.raises(GmmfitError, match="a worker finds no file '/nowhere/a.csv': workers read files themselves"):
        read(cluster, ["a.csv"])


def test_of_a_part_is_heard_what_is_said_in_its_own_thread() -> None:
    log = logging.getLogger("gmmfit")
    before = log.level, log.propagate
    with _Heard() as one, _Heard() as other:
        log.info("here")
        elsewhere = Thread(target=log.info, args=["elsewhere"])
        elsewhere.start()
        elsewhere.join()
        log.debug("a detail")
    assert one.said == other.said == [(logging.INFO, "here")]
    assert (log.level, log.propagate) == before


def test_a_part_is_its_usable_rows_and_what_became_of_the_others(paths: list[str]) -> None:
    part, empty = (_part(path, Wanted(["x", "y"], row_weights="w"), Reading()) for path in ("a.csv", "c.csv"))
    assert part.rows.values.tolist() == [[1, 2]]
    assert (part.report.counts.n_read, part.report.counts.n_used) == (3, 1)
    assert len(empty.rows) == empty.report.counts.n_read == 0
    assert [message for _, message in empty.report.said] == ["no data rows, only a header"]
    with pytest.raises(DataError, match="a worker finds no file 'nowhere.csv'"):
        _part("nowhere.csv", Wanted(["x"]), Reading())
