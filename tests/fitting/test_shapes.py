"""Fits of other shapes against references refined in 40 digits: structures, and laws that hold among them."""

import json
from itertools import product
from typing import Any

import numpy as np
import pytest

from gmmfit import ArgumentError, DataError, Mixture, fit, score
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.stored.chunks import Chunks
from gmmfit.model.transform import Transform
from tests.samples import DATA, WAITING, columns, needs_shared


def shapes(name: str) -> list[dict[str, Any]]:
    """The reference fits of a file; none where they are not here."""
    path = DATA / "multi" / name
    return json.loads(path.read_text()) if path.exists() else []


def data_of(one: dict[str, Any]) -> dict[str, Any]:
    """The table of a reference fit and its columns, as `gmmfit.fit` takes them."""
    path = DATA / "multi" / one["table"]
    path = path if path.exists() else DATA / one["table"]
    names = one["data"]["columns"]
    return {"data": columns(path, names), "column": names}


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("one", shapes("structures.json"), ids=lambda one: one["name"])
def test_each_structure_reaches_the_best_peak_known(one: dict[str, Any]) -> None:
    result = fit(**data_of(one), components=one["k"], covariance=one["model"])
    assert result.log_likelihood >= one["loglik"] - 1e-6 * abs(one["loglik"])
    assert result.n_parameters == one["df"]
    assert result.converged
    assert result.standard_errors is not None


@needs_shared
@pytest.mark.parametrize("one", shapes("transform.json"), ids=lambda one: one["name"])
def test_each_transformed_column_reaches_the_best_peak_known(one: dict[str, Any]) -> None:
    options = {"components": one["k"], "covariance": one["covariance"], "transform": one["data"]["transform"]}
    result = fit(**data_of(one), **options)
    if "loglik" in one:
        assert result.log_likelihood >= one["loglik"] - 1e-6 * abs(one["loglik"])
        assert result.n_parameters == one["n_parameters"]
    # What is above the best sound peak says what is thin.
    above = result.log_likelihood > one.get("loglik", -np.inf) + 1e-3
    assert any("thin" in warning for warning in result.warnings) or not above


def test_flexmix_has_the_same_log_normal_waiting_times() -> None:
    assert fit(WAITING, 2, transform="log").log_likelihood == pytest.approx(-1032.710, abs=5e-4)


@pytest.mark.parametrize("name", ["log", "log10", "log1p", "sqrt", "logit", "asinh:40"])
def test_a_transform_is_a_fit_of_the_written_values_with_the_jacobian(name: str) -> None:
    one, values = Transform.named(name), WAITING / 100 if name == "logit" else WAITING
    written, under = fit(one.apply(values), 2), fit(values, 2, transform=name)
    np.testing.assert_allclose(under.mixture.means, written.mixture.means, rtol=1e-12)
    jacobian = float(one.log_slope(values).sum())
    assert under.log_likelihood == pytest.approx(written.log_likelihood + jacobian, rel=1e-12)
    assert under.log_likelihood == pytest.approx(under.mixture.log_density(values).sum(), rel=1e-12)
    assert score(values, under).log_likelihood == pytest.approx(under.log_likelihood, rel=1e-12)
    assert under.standard_errors is not None
    assert written.standard_errors is not None
    np.testing.assert_allclose(under.standard_errors.means, written.standard_errors.means, rtol=1e-9)


def test_repeats_weights_and_chunks_are_transformed_alike() -> None:
    plain = fit(WAITING, 2, transform="log")
    twice = fit(WAITING, 2, transform="log", row_weights=np.full(len(WAITING), 2))
    assert twice.log_likelihood == pytest.approx(2 * plain.log_likelihood, rel=1e-12)
    with Chunks(("x",), chunk_rows=100) as chunks:
        chunks.append(Rows(WAITING[:, None], equal_weights(len(WAITING)), ("x",)))
        assert fit(chunks, 2, transform="log").log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)


