"""Fits of other shapes against references refined in 40 digits: structures, and laws that hold among them."""

import json
from typing import Any

import pytest

from gmmfit import fit
from tests.samples import DATA, columns, needs_shared


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
