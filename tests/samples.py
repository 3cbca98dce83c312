"""The tables that tests look at: the sample data, rows drawn for the E step, and references where there are any."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.simulate import random_mixture

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the reference tables are not here")


def column(path: Path, name: str) -> Array:
    """A numeric column of a CSV, its missing values left out."""
    with path.open(newline="") as stream:
        cells = [row[name] for row in csv.DictReader(stream)]
    return np.array([float(cell) for cell in cells if cell not in ("", "NA")])


def columns(path: Path, names: list[str]) -> dict[str, Array]:
    """Numeric columns of a CSV, NaN where missing."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        name: np.array([float(row[name]) if row[name] not in ("", "NA") else np.nan for row in rows]) for name in names
    }


# The tables of sample_data, and what most tests take from them.
HEIGHTS_CSV, FAITHFUL_CSV, HEIGHTS_MODEL = (
    str(SAMPLES / name) for name in ("heights.csv", "old_faithful.csv", "heights_model.json")
)
HEIGHTS = column(SAMPLES / "heights.csv", "height")
FAITHFUL = columns(SAMPLES / "old_faithful.csv", ["eruptions", "waiting"])
WAITING = FAITHFUL["waiting"]


# Both columns of Old Faithful as an array.
FAITHFUL_ROWS = np.column_stack(list(FAITHFUL.values()))


# One column, nothing held, and a floor far below what is looked at.
FREE = Constraints(STRUCTURES["full"], Fixed(), Floor(np.array([[1e-4]])))


def references() -> list[dict[str, Any]]:
    """The reference fits; none where they are not here."""
    path = DATA / "reference.json"
    return json.loads(path.read_text()) if path.exists() else []


def name_of(one: dict[str, Any]) -> str:
    """A reference fit in a word: its table, columns, K and structure."""
    return f"{one['table']}-{','.join(one['columns'])}-{one['k']}-{one['covariance']}"


def table_of(one: dict[str, Any]) -> dict[str, Any]:
    """The table of a reference fit with its columns, structure and row weights, as `gmmfit.fit` takes them."""
    weights = one.get("row_weights")
    table = columns(DATA / one["table"], [*one["columns"], *([weights] if weights else [])])
    return {"data": table, "column": one["columns"], "covariance": one["covariance"], "row_weights": weights}


def normal_rows(n: int, d: int, weighted: bool) -> Rows:
    """Standard normal rows."""
    rng = np.random.default_rng(n + d)
    weights = rng.uniform(0.5, 2, n) if weighted else equal_weights(n)
    return Rows(np.asfortranarray(rng.normal(size=(n, d))), weights, tuple(f"x{i}" for i in range(d)))


def mixtures_of_normal_rows(k: int, d: int, n: int = 1) -> Batch:
    """Mixtures whose components are among standard normal rows."""
    columns = tuple(f"x{i}" for i in range(d))
    stack = Batch.of([random_mixture(k, columns, seed) for seed in range(n)])
    return Batch(stack.weights, stack.means / 5, stack.covariances / 2 + np.eye(d) / 20, columns)
