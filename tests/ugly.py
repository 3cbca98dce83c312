"""Ugly tables, as people have them: heaps, zeros, rounding, outliers, skew, weights. By hand, for it takes an hour.

python -m tests.ugly [falls|groups|coverage] [--tables 400] [--seed 0]

falls     each table is fitted with K = 1 to 5, each alone with default options: counted is how often a larger model is
          less likely than a smaller one, how often an answer on the floor or with a component of chance rows comes
          without a warning, and how often the groups that a table was drawn from are found, by gmmfit, and by
          scikit-learn and mclust where they are here (`pip install --group benchmark`; Rscript)
groups    tables of Gaussian groups of every shape in 1 to 8 columns: how often the default answer is below the one
          that starts from the true groups; and how many tables without groups get a component that is thin
coverage  how many 95 % intervals hold the truth, for rows without weights, with counts, and with relative weights
"""

import argparse
import itertools
import logging
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gmmfit import GmmfitError, Mixture, fit
from gmmfit.arrays import Array

# A larger model may be less likely by this, as both are only near their peaks.
NEAR_PEAK = 1e-6
# A group is found if a component has its mean and sd: within so many of its sds, and so many times.
NEAR_MEAN, NEAR_SD = 0.5, 1.5
KS = range(1, 6)
KINDS = (
    *("plain", "heap at the lowest", "heap at the highest", "heaps at both ends", "zeros", "rounded", "heaped fives"),
    *("heap away", "outliers", "skew", "far groups", "relative weights", "counts"),
)


@dataclass(frozen=True, eq=False)
class UglyTable:
    """A table of one column, and the normal groups in it, those of heaps and outliers left out.

    values (N,), and weights (N,), None where rows have none
    """

    kind: str
    values: Array
    groups: Mixture
    weights: Array | None = None


def ugly_tables(seed: int) -> Iterator[UglyTable]:
    """Tables without end, of each kind in turn."""
    return (ugly_table(kind, np.random.default_rng([seed, n])) for n, kind in enumerate(itertools.cycle(KINDS)))


def ugly_table(kind: str, rng: np.random.Generator) -> UglyTable:
    """A table of a kind, of 60 to 5,000 rows from one to three normal groups."""
    n, k = round(float(np.exp(rng.uniform(np.log(60), np.log(5000))))), int(rng.integers(1, 4))
    apart = rng.uniform(2, 5, k) * (10 ** rng.uniform(1, 3) if kind == "far groups" else 1)
    sds = np.exp(rng.uniform(np.log(0.5), np.log(2), k))
    groups = Mixture.from_sds(rng.dirichlet(np.full(k, 4.0)), np.cumsum(apart), sds)
    x = groups.simulate(n, seed=int(rng.integers(2**32)))[:, 0]
    low, high, share = x.min(), x.max(), rng.uniform(0.03, 0.25)
    table = UglyTable(kind, x, groups)
    match kind:
        case "heap at the lowest":
            return replace(table, values=np.maximum(x, np.quantile(x, share)))
        case "heap at the highest":
            return replace(table, values=np.minimum(x, np.quantile(x, 1 - share)))
        case "heaps at both ends":
            return replace(table, values=np.clip(x, *np.quantile(x, [share / 2, 1 - share])))
        case "zeros":
            x[: round(rng.uniform(0.3, 0.8) * n)] = 0
        case "rounded":
            step = rng.uniform(0.05, 1.5)
            return replace(table, values=np.round(x / step) * step)
        case "heaped fives":
            five = rng.random(n) < rng.uniform(0.2, 0.8)
            return replace(table, values=np.where(five, np.round(x / 0.5) * 0.5, np.round(x, 1)))
        case "heap away":
            x[: max(3, round(share * n))] = high + rng.uniform(2, 10)
        case "outliers":
            x[: int(rng.integers(1, 4))] += rng.choice([-1, 1]) * rng.uniform(10, 100)
        case "skew":
            return replace(table, values=np.exp((x - low) / (high - low) * rng.uniform(1, 4)))
        case "relative weights":
            return replace(table, weights=rng.exponential(1, n) * 10 ** rng.uniform(-6, 6))
        case "counts":
            return replace(table, weights=rng.integers(1, 20, n).astype(float))
    return table


