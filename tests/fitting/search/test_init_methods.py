"""Starting mixtures, each by its definition."""

from dataclasses import replace

import numpy as np
import pytest

from gmmfit import FitError
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.constraints import Floor
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.problem import Problem, Request
from gmmfit.fitting.search.init_methods import from_labels, kmeans_plus_plus, nearest, quantile, random
from gmmfit.fitting.search.starts import split_starts
from gmmfit.fitting.settings import Settings
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.simulate import random_mixture

VALUES = np.concatenate([np.random.default_rng(1).normal(m, 0.1, (50, 1)) for m in (-2, 0, 2)])
ROWS = Rows(VALUES, np.ones(150), ("x",))
FLOOR = Floor(np.array([[1e-4]]))
RNG = np.random.default_rng(0)


def of(rows: Rows, n_components: int) -> Problem:
    """The problem of so many components for rows, from which init methods take K, the floor, and exact sds."""
    return Request(rows, 0, Inits(), Settings()).problem(n_components, "full")


def test_labels_give_the_groups_their_own_numbers() -> None:
    mixture = from_labels(ROWS, np.repeat([0, 1, 2], 50), 3, STRUCTURES["full"], FLOOR)
    np.testing.assert_allclose(mixture.means[:, 0], VALUES.reshape(3, 50).mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(mixture.sds[:, 0], VALUES.reshape(3, 50).std(axis=1), rtol=1e-10)


def test_a_label_without_rows_is_an_empty_component() -> None:
    with pytest.raises(FitError, match="component 2 is empty"):
        from_labels(ROWS, np.zeros(150, dtype=np.intp), 2, STRUCTURES["full"], FLOOR)


def test_quantiles_are_equal_shares_in_their_order() -> None:
    mixture = quantile(of(ROWS, 3), ROWS, RNG)
    np.testing.assert_allclose(mixture.weights, 1 / 3, rtol=1e-12)
    np.testing.assert_allclose(mixture.means[:, 0], VALUES.reshape(3, 50).mean(axis=1), rtol=1e-12)


def test_quantiles_are_shares_of_the_weight() -> None:
    weighted = Rows(np.arange(4.0)[:, None], np.array([3.0, 1.0, 1.0, 1.0]), ("x",))
    np.testing.assert_allclose(quantile(of(weighted, 2), weighted, RNG).weights, 0.5)


def test_quantiles_of_weighted_rows_go_along_the_direction_in_which_their_weight_varies_most() -> None:
    """Unweighted they vary most in y, from row to row; the weight lies at either end of x."""
    x, y = np.array([0.0, 1, 9, 10, 5, 5]), np.array([0.0, 1, 0, 1, -20, 200]) + 1000
    rows = Rows(np.column_stack([x, y]), np.array([100.0, 100, 100, 100, 0.1, 0.1]), ("x", "y"))
    mixture = quantile(of(rows, 2), rows, RNG)
    np.testing.assert_allclose(mixture.means, [[0.5, 1000.5], [9.5, 1000.5]], atol=0.1)


@pytest.mark.parametrize("seed", range(10))
def test_kmeans_plus_plus_finds_groups_that_lie_far_apart(seed: int) -> None:
    mixture = kmeans_plus_plus(of(ROWS, 3), ROWS, np.random.default_rng(seed))
    np.testing.assert_allclose(np.sort(mixture.means[:, 0]), VALUES.reshape(3, 50).mean(axis=1), rtol=1e-10)


def test_kmeans_plus_plus_on_fewer_different_rows_than_components_leaves_one_empty() -> None:
    two = Rows(np.repeat([[0.0], [1.0]], 5, axis=0), np.ones(10), ("x",))
    with pytest.raises(FitError, match="component . is empty"):
        kmeans_plus_plus(replace(of(two, 2), n_components=3), two, np.random.default_rng(1))


def test_of_equally_near_centres_the_first_counts() -> None:
    assert nearest(np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0]])).tolist() == [0, 0, 1]


def test_a_random_start_stays_within_the_range_and_the_variance() -> None:
    for seed in range(20):
        mixture = random(of(ROWS, 4), ROWS, np.random.default_rng(seed))
        assert np.all((mixture.means >= VALUES.min()) & (mixture.means <= VALUES.max()))
        assert np.all(mixture.sds <= VALUES.std() * (1 + 1e-12))


def test_halves_keep_the_mean_and_nearly_the_covariance_of_what_they_are_made_from() -> None:
    parent = random_mixture(1, ("a", "b"), seed=1)
    halved = split_starts(Batch.of([parent]), 50, np.random.default_rng(1))
    np.testing.assert_allclose(halved.weights.sum(axis=1), 1, rtol=1e-14)
    middles = np.einsum("sk,skd->sd", halved.weights, halved.means)
    np.testing.assert_allclose(middles, np.tile(parent.means, (50, 1)), rtol=1e-12)
    apart = halved.means - middles[:, None]
    spread = halved.covariances + apart[..., None] * apart[..., None, :]
    together = np.einsum("sk,skij->sij", halved.weights, spread)
    sizes = np.linalg.eigvals(np.linalg.solve(parent.covariances[0], together)).real
    assert np.all((sizes > 1 - 1e-9) & (sizes < 1.1))
    assert np.all(np.abs(apart).max(axis=(1, 2)) > 0.1)
