"""EM against a textbook's ten lines, and the laws that every step keeps."""

from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import Mixture, Step, fit, simulate
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.em import em
from gmmfit.fitting.settings import COVARIANCES
from gmmfit.model.batch import Batch
from gmmfit.model.simulate import random_mixture
from tests.oracles import textbook_em
from tests.samples import FREE, HEIGHTS, WAITING


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


# Next to the centre of the rows 1e-9 is lost, and so are the last bits of three numbers that are made to sum to 1.
INITS: dict[str, Any] = {"weights": [0.333333] * 3, "means": [1e-9, 165.3, 180.1], "sds": [150.7, 5.7, 4.9]}


def test_the_first_state_is_the_inits_to_the_last_bit() -> None:
    first = fit(HEIGHTS, **{f"init_{part}": value for part, value in INITS.items()}, max_iter=1).history[0]
    assert first.kind == "init"
    for part, value in INITS.items():
        assert getattr(first.mixture, part).ravel().tolist() == value


@pytest.mark.parametrize("part", INITS)
def test_what_is_held_is_its_init_to_the_last_bit_at_every_step(part: str) -> None:
    result = fit(HEIGHTS, **{f"init_{part}": value for part, value in INITS.items()}, fix=part, tol=0, max_iter=3)
    for step in result.history:
        assert getattr(step.mixture, part).ravel().tolist() == INITS[part]
        assert step.log_likelihood == pytest.approx(step.mixture.log_density(HEIGHTS).sum(), rel=1e-12)


@given(st.sampled_from(COVARIANCES), st.integers(1, 3), st.integers(1, 3), st.integers(0, 100))
def test_the_likelihood_never_falls(covariance: str, k: int, d: int, seed: int) -> None:
    names = tuple("abc"[:d])
    values = simulate(random=True, components=k, column=names, rows=80, seed=seed).values
    start = random_mixture(k, names, seed + 1)
    history = fit(values, column=names, init=start, covariance=covariance, tol=0, max_iter=20, se="none").history
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
        x, init_means=[-0.2, 0.8], init_sds=[0.2, 0.2], init_weights=[0.5, 0.5], tol=0, max_iter=100, on_step=check
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
    scaled = weights * (60 / weights.sum())
    state = next(islice(textbook_em(x, [0.4, 0.6], [-1, 1], [1, 1], scaled), 5, None))
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
    cut = fit(WAITING, 2)
    np.testing.assert_allclose(cut.mixture.means, whole.mixture.means, rtol=1e-12)
    assert cut.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-14)


def test_held_sds_far_from_one_keep_their_likelihood() -> None:
    y = np.random.default_rng(1).normal(0, 1e-150, 50)
    result = fit(
        y, init_sds=[1e-150, 2e-150], init_means=[0, 1e-150], init_weights=[0.5, 0.5], fix="sds", tol=0, max_iter=5
    )
    for step in result.history:
        assert step.log_likelihood == pytest.approx(step.mixture.log_density(y).sum(), rel=1e-12)


def test_a_mixture_that_loses_a_component_does_not_spoil_those_beside_it() -> None:
    rows = Rows(WAITING[:, None], np.ones(len(WAITING)), ("waiting",))
    good, lost = (Mixture.from_sds([0.5, 0.5], [50, mean], [5, 5], "waiting") for mean in (80, 1e6))
    both, alone = (next(islice(em(rows, Batch.of(of), FREE), 5, None)) for of in ([lost, good], [good]))
    assert both.alive.tolist() == [False, True]
    np.testing.assert_allclose(both.batch.means[1], alone.batch.means[0], rtol=1e-13)
    assert both.log_likelihood[1] == pytest.approx(alone.log_likelihood[0], rel=1e-13)


# Longley (1967), An appraisal of least squares programs: six columns and the response, as NIST's StRD has them.
LONGLEY = """
83 234289 2356 1590 107608 1947 60323; 88.5 259426 2325 1456 108632 1948 61122; 88.2 258054 3682 1616 109773 1949 60171
89.5 284599 3351 1650 110929 1950 61187; 96.2 328975 2099 3099 112075 1951 63221
98.1 346999 1932 3594 113270 1952 63639
99 365385 1870 3547 115094 1953 64989; 100 363112 3578 3350 116219 1954 63761; 101.2 397469 2904 3048 117388 1955 66019
104.6 419180 2822 2857 118734 1956 67857; 108.4 442769 2936 2798 120445 1957 68169
110.8 444546 4681 2637 121950 1958 66513; 112.6 482704 3813 2552 123366 1959 68655
114.2 502601 3931 2514 125368 1960 69564; 115.7 518173 4806 2572 127852 1961 69331
116.9 554894 4007 2827 130081 1962 70551
"""


def test_one_component_is_the_closed_form_however_ill_conditioned() -> None:
    """-701.8880889763556 is the log-likelihood of the closed form, with 50 digits."""
    table = np.array([line.split() for line in LONGLEY.replace("\n", ";").split(";") if line.strip()], dtype=float)
    result = fit(table, 1)
    assert result.status == "converged"
    assert result.log_likelihood == pytest.approx(-701.8880889763556, rel=1e-13)
    np.testing.assert_allclose(result.mixture.covariances[0], np.cov(table.T, bias=True), rtol=1e-12)
