"""In Python: tables of any library, and files by their names; results as DataFrames, and as a notebook shows them."""

import importlib.util
import json
import pickle
import pydoc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gmmfit
from gmmfit import ArgumentError, DataError, Mixture, OutputError
from gmmfit.doors import TableInFile
from gmmfit.files.results.output import open_output
from gmmfit.pages import notebook
from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV, HEIGHTS_MODEL, SAMPLES

COLUMNS = {"sex": ["F", "M", "F", "M", "F"], "height": [165.0, 180.5, 160.0, None, 171.5], "n": [1, 2, 3, 4, 5]}
TABLES: dict[str, Any] = {
    "pandas": pd.DataFrame(COLUMNS),
    "polars": pl.DataFrame(COLUMNS),
    "pyarrow": pa.table(COLUMNS),
    "mapping": {name: np.array(values, dtype=object if name == "sex" else float) for name, values in COLUMNS.items()},
    "fields": np.array([(165.0, 1), (180.5, 2), (160.0, 3), (np.nan, 4), (171.5, 5)], [("height", float), ("n", int)]),
}
TWO = Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7], columns="height")


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_of_any_library_keeps_its_names(kind: str) -> None:
    one = gmmfit.fit(TABLES[kind], 1, column="height", row_weights="n")
    assert one.mixture.columns == ("height",)
    assert (one.n, one.n_missing) == (11, 1)
    assert gmmfit.score(TABLES[kind], one).component.tolist() == [1, 1, 1, 0, 1]
    with pytest.raises(DataError, match="the table has 2 numeric columns|no column 'weight'"):
        gmmfit.fit(TABLES[kind], 1)
    with pytest.raises(DataError, match="no column 'weight'"):
        gmmfit.fit(TABLES[kind], 1, column="weight")
    posterior = TWO.posterior(TABLES[kind])
    np.testing.assert_allclose(posterior[[0, 1]], TWO.posterior([165, 180.5]))
    assert np.all(np.isnan(posterior[3]))


def test_a_mixture_takes_the_table_it_was_fitted_to() -> None:
    table = pd.read_csv(FAITHFUL_CSV)
    fitted = gmmfit.fit(table, 2, column=["waiting", "eruptions"], init_method="quantile").mixture
    np.testing.assert_array_equal(fitted.density(table), fitted.density(table[["waiting", "eruptions"]].to_numpy()))
    with pytest.raises(DataError, match="the values have no column 'height'; there are: eruptions, waiting"):
        TWO.density(table)


def test_mixtures_of_the_same_numbers_are_equal() -> None:
    same = Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7], columns="height")
    assert same == TWO
    assert hash(same) == hash(TWO)
    assert Mixture.from_json(TWO.to_json()) == TWO == pickle.loads(pickle.dumps(TWO))
    assert Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7.5], columns="height") != TWO
    assert TWO.with_columns(("h",)) != TWO
    assert TWO != "a mixture"
    noisy = gmmfit.fit([1.0, 2.0, 3.0, 2.5, 2.2, 9.0], 1, noise=True).mixture
    assert noisy != Mixture(noisy.weights / noisy.weights.sum(), noisy.means, noisy.covariances)


def test_files_are_named_as_they_are_in_the_shell() -> None:
    table = pd.read_csv(HEIGHTS_CSV)
    fitted = gmmfit.fit(HEIGHTS_CSV, 2, init=HEIGHTS_MODEL)
    assert fitted.mixture == gmmfit.fit(table, 2, init=HEIGHTS_MODEL).mixture
    assert gmmfit.fit(Path(HEIGHTS_CSV), 2, init_by="sex", max_iter=3).mixture.n_components == 2
    scored = gmmfit.score(HEIGHTS_CSV, HEIGHTS_MODEL, truth="sex")
    assert scored.log_likelihood == gmmfit.score(table, HEIGHTS_MODEL).log_likelihood
    assert gmmfit.simulate(HEIGHTS_MODEL, rows=3, seed=1).values.shape == (3, 1)
    assert gmmfit.plot(HEIGHTS_CSV, HEIGHTS_MODEL, by="sex").axes
    assert gmmfit.fit(SAMPLES / "heights.xlsx", 1).n_rows == 934
    with pytest.raises(ArgumentError, match="`model` is 3; it must be a Mixture, a Fit, or the file of one"):
        gmmfit.score([1.0], 3)
    with pytest.raises(DataError, match="no file 'heigths.csv'"):
        gmmfit.fit("heigths.csv", 2)


def test_a_table_in_a_file_reads_columns_when_they_are_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "t.csv").write_text("s,x,y\na,1,lost\nb,2,1\n,3,2\nc,NA,3\nd,4,4\nTotal,10,5\n")
    table = TableInFile(tmp_path / "t.csv")
    assert len(table) == 3
    assert table["s"].tolist() == ["a", "b", None, "c", "d", "Total"]
    np.testing.assert_array_equal(table["x"], [1, 2, 3, np.nan, 4, 10])
    assert "is the sum of the 4 above" in caplog.text
    with pytest.raises(DataError, match="column 'y' of t.csv has a value that is not a number: 'lost' .line 2."):
        _ = table["y"]
    with pytest.raises(KeyError):
        _ = table["z"]


