"""The bootstrap: the model fitted again to rows drawn from its own, with replacement, many times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.data.summary import Summary
from gmmfit.errors import FitError
from gmmfit.fitting.em.e_step import share_out
from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.evidence.agreement import best_matching
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.follow import Ended, Round, follow
from gmmfit.fitting.search.in_tables import stream_for
from gmmfit.fitting.search.peaks import SAME_PEAK
from gmmfit.fitting.search.soundness import DEAD_COUNT
from gmmfit.fitting.settings import Fixed
from gmmfit.fitting.uncertainty.derived import Derived, in_standard_units, n_modes, pairs_of_neighbours
from gmmfit.fitting.uncertainty.in_blocks import in_blocks, rng_of
from gmmfit.fitting.uncertainty.intervals import Intervals, Spread, StandardErrors, Uncertainty
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.univariate import Cutoff

Truths = npt.NDArray[np.bool_]

# A replicate is followed for so many iterations at most.
ITERATIONS = 300
# Replicates that are followed side by side, at most and with so many numbers, however many threads there are.
MOST_TOGETHER, NUMBERS_TOGETHER = 256, 2**22
# Other peaks that replicates are climbed from too: at most so many, and of those no lower than by so many standard
# deviations of how much replicates differ in it.
MOST_PEAKS, DEVIATIONS = 3, 4.0
# Where a smaller share of the replicates has a cut-off, nothing is said of how sure it is; where fewer have the peak, a
# warning is.
OFTEN = 0.9
# Numbers that differ by less of themselves are the same.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """What became of the replicates of a bootstrap.

    left_the_peak     replicates in which another peak of the rows is higher than that of the fit
    lost_a_component, on_floor  replicates that are left out for it
    not_converged     replicates that were not quite at their peak after many iterations
    modes             the share of replicates whose density has so many modes, in one column
    """

    replicates: int
    left_the_peak: int
    lost_a_component: int
    on_floor: int
    not_converged: int
    modes: dict[int, float]

    @property
    def used(self) -> int:
        """The replicates that standard errors and intervals are from."""
        return self.replicates - self.lost_a_component - self.on_floor

    def warnings(self, confidence: float) -> list[str]:
        """What a careful reader should know of intervals with such a confidence."""
        said = []
        if self.used < OFTEN * self.replicates:
            said.append(
                f"in {self.replicates - self.used} of {self.replicates} replicates a component is lost, or ends on the "
                "floor: standard errors and intervals are from the others, and too narrow"
            )
        if self.left_the_peak > (1 - OFTEN) * self.replicates:
            said.append(
                f"in {self.left_the_peak} of {self.replicates} replicates another peak is higher than that of the fit: "
                "its components may be chance"
            )
        if (least := math.ceil(2 / (1 - confidence) - ROUNDING)) > self.used:
            said.append(
                f"the ends of the intervals are the farthest of {self.used} replicates: for "
                f"{100 * confidence:g}% raise `bootstrap` to {least} at least"
            )
        return said

    def record(self) -> dict[str, Any]:
        """The counts as files have them."""
        record = {"used": self.used, **{name: value for name, value in vars(self).items() if name != "modes"}}
        return record | ({"modes": {str(n): share for n, share in self.modes.items()}} if self.modes else {})


@dataclass(frozen=True, eq=False)
class _Replicates:
    """Where replicates have come to: mixtures, and which are what; those of two blocks add up."""

    batch: Batch
    left: Truths
    lost: Truths
    floored: Truths
    at_rest: Truths

    def __add__(self, other: "_Replicates") -> "_Replicates":
        pairs = zip(self.truths, other.truths, strict=True)
        return _Replicates(concatenated([self.batch, other.batch]), *map(np.concatenate, pairs))

    @property
    def truths(self) -> tuple[Truths, ...]:
        """Which are what."""
        return self.left, self.lost, self.floored, self.at_rest


def bootstrap(
    problem: Problem, run: Run, peaks: Batch | None, cutoffs: Sequence[Cutoff]
) -> tuple[Bootstrap, Uncertainty]:
    """Standard errors and percentile intervals of a fit, from replicates of its rows.

    Each replicate has as many rows as the table, drawn with replacement, and is climbed to the peak that is next to the
    fit: how far this moves is how sure the fit is of its components. In how many replicates another peak is higher is
    found out by climbing from those of the search that come near the fit. Rows of relative weights are drawn with equal
    chances.

    Raises:
        FitError: the rows are not in memory, or hardly a replicate has a peak; the message is the reason.

    Source: Efron & Tibshirani (1993), An introduction to the bootstrap, chapters 6 and 13.
    """
    settings, one = problem.settings, Batch.one(run.standard)
    n = settings.bootstrap or 0
    rows, chances = _drawn_from(problem, one)
    starts = concatenated([one[None], *_others_near(problem, one, rows, peaks)])
    together = int(np.clip(NUMBERS_TOGETHER // (len(rows) * starts.weights.size), 1, MOST_TOGETHER))
    block = partial(_block, problem, rows, chances, starts)
    found = in_blocks(block, n, together, settings.jobs, problem.request.report_progress, "bootstrap: replicate")
    lost, floored = found.lost, found.floored & ~found.lost
    sound = ~(lost | floored)
    if np.sum(sound) < 2:
        raise FitError("hardly a replicate of the rows has a peak near that of the fit")
    batch = _matched(problem, found.batch[sound], one, rows)
    modes = n_modes(batch.normal, problem.rows.units) if len(rows.columns) == 1 else np.empty(0, int)
    told = Bootstrap(
        n,
        int(np.sum(found.left & sound)),
        int(np.sum(lost)),
        int(np.sum(floored)),
        int(np.sum(sound & ~found.at_rest)),
        {int(number): float(np.mean(modes == number)) for number in sorted(set(modes.tolist()))},
    )
    return told, _spread_of(problem, batch, one, cutoffs)


def _drawn_from(problem: Problem, one: Batch) -> tuple[Rows, Array]:
    """The rows that replicates are drawn from, in standard units, and their chances (N,)."""
    data: Data = problem.rows.data
    if problem.request.weighting == "relative":
        data = problem.request.rows.mapped(problem.rows.units.standardize_rows)
    elif isinstance(data, Summary):
        data = data.resolving(*one[None].parts)
    if not isinstance(data, Rows):
        raise FitError("rows are drawn again from memory, where these are not: leave `bootstrap` out")
    if problem.request.weighting == "relative":
        return data, np.full(len(data), 1 / len(data))
    return data, data.weights / data.total_weight


def _others_near(problem: Problem, one: Batch, rows: Rows, peaks: Batch | None) -> list[Batch]:
    """Other peaks of the rows that come so near to the fit that replicates may be higher there."""
    if peaks is None:
        return []
    logs = np.array([share_out(mixture, rows)[1] for mixture in (one, *(peaks[i] for i in range(len(peaks))))])
    behind = logs[0] - logs[1:]
    height = behind @ rows.weights
    spread = np.sqrt(np.maximum(behind**2 @ rows.weights - height**2 / rows.total_weight, 0))
    near = np.flatnonzero((height > SAME_PEAK) & (height < DEVIATIONS * spread))
    return [peaks[near[np.argsort(height[near], kind="stable")][:MOST_PEAKS]]] if len(near) else []


def _block(problem: Problem, rows: Rows, chances: Array, starts: Batch, numbers: range) -> _Replicates:
    """Replicates of some numbers, climbed."""
    relative, n, m = problem.request.weighting == "relative", round(problem.rows.n), len(starts)
    rngs = [rng_of(problem.settings.seed, "replicate", number) for number in numbers]
    size = len(rows) if relative else n
    counts = np.array([rng.multinomial(size, chances) for rng in rngs], dtype=float)
    weights = counts * rows.weights if relative else counts
    ends = [_followed(problem, rows, weights, starts[[s]]) for s in range(m)]  # each for itself, to its own peak
    sound = [_which_are_sound(problem, ended) for ended in ends]
    heights = np.array([np.where(ok, ended.log_likelihoods, -np.inf) for ok, ended in zip(sound, ends, strict=True)])
    left = heights.max(axis=0) > heights[0] + SAME_PEAK
    of_fit = ends[0]
    return _Replicates(of_fit.batch, left, _lost(problem, of_fit), ~sound[0], of_fit.at_rest)


def _followed(problem: Problem, rows: Rows, weights: Array, start: Batch) -> Ended:
    """Where one start comes to in replicates, rows with weights (B, N) of which some are 0."""
    b = len(weights)
    if are_exact(rows):
        tables = Tables(rows.values[None], weights, np.arange(b), rows.columns)
        starts = start[np.zeros(b, dtype=int)]
        return follow(stream_for(problem, len(rows)), tables, starts, problem.constraints, Round(ITERATIONS, 1))
    stream, parts = stream_for(problem, None), []
    for own in weights:
        there = own > 0
        drawn = replace(rows.part(there), weights=own[there])
        parts.append(follow(stream, drawn, start, problem.constraints, Round(ITERATIONS, 1)))
    return reduce(add, parts)


def _lost(problem: Problem, ended: Ended) -> Truths:
    """Which mixtures have lost a component."""
    few: Truths = np.min(ended.batch.normal.weights, axis=-1) * problem.rows.n < DEAD_COUNT
    return few | ~ended.alive


def _which_are_sound(problem: Problem, ended: Ended) -> Truths:
    """Which mixtures have all their components, none of them on the floor."""
    floored = ended.floored & (not problem.is_bounded)
    sound: Truths = ~(_lost(problem, ended) | floored | np.isnan(ended.log_likelihoods))
    return sound


def _matched(problem: Problem, batch: Batch, one: Batch, rows: Rows) -> Batch:
    """Mixtures with their components in the order of those of one that share the most rows with them."""
    k = one.n_components
    named = problem.n_labels or problem.constraints.sets is not None or problem.constraints.fixed != Fixed()
    if k == 1 or named:  # labels, constraints and what is held say which component is which
        return batch
    shared = (share_out(one, rows)[0][:k] * rows.weights).T
    order = np.tile(np.arange(batch.weights.shape[-1]), (len(batch), 1))
    size = max(1, NUMBERS_TOGETHER // (len(rows) * k))
    for first in range(0, len(batch), size):
        counts = share_out(batch[first : first + size], rows)[0][:, :k] @ shared
        likeliest = np.argmax(counts, axis=1)  # of each component of the fit
        for s, own in enumerate(likeliest):
            if len(set(own.tolist())) < k:
                matching = best_matching(counts[s].T)
                own = np.array([matching[component] for component in range(k)])
            order[first + s, :k] = own
    each = np.arange(len(batch))[:, None]
    return replace(
        batch,
        weights=batch.weights[each, order],
        means=batch.means[each, order],
        covariances=batch.covariances[each, order],
    )


def _spread_of(problem: Problem, batch: Batch, one: Batch, cutoffs: Sequence[Cutoff]) -> Uncertainty:
    """How far replicates are spread out, in the units of the columns."""
    units, confidence, normal = problem.rows.units, problem.settings.confidence, batch.normal
    unit = units.unit
    weights, means = normal.weights, units.centre + unit * normal.means
    sds = unit * np.sqrt(np.diagonal(normal.covariances, axis1=-2, axis2=-1))
    with np.errstate(over="ignore", under="ignore"):
        of_covariances = _sd(normal.covariances) * unit[:, None] * unit
    noise = None if batch.box is None else batch.weights[:, -1]
    of_noise = None if noise is None else float(_sd(noise))
    errors = StandardErrors(_sd(weights), _sd(means), _sd(sds), of_covariances, of_noise)
    ends = partial(_percentiles, confidence=confidence)
    intervals = Intervals(ends(weights), ends(means), ends(sds), None if noise is None else ends(noise))
    those, pairs = in_standard_units(cutoffs, units), pairs_of_neighbours(one)
    found = Derived.of(batch, those, pairs)
    values = found.cutoffs.copy()
    for c in range(len(those)):
        values[:, c] = [units.value(value, 0) for value in values[:, c].tolist()]
    of_cutoffs, of_distances, of_shares = (
        tuple(_spread(column, confidence) for column in part.T)
        for part in (values, found.ashman_d, found.misclassified)
    )
    return Uncertainty("bootstrap", confidence, errors, intervals, of_cutoffs, of_distances, of_shares)


def _sd(values: Array) -> Array:
    """The standard deviation over replicates, the first axis; what is held has none, but for rounding."""
    size = np.maximum(np.abs(values).max(axis=0), np.finfo(float).tiny)  # so that no square is too large
    sds = size * np.std(values / size, axis=0, ddof=1)
    return np.asarray(np.where(np.ptp(values, axis=0) <= ROUNDING * size, 0.0, sds))


def _percentiles(values: Array, confidence: float) -> Array:
    """Percentile intervals over replicates, the first axis; their ends in the last."""
    return np.moveaxis(np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0), 0, -1)


def _spread(values: Array, confidence: float) -> Spread | None:
    """How far one number is spread out over the replicates that have it, if nearly all have."""
    there = values[np.isfinite(values)]
    if len(there) < max(2, OFTEN * len(values)):
        return None
    low, high = _percentiles(there, confidence).tolist()
    return Spread(float(_sd(there)), low, high)
