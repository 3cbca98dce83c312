"""Several models on the same rows."""

import json
from pathlib import Path

import pytest

from gmmfit import ArgumentError, Mixture, fit, score
from gmmfit.arrays import Array
from gmmfit.files.results.comparison import check_comparable, warn_of_other_rows, write_comparison
from gmmfit.files.results.models import Model, read_model
from tests.builders import written_by
from tests.samples import WAITING

TWO = Mixture.from_sds([0.4, 0.6], [55, 80], [6, 6], columns="waiting")


def model_of(path: Path, values: Array, rounded: float | None = None) -> Model:
    """A fit written and read again."""
    path.write_text(fit(values, 2, rounded=rounded).to_json())
    return read_model(str(path))


def test_differences_are_to_the_best_of_each_criterion() -> None:
    scores = [score(WAITING, fit(WAITING, k)) for k in (1, 2, 3)]
    records = json.loads(written_by(write_comparison, list("abc"), scores, "json"))
    assert [record["model"] for record in records] == ["a", "b", "c"]
    for name in ("aic", "bic"):
        values = [record[name] for record in records]
        assert [record[f"{name}_difference"] for record in records] == [value - min(values) for value in values]


def test_without_the_number_of_parameters_there_are_no_criteria() -> None:
    scores = [score(WAITING, TWO), score(WAITING, fit(WAITING, 2))]
    [header, *_] = written_by(write_comparison, ["a", "b"], scores, "csv").decode().splitlines()
    assert header == "model,n,loglik,mean_loglik"


def test_a_model_of_other_rows_is_told_from_one_of_these(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own, other = model_of(tmp_path / "own.json", WAITING), model_of(tmp_path / "other.json", WAITING[:200])
    for model, n_warnings in ((own, 0), (other, 1), (Model(TWO), 1)):
        warn_of_other_rows("m.json", model, score(WAITING, model.mixture))
        assert caplog.text.count("was fitted to other rows") == n_warnings


def test_models_of_other_columns_or_of_rows_recorded_otherwise_are_not_compared(tmp_path: Path) -> None:
    plain, rounded = (model_of(tmp_path / "m.json", WAITING, step) for step in (None, 1.0))
    check_comparable([plain, plain])
    with pytest.raises(ArgumentError, match="recorded differently"):
        check_comparable([plain, rounded])
    with pytest.raises(ArgumentError, match="models of x and of y can't be compared"):
        check_comparable([Model(TWO, ("x",)), Model(TWO, ("y",))])
