"""Constraints between parameters: references, other roads to the same maximum, laws, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from gmmfit import ArgumentError, Mixture, fit
from gmmfit.arrays import Array
from gmmfit.fitting.against_free import chi_squared_tail
from gmmfit.fitting.em.feasible_set import Conditions, FeasibleSet, Numbers, Objective
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.problem.expressions import Names
from tests.fitting.test_shapes import data_of, shapes
from tests.oracles import second_derivative
from tests.samples import FAITHFUL, WAITING, needs_shared

RNG = np.random.default_rng(5)
GROUPS = np.concatenate([RNG.normal(20, 2, 200), RNG.normal(50, 5, 150), RNG.normal(90, 9, 100)])


# Of two components that are free: reference.json.
FREE = {"faithful.csv": -1034.00175, "heights.csv": -2499.14938}


def expressions(constraint: dict[str, Any]) -> list[str]:
    """A reference's constraint as it would be typed."""
    said = []
    for kind, value in constraint.items():
        match kind:
            case "means" | "weights":
                said += [f"{kind[:-1]}_{k} = {number}" for k, number in enumerate(value, start=1)]
            case "mean1" | "sd1":
                said.append(f"{kind[:-1]}_1 = {value}")
            case "sd_ratio" | "mean_ratio":
                said.append(f"{kind[:-6]}_2 = {value[1]}*{kind[:-6]}_1")
            case "sd1_at_least":
                said.append(f"sd_1 >= {value}")
            case "mean_difference":
                said.append(f"mean_2 = mean_1 + {value}")
            case _:
                raise ValueError(kind)
    return said


@needs_shared
@pytest.mark.parametrize("one", shapes("constraints.json"), ids=lambda one: one["name"])
def test_default_options_come_to_the_constrained_maximum(one: dict[str, Any]) -> None:
    result = fit(**data_of(one), components=one["k"], constrain=expressions(one["constraint"]))
    assert result.converged
    assert result.log_likelihood >= one["loglik"] - 1e-6 * abs(one["loglik"])
    assert result.n_parameters == one["n_parameters"]
    np.testing.assert_allclose(result.mixture.means, one["means"], rtol=1e-6)
    np.testing.assert_allclose(result.mixture.sds, one["sds"], rtol=1e-6)
    assert bool(result.active_bounds) == bool(one.get("bound_active"))
    assert result.standard_errors is not None
    test = result.against_free
    assert test is not None
    assert test.log_likelihood == pytest.approx(FREE[one["table"]], abs=1e-4)
    assert test.degrees_of_freedom == 5 - result.n_parameters
    assert (test.p is None) == bool(result.active_bounds)


def parts_of(mixture: Mixture) -> list[list[float]]:
    """Weights, means and sds of two components."""
    return [part.ravel().tolist() for part in (mixture.weights, mixture.means, mixture.sds)]


# Each with what has to be 0, and what at least 0.
RISING: list[tuple[list[str], Callable[..., list[float]], Callable[..., list[float]]]] = [
    (["sd_2 = 2*sd_1"], lambda w, m, s: [s[1] - 2 * s[0]], lambda w, m, s: []),
    (["mean_2 = mean_1 + 10", "weight_1 <= 0.3"], lambda w, m, s: [m[1] - m[0] - 10], lambda w, m, s: [0.3 - w[0]]),
    (["sd_1 + sd_2 = 11", "mean_1 >= 60"], lambda w, m, s: [s[0] + s[1] - 11], lambda w, m, s: [m[0] - 60]),
    (
        ["weight_1 = 3*weight_2", "sd_1 >= 8", "sd_2 >= 8"],
        lambda w, m, s: [w[0] - 3 * w[1]],
        lambda w, m, s: [s[0] - 8, s[1] - 8],
    ),
    (["cv equal"], lambda w, m, s: [s[0] / m[0] - s[1] / m[1]], lambda w, m, s: []),
    (["cv equal", "weight_1 = 0.3"], lambda w, m, s: [s[0] / m[0] - s[1] / m[1], w[0] - 0.3], lambda w, m, s: []),
]


@pytest.mark.parametrize(
    ("said", "zero", "positive"), RISING, ids=lambda one: " ".join(one) if isinstance(one, list) else ""
)
def test_the_likelihood_rises_within_the_constraints_at_each_iteration(
    said: list[str], zero: Callable[..., list[float]], positive: Callable[..., list[float]]
) -> None:
    result = fit(WAITING, 2, constrain=said, accelerate=False, tol=0, max_iter=30, init_means=[65, 75])
    heights = np.array([step.log_likelihood for step in result.history])
    assert np.all(np.diff(heights) > -1e-9)
    assert heights[-1] > heights[0] + 1
    for step in result.history:
        parts = parts_of(step.mixture)
        np.testing.assert_allclose(zero(*parts), 0, atol=1e-7)
        assert all(number > -1e-7 for number in positive(*parts))


