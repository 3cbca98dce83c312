"""The E step of the rows that a table lacks because they fell outside its window."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.model.batch import Batch
from gmmfit.model.density import Components
from gmmfit.model.truncated_normal import Truncated, truncated

# The log of how many rows are expected at most for one that is in the window, where a component is all but outside.
MOST_UNSEEN = 100.0


def expect_unseen(batch: Batch, window: Window, rows: Rows) -> Statistics:
    """The rows of one column that rows in a window leave to be expected outside it, shared out and added up.

    With the mixture's probability P of the window, n rows in it stand for n / P in all, and n log P is taken from the
    log-likelihood. What lies outside has the moments of the components, less those within. Where values have errors,
    the window is that of the values with their errors.

    Source: Dempster, Laird & Rubin (1977), section 4.2.
    """
    if rows.known is None or not np.any(rows.known.errors):
        return _of_errors(batch, window, np.zeros(1), np.array([rows.total_weight]))

    def of_tile(tile: Rows) -> Statistics:
        known = tile.known or Known.of(tile.values)
        return _of_errors(batch, window, known.errors[:, 0] ** 2, tile.weights)

    return rows.sum(lambda block: block.sum_in_tiles(of_tile, 8 * batch.weights.size))


def _of_errors(batch: Batch, window: Window, variances: Array, weights: Array) -> Statistics:
    """The same of rows by the variances of their errors (U,), and the weights of those that have each, (U,)."""
    inside, roots = _inside(batch, window, variances)
    logs = np.log(batch.weights)[..., None] + inside.log_probability
    log_probability = _log_sum(logs)
    own, total = batch.covariances[..., 0], roots**2
    # Rows for each that is inside, and of those the rows inside, with their moments: (S, K, U).
    all_rows = batch.weights[..., None] * np.exp(np.minimum(-log_probability, MOST_UNSEEN))[:, None] * weights
    within = np.exp(logs - log_probability[:, None]) * weights
    share = own / total
    shifts = within * share * roots * inside.mean
    squares = within * (share * own * inside.mean_square + own * (1 - share))
    return Statistics(
        (all_rows - within).sum(axis=-1),
        -shifts.sum(axis=-1)[..., None],
        (all_rows * own - squares).sum(axis=-1)[..., None, None],
        -(log_probability @ weights),
    )


def window_log_probability(mixture: Components, window: Window, rows: Rows) -> Array:
    """The log of the probability of a window under a mixture of one column, with the error of each row, (…, n)."""
    errors = np.zeros((len(rows), 1)) if rows.known is None else rows.known.errors
    inside, _ = _inside(mixture, window, errors[:, 0] ** 2)
    return _log_sum(np.log(mixture.weights)[..., None] + inside.log_probability)


def share_inside(mixture: Components, window: Window, rows: Rows) -> Array:
    """About which share of each component lies in the window of rows, with errors such as theirs, (…, K)."""
    variance = 0.0 if rows.known is None else float(np.average(rows.known.errors[:, 0] ** 2, weights=rows.weights))
    inside, _ = _inside(mixture, window, np.array([variance]))
    return np.asarray(np.exp(inside.log_probability[..., 0]))


def _inside(mixture: Components, window: Window, variances: Array) -> tuple[Truncated, Array]:
    """What of each component lies in a window, and its sd, with errors of variances (U,), (…, K, U)."""
    roots = np.sqrt(mixture.covariances[..., 0] + variances)
    low, high = ((end - mixture.means) / roots for end in window)
    return truncated(low, high, (window.high - window.low) / roots), roots


def _log_sum(logs: Array) -> Array:
    """The logs (…, U) of sums over components (…, K, U)."""
    peaks = logs.max(axis=-2)
    total: Array = peaks + np.log(np.exp(logs - peaks[..., None, :]).sum(axis=-2))
    return total
