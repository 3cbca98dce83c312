"""EM against a textbook's ten lines, and the laws that every step keeps."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gmmfit
from gmmfit import Step, fit, simulate
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.simulate import random_mixture
from tests.oracles import textbook_em
from tests.samples import SAMPLES, column

HEIGHTS = column(SAMPLES / "heights.csv", "height")
WAITING = column(SAMPLES / "old_faithful.csv", "waiting")


@pytest.mark.parametrize(
    ("means", "sds", "weights"),
    [([180, 165], [5, 5], [0.7, 0.3]), ([170, 160], [5, 5], [0.5, 0.5]), ([170, 160], [10, 10], [0.5, 0.5])],
)
def test_forty_iterations_on_heights_are_the_textbooks(means: list[int], sds: list[int], weights: list[float]) -> None:
    result = fit(HEIGHTS, init_means=means, init_sds=sds, init_weights=weights, tol=0, max_iter=40)
    assert (result.status, result.iterations, len(result.history)) == ("fixed_iterations", 40, 41)
    for step, state in zip(result.history, textbook_em(HEIGHTS, weights, means, sds), strict=False):
        np.testing.assert_allclose(step.mixture.weights, state.weights, rtol=1e-10)
        np.testing.assert_allclose(step.mixture.means[:, 0], state.means, rtol=1e-10)
        np.testing.assert_allclose(step.mixture.sds[:, 0], state.sds, rtol=1e-10)
        assert step.log_likelihood == pytest.approx(state.log_likelihood, rel=1e-12)


def test_log_likelihoods_of_a_published_trace() -> None:
    """Old Faithful's waiting times from .5/.5, 55/80, 5/5.0001: values after 0 to 6 M steps of plain EM."""
    trace = [-1051.088664, -1034.178608, -1034.054117, -1034.023868, -1034.011267, -1034.005853, -1034.003521]
    result = fit(WAITING, init_weights=[0.5, 0.5], init_means=[55, 80], init_sds=[5, 5.0001], tol=0, max_iter=6)
    assert [step.log_likelihood for step in result.history] == pytest.approx(trace, abs=1e-6)


def test_the_first_state_is_the_inits_to_the_last_bit() -> None:
    result = fit(HEIGHTS, init_means=[180.1, 165.3], init_sds=[5.7, 4.9], init_weights=[0.7, 0.3], max_iter=1)
    first = result.history[0]
    assert first.kind == "init"
    assert first.mixture.means.ravel().tolist() == [180.1, 165.3]
    assert first.mixture.sds.ravel().tolist() == [5.7, 4.9]
    assert first.mixture.weights.tolist() == [0.7, 0.3]


@given(st.sampled_from(COVARIANCES), st.integers(1, 3), st.integers(1, 3), st.integers(0, 100))
def test_the_likelihood_never_falls(covariance: str, k: int, d: int, seed: int) -> None:
    names = tuple("abc"[:d])
    values = simulate(random=True, components=k, column=names, rows=80, seed=seed).values
    start = random_mixture(k, names, seed + 1)
    history = fit(values, column=names, init=start, covariance=covariance, tol=0, max_iter=20).history
    # The inits may lie outside the structure, and so above all that is in it.
    for before, after in pairwise(history[1:]):
        assert after.log_likelihood >= before.log_likelihood - 1e-9 * abs(before.log_likelihood)


def test_counts_sum_to_the_rows_and_posteriors_to_one_at_every_iteration() -> None:
    x = np.concatenate(
        [simulate(means=[m], sds=[s], rows=n, seed=n).values for m, s, n in [(0, 0.08, 300), (0.6, 0.12, 700)]]
    )

    def check(step: Step) -> None:
        posteriors = step.mixture.posterior(x)
        np.testing.assert_allclose(posteriors.sum(axis=1), 1, rtol=1e-14)
        assert posteriors.sum() == pytest.approx(1000, rel=1e-13)
        assert step.mixture.weights.sum() == pytest.approx(1, rel=1e-14)

    result = fit(
        x, init_means=[-0.2, 0.8], init_sds=[0.2, 0.2], init_weights=[0.5, 0.5], tol=0, max_iter=100, watch=check
    )
    assert len(result.history) == 101
    last = next(islice(textbook_em(x[:, 0], [0.5, 0.5], [-0.2, 0.8], [0.2, 0.2]), 100, None))
    np.testing.assert_allclose(result.mixture.means[:, 0], last.means, atol=5e-4)
    np.testing.assert_allclose(result.mixture.sds[:, 0], last.sds, atol=5e-4)
    np.testing.assert_allclose(result.mixture.weights, last.weights, atol=5e-4)
    np.testing.assert_allclose(result.mixture.means[:, 0], [0, 0.6], atol=0.02)


@given(st.integers(0, 100))
def test_row_weights_are_the_textbooks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=60), rng.uniform(0.1, 3, 60)
    result = fit(
        x, init_weights=[0.4, 0.6], init_means=[-1, 1], init_sds=[1, 1], row_weights=weights, tol=0, max_iter=5
    )
    state = next(islice(textbook_em(x, [0.4, 0.6], [-1, 1], [1, 1], weights), 5, None))
    assert result.log_likelihood == pytest.approx(state.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(result.mixture.means[:, 0], state.means, rtol=1e-9)


def test_weights_held_from_integer_inits() -> None:
    """Two components with the weights held at .3 and .7 for a set number of iterations, from integers."""
    x = simulate(weights=[0.3, 0.7], means=[0, 4], sds=[1, 1], rows=2000, seed=1).values
    result = fit(x, init_weights=[0.3, 0.7], init_means=[0, 1], init_sds=[1, 1], fix="weights", tol=0, max_iter=30)
    assert all(step.mixture.weights.tolist() == [0.3, 0.7] for step in result.history)
    np.testing.assert_allclose(result.mixture.means[:, 0], [0, 4], atol=0.2)
    assert result.n_parameters == 4


def test_a_history_is_the_parameters_at_each_iteration() -> None:
    darwin = np.array([-67, -48, 6, 8, 14, 16, 23, 24, 28, 29, 41, 49, 56, 60, 75.0])
    result = fit(darwin, 2, init_method="random", seed=3)
    first = result.history[0].mixture
    states = textbook_em(darwin, first.weights, first.means[:, 0], first.sds[:, 0])
    for step, state in zip(result.history, states, strict=False):
        np.testing.assert_allclose(step.mixture.means[:, 0], state.means, rtol=1e-8, atol=1e-8)
    assert len(result.history) == result.iterations + 1 > 5


def test_rows_cut_into_any_blocks_give_the_same_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit(WAITING, 2)
    monkeypatch.setattr("gmmfit.data.rows.BLOCK", 100)
    cut = fit(WAITING, init=whole.history[0].mixture)
    np.testing.assert_allclose(cut.mixture.means, whole.mixture.means, rtol=1e-12)
    assert cut.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-14)


def test_held_sds_far_from_one_keep_their_likelihood() -> None:
    y = np.random.default_rng(1).normal(0, 1e-150, 50)
    result = fit(
        y, init_sds=[1e-150, 2e-150], init_means=[0, 1e-150], init_weights=[0.5, 0.5], fix="sds", tol=0, max_iter=5
    )
    for step in result.history:
        assert step.log_likelihood == pytest.approx(step.mixture.log_density(y).sum(), rel=1e-12)


def test_public_names_are_all_there() -> None:
    assert all(hasattr(gmmfit, name) for name in gmmfit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'cluster'"):
        _ = gmmfit.cluster
