"""Many fits: a column each, beside one fit at a time in a program of its own, and beside scikit-learn with joblib."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from gmmfit import fit
from tests.benchmarks.measuring import Figure, program, ran, seconds

COLUMNS, ROWS = 2000, 500
# Fits by themselves, of which the median is taken, and programs that a loop of a shell would start.
ALONE, LOOPED = 20, 5

# K of one and two by BIC, as many starts as scikit-learn needs to find the peak of most columns.
SCIKIT_LEARN = """
import sys
import joblib
import pandas
from sklearn.mixture import GaussianMixture

def best(column):
    fits = [GaussianMixture(k, n_init=10, random_state=0).fit(column) for k in (1, 2)]
    return min(fits, key=lambda one: one.bic(column))

table = pandas.read_csv(sys.argv[1])
joblib.Parallel(n_jobs=-1)(joblib.delayed(best)(table[[name]].to_numpy()) for name in table)
"""


def many(folder: Path, runs: int, scale: float) -> Iterator[Figure]:
    """The columns of a table, each with one component or two."""
    n, cores = max(4, int(COLUMNS * scale)), os.cpu_count() or 1
    rng = np.random.default_rng(0)
    apart = rng.uniform(0, 5, n)
    columns = {
        f"gene_{i}": np.where(rng.random(ROWS) < 0.4, rng.normal(distance, 1.5, ROWS), rng.normal(0, 1, ROWS))
        for i, distance in enumerate(apart)
    }
    path = folder / "genes.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    first = list(columns.values())[:ALONE]
    alone = float(np.median([seconds(partial(fit, values, [1, 2])) for values in first]))
    command = program("from gmmfit.__main__ import main; main()", "fit", path)
    whole = ran([*command, "--each", "-k", "1-2", "-q", "-o", folder / "fits.csv"])
    by_cores = alone * n / cores
    yield Figure(
        f"{n} columns of {ROWS} rows, one or two components, against one fit times as many by {cores} cores",
        whole.seconds / by_cores,
        " ×",
        at_most=1.3,
        detail=f"{whole.seconds:.1f} s, {1000 * whole.seconds * cores / n:.0f} ms a fit and core",
    )
    yield Figure(f"memory of the program that starts them, {n} columns", whole.bytes / 1e6, " MB", at_most=500)
    loop = [
        ran([*command, "-c", name, "-k", "1-2", "-q", "-o", folder / "one.json"]).seconds
        for name in [*columns][:LOOPED]
    ]
    yield Figure(
        "a loop of a shell, a fit after the other, against that", float(np.median(loop)) * n / whole.seconds, " ×"
    )
    theirs = ran(program(SCIKIT_LEARN, path)).seconds
    yield Figure("scikit-learn with joblib, ten starts each, against that", theirs / whole.seconds, " ×")
