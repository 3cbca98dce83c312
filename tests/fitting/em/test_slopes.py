"""The slope and the curvature of the log-likelihood, by differences of it and by the analytic road."""

from typing import Any

import numpy as np
import pytest

from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.errors import FitError
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.directions import natural_directions, seen_by_components
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.information import _information
from gmmfit.fitting.em.slopes import information_by_differences, moved, products_of_slopes, slopes
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.mixture import Mixture
from tests.samples import mixtures_of_normal_rows

ONE = Mixture.from_sds([0.4, 0.6], [-1, 2], [1, 0.5])
VALUES = ONE.simulate(200, seed=3)
KINDS: dict[str, dict[str, Any]] = {
    "exact": {},
    "intervals": {"known": Known.of(VALUES, VALUES - 0.3, VALUES + 0.4)},
    "errors": {"known": Known.of(VALUES, errors=np.full((200, 1), 0.6))},
    "labels": {"known": Known.of(VALUES, labels=(VALUES[:, 0] > 1).astype(np.intp))},
    "a window": {"window": Window(-3.0, 4.0)},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("structure", ["full", "tied"])
def test_slopes_are_differences_of_the_log_likelihood(kind: str, structure: str) -> None:
    rows = Rows(VALUES, equal_weights(200), ("x",), **KINDS[kind])
    constraints = Constraints(STRUCTURES[structure], Fixed(), Floor(np.eye(1)))
    directions = natural_directions(Batch.one(ONE), constraints)
    h = 1e-5
    up, down = (expect(moved(Batch.one(ONE), sign * h * directions.T), rows).log_likelihood for sign in (1, -1))
    along = slopes(Batch.of([ONE]), rows, directions)[0]
    np.testing.assert_allclose(along, (up - down) / (2 * h), rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("structure", ["full", "diag", "tied"])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (2, 1), (2, 3)])
def test_of_exact_rows_the_curvature_is_the_analytic_one(k: int, d: int, structure: str) -> None:
    mixture = mixtures_of_normal_rows(k, d).mixture(0)
    mixture = Mixture(
        mixture.weights, mixture.means, STRUCTURES[structure].project(mixture.covariances, mixture.weights)
    )
    rows = Rows(mixture.simulate(300, seed=2), equal_weights(300), mixture.columns)
    one = Batch.one(mixture)
    natural = natural_directions(one, Constraints(STRUCTURES[structure], Fixed(), Floor(np.eye(d))))
    local = seen_by_components(one, natural)
    found = information_by_differences(one, rows, natural, np.linalg.norm(local, axis=0))
    expected = local.T @ _information(one, rows) @ local
    scale = np.sqrt(np.abs(np.diagonal(expected)))
    np.testing.assert_allclose(found / scale / scale[:, None], expected / scale / scale[:, None], atol=1e-8)


def test_windows_of_different_errors_have_no_sandwich() -> None:
    known = Known.of(VALUES, errors=np.full((200, 1), 0.6))
    rows = Rows(VALUES, equal_weights(200), ("x",), known, Window(-9.0, 9.0))
    with pytest.raises(FitError, match="for relative weights of truncated rows with errors there are none"):
        products_of_slopes(Batch.one(ONE), rows)
