"""The same command gives the same bytes whatever the surroundings; in one column ten digits on other processors too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.data_files import SAMPLES

FAITHFUL = str(SAMPLES / "old_faithful.csv")
COMMANDS = [
    ["fit", FAITHFUL, "-c", "eruptions,waiting", "-k", "1-3", "-o", "fit.json", "--plot", "fit.svg"],
    ["fit", FAITHFUL, "-c", "waiting", "-k", "2", "-o", "fit.xlsx", "--history", "history.csv", "-q"],
    ["score", FAITHFUL, "-m", "fit.json", "--posteriors", "-o", "scored.csv"],
    ["simulate", "-m", "fit.json", "-n", "1000", "--seed", "5", "-o", "drawn.csv"],
    ["plot", FAITHFUL, "-m", "fit.json", "--kind", "density", "-o", "density.pdf"],
]
ONE_COLUMN = ["fit", FAITHFUL, "-c", "waiting", "-k", "1-3", "-o", "fit.json"]
SURROUNDINGS = [
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "60"},
    {
        "PYTHONHASHSEED": "2",
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Asia/Kathmandu",
        "OPENBLAS_NUM_THREADS": "4",
        "COLUMNS": "200",
    },
]
OTHER_PROCESSORS = [
    {"OPENBLAS_CORETYPE": "Nehalem"},
    {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"},
]


def made(folder: Path, surroundings: dict[str, str], commands: list[list[str]]) -> dict[str, bytes]:
    """The files that commands write in a folder, run in some surroundings."""
    folder.mkdir()
    for command in commands:
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "gmmfit", *command],
            cwd=folder,
            env={**os.environ, **surroundings},
            capture_output=True,
            check=True,
        )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_surroundings_change_no_byte(tmp_path: Path) -> None:
    one, other = (made(tmp_path / str(i), around, COMMANDS) for i, around in enumerate(SURROUNDINGS))
    assert len(one) == 7
    assert one == other


@pytest.mark.parametrize("processor", OTHER_PROCESSORS, ids=lambda around: next(iter(around)))
def test_another_processor_gives_ten_digits_of_one_column(processor: dict[str, str], tmp_path: Path) -> None:
    usual, other = (
        json.loads(made(tmp_path / str(i), around, [ONE_COLUMN])["fit.json"])
        for i, around in enumerate(({}, processor))
    )
    for one, like in zip(usual["components"], other["components"], strict=True):
        for name in ("weight", "mean", "sd", "covariance"):
            np.testing.assert_allclose(one[name], like[name], rtol=1e-10)
    assert usual["fit"]["loglik"] == pytest.approx(other["fit"]["loglik"], rel=1e-12)
