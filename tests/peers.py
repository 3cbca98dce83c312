"""gmmfit's log-likelihoods beside the best known, and beside what other programs return by default.

Run as `python -m tests.peers`, with the reference tables at hand; `--seeds 20` shows the lowest of so many seeds.
The numbers of scikit-learn 1.9.1 (the median of its seeds) and mclust 6.0.0 were recorded. mlpack and mixtools are run
on tables of one column where they are installed, with `--others`, and the median of five seeds is taken.
"""

import argparse
import importlib.util
import json
import logging
import math
import shutil
import statistics
import subprocess
from typing import Any

import numpy as np

from gmmfit import Fit, fit
from gmmfit.arrays import Array
from tests.samples import DATA, column, references, table_of

# Log-likelihood below the best known from which on a fit has fallen short: a factor of 1.1 in the likelihood.
SHORT = 0.1
SEEDS = range(1, 6)
MIXTOOLS = """
suppressMessages(library(mixtools))
lines <- readLines("stdin"); settings <- scan(text = lines[1], quiet = TRUE); x <- scan(text = lines[2], quiet = TRUE)
for (seed in 1:settings[2]) {
  set.seed(seed); invisible(capture.output(fit <- normalmixEM(x, k = settings[1]))); cat(fit$loglik, "")
}
"""


def fitted(one: dict[str, Any], seed: int) -> Fit:
    """The fit with default options of a table, K and structure among the references."""
    return fit(components=one["k"], seed=seed, se="none", **table_of(one))


def peers_of(one: dict[str, Any]) -> dict[str, float]:
    """What scikit-learn and mclust return by default, where it was recorded."""
    for other in json.loads((DATA / "peers.json").read_text()):
        if all(other[key] == one[key] for key in ("table", "columns", "k", "covariance")):
            found = {
                "scikit-learn": (other.get("sklearn_default_loglik") or {}).get("median"),
                "mclust": other.get("mclust_default_loglik"),
            }
            return {name: value for name, value in found.items() if value is not None}
    return {}


def others_of(one: dict[str, Any]) -> dict[str, float]:
    """What mlpack and mixtools return by default for two and more components of one column, where they are here."""
    if len(one["columns"]) > 1 or one["k"] < 2 or one["covariance"] != "full" or not peers_of(one):
        return {}
    values = column(DATA / one["table"], one["columns"][0])
    found = {}
    if importlib.util.find_spec("mlpack"):
        found["mlpack"] = statistics.median(_of_mlpack(values[:, None], one["k"], seed) for seed in SEEDS)
    if shutil.which("Rscript"):
        text = f"{one['k']} {SEEDS.stop - 1}\n" + " ".join(map(repr, values.tolist()))
        done = subprocess.run(["Rscript", "-e", MIXTOOLS], input=text, capture_output=True, text=True)
        if done.stdout:
            found["mixtools"] = statistics.median(map(float, done.stdout.split()))
    return found


def _of_mlpack(values: Array, k: int, seed: int) -> float:
    mlpack = importlib.import_module("mlpack")
    model = mlpack.gmm_train(gaussians=k, input_=values, seed=seed)["output_model"]
    return float(np.log(mlpack.gmm_probability(input_=values, input_model=model)["output"]).sum())


def main() -> None:
    """Print a line for each table, K and structure, and at the end who fell short how often."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--others", action="store_true")
    seeds, others = parser.parse_args().seeds, parser.parse_args().others
    logging.getLogger("gmmfit").setLevel(logging.ERROR)
    short: dict[str, int] = {}
    compared: dict[str, int] = {}
    print(f"{'table, column, K, covariance':<58}{'best known':>14}{'gmmfit':>14}{'scikit-learn':>14}{'mclust':>14}")
    for one in references():
        fits = [fitted(one, seed) for seed in range(seeds)]
        lowest = min(fits, key=lambda result: result.log_likelihood)
        found = {"gmmfit": lowest.log_likelihood, **peers_of(one), **(others_of(one) if others else {})}
        for name, value in found.items():
            compared[name] = compared.get(name, 0) + 1
            short[name] = short.get(name, 0) + (value < one["loglik"] - SHORT)
        what = f"{one['table'].split('/')[-1]} {','.join(one['columns'])} {one['k']} {one['covariance']}"
        cells = "".join(f"{found.get(name, math.nan):14.3f}" for name in ("gmmfit", "scikit-learn", "mclust"))
        notes = "" if lowest.converged else f"  {lowest.status}"
        if lowest.log_likelihood > one["loglik"] + 1e-5:
            notes += "  on a thin component" if any("thin" in text for text in lowest.warnings) else "  higher"
        print(f"{what[:57]:<58}{one['loglik']:14.3f}{cells}{notes}", flush=True)
    for name, count in compared.items():
        print(f"{name}: more than {SHORT} below the best known in {short[name]} of {count} fits")


if __name__ == "__main__":
    main()
