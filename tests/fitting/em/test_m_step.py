"""The M step: closed forms, what is fixed, and the floor."""

from dataclasses import replace

import numpy as np
import pytest

from gmmfit import fit, simulate
from gmmfit.fitting.em.constraints import Floor
from gmmfit.fitting.em.m_step import maximize
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from tests.oracles import density
from tests.samples import FREE, WAITING

PLANE = simulate(random=True, components=3, column=("a", "b"), rows=400, seed=4)
START = PLANE.mixture


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_one_component_is_the_mean_and_covariance_of_the_rows(covariance: str) -> None:
    result = fit(PLANE.values, 1, covariance=covariance)
    np.testing.assert_allclose(result.mixture.means[0], PLANE.values.mean(axis=0), rtol=1e-13)
    expected = np.cov(PLANE.values.T, bias=True)
    if not STRUCTURES[covariance].correlated:
        expected = np.diag(np.diag(expected))
    if "spherical" in covariance:
        expected = np.eye(2) * np.trace(expected) / 2
    np.testing.assert_allclose(result.mixture.covariances[0], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("group", [["full", "diag", "spherical"], ["tied", "tied-diag", "tied-spherical"]])
def test_structures_are_the_same_in_one_column(group: list[str]) -> None:
    fits = [fit(PLANE.values[:, 0], 2, covariance=covariance) for covariance in group]
    assert len({one.log_likelihood for one in fits}) == 1
    assert len({one.n_parameters for one in fits}) == 1


@pytest.mark.parametrize("part", ["weights", "means", "sds"])
def test_held_at_the_optimum_is_the_free_fit(part: str) -> None:
    free = fit(PLANE.values, init=START, tol=1e-12)
    held = fit(PLANE.values, init=free, fix=part, tol=1e-12)
    assert held.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-8)
    assert np.array_equal(getattr(held.mixture, part), getattr(free.mixture, part))


def test_held_means_move_no_bit_and_covariances_are_taken_about_them() -> None:
    x = simulate(means=[5.3], sds=[2], rows=500, seed=1).values
    result = fit(x, init_means=[4.1], init_weights=[1], init_sds=[1], fix="means", max_iter=5, tol=0)
    assert result.mixture.means.tolist() == [[4.1]]
    assert result.mixture.sds[0, 0] == pytest.approx(np.sqrt(np.mean((x - 4.1) ** 2)), rel=1e-12)
    assert result.n_parameters == 1


@pytest.mark.parametrize("accelerate", [True, False])
def test_with_sds_alone_held_weights_and_means_come_to_their_maximum_from_afar(accelerate: bool) -> None:
    """Where each is what an M step makes of the posteriors, and the likelihood that of the held sds."""
    held = {"init_weights": [0.5, 0.5], "init_means": [40, 100], "init_sds": [6.1, 5.9], "fix": "sds"}
    result = fit(WAITING, **held, tol=1e-12, accelerate=accelerate)  # type: ignore[arg-type]
    posteriors = result.mixture.posterior(WAITING)
    assert result.converged
    np.testing.assert_allclose(result.mixture.weights, posteriors.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(result.mixture.means[:, 0], WAITING @ posteriors / posteriors.sum(axis=0), rtol=1e-6)
    assert result.log_likelihood == pytest.approx(np.log(density(result.mixture, WAITING[:, None])).sum(), rel=1e-12)


def test_the_floor_raises_only_what_is_below_it() -> None:
    floor = Floor(np.array([[0.04, 0.0], [0.0, 0.01]]))
    above = np.array([[[1.0, 0.3], [0.3, 1.0]]])
    assert floor.raised(above) is above
    raised = floor.raised(np.array([[[1.0, 0.0], [0.0, 1e-6]]]))
    np.testing.assert_allclose(raised[0], np.diag([1, 0.01]), atol=1e-15)
    assert floor.touched(raised).tolist() == [True]
    assert floor.touched(above).tolist() == [False]


def test_a_component_on_one_value_stops_at_min_sd_and_is_named() -> None:
    x = np.concatenate([np.random.default_rng(1).normal(0, 1, 50), [9, 9, 9]])
    result = fit(x, init_weights=[0.9, 0.1], init_means=[0, 9], init_sds=[1, 0.5], min_sd=0.25)
    assert result.status == "on_floor"
    assert not result.converged
    assert result.mixture.sds[1, 0] == pytest.approx(0.25, rel=1e-12)
    assert result.warnings[0].startswith("3 rows are 9, far from all others, of which the next is 2.117")
    assert "component 2 lies on the floor (sd 0.25)" in result.warnings[1]
    sorted_by_weight = fit(
        x, init_weights=[0.1, 0.9], init_means=[9, 0], init_sds=[0.5, 1], min_sd=0.25, order="weight"
    )
    assert sorted_by_weight.warnings == result.warnings


def test_what_overflows_ends_at_the_ceiling() -> None:
    batch = Batch(np.full((1, 2), 0.5), np.zeros((1, 2, 1)), np.ones((1, 2, 1, 1)), ("x",))
    sums = Statistics(
        np.array([[1.0, 1e-150]]), np.array([[[0.0], [1e50]]]), np.array([[[[1.0]], [[1e50]]]]), np.zeros(1)
    )
    found = maximize(sums, batch, replace(FREE, ceiling=1e12))
    assert np.all(np.isfinite(found.covariances))
    assert found.means[0, 1, 0] == 1e12
    assert found.covariances[0].ravel().tolist() == [1, 1e12]
