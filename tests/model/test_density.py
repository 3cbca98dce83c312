"""Densities and posteriors against scipy and published numbers, and far from the data."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import DataError, Mixture
from tests.oracles import density
from tests.samples import SHARED, needs_shared

TWO = Mixture.from_sds([0.3, 0.7], [0, 10], [1, 2])
PLANE = Mixture(
    np.array([0.2, 0.8]), np.array([[0, 0], [3, -1.0]]), np.array([[[2, 0.9], [0.9, 1]], [[1, -0.5], [-0.5, 3]]])
)


@pytest.mark.parametrize("mixture", [TWO, PLANE])
def test_density_is_scipys(mixture: Mixture) -> None:
    values = np.random.default_rng(1).normal(2, 4, (50, mixture.n_columns))
    np.testing.assert_allclose(mixture.density(values), density(mixture, values), rtol=1e-12)


def test_e_step_of_the_notebook() -> None:
    """Five rows under two components; densities and posteriors as printed there, from rounded inputs."""
    y = np.array([0.0800576, 0.29602290, 0.90397203, 0.51955655, 0.88693269])
    variances = np.array([0.05532568, 0.19115782])
    mixture = Mixture(np.array([0.5, 0.5]), np.array([0.9633458, 0.93267767]), variances)
    densities = np.array(
        [
            [1.46978860e-03, 1.36275234e-01],
            [3.03120323e-02, 3.16065430e-01],
            [1.64289752, 0.910495873],
            [0.286051255, 0.583903610],
            [1.60890121, 0.907479696],
        ]
    )
    posteriors = np.array(
        [
            [0.01067036, 0.98932964],
            [0.08751156, 0.91248844],
            [0.64341731, 0.35658269],
            [0.3288116, 0.6711884],
            [0.63937109, 0.36062891],
        ]
    )
    for k in range(2):
        alone = Mixture(np.ones(1), mixture.means[k], variances[k : k + 1])
        np.testing.assert_allclose(alone.density(y), densities[:, k], rtol=1e-6)
    np.testing.assert_allclose(mixture.posterior(y), posteriors, atol=1e-6)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_posteriors_of_any_finite_value_sum_to_one(value: float) -> None:
    assert TWO.posterior([value]).sum() == pytest.approx(1, abs=1e-15)


def test_a_row_too_far_out_for_squares_belongs_to_the_widest_component() -> None:
    assert TWO.posterior([-1e308, 1e308]).tolist() == [[0, 1], [0, 1]]
    assert TWO.log_density([1e308]).tolist() == [-np.inf]


def test_posteriors_sum_to_one_even_where_residuals_overflow() -> None:
    narrow = Mixture.from_sds([0.25, 0.75], [0, 5], [1e-5, 2e-5])
    assert narrow.posterior([1e308])[0] == pytest.approx([0.25, 0.75], rel=1e-15)


def test_far_out_in_two_columns_a_row_belongs_to_the_component_the_fewest_sds_away() -> None:
    directions = np.array([[1, 0], [0, 1], [1, 1], [-1, 1.0]])
    nearest = np.argmin([[v @ np.linalg.solve(c, v) for c in PLANE.covariances] for v in directions], axis=1)
    assert nearest.tolist() == [0, 1, 0, 1]
    assert PLANE.posterior(1e308 * directions).tolist() == np.eye(2)[nearest].tolist()


def test_a_missing_value_gives_nan() -> None:
    assert np.isnan(TWO.posterior([np.nan])).all()
    assert np.isnan(TWO.log_density([np.nan])).all()


def test_values_with_other_columns_are_refused() -> None:
    with pytest.raises(DataError, match=r"the mixture has 2 columns \(x1, x2\)"):
        PLANE.density([1, 2, 3])


@needs_shared
def test_log_densities_and_posteriors_of_the_torture_points() -> None:
    torture = json.loads((SHARED / "data" / "score_torture.json").read_text())["univariate"]
    weights, means, sds = (np.array(torture[name], float) for name in ("weights", "means", "sds"))
    mixture = Mixture.from_sds(weights, means, sds)
    points = [point for point in torture["points"] if abs(float(point["x"])) < 1e150]
    assert len(points) > 5
    values = np.array([float(point["x"]) for point in points])
    expected = [float(point["logpdf"]) for point in points]
    np.testing.assert_allclose(mixture.log_density(values), expected, rtol=1e-14)
    shares = np.array([[float(share) for share in point["resp"]] for point in points])
    np.testing.assert_allclose(mixture.posterior(values), shares, rtol=1e-12, atol=1e-300)
