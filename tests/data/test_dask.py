"""Rows on a cluster are the rows in memory: however they are parted, whoever works at them, and whoever is killed."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from dask import config
from distributed import Client, LocalCluster
from distributed.protocol.pickle import dumps, loads

import gmmfit
from gmmfit import ArgumentError, DataError, FitError, fit, simulate
from gmmfit.data import dask as on_dask
from gmmfit.data.clusters import open_cluster
from gmmfit.data.dask import Cluster
from gmmfit.data.rows import BLOCK, Rows, equal_weights
from gmmfit.data.stored.chunks import Chunks
from gmmfit.data.stored.distributed_rows import DistributedRows, distributed_rows, rows_of_frame
from gmmfit.data.stored.stored import LoadedPart
from tests.samples import HEIGHTS_CSV

N = 3 * BLOCK + 1234
# Where tables are cut: nowhere, anywhere with a part of no rows and one of one, and in parts that hold no whole block.
CUTS = [[], [7, 7, 8, BLOCK + 5, 2 * BLOCK, N - 3], [*range(20_000, N, 20_000)]]


def table(d: int, weighted: bool = False) -> Rows:
    drawn = simulate(
        weights=[0.3, 0.7],
        means=[0, 1, 4, 2][:: 3 - d],
        sds=[1, 1, 2, 1][:: 3 - d],
        column=("x", "y")[:d],
        rows=N,
        seed=1,
    )
    weights = np.random.default_rng(2).uniform(0.5, 2, N) if weighted else equal_weights(N)
    return Rows(np.asfortranarray(drawn.values), weights, ("x", "y")[:d])


def part_of(path: str, columns: tuple[str, ...], start: int, stop: int) -> LoadedPart:
    record = np.load(path, mmap_mode="r")[start:stop]
    weights = record[:, -1] if record.shape[1] > len(columns) else equal_weights(len(record))
    return LoadedPart(Rows(np.asfortranarray(record[:, : len(columns)]), weights, columns), stop - start)


def sent(cluster: Cluster, rows: Rows, cuts: list[int], folder: Path) -> DistributedRows:
    """Rows on a cluster, in parts that are cut there."""
    weighted = not rows.is_equally_weighted
    np.save(folder / "rows.npy", np.column_stack([rows.values, rows.weights]) if weighted else rows.values)
    ends = [0, *cuts, len(rows)]
    path = str(folder / "rows.npy")
    parts = [cluster.submitted(part_of, path, rows.columns, start, stop) for start, stop in pairwise(ends)]
    there, reports = distributed_rows(cluster, ["part"] * len(parts), parts, weighted)
    assert there is not None
    assert sum(reports) == len(there) == len(rows)
    return there


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    with Cluster(n=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def threads() -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_dask, "_open_client", lambda: None)  # which the other is
        cluster = Cluster(n=3, in_threads=True)
    with cluster:
        yield cluster


@pytest.mark.parametrize("cuts", CUTS, ids=["whole", "anywhere", "small"])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_sum_and_sample_is_that_of_rows_in_memory(
    two: Cluster, weighted: bool, cuts: list[int], tmp_path: Path
) -> None:
    rows = table(2, weighted)
    there = sent(two, rows, cuts, tmp_path)
    for function in (lambda block: np.einsum("n,nd->d", block.weights, block.values), lambda block: len(block)):
        assert np.array_equal(there.sum(function), rows.sum(function))
    doubled = there.mapped(lambda block: Rows(2 * block.values, block.weights, block.columns))
    assert doubled.sum(lambda block: block.values.sum()) == 2 * there.sum(lambda block: block.values.sum())
    for some, expected in (
        (data.some(500, np.random.default_rng(3)) for data in (there, rows)),
        (data.some(N, np.random.default_rng(3)) for data in (there, rows)),
    ):
        assert np.array_equal(some.values, expected.values)
        assert np.array_equal(some.weights, expected.weights)
    assert np.array_equal(
        doubled.some(5, np.random.default_rng(3)).values, 2 * rows.some(5, np.random.default_rng(3)).values
    )
    assert np.array_equal(there.extent.low, rows.extent.low)
    assert there.extent.weight == rows.extent.weight


@pytest.mark.parametrize(
    ("d", "options"), [(1, {"noise": True}), (1, {"transform": "asinh"}), (2, {"init_means": [0, 1, 4, 2]})]
)
def test_a_fit_has_the_same_bytes_however_rows_are_parted_and_whoever_works_at_them(
    two: Cluster, threads: Cluster, d: int, options: dict[str, Any], tmp_path: Path
) -> None:
    rows = table(d)
    fits = [fit(sent(cluster, rows, cuts, tmp_path), 2, **options) for cluster in (two, threads) for cuts in CUTS]
    assert len({one.to_json() for one in fits}) == 1
    whole = fit(rows.values, 2, column=rows.columns, **options)
    assert fits[0].log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-11)
    assert fits[0].mixture.means == pytest.approx(whole.mixture.means, rel=1e-9)


def test_weights_and_sds_of_rows_are_those_in_memory(two: Cluster, tmp_path: Path) -> None:
    rows = table(1, weighted=True)
    ways: list[tuple[bool, dict[str, Any]]] = [
        (False, {"row_weights": rows.weights}),
        (True, {"row_sds": rows.weights}),
    ]
    for are_sds, named in ways:
        there = sent(two, rows, CUTS[1], tmp_path).weighed(are_sds)
        on_cluster, in_memory = fit(there, 2), fit(rows.values[:, 0], 2, column="x", **named)
        assert on_cluster.log_likelihood == pytest.approx(in_memory.log_likelihood, rel=1e-11)
        assert on_cluster.mixture.means == pytest.approx(in_memory.mixture.means, rel=1e-9)
        assert on_cluster.weighting == in_memory.weighting == "relative"


def test_a_column_is_passed_over_three_times_and_several_once_an_iteration(
    threads: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[Any] = []
    passed = DistributedRows.sum

    def counted(rows: DistributedRows, function: Callable[[Rows], Any]) -> Any:
        passes.append(function)
        return passed(rows, function)

    monkeypatch.setattr(DistributedRows, "sum", counted)
    fit(sent(threads, table(1), CUTS[2], tmp_path), 2)
    assert len(passes) == 3 - 1  # the range and the number of rows are known from reading them
    there = sent(threads, table(2), CUTS[2], tmp_path)
    inits: dict[str, Any] = {"init_means": [0, 1, 4, 2], "init_weights": [0.5, 0.5], "init_sds": [1, 1, 1, 1]}
    counts = []
    for iterations in (5, 25):
        passes.clear()
        fit(there, **inits, tol=0, max_iter=iterations, se="none")
        counts.append(len(passes))
    assert counts[1] - counts[0] == 20


class Killer:
    """Counts rows, and kills its own process at a block, until so many have been."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times

    def __call__(self, block: Rows) -> int:
        killed = [*self.folder.glob("killed-*")]
        if len(killed) < self.times:
            (self.folder / f"killed-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return len(block)


def test_a_worker_that_is_killed_in_the_middle_of_a_pass_is_not_missed(two: Cluster, tmp_path: Path) -> None:
    rows = table(2)
    there = sent(two, rows, CUTS[2], tmp_path)
    before = there.sum(lambda block: block.values.sum(axis=0))
    assert there.sum(Killer(tmp_path, times=2)) == N
    assert len([*tmp_path.glob("killed-*")]) >= 2
    assert np.array_equal(there.sum(lambda block: block.values.sum(axis=0)), before)


def test_workers_that_are_killed_again_and_again_are_told_of(tmp_path: Path) -> None:
    once = {"distributed.scheduler.allowed-failures": 0}
    with config.set(once), Cluster(n=1) as cluster:
        there = sent(cluster, table(1), [], tmp_path)
        with pytest.raises(FitError, match="workers of the Dask cluster were killed again and again, .* smaller parts"):
            there.sum(Killer(tmp_path, times=100))


def raising(name: str) -> LoadedPart:
    raise DataError(f"{name} is damaged")


def test_the_first_part_that_is_damaged_or_has_other_columns_is_named(two: Cluster, tmp_path: Path) -> None:
    rows = table(1)
    np.save(tmp_path / "rows.npy", rows.values)
    load = partial(two.submitted, part_of, str(tmp_path / "rows.npy"))
    for _ in range(3):
        with pytest.raises(DataError, match="b is damaged"):
            parts = [load(("x",), 0, 9), *(two.submitted(raising, name) for name in "bcdefg")]
            distributed_rows(two, "abcdefg", parts, False)
    with pytest.raises(DataError, match="c has the columns y, and b x: parts of a table have the same"):
        distributed_rows(two, "abc", [load(("z",), 5, 5), load(("x",), 0, 9), load(("y",), 0, 9)], False)
    assert distributed_rows(two, "a", [load(("x",), 5, 5)], False) == (None, [0])


def test_a_scheduler_that_is_not_there_or_has_no_workers_or_others_is_told_of(
    two: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(on_dask, "WORKER_WITHIN", 0.2)
    with pytest.raises(ArgumentError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1: start one with"):
        Cluster("tcp://127.0.0.1:1")
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as nobody,
        pytest.raises(ArgumentError, match=r"scheduler at \S+ has no workers: start one with `dask worker \S+`$"),
    ):
        Cluster(Client(nobody))
    before = Client.current()
    for wrong in ("", "tls://127.0.0.1:1", "127.0.0.1:abc", True, 5):
        with pytest.raises(ArgumentError, match="and no address of a scheduler, such as tcp://10.0.0.1:8786"):
            open_cluster(wrong)
    assert Client.current() is before
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as nobody:
        closed = Client(nobody, set_as_default=False)
        closed.close()
        with pytest.raises(ArgumentError, match="is closed: give one that is open"):
            open_cluster(closed)
    with (
        config.set({"temporary-directory": "/proc/nowhere"}),
        pytest.raises(ArgumentError, match="can't start workers"),
    ):
        open_cluster(None, 1)
    monkeypatch.setattr(on_dask, "__version__", "99")
    with pytest.raises(ArgumentError, match="the Dask worker at .* has gmmfit .*: install gmmfit 99 there"):
        Cluster(two.client)


def test_a_cluster_whose_workers_have_all_gone_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "WORKER_WITHIN", 0.5)
    monkeypatch.setattr(on_dask, "COUNT_EVERY", 0.2)
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as local,
        Client(local) as client,
        Cluster(client) as cluster,
    ):
        there = sent(cluster, table(1), [], tmp_path)
        local.scale(0)
        with pytest.raises(FitError, match="the Dask cluster has no workers any more: start some"):
            there.sum(len)


