"""The information of rows, in products of the columns and in residuals."""

from dataclasses import replace

import numpy as np
import pytest

from gmmfit.fitting.em.information import _by_products, _by_residuals, _information
from tests.fitting.em.test_e_step import mixtures, normal_rows


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (3, 2), (5, 4), (3, 10)])
def test_products_and_residuals_tell_the_same(k: int, d: int, weighted: bool) -> None:
    mixture, rows = mixtures(k, d).mixture(0), normal_rows(3000, d, weighted)
    for one, other in zip(_by_products(mixture, rows), _by_residuals(mixture, rows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-11 * np.abs(other).max())


@pytest.mark.parametrize("moved", [3.0, 1e5])
def test_no_digit_is_lost_far_from_the_centre_of_the_rows(moved: float) -> None:
    mixture, rows = mixtures(2, 1).mixture(0), normal_rows(3000, 1, False)
    here = _information(mixture, rows)
    there = replace(mixture, means=mixture.means + moved), replace(rows, values=rows.values + moved)
    np.testing.assert_allclose(_information(*there), here, rtol=1e-9)
