"""The sample data, and the reference tables: beside the repository, where there are any."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmmfit.arrays import Array

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"
SHARED = ROOT.parent / "shared"
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


def references() -> list[dict[str, Any]]:
    """The reference fits; none where they are not here."""
    path = SHARED / "data" / "reference.json"
    return json.loads(path.read_text()) if path.exists() else []