def test_how_far_it_is_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(on_dask, "_open_client", lambda: None)
    with Cluster(n=1, in_threads=True, report_progress=lambda line: lines.append(line())) as cluster:
        slow = cluster.submitted(slowly, 0.5)
        cluster.result(slow, "reading: {:,} of {:,} parts", [slow, slow])
    assert lines[0] == "reading: 0 of 2 parts"


def slowly(seconds: float) -> None:
    import time

    time.sleep(seconds)


class Sent(Chunks):
    """Chunks whose functions are those that another process would get."""

    def sum(self, function: Callable[[Rows], Any]) -> Any:
        return super().sum(loads(dumps(function)))

    def mapped(self, function: Callable[[Rows], Rows]) -> Any:
        return super().mapped(loads(dumps(function)))


@pytest.mark.parametrize(
    "options",
    [
        {"covariance": ["full", "tied"]},
        {"transform": "log,asinh:3"},
        {"noise": True},
        {"se": "robust"},
        {"components": (1, 2)},
        {"constrain": ["sd_x_1 = sd_x_2"], "covariance": "diag"},
        {"init_method": "random", "seed": 3},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_is_summed_can_be_sent_to_another_process(options: dict[str, Any]) -> None:
    values = np.exp(table(2).values[: BLOCK + 99] / 4)
    with Sent(("x", "y"), BLOCK, weighted=True) as chunks:
        chunks.append(Rows(values, 1.0 + np.arange(len(values)) % 5 / 3, ("x", "y")))
        found = fit(chunks.weighed(are_sds=False), **{"components": 2, "starts": 5, **options})
        assert found.converged
        gmmfit.plot(chunks, found)


HEIGHTS = pd.read_csv(HEIGHTS_CSV)
frame_of: Any = dask.dataframe.from_pandas


def test_a_dask_dataframe_is_fitted_as_a_table_in_memory(threads: Cluster) -> None:
    table = pd.concat([HEIGHTS.assign(w=1.0 + np.arange(len(HEIGHTS)) % 3, name="a")] * 2, ignore_index=True)
    table.loc[5, "height"] = np.nan
    table.loc[7, "w"] = 0
    ways: list[dict[str, Any]] = [{}, {"row_weights": "w"}, {"row_sds": "w"}]
    for options in ways:
        which = table if options != {"row_sds": "w"} else table[table["w"] > 0]
        frame = frame_of(which, npartitions=5)
        by_dask, by_pandas = (fit(data, 2, column="height", **options) for data in (frame, which))
        assert by_dask.to_json() == by_pandas.to_json()
    assert by_dask.n_missing == 1
    with pytest.raises(DataError, match="partition 1: row_sds is 0 in row 8"):
        fit(frame_of(table, npartitions=2), 2, column="height", row_sds="w")
    with pytest.raises(DataError, match="1 rows have missing values"):
        fit(frame_of(table, npartitions=2), 2, column="height", missing="error")
    with pytest.raises(DataError, match="no usable rows: 9 read, 9 of weight 0"):
        fit(frame_of(table[:9].assign(w=0), npartitions=2), 2, column="w", row_weights="w")
    series = frame_of(HEIGHTS["height"], npartitions=2)
    assert fit(series, 1).to_json() == fit(HEIGHTS["height"], 1).to_json()
    for refusing in (gmmfit.plot, partial(gmmfit.score, model=by_dask), partial(gmmfit.fit_many, by="sex")):
        with pytest.raises(DataError, match="only `fit` takes a table of Dask"):
            refusing(frame)
    frame = frame_of(HEIGHTS, npartitions=2)
    assert fit(frame[["height"]], 1).mixture.columns == ("height",)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"column": "hight"}, "no column 'hight'"),
        ({"column": "sex"}, "not numbers"),
        ({"column": "height", "row_weights": np.ones(1050)}, "in a column of it: name that"),
        ({"column": "height", "init_by": "sex"}, "leave these arguments out"),
        ({"column": "height", "rounded": 1.0}, "have the table in memory"),
    ]
    for wrong, message in refused:
        with pytest.raises(gmmfit.GmmfitError, match=message):
            fit(frame, 2, **wrong)


