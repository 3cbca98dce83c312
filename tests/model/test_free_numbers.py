"""Free numbers of a mixture, and how far a step in them goes."""

import numpy as np
import pytest

from gmmfit.model.batch import Batch
from gmmfit.model.free_numbers import from_vector, in_sds, to_vector
from gmmfit.model.simulate import random_mixture
from tests.oracles import density

BATCH = Batch.of([random_mixture(3, ("a", "b"), seed) for seed in (1, 2)])


def test_there_and_back_is_the_same_mixture() -> None:
    back = from_vector(to_vector(BATCH), BATCH)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(back, name), getattr(BATCH, name), rtol=1e-12)


def test_any_numbers_make_a_mixture() -> None:
    numbers = np.random.default_rng(1).normal(0, 3, to_vector(BATCH).shape)
    for number in range(2):
        assert from_vector(numbers, BATCH).mixture(number).n_components == 3


def test_the_average_of_two_with_a_shared_covariance_shares_one_too() -> None:
    shared = np.broadcast_to(BATCH.covariances[:, :1], BATCH.covariances.shape)
    tied = Batch(BATCH.weights, BATCH.means, shared, BATCH.columns)
    middle = from_vector(to_vector(tied).mean(axis=0, keepdims=True), tied[:1])
    np.testing.assert_allclose(middle.covariances, np.broadcast_to(middle.covariances[:, :1], middle.covariances.shape))


def test_the_square_of_a_step_is_twice_what_it_costs_when_components_are_known() -> None:
    """Σ weights[k] KL(N_k, N_k') + KL(weights, weights'), by the closed form, for a small step from a to b."""
    before = BATCH[:1]
    vector = to_vector(before)
    step = 1e-4 * np.random.default_rng(3).normal(size=vector.shape)
    after = from_vector(vector + step, before)
    step = to_vector(after) - vector  # with weights that sum to 1
    cost = float(np.sum(before.weights * np.log(before.weights / after.weights)))
    for k in range(3):
        inverse = np.linalg.inv(after.covariances[0, k])
        apart = after.means[0, k] - before.means[0, k]
        ratio = inverse @ before.covariances[0, k]
        divergence = (np.trace(ratio) - 2 - np.linalg.slogdet(ratio)[1] + apart @ inverse @ apart) / 2
        cost += float(before.weights[0, k] * divergence)
    assert np.sum(in_sds(before, step) ** 2) == pytest.approx(2 * cost, rel=1e-3)


def test_a_batch_is_its_mixtures() -> None:
    x = np.random.default_rng(1).normal(size=(20, 2))
    from gmmfit.model.density import posteriors_and_log_densities, whiten

    posteriors, logs = posteriors_and_log_densities(BATCH, whiten(BATCH, x))
    for number in range(2):
        mixture = BATCH.mixture(number)
        np.testing.assert_allclose(posteriors[number].T, mixture.posterior(x), rtol=1e-13)
        np.testing.assert_allclose(np.exp(logs[number]), density(mixture, x), rtol=1e-10)
