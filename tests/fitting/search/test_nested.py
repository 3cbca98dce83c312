"""A larger model is never less likely than one that it contains, each fitted alone."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from gmmfit import GmmfitError, Mixture, fit
from gmmfit.arrays import Array
from gmmfit.fitting.search.starts import doubled, halved
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from tests.samples import WAITING
from tests.ugly import KINDS, NEAR_PEAK, ugly_table


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_component_more_the_log_likelihood_is_no_lower(kind: str) -> None:
    table = ugly_table(kind, np.random.default_rng(8))
    heights = [
        fit(table.values[:400], k, row_weights=weights_of(table.weights), se="none").log_likelihood for k in (1, 2, 3)
    ]
    assert min(np.diff(heights)) >= -NEAR_PEAK


def weights_of(weights: Array | None) -> Array | None:
    return None if weights is None else weights[:400]


def two_columns(kind: str) -> Array:
    """A small ugly table of two columns."""
    rng = np.random.default_rng(9)
    rows: Array = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(0, 1, (50, 2)) * [0.2, 2] + [2, 1]])
    match kind:
        case "rounded":
            rows = np.round(rows)
        case "zeros":
            rows[::3, 0] = 0
        case "an outlier":
            rows[0] += 40
        case "nearly equal columns":
            rows[:, 1] = rows[:, 0] + 0.02 * rows[:, 1]
    return rows


@pytest.mark.parametrize("kind", ["plain", "rounded", "zeros", "an outlier", "nearly equal columns"])
def test_a_freer_structure_is_no_less_likely(kind: str) -> None:
    rows = two_columns(kind)
    fits = {name: fit(rows, 2, covariance=name, se="none") for name in COVARIANCES}
    for outer, inner in product(COVARIANCES, COVARIANCES):
        # The floor raises a component by itself, out of what it has in common with others.
        in_common = not STRUCTURES[inner].is_linear and fits[inner].status == "on_floor"
        if STRUCTURES[outer].contains(STRUCTURES[inner]) and not in_common:
            assert fits[outer].log_likelihood >= fits[inner].log_likelihood - NEAR_PEAK


def test_alone_a_model_is_what_it_is_beside_others() -> None:
    options: dict[str, Any] = {"starts": 30, "se": "none"}
    together = fit(WAITING, [1, 2, 3], covariance=["tied", "full"], **options).candidates
    for candidate in together:
        alone = fit(WAITING, candidate.components, covariance=candidate.covariance, **options)
        assert alone.log_likelihood == candidate.log_likelihood


def test_halves_and_a_doubled_component_are_next_to_what_they_are_made_of() -> None:
    parent = Mixture.from_sds([0.4, 0.6], [[0, 0], [3, 1]], [[1, 2], [2, 1]])
    batch = Batch.of([parent])
    rows = parent.simulate(500, seed=1)
    lowest = parent.log_density(rows).sum()
    assert doubled(batch).mixture(0).log_density(rows).sum() == pytest.approx(lowest, rel=1e-12)
    halves = halved(batch)
    assert halves.weights.shape == (4, 3)
    for number in range(4):
        assert halves.mixture(number).log_density(rows).sum() == pytest.approx(lowest, abs=30)


def test_what_can_not_be_fitted_alone_can_not_beside_others() -> None:
    with pytest.raises(GmmfitError, match="not enough for 3 components"):
        fit([1.0, 2.0, 1.0, 2.0], 3)
