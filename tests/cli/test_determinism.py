"""The same command gives the same bytes whatever the surroundings, and ten digits on every processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.samples import FAITHFUL_CSV, HEIGHTS_CSV

FIT, TWO = ["fit", FAITHFUL_CSV, "--starts", "40"], ["-c", "eruptions,waiting"]
COMMANDS = [
    [*FIT, *TWO, "-k", "1-3", "-o", "fit.json", "--plot", "fit.svg"],
    [*FIT, "-c", "waiting", "-k", "2", "-o", "fit.xlsx", "--history", "history.csv", "-q"],
    ["score", FAITHFUL_CSV, "-m", "fit.json", "--posteriors", "-o", "scored.csv"],
    ["simulate", "-m", "fit.json", "-n", "1000", "--seed", "5", "-o", "drawn.csv"],
    ["plot", FAITHFUL_CSV, "-m", "fit.json", "--kind", "density", "-o", "density.pdf"],
]
FITS = [
    [*FIT, "-c", "waiting", "-k", "3", "-o", "1.json"],
    [*FIT, *TWO, "-k", "2", "-o", "2.json"],
    [*FIT, *TWO, "-k", "3", "--covariance", "tied", "-o", "3.json"],
    ["fit", HEIGHTS_CSV, "-c", "height", "-k", "4", "--starts", "40", "-o", "4.json"],
    ["fit", HEIGHTS_CSV, "-c", "height", "--init-means", "150,180", "-o", "5.json"],
]
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
# Products of matrices as old processors take them, and elementary functions, in the words of several numpys.
OTHER_PROCESSORS = [
    {"OPENBLAS_CORETYPE": "Nehalem"},
    {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"},
    {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_ICL AVX512_SPR X86_V4 X86_V3",
    },
]
PROGRAM = """
import json, sys
from gmmfit.cli.main import run
sys.exit(any([run(command) for command in json.loads(sys.argv[1])]))
"""


def made(folder: Path, surroundings: dict[str, str], commands: list[list[str]]) -> dict[str, bytes]:
    """The files that commands write in a folder, run in some surroundings, one after the other in one process."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(commands)],
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


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The fits on this processor."""
    return made(tmp_path_factory.mktemp("usual") / "fits", {}, FITS)


@pytest.mark.parametrize("processor", OTHER_PROCESSORS, ids=lambda around: "+".join(around))
def test_another_processor_gives_ten_digits(usual: dict[str, bytes], processor: dict[str, str], tmp_path: Path) -> None:
    other = made(tmp_path / "fits", processor, FITS)
    for name, document in usual.items():
        one, like = json.loads(document), json.loads(other[name])
        for these, those in zip(one["components"], like["components"], strict=True):
            for part in ("weight", "mean", "sd", "covariance"):
                np.testing.assert_allclose(these[part], those[part], rtol=1e-10)
                errors = (these["standard_errors"][part], those["standard_errors"][part])
                np.testing.assert_allclose(*errors, rtol=1e-10, err_msg=f"{name} {part}")
        for part in ("loglik", "bic", "icl", "misclassified", "iterations"):
            assert one["fit"][part] == pytest.approx(like["fit"][part], rel=1e-10), (name, part)
