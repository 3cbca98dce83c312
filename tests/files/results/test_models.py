"""Models in files: JSON, CSV and workbooks lead to the same mixture."""

import io
import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from gmmfit import DataError, ModelError, fit
from gmmfit.files.read_columns import RowCounts
from gmmfit.files.results import models
from gmmfit.files.results.fit_writer import write_fit
from gmmfit.files.results.models import read_model
from tests.builders import sheet_rows, written_by, xlsx
from tests.samples import FAITHFUL

COUNTS = RowCounts("t", None, n_read=272)
CHOSEN = fit(FAITHFUL, [1, 2], column="waiting", starts=5)


@pytest.mark.parametrize("column", [["waiting"], ["eruptions", "waiting"]])
@pytest.mark.parametrize("kind", ["json", "csv", "tsv", "xlsx"])
@pytest.mark.parametrize(("noise", "transform"), [(False, "none"), (True, "none"), (False, "log"), (True, "sqrt")])
def test_a_fit_written_is_the_model_read(
    column: list[str], kind: str, noise: bool, transform: str, tmp_path: Path
) -> None:
    result = fit(FAITHFUL, 2, column=column, starts=10, noise=noise, transform=transform)
    path = tmp_path / f"model.{kind}"
    path.write_bytes(written_by(write_fit, result, COUNTS, kind))
    model = read_model(str(path))
    for name in ("weights", "means", "sds"):
        # Workbooks hold 16 digits; tables hold sds, from whose squares the covariances are made.
        rtol = 1e-15 if kind != "json" and name == "sds" else 0
        np.testing.assert_allclose(getattr(model.mixture, name), getattr(result.mixture, name), rtol=rtol)
    np.testing.assert_allclose(model.mixture.covariances, result.mixture.covariances, rtol=1e-15)
    of_noise, written = model.mixture.noise, result.mixture.noise
    assert (of_noise and of_noise.record()) == (written and written.record())
    assert model.mixture.transform == result.mixture.transform
    assert model.n_parameters == (result.n_parameters if kind in ("json", "xlsx") else None)
    assert model.columns == (() if kind in ("csv", "tsv") and len(column) == 1 else tuple(column))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "model m: empty"),
        ("weight,mean\n1,2\n", "needs the columns weight, mean and sd, a row a component: no column 'sd'"),
        ("weight,mean,sd\n1,2,\n", "model m: sd is missing in line 2"),
        ("weight,mean,sd\n0.5,2,1\n", "model m: the weights sum to 0.5"),
        (
            "component,weight,mean,sd,low,high\n1,.8,2,1,,\n0,.1,,,0,9\n0,.1,,,0,9\n",
            "two rows are of component 0, the noise, of which there is one",
        ),
        ("component,weight,mean,sd,low,high\n1,.9,2,1,,\n0,.1,,,,9\n", "low is missing in line 3"),
        ("weight,mean,sd\n1,x,1\n", "column 'mean' of m has a value that is not a number"),
        ('{"components": 3}', 'model m: "components" must be a list'),
        ('{"components": [{"weight": 1, "mean": 0, "sd": 1}], "fit": {"n_parameters": -1}}', '"n_parameters" of "fit"'),
    ],
)
def test_what_is_no_model_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_text(text)
    with pytest.raises(ModelError, match=message):
        read_model(str(tmp_path / "m"))


def test_a_model_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(DataError, match=r"no file .*/modle.json'. Did you mean .*/model.json'"):
        read_model(str(tmp_path / "modle.json"))


