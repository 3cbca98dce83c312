"""Structures are projections; the Cholesky factor is our own."""

import numpy as np
import pytest

from gmmfit import ArgumentError
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
    np.testing.assert_allclose(STRUCTURES[name].project(once, counts), once, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("full", 30), ("diag", 12), ("spherical", 3), ("tied", 10), ("tied-diag", 4), ("tied-spherical", 1)],
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
