"""Parameters in common: closed forms, the fit of all rows together, and plain EM with pooled sums."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from gmmfit import ArgumentError, DataError, Fit, Mixture, fit, fit_many
from gmmfit.arrays import Array
from gmmfit.cli.main import run
from gmmfit.fitting.many.drawn_groups import DrawnGroups, by_drawn_groups
from gmmfit.fitting.many.shared import Shared
from gmmfit.fitting.uncertainty.in_blocks import rng_of
from gmmfit.model.draw import draw
from tests.samples import HEIGHTS_CSV

HEIGHTS = pd.read_csv(HEIGHTS_CSV)
RNG = np.random.default_rng(0)
GROUPS = {
    "a": np.concatenate([RNG.normal(0, 1, 300), RNG.normal(4, 1.5, 200)]),
    "b": np.concatenate([RNG.normal(0.5, 1, 200), RNG.normal(5, 1.5, 300)]),
    "c": np.concatenate([RNG.normal(-0.5, 1, 100), RNG.normal(4, 1.5, 100)]),
}
TABLE = pd.DataFrame([(name, value) for name, values in GROUPS.items() for value in values], columns=["g", "x"])


def shared_fits(share: list[str], k: int = 2) -> tuple[list[Fit], Shared]:
    found = fit_many(TABLE, k, by="g", column="x", share=share, jobs=1)
    fits = [one.fit for one in found if one.fit is not None]
    assert found[0].shared is not None
    return fits, found[0].shared


def plain_em(fits: list[Fit], share: list[str], iterations: int = 4000) -> tuple[float, Array, Array, Array]:
    """The log-likelihood, weights, means and variances (G, K) that EM of all groups comes to, sums being pooled.

    For shared means with sds of each group the mean is that of least weighted squares: an ECM step.
    """
    weights = np.array([one.mixture.weights for one in fits])
    means = np.array([one.mixture.means[:, 0] for one in fits])
    variances = np.array([one.mixture.sds[:, 0] ** 2 for one in fits])
    groups = list(GROUPS.values())
    likelihood = -np.inf
    for _ in range(iterations):
        counts, sums, squares, likelihood = [], [], [], 0.0
        for g, x in enumerate(groups):
            densities = weights[g] * norm.pdf(x[:, None], means[g], np.sqrt(variances[g]))
            likelihood += float(np.log(densities.sum(axis=1)).sum())
            posteriors = densities / densities.sum(axis=1, keepdims=True)
            counts.append(posteriors.sum(axis=0))
            sums.append(posteriors.T @ x)
            squares.append(posteriors.T @ x**2)
        n, s, q = np.array(counts), np.array(sums), np.array(squares)
        weights = n / n.sum(axis=1, keepdims=True)
        if "weights" in share:
            weights = np.broadcast_to(n.sum(axis=0) / n.sum(), n.shape)
        means = s / n
        if "means" in share:
            means = np.broadcast_to((s / variances).sum(axis=0) / (n / variances).sum(axis=0), n.shape)
        scatters = q - 2 * means * s + means**2 * n
        variances = scatters / n
        if "sds" in share:
            variances = np.broadcast_to(scatters.sum(axis=0) / n.sum(axis=0), n.shape)
    return likelihood, weights, means, variances


@pytest.mark.parametrize(
    "share", [["sds"], ["means"], ["weights"], ["means", "sds"], ["weights", "sds"], ["weights", "means"]], ids="+".join
)
def test_shared_fits_are_where_em_with_pooled_sums_ends(share: list[str]) -> None:
    fits, shared = shared_fits(share)
    likelihood, weights, means, variances = plain_em(fits, share)
    assert shared.log_likelihood == pytest.approx(likelihood, abs=1e-6)
    for g, one in enumerate(fits):
        np.testing.assert_allclose(one.mixture.weights, weights[g], rtol=1e-5)
        np.testing.assert_allclose(one.mixture.means[:, 0], means[g], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(one.mixture.sds[:, 0] ** 2, variances[g], rtol=1e-4)
    assert shared.log_likelihood == pytest.approx(sum(one.log_likelihood for one in fits), abs=1e-9)


def test_of_one_component_it_is_the_closed_form() -> None:
    fits, shared = shared_fits(["sds"], k=1)
    pooled = sum(len(x) * x.var() for x in GROUPS.values()) / len(TABLE)
    apart = sum(norm.logpdf(x, x.mean(), x.std()).sum() for x in GROUPS.values())
    together = sum(norm.logpdf(x, x.mean(), np.sqrt(pooled)).sum() for x in GROUPS.values())
    for one, x in zip(fits, GROUPS.values(), strict=True):
        assert one.mixture.means[0, 0] == pytest.approx(x.mean(), abs=1e-9)
        assert one.mixture.sds[0, 0] == pytest.approx(np.sqrt(pooled), rel=1e-9)
        assert one.standard_errors is not None
        assert one.standard_errors.means[0, 0] == pytest.approx(np.sqrt(pooled / len(x)), rel=1e-6)
        assert one.standard_errors.sds[0, 0] == pytest.approx(np.sqrt(pooled / 2 / len(TABLE)), rel=1e-6)
    assert (shared.n_parameters, shared.degrees_of_freedom) == (4, 2)
    assert shared.statistic == pytest.approx(2 * (apart - together), abs=1e-6)
    assert shared.p == pytest.approx(chi2.sf(shared.statistic, 2), rel=1e-9)


def test_with_all_in_common_it_is_the_fit_of_all_rows() -> None:
    fits, shared = shared_fits(["weights", "means", "sds"])
    whole = fit(TABLE, 2, column="x")
    assert shared.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-6)
    assert shared.n_parameters == whole.n_parameters
    for one in fits:
        np.testing.assert_allclose(one.mixture.means, whole.mixture.means, rtol=1e-6)
        assert one.standard_errors is not None
        assert whole.standard_errors is not None
        np.testing.assert_allclose(one.standard_errors.means, whole.standard_errors.means, rtol=1e-5)
        np.testing.assert_allclose(one.standard_errors.weights, whole.standard_errors.weights, rtol=1e-5)


def test_counts_are_rows() -> None:
    counted = TABLE.assign(x=TABLE["x"].round(1)).value_counts().reset_index()
    repeated = counted.loc[counted.index.repeat(counted["count"])]
    one = fit_many(counted, 2, by="g", column="x", row_weights="count", share="sds", jobs=1)
    other = fit_many(repeated, 2, by="g", column="x", share="sds", jobs=1)
    by_count, by_row = one[0].shared, other[0].shared
    assert by_count is not None
    assert by_row is not None
    assert by_count.log_likelihood == pytest.approx(by_row.log_likelihood, abs=1e-6)
    assert by_count.bic == pytest.approx(by_row.bic, abs=1e-6)


def test_the_test_rejects_what_differs_and_not_what_does_not() -> None:
    assert (shared_fits(["sds"])[1].p or 0) > 0.05
    assert (shared_fits(["means"])[1].p or 1) < 1e-3
    assert "sds shared: log-likelihood" in shared_fits(["sds"])[1].sentence()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"components": (1, 2)}, "give one number of `components`"),
        ({"components": 2, "rounded": 0.1}, "leave out what else is known of rows"),
        ({"components": 2, "transform": "asinh"}, "leave out transforms"),
        ({"components": 2, "noise": True}, "leave out noise"),
        ({"components": 2, "se": "robust"}, "leave out robust standard errors"),
        ({"components": 2, "constrain": "sd_1 = sd_2"}, "leave out `constrain`"),
        ({"components": 2, "covariance": "tied"}, "leave out a covariance other than full"),
    ],
)
def test_what_is_not_shared_yet_is_refused(options: dict[str, object], message: str) -> None:
    few = TABLE[TABLE["g"] != "c"].assign(x=TABLE["x"].round(1))
    with pytest.raises(ArgumentError, match=message):
        fit_many(few, by="g", column="x", share="sds", jobs=1, starts=5, **options)  # type: ignore[arg-type]


def test_there_have_to_be_groups_to_share() -> None:
    with pytest.raises(DataError, match="parameters are shared by two groups"):
        fit_many(TABLE[TABLE["g"] == "a"], 2, by="g", column="x", share="sds")
    with pytest.raises(ArgumentError, match="`share` is 'size'; it must be one of weights, means, sds"):
        fit_many(TABLE, 1, by="g", column="x", share="size")


def test_the_command_says_the_test_and_writes_it(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    asked = ["fit", HEIGHTS_CSV, "-c", "height", "--by", "sex", "-k", "1", "--share", "sds"]
    assert run([*asked, "-f", "csv", "-o", "fits.csv"]) == 0
    said = capfd.readouterr().err
    assert "sds shared: log-likelihood -3049.7279" in said
    assert "on 1 degree of freedom, p = 0.019" in said
    table = pd.read_csv(here / "fits.csv")
    assert table["sd"].nunique() == 1
    assert table["p_against_apart"].round(3).tolist() == [0.019, 0.019]
    assert run([*asked, "-o", "fits.jsonl", "-q"]) == 0
    assert run(["score", HEIGHTS_CSV, "-m", "fits.jsonl", "-o", "scored.csv"]) == 0


def test_of_one_component_a_drawn_table_has_the_statistic_of_the_closed_form() -> None:
    found = fit_many(HEIGHTS, 1, by="sex", column="height", share="sds", jobs=1)
    mixtures = tuple(one.fit.mixture for one in found if one.fit is not None)
    drawn = DrawnGroups(3, mixtures, (481, 453), ("sds",), 0, {"components": 1, "se": "none"})
    for number in range(len(drawn)):
        rng = rng_of(0, "table", number)
        values = [draw(one, n, int(rng.integers(2**53)))[0] for one, n in zip(mixtures, drawn.sizes, strict=True)]
        variances = np.array([one.var() for one in values])
        sizes = np.array(drawn.sizes)
        pooled = sizes @ variances / sizes.sum()
        assert drawn.fit(number) == pytest.approx(float(sizes @ np.log(pooled / variances)), abs=1e-6)


def test_a_bootstrap_of_what_is_shared_is_the_chi_squared_test_where_that_holds_whoever_does_it() -> None:
    asked: dict[str, Any] = {"by": "sex", "column": "height", "share": "sds"}
    by_chi_squared = fit_many(HEIGHTS, 1, **asked, jobs=1)[0].shared
    assert by_chi_squared is not None
    assert by_chi_squared.p is not None
    shared = [fit_many(HEIGHTS, 1, **asked, bootstrap=59, jobs=jobs)[0].shared for jobs in (1, 2)]
    assert shared[0] == shared[1]
    assert shared[0] is not None
    assert shared[0].p is not None
    p = by_chi_squared.p
    assert abs(shared[0].p - p) < 3 * np.sqrt(p * (1 - p) / 60) + 1 / 60
    assert shared[0].record()["replicates"] == 59
    assert shared[0].sentence().endswith(" by 59 drawn tables")


def test_a_table_is_drawn_the_same_wherever_and_a_fit_on_no_peak_has_no_p() -> None:
    one = Mixture.from_sds([0.5, 0.5], [0, 4], [1, 1])
    drawn = DrawnGroups(3, (one, one), (60, 50), ("sds",), 0, {"components": 2, "starts": 5, "se": "none"})
    assert [drawn.alone(number).fit(0) for number in range(3)] == [drawn.fit(number) for number in range(3)]
    asked: dict[str, Any] = {"by": "g", "column": "x", "share": "sds", "bootstrap": 3, "starts": 5, "jobs": 1}
    found = fit_many(TABLE, 2, **asked, max_iter=1)[0].shared
    assert found is not None
    assert (found.p, found.replicates, found.why) == (None, None, "a fit ends on no peak")


def test_tables_are_drawn_for_groups_that_labels_start() -> None:
    table = TABLE.assign(start=np.where(TABLE["x"] > 2, "high", "low"))
    asked: dict[str, Any] = {"by": "g", "column": "x", "share": "sds", "init_by": "start", "bootstrap": 3, "starts": 5}
    found = fit_many(table, **asked, jobs=1)[0].shared
    assert found is not None
    assert found.replicates == 3


def test_groups_that_differ_are_told_apart_by_drawn_tables_of_two_components() -> None:
    found = fit_many(TABLE, 2, by="g", column="x", share="means", bootstrap=9, starts=20, jobs=2)
    assert found[0].shared is not None
    assert found[0].shared.p == 0.1
    assert found[0].shared.replicates == 9


def test_tables_without_a_fit_are_no_test() -> None:
    one = Mixture.from_sds([1], [0], [1])
    drawn = DrawnGroups(2, (one, one), (1, 5), ("sds",), 0, {"components": 1})
    assert np.isnan(drawn.fit(0))
    fits = [fit([0.0, 1, 3], 1)] * 2
    shared = Shared(("sds",), 0.0, 1, 0.0, 1.0, 2.0, 1, 0.2)
    tested = by_drawn_groups(shared, fits, {"components": 1}, 2, lambda tables: [np.nan] * len(tables))
    assert tested.p is None
    assert tested.sentence().endswith("no p, for no drawn table has a fit of every group")
