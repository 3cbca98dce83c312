"""Parts of a table on the workers of a cluster, beside the table in memory, and beside Spark where it is installed."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median

import numpy as np
import pandas as pd

from tests.benchmarks.measuring import Figure, program, ran

PARTS, ROWS = 10, 1_000_000

# With one start, its own tolerance and at most a hundred iterations.
SPARK = """
import sys
from pyspark.ml.clustering import GaussianMixture
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession

session = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g").getOrCreate()
*columns, = sys.argv[2].split(",")
table = VectorAssembler(inputCols=columns, outputCol="features").transform(session.read.parquet(sys.argv[1]))
GaussianMixture(k=2, seed=0).fit(table.select("features").cache())
"""


def on_workers(folder: Path, runs: int, scale: float) -> Iterator[Figure]:
    """Two components of one column and of four, with one worker and with two."""
    parts, n = folder / "parts", max(1000, int(ROWS * scale))
    parts.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PARTS):
        is_first = rng.random((n, 1)) < 0.4
        values = np.where(is_first, rng.normal([165, 60, 0, 0], [6, 8, 1, 1], (n, 4)),
                          rng.normal([177, 80, 2, 1], [7, 9, 1, 2], (n, 4)))  # fmt: skip
        pd.DataFrame(values, columns=list("abcd")).to_parquet(parts / f"part-{number:03d}.parquet")
    command = program(
        "from gmmfit.__main__ import main; main()", "fit", parts, "-k", "2", "-q", "-o", folder / "f.json"
    )
    ways = {"in memory": [], "1 worker": ["--dask", "--jobs", "1"], "2 workers": ["--dask", "--jobs", "2"]}
    for columns in ("a", "a,b,c,d"):
        times = {
            way: median(ran([*command, "-c", columns, *options]).seconds for _ in range(runs))
            for way, options in ways.items()
        }
        d = len(columns.split(","))
        what = f"{PARTS * n:,} rows of {d} column{'s' if d > 1 else ''} in {PARTS} parts, "
        detail = ", ".join(f"{way} {taken:.2f} s" for way, taken in times.items())
        yield Figure(f"{what}1 worker against in memory", times["1 worker"] / times["in memory"], " ×", detail=detail)
        yield Figure(f"{what}2 workers against 1", times["2 workers"] / times["1 worker"], " ×")
        if find_spec("pyspark") is not None and which("java") is not None:
            theirs = ran(program(SPARK, parts, columns)).seconds
            yield Figure(f"{what}Spark against 2 workers", theirs / times["2 workers"], " ×", detail=f"{theirs:.1f} s")