def test_intervals_limits_windows_and_gaps_go_with_transforms() -> None:
    logs = np.log(WAITING)
    width = 1e-5
    plain = fit(WAITING, 2, transform="log")
    narrow = fit(WAITING, 2, transform="log", interval=(WAITING - width / 2, WAITING + width / 2))
    np.testing.assert_allclose(narrow.mixture.means, plain.mixture.means, rtol=1e-6)
    assert narrow.log_likelihood == pytest.approx(plain.log_likelihood + len(WAITING) * np.log(width), abs=1e-4)
    below = np.where(WAITING < 50, "<50", WAITING.astype(str)).astype(object)
    limits = fit(below, 2, transform="log", censored=True)
    written = fit(logs, 2, interval=(np.where(WAITING < 50, np.nan, logs), np.where(WAITING < 50, np.log(50), logs)))
    np.testing.assert_allclose(limits.mixture.means, written.mixture.means, rtol=1e-9)
    window = fit(WAITING, 2, transform="log", truncated=(40, 100))
    of_logs = fit(logs, 2, truncated=(np.log(40), np.log(100)))
    np.testing.assert_allclose(window.mixture.means, of_logs.mixture.means, rtol=1e-9)
    with pytest.raises(ArgumentError, match="`errors` are those of the columns"):
        fit(WAITING, 2, transform="log", errors=1.0)


def test_several_transforms_are_compared_by_one_criterion() -> None:
    compared = fit(WAITING, [1, 2], transform="none/log/sqrt")
    assert [(one.transform, one.components) for one in compared.candidates] == list(
        product(["none", "log", "sqrt"], [1, 2])
    )
    for one in compared.candidates:
        alone = fit(WAITING, one.components, transform=one.transform)
        assert alone.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)


def test_a_value_without_a_logarithm_is_named_with_what_to_do() -> None:
    with pytest.raises(
        DataError, match="column '1' has a value that has no logarithm: 0 in data row 3; `transform` log1p"
    ):
        fit([1.0, np.nan, 0.0, 5.0, 2.0], 1, transform="log")
    with pytest.raises(DataError, match="2 values that have no logarithm, such as -1 in data row 1; `transform` asinh"):
        fit([-1.0, -2.0, 3.0], 1, transform="log1p")
    assert fit([-1.0, -2.0, 3.0], 1, transform="asinh").converged
    with pytest.raises(
        DataError, match=r"no logit, such as 50 in data row 1; the model is of logit\(1\): leave such rows out"
    ):
        score([50.0, 60.0], Mixture(np.ones(1), np.zeros(1), np.ones(1), ("x",), transform=("logit",)))


def test_inits_are_those_of_the_transformed_column() -> None:
    begun = fit(WAITING, transform="log", init_means=[4, 4.4], init_sds=[0.1, 0.1], init_weights=[0.4, 0.6])
    assert begun.mixture.means.max() < 5
    again = fit(WAITING, transform="log", init=begun)
    assert again.log_likelihood == pytest.approx(begun.log_likelihood, abs=1e-6)
    with pytest.raises(ArgumentError, match="the init is of columns with `transform` log"):
        fit(WAITING, init=begun)


def test_a_note_names_the_logarithm_where_it_gains_more_than_a_component() -> None:
    rng = np.random.default_rng(5)
    skewed = np.exp(rng.normal(0, 0.8, 400))
    assert any("Try `transform` log" in warning for warning in fit(skewed, 1).warnings)
    assert not any("transform" in warning for warning in fit(skewed, 1, transform="log").warnings)
    assert not any("transform" in warning for warning in fit(rng.normal(9, 1, 400), 1).warnings)
    better = fit(skewed, 1, transform="log").log_likelihood - fit(skewed, 1).log_likelihood
    assert f"{better:.4g} higher" in "".join(fit(skewed, 1).warnings)