def test_standard_errors_are_those_of_second_differences_in_what_is_free() -> None:
    result = fit(WAITING, 2, constrain=["sd_2 = 1.5*sd_1", "mean_2 = mean_1 + 25"])
    mixture, errors = result.mixture, result.standard_errors
    assert errors is not None

    def log_likelihood(p: Any) -> float:
        w, m, s = p
        return float(np.log(w * norm.pdf(WAITING, m, s) + (1 - w) * norm.pdf(WAITING, m + 25, 1.5 * s)).sum())

    peak = np.array([mixture.weights[0], mixture.means[0, 0], mixture.sds[0, 0]])
    among = np.linalg.inv(-second_derivative(log_likelihood, peak, np.array([1e-4, 1e-3, 1e-3])))
    w, m, s = np.sqrt(np.diagonal(among))
    np.testing.assert_allclose(errors.weights, [w, w], rtol=1e-4)
    np.testing.assert_allclose(errors.means[:, 0], [m, m], rtol=1e-4)
    np.testing.assert_allclose(errors.sds[:, 0], [s, 1.5 * s], rtol=1e-4)


def test_sds_in_proportion_to_means_have_one_coefficient_of_variation() -> None:
    result = fit(GROUPS, 3, constrain="cv equal")
    ratios = result.mixture.sds / result.mixture.means
    np.testing.assert_allclose(ratios, np.full((3, 1), ratios[0, 0]), rtol=1e-12)
    assert result.n_parameters == 6
    assert result.against_free is not None
    assert result.against_free.degrees_of_freedom == 2
    errors = result.standard_errors
    assert errors is not None

    def log_likelihood(p: Any) -> float:
        weights = np.append(p[:2], 1 - p[:2].sum())
        return float(np.log(weights @ norm.pdf(GROUPS, p[2:5, None], p[5] * p[2:5, None])).sum())

    peak = np.concatenate([result.mixture.weights[:2], result.mixture.means[:, 0], ratios[0]])
    assert log_likelihood(peak) == pytest.approx(result.log_likelihood, rel=1e-12)
    steps = 1e-4 * np.array([1, 1, 2, 5, 9, 0.1])
    among = np.linalg.inv(-second_derivative(log_likelihood, peak, steps))
    np.testing.assert_allclose(errors.means[:, 0], np.sqrt(np.diagonal(among))[2:5], rtol=1e-4)
    for k in range(3):
        slope = np.array([peak[5], peak[2 + k]])
        of_sd = slope @ among[np.ix_([2 + k, 5], [2 + k, 5])] @ slope
        assert errors.sds[k, 0] == pytest.approx(np.sqrt(of_sd), rel=1e-4)


def test_held_at_the_optimum_it_is_the_free_fit() -> None:
    free = fit(WAITING, 2)
    mean, sd, weight = free.mixture.means[0, 0], free.mixture.sds[1, 0], free.mixture.weights[0]
    held = fit(
        WAITING, 2, constrain=[f"mean_1 = {float(mean)!r}", f"sd_2 = {float(sd)!r}", f"weight_1 = {float(weight)!r}"]
    )
    assert held.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-9)
    assert held.mixture.means[0, 0] == mean
    assert held.mixture.sds[1, 0] == sd
    assert held.mixture.weights[0] == weight
    np.testing.assert_allclose(held.mixture.means, free.mixture.means, rtol=1e-6)
    assert held.standard_errors is not None
    assert held.standard_errors.means[0, 0] == held.standard_errors.sds[1, 0] == held.standard_errors.weights[0] == 0
    assert held.against_free is not None
    assert held.against_free.p == pytest.approx(1, abs=1e-3)


def test_a_bound_that_is_not_active_changes_nothing() -> None:
    free = fit(WAITING, 2)
    bound = fit(WAITING, 2, constrain=["sd_1 >= 2", "mean_1 <= 60", "0.1 <= weight_1 <= 0.9"])
    assert bound.active_bounds == ()
    assert bound.n_parameters == 5
    assert bound.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(bound.mixture.means, free.mixture.means, rtol=1e-6)
    assert bound.standard_errors is not None
    assert free.standard_errors is not None
    np.testing.assert_allclose(bound.standard_errors.sds, free.standard_errors.sds, rtol=1e-4)


