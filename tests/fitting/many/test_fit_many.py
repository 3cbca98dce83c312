"""Many fits: each is what the group alone would be, whoever does it and whatever others there are."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import Client

import gmmfit
from gmmfit import ArgumentError, DataError, FitError, Fits, fit, fit_many
from gmmfit.cli.main import run
from gmmfit.data.groups import groups_of
from gmmfit.data.recorded import Recorded
from gmmfit.data.recording import EXACTLY
from gmmfit.fitting.many.job import Job, RecordedTable, job_of, unsaid
from gmmfit.fitting.many.workers import Worker, Workers
from tests.samples import FAITHFUL, FAITHFUL_CSV, HEIGHTS_CSV

HEIGHTS = pd.read_csv(HEIGHTS_CSV)
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "plate": np.repeat(["b", "a", "b", "c"], [60, 80, 50, 90]),
        "well": np.where(np.arange(280) % 3, "x", "y"),
        "od": np.concatenate([RNG.normal(1, 0.2, 150), RNG.normal(3, 0.5, 130)]),
        "n": RNG.integers(1, 4, 280),
        "w": RNG.uniform(0.5, 2, 280),
        "low": 0.0,
        "component": ["pos" if row % 10 == 0 else None for row in range(280)],
    }
)
TABLE.loc[[3, 70, 200], "od"] = np.nan
TABLE["low"] = TABLE["od"].round(1)
FAST: dict[str, Any] = {"starts": 10}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A Dask cluster of threads."""
    with Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
        yield client


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_weights": "n"},
        {"row_weights": "w"},
        {"row_sds": "w"},
        {"rounded": "auto", "column": "low"},
        {"errors": "w"},
        {"labels": "component"},
        {"truncated": (0, 10)},
        {"transform": "log"},
        {"noise": True},
        {"constrain": "sd_2 = sd_1"},
        {"bootstrap": 9, "seed": 3},
        {"init_method": "quantile"},
        {"covariance": ["full", "tied"]},
    ],
    ids=lambda options: ", ".join(f"{name} {value}" for name, value in options.items()) or "plain",
)
def test_each_group_is_fitted_as_it_would_be_alone(options: dict[str, Any], client: Client) -> None:
    table = TABLE.dropna(subset=["od"]) if "transform" in options else TABLE
    table = table[table["od"].isna() | (table["od"] > 0)]
    asked = {"column": "od", **FAST, **options}
    fits = fit_many(table, 2, by="plate", **asked, jobs=2)
    on_cluster = fit_many(table, 2, by="plate", **asked, dask=client)
    assert [one.to_document() for one in on_cluster] == [one.to_document() for one in fits]
    assert [one.group["plate"] for one in fits] == ["b", "a", "c"]
    for one in fits:
        alone = fit(table[table["plate"] == one.group["plate"]], 2, **asked)
        assert one.fit is not None
        assert one.fit.to_json() == alone.to_json()


@pytest.mark.parametrize(
    "options",
    [
        {"each": True, "column": ["od", "low"], "rounded": 0.1},
        {"by": ["plate", "well"], "column": ["od", "w"], "errors": [0.1, 0.2]},
        {"by": "plate", "column": "od", "init_by": "well"},
        {"by": "plate", "column": "od", "components": 1, "share": "sds"},
    ],
    ids=lambda options: ", ".join(options),
)
def test_a_cluster_gives_the_same_fits(options: dict[str, Any], client: Client) -> None:
    here, there = (fit_many(TABLE, **{"components": 2, **FAST, **options}, dask=who) for who in (None, client))
    assert [one.to_document() for one in here] == [one.to_document() for one in there]
    assert any(one.fit is not None for one in there)


