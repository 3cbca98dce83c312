"""Does the mixture fit? The distance of the rows from it, beside that of tables drawn from it and fitted again."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.distinct import counted
from gmmfit.data.resolution import resolution
from gmmfit.data.rows import Rows
from gmmfit.data.summary import Summary
from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.follow import Round, follow
from gmmfit.fitting.search.in_tables import stream_for
from gmmfit.fitting.uncertainty.bins import Bins, of_bins
from gmmfit.fitting.uncertainty.drawn_tables import (
    MOST_POINTS,
    REACH,
    Points,
    drawn_tables,
    grid_of,
    objection_to_drawing,
)
from gmmfit.fitting.uncertainty.in_blocks import in_blocks
from gmmfit.fitting.uncertainty.likelihood_ratio import p_value
from gmmfit.model.batch import Batch
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.univariate import cdf_and_rest

# A table is followed for so many iterations at most; tables side by side, at most and with so many numbers.
ITERATIONS, MOST_TOGETHER, NUMBERS_TOGETHER = 100, 256, 2**20


@dataclass(frozen=True)
class GoodnessOfFit:
    """How far rows are from a fit, and the share of tables drawn from it that are as far from their own.

    distance   Anderson-Darling, n ∫ (share of rows up to x - F(x))² / (F(x) (1 - F(x))) dF(x); or, of rows in bins,
               chi-squared, Σ (rows - expected)² / expected
    """

    distance: str
    statistic: float
    p: float
    replicates: int

    def record(self) -> dict[str, Any]:
        """The test as files have it."""
        return dict(vars(self))


def goodness_of_fit(problem: Problem, run: Run) -> GoodnessOfFit | None:
    """How well a fit of one column fits; None of several columns, and where no tables can be drawn that are like it.

    Rows that are all multiples of a step are compared with rows that are drawn and rounded to it; those that lie in
    bins are compared with others in the same bins.

    Source: Anderson & Darling (1954), A test of goodness of fit; Stute, González Manteiga & Presedo Quindimil (1993),
    Bootstrap based goodness-of-fit-tests.
    """
    one, n = Batch.one(run.standard), problem.settings.bootstrap or 0
    data = problem.rows.data
    if isinstance(data, Rows) and problem.request.weighting != "relative" and (bins := Bins.of(data)) is not None:
        distances = of_bins(problem, run, bins)
        return distances and GoodnessOfFit("chi-squared", distances[0], p_value(*distances), n)
    rows = data.points if isinstance(data, Summary) else data
    if one.n_columns > 1 or objection_to_drawing(problem) or not isinstance(rows, Rows):
        return None
    multiples = _multiples(problem, one)
    grid = None if multiples else grid_of(problem, one)
    if grid is None:
        own = counted(rows)
        observed = float(anderson_darling(one[None], own.values[None, :, 0], own.weights[None])[0])
    else:
        bounds = (grid[0][:-1, 0] + grid[0][1:, 0]) / 2
        edges = np.concatenate([[-np.inf], bounds, [np.inf]])
        counts = data.sum(lambda block: np.histogram(block.values[:, 0], edges, weights=block.weights)[0])
        observed = float(in_cells(*cdf_and_rest(one[None], bounds[None]), counts[None])[0])
    points, block = multiples or grid, _block_by_rows if grid is None else _block_in_cells
    n_points = round(problem.rows.n) if points is None else len(points[0])
    together = int(np.clip(NUMBERS_TOGETHER // (n_points * one.means.size), 1, MOST_TOGETHER))
    report, what = problem.request.report_progress, "goodness of fit: table"
    found = np.array(in_blocks(partial(block, problem, one, points), n, together, problem.settings.jobs, report, what))
    return GoodnessOfFit("Anderson-Darling", observed, p_value(observed, found), int(np.sum(np.isfinite(found))))


def _block_by_rows(problem: Problem, one: Batch, points: Points | None, numbers: range) -> list[float]:
    """The statistics of tables of some numbers, each row by itself; or of multiples of a step, with their counts."""
    tables = drawn_tables(problem, one, numbers, points)
    batch, every = _refitted(problem, one, tables), slice(None)
    values, weights = tables.part(tables.values, every)[..., 0], tables.part(tables.weights, every)
    order = np.argsort(values, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1) if len(weights) == len(values) else weights[:, order[0]]
    return [*map(float, anderson_darling(batch, np.take_along_axis(values, order, axis=1), weights))]


def _block_in_cells(problem: Problem, one: Batch, grid: Points | None, numbers: range) -> list[float]:
    """The statistics of tables of some numbers, drawn from points of a grid, whose chances are those of each fit."""
    tables = drawn_tables(problem, one, numbers, grid)
    batch = _refitted(problem, one, tables)
    _, logs = posteriors_and_log_densities(batch, whiten(batch, tables.values[0]))
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    below = np.cumsum(chances, axis=1)[:, :-1]
    above = np.cumsum(chances[:, ::-1], axis=1)[:, -2::-1]
    return [*map(float, in_cells(below, above, tables.weights))]


def _refitted(problem: Problem, one: Batch, tables: Tables) -> Batch:
    """The fits of tables that were drawn from one mixture."""
    starts = one[None][np.zeros(len(tables.table), dtype=int)]
    return follow(stream_for(problem, len(tables)), tables, starts, problem.constraints, Round(ITERATIONS, 1)).batch


def _multiples(problem: Problem, one: Batch) -> Points | None:
    """The multiples of the step that all rows are multiples of, and their chances; None without a coarse step."""
    [column] = problem.rows.value_counts
    step, normal = resolution(column.values), one.normal
    if step == 0:
        return None
    sds, first = np.sqrt(normal.covariances[:, 0, 0]), float(problem.rows.low[0])
    low = min(float((normal.means[:, 0] - REACH * sds).min()), first)
    high = max(float((normal.means[:, 0] + REACH * sds).max()), float(problem.rows.high[0]))
    multiples = first + step * np.arange(np.floor((low - first) / step), np.ceil((high - first) / step) + 1)
    if len(multiples) > MOST_POINTS:
        return None
    below, _ = cdf_and_rest(one[None], multiples[None, :-1] + step / 2)
    return multiples[:, None], np.maximum(np.diff(below[0], prepend=0, append=1), 0)


def in_cells(below: Array, above: Array, counts: Array) -> Array:
    """The same distances (S,) of very many rows, by their counts (S, C) in cells.

    below and above (S, C - 1) are the probabilities of lying on either side of each bound between two cells.
    """
    n = counts.sum(axis=1, keepdims=True)
    apart = np.cumsum(counts, axis=1)[:, :-1] / n - below
    steps = np.diff((below[:, :-1] + below[:, 1:]) / 2, axis=1, prepend=0, append=1)
    products = np.maximum(below * above, np.finfo(float).tiny)
    distances: Array = n[:, 0] * np.sum(apart**2 / products * steps, axis=1)
    return distances


def anderson_darling(batch: Batch, values: Array, weights: Array) -> Array:
    """The distances (S,) of rows from mixtures of one column; values (S or 1, n) ascend, weights (S or 1, n) ≥ 0.

    Between two rows the share s of rows up to there is constant, and the integral is that of (s - u)² / (u (1 - u)),
    s² log u - (1 - s)² log(1 - u) - u.
    """
    below, above = cdf_and_rest(batch, values)
    least = np.finfo(float).tiny
    logs, rests = np.log(np.maximum(below, least)), np.log(np.maximum(above, least))
    upto = np.cumsum(np.broadcast_to(weights, logs.shape), axis=1)
    n = upto[:, -1:]
    shares = upto / n
    inner = np.sum(shares[:, :-1] ** 2 * np.diff(logs, axis=1), axis=1)
    inner -= np.sum((1 - shares[:, :-1]) ** 2 * np.diff(rests, axis=1), axis=1)
    distances: Array = n[:, 0] * (inner - rests[:, 0] - logs[:, -1] - 1)
    return distances
