"""One pass of EM, and the way to the peak, beside scikit-learn's; and rows known in part beside exact ones."""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmmfit import Mixture, fit
from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.m_step import maximize
from gmmfit.fitting.problem.standardize import standardize
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.transform import Transforms
from tests.benchmarks.measuring import Figure, in_alternation, seconds

# Rows, columns, components, and by how many times a pass should be faster.
SIZES = [(10**6, 1, 2, 1000), (4 * 10**5, 2, 2, 18), (4 * 10**5, 3, 3, 18), (4 * 10**5, 4, 5, 18)]
LARGE_SIZES = [(2 * 10**5, 10, 8, 10), (5 * 10**4, 32, 16, 4)]
# By how many times a pass over ten times as many rows of one column may take longer.
TEN_TIMES = 1.2
# Iterations that a pass is measured over; of scikit-learn's, the difference of fits with one and with so many more.
ITERATIONS = 6
# Log-likelihood below the peak at which a fit has arrived.
GAP = 1e-6


def overlapping(n: int, seed: int = 0) -> Array:
    """Two overlapping groups, as heights are."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.5, rng.normal(165, 7, n), rng.normal(177, 7.5, n))


def passes(runs: int, scale: float) -> Iterator[Figure]:
    """One pass of EM at several sizes."""
    for n, d, k, target in [*SIZES, *LARGE_SIZES]:
        n = int(n * scale)
        rng = np.random.default_rng(1)
        values = rng.normal(size=(n, d)) + 3 * rng.integers(0, k, size=(n, 1))
        values = (values - values.mean(axis=0)) / values.std(axis=0)
        ours, theirs = in_alternation(runs, _our_pass(values, k), partial(_their_pass, values, k))
        yield Figure(
            f"one EM pass, {n:,} rows, D = {d}, K = {k}, against scikit-learn",
            theirs / ours,
            " ×",
            at_least=target,
            detail=f"{ours / n / k * 1e9:.3g} and {theirs / n / k * 1e9:.3g} ns a row and component",
        )
    n = int(10**6 * scale)
    one, ten = (_our_pass(overlapping(times * n)[:, None], 2) for times in (1, 10))
    few, many = in_alternation(runs, one, ten)
    yield Figure(
        f"one EM pass, {10 * n:,} rows in one column, against {n:,}",
        many / few,
        " ×",
        at_most=TEN_TIMES,
        detail=f"{many * 1e3:.3g} and {few * 1e3:.3g} ms",
    )


def _our_pass(values: Array, k: int) -> Callable[[], float]:
    """A pass as a fit takes it: over the rows, or the points that stand for those of one column."""
    n, d = values.shape
    table = Rows(np.asfortranarray(values), equal_weights(n), tuple(map(str, range(d))))
    rows = standardize(table, Transforms.named((), d)).data
    start = Batch.of([_start(values, k)])
    constraints = Constraints(STRUCTURES["full"], Fixed(), Floor(np.eye(d) * 1e-6))

    def one_pass() -> float:
        return (
            seconds(lambda: [maximize(expect(start, rows), start, constraints) for _ in range(ITERATIONS)]) / ITERATIONS
        )

    one_pass()
    return one_pass


def _start(values: Array, k: int) -> Mixture:
    chosen = values[np.random.default_rng(2).choice(len(values), k, replace=False)]
    columns = tuple(map(str, range(values.shape[1])))
    return Mixture(np.full(k, 1 / k), chosen, np.tile(np.eye(values.shape[1]), (k, 1, 1)), columns)


def _their_pass(values: Array, k: int) -> float:
    one, many = (_their_fit(values, k, max_iter=1 + more, tol=0.0)[0] for more in (0, ITERATIONS))
    return (many - one) / ITERATIONS


def _their_fit(values: Array, k: int, **options: Any) -> tuple[float, GaussianMixture]:
    model = GaussianMixture(k, random_state=0, init_params="random_from_data", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return seconds(lambda: model.fit(values)), model


def to_the_peak(runs: int, scale: float) -> Iterator[Figure]:
    """Default options on a million overlapping rows, beside scikit-learn's EM to the same gap.

    scikit-learn's time is its default fit, and its time a pass for each pass that EM still needs from where that fit
    ends; how many these are is counted with plain EM.
    """
    n = int(10**6 * scale)
    values = overlapping(n)[:, None]
    best = fit(values, 2, se="none", tol=1e-9)
    ours, their_fit, their_pass = in_alternation(
        runs,
        lambda: seconds(lambda: fit(values, 2, se="none")),
        lambda: _their_default(values)[0],
        lambda: _their_pass(values, 2),
    )
    found = fit(values, 2, se="none")
    model = _their_default(values)[1]
    theirs = Mixture(model.weights_, model.means_, model.covariances_)
    n_passes = _passes_left(theirs, values, best.log_likelihood)
    yield Figure(
        f"to the peak of {n:,} overlapping rows, all starts included, against scikit-learn to the same gap",
        (their_fit + n_passes * their_pass) / ours,
        " ×",
        at_least=5000,
        detail=f"{ours:.2f} s; scikit-learn {their_fit:.2f} s to its end, {n_passes} passes of {their_pass:.3f} s more",
    )
    yield Figure("log-likelihood that gmmfit leaves", best.log_likelihood - found.log_likelihood, "", at_most=GAP)
    yield Figure("log-likelihood that scikit-learn's default leaves", best.log_likelihood - model.score(values) * n, "")


def _their_default(values: Array) -> tuple[float, GaussianMixture]:
    model = GaussianMixture(2, random_state=0)
    return seconds(lambda: model.fit(values)), model


def _passes_left(start: Mixture, values: Array, peak: float) -> int:
    """How many passes plain EM needs from a mixture to the gap."""
    centre, sd = values.mean(), values.std()
    rows = Rows((values - centre) / sd, equal_weights(len(values)), ("x",))
    mixture = Mixture(start.weights, (start.means - centre) / sd, start.covariances / sd**2)
    stack, constraints = Batch.of([mixture]), Constraints(STRUCTURES["full"], Fixed(), Floor(np.eye(1) * 1e-6))
    lost, n_passes = len(values) * float(np.log(sd)), 0
    while True:
        statistics = expect(stack, rows)
        if statistics.log_likelihood[0] - lost > peak - GAP:
            return n_passes
        stack, n_passes = maximize(statistics, stack, constraints), n_passes + 1


def partly_known(runs: int, scale: float) -> Iterator[Figure]:
    """Fits of rows known in part, beside those of the same rows taken for exact numbers."""
    rng = np.random.default_rng(0)
    n = max(1000, int(1e6 * scale))
    column, fewer = overlapping(n), overlapping(max(500, n // 10))
    errors = rng.uniform(1, 4, len(fewer))
    groups = [rng.normal(size=(len(fewer) // 2, 4)) @ rng.normal(size=(4, 4)) + shift for shift in (0, 2)]
    complete = np.concatenate(groups)
    gappy = complete.copy()
    gappy[rng.random(gappy.shape) < 0.1] = np.nan
    seen = column[column > 155]
    cases: list[tuple[str, Any, dict[str, Any], Any]] = [
        ("rounded to 0.1", np.round(column, 1), {"rounded": 0.1}, np.round(column, 1)),
        ("cut off below 155", seen, {"truncated": (155, None)}, seen),
        ("with errors of their own", fewer, {"errors": errors}, fewer),
        ("in 4 columns, a tenth missing", gappy, {"missing": "use"}, complete),
    ]
    for what, data, said, plain in cases:
        times = in_alternation(
            max(1, runs // 2),
            partial(seconds, partial(fit, data, 2, **said)),
            partial(seconds, partial(fit, plain, 2)),
        )
        detail = f"{times[0]:.2f} s and {times[1]:.2f} s"
        rows = f"{len(data):,} rows {what}"
        yield Figure(f"a fit of {rows}, against one of exact rows", times[0] / times[1], " ×", detail=detail)
