"""Structures are projections; the Cholesky factor is our own."""

import numpy as np
import pytest

from gmmfit import ArgumentError
from gmmfit.arrays import Array
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.covariance import MCLUST_NAMES, STRUCTURES, cholesky, inverse_factors, structure_name

RNG = np.random.default_rng(1)
ROOTS = RNG.standard_normal((3, 4, 6))
COVARIANCES_4 = ROOTS @ ROOTS.transpose(0, 2, 1)


def test_every_structure_has_a_name_on_the_command_line() -> None:
    assert set(STRUCTURES) == set(COVARIANCES)
    assert set(MCLUST_NAMES.values()) <= set(STRUCTURES)


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_projection_projected_again_stays(name: str) -> None:
    counts = np.array([1.0, 2.0, 5.0])
    once = STRUCTURES[name].project(COVARIANCES_4, counts)
    np.testing.assert_allclose(STRUCTURES[name].project(once, counts, once), once, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "numbers"),
    # mclust's nMclustParams, less 2 weights and 12 means.
    [
        *[("full", 30), ("diag", 12), ("spherical", 3), ("tied", 10), ("tied-diag", 4), ("tied-spherical", 1)],
        *[("VEI", 6), ("EVI", 10), ("VEE", 12), ("EVE", 16), ("VVE", 18), ("EEV", 22), ("VEV", 24), ("EVV", 28)],
    ],
)
def test_free_numbers_of_three_components_in_four_columns(name: str, numbers: int) -> None:
    assert STRUCTURES[name].n_parameters(3, 4) == numbers


def test_tied_is_the_mean_of_the_scatters_by_count() -> None:
    counts = np.array([1.0, 2.0, 5.0])
    tied = STRUCTURES["tied"].project(COVARIANCES_4, counts)
    expected = (COVARIANCES_4[0] + 2 * COVARIANCES_4[1] + 5 * COVARIANCES_4[2]) / 8
    np.testing.assert_allclose(tied, np.broadcast_to(expected, tied.shape), rtol=1e-14)


def test_factors_are_those_of_lapack() -> None:
    np.testing.assert_allclose(cholesky(COVARIANCES_4), np.linalg.cholesky(COVARIANCES_4), rtol=1e-12)


def test_inverse_factors_undo_factors() -> None:
    factors = cholesky(COVARIANCES_4)
    np.testing.assert_allclose(
        inverse_factors(factors) @ factors, np.broadcast_to(np.eye(4), factors.shape), atol=1e-12
    )


def test_an_unknown_structure_is_named_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match="no covariance structure 'round'. There are full, diag"):
        structure_name("round")
    with pytest.raises(ArgumentError, match="no covariance structure 'Diagonal'. Did you mean 'diag'?"):
        structure_name("Diagonal")


CURVED = [name for name, structure in STRUCTURES.items() if not structure.is_linear]


def likelihood(free: Array, counts: Array, covariances: Array) -> float:
    """The log-likelihood of rows with covariances `free` within known components, but for a constant."""
    traces = np.trace(np.linalg.solve(covariances, free), axis1=1, axis2=2)
    return float(-counts @ (np.linalg.slogdet(covariances)[1] + traces) / 2)


@pytest.mark.parametrize("name", CURVED)
def test_no_covariances_of_a_structure_are_likelier_than_its_projection(name: str) -> None:
    structure, counts = STRUCTURES[name], np.array([1.0, 2.0, 5.0])
    best = structure.project(COVARIANCES_4, counts)
    for _ in range(50):  # a common orientation is found from the step before
        best = structure.project(COVARIANCES_4, counts, best)
    numbers = RNG.standard_normal((400, structure.n_parameters(3, 4))) * np.repeat([1e-3, 1e-1], 200)[:, None]
    others = [likelihood(COVARIANCES_4, counts, one) for one in structure.along(best, numbers)]
    assert max(others) < likelihood(COVARIANCES_4, counts, best)


@pytest.mark.parametrize("name", CURVED)
def test_free_numbers_stay_within_the_structure_and_reach_all_of_it(name: str) -> None:
    structure = STRUCTURES[name]
    here = structure.project(COVARIANCES_4, np.ones(3))
    p = structure.n_parameters(3, 4)
    np.testing.assert_allclose(structure.along(here, np.zeros((1, p)))[0], here, rtol=1e-12, atol=1e-12)
    for there in structure.along(here, RNG.standard_normal((20, p)) / 3):
        assert structure.holds(there)
    moves = structure.along(here, 1e-6 * np.eye(p)).reshape(p, -1) - here.ravel()
    assert np.linalg.matrix_rank(moves, tol=1e-8) == p


def test_a_turn_of_the_axes_lowers_nothing() -> None:
    counts = np.array([1.0, 2.0, 5.0])
    like = np.broadcast_to(np.diag([1.0, 2.0, 3.0, 4.0]), (3, 4, 4))
    for name in ("EVE", "VVE"):
        before, heights = like, []
        for _ in range(5):
            before = STRUCTURES[name].project(COVARIANCES_4, counts, before)
            heights.append(likelihood(COVARIANCES_4, counts, before))
        assert np.all(np.diff(heights) > -1e-9)