@pytest.mark.parametrize("name", ["tied-diag", "spherical", "tied-spherical"])
def test_equal_sds_are_the_structures_that_say_so(name: str) -> None:
    columns, said = ("a", "b"), []
    rows = {"a": FAITHFUL["eruptions"], "b": FAITHFUL["waiting"] / 12}
    if "tied" in name:
        said += ["sd_a_1 = sd_a_2", "sd_b_1 = sd_b_2"]
    if "spherical" in name:
        said += ["sd_a_1 = sd_b_1", "sd_a_2 = sd_b_2"]
    plain, tied = (
        fit(rows, 2, column=columns, covariance=name),
        fit(rows, 2, column=columns, covariance="diag", constrain=said),
    )
    assert tied.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert tied.n_parameters == plain.n_parameters
    np.testing.assert_allclose(tied.mixture.means, plain.mixture.means, rtol=1e-6)


@pytest.mark.parametrize("covariance", ["full", "tied", "VVI", "EVE", "VEI"])
def test_weights_and_means_have_constraints_in_every_structure(covariance: str) -> None:
    said = ["mean_eruptions_1 = 2", "weight_2 = 2*weight_1"]
    result = fit(FAITHFUL, 2, column=("eruptions", "waiting"), covariance=covariance, constrain=said)
    assert result.converged
    assert result.mixture.means[0, 0] == 2
    np.testing.assert_allclose(result.mixture.weights, [1 / 3, 2 / 3], rtol=1e-9)
    assert result.standard_errors is not None
    free = fit(FAITHFUL, 2, column=("eruptions", "waiting"), covariance=covariance)
    assert result.against_free is not None
    gained = 2 * (free.log_likelihood - result.log_likelihood)
    assert result.against_free.statistic == pytest.approx(gained, abs=1e-4)
    assert result.against_free.degrees_of_freedom == 2


@pytest.mark.parametrize(
    ("said", "n_parameters", "active"),
    [
        (["8 <= sd_1 <= sd_2"], 3, ("8 <= sd_1 <= sd_2",)),
        (["sd_1 >= 8", "sd_1 >= 8.0"], 4, ("sd_1 >= 8", "sd_1 >= 8.0")),
        (["sd_1 >= sd_2", "sd_2 >= sd_1"], 4, ("sd_1 >= sd_2", "sd_2 >= sd_1")),
        (["mean_1 <= 20", "mean_1 <= 30", "mean_2 <= 85"], 4, ("mean_1 <= 20",)),
        (["weight_1 <= 0.1", "weight_1 <= 0.2"], 4, ("weight_1 <= 0.1",)),
        (["mean_1 >= 60", "mean_2 >= 2*mean_1", "mean_2 + mean_1 >= 150"], 4, None),
    ],
)
def test_what_is_free_at_bounds_is_counted_and_bounds_may_say_the_same(
    said: list[str], n_parameters: int, active: tuple[str, ...] | None
) -> None:
    result = fit(WAITING, 2, constrain=said)
    assert result.n_parameters == n_parameters
    assert active is None or result.active_bounds == active


def test_where_the_columns_are_changes_nothing() -> None:
    near, far = (fit(WAITING + shift, 2, constrain=f"mean_1 >= {50 + shift}") for shift in (0, 10**9))
    assert near.active_bounds == far.active_bounds == ()
    assert near.n_parameters == far.n_parameters == 5
    assert far.log_likelihood == pytest.approx(near.log_likelihood, abs=1e-6)
    near, far = (fit(WAITING + shift, 2, constrain=f"mean_1 <= {52 + shift}") for shift in (0, 10**9))
    assert near.n_parameters == far.n_parameters == 4
    with pytest.raises(ArgumentError, match="the inits don't fulfil"):
        fit(
            WAITING + 1e9,
            init=Mixture.from_sds([0.4, 0.6], [1e9 + 54, 1e9 + 80], [6, 6]),
            constrain="mean_1 = 1000000050",
        )


@pytest.mark.parametrize(
    "said", ["weight_1 = 0.4", "weight_1 = weight_2", "weight_0 <= 0.1", "mean_1 = 54", "sd_1 = sd_2"]
)
def test_noise_that_the_rows_have_no_use_for_goes_with_constraints(said: str) -> None:
    steps: list[Step] = []
    result = fit(WAITING, 2, noise=True, noise_range=(-2000, 3000), constrain=said, on_step=steps.append)
    assert result.converged
    assert result.mixture.noise is not None
    assert result.mixture.noise.weight < 1e-3
    assert [step.iteration for step in steps] == [step.iteration for step in result.history]