def test_only_the_columns_that_are_fitted_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = "".join(f"{s},{x},{w},{y}\n" for s, x, w, y in (("a", 1.5, 1, 5), ("b", 2.5, 2, 6), ("c", 3.0, 1, "lost")))
    (tmp_path / "t.csv").write_text("s,x,w,y\n" + rows + "d,4.5,2,7\nTotal,11.5,6,18\n")
    one = gmmfit.fit(tmp_path / "t.csv", 1, column="x", row_weights="w")
    assert caplog.text.count("is the sum of the 4 above") == 2  # of x and of w, and y is not read
    assert one.n == 12
    (tmp_path / "u.csv").write_text("s,x,w\na,1.5,1\nb,2.5,2\nc,NA,3\nd,4.5,1\n")
    assert gmmfit.fit(tmp_path / "u.csv", 1, row_weights="w").mixture.columns == ("x",)
    with pytest.raises(DataError, match="u.csv has 2 numeric columns: choose with --column"):
        gmmfit.fit(tmp_path / "u.csv", 1)


def test_results_are_frames() -> None:
    table = pd.read_csv(HEIGHTS_CSV)
    fitted = gmmfit.fit(table, (1, 2), init_method="quantile")
    components = gmmfit.frame(fitted)
    assert components["mean"].tolist() == fitted.mixture.means.ravel().tolist()
    assert {"se_mean", "low_sd_interval"} <= set(components)
    assert gmmfit.frame(fitted, "history")["loglik"].tolist() == [step.log_likelihood for step in fitted.history]
    assert gmmfit.frame(fitted, "candidates")["bic"].tolist() == [one.bic for one in fitted.candidates]
    [cutoff] = gmmfit.frame(fitted, "cutoffs").to_dict("records")
    assert cutoff["value"] == fitted.cutoffs[0].value
    assert fitted.uncertainty is not None
    assert fitted.uncertainty.cutoffs[0] is not None
    assert cutoff["interval"][0] == fitted.uncertainty.cutoffs[0].low
    scored = gmmfit.score(table, fitted, cdf=True)
    rows = gmmfit.frame(scored)
    assert list(rows) == ["height", "component", "probability", "log_density", "cdf", "p_1", "p_2"]
    np.testing.assert_array_equal(rows["p_1"], scored.posteriors[:, 0])
    drawn = gmmfit.simulate(TWO, rows=5, seed=1)
    assert gmmfit.frame(drawn)["height"].tolist() == drawn.values.ravel().tolist()
    assert gmmfit.frame(TWO)["weight"].tolist() == [0.4, 0.6]
    for result, what in ((fitted, "posteriors"), (TWO, "history"), (scored, "history")):
        with pytest.raises(ArgumentError, match=f"`what` is '{what}'; it must be one of components"):
            gmmfit.frame(result, what)
    nothing: Any = 3
    with pytest.raises(ArgumentError, match="3 is no Fit, Fits, Score, Simulation or Mixture"):
        gmmfit.frame(nothing)


def test_noise_has_its_column_in_a_frame() -> None:
    noisy = gmmfit.fit([1.0, 2.0, 3.0, 2.5, 2.2, 9.0], 1, noise=True)
    assert list(gmmfit.frame(gmmfit.score([1.0], noisy)))[-1] == "p_0"


def test_a_notebook_shows_components_and_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: Any = gmmfit.fit(HEIGHTS_CSV, 2, init=HEIGHTS_MODEL, max_iter=1, tol=0)
    shown = fitted._repr_html_()
    for part in ("fixed_iterations", "<table", "<th>mean</th>", "<svg", "log-likelihood"):
        assert part in shown
    assert fitted._repr_html_() == shown
    two: Any = gmmfit.fit(FAITHFUL_CSV, 1, column=["eruptions", "waiting"])
    assert "<svg" in two._repr_html_()
    assert "<li>" in gmmfit.fit([1.0, 2.0, 4.0], 1)._repr_html_()  # type: ignore[attr-defined]

    def absent() -> None:
        raise OutputError("pictures need matplotlib")

    monkeypatch.setattr(notebook, "figures_module", absent)
    assert "<svg" not in fitted._repr_html_()


@pytest.mark.parametrize("seed", [None, "1", np.random.default_rng(1), -1, 1.5])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ArgumentError, match="`seed` is"):
        gmmfit.fit([1.0, 2.0, 3.0], 1, seed=seed)
    if seed is not None:
        for arguments in ({"means": [0], "sds": [1]}, {"random": True, "components": 2}):
            with pytest.raises(ArgumentError, match="`seed` is .* it must be a whole number, at least 0"):
                gmmfit.simulate(**arguments, seed=seed)


def test_the_package_says_that_it_has_types() -> None:
    found = importlib.util.find_spec("gmmfit")
    assert found is not None
    assert found.origin is not None
    assert (Path(found.origin).parent / "py.typed").exists()


def test_a_model_that_python_writes_is_one_for_the_shell(tmp_path: Path) -> None:
    with open_output(str(tmp_path / "m.json")) as stream:
        stream.write(TWO.to_json().encode())
    assert json.loads((tmp_path / "m.json").read_text())["n_components"] == 2
    assert gmmfit.frame(gmmfit.simulate(tmp_path / "m.json", rows=2, seed=1)).shape == (2, 2)


@pytest.mark.parametrize("function", [gmmfit.fit, gmmfit.score, gmmfit.simulate, gmmfit.plot])
def test_help_begins_with_a_signature_that_fits_a_screen(function: Any) -> None:
    first = pydoc.plain(pydoc.render_doc(function)).splitlines()[2]
    assert first.startswith(f"{function.__name__}(")
    assert len(first) < 80 * 16
