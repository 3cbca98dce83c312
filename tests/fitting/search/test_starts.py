"""Starting mixtures, each by its definition."""

import numpy as np
import pytest

from gmmfit import FitError
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.m_step import Floor
from gmmfit.fitting.search.starts import from_labels, kmeans_plus_plus, nearest, quantile, random
from gmmfit.model.covariance import STRUCTURES

VALUES = np.concatenate([np.random.default_rng(1).normal(m, 0.1, (50, 1)) for m in (-2, 0, 2)])
ROWS = Rows(VALUES, np.ones(150), ("x",))
FLOOR = Floor(np.array([[1e-4]]))


def test_labels_give_the_groups_their_own_numbers() -> None:
    mixture = from_labels(ROWS, np.repeat([0, 1, 2], 50), 3, STRUCTURES["full"], FLOOR)
    np.testing.assert_allclose(mixture.means[:, 0], VALUES.reshape(3, 50).mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(mixture.sds[:, 0], VALUES.reshape(3, 50).std(axis=1), rtol=1e-10)


def test_a_label_without_rows_is_an_empty_component() -> None:
    with pytest.raises(FitError, match="component 2 is empty"):
        from_labels(ROWS, np.zeros(150, dtype=np.intp), 2, STRUCTURES["full"], FLOOR)


def test_quantiles_are_equal_shares_in_their_order() -> None:
    mixture = quantile(ROWS, VALUES, 3, FLOOR)
    np.testing.assert_allclose(mixture.weights, 1 / 3, rtol=1e-12)
    np.testing.assert_allclose(mixture.means[:, 0], VALUES.reshape(3, 50).mean(axis=1), rtol=1e-12)


def test_quantiles_are_shares_of_the_weight() -> None:
    weighted = Rows(np.arange(4.0)[:, None], np.array([3.0, 1.0, 1.0, 1.0]), ("x",))
    np.testing.assert_allclose(quantile(weighted, weighted.values, 2, FLOOR).weights, 0.5)


@pytest.mark.parametrize("seed", range(10))
def test_kmeans_plus_plus_finds_groups_that_lie_far_apart(seed: int) -> None:
    mixture = kmeans_plus_plus(ROWS, VALUES, 3, FLOOR, np.random.default_rng(seed))
    np.testing.assert_allclose(np.sort(mixture.means[:, 0]), VALUES.reshape(3, 50).mean(axis=1), rtol=1e-10)


def test_of_equally_near_centres_the_first_counts() -> None:
    assert nearest(np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0]])).tolist() == [0, 0, 1]


def test_a_random_start_stays_within_the_range_and_the_variance() -> None:
    for seed in range(20):
        mixture = random(ROWS, 4, np.random.default_rng(seed))
        assert np.all((mixture.means >= VALUES.min()) & (mixture.means <= VALUES.max()))
        assert np.all(mixture.sds <= VALUES.std() * (1 + 1e-12))
