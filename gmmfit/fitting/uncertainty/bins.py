"""Does the mixture fit rows that are intervals? Pearson's distance, beside that of rows drawn from the fit."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.follow import Round, follow
from gmmfit.fitting.search.in_tables import stream_for
from gmmfit.fitting.uncertainty.in_blocks import in_blocks, rng_of
from gmmfit.model.batch import Batch
from gmmfit.model.univariate import cdf_and_rest

# A table is followed for so many iterations at most; so many make a block.
ITERATIONS, TOGETHER = 100, 16
# Neighbouring bins count as one until so many rows are expected in it; ends that differ by less of the range are one.
LEAST_EXPECTED, SAME_END = 1.0, 1e-9


@dataclass(frozen=True, eq=False)
class Bins:
    """A column in bins, the first and the last without an end.

    edges (C - 1,) between them; counts (C,) of the rows; columns the name of the column
    """

    edges: Array
    counts: Array
    columns: tuple[str, ...]

    @classmethod
    def of(cls, rows: Rows) -> "Bins | None":
        """The bins of rows of one column; None where these are not all in bins that don't overlap."""
        known = rows.known
        if known is None or rows.window is not None or len(rows.columns) > 1:
            return None
        if np.any(known.points | known.missing) or np.any(known.errors) or np.any(known.labels != UNKNOWN):
            return None
        low, high = known.low[:, 0], known.high[:, 0]
        ends = np.sort(np.concatenate([low, high]))
        ends = ends[np.isfinite(ends)]
        edges = ends[np.diff(ends, prepend=-np.inf) > SAME_END * np.ptp(ends)]
        slack = SAME_END * np.ptp(ends)
        first, last = np.searchsorted(edges, low + slack), np.searchsorted(edges, high - slack)
        if np.any(first != last):
            return None
        counts = np.bincount(first, rows.weights, len(edges) + 1)
        return cls(edges, counts.astype(np.float64), rows.columns)

    def chances(self, batch: Batch) -> Array:
        """The chances (S, C) of each bin under mixtures."""
        below, above = cdf_and_rest(batch, self.edges[None])
        from_below = np.diff(below, axis=1, prepend=0, append=1)
        from_above = -np.diff(above, axis=1, prepend=1, append=0)
        middle = np.column_stack([below < 0.5, np.zeros(len(below), dtype=bool)])
        return np.asarray(np.maximum(np.where(middle, from_below, from_above), 0))

    def rows(self, counts: Array) -> Rows:
        """Rows of such bins with other counts (C,)."""
        there = counts > 0
        low = np.append(-np.inf, self.edges)[there, None]
        high = np.append(self.edges, np.inf)[there, None]
        values = Known.of(low, low, high).middles()
        return Rows(np.asfortranarray(values), counts[there], self.columns, Known.of(values, low, high))


def pooled(expected: Array) -> npt.NDArray[np.intp]:
    """The number of the group of each bin (C,): neighbours are together until enough rows are expected.

    >>> pooled(np.array([0.2, 0.3, 0.6, 4.0, 0.5]))
    array([0, 0, 0, 1, 1])
    """
    groups, group, held = np.empty(len(expected), dtype=np.intp), 0, 0.0
    for number, rows in enumerate(expected.tolist()):
        groups[number], held = group, held + rows
        if held >= LEAST_EXPECTED and expected[number + 1 :].sum() >= LEAST_EXPECTED:
            group, held = group + 1, 0.0
    return groups


def chi_squared(counts: Array, chances: Array, groups: npt.NDArray[np.intp]) -> float:
    """Σ (rows - expected)² / expected over groups of bins."""
    n = counts.sum()
    rows, expected = (np.bincount(groups, some) for some in (counts, n * chances))
    return float(np.sum((rows - expected) ** 2 / np.maximum(expected, np.finfo(float).tiny)))


def of_bins(problem: Problem, run: Run, bins: Bins) -> tuple[float, Array] | None:
    """The distance of binned rows from a fit, and those of as many rows drawn from it from fits of their own.

    None where there are as many parameters as bins tell, and any distance is none.
    """
    one, n = Batch.one(run.standard), problem.settings.bootstrap or 0
    chances = bins.chances(one[None])[0]
    groups = pooled(bins.counts.sum() * chances)
    if groups[-1] <= problem.n_parameters:
        return None
    block = partial(_block, problem, one, bins, groups)
    report = problem.request.report_progress
    of_tables = in_blocks(block, n, TOGETHER, problem.settings.jobs, report, "goodness of fit: table")
    return chi_squared(bins.counts, chances, groups), np.array(of_tables)


def _block(problem: Problem, one: Batch, bins: Bins, groups: npt.NDArray[np.intp], numbers: range) -> list[float]:
    chances, stream, found = bins.chances(one[None])[0], stream_for(problem, None), []
    for number in numbers:
        rng = rng_of(problem.settings.seed, "bins", number)
        counts = rng.multinomial(round(problem.rows.n), chances / chances.sum()).astype(float)
        ended = follow(stream, bins.rows(counts), one[None], problem.constraints, Round(ITERATIONS, 1))
        found.append(chi_squared(counts, bins.chances(ended.batch)[0], groups))
    return found
