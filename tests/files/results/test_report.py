"""The report: digits that say something, and lines that fit."""

import re
from dataclasses import replace

import numpy as np
import pytest

from gmmfit import fit, simulate
from gmmfit.files.read_columns import RowCounts
from gmmfit.files.results.fit_writer import write_fit
from gmmfit.files.results.layout import numbers_as_text
from gmmfit.files.results.report import report
from tests.builders import sheet_rows, written_by
from tests.samples import FAITHFUL, HEIGHTS

THREE = fit(FAITHFUL, 3, column=["eruptions", "waiting"], starts=20)
COUNTS = RowCounts("t.csv", None, n_read=934)


@pytest.mark.parametrize(
    ("values", "errors", "digits", "shown"),
    [
        ([163.2696, 176.966], [1.0, 1.2], 6, ["163.270", "176.966"]),
        ([1e9, 1e9 + 0.1], [0.012, 0.02], 6, ["1000000000.000", "1000000000.100"]),
        ([1000, 0.004], [], 6, ["1000", "0.004"]),
        ([0.95, 0.003], [], 2, ["0.95", "0.003"]),
        ([0.97, 0.03], [], 1, ["1", "0.03"]),
        ([0.9957, 0.0043], [], 4, ["0.9957", "0.0043"]),
        ([1e-9, 2e-9], [], 3, ["1e-09", "2e-09"]),
        ([0.0, 12.5], [], 3, ["0.0", "12.5"]),
        ([0.0], [], 6, ["0.00000"]),
        ([1e300], [], 3, ["1e+300"]),
    ],
)
def test_no_number_loses_its_digits(values: list[float], errors: list[float], digits: int, shown: list[str]) -> None:
    assert numbers_as_text(values, errors, digits) == shown


def test_what_is_held_is_said() -> None:
    text = report(fit(HEIGHTS, 2, init_means=[160, 178], fix="means"), COUNTS)
    rows = [line.split() for line in text.splitlines() if line.split()[:1] in (["1"], ["2"])]
    assert [row[-3] for row in rows if "held" in row] == ["held", "held"]


def test_the_weight_of_a_single_component_has_no_standard_error() -> None:
    text = report(fit(HEIGHTS, 1), COUNTS)
    assert "component   weight     mean    se       sd    se" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_components_of_several_columns_stand_side_by_side_as_the_width_allows(width: int) -> None:
    lines = report(THREE, COUNTS, width=width).splitlines()
    parameters = [line for line in lines if line.startswith(("weight", "mean_", "sd_", "cov_"))]
    assert max(map(len, parameters)) <= width
    assert sum(line.startswith("weight") for line in parameters) == {60: 3, 80: 3, 100: 2, 200: 1}[width]


def test_names_from_files_are_safe_on_a_terminal() -> None:
    counts = RowCounts("a\x1b[31m.csv", "b\x1b", n_read=934)
    assert "\x1b" not in report(fit(HEIGHTS, 1), counts)


def test_what_was_left_out_is_counted_by_its_reason() -> None:
    counts = replace(COUNTS, n_read=940, n_missing=4, n_invalid=2)
    assert "934 rows of 940, left out: 4 missing, 2 not a number" in report(fit(HEIGHTS, 1), counts)


def test_why_there_are_no_standard_errors_is_said() -> None:
    unfinished = fit(HEIGHTS, init_means=[150, 160], tol=0, max_iter=3)
    assert "no standard errors: the fit stopped before a peak" in report(unfinished, COUNTS)
    assert "standard errors" not in report(fit(HEIGHTS, 2, se="none", starts=5), COUNTS)


def test_cut_offs_between_means_stand_before_those_beside_them() -> None:
    values = simulate(weights=[0.5, 0.5], means=[0, 4], sds=[1, 3], rows=2000, seed=1).values
    result = fit(values, 2, starts=20)
    first, second = [line for line in report(result, COUNTS, width=200).splitlines() if line.startswith("cut-off")]
    assert "means" not in first
    assert second.endswith("(not between their means: 2 is wider)")