def test_threads_may_be_silent_side_by_side(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gmmfit")
    log = logging.getLogger("gmmfit")
    first, second = unsaid(), unsaid(logging.WARNING)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    log.info("unsaid")
    log.warning("said")
    second.__exit__(None, None, None)
    log.info("said")
    assert caplog.messages == ["said", "said"]


def test_any_number_of_processes_gives_the_same_fits_in_the_same_order() -> None:
    documents = [
        [one.to_document() for one in fit_many(TABLE, (1, 2), by=["plate", "well"], column="od", jobs=jobs, **FAST)]
        for jobs in (1, 2, 7)
    ]
    assert documents[0] == documents[1] == documents[2]
    assert [tuple(one["group"].values()) for one in documents[0]] == [
        tuple(row) for row in TABLE[["plate", "well"]].drop_duplicates().to_numpy().tolist()
    ]


def test_each_column_is_fitted_without_the_gaps_of_others() -> None:
    table = pd.DataFrame({"x": [1.0, np.nan, 2, 4, 8], "y": [3.0, 5, np.nan, 6, 9], "name": list("abcde")})
    fits = fit_many(table, 1, each=True)
    assert [one.columns for one in fits] == [("x",), ("y",)]
    for one in fits:
        [name] = one.columns
        assert fits.of(name).to_json() == fit(table[name].to_frame(), 1, column=name).to_json()
        assert (one.n_read, one.n_missing) == (5, 1)
    grouped = fit_many({**FAITHFUL, "by": ["a", "b"] * 136}, 1, by="by", each=True, column=["eruptions", "waiting"])
    assert [(one.group["by"], *one.columns) for one in grouped] == [
        ("a", "eruptions"),
        ("a", "waiting"),
        ("b", "eruptions"),
        ("b", "waiting"),
    ]
    assert grouped.of("b", "waiting").mixture.columns == ("waiting",)


def test_a_group_that_cannot_be_fitted_says_why_and_the_others_are() -> None:
    table = {"g": ["a", "a", "a", "b", "c", "c", "c", None], "x": [1, 2, 4, 5, np.nan, np.nan, np.nan, 1.0]}
    fits = fit_many(table, 2, by="g", column="x", init_method="quantile")
    assert [one.status for one in fits][1:] == ["failed", "failed"]
    assert fits[1].error == "a fit needs at least 2 rows; there is 1 row"
    assert fits[2].error.startswith("no usable rows: 3 read")
    assert fits[0].fit is not None
    with pytest.raises(KeyError, match="g = c: no usable rows"):
        fits.of("c")
    with pytest.raises(KeyError, match="no group z"):
        fits.of("z")
    assert repr(fits).startswith("Fits: 3 groups, ")
    assert isinstance(fits[:2], Fits)


def test_files_are_pooled_or_groups_of_their_own(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        paths.append(tmp_path / f"{name}.csv")
        TABLE[TABLE["plate"] == name].to_csv(paths[-1], index=False)
    broken = tmp_path / "broken.csv"
    broken.write_text("")
    together = fit_many([*paths], 1, by="well", column="od")
    both = TABLE[TABLE["plate"] == "a"], TABLE[TABLE["plate"] == "b"]
    whole = pd.concat(both)
    for one in together:
        alone = fit(whole[whole["well"] == one.group["well"]], 1, column="od")
        assert one.fit is not None
        assert one.fit.to_json() == alone.to_json()
    apart = fit_many([*paths, broken], 1, by=("file", "well"), column="od")
    assert [one.status for one in apart] == ["converged"] * 4 + ["failed"]
    assert apart[-1].error == "broken.csv is an empty file"
    assert apart[0].group == {"file": str(paths[0]), "well": apart[0].group["well"]}
    with pytest.raises(DataError, match="empty file"):
        fit_many([*paths, broken], 1, by="well", column="od")
    tables = [("a", {"w": ["x"], "od": [1.0]}), ("b", {"w": ["x"], "height": [1.0]})]
    with pytest.raises(
        DataError, match="b has the columns w, height, and a w, od: tables are pooled that have the same"
    ):
        fit_many(tables, 1, by="w", each=True)


def test_fits_are_a_frame() -> None:
    fits = fit_many(HEIGHTS, 1, by="sex", column="height", jobs=1)
    table = gmmfit.frame(fits)
    assert table["sex"].tolist() == ["M", "F"]
    assert table["mean"].tolist() == [one.fit.mixture.means[0, 0] for one in fits if one.fit is not None]
    assert {"se_mean", "status", "bic"} <= set(table)
    each = gmmfit.frame(fit_many(FAITHFUL, 1, each=True, jobs=1))
    assert each["column"].tolist() == ["eruptions", "waiting"]


def test_there_has_to_be_something_to_tell_fits_by() -> None:
    with pytest.raises(ArgumentError, match="many fits of what"):
        fit_many(HEIGHTS, 2, column="height")
    with pytest.raises(DataError, match="no column 'x'"):
        fit_many(HEIGHTS, 2, by="x", column="height")
    with pytest.raises(TypeError, match="unexpected keyword argument 'k'"):
        fit_many(HEIGHTS, k=2, by="sex", column="height", jobs=1)


def test_groups_stand_in_the_order_of_the_table_and_hold_every_labelled_row_once() -> None:
    labels = {"a": np.array(["x", "y", None, "x", "z"], object), "b": np.array(["1", "1", "1", "2", None], object)}
    groups = groups_of(labels)
    assert [tuple(group.values()) for group, _ in groups] == [("x", "1"), ("y", "1"), ("x", "2")]
    assert sorted(np.concatenate([rows for _, rows in groups]).tolist()) == [0, 1, 3]


def job() -> Job:
    table = RecordedTable(Recorded(np.arange(8.0).reshape(4, 2)), ("x", "y"), EXACTLY)
    return job_of((table,), True, {"components": 1})


def test_a_process_that_is_killed_is_replaced() -> None:
    with Workers(job(), 2) as workers:
        for worker in workers.workers:
            worker.process.send_signal(signal.SIGKILL)
            worker.process.wait()
        assert [one.status for one in workers.results(range(2))] == ["converged", "converged"]


def test_processes_that_are_killed_again_and_again_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with Workers(job(), 1) as workers:

        def killed(worker: Worker, number: int) -> None:
            worker.process.send_signal(signal.SIGKILL)
            raise EOFError

        monkeypatch.setattr(Worker, "fit", killed)
        with pytest.raises(FitError, match="a process that worked at fits was killed"):
            list(workers.results(range(2)))
        assert all(worker.process.poll() is not None for worker in workers.workers)


def test_a_program_that_cannot_be_started_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FitError, match="can't start a process to work at fits: No such file or directory"):
        fit_many(TABLE, 1, by="plate", column="od", jobs=2)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_wrong_argument_is_wrong_once(jobs: int) -> None:
    with pytest.raises(ArgumentError, match="covariance"):
        fit_many(TABLE, 1, by="plate", column="od", covariance="foo", jobs=jobs)
    with pytest.raises(ArgumentError, match="`jobs` is 0"):
        fit_many(TABLE, 1, by="plate", column="od", jobs=0)
    for data in ([], [TABLE, TABLE]):
        with pytest.raises(ArgumentError, match="several tables are a list of files"):
            fit_many(data, 1, by="plate", column="od")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_ctrl_c_ends_all_processes_within_a_second(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    pd.DataFrame({f"g{i}": RNG.normal(0, 1, 2000) for i in range(60)}).to_csv(table, index=False)
    command = [sys.executable, "-m", "gmmfit", "fit", str(table), "--each", "-k", "3", "--jobs", "2", "-o", "out.jsonl"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(4)
    assert process.poll() is None
    workers = children_of(process.pid)
    assert len(workers) == 2
    begun = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    process.wait(timeout=10)
    assert time.monotonic() - begun < 3
    assert process.returncode == 130
    time.sleep(0.3)
    assert not [
        pid for pid in workers if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert not (tmp_path / "out.jsonl").exists()


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, on Linux."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_command_says_how_many_there_are_and_what_failed(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "t.csv").write_text("g,x\n" + "".join(f"a,{x}\n" for x in range(9)) + "b,1\n")
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "-f", "csv"]) == 0
    said = capfd.readouterr()
    assert said.out.splitlines()[0].startswith("g,component,weight,mean,sd,n,")
    assert "g = b: no fit: " in said.err
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "--strict", "-o", "o.csv"]) == 1
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "-o", "o.json"]) == 2
    assert run(["fit", "t.csv", "-c", "x", "--by", "g", "-k", "1", "--history", "h.csv"]) == 2
    assert gmmfit.fit_many("t.csv", 1, by="g", column="x")[0].status == "converged"
    assert run(["fit", FAITHFUL_CSV, "--each", "-k", "2", "--starts", "5", "-f", "table"]) == 0
    assert "eruptions" in capfd.readouterr().out
