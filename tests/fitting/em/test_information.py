"""The information of rows, in products and in residuals; test_standard_errors asks whether it is right."""

from dataclasses import replace

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.information import root_of_inverse
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.mixture import Mixture
from tests.samples import mixtures_of_normal_rows


def drawn(mixture: Mixture, n: int, weighted: bool) -> Rows:
    """Rows of a mixture, so many that it lies next to a peak."""
    weights = np.random.default_rng(1).uniform(0.5, 2, n) if weighted else np.ones(n)
    return Rows(mixture.simulate(n, seed=1), weights, mixture.columns)


def inverse_of(mixture: Mixture, rows: Rows) -> Array:
    constraints = Constraints(STRUCTURES["full"], Fixed(), Floor(np.eye(mixture.n_columns)))
    root = root_of_inverse(Batch.one(mixture), rows, constraints)
    return root @ root.T


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (3, 2), (3, 4), (1, 10)])
def test_products_and_residuals_tell_the_same(k: int, d: int, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = mixtures_of_normal_rows(k, d).mixture(0)
    rows, found = drawn(mixture, 3000, weighted), []
    for sharpest in (np.inf, 0):
        monkeypatch.setattr("gmmfit.fitting.em.information.MAX_CANCELLATION", sharpest)
        found.append(inverse_of(mixture, rows))
    np.testing.assert_allclose(found[0], found[1], atol=1e-9 * np.abs(found[1]).max())


@pytest.mark.parametrize("moved", [3.0, 1e5])
def test_no_digit_is_lost_far_from_the_centre_of_the_rows(moved: float) -> None:
    mixture = mixtures_of_normal_rows(2, 1).mixture(0)
    rows = drawn(mixture, 3000, False)
    there = replace(mixture, means=mixture.means + moved), replace(rows, values=rows.values + moved)
    np.testing.assert_allclose(inverse_of(*there), inverse_of(mixture, rows), rtol=1e-7)
