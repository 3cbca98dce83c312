"""The history of a fit, as it stands in the file."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmmfit import DataError, OutputError, Step, fit
from gmmfit.files.results.history import History, history_in_file, is_history, read_history
from gmmfit.files.results.writers import Style
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import Source
from gmmfit.fitting.history import history_columns, history_in, steps_in
from tests.samples import FAITHFUL


def history(path: Path, layout: str, column: list[str]) -> list[dict[str, str]]:
    with History(str(path), layout) as written:
        written.finish(fit(FAITHFUL, 2, column=column, tol=0, max_iter=3, on_step=written.step).history)
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_wide_has_a_row_a_state_with_its_own_log_likelihood(tmp_path: Path) -> None:
    rows = history(tmp_path / "h.csv", "wide", ["waiting"])
    assert [row["iteration"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["step"] for row in rows] == ["init", "em", "em", "em"]
    assert rows[0]["gain"] == ""
    assert float(rows[3]["gain"]) == float(rows[3]["loglik"]) - float(rows[2]["loglik"])
    from_there = fit(
        FAITHFUL,
        column="waiting",
        init_weights=[float(rows[2][f"weight_{k}"]) for k in (1, 2)],
        init_means=[float(rows[2][f"mean_{k}"]) for k in (1, 2)],
        init_sds=[float(rows[2][f"sd_{k}"]) for k in (1, 2)],
        tol=0,
        max_iter=0,
    )
    assert from_there.log_likelihood == pytest.approx(float(rows[2]["loglik"]), rel=1e-13)


def test_several_columns_are_named_in_wide_and_long(tmp_path: Path) -> None:
    wide = history(tmp_path / "w.csv", "wide", ["eruptions", "waiting"])
    assert "cov_eruptions_waiting_2" in wide[0]
    long = history(tmp_path / "l.csv", "long", ["eruptions", "waiting"])
    assert len(long) == 4 * (1 + 2 * 6)
    value = next(row["value"] for row in long if (row["parameter"], row["component"]) == ("mean_waiting", "2"))
    assert value == wide[0]["mean_waiting_2"]


def test_json_is_a_list_of_the_same_rows(tmp_path: Path) -> None:
    with History(str(tmp_path / "h.json"), "wide", Style(6)) as written:
        written.finish(fit(FAITHFUL, 2, column="waiting", tol=0, max_iter=0).history)
    (row,) = json.loads((tmp_path / "h.json").read_text())
    assert (row["iteration"], row["step"], row["gain"]) == (0, "init", None)


def test_a_history_can_be_read_while_the_fit_goes_on(tmp_path: Path) -> None:
    lines: list[int] = []

    with History(str(tmp_path / "h.csv"), "wide", Style(6)) as written:

        def watch(step: Step) -> None:
            written.step(step)
            lines.append(len((tmp_path / "h.csv").read_text().splitlines()))

        written.finish(fit(FAITHFUL, 2, column="waiting", tol=0, max_iter=3, on_step=watch).history)
    assert lines == [2, 3, 4, 5]


def test_a_history_has_the_order_of_the_result(tmp_path: Path) -> None:
    with History(str(tmp_path / "h.csv"), "wide") as written:
        result = fit(
            FAITHFUL, column="waiting", init_means=[80, 55], order="mean", tol=0, max_iter=3, on_step=written.step
        )
        written.finish(result.history)
    rows = list(csv.DictReader((tmp_path / "h.csv").read_text().splitlines()))
    assert [row["mean_1"] for row in rows] == [repr(step.mixture.means[0, 0].item()) for step in result.history]
    assert rows[0]["mean_1"] == "55.0"


def test_a_fit_that_never_starts_leaves_the_old_history(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("old")
    with History(str(tmp_path / "h.csv"), "wide"):
        pass
    assert (tmp_path / "h.csv").read_text() == "old"


def test_a_fit_that_breaks_off_leaves_a_history_that_can_be_read(tmp_path: Path) -> None:
    step = fit(FAITHFUL, 2, column="waiting", tol=0, max_iter=0).history[0]
    with pytest.raises(KeyboardInterrupt), History(str(tmp_path / "h.json"), "wide") as written:
        written.step(step)
        raise KeyboardInterrupt
    assert len(json.loads((tmp_path / "h.json").read_text())) == 1


def test_a_history_that_has_nowhere_to_go_is_refused_before_the_fit(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no such folder"):
        History(str(tmp_path / "none" / "h.csv"), "wide")


def read(path: Path) -> dict[str, object]:
    with Source(str(path)) as source:
        return {name: values.tolist() for name, values in history_in(read_history(source, Reading())).items()}


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "jsonl", "xlsx"])
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_history_that_was_written_is_read(extension: str, layout: str, tmp_path: Path) -> None:
    fitted = fit(FAITHFUL, 2, column=["eruptions", "waiting"], init_method="quantile", tol=0, max_iter=3)
    path = tmp_path / f"h.{extension}"
    with History(str(path), layout) as written:
        written.finish(fitted.history)
    expected = {name: values.tolist() for name, values in history_columns(fitted.history).items()}
    found = read(path)
    assert {name: found[name] for name in expected if name != "gain"} == {
        name: values for name, values in expected.items() if name != "gain"
    }


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    history(tmp_path / "h.csv", "long", ["waiting"])
    sorted_by_value = sorted((tmp_path / "h.csv").read_text().splitlines()[1:], key=lambda line: line.split(",")[3])
    (tmp_path / "s.csv").write_text("\n".join(["iteration,parameter,component,value", *sorted_by_value]))
    one, other = read(tmp_path / "h.csv"), read(tmp_path / "s.csv")
    assert {name: one[name] for name in sorted(one) if name != "gain"} == {
        name: other[name] for name in sorted(other) if name != "gain"
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("iteration,parameter,component,value\n0,loglik,,-1\n0,mean,1,2\n1,loglik,,-1\n", "cut short"),
        ("iteration,parameter,component,value\n0,loglik,,-1\n0,loglik,,-1\n", "'loglik' stands twice in iteration 0"),
        ("iteration,parameter,component,value\n0,loglik,,-1\n0,mean,1.4,2\n", "no history"),
        ("iteration,loglik,mean_1,mean_1\n0,-1,2,3\n", "the column 'mean_1' stands twice"),
        ("iteration,loglik,mean_1\n0,-1,2\n0,-1,3\n", "an iteration of its own"),
        ("iteration,loglik,mean_1\n0.5,-1,2\n", "an iteration of its own"),
        ("iteration,loglik,mean_1,sd_1\n0,-1,2,\n", "sd is missing in an iteration"),
        ("iteration,loglik,mean_1\n0,-1,1e301\n", "too large to be drawn"),
        ("iteration,loglik,mean_1\n0,,2\n", "loglik is missing in an iteration"),
        ("iteration,loglik,mean_1\n-5,-1,2\n", "an iteration of its own"),
        ("iteration,loglik,mean_1\n1e30,-1,2\n", "an iteration of its own"),
        ("iteration,loglik\n0,-1\n", "no history: it needs"),
        ("[" * 200_000, "no history"),
        ('[{"iteration": 0, "loglik": 1%s, "mean_1": 2}]' % ("0" * 400), "not finite"),
        ('[{"iteration": 0, "parameter": [], "component": null, "value": 1}]', "cut short|no data"),
        ("[]", "no data rows"),
    ],
)
def test_what_is_no_history_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / ("h.json" if text.startswith("[") else "h.csv")
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read(path)


def test_the_weight_of_noise_has_the_number_0(tmp_path: Path) -> None:
    result = fit(FAITHFUL, 1, column="eruptions", noise=True)
    for layout in ("wide", "long"):
        with History(str(tmp_path / f"{layout}.csv"), layout) as written:
            written.finish(result.history)
    assert (tmp_path / "wide.csv").read_text().splitlines()[0].endswith(",weight_0,low_0,high_0")
    assert ",weight,0,0." in (tmp_path / "long.csv").read_text().splitlines()[-3]


NOISY = {"noise": True, "init_method": "quantile", "max_iter": 3, "tol": 0}


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["waiting"], {"init_means": [55, 80]}),
        (["waiting"], {"transform": "log", "init_method": "quantile"}),
        (["waiting"], NOISY),
        (["eruptions", "waiting"], NOISY),
        (["eruptions", "waiting"], {"transform": "log,sqrt", "init_method": "quantile"}),
    ],
    ids=["one column", "a transform", "noise", "noise in two", "transforms of two"],
)
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_history_gives_back_the_states_of_the_fit(
    column: list[str], said: dict[str, Any], layout: str, tmp_path: Path
) -> None:
    fitted = fit(FAITHFUL, 2, column=column, **{"max_iter": 4, "tol": 0} | said)
    with History(str(tmp_path / "h.csv"), layout) as written:
        written.finish(fitted.history)
    with Source(str(tmp_path / "h.csv")) as source:
        steps = steps_in(read_history(source, Reading()), column[0])
    assert len(steps) == len(fitted.history)
    for step, expected in zip(steps, fitted.history, strict=True):
        assert (step.iteration, step.log_likelihood) == (expected.iteration, expected.log_likelihood)
        assert step.mixture.columns == expected.mixture.columns
        assert step.mixture.transform == expected.mixture.transform
        np.testing.assert_allclose(step.mixture.covariances, expected.mixture.covariances, rtol=1e-12)
        values = np.column_stack([FAITHFUL[name] for name in column])
        np.testing.assert_allclose(
            step.mixture.log_density(values), expected.mixture.log_density(values), rtol=1e-10, atol=1e-10
        )


def test_a_history_of_three_digits_has_mixtures(tmp_path: Path) -> None:
    fitted = fit(FAITHFUL, 3, column="waiting", init_method="quantile", max_iter=5, tol=0)
    with History(str(tmp_path / "h.csv"), "wide", Style(3)) as written:
        written.finish(fitted.history)
    with Source(str(tmp_path / "h.csv")) as source:
        last = steps_in(read_history(source, Reading()))[-1].mixture
    np.testing.assert_allclose(last.means, fitted.mixture.means, rtol=5e-3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weight_1": [0.5], "mean_1": [1], "sd_1": [1]}, "iteration 0 is no mixture: the weights sum to 0.5"),
        ({"weight_1": [1], "mean_1": [1]}, "iteration 0 is no mixture: there is no sd"),
        ({"weight_1": [1], "mean_1": [1], "sd_1": [-1]}, "every sd must be a positive"),
        ({"weight_1": [1], "mean_1": [1], "sd_1": [1], "weight_0": [0.01]}, "there is no low_0"),
    ],
)
def test_a_state_that_is_no_mixture_is_an_error(parameters: dict[str, list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        steps_in({"iteration": [0], "loglik": [-1]} | parameters)


def test_what_begins_as_a_history_is_taken_for_one(tmp_path: Path) -> None:
    fitted = fit(FAITHFUL, 2, column="waiting", init_means=[55, 80], max_iter=2, tol=0)
    for extension in ("csv", "tsv", "json", "jsonl"):
        path = tmp_path / f"h.{extension}"
        with History(str(path), "wide", Style(bom=extension == "csv")) as written:
            written.finish(fitted.history)
        assert is_history(str(path))
    with History(str(tmp_path / "h.xlsx"), "wide") as written:
        written.finish(fitted.history)
    assert is_history(str(tmp_path / "h.xlsx"))
    (tmp_path / "m.json").write_text(fitted.to_json())
    assert not is_history(str(tmp_path / "m.json"))
    with (
        Source(str(tmp_path / "m.json")) as source,
        pytest.raises(DataError, match=r"m\.json is a model, not a history"),
    ):
        read_history(source, Reading())


def test_names_with_line_feeds_are_names(tmp_path: Path) -> None:
    table = {"a\nb": FAITHFUL["eruptions"], "c,d": FAITHFUL["waiting"]}
    fitted = fit(table, 2, column=[*table], init_method="quantile", max_iter=2, tol=0, noise=True)
    with History(str(tmp_path / "h.csv"), "wide") as written:
        written.finish(fitted.history)
    with Source(str(tmp_path / "h.csv")) as source:
        steps = steps_in(read_history(source, Reading()))
    assert steps[-1].mixture.columns == ("a\nb", "c,d")


def test_a_history_that_a_spreadsheet_wrote_anew_is_read(tmp_path: Path) -> None:
    history(tmp_path / "h.csv", "wide", ["waiting"])
    text = (tmp_path / "h.csv").read_text().replace(",", ";").replace(".", ",")
    (tmp_path / "european.csv").write_text(text)
    one, other = history_in_file(str(tmp_path / "h.csv")), history_in_file(str(tmp_path / "european.csv"))
    assert one["mean_1"] == other["mean_1"]
    assert is_history(str(tmp_path / "european.csv"))
