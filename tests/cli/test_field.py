"""Tables from the field, each with what is right about it; they are where the reference tables are."""

import json
import re
import shlex
from typing import Any

import pytest

from gmmfit.cli.main import run
from tests.samples import DATA

FIELD = DATA.parent / "field"
CASES: list[dict[str, Any]] = json.loads((FIELD / "expected.json").read_text()) if FIELD.exists() else []
# Several columns, and the log-likelihood that a fit has to reach; each is reached by some start.
COLUMNS = [
    ("flat-disc.csv", "a,b,c", 2, -1550.518),
    ("zeroinf-k2.csv", "a,b", 2, -1677.444),
    pytest.param("fall-four-columns.csv", "a,b,c,d", 5, -7266.6, marks=pytest.mark.slow),
    pytest.param("miss-eight-columns.csv", "a,b,c,d,e,f,g,h", 3, -9342.186, marks=pytest.mark.slow),
    pytest.param("fall-unbalanced.csv", "a,b,c", 4, -3011.2, marks=pytest.mark.slow),
    pytest.param("far-row-floor.csv", "a,b", 4, -994.96, marks=pytest.mark.slow),
]


def steps_of(case: dict[str, Any]) -> list[tuple[str, list[int], list[list[str]]]]:
    """The commands of a case, each of which follows a hint of the one before, with the status and patterns wanted."""
    if isinstance(case["args"], str):
        return [(case["args"], case["exit"], case["stderr"])]
    return list(zip(case["args"], case["exit"], case["stderr"], strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']} {case['args']}")
def test_what_is_right_about_a_table_is_found_and_said(case: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    out, status = "", 0
    for arguments, statuses, wanted in steps_of(case):
        status = run([str(FIELD / case["file"]) if part == "FILE" else part for part in shlex.split(arguments)])
        out, err = capfd.readouterr()
        err = err.replace(case["file"], "")
        assert status in statuses, err
        assert not wanted or any(all(re.search(one, err, re.IGNORECASE) for one in patterns) for patterns in wanted), (
            err
        )
        assert status == 0 or out == ""
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