def test_a_workbook_of_a_fit_has_its_parts_and_edited_is_a_model(tmp_path: Path) -> None:
    fitted = fit(FAITHFUL, [1, 2], column=["eruptions", "waiting"], starts=5)
    path = tmp_path / "fit.xlsx"
    path.write_bytes(written_by(write_fit, fitted, COUNTS, "xlsx"))
    model = read_model(str(path)).mixture
    for name in ("weights", "means"):
        np.testing.assert_array_equal(getattr(model, name), getattr(fitted.mixture, name))
    np.testing.assert_allclose(model.covariances, fitted.mixture.covariances, rtol=1e-15)
    assert read_model(str(path)).columns == ("eruptions", "waiting")
    assert read_model(str(path)).n_parameters == fitted.n_parameters
    assert read_model(str(path)).candidates == fitted.candidates
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["components", "fit", "history", "models"]
    facts = {str(name): value for name, value in book["fit"].iter_rows(min_row=2, max_col=2, values_only=True)}
    assert facts["bic"] == fitted.bic
    assert facts["status"] == "converged"
    assert book["history"].max_row == len(fitted.history) + 1
    assert book["models"].max_row == 3
    sheet = book["components"]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("mean_waiting") + 1).value = 50.5
    book.save(path)
    assert read_model(str(path)).mixture.means[0, 1] == 50.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loglik", "nan"),
        ("n_components", 2.5),
        ("n_parameters", "inf"),
        ("status", "fine"),
        ("chosen", 2),
        ("bic", True),
    ],
)
def test_candidates_are_read_as_an_enemys(name: str, value: object, tmp_path: Path) -> None:
    document = CHOSEN.to_document()
    document["candidates"][1][name] = value
    (tmp_path / "m.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match=f'"{name}" of candidate 2 is {value!r}'):
        read_model(str(tmp_path / "m.json"))


def test_a_model_in_one_column_keeps_its_name_in_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "fit.xlsx").write_bytes(written_by(write_fit, fit(FAITHFUL, 1, column="waiting"), COUNTS, "xlsx"))
    assert read_model(str(tmp_path / "fit.xlsx")).columns == ("waiting",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weight,mean_a,sd_a,sd_b\n1,0,1,1\n", "there is sd_b, and no mean_b"),
        ("weight,mean_a,mean_b,sd_a\n1,0,0,1\n", "there is mean_b, and no sd_b"),
        ("component,weight,mean,sd\n", "no rows: a model needs a row a component"),
    ],
)
def test_a_table_that_lacks_a_part_of_a_model_is_none(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(ModelError, match=message):
        read_model(str(tmp_path / "m.csv"))


def test_the_empty_rows_of_a_spreadsheet_are_none_but_count_as_lines(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(";;\n\nweight;mean;sd\n0,5;1;1\n;;\n0,5;2,5;x\n")
    with pytest.raises(ModelError, match=r"'x' \(line 6\)"):
        read_model(str(tmp_path / "m.csv"))
    (tmp_path / "m.csv").write_text(";;\n\nweight;mean;sd\n0,5;1;1\n;;\n0,5;2,5;3\n;;\n")
    assert read_model(str(tmp_path / "m.csv")).mixture.means.tolist() == [[1], [2.5]]


@pytest.mark.parametrize(
    "text",
    ["\ufeff\nweight,mean,sd\n1,2.5,3\n", "\ufeff;;\nweight;mean;sd\n1;2,5;3\n", "weight;mean;sd;n\n1;2.5;3;a, b\n"],
)
def test_a_table_as_spreadsheets_write_it_is_a_model(text: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    assert read_model(str(tmp_path / "m.csv")).mixture.means.tolist() == [[2.5]]


@pytest.mark.parametrize(
    ("limit", "text", "message"),
    [
        ("MOST_TOKENS", "[" + "[]," * 1000, "too large: no model has so many numbers"),
        ("MOST_LINES", "weight,mean,sd\n" + "\n" * 1000, "too large: no model has so many lines"),
    ],
)
def test_what_is_larger_than_any_model_is_none(
    limit: str, text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, limit, 1000)
    (tmp_path / "m").write_text(text)
    with pytest.raises(ModelError, match=f"model m: {message}"):
        read_model(str(tmp_path / "m"))


def test_advice_for_tables_is_not_given_for_models(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("A model\n\nweight,mean,sd\n1,2,3\n")
    with pytest.raises(DataError, match="has 3 fields, expected 1 [^\n]*$"):
        read_model(str(tmp_path / "m.csv"))


def test_a_model_that_is_not_utf_8_is_to_be_saved_so(tmp_path: Path) -> None:
    """--encoding is for DATA."""
    (tmp_path / "m.csv").write_bytes("weight,mean_größe,sd_größe\n1,2,3\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"m.csv is not UTF-8: byte 0xf6 in line 1. Save it in UTF-8$"):
        read_model(str(tmp_path / "m.csv"))


def test_a_missing_number_is_named_by_its_cell(tmp_path: Path) -> None:
    (tmp_path / "m.xlsx").write_bytes(xlsx(["weight", "mean", "sd"], [0.5, 1, 1], [0.5, 2, None]))
    with pytest.raises(ModelError, match="sd is missing in C3"):
        read_model(str(tmp_path / "m.xlsx"))


def test_standard_errors_stand_in_the_workbook_beside_the_parameters(tmp_path: Path) -> None:
    fitted = fit(FAITHFUL, 2, column="waiting", starts=5)
    assert fitted.standard_errors is not None
    rows = sheet_rows(written_by(write_fit, fitted, COUNTS, "xlsx"))
    assert fitted.intervals is not None
    names = ("weight", "mean", "sd")
    ends = [f"{end}_{name}_interval" for name in names for end in ("low", "high")]
    assert rows[0] == ("component", *names, *(f"se_{name}" for name in names), *ends)
    assert [row[5] for row in rows[1:]] == fitted.standard_errors.means.ravel().tolist()
    assert [row[9:11] for row in rows[1:]] == [tuple(ends) for ends in fitted.intervals.means[:, 0].tolist()]


@pytest.mark.parametrize("kind", ["json", "xlsx"])
def test_a_bootstrap_with_its_tests_is_written_and_the_model_read(kind: str, tmp_path: Path) -> None:
    result = fit(FAITHFUL, [1, 2], column="waiting", starts=5, bootstrap=9, noise=kind == "xlsx", cutoff=[0.5, 0.9])
    (tmp_path / "m").write_bytes(written_by(write_fit, result, COUNTS, kind))
    model = read_model(str(tmp_path / "m"))
    assert len(model.candidates) == len(result.candidates)
    assert model.fitted == (272, result.log_likelihood)
    if kind == "json":
        assert model.ranges is not None
        assert result.ranges is not None
        np.testing.assert_array_equal(model.ranges.cutoffs, result.ranges.cutoffs)
        np.testing.assert_array_equal(model.ranges.means, result.ranges.means)
        return
    facts = dict(row[:2] for row in sheet_rows((tmp_path / "m").read_bytes(), 1)[1:])
    assert facts["goodness_of_fit_distance"] == "Anderson-Darling"
    assert facts["bootstrap_replicates"] == 9
    assert facts["cutoff_2_probability"] == 0.9
    compared = sheet_rows((tmp_path / "m").read_bytes(), 3)
    assert compared[0][-4:] == tuple(f"structure_test_{name}" for name in ("against", "statistic", "p", "replicates"))


@pytest.mark.parametrize(
    ("intervals", "cutoffs"),
    [
        ({}, []),
        ({"mean": [[1, "x"]]}, []),
        ({"mean": [[1, 2]]}, [{"value": 1, "interval": [0]}]),
        ({"mean": [[1, float("inf")]]}, []),
        ({"mean": [[1, 2]]}, [{"interval": [0, 1]}]),
    ],
)
def test_intervals_that_fit_has_not_written_are_refused(
    intervals: dict[str, object], cutoffs: list[object], tmp_path: Path
) -> None:
    document = CHOSEN.to_document()
    for component in document["components"]:
        component["intervals"] = intervals
    (tmp_path / "m.json").write_text(json.dumps(document | {"cutoffs": cutoffs}).replace("Infinity", "1e999"))
    with pytest.raises(ModelError, match='"intervals" of means and cut-offs'):
        read_model(str(tmp_path / "m.json"))


def test_candidates_are_a_list_of_records(tmp_path: Path) -> None:
    document = CHOSEN.to_document()
    for candidates in ("x", [1]):
        (tmp_path / "m.json").write_text(json.dumps(document | {"candidates": candidates}))
        with pytest.raises(ModelError, match='"candidates" must be a list of models as fit writes them'):
            read_model(str(tmp_path / "m.json"))


def test_of_the_other_sheets_only_what_makes_sense_is_taken(tmp_path: Path) -> None:
    components = xlsx(["weight", "mean", "sd"], [1, 2, 3], title="components")
    book = openpyxl.load_workbook(io.BytesIO(components))
    book.create_sheet("fit").append(["name"])
    book["fit"].append(["n_parameters"])
    book.save(tmp_path / "m.xlsx")
    assert read_model(str(tmp_path / "m.xlsx")).n_parameters is None
    for value in (2.5, -1, 1e30, "2"):
        book["fit"]["B1"], book["fit"]["B2"] = "value", value
        book.save(tmp_path / "m.xlsx")
        assert read_model(str(tmp_path / "m.xlsx")).n_parameters is None
    unnamed = read_model(str(tmp_path / "m.xlsx")).mixture.columns
    book["fit"].append(["column_1", "a"])
    book["fit"].append(["column_2", "b"])
    book.save(tmp_path / "m.xlsx")
    assert read_model(str(tmp_path / "m.xlsx")).mixture.columns == unnamed


def test_a_sheet_of_components_is_a_model_without_the_others(tmp_path: Path) -> None:
    written = written_by(write_fit, CHOSEN, COUNTS, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(written))
    del book["fit"]
    book.save(tmp_path / "m.xlsx")
    model = read_model(str(tmp_path / "m.xlsx"))
    assert (model.n_parameters, model.mixture.n_components, len(model.candidates)) == (None, 2, 2)


def test_candidates_of_which_nothing_is_said_have_no_noise_and_no_transform(tmp_path: Path) -> None:
    document = json.loads(CHOSEN.to_json())
    for record in document["candidates"]:
        del record["noise"], record["transform"]
    (tmp_path / "m.json").write_text(json.dumps(document))
    candidates = read_model(str(tmp_path / "m.json")).candidates
    assert [(one.noise, one.transform) for one in candidates] == [(False, "none")] * 2
