"""How often intervals hold the truth, and how often the test rejects, in tables that are drawn from a mixture.

Run as `python -m tests.uncertainty`; `--tables 300` is how many of each kind. A mixture is a single normal, two that
overlap, or two that are apart. Of 95 % intervals 95 of 100 should hold the truth, and of tests of a single normal
against two 5 of 100 should reject at 0.05.
"""

import argparse
import logging
from typing import NamedTuple

import numpy as np

from gmmfit import Fit, Mixture, fit

ONE = Mixture.from_sds([1], [170], [8])
OVERLAPPING = Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7])
APART = Mixture.from_sds([0.4, 0.6], [160, 185], [6, 7])
MIXTURES = {"one": ONE, "overlapping": OVERLAPPING, "apart": APART}
SIZES, REPLICATES = (100, 1000), 199
NAMES = ("means", "weights", "sds", "cut-off")


class Held(NamedTuple):
    """Intervals that hold the truth, and all that there are, of each of NAMES."""

    held: tuple[int, ...]
    all: tuple[int, ...]


def held(result: Fit, truth: Mixture) -> Held:
    """Which intervals of a fit hold the truth; those of both components, and of the cut-off between the means."""
    sure = result.uncertainty
    if sure is None:
        return Held((0,) * len(NAMES), (0,) * len(NAMES))
    pairs = [
        (sure.intervals.means[:, 0], truth.means[:, 0]),
        (sure.intervals.weights, truth.weights),
        (sure.intervals.sds[:, 0], truth.sds[:, 0]),
    ]
    numbers = [(int(np.sum((ends[:, 0] <= values) & (values <= ends[:, 1]))), len(values)) for ends, values in pairs]
    low, high = truth.means[[0, -1], 0]
    [true] = [cutoff.value for cutoff in truth.cutoffs() if low < cutoff.value < high]
    spreads = [
        spread
        for cutoff, spread in zip(result.cutoffs, sure.cutoffs, strict=True)
        if spread is not None and (cutoff.below, cutoff.above) == (1, 2)
    ]
    numbers.append((sum(spread.low <= true <= spread.high for spread in spreads[:1]), len(spreads[:1])))
    return Held(tuple(n for n, _ in numbers), tuple(n for _, n in numbers))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=300)
    n_tables = parser.parse_args().tables
    logging.getLogger("gmmfit").setLevel(logging.ERROR)
    print(f"the test of one against two, {REPLICATES} tables each: rejected at 0.05 of {n_tables}, n = {SIZES[0]}")
    for name, truth in MIXTURES.items():
        drawn = (truth.simulate(SIZES[0], seed=seed)[:, 0] for seed in range(n_tables))
        p = [fit(x, [1, 2], bootstrap=REPLICATES, se="none").candidates[0].test for x in drawn]
        print(f"{name:<12} {np.mean([test is not None and test.p <= 0.05 for test in p]):6.1%}", flush=True)
    print(f"\n95% intervals that hold the truth, of {n_tables} tables (and fits without an interval)")
    print(f"{'':<12} {'n':>5} {'':<12}" + "".join(f"{name:>9}" for name in NAMES) + f"{'none':>8}")
    for name in ("overlapping", "apart"):
        for n in SIZES:
            truth = MIXTURES[name]
            for method, replicates in (("information", None), ("bootstrap", REPLICATES)):
                found = [
                    held(fit(truth.simulate(n, seed=seed)[:, 0], 2, bootstrap=replicates), truth)
                    for seed in range(n_tables)
                ]
                of = np.sum([one.held for one in found], axis=0) / np.maximum(
                    np.sum([one.all for one in found], axis=0), 1
                )
                none = sum(one.all[0] == 0 for one in found)
                print(
                    f"{name:<12} {n:>5} {method:<12}" + "".join(f"{share:9.1%}" for share in of) + f"{none:>8}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