def test_what_is_known_of_the_rows_is_said() -> None:
    waiting = FAITHFUL["waiting"]
    found = fit(waiting, 2, rounded=10, errors=2)
    sheppard = np.sqrt(1 + 100 / 12 / found.mixture.sds.min() ** 2) - 1
    rounded = f"rounded to 10 (as exact values, sds would be up to {sheppard:.0%} larger)"
    assert f"known of the rows: 272 intervals; {rounded}; errors of 2\n" in report(found, COUNTS, width=200)
    limited = np.where(waiting < 50, np.nan, waiting)
    text = report(fit({"lo": limited, "hi": np.where(waiting < 50, 50, waiting)}, 2, interval=("lo", "hi")), COUNTS)
    assert "known of the rows: 251 values; 21 limits" in text
    seen = waiting[waiting >= 50]
    assert "known of the rows: a window from 49.5\n" in report(fit(seen, 1, truncated=(49.5, None)), COUNTS)
    labels = [("short" if time < 67 else "long") if row < 20 else None for row, time in enumerate(waiting)]
    text = report(fit(waiting, labels=labels, errors=np.linspace(1, 2, 272)), COUNTS)
    assert "errors from 1 to 2; 20 labelled: 1 = long, 2 = short" in text


def test_what_noise_gains_is_said() -> None:
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, 200), rng.uniform(-30, 30, 12)])
    said = " ".join(report(fit(rows, 1, noise=True), COUNTS).split())
    beside = r"\(se 0\.0\d+, 95% interval [\d.]+ to [\d.]+\)"
    assert re.search(rf"1 component and noise, .* noise: weight 0\.0\d+ {beside}, uniform over 1 -\d", said)
    assert re.search(r"without it the log-likelihood is \d+\.\d+ lower, more than what BIC charges", said)
    begun = fit(rows, 1, init_means=[0.5], noise=True, noise_range=(-40, 40))
    said = " ".join(report(begun, COUNTS).split())
    assert "uniform over 1 -40 to 40 converged" in said  # and nothing of a fit without
    none = fit(rows[:200], 1, noise=True, noise_range=(-90, 90))
    assert "the likelihood falls with any noise" in " ".join(report(none, COUNTS).split())
    under_logs = fit(np.exp(rows / 10), 1, noise=True, transform="log")
    assert "uniform in log(1) over 1 0.0" in " ".join(report(under_logs, COUNTS).split())


def test_what_constraints_cost_is_said() -> None:
    text = " ".join(report(fit(HEIGHTS, 2, constrain=["sd_1 = sd_2"]), COUNTS).split())
    assert re.search(
        r"constraints: sd_1 = sd_2; the free fit has -\d+\.\d{4}: likelihood ratio \d\.\d+ on 1 degree", text
    )
    bound = " ".join(report(fit(HEIGHTS, 2, constrain=["sd_1 >= 8", "sd_2 >= 5"]), COUNTS).split())
    assert "on its bound: sd_1 >= 8; " in bound
    assert "no p, for a bound is active" in bound
    idle = " ".join(report(fit(HEIGHTS, 2, constrain=["sd_1 >= 1"]), COUNTS).split())
    assert "and no number less is estimated here" in idle


def test_robust_errors_say_how_far_they_are_from_the_others() -> None:
    heavy = np.random.default_rng(1).standard_t(3, 500)
    said = " ".join(report(fit(heavy, 1, se="robust"), COUNTS).split())
    assert re.search(r"se are robust: [\d.]+ to [2-9][\d.]* times those of the information, which hold", said)
    normal = " ".join(report(fit(HEIGHTS, 1, se="robust"), COUNTS).split())
    assert "times those of the information" in normal
    assert "which hold" not in normal


def test_the_model_that_a_test_chose_is_marked_and_each_has_its_p() -> None:
    lines = report(fit(HEIGHTS, [1, 2], criterion="test", bootstrap=19), COUNTS).splitlines()
    [header] = [line for line in lines if "log-likelihood" in line and "parameters" in line]
    assert header.split()[-3:] == ["p", "against", "more"]
    assert any(line.endswith("0.05 (2)") for line in lines)
    assert any(line.endswith("all smaller are rejected") for line in lines)
    lines = report(fit(HEIGHTS[:90], [1, 2], criterion="test", bootstrap=19), COUNTS).splitlines()
    assert any(line.endswith("smallest not rejected") for line in lines)


def test_a_workbook_without_standard_errors_has_none() -> None:
    rows = sheet_rows(written_by(write_fit, fit(HEIGHTS, 2, se="none", starts=5), COUNTS, "xlsx"))
    assert rows[0] == ("component", "weight", "mean", "sd")


def test_a_cutoff_between_held_components_is_held() -> None:
    said = ["mean_1 = 160", "mean_2 = 180", "weight_1 = 0.5", "sd_1 = 6", "sd_2 = 6"]
    text = " ".join(report(fit(HEIGHTS, 2, constrain=said), COUNTS).split())
    assert "cut-off 170 (held): component 1 below, 2 above" in text
