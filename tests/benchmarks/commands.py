"""Whole commands, from the shell: against reading the file alone, against others' scripts, as rows grow."""

import importlib.util
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gmmfit.fitting.settings import ALL
from tests.benchmarks.measuring import GMMFIT, Figure, in_alternation, program, ran
from tests.benchmarks.passes import overlapping
from tests.samples import SAMPLES

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

MCLUST_MODELS = """
suppressMessages(library(mclust))
x <- read.csv(commandArgs(TRUE)[1])
print(Mclust(x[, c("eruptions", "waiting")], G = 1:9, verbose = FALSE)$BIC)
"""
OLD_FAITHFUL = SAMPLES / "old_faithful.csv"


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
        at_most=1.5,
        detail=f"{ours:.2f} s and {reading:.2f} s; the scikit-learn script {theirs:.2f} s",
    )
    fit_few = [*GMMFIT, "fit", few, "-k", "2"]
    script = "a pandas + scikit-learn script"
    yield against(f"whole command on 1,000 rows, against {script}", runs, fit_few, program(SCIKIT_LEARN, few))
    if shutil.which("Rscript") is not None:
        (folder / "mclust.R").write_text(MCLUST)
        theirs_in_r: list[str | Path] = ["Rscript", folder / "mclust.R", few]
        yield against("whole command on 1,000 rows, against Rscript with mclust", runs, fit_few, theirs_in_r, 1.1)
    if importlib.util.find_spec("mlpack") is not None:
        script = "a pandas + mlpack script"
        yield against(f"whole command on 1,000 rows, against {script}", runs, fit_few, program(MLPACK, few))
    shown = [*GMMFIT, "--help"]
    yield against("gmmfit --help, against importing click", max(runs, 5), shown, program("import click"), 1.5)
    yield from comparisons(folder, runs, scale)


def comparisons(folder: Path, runs: int, scale: float) -> Iterator[Figure]:
    """Many models of one small table, beside mclust's comparison of its own fourteen."""
    largest = 9 if scale == 1 else 2
    several = [*GMMFIT, "fit", OLD_FAITHFUL, "-c", "eruptions,waiting", "-k", f"1-{largest}", "-q"]
    structures = ["--covariance", ALL]
    if shutil.which("Rscript") is None:
        return
    (folder / "models.R").write_text(MCLUST_MODELS)
    theirs: list[str | Path] = ["Rscript", folder / "models.R", OLD_FAITHFUL]
    what = f"1 to {largest} components of 272 rows in two columns"
    yield against(f"{what}, against mclust's comparison of 14 models", runs, several, theirs, 3)
    yield against(f"{what}, in all fourteen structures, against the same", runs, [*several, *structures], theirs, 10)


def against(
    what: str, runs: int, ours: Sequence[str | Path], theirs: Sequence[str | Path], at_most: float | None = None
) -> Figure:
    """The time of one command as a multiple of another's."""
    first, second = in_alternation(runs, lambda: ran(ours).seconds, lambda: ran(theirs).seconds)
    return Figure(what, first / second, " ×", at_most=at_most, detail=f"{first:.3g} s and {second:.3g} s")


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
            at_most=10,
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
    grid = [(n, k, 1) for k in (2, 4, 8, 16, 32)] + [(n, 2, d) for d in (2, 4, 8, 16, 32, 64)]
    grid += [(n, 4, 4), (10 * n, 4, 4), (10 * n, 2, 1), (100 * n, 2, 1), (1000 * n, 2, 1)]
    yield "| rows | components | columns | seconds | peak memory, MB | the same with `--chunk-rows` |"
    yield "|---:|---:|---:|---:|---:|---:|"
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
        command: list[str | Path] = [*GMMFIT, "fit", path, "-c", names, "-k", str(k), "-q"]
        took, in_chunks = ran(command), ""
        if rows >= 10 * n:
            again = ran([*command, "--chunk-rows", "100000"])
            in_chunks = f"{again.seconds:.2f}, {again.bytes / 1e6:.0f}"
        path.unlink()
        yield f"| {rows:,} | {k} | {d} | {took.seconds:.2f} | {took.bytes / 1e6:.0f} | {in_chunks} |"
