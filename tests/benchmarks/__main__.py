"""Measure gmmfit beside scikit-learn, and beside mclust, mlpack and Spark where they are installed, in one run.

`pip install -e . --group dev --group benchmark`, then `python -m tests.benchmarks`: some ten minutes. It prints a
table with each figure, its target, and whether that is met; --json writes the same. --small takes seconds, to show
that everything still runs; its figures mean nothing. --growth adds a table of time and memory by size, which
takes some ten minutes more and 2 GB of disk.
"""

import argparse
import compileall
import json
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

import gmmfit
from tests.benchmarks.commands import by_size, commands, growth
from tests.benchmarks.many import many
from tests.benchmarks.measuring import Figure
from tests.benchmarks.on_workers import on_workers
from tests.benchmarks.passes import partly_known, passes, to_the_peak
from tests.benchmarks.uncertainty import uncertainty

SMALL, SMALL_RUNS = 0.002, 1


def processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor()


def main() -> None:
    """Measure, print the table, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs whose median is taken")
    parser.add_argument("--small", action="store_true", help="tiny tables, one run")
    parser.add_argument("--growth", action="store_true", help="also time and memory by rows, components and columns")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    scale, runs = (SMALL, SMALL_RUNS) if options.small else (1.0, options.runs)

    # As pip does when it installs: what the others run is compiled already.
    compileall.compile_dir(str(Path(gmmfit.__file__).parent), quiet=1)
    libraries = {name: version(name) for name in ("gmmfit", "numpy", "pandas", "scikit-learn")}
    machine = f"{processor()}, {platform.system()}, Python {platform.python_version()}"
    print(f"{machine}; " + ", ".join(f"{name} {number}" for name, number in libraries.items()))
    print("\n| | figure | target | met | |\n|---|---|---|---|---|", flush=True)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for measured in (
            passes(runs, scale),
            commands(folder, runs, scale),
            growth(folder, runs, scale),
            to_the_peak(runs, scale),
            partly_known(runs, scale),
            uncertainty(runs, scale),
            many(folder, runs, scale),
            on_workers(folder, runs, scale),
        ):
            for figure in measured:
                figures.append(figure)
                print(figure.row(), flush=True)
        if options.growth:
            print()
            for line in by_size(folder, scale):
                print(line, flush=True)
    if options.json is not None:
        document = {"machine": machine, "libraries": libraries, "figures": [figure.record() for figure in figures]}
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
