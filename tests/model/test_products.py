"""Log densities from products of the columns are those from whitened residuals."""

import numpy as np
import pytest

from gmmfit.model.batch import Batch
from gmmfit.model.density import weighted_log_densities, whiten
from gmmfit.model.products import about_means, n_products, products
from gmmfit.model.simulate import random_mixture


@pytest.mark.parametrize("d", [1, 2, 5])
def test_log_densities_are_linear_in_the_products(d: int) -> None:
    stack = Batch.of([random_mixture(3, tuple("abcde"[:d]), seed) for seed in (1, 2)])
    values = np.random.default_rng(3).normal(0, 5, (50, d))
    features = products(values, np.empty((n_products(d), 50)))
    np.testing.assert_allclose(
        stack.coefficients @ features, weighted_log_densities(stack, whiten(stack, values)), rtol=1e-9
    )


def test_sums_of_products_are_sums_about_the_means() -> None:
    rng = np.random.default_rng(1)
    values, weights, mean = rng.normal(size=(30, 3)), rng.random(30), np.array([0.5, -1, 2])
    counts, firsts, seconds = about_means((products(values, np.empty((10, 30))) @ weights)[None], mean[None])
    apart = values - mean
    assert counts[0] == pytest.approx(weights.sum())
    np.testing.assert_allclose(firsts[0], weights @ apart, rtol=1e-12)
    np.testing.assert_allclose(seconds[0], (apart * weights[:, None]).T @ apart, rtol=1e-12)


def test_sharpness_is_how_many_sds_a_mean_is_from_the_centre_squared() -> None:
    stack = Batch(np.ones((2, 1)), np.array([[[0.0]], [[300.0]]]), np.array([[[[1.0]]], [[[0.25]]]]), ("x",))
    np.testing.assert_allclose(stack.cancellation, [1, 4 * (1 + 300**2)])
