"""The test of a model against a larger one that contains it, by tables drawn from the smaller."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.in_tables import POSITIONS, Answers, Starts, best_in_tables, grown_starts
from gmmfit.fitting.uncertainty.drawn_tables import Points, drawn_tables, grid_of
from gmmfit.fitting.uncertainty.in_blocks import in_blocks
from gmmfit.model.batch import Batch

# By so much statistics are rounding, as fits end so near to their peaks.
ROUNDING = 1e-6
# Tables that are searched side by side, at most, and with so many numbers, however many threads there are.
MOST_TOGETHER, NUMBERS_TOGETHER = 200, 2**22


@dataclass(frozen=True)
class LikelihoodRatio:
    """A model against a larger one: twice the gain in log-likelihood, and its p.

    against     the larger model: its number of components, or its structure
    p           (1 + tables with at least as large a statistic) / (1 + tables)
    replicates  tables drawn from the smaller model that have peaks of both
    """

    against: int | str
    statistic: float
    p: float
    replicates: int

    def record(self) -> dict[str, Any]:
        """The test as files have it."""
        return dict(vars(self))


def statistics_of_tables(smaller: Problem, larger: Problem, one: Batch, alternative: Batch, what: str) -> Array:
    """Twice the gains (B,) of a larger model over a smaller one, in tables drawn from the smaller, one mixture.

    Both are searched for in each table by the rule of the fit itself: the highest peak that is not on the floor, and
    whose narrow components gain what they cost; heaps of equal rows there are none in them. alternative is the larger
    one's fit to the rows, and what is said of the tables while they are searched.

    Source: McLachlan (1987), On bootstrapping the likelihood ratio test statistic for the number of components in a
    normal mixture.
    """
    points = grid_of(smaller, one)
    n_points = round(smaller.rows.n) if points is None else len(points[0])
    together = int(np.clip(NUMBERS_TOGETHER // (n_points * (POSITIONS + one.means.size)), 1, MOST_TOGETHER))
    block = partial(_block, smaller, larger, one, alternative, points)
    settings, report = smaller.settings, smaller.request.report_progress
    n = settings.bootstrap or 0
    return np.array(in_blocks(block, n, together, settings.jobs, report, what))


def _block(
    smaller: Problem, larger: Problem, one: Batch, alternative: Batch, points: Points | None, numbers: range
) -> list[float]:
    tables = drawn_tables(smaller, one, numbers, points)
    less = smaller_in_tables(smaller, tables, one)
    more = larger_in_tables(larger, tables, less, alternative)
    if smaller.n_components < larger.n_components:
        less = smaller_again(smaller, tables, less, more)
    with np.errstate(invalid="ignore"):  # where neither has a peak
        statistics: list[float] = (2 * np.maximum(more.log_likelihoods - less.log_likelihoods, 0)).tolist()
    return statistics


def smaller_in_tables(problem: Problem, tables: Tables, one: Batch) -> Answers:
    """The answers of a model in tables drawn from it: next to where they come from, or grown from a component less."""
    starts = [[_in_each(tables, one)], *_in_place_of_each(problem, tables, _in_each(tables, one))]
    return best_in_tables(problem, tables, starts)


def larger_in_tables(problem: Problem, tables: Tables, less: Answers, alternative: Batch) -> Answers:
    """The answers of a model in tables, from those of one that it contains, and from its own fit to the rows."""
    starts = [[_in_each(tables, alternative)]]
    if less.batch.n_components < problem.n_components:
        starts += grown_starts(problem, tables, less.batch)
    else:
        starts += [[problem.completed(less.batch.normal)], *_in_place_of_each(problem, tables, less.batch)]
    return best_in_tables(problem, tables, starts, less)


def smaller_again(problem: Problem, tables: Tables, less: Answers, more: Answers) -> Answers:
    """The answers of a smaller model once more, from those of a larger one with two components merged."""
    merged = [problem.completed(_merged(more.batch.normal, k)) for k in range(problem.n_components)]
    starts = [[less.batch], *([one] for one in merged)]
    again = best_in_tables(problem, tables, starts)
    return Answers(again.batch, np.fmax(again.log_likelihoods, less.log_likelihoods))


def _in_each(tables: Tables, one: Batch) -> Batch:
    """One mixture for each table."""
    return one[None][np.zeros(len(tables.table), dtype=int)]


def _in_place_of_each(problem: Problem, tables: Tables, batch: Batch) -> Starts:
    """Starts with another component in place of each one of the mixtures'; constraints name which is which."""
    if batch.n_components == 1 or problem.constraints.sets is not None:
        return []
    starts = []
    for k in range(batch.n_components):
        kinds = grown_starts(problem, tables, _without(batch, k))
        starts.append([start for kind in kinds for start in kind])
    return starts


def _without(batch: Batch, component: int) -> Batch:
    """Mixtures without one of their components."""
    rest = np.arange(batch.weights.shape[1]) != component
    weights = batch.weights[:, rest] / (1 - batch.weights[:, component])[:, None]
    return replace(batch, weights=weights, means=batch.means[:, rest], covariances=batch.covariances[:, rest])


def _merged(batch: Batch, number: int) -> Batch:
    """Mixtures of which two components, neighbours in the first column from a number on, are one with their moments."""
    batch = batch.ordered()
    first, second = slice(number, number + 1), slice(number + 1, number + 2)
    w, v = batch.weights[:, first, None], batch.weights[:, second, None]
    share = w / (w + v)
    apart = batch.means[:, first] - batch.means[:, second]
    mean = batch.means[:, second] + share * apart
    spread = (share * (1 - share))[..., None] * apart[..., :, None] * apart[..., None, :]
    inner = share[..., None] * batch.covariances[:, first] + (1 - share)[..., None] * batch.covariances[:, second]
    rest = [i for i in range(batch.n_components) if i not in (number, number + 1)]
    return replace(
        batch,
        weights=np.concatenate([batch.weights[:, rest], (w + v)[..., 0]], axis=1),
        means=np.concatenate([batch.means[:, rest], mean], axis=1),
        covariances=np.concatenate([batch.covariances[:, rest], inner + spread], axis=1),
    )


def p_value(statistic: float, of_tables: Array) -> float:
    """The share of tables, and the rows themselves among them, with at least as large a statistic, but for rounding."""
    known = of_tables[np.isfinite(of_tables)]
    return float((1 + np.sum(known >= statistic - ROUNDING)) / (1 + len(known)))
