"""The E step: each row shared out among the components, and added up, whatever is known of it."""

from functools import reduce
from operator import add

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, are_exact
from gmmfit.fitting.em.exact_rows import MAX_CANCELLATION, expect_exact
from gmmfit.fitting.em.partly_known_rows import condition, expect_partly_known, shared_out
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.fitting.em.tables import OneOrMany, Tables
from gmmfit.fitting.em.window import expect_unseen, window_log_probability
from gmmfit.model.batch import Batch
from gmmfit.model.density import Components, posteriors_and_log_densities, whiten


def expect(batch: Batch, data: OneOrMany, max_cancellation: float = MAX_CANCELLATION) -> Statistics:
    """The E step: share each row out among the components of each mixture, and add up.

    Source: Dempster, Laird & Rubin (1977).
    """
    if not isinstance(data, Tables):
        data = data.resolving(*batch.parts)
    if not isinstance(data, Rows) or are_exact(data):
        return expect_exact(batch, data, max_cancellation)
    parts = []
    for rows in data.kinds:
        exact = rows.known is None
        parts.append(expect_exact(batch, rows, max_cancellation) if exact else expect_partly_known(batch, rows))
        if data.window is not None:
            parts.append(expect_unseen(batch, data.window, rows))
    return reduce(add, parts)


def share_out(mixture: Components, rows: Rows) -> tuple[Array, Array]:
    """Posteriors (K, n) of rows, and the log of what each adds to the likelihood, (n,).

    That is a density where a row is known exactly, else a probability, or a density of what is known; given that the
    row is in the window, if there is one.
    """
    if rows.known is None:
        posteriors, logs = posteriors_and_log_densities(mixture, whiten(mixture, rows.values))
    else:
        posteriors, logs = shared_out(condition(mixture, rows).logs)
    if rows.window is not None:
        logs = logs - window_log_probability(mixture, rows.window, rows)
    return posteriors, logs


def expected_values(mixture: Components, rows: Rows) -> Array:
    """What rows are expected to be, given what is known of them, (n, D): their values, where these are exact."""
    if rows.known is None:
        return rows.values
    logs, shifts, *_ = condition(mixture, rows)
    posteriors, log_densities = shared_out(logs)
    with np.errstate(invalid="ignore"):
        expected: Array = np.einsum("kn,dkn->nd", posteriors, mixture.means.T[..., None] + shifts)
    expected[np.isneginf(log_densities)] = np.nan
    return np.where(rows.known.exact, rows.values, expected)
