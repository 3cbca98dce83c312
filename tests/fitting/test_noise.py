"""Noise: a uniform part beside the components, against references, textbook EM and other roads to the same numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from gmmfit import ArgumentError, DataError, Mixture, ModelError, fit, score, simulate
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.stored.chunks import Chunks
from gmmfit.model.noise import Box, Noise
from tests.fitting.test_shapes import data_of, shapes
from tests.oracles import second_derivative
from tests.samples import needs_shared

RNG = np.random.default_rng(3)
GROUPS = np.concatenate([RNG.normal(0, 1, 150), RNG.normal(8, 2, 100)])
SCATTERED = np.concatenate([GROUPS, RNG.uniform(-40, 60, 25)])
PLANE = np.concatenate([RNG.normal(0, 1, (120, 2)), RNG.normal(6, 1, (120, 2)), RNG.uniform(-20, 20, (20, 2))])


def noise_of(weight: float, low: Any, high: Any) -> Noise:
    return Noise(weight, Box(np.asarray(low, float), np.asarray(high, float)))


START = Mixture.from_sds([0.5, 0.4], [0, 8], [1, 2], noise=noise_of(0.1, -40, 60))


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("one", shapes("noise.json"), ids=lambda one: one["name"])
def test_the_best_peak_known_with_noise_is_reached(one: dict[str, Any]) -> None:
    result = fit(**data_of(one), components=one["k"], covariance=one["covariance"], noise=True)
    assert result.converged
    assert result.mixture.noise is not None
    if "loglik" in one:
        assert result.log_likelihood >= one["loglik"] - 1e-6 * abs(one["loglik"])
        assert result.n_parameters == one["n_parameters"]
        if abs(result.log_likelihood - one["loglik"]) < 1e-6:
            assert result.mixture.noise.weight == pytest.approx(one["noise_weight"], abs=1e-6)
    assert result.log_likelihood <= one.get("loglik", np.inf) + 1e-4 or any("thin" in one for one in result.warnings)


def test_each_iteration_is_textbook_em() -> None:
    steps = fit(SCATTERED, init=START, tol=0, max_iter=4).history
    x, weights, means, sds, noise = SCATTERED, np.array([0.5, 0.4]), np.array([0.0, 8.0]), np.array([1.0, 2.0]), 0.1
    for step in steps:
        densities = np.vstack(
            [weights[:, None] * norm.pdf(x, means[:, None], sds[:, None]), np.full(len(x), noise / 100)]
        )
        assert step.log_likelihood == pytest.approx(np.log(densities.sum(axis=0)).sum(), rel=1e-12)
        assert step.mixture.noise is not None
        assert step.mixture.noise.weight == pytest.approx(noise, rel=1e-10)
        np.testing.assert_allclose(step.mixture.weights, weights, rtol=1e-10)
        np.testing.assert_allclose(step.mixture.means[:, 0], means, rtol=1e-9, atol=1e-9)
        posteriors = densities / densities.sum(axis=0)
        counts = posteriors.sum(axis=1)
        *weights, noise = counts / len(x)
        weights = np.array(weights)
        means = posteriors[:2] @ x / counts[:2]
        sds = np.sqrt(np.sum(posteriors[:2] * (x - means[:, None]) ** 2, axis=1) / counts[:2])


def test_standard_errors_are_those_of_second_differences() -> None:
    result = fit(SCATTERED, 2, noise=True)
    mixture, errors = result.mixture, result.standard_errors
    assert errors is not None
    assert mixture.noise is not None
    width = float(np.ptp(SCATTERED))

    def log_likelihood(p: Any) -> float:
        normal = p[:2] @ norm.pdf(SCATTERED, p[2:4, None], p[4:, None])
        return float(np.log(normal + (1 - p[:2].sum()) / width).sum())

    peak = np.concatenate([mixture.weights, mixture.means[:, 0], mixture.sds[:, 0]])
    among = np.linalg.inv(-second_derivative(log_likelihood, peak, 1e-4 * np.array([1, 1, 1, 2, 1, 2])))
    expected = np.sqrt(np.diagonal(among))
    found = np.concatenate([errors.weights, errors.means[:, 0], errors.sds[:, 0]])
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert errors.noise == pytest.approx(np.sqrt(among[:2, :2].sum()), rel=1e-4)


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "VEI", "EVE"])
def test_noise_is_never_worse_and_what_is_more_never_lower(covariance: str) -> None:
    heights = {}
    for k in (1, 2, 3):
        for noise in (False, True):
            heights[k, noise] = fit(PLANE, k, covariance=covariance, noise=noise, se="none").log_likelihood
    for k in (1, 2, 3):
        assert heights[k, True] >= heights[k, False] - 1e-6
        assert k == 1 or heights[k, True] >= heights[k - 1, True] - 1e-6


def test_of_weight_0_it_is_none() -> None:
    rows = np.random.default_rng(1).normal(0, 1, 300)
    with_noise, without = fit(rows, 1, noise=True, noise_range=(-50, 50)), fit(rows, 1)
    assert with_noise.mixture.noise is not None
    assert with_noise.mixture.noise.weight == 0
    assert with_noise.converged
    assert with_noise.n_parameters == without.n_parameters + 1
    assert with_noise.log_likelihood == pytest.approx(without.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(with_noise.mixture.means, without.mixture.means, atol=1e-12)
    assert with_noise.history[-1].mixture is with_noise.mixture
    assert score(rows, with_noise).posteriors.shape == (300, 2)
    assert score(rows, with_noise).log_likelihood == pytest.approx(without.log_likelihood, rel=1e-12)


def test_it_stands_beside_models_without_and_is_chosen_where_it_is_there() -> None:
    chosen = fit(SCATTERED, [1, 2, 3], noise=True)
    assert [(one.components, one.noise) for one in chosen.candidates] == [
        (k, noise) for noise in (False, True) for k in (1, 2, 3)
    ]
    assert (chosen.mixture.n_components, chosen.mixture.noise is not None) == (2, True)
    assert fit(GROUPS, [1, 2], noise=True, noise_range=(-50, 50)).mixture.noise is None
    alone = fit(SCATTERED, 2, noise=True)
    assert alone.without_noise == pytest.approx(fit(SCATTERED, 2).log_likelihood, abs=1e-6)


def test_weights_of_rows_repeats_and_chunks_are_the_same_rows() -> None:
    plain = fit(SCATTERED, 2, noise=True)
    twice = fit(np.repeat(SCATTERED, 2), 2, noise=True)
    counted = fit(SCATTERED, 2, noise=True, row_weights=np.full(len(SCATTERED), 2))
    for other in (twice, counted):
        assert other.log_likelihood == pytest.approx(2 * plain.log_likelihood, rel=1e-10)
        assert other.mixture.noise is not None
        assert plain.mixture.noise is not None
        assert other.mixture.noise.weight == pytest.approx(plain.mixture.noise.weight, rel=1e-6)
    with Chunks(("x",), chunk_rows=100) as chunks:
        chunks.append(Rows(SCATTERED[:, None], equal_weights(len(SCATTERED)), ("x",)))
        assert fit(chunks, 2, noise=True).log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)


def test_many_rows_are_found_as_they_were_drawn() -> None:
    truth = Mixture.from_sds([0.5, 0.45], [0, 8], [1, 2], noise=noise_of(0.05, -40, 60))
    drawn = simulate(truth, rows=50_000, seed=1)
    assert np.mean(drawn.component == 0) == pytest.approx(0.05, abs=0.005)
    of_noise = drawn.values[drawn.component == 0, 0]
    assert np.mean(of_noise) == pytest.approx(10, abs=2)
    result = fit(drawn.values, 2, noise=True, noise_range=(-40, 60))
    assert result.mixture.noise is not None
    assert result.mixture.noise.weight == pytest.approx(0.05, abs=0.005)
    np.testing.assert_allclose(result.mixture.means[:, 0], [0, 8], atol=0.1)
    exact = simulate(truth, rows=1000, seed=1, exact_counts=True)
    assert np.bincount(exact.component).tolist() == [50, 500, 450]


def test_it_is_uniform_on_the_transformed_scale() -> None:
    values = np.exp(SCATTERED / 10)
    under, of_logs = fit(values, 2, noise=True, transform="log"), fit(np.log(values), 2, noise=True)
    np.testing.assert_allclose(under.mixture.means, of_logs.mixture.means, rtol=1e-9)
    assert under.log_likelihood == pytest.approx(of_logs.log_likelihood - np.log(values).sum(), rel=1e-12)
    assert under.mixture.noise is not None
    np.testing.assert_allclose(under.mixture.noise.box.low, values.min())
    assert score(values, under).log_likelihood == pytest.approx(under.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(under.mixture.log_density(values).sum(), under.log_likelihood, rtol=1e-12)
    assert np.all(under.mixture.simulate(500, seed=1) > 0)


def test_density_posteriors_cdf_and_quantiles_have_it() -> None:
    x = np.array([-50.0, -40, 0, 4, 60, 61, np.nan])
    normal = 0.5 * norm.pdf(x, 0, 1) + 0.4 * norm.pdf(x, 8, 2)
    inside = np.array([0, 1, 1, 1, 1, 0, np.nan])
    np.testing.assert_allclose(START.density(x), normal + 0.001 * inside, rtol=1e-12)
    np.testing.assert_allclose(START.posterior(x)[:, 2], 0.001 * inside / (normal + 0.001 * inside), rtol=1e-12)
    np.testing.assert_allclose(START.posterior(x[:-1]).sum(axis=1), 1, rtol=1e-12)
    p = np.array([0.001, 0.05, 0.5, 0.95, 0.999])
    np.testing.assert_allclose(START.cdf(START.quantile(p)), p, rtol=1e-9)
    scored = score(x, START)
    assert scored.component.tolist() == [2, 0, 1, 2, 0, 2, 0]
    np.testing.assert_allclose(scored.posteriors[:6], START.posterior(x[:-1]), rtol=1e-9, atol=1e-12)
    assert START.modes() == pytest.approx([0, 8], abs=1e-2)


def test_inits_leave_a_share_to_it_and_weights_that_are_held_have_to() -> None:
    given: dict[str, Any] = {"init_means": [0, 8], "init_sds": [1, 2], "noise": True, "max_iter": 0}
    for weights, share in (([0.5, 0.4], 0.1), ([0.6, 0.4], 0.05)):
        begun = fit(SCATTERED, init_weights=weights, **given).history[0].mixture
        assert begun.noise is not None
        assert begun.noise.weight == pytest.approx(share)
    begun = fit(SCATTERED, init=START, max_iter=0).mixture  # which has noise, and so has the fit
    assert begun.noise is not None
    assert begun.noise.box.low.tolist() == [-40]
    held = fit(SCATTERED, init=START, fix="weights")
    assert held.mixture.noise is not None
    assert held.mixture.noise.weight == 0.1
    assert held.mixture.weights.tolist() == [0.5, 0.4]
    assert held.n_parameters == 4
    with pytest.raises(ArgumentError, match="leave nothing to the noise"):
        fit(SCATTERED, fix="weights", init_weights=[0.6, 0.4], noise=True)


def test_what_makes_no_noise_is_refused() -> None:
    refused: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"noise": True, "noise_range": (0, 10)}, DataError, "widen it"),
        ({"noise": True, "noise_range": (10, 0)}, ArgumentError, "low and a higher"),
        ({"noise": True, "noise_range": (1, 2, 3)}, ArgumentError, "low and a higher"),
        ({"noise_range": (-100, 100)}, ArgumentError, "is for `noise`"),
        ({"noise": True, "rounded": 1}, ArgumentError, "known exactly"),
    ]
    for asked, error, said in refused:
        with pytest.raises(error, match=said):
            fit(SCATTERED, 2, **asked)
    with pytest.raises(ModelError, match="sum to 1.1 with that of the noise"):
        Mixture.from_sds([0.6, 0.4], [0, 1], [1, 1], noise=noise_of(0.1, 0, 1))
    with pytest.raises(ModelError, match="2 columns, and there are 1"):
        replace(START, noise=noise_of(0.1, [0, 0], [1, 1]))
    for text in (
        '{"weight": 0.1}',
        "3",
        '{"weight": 2, "low": [0], "high": [1]}',
        '{"weight": 0.1, "low": 1, "high": 0}',
    ):
        document = '{"components": [{"weight": 0.9, "mean": 0, "sd": 1}], "noise": %s}'
        with pytest.raises(ModelError, match="noise"):
            Mixture.from_json(document % text)


def test_a_model_with_it_is_read_as_it_was_written() -> None:
    result = fit({"a": PLANE[:, 0], "b": PLANE[:, 1]}, 2, column=("a", "b"), noise=True)
    again = Mixture.from_json(result.to_json())
    assert again.noise is not None
    assert result.mixture.noise is not None
    assert again.noise.record() == result.mixture.noise.record()
    assert str(again) == str(result.mixture)
    turned = again.with_columns(("b", "a"))
    assert turned.noise is not None
    assert turned.noise.box.low.tolist() == again.noise.box.low[::-1].tolist()


@pytest.mark.parametrize("limit", [0.0, np.inf])
def test_standard_errors_are_the_same_by_products_and_by_residuals(
    limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fit(SCATTERED, 2, noise=True).standard_errors
    monkeypatch.setattr("gmmfit.fitting.em.information.MAX_CANCELLATION", limit)
    found = fit(SCATTERED, 2, noise=True).standard_errors
    assert expected is not None
    assert found is not None
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-6)
    assert found.noise == pytest.approx(expected.noise, rel=1e-6)


def test_a_range_that_an_init_has_holds_the_rows_or_is_refused() -> None:
    narrow = Mixture.from_sds([0.5, 0.4], [0, 8], [1, 2], noise=noise_of(0.1, -10, 20))
    with pytest.raises(DataError, match="the noise of the init goes from -10 to 20: give a `noise_range`"):
        fit(SCATTERED, init=narrow)
    wide = fit(SCATTERED, init=narrow, noise_range=(-40, 60))
    assert wide.log_likelihood == pytest.approx(score(SCATTERED, wide).log_likelihood, rel=1e-12)


def test_rows_known_in_part_are_not_put_under_noise() -> None:
    with pytest.raises(DataError, match="noise is for rows that are known exactly"):
        score(SCATTERED, START, rounded=1)


def test_a_mixture_may_be_noise_all_but_wholly() -> None:
    result = fit(RNG.uniform(0, 1, 500), 2, noise=True, min_sd=3)
    assert result.mixture.noise is not None
    assert not result.converged


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("covariance", ["VEE", "VVE", "VEV", "EVE"])
def test_a_component_that_dies_beside_noise_leaves_the_structure_of_the_others(covariance: str, seed: int) -> None:
    assert fit(PLANE, 3, covariance=covariance, noise=True, seed=seed, se="none").log_likelihood > -1e6


def test_weights_of_noise_are_constrained_where_models_are_compared() -> None:
    compared = fit(SCATTERED, [1, 2], noise=True, constrain="weight_0 >= 0.02")
    assert all(one.noise for one in compared.candidates)
