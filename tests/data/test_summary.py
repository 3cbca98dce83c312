"""Points that stand for the rows of a column: sums over them are those over all rows."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import Mixture, fit, simulate
from gmmfit.arrays import Array
from gmmfit.data.distinct import counted
from gmmfit.data.rows import BLOCK, Rows, equal_weights
from gmmfit.data.stored.chunks import Chunks
from gmmfit.data.summary import MOST_CELLS, NEGLIGIBLE, Cells, Summary, gauss_points
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import em
from gmmfit.model.batch import Batch
from tests.oracles import textbook_em
from tests.samples import FREE


def rows_of(values: Array, weights: Array | None = None) -> Rows:
    return Rows(values[:, None], equal_weights(len(values)) if weights is None else weights, ("x",))


def summary_of(rows: Rows, width: float) -> Summary:
    cells = cells_of(rows, width)
    assert cells is not None
    return Summary.of(rows, cells)


def cells_of(rows: Rows, width: float) -> Cells | None:
    sample = counted(rows.some(4096, np.random.default_rng(0)))
    return Cells.of(sample, float(rows.values.min()), float(rows.values.max()), width)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.integers(0, 2**32))
def test_points_have_the_first_six_moments_of_the_rows(offsets: list[float], seed: int) -> None:
    x, weights = np.array(offsets), np.random.default_rng(seed).uniform(0.1, 10, len(offsets))
    sums = np.array([weights @ x**power for power in range(6)])
    points, shares = gauss_points(sums[:, None])
    assert np.all(shares >= 0)
    for power in range(6):
        assert shares[0] @ points[0] ** power == pytest.approx(sums[power], abs=1e-9 * weights.sum())


def test_three_rows_of_a_cell_are_kept_as_they_are() -> None:
    rows = rows_of(np.array([0.1, 0.4, 0.9, 7.25]))
    points = summary_of(rows, 1.0).points
    np.testing.assert_allclose(points.values[points.weights > 1e-9, 0], rows.values[:, 0], rtol=1e-12)
    np.testing.assert_allclose(points.weights[points.weights > 1e-9], 1, rtol=1e-9)


def ugly_columns() -> dict[str, Rows]:
    """Columns in which summaries could go wrong, in units of about an sd."""
    rng = np.random.default_rng(1)
    plain = np.concatenate([rng.normal(-0.5, 0.8, 30_000), rng.normal(0.8, 0.8, 30_000)])
    far = np.append(plain, [1e9, -1e6, 50])
    torn = np.concatenate([plain, plain + 1e5])
    heaped = np.where(rng.random(len(plain)) < 0.3, 0.25, plain)
    narrow = np.concatenate([plain, rng.normal(0.1, 0.15, 5000)])
    return {
        "plain": rows_of(plain),
        "far outliers": rows_of(far),
        "torn apart": rows_of(torn),
        "heaps": rows_of(heaped),
        "narrow beside wide": rows_of(narrow),
        "rounded": rows_of(np.round(plain, 3)),
        "weights over ten orders": rows_of(plain, 10 ** rng.uniform(-5, 5, len(plain))),
        "sorted": rows_of(np.sort(plain)),
    }


@pytest.mark.parametrize("kind", ugly_columns())
def test_em_over_points_is_em_over_all_rows(kind: str) -> None:
    rows = ugly_columns()[kind]
    summary = summary_of(rows, 1 / 128)
    assert len(summary.points) < len(rows) / 8
    assert summary.points.total_weight == pytest.approx(rows.total_weight, rel=1e-13)
    means = [-0.5, 0.1, 1e5 if kind == "torn apart" else 0.8]
    start = Batch.of([Mixture.from_sds([0.2, 0.3, 0.5], means, [0.8, 0.15, 0.8])])
    assert summary.resolving(*start.parts) is summary.points
    both = (islice(em(data, start, FREE), 12) for data in (rows, summary))
    for over_rows, over_points in zip(*both, strict=True):
        assert over_points.log_likelihood[0] == pytest.approx(over_rows.log_likelihood[0], rel=1e-11)
        for one, other in zip(over_points.batch.parts, over_rows.batch.parts, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("sd", [0.5, 0.2, 0.1, 0.05, 0.02])
@pytest.mark.parametrize("mean", [0.0, 3.0])
def test_the_error_of_points_is_not_underestimated(sd: float, mean: float) -> None:
    rows = ugly_columns()["plain"]
    summary = summary_of(rows, 1 / 32)
    batch = Batch.of([Mixture.from_sds([0.2, 0.8], [mean, 0.1], [sd, 1])])
    over_rows, over_points = (expect(batch, data).counts[0] for data in (rows, summary.points))
    off = np.max(np.abs(over_points - over_rows) / over_rows)
    assert off < 10 * summary.error(batch.weights[0], batch.means[0, :, 0], batch.covariances[0, :, 0, 0]) + 1e-14


def test_where_points_would_not_do_sums_are_over_the_rows() -> None:
    rows = ugly_columns()["plain"]
    summary = summary_of(rows, 1 / 64)
    cases = (([0, 0.5], [0.5, 1], True), ([0, 0.5], [0.02, 1], False), ([-1000, 1000], [1, 1], False))
    for means, sds, enough in cases:
        batch = Batch.of([Mixture.from_sds([0.5, 0.5], means, sds)])
        assert (summary.resolving(*batch.parts) is summary.points) == enough
        assert (summary.error(*(part[0].ravel() for part in batch.parts)) < NEGLIGIBLE) == enough
    assert summary.sum(lambda block: block.total_weight) == rows.total_weight


def test_a_summary_of_chunks_is_that_of_rows_in_memory_to_the_last_bit() -> None:
    values = np.random.default_rng(3).normal(size=2 * BLOCK + 7)
    rows = rows_of(values)
    with Chunks(("x",), chunk_rows=BLOCK) as chunks:
        chunks.append(rows)
        cells = cells_of(rows, 1 / 64)
        assert cells is not None
        one, other = Summary.of(rows, cells).points, Summary.of(chunks, cells).points
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.weights, other.weights)


def test_there_is_none_of_rows_that_lie_all_over_the_place() -> None:
    assert cells_of(rows_of(np.array([0.0, 1e30])), 1 / 64) is None
    spread = np.linspace(0, 1, 5000)
    assert cells_of(rows_of(spread), 1 / (MOST_CELLS - 1)) is not None
    assert cells_of(rows_of(spread), 1 / MOST_CELLS) is None


@pytest.mark.parametrize("sds", [[7, 7], [0.05, 7], [2, 2.5]], ids=str)
def test_a_history_over_points_is_the_textbooks_over_all_rows(sds: list[float]) -> None:
    """Also where an init is narrow beside a cell, or far from its rows in its own sds."""
    drawn = simulate(weights=[0.4, 0.6], means=[165, 177], sds=[7, 7.5], rows=100_000, seed=1).values[:, 0]
    result = fit(drawn, init_means=[160, 180], init_sds=sds, init_weights=[0.5, 0.5], tol=0, max_iter=12, se="none")
    for step, state in zip(result.history, textbook_em(drawn, [0.5, 0.5], [160, 180], sds), strict=False):
        assert step.log_likelihood == pytest.approx(state.log_likelihood, rel=1e-11)
        np.testing.assert_allclose(step.mixture.means[:, 0], state.means, rtol=1e-11)
        np.testing.assert_allclose(step.mixture.sds[:, 0], state.sds, rtol=1e-10)
        np.testing.assert_allclose(step.mixture.weights, state.weights, rtol=1e-10)


def test_where_all_rows_disagree_with_the_points_they_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = simulate(weights=[0.4, 0.6], means=[0, 3], sds=[0.1, 1], rows=20_000, seed=1).values
    right = fit(drawn, 2)
    monkeypatch.setattr("gmmfit.data.summary.NEGLIGIBLE", 1.0)
    monkeypatch.setattr("gmmfit.fitting.problem.standardize.WIDTH", 1.0)
    coarse = fit(drawn, 2)
    assert coarse.log_likelihood == pytest.approx(right.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(coarse.mixture.sds, right.mixture.sds, rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"components": 2}, {"init": Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5], "height"), "tol": 0, "max_iter": 40}],
    ids=str,
)
def test_chunks_of_a_column_are_read_three_times(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    values = simulate(weights=[0.4, 0.6], means=[165, 177], sds=[7, 7.5], rows=2 * BLOCK, seed=1).values
    values[:2] = 5000  # far values are counted without another reading
    readings: list[int] = []
    blocks = Chunks.blocks

    def counted(chunks: Chunks) -> Iterator[Rows]:
        readings.append(len(chunks))
        return blocks(chunks)

    monkeypatch.setattr(Chunks, "blocks", counted)
    with Chunks(("height",), chunk_rows=BLOCK) as chunks:
        chunks.append(rows_of(values[:, 0]))
        in_chunks = fit(chunks, **options, se="none")
    assert len(readings) == 3
    assert in_chunks.warnings[0].startswith("2 rows are 5000, far from all others")
    for step, other in zip(in_chunks.history, fit(values, **options, se="none").history, strict=True):
        assert np.array_equal(step.mixture.means, other.mixture.means)
