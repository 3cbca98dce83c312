"""Many tables at once are each by itself."""

import numpy as np
import pytest

from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.curvature import newton_steps
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.noise import Box
from tests.samples import mixtures_of_normal_rows

T, N = 12, 80


def some_tables(d: int, own_values: bool, batch: Batch) -> Tables:
    """Tables with values of their own, or with other weights of the same."""
    rng = np.random.default_rng(d)
    values = rng.normal(size=(T if own_values else 1, N, d))
    weights = np.ones((1, N)) if own_values else rng.multinomial(N, np.full(N, 1 / N), size=T).astype(float)
    return Tables(values, weights, np.arange(T), batch.columns)


@pytest.mark.parametrize("own_values", [True, False])
@pytest.mark.parametrize(("k", "d", "noise"), [(1, 1, False), (3, 1, False), (2, 2, False), (2, 1, True)])
def test_the_e_step_and_newtons_step_of_each_table_are_those_of_its_rows(
    own_values: bool, k: int, d: int, noise: bool
) -> None:
    batch = mixtures_of_normal_rows(k, d, T)
    if noise:
        box = Box(np.full(d, -6.0), np.full(d, 6.0))
        batch = Batch(0.9 * batch.weights, *batch.parts[1:], batch.columns).with_noise(box, np.full(T, 0.1))
    free = Constraints(STRUCTURES["full"], Fixed(), Floor(1e-6 * np.eye(d)))
    tables = some_tables(d, own_values, batch)
    state = State.of(0, batch, expect(batch, tables), free, "em")
    steps, gains = newton_steps(state, tables, free)
    for s in range(0, T, 5):
        alone, rows = batch[s : s + 1], tables.rows(s)
        its = State.of(0, alone, expect(alone, rows), free, "em")
        np.testing.assert_allclose(state.log_likelihood[s], its.log_likelihood[0], rtol=1e-12)
        np.testing.assert_allclose(state.next_vector[s], its.next_vector[0], atol=1e-10)
        its_step, its_gain = newton_steps(its, rows, free)
        np.testing.assert_allclose(steps[s], its_step[0], atol=1e-9)
        np.testing.assert_allclose(gains[s], its_gain[0], rtol=1e-8)


def test_some_of_the_tables_are_those_tables() -> None:
    batch = mixtures_of_normal_rows(2, 1, T)
    tables = some_tables(1, False, batch)
    every, some = expect(batch, tables), np.array([7, 2, 2])
    np.testing.assert_array_equal(expect(batch[some], tables.of(some)).log_likelihood, every.log_likelihood[some])


def test_a_narrow_component_far_from_the_centre_goes_the_way_that_keeps_its_digits() -> None:
    far = Batch(np.array([[0.5, 0.5]]), np.array([[[0.0], [3000.0]]]), np.array([[[[1.0]], [[1e-4]]]]), ("x",))
    values = np.concatenate([np.zeros(5), np.full(5, 3000.0)])[None, :, None]
    statistics = expect(far, Tables(values, np.ones((1, 10)), np.array([0]), ("x",)))
    np.testing.assert_allclose(statistics.counts, [[5, 5]])
    assert statistics.scatters[0, 1, 0, 0] == 0


@pytest.mark.parametrize("newton", [True, False])
def test_the_likelihood_of_each_table_rises(newton: bool) -> None:
    batch = mixtures_of_normal_rows(2, 1, T)
    tables = some_tables(1, True, batch)
    free = Constraints(STRUCTURES["full"], Fixed(), Floor(np.array([[1e-4]])))
    before = np.full(T, -np.inf)
    for state, _ in zip(accelerated(tables, batch, free, plain=0, newton=newton), range(12), strict=False):
        assert np.all(state.log_likelihood >= before - state.rounding)
        before = state.log_likelihood