def found(groups: Mixture, weights: Array, means: Array, sds: Array) -> bool:
    """Whether each group has a component of its own among others (K,)."""
    near = np.abs(means - groups.means) < NEAR_MEAN * groups.sds
    near &= np.abs(np.log(sds / groups.sds)) < np.log(NEAR_SD)
    near &= weights > groups.weights[:, None] / 4
    return bool(np.all(near.any(axis=1))) and len(set(near.argmax(axis=1))) == groups.n_components


def falls(n_tables: int, seed: int) -> None:
    """Count falls, silent answers and groups that are found."""
    counts: Counter[str] = Counter()
    for table in itertools.islice(ugly_tables(seed), n_tables):
        highest = -np.inf
        asked = table.groups.n_components + (table.kind in ("zeros", "heap away"))
        for k in KS:
            try:
                result = fit(table.values, k, row_weights=table.weights, se="none")
            except GmmfitError as error:
                counts["refused"] += 1
                print(f"refused: {table.kind}, {len(table.values)} rows, K = {k}: {error}")
                continue
            counts["fits"] += 1
            if result.log_likelihood < highest - NEAR_PEAK:
                counts["falls"] += 1
                print(f"fall: {table.kind}, {len(table.values)} rows, K = {k}: {result.log_likelihood - highest:.3g}")
            highest = max(highest, result.log_likelihood)
            n_rows = result.mixture.weights * len(table.values)
            if not result.warnings and (result.status != "converged" or n_rows.min() < 3):
                counts["silent"] += 1
                print(f"silent: {table.kind}, {len(table.values)} rows, K = {k}: {result.status}")
            if k == asked and table.kind not in ("skew", "outliers"):
                counts["tables whose groups are asked for"] += 1
                mixture = result.mixture
                mine = found(table.groups, mixture.weights, mixture.means[:, 0], mixture.sds[:, 0])
                counts["found by gmmfit"] += mine
                if table.weights is None:
                    counts["of these without weights"] += 1
                    counts["found by gmmfit without weights"] += mine
                    for name, peer in PEERS.items():
                        counts[f"found by {name}"] += found(table.groups, *peer(table.values, k))
    print(*(f"{name}: {number}" for name, number in counts.items()), sep="\n")


def by_scikit_learn(values: Array, k: int) -> tuple[Array, Array, Array]:
    """Weights, means and sds (K,) by scikit-learn's default."""
    from sklearn.mixture import GaussianMixture

    peer = GaussianMixture(k, random_state=0).fit(values[:, None])
    return peer.weights_, peer.means_[:, 0], np.sqrt(peer.covariances_[:, 0, 0])


