"""The test of what groups share, by groups drawn from the shared fit: each is fitted as the groups themselves were."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.selection import Selection
from gmmfit.errors import DataError, FitError
from gmmfit.fitting.fit import fit
from gmmfit.fitting.many.job import unsaid
from gmmfit.fitting.many.shared import Shared, together, twice_the_gain
from gmmfit.fitting.result import Fit
from gmmfit.fitting.uncertainty.in_blocks import rng_of
from gmmfit.fitting.uncertainty.likelihood_ratio import p_value
from gmmfit.model.draw import draw
from gmmfit.model.mixture import Mixture


@dataclass(frozen=True, eq=False)
class DrawnGroups:
    """So many tables with groups, drawn from the shared fit of each group; a job whose parts are their statistics.

    first       the number of the first table
    mixtures    of the groups, as they share parameters, and how many rows each has
    arguments   those with which the groups were fitted
    """

    n: int
    mixtures: tuple[Mixture, ...]
    sizes: tuple[int, ...]
    share: tuple[str, ...]
    seed: int
    arguments: Mapping[str, Any]
    first: int = 0

    def __len__(self) -> int:
        return self.n

    def alone(self, number: int) -> "DrawnGroups":
        """One of the tables by itself."""
        return replace(self, n=1, first=self.first + number)

    def fit(self, number: int) -> float:
        """The statistic of a table: twice what fits of each group gain over the shared one; NaN where one has none."""
        rng = rng_of(self.seed, "table", self.first + number)
        groups = [_drawn(one, size, rng) for one, size in zip(self.mixtures, self.sizes, strict=True)]
        with unsaid():
            try:
                apart = [fit(group, **self.arguments) for group in groups]
                joint = together(groups, apart, self.share).fit
            except (DataError, FitError):
                return math.nan
        return twice_the_gain(joint, apart, [one.rows for one in groups])


def _drawn(mixture: Mixture, n: int, rng: np.random.Generator) -> Selection:
    """A group of so many rows."""
    values, _ = draw(mixture, n, int(rng.integers(2**53)))
    rows = Rows(values, equal_weights(n), mixture.columns)
    return Selection(values, np.ones(n, dtype=bool), rows, 0, 0)


def by_drawn_groups(
    shared: Shared,
    fits: Sequence[Fit],
    arguments: Mapping[str, Any],
    n: int,
    statistics: Callable[[DrawnGroups], Iterable[float]],
) -> Shared:
    """The test with the share of n drawn tables whose statistic is at least as large, in place of χ².

    fits are those that share parameters, and statistics gives that of each table, whoever finds it.

    Source: McLachlan (1987), On bootstrapping the likelihood ratio test statistic for the number of components in a
    normal mixture.
    """
    mixtures, sizes = tuple(one.mixture for one in fits), tuple(round(one.n) for one in fits)
    # Inits by labels are of the rows themselves, of which drawn ones have none.
    k = mixtures[0].n_components
    alone = {**arguments, "components": k, "bootstrap": None, "se": "none", "jobs": 1}
    drawn = DrawnGroups(n, mixtures, sizes, shared.share, fits[0].settings.seed, alone)
    found = np.array([*statistics(drawn)])
    if not np.any(np.isfinite(found)):
        return replace(shared, p=None, why="no drawn table has a fit of every group")
    return replace(shared, p=p_value(shared.statistic, found), why="", replicates=int(np.sum(np.isfinite(found))))