def test_columns_may_be_called_anything() -> None:
    rows = {"a=b": FAITHFUL["eruptions"], "2*x >= y": FAITHFUL["waiting"], "größe": FAITHFUL["waiting"]}
    for name in rows:
        result = fit(
            rows,
            2,
            column=("a=b", name) if name != "a=b" else ("a=b", "größe"),
            covariance="diag",
            init_means=[[np.nan, 54], [np.nan, np.nan]],
            fix="means",
        )
        assert result.mixture.means[0, 1] == 54


def test_an_order_that_constraints_forbid_is_refused() -> None:
    assert fit(WAITING, 2, constrain="weight_1 = 0.3").mixture.weights[0] == 0.3
    with pytest.raises(ArgumentError, match="leave `order` out"):
        fit(WAITING, 2, constrain="weight_1 = 0.3", order="weight")


def test_gaps_in_inits_are_found_and_the_rest_is_held() -> None:
    named = fit(WAITING, 2, constrain="mean_2 = 80")
    by_gap = fit(WAITING, init_means=[np.nan, 80], fix="means")
    assert by_gap.log_likelihood == pytest.approx(named.log_likelihood, rel=1e-12)
    assert by_gap.settings.constrain == ("mean_2 = 80.0",)
    assert by_gap.mixture.means[1, 0] == 80
    with pytest.raises(ArgumentError, match="has gaps"):
        fit(WAITING, init_means=[np.nan, 80])
    with pytest.raises(ArgumentError, match="are for 2 components"):
        fit(WAITING, 3, init_means=[np.nan, 80], fix="means")


def test_known_rows_weights_and_noise_go_with_them() -> None:
    rounded = fit(WAITING, 2, rounded=1, constrain="sd_1 = sd_2")
    tied = fit(WAITING, 2, rounded=1, covariance="tied")
    assert rounded.log_likelihood == pytest.approx(tied.log_likelihood, abs=1e-6)
    twice = fit(WAITING, 2, row_weights=np.full(len(WAITING), 2), constrain="mean_1 = 55")
    assert twice.log_likelihood == pytest.approx(2 * fit(WAITING, 2, constrain="mean_1 = 55").log_likelihood, rel=1e-10)
    noise = fit(WAITING, 2, noise=True, constrain="weight_0 = 0.05")
    assert noise.mixture.noise is not None
    assert noise.mixture.noise.weight == 0.05
    assert noise.n_parameters == 5


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("sd_3 = 2", "'sd_3' is no parameter of 2 components: there are weight_1"),
        ("sd_1 < 2", "say <="),
        ("sd_1 = mean_1", "it ties means and sds"),
        ("sd_1", "two sides"),
        ("sd_1 * sd_2 = 3", "not linear"),
        ("2 sd_1 = 3", "a product is"),
        ("sd_1 = 3 +", "is missing"),
        ("sd_1 = 3 / 0", "divides by 0"),
        ("mean_1 = mean_1", "no parameter is left"),
        ("weight_1 = 2", "no weights fulfil"),
        ("sd_1 = -3", "no sds fulfil"),
        (["mean_1 = 3", "mean_1 = 4"], "no means fulfil"),
        (["sd_1 >= 4", "sd_1 <= 3"], "no sds fulfil"),
        (["weight_1 >= 0.6", "weight_2 >= 0.6"], "no weights fulfil"),
        (["cv equal", "sd_1 = 3"], "nothing else can be said"),
        ("1e-320*mean_1 = 1", "too large or too small"),
        ("sd_1 >= 1e300", "too large or too small"),
        ([3], "must be texts"),
    ],
)
def test_what_is_no_constraint_or_contradicts_another_is_refused(said: Any, why: str) -> None:
    with pytest.raises(ArgumentError, match=why):
        fit(WAITING, 2, constrain=said)


def test_what_contradicts_inits_fixed_parts_or_structures_is_refused() -> None:
    start = Mixture.from_sds([0.4, 0.6], [54, 80], [6, 6])
    refused: list[tuple[dict[str, Any], str]] = [
        ({"init": start, "constrain": "mean_1 = 55"}, "the inits don't fulfil"),
        ({"init": start, "fix": "means", "constrain": "mean_1 = 55"}, "`fix` holds the means"),
        ({"covariance": "tied", "constrain": "cv equal", "components": 2}, "ties the sds already"),
    ]
    for asked, why in refused:
        with pytest.raises(ArgumentError, match=why):
            fit(WAITING, **asked)
    with pytest.raises(ArgumentError, match="positive"):
        fit(WAITING - 70, 2, constrain="cv equal")
    columns = ("eruptions", "waiting")
    for covariance, why in (("full", "take `covariance` diag"), ("VEI", "ties the sds already")):
        with pytest.raises(ArgumentError, match=why):
            fit(FAITHFUL, 2, column=columns, covariance=covariance, constrain="sd_waiting_1 = 5")
    assert fit(WAITING, init=start, constrain="sd_1 = sd_2").converged


