"""Tables drawn from a fit, as many rows each as the table that it was fitted to."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import are_exact
from gmmfit.fitting.em.tables import Tables
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.uncertainty.in_blocks import rng_of
from gmmfit.model.batch import Batch
from gmmfit.model.density import posteriors_and_log_densities, whiten

# Of one column, from so many rows on, rows are drawn as points of a grid, with their numbers: so far apart, beside the
# narrowest component that may be looked at, that sums over them are those over a continuous column.
MANY, NARROWEST, SPACING, REACH = 2048, 0.05, 0.5, 6.0
MOST_POINTS = 4096
# Numbers of a table that is drawn row by row.
MOST_NUMBERS = 2**24
# Points (G, D) from which rows are drawn, and their chances (G,).
Points = tuple[Array, Array]


def objection_to_drawing(problem: Problem) -> str:
    """Why tables can't be drawn that are like that of a problem; empty if they can."""
    if len(problem.rows.low) > 1 and problem.rows.n * len(problem.rows.low) > MOST_NUMBERS:
        return "tables of so many rows in several columns would fill the memory"
    if problem.request.weighting == "relative":
        return "relative weights say nothing of how many rows there are"
    if not are_exact(problem.rows.sample):
        return "more is known of the rows, or less, than tables that are drawn would have"
    return ""


def drawn_tables(problem: Problem, one: Batch, numbers: range, points: Points | None) -> Tables:
    """Tables of some numbers, drawn from one mixture in standard units, or from points with their chances."""
    n = round(problem.rows.n)
    rngs = [rng_of(problem.settings.seed, "table", number) for number in numbers]
    table = np.arange(len(numbers))
    if points is not None:
        grid, chances = points
        counts = np.array([rng.multinomial(n, chances) for rng in rngs], dtype=float)
        return Tables(grid[None], counts, table, one.columns)
    values = np.array([_drawn(one, n, rng) for rng in rngs])
    return Tables(values, np.ones((1, n)), table, one.columns)


def _drawn(one: Batch, n: int, rng: np.random.Generator) -> Array:
    """Rows (n, D) of one mixture."""
    component = rng.choice(len(one.weights), n, p=one.weights / one.weights.sum())
    normals = rng.normal(size=(n, one.n_columns))
    values: Array = one.means[component] + np.einsum("nij,nj->ni", one.factors[component], normals)
    if one.box is not None:
        noise = component == one.n_components
        values[noise] = rng.uniform(one.box.low, one.box.high, (int(noise.sum()), one.n_columns))
    return values


def grid_of(problem: Problem, one: Batch) -> Points | None:
    """Points (G, 1) over which sums are those over the mixture's line, and their chances.

    None in several columns, for few rows, and where they would be too many.
    """
    if one.n_columns > 1 or problem.rows.n <= MANY:
        return None
    normal = one.normal
    sds = np.sqrt(normal.covariances[:, 0, 0])
    step = SPACING * min(float(sds.min()), NARROWEST * float(np.sqrt(problem.reference_covariance[0, 0])))
    ends = [float((normal.means[:, 0] - REACH * sds).min()), float((normal.means[:, 0] + REACH * sds).max())]
    if one.box is not None:
        ends = [min(ends[0], float(one.box.low[0])), max(ends[1], float(one.box.high[0]))]
    n = int((ends[1] - ends[0]) / step) + 1
    if n > MOST_POINTS:
        return None
    grid = np.linspace(ends[0], ends[1], n)[:, None]
    _, logs = posteriors_and_log_densities(one, whiten(one, grid))
    densities = np.exp(logs - logs.max())
    return grid, densities / densities.sum()
