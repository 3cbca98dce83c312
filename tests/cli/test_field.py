"""Statistical tables from the field, each with what is right about it; they are where the reference tables are."""

import json
import re
import shlex
from typing import Any

import pytest

from gmmfit.cli.main import run
from tests.samples import DATA

FIELD = DATA.parent / "field"
STATISTICAL = (
    *("k3-below-k2", "ceiling-not-warned", "zeros", "heap-of-10", "weights-sum-to-1", "rounded-heights-inch"),
    *("floor-words-5-rows", "min-sd-advice", "thin-words-kmers", "binned-10", "cohorts", "equal-means-fixed"),
    *("order-of-equal-weights", "row-sds-zircon", "spectrum", "truncated", "wind"),
)
CASES = [
    case
    for case in (json.loads((FIELD / "expected.json").read_text()) if FIELD.exists() else [])
    if case["file"].removesuffix(".csv") in STATISTICAL
]
# Several columns, and the log-likelihood that a fit has to reach; each is reached by some start.
COLUMNS = [
    ("flat-disc.csv", "a,b,c", 2, -1550.518),
    ("zeroinf-k2.csv", "a,b", 2, -1677.444),
    pytest.param("fall-four-columns.csv", "a,b,c,d", 5, -7266.6, marks=pytest.mark.slow),
    pytest.param("miss-eight-columns.csv", "a,b,c,d,e,f,g,h", 3, -9342.186, marks=pytest.mark.slow),
    pytest.param("fall-unbalanced.csv", "a,b,c", 4, -3011.2, marks=pytest.mark.slow),
    pytest.param("far-row-floor.csv", "a,b", 4, -994.96, marks=pytest.mark.slow),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']} {case['args']}")
def test_what_is_right_about_a_table_is_found_and_said(case: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    status = run([str(FIELD / case["file"]) if part == "FILE" else part for part in shlex.split(case["args"])])
    out, err = capfd.readouterr()
    assert status in case["exit"]
    err = err.replace(case["file"], "")
    wanted = case["stderr"]
    assert not wanted or any(all(re.search(one, err, re.IGNORECASE) for one in patterns) for patterns in wanted)
    if status != 0:
        return
    result = json.loads(out)
    assert result["data"]["n_used"] == case.get("n_used", result["data"]["n_used"])
    assert result["fit"]["loglik"] >= case.get("loglik_at_least", -float("inf"))
    if "means" in case:
        size = max(map(abs, case["means"]))
        means = [component["mean"][0] for component in result["components"]]
        assert len(means) == len(case["means"])
        for mean, right in zip(means, case["means"], strict=True):
            assert mean == pytest.approx(right, abs=case["tol"] * (abs(right) or size))


@pytest.mark.skipif(not FIELD.exists(), reason="the tables are not here")
@pytest.mark.parametrize(("file", "columns", "k", "log_likelihood"), COLUMNS)
def test_in_several_columns_the_best_peak_is_found(
    file: str, columns: str, k: int, log_likelihood: float, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["fit", str(FIELD / "columns" / file), "-c", columns, "-k", str(k), "-q"]) == 0
    assert json.loads(capfd.readouterr().out)["fit"]["loglik"] >= log_likelihood


@pytest.mark.slow
@pytest.mark.skipif(not FIELD.exists(), reason="the tables are not here")
def test_a_start_that_is_extrapolated_beyond_all_bounds_does_not_end_the_search() -> None:
    assert run(["fit", str(FIELD / "columns" / "crash-discs.csv"), "-c", "a,b,c", "-k", "4", "--seed", "4", "-q"]) == 0
