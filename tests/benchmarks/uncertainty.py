"""How long a bootstrap takes, and the test of two components against three, whatever the number of rows."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from gmmfit import fit
from gmmfit.arrays import Array
from tests.benchmarks.measuring import Figure, in_alternation, seconds
from tests.benchmarks.passes import overlapping
from tests.samples import WAITING

REPLICATES = 999


def uncertainty(runs: int, scale: float) -> Iterator[Figure]:
    """A bootstrap of 1,000 rows, and the test on few rows and on a million, each less the fits alone."""
    n = max(5, int(REPLICATES * scale))
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(0, 1, 600), rng.normal(3, 1, 400)])

    def took(values: Array, components: int | list[int]) -> float:
        times = in_alternation(
            max(1, runs // 2),
            partial(seconds, partial(fit, values, components, bootstrap=n)),
            partial(seconds, partial(fit, values, components, se="none")),
        )
        return times[0] - times[1]

    yield Figure(f"{n} replicates of two components, 1,000 rows, with goodness of fit", took(two, 2), " s", at_most=1)
    few, many = took(WAITING, [2, 3]), took(overlapping(max(3000, int(1e6 * scale))), [2, 3])
    yield Figure(f"the test of 2 against 3 components by {n} tables of 272 rows, and all else", few, " s", at_most=10)
    yield Figure("the same of 1,000,000 rows", many / few, " ×", at_most=10, detail=f"{many:.1f} s")
