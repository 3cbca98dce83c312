"""Whole commands, from the shell: against reading the file alone, against others' scripts, as rows grow."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.measuring import GMMFIT, Figure, in_alternation, program, ran
from tests.benchmarks.passes import overlapping

READ = "import pandas, sys; pandas.read_csv(sys.argv[1])"
SCIKIT_LEARN = """
import pandas, sys
from sklearn.mixture import GaussianMixture
x = pandas.read_csv(sys.argv[1])[["height"]]
model = GaussianMixture(2, random_state=0).fit(x)
print(model.weights_, model.means_, model.covariances_)
"""
MLPACK = """
import pandas, sys
from mlpack import gmm_train
x = pandas.read_csv(sys.argv[1])[["height"]].to_numpy()
gmm_train(input_=x, gaussians=2, seed=1)
"""
MCLUST = """
suppressMessages(library(mclust))
x <- read.csv(commandArgs(TRUE)[1])
print(Mclust(x$height, G = 2, modelNames = "V", verbose = FALSE)$parameters)
"""


def table(folder: Path, n: int) -> Path:
    """A CSV of so many overlapping rows."""
    path = folder / f"{n}.csv"
    if not path.exists():
        with path.open("w") as stream:
            stream.write("height\n")
            for seed, start in enumerate(range(0, n, 10**6)):
                stream.writelines(f"{value!r}\n" for value in overlapping(min(10**6, n - start), seed).tolist())
    return path


def commands(folder: Path, runs: int, scale: float) -> Iterator[Figure]:
    """Whole commands beside those of others."""
    many, few = table(folder, int(10**6 * scale)), table(folder, 1000)
    ours, reading, theirs = in_alternation(
        runs,
        lambda: ran([*GMMFIT, "fit", many, "-k", "2"]).seconds,
        lambda: ran(program(READ, many)).seconds,
        lambda: ran(program(SCIKIT_LEARN, many)).seconds,
    )
    yield Figure(
        f"whole command on a CSV of {int(10**6 * scale):,} rows, against pandas.read_csv alone",
        ours / reading,
        " ×",
        at_most=2,
        detail=f"{ours:.2f} s and {reading:.2f} s; the scikit-learn script {theirs:.2f} s",
    )
    ours, theirs = in_alternation(
        runs,
        lambda: ran([*GMMFIT, "fit", few, "-k", "2"]).seconds,
        lambda: ran(program(SCIKIT_LEARN, few)).seconds,
    )
    yield Figure(
        "whole command on 1,000 rows, against a pandas + scikit-learn script",
        ours / theirs,
        " ×",
        at_most=0.35,
        detail=f"{ours:.2f} s and {theirs:.2f} s",
    )
    yield from _others(folder, few, runs)
    shown, imported = in_alternation(
        max(runs, 5),
        lambda: ran([*GMMFIT, "--help"]).seconds,
        lambda: ran(program("import click")).seconds,
    )
    yield Figure(
        "gmmfit --help, against importing click",
        shown / imported,
        " ×",
        at_most=1.6,
        detail=f"{shown * 1e3:.0f} ms and {imported * 1e3:.0f} ms",
    )


def _others(folder: Path, few: Path, runs: int) -> Iterator[Figure]:
    """The same fit by R's mclust and by mlpack, where they are installed."""
    script = folder / "mclust.R"
    script.write_text(MCLUST)
    if shutil.which("Rscript") is not None:
        ours, theirs = in_alternation(
            runs,
            lambda: ran([*GMMFIT, "fit", few, "-k", "2"]).seconds,
            lambda: ran(["Rscript", script, few]).seconds,
        )
        yield Figure(
            "whole command on 1,000 rows, against Rscript with mclust",
            ours / theirs,
            " ×",
            at_most=2,
            detail=f"{ours:.2f} s and {theirs:.2f} s",
        )
    if importlib.util.find_spec("mlpack") is not None:
        ours, theirs = in_alternation(
            runs,
            lambda: ran([*GMMFIT, "fit", few, "-k", "2"]).seconds,
            lambda: ran(program(MLPACK, few)).seconds,
        )
        yield Figure(
            "whole command on 1,000 rows, against a pandas + mlpack script",
            ours / theirs,
            " ×",
            detail=f"{ours:.2f} s and {theirs:.2f} s",
        )


def growth(folder: Path, runs: int, scale: float) -> Iterator[Figure]:
    """Time and memory as rows, components and columns grow."""
    sizes = [int(n * scale) for n in (10**5, 10**6, 10**7)]
    paths = [table(folder, n) for n in sizes]
    empty = ran(program("import pandas, gmmfit.fitting.fit")).bytes
    whole = [[ran([*GMMFIT, "fit", path, "-k", "2"]) for path in paths] for _ in range(runs)]
    times = [float(np.median([one[i].seconds for one in whole])) for i in range(3)]
    for i in (1, 2):
        yield Figure(
            f"whole command, {sizes[i]:,} rows against {sizes[i - 1]:,}",
            times[i] / times[i - 1],
            " ×",
            at_most=11,
            detail=f"{times[i]:.2f} s and {times[i - 1]:.2f} s",
        )
    column = sizes[2] * 8
    yield Figure(
        f"peak memory above the empty program, {sizes[2]:,} rows, in the column's bytes",
        (whole[0][2].bytes - empty) / column,
        " ×",
        at_most=3,
        detail=f"{(whole[0][2].bytes - empty) / 1e6:.0f} MB",
    )
    chunks = [ran([*GMMFIT, "fit", path, "-k", "2", "-q", "--chunk-rows", "100000"]) for path in paths[1:]]
    yield Figure(
        f"peak memory with --chunk-rows, {sizes[2]:,} rows against {sizes[1]:,}",
        chunks[1].bytes / chunks[0].bytes,
        " ×",
        at_most=1.2,
        detail=f"{chunks[1].bytes / 1e6:.0f} MB and {chunks[0].bytes / 1e6:.0f} MB, the program itself included; "
        f"{chunks[1].seconds:.2f} s",
    )


def by_size(folder: Path, scale: float) -> Iterator[str]:
    """Rows of a table of whole fits of simulated rows: time and peak memory by rows, components and columns."""
    n = int(10**5 * scale)
    grid = [(n, k, 1) for k in (2, 4, 8, 16)] + [(n, 2, d) for d in (2, 4, 8, 16, 32)]
    grid += [(n, 4, 4), (10 * n, 2, 1), (10 * n, 4, 4), (100 * n, 2, 1)]
    yield "| rows | components | columns | seconds | peak memory, MB |"
    yield "|---:|---:|---:|---:|---:|"
    for rows, k, d in grid:
        names = ",".join(f"x{i}" for i in range(d))
        path = folder / f"{rows}-{k}-{d}.csv"
        drawn: list[str | Path] = [
            "simulate",
            "--random",
            "-k",
            str(k),
            "-c",
            names,
            "-n",
            str(rows),
            "--seed",
            "1",
            "-q",
            "-o",
            path,
        ]
        ran([*GMMFIT, *drawn])
        took = ran([*GMMFIT, "fit", path, "-c", names, "-k", str(k), "-q"])
        path.unlink()
        yield f"| {rows:,} | {k} | {d} | {took.seconds:.2f} | {took.bytes / 1e6:.0f} |"