def test_expressions_are_read_as_arithmetic_is() -> None:
    names = Names.among(("my col",), 2, True)
    [row] = names.conditions("2*mean_1 - mean_2/4 + 3 = -1 + mean_1")
    assert (row.kind, row.factors.tolist(), row.number) == ("means", [1, -0.25], -4)
    low, high = names.conditions("2 <= sd_1 <= 5")
    assert (low.factors.tolist(), low.number, high.factors.tolist(), high.number) == ([1, 0], 2, [-1, 0], -5)
    [row] = names.conditions("weight_0 == 1e-1")
    assert (row.factors.tolist(), row.number) == ([0, 0, 1], 0.1)
    two = Names.among(("my col", "b-c"), 1, False)
    [row] = two.conditions("mean_my col_1 = -3*mean_b-c_1")
    assert row.factors.tolist() == [1, 3]


@pytest.mark.parametrize("seed", range(20))
def test_the_nearest_numbers_of_a_set_come_by_another_road(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_bounds = int(rng.integers(2, 6)), int(rng.integers(1, 9))
    equal, above = rng.normal(size=(1, n)), rng.normal(size=(n_bounds, n))
    above = np.concatenate([above, above[: n_bounds // 2]])  # some once more, and some of those tighter
    equal, above = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (equal, above))
    inside = rng.normal(size=n)
    least = above @ inside - rng.random(len(above)) * rng.integers(0, 2, len(above))
    equations, bounds = Conditions(equal, equal @ inside, ("",)), Conditions(above, least, ("",) * len(least))
    some = FeasibleSet.of(equations, bounds, rng.normal(size=n))
    assert some is not None
    assert some.is_met(some.inside)
    v = inside + 3 * rng.normal(size=(4, n))
    found = nearest_of(some, v)
    assert np.all(some.is_met(found))
    allowed: Any = [
        {"type": "eq", "fun": lambda x: equal @ (x - inside)},
        {"type": "ineq", "fun": lambda x: above @ x - least},
    ]
    for one, nearest in zip(v, found, strict=True):
        theirs = minimize(squared_distance, inside, args=(one,), method="SLSQP", constraints=allowed, tol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(one - nearest), np.sqrt(theirs.fun), rtol=1e-5, atol=1e-6)


def nearest_of(some: FeasibleSet, v: Array) -> Array:
    """The numbers of a set that are nearest to v (S, n)."""

    def at(u: Array, which: Numbers) -> tuple[Array, Array, Array]:
        apart = v[which] - u
        return -np.sum(apart**2, axis=1) / 2, apart, np.broadcast_to(np.eye(v.shape[1]), (*u.shape, v.shape[1]))

    return some.best(Objective(at), v)


def squared_distance(x: Any, other: Any) -> float:
    return float(np.sum((x - other) ** 2))


def test_a_set_that_is_empty_is_none() -> None:
    sum_of_2, apart = Conditions(np.ones((1, 2)), np.array([2.0]), ("a",)), np.array([[1.0, 0.0], [-1.0, 0.0]])
    bounds = Conditions(apart, np.array([3.0, -2.5]), ("b", "c"))
    assert FeasibleSet.of(sum_of_2, bounds, np.zeros(2)) is None
    assert (
        FeasibleSet.of(sum_of_2 + Conditions(np.ones((1, 2)), np.ones(1), ("d",)), Conditions.none(2), np.zeros(2))
        is None
    )
    one = FeasibleSet.of(sum_of_2, Conditions(apart[:1], np.array([3.0]), ("b",)), np.zeros(2))
    assert one is not None
    assert (one.missed(np.array([1.0, 1.0])), one.missed(np.array([3.0, 0.0])), one.missed(np.array([4.0, -2.0]))) == (
        "b",
        "a",
        "",
    )


def test_the_tail_of_chi_squared_is_scipys() -> None:
    from scipy.stats import chi2

    for degrees in (1, 2, 3, 7, 10):
        for x in (0.01, 0.5, 3.0, 20.0, 200.0):
            assert chi_squared_tail(x, degrees) == pytest.approx(chi2.sf(x, degrees), rel=1e-10)