def test_a_dask_dataframe_is_fitted_without_a_client_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(HEIGHTS, npartitions=3)
    monkeypatch.setattr(on_dask, "_open_client", lambda: None)
    assert fit(frame, 1, column="height").to_json() == fit(HEIGHTS, 1, column="height").to_json()
    with Cluster(n=1, in_threads=True) as cluster:
        assert rows_of_frame(cluster, frame, "height").columns == ("height",)


def test_many_fits_are_what_they_are_here(two: Cluster) -> None:
    asked: dict[str, Any] = {"by": "sex", "column": "height", "starts": 10}
    here, there = (gmmfit.fit_many(HEIGHTS, (1, 2), **asked, dask=client) for client in (None, two.client))
    assert [one.to_document() for one in here] == [one.to_document() for one in there]


def test_few_of_many_tasks_are_sent_ahead(threads: Cluster) -> None:
    taken: list[int] = []

    def negative() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield -n

    results = threads.each(abs, negative())
    assert next(results) == 0
    assert len(taken) <= on_dask.SENT_AHEAD * 3
    assert [*results] == [*range(1, 100)]


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gmmfit.data.dask")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ArgumentError, match=r"`dask` needs workers of Dask: pip install 'gmmfit\[dask\]'"):
        open_cluster()


def test_a_scheduler_that_is_lost_in_the_middle_of_a_pass_is_told_of() -> None:
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as local,
        Client(local) as client,
        Cluster(client) as cluster,
    ):
        task = cluster.submitted(slowly, 3)
        Timer(0.5, local.close).start()
        with pytest.raises(FitError, match="the scheduler of the Dask cluster is lost"):
            cluster.result(task)


def opened(path: str) -> None:
    with open(path):
        pass


def test_a_worker_that_cannot_read_is_told_of_as_that(threads: Cluster) -> None:
    with pytest.raises(DataError, match="a worker can't read its part: .*No such file"):
        threads.result(threads.submitted(opened, "/nowhere/at/all"))
