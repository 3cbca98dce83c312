"""Rows in a file are the rows in memory, to the last bit of every sum."""

import errno
from typing import Any

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError, OutputError, fit, simulate
from gmmfit.data.rows import BLOCK, Rows, equal_weights
from gmmfit.data.select import select_rows
from gmmfit.data.stored.chunks import Chunks

N = 2 * BLOCK + 1234


def rows(weighted: bool) -> Rows:
    drawn = simulate(weights=[0.3, 0.7], means=[0, 1, 4, 2], sds=[1, 1, 2, 1], column=("x", "y"), rows=N, seed=1)
    weights = np.random.default_rng(2).uniform(0.5, 2, N) if weighted else equal_weights(N)
    return Rows(np.asfortranarray(drawn.values), weights, ("x", "y"))


def in_chunks(table: Rows, chunk_rows: int) -> Chunks:
    chunks = Chunks(table.columns, chunk_rows, weighted=table.weights.strides != (0,))
    for start in range(0, len(table), 1000):
        chunks.append(table.part(slice(start, start + 1000)))
    return chunks


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("chunk_rows", [1, BLOCK, 10 * BLOCK])
def test_every_sum_and_sample_is_that_of_rows_in_memory(weighted: bool, chunk_rows: int) -> None:
    table = rows(weighted)
    with in_chunks(table, chunk_rows) as chunks:
        assert len(chunks) == len(table)
        for function in (lambda block: block.weights @ block.values, lambda block: float(np.sum(block.values**2))):
            assert np.array_equal(chunks.sum(function), table.sum(function))
        doubled = chunks.mapped(lambda block: Rows(2 * block.values, block.weights, block.columns))
        assert doubled.sum(lambda block: block.values.sum()) == 2 * chunks.sum(lambda block: block.values.sum())
        some, expected = (data.some(500, np.random.default_rng(3)) for data in (chunks, table))
        assert np.array_equal(some.values, expected.values)
        assert np.array_equal(some.weights, expected.weights)


@pytest.mark.parametrize(
    "options",
    [
        {"components": 2, "starts": 50},
        {"components": 3, "covariance": "tied-diag", "starts": 50},
        {"components": 2, "init_means": [0, 1, 4, 2], "max_iter": 53},
    ],
)
def test_a_fit_in_chunks_is_the_fit_in_memory_to_the_last_bit(options: dict[str, Any]) -> None:
    table = rows(weighted=False).part(slice(BLOCK + 1234))
    whole = fit(table.values, column=("x", "y"), **options)
    with in_chunks(table, 1000) as chunks:
        cut = fit(chunks, **options)
    assert cut.to_json() == whole.to_json()


def test_known_sds_of_rows_weigh_the_same_in_chunks_and_in_memory(tmp_path: Any) -> None:
    x, sds = np.random.default_rng(1).normal(size=N), np.random.default_rng(2).uniform(0.1, 2, N)
    whole = fit(x, 1, row_sds=sds)
    table = Rows(x[:, None], sds, ("1",))
    with in_chunks(table, BLOCK) as chunks:
        assert fit(chunks.weighed(are_sds=True), 1).to_json() == whole.to_json()
        assert select_rows(x, row_sds=sds).rows.total_weight == pytest.approx(N)


def test_a_full_disk_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    with Chunks(("x",), 1) as chunks:
        chunks.file.close()
        chunks.file = Full()  # type: ignore[assignment]
        with pytest.raises(OutputError, match="No space left on device. Set TMPDIR"):
            chunks.append(Rows(np.zeros((1, 1)), np.ones(1), ("x",)))


def test_chunks_know_their_columns_and_have_no_labels() -> None:
    with (
        in_chunks(rows(False), BLOCK) as chunks,
        pytest.raises(ArgumentError, match="rows in a file or on a cluster have their columns"),
    ):
        fit(chunks, 2, column="x")


def test_weights_whose_sum_is_beyond_double_precision_are_refused() -> None:
    table = Rows(np.arange(10.0)[:, None], np.full(10, 1e308), ("x",))
    with in_chunks(table, 1) as chunks, pytest.raises(DataError, match="row weights are too large"):
        fit(chunks, 1)


def test_how_far_a_pass_has_come_is_told() -> None:
    lines: list[str] = []
    chunks = Chunks(("x",), BLOCK, report_progress=lambda line: lines.append(line()))
    with chunks:
        chunks.append(Rows(np.zeros((BLOCK + 1, 1)), equal_weights(BLOCK + 1), ("x",)))
        chunks.sum(lambda block: block.total_weight)
    assert lines == ["passing over the rows: 0 of 65,537", "passing over the rows: 65,536 of 65,537"]