def by_mclust(values: Array, k: int) -> tuple[Array, Array, Array]:
    """Weights, means and sds (K,) by mclust's default."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.txt")
        np.savetxt(path, values)
        script = (
            f'suppressMessages(library(mclust)); x <- scan("{path}", quiet=TRUE);'
            f"m <- Mclust(x, G={k}, verbose=FALSE)$parameters;"
            f'cat(m$pro, "\\n", m$mean, "\\n", rep_len(m$variance$sigmasq, {k}), "\\n")'
        )
        printed = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False).stdout
    lines = [np.array(line.split(), dtype=float) for line in printed.splitlines() if line.strip()]
    if len(lines) != 3 or len(lines[0]) != k:
        return np.zeros(k), np.full(k, np.inf), np.ones(k)
    return lines[0], lines[1], np.sqrt(lines[2])


PEERS = {"scikit-learn": by_scikit_learn} | ({"mclust": by_mclust} if shutil.which("Rscript") else {})


def groups(n_tables: int, seed: int) -> None:
    """Count answers below the one that starts from the true groups, and thin components in tables without groups."""
    counts: Counter[str] = Counter()
    for number in range(n_tables):
        rng = np.random.default_rng([seed, number])
        d, k = int(rng.integers(1, 9)), int(rng.integers(2, 4))
        parts = [_group(rng, int(rng.integers(max(20, 2 * d), 200)), d) for _ in range(k)]
        values, labels = np.concatenate(parts), np.repeat([*"abc"[:k]], [len(part) for part in parts])
        shuffled = rng.permutation(len(values))
        result = fit(values[shuffled], k, column=[*"12345678"[:d]], se="none")
        begun = fit(values, column=[*"12345678"[:d]], init_by=labels.astype(object), se="none")
        counts["tables of groups"] += 1
        if result.log_likelihood < begun.log_likelihood - 1e-4:
            counts["below the true groups"] += 1
            gap = result.log_likelihood - begun.log_likelihood
            print(f"below: {d} columns, {len(values)} rows, {k} groups: {gap:.4f}, {begun.status}, {begun.warnings}")
        null = rng.normal(size=(len(values), d)) @ rng.normal(size=(d, d))
        thin = fit(null, k, se="none")
        counts["tables without groups"] += 1
        counts["of which a thin component is reported"] += any(" is thin" in w for w in thin.warnings)
        counts["of which it is narrow"] += any("its sd is" in w for w in thin.warnings)
        counts["of which on the floor"] += thin.status == "on_floor"
    print(*(f"{name}: {number}" for name, number in counts.items()), sep="\n")


def _group(rng: np.random.Generator, n: int, d: int) -> Array:
    """Rows of a Gaussian group, round, long or flat."""
    axes = np.exp(rng.uniform(np.log(0.1), np.log(2), d))
    if rng.random() < 0.4:
        axes[: int(rng.integers(1, max(2, d)))] *= 0.1
    turned = np.linalg.qr(rng.normal(size=(d, d)))[0]
    rows: Array = (rng.normal(size=(n, d)) * axes) @ turned + rng.normal(size=d) * 2
    return rows


def coverage(n_tables: int, seed: int) -> None:
    """Count the 95 % intervals that hold the truth."""
    truth = Mixture.from_sds([0.4, 0.6], [0, 4], [1, 1.2])
    for kind in ("none", "counts", "relative"):
        held: Counter[str] = Counter()
        total: Counter[str] = Counter()
        for number in range(n_tables):
            rng = np.random.default_rng([seed, number])
            x = truth.simulate(500, seed=number)[:, 0]
            weights = None
            if kind == "counts":
                x, counts = np.unique(np.round(x, 1), return_counts=True)
                weights = counts.astype(float)
            if kind == "relative":  # rows were drawn with chances that the weights put right
                chance = rng.uniform(0.2, 1, len(x))
                weights = 1 / chance
                kept = rng.random(len(x)) < chance
                x, weights = x[kept], weights[kept] * 10 ** rng.uniform(-6, 6)
            result = fit(x, 2, row_weights=weights)
            errors = result.standard_errors
            if errors is None:
                continue
            for name in ("weights", "means", "sds"):
                off = np.abs(getattr(result.mixture, name) - getattr(truth, name)).ravel()
                held[name] += int(np.sum(off < 1.96 * getattr(errors, name).ravel()))
                total[name] += len(off)
        each = ", ".join(f"{name} {held[name] / total[name]:.1%}" for name in held)
        share = sum(held.values()) / sum(total.values())
        print(f"row weights {kind}: {share:.1%} of {sum(total.values())} intervals hold the truth ({each})")


if __name__ == "__main__":
    logging.getLogger("gmmfit").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["falls", "groups", "coverage"])
    parser.add_argument("--tables", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    {"falls": falls, "groups": groups, "coverage": coverage}[options.what](options.tables, options.seed)
