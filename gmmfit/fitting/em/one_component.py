"""A normal distribution of incomplete rows, and the values that it expects in the cells that are missing."""

from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from gmmfit.data.known import Known
from gmmfit.data.rows import Rows, joined
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.em import em
from gmmfit.fitting.em.partly_known_rows import condition
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES

# Iterations that are enough for values to look at, and the smallest share of a column's variance on the way.
ITERATIONS, LEAST_SHARE = 50, 1e-12


def one_component(rows: Rows) -> Batch:
    """The normal distribution that rows come from, about, with their values for what is known of them."""
    variances = np.diagonal(rows.covariance)
    variances = np.where(variances > 0, variances, 1.0)
    constraints = Constraints(STRUCTURES["full"], Fixed(), Floor(np.diag(LEAST_SHARE * variances)))
    start = Batch(np.ones((1, 1)), rows.mean[None, None], np.diag(variances)[None, None], rows.columns)
    *_, last = islice(em(_as_values(rows), start, constraints), ITERATIONS)
    return last.batch


def with_expected_values(one: Batch, rows: Rows) -> Rows:
    """Rows with the values that a normal distribution expects in the cells that are missing."""
    numbers = one.n_columns**2 + 3 * one.n_columns
    return joined(map(partial(_with_expected_values, one), rows.blocks(max(1, 2**20 // numbers))))


def _with_expected_values(one: Batch, rows: Rows) -> Rows:
    values = _as_values(rows)
    missing = Known.of(rows.values) if rows.known is None else rows.known
    expected = one.means[0, 0] + condition(one.mixture(0), values).shifts[:, 0].T
    return replace(rows, values=np.where(missing.missing, expected, rows.values))


def _as_values(rows: Rows) -> Rows:
    """Rows whose values are taken for exact, but for those that are missing."""
    missing = False if rows.known is None else rows.known.missing
    low, high = np.where(missing, -np.inf, rows.values), np.where(missing, np.inf, rows.values)
    return replace(rows, known=Known.of(rows.values, low, high), window=None)
