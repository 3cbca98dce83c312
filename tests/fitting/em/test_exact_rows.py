"""The E step: the same sums by products, by residuals, in blocks and in tiles, and by the textbook."""

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.rows import BLOCK, Rows
from gmmfit.fitting.em import exact_rows
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.exact_rows import by_products, by_residuals
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.mixture import Mixture
from tests.samples import mixtures_of_normal_rows, normal_rows


def textbook(mixture: Mixture, rows: Rows) -> tuple[Array, Array, Array, float]:
    """Counts, first and second sums about the means, and the log-likelihood, a row at a time in (N, K) arrays."""
    each = np.array(
        [
            Mixture(np.ones(1), mixture.means[[k]], mixture.covariances[[k]]).density(rows.values)
            for k in range(len(mixture.weights))
        ]
    )
    joint = mixture.weights[:, None] * each
    posteriors = joint / joint.sum(axis=0) * rows.weights
    apart = rows.values - mixture.means[:, None]
    return (
        posteriors.sum(axis=1),
        np.einsum("kn,knd->kd", posteriors, apart),
        np.einsum("kn,kni,knj->kij", posteriors, apart, apart),
        float(np.log(joint.sum(axis=0)) @ rows.weights),
    )


def assert_same(one: Statistics, other: Statistics, rtol: float = 1e-10) -> None:
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=rtol)
    np.testing.assert_allclose(one.counts, other.counts, rtol=rtol)
    size = np.abs(other.scatters).max()
    np.testing.assert_allclose(one.shifts, other.shifts, atol=rtol * size)
    np.testing.assert_allclose(one.scatters, other.scatters, atol=rtol * size)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (3, 2), (5, 4), (3, 10)])
def test_the_sums_are_the_textbooks(k: int, d: int, weighted: bool) -> None:
    rows, stack = normal_rows(3000, d, weighted), mixtures_of_normal_rows(k, d)
    found = expect(stack, rows)
    counts, shifts, scatters, log_likelihood = textbook(stack.mixture(0), rows)
    expected = Statistics(counts[None], shifts[None], scatters[None], np.array([log_likelihood]))
    assert_same(found, expected)
    assert_same(by_residuals(stack, rows), expected)


def test_no_cutting_into_blocks_or_tiles_changes_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, stack = normal_rows(2 * BLOCK + 77, 2, True), mixtures_of_normal_rows(3, 2, n=40)
    whole = by_products(stack, rows)
    monkeypatch.setattr(exact_rows, "TILE", 5000)
    assert_same(by_products(stack, rows), whole, rtol=1e-12)
    alone = concatenated([stack[7:8]])
    assert_same(by_products(alone, rows), Statistics(*(part[7:8] for part in vars(whole).values())), rtol=1e-12)


def test_rows_beyond_underflow_belong_to_the_nearer_component() -> None:
    values = np.array([[-100.0], [0.0], [1.0], [200.0]])
    rows = Rows(values, np.ones(4), ("x",))
    stack = Batch.of([Mixture.from_sds([0.5, 0.5], [0, 1], [1, 1])])
    found = by_products(stack, rows)
    assert found.counts.sum() == pytest.approx(4, rel=1e-14)
    assert_same(found, by_residuals(stack, rows))
    assert found.log_likelihood[0] < -20_000


def test_a_mean_many_sds_from_the_centre_loses_no_digits_to_products() -> None:
    """Next to 1e6, values with an sd of 1e-3: by products nothing would be left of the scatter."""
    steps = np.linspace(-2e-3, 2e-3, 101)
    rows = Rows((1e6 + steps)[:, None], np.ones(101), ("x",))
    sharp = Batch.of([Mixture.from_sds([1], [1e6], [1e-3])])
    apart = rows.values[:, 0] - 1e6
    assert expect(sharp, rows).scatters[0, 0, 0, 0] == pytest.approx(np.sum(apart**2), rel=1e-12)
    # Next to others that are not sharp, each goes its own way.
    both = concatenated([sharp, Batch.of([Mixture.from_sds([1], [0], [1])])])
    together = expect(both, rows)
    assert together.scatters[0, 0, 0, 0] == pytest.approx(np.sum(apart**2), rel=1e-12)
    assert together.scatters[1, 0, 0, 0] == pytest.approx(101e12, rel=1e-6)


def test_densities_too_high_for_exp_go_the_longer_way() -> None:
    """240 columns of sd 0.0162: a log density of over 700, at a mixture that isn't sharp."""
    d = 240
    rows = Rows(np.asfortranarray(np.random.default_rng(1).normal(0, 0.0162, (50, d))), np.ones(50), ("",) * d)
    covariances = np.eye(d) * np.array([0.0162**2, 1.0])[:, None, None]
    stack = Batch(np.array([[0.5, 0.5]]), np.zeros((1, 2, d)), covariances[None], ("",) * d)
    found = expect(stack, rows)
    assert found.counts[0] == pytest.approx([50, 0], abs=1e-12)
    assert np.isfinite(found.log_likelihood).all()
