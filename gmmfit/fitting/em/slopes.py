"""The slope of the log-likelihood and, from differences of slopes, its curvature, whatever is known of the rows."""

from dataclasses import replace
from functools import partial

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.data.sums import added_up
from gmmfit.errors import FitError
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.partly_known_rows import condition, shared_out
from gmmfit.fitting.em.window import expect_unseen
from gmmfit.model.batch import Batch
from gmmfit.model.products import n_products

# Differences are taken over so many sds of a component: their error is the fourth power of this.
STEP = 1e-3
# Where the slopes are looked at, in steps, and what they are multiplied with to give a derivative.
AT, FACTORS = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1.0, -8.0, 8.0, -1.0]) / 12


def slopes(batch: Batch, data: Data, directions: Array) -> Array:
    """The derivatives (S, P) of the log-likelihood of each mixture along directions (K (1 + D + D²), P).

    A direction says how weights, means and covariances change, and its weights sum to 0. What an M step needs is all
    that is asked of the rows.

    Source: Fisher's identity (Louis 1982, Finding the observed information matrix when using the EM algorithm).
    """
    along: Array = gradients(batch, data) @ directions
    return along


def gradients(batch: Batch, data: Data) -> Array:
    """The derivatives of the log-likelihood of each mixture in weights, means and covariances, (S, K (1 + D + D²))."""
    sums, inverses = expect(batch, data), batch.inverses
    precisions = inverses.swapaxes(-1, -2) @ inverses
    seconds = precisions @ sums.scatters @ precisions - sums.counts[..., None, None] * precisions
    by_parameter = (
        sums.counts / batch.weights,
        np.einsum("skij,skj->ski", precisions, sums.shifts).reshape(len(batch), -1),
        seconds.reshape(len(batch), -1) / 2,
    )
    return np.concatenate(by_parameter, axis=1)


def moved(one: Batch, steps: Array) -> Batch:
    """Mixtures that differ from one by steps (S, K (1 + D + D²)) of weights, means and covariances."""
    k, d = one.means.shape
    weights, means, covariances = np.split(steps, [k, k + k * d], axis=1)
    return replace(
        one,
        weights=one.weights + weights,
        means=one.means + means.reshape(-1, k, d),
        covariances=one.covariances + covariances.reshape(-1, k, d, d),
    )


def information_by_differences(one: Batch, data: Data, directions: Array, sizes: Array) -> Array:
    """Minus the second derivative of the log-likelihood along directions, (P, P), from differences of its slopes.

    sizes (P,) are the directions' lengths in sds of the components. The differences are central ones, with one step of
    Richardson's.
    """
    if not len(sizes):  # everything is held
        return np.zeros((0, 0))
    scaled = directions / sizes
    steps = (STEP * AT[:, None, None] * scaled.T).reshape(-1, len(directions))
    along = slopes(moved(one, steps), data, scaled).reshape(len(AT), len(sizes), -1)
    square = -np.tensordot(FACTORS, along, 1) / STEP
    information: Array = (square + square.T) / 2 * np.outer(sizes, sizes)
    return information


def products_of_slopes(one: Batch, rows: Rows) -> Array:
    """Σ of the slopes of what rows add to the log-likelihood, whatever is known of them, times themselves, (K·Q, K·Q).

    The slopes are in the numbers that components see (see `seen_by_components`), Q = 1 + D + D² for each.

    Raises:
        FitError: rows lie in a window and have errors, each of which would change the window.
    """
    tile, numbers = partial(_products_of_slopes, one), 4 * one.covariances.size
    return added_up(part.sum(lambda block: block.sum_in_tiles(tile, numbers)) for part in rows.kinds)


def _products_of_slopes(one: Batch, rows: Rows) -> Array:
    logs, shifts, covariances, pattern = condition(one, rows)
    posteriors, _ = shared_out(logs)
    each = covariances if pattern is None else covariances[..., pattern]
    seconds = each + shifts[:, None] * shifts
    slopes = _local_slopes(one, posteriors, shifts * posteriors, seconds * posteriors)
    if rows.window is not None:
        if rows.known is not None and np.any(rows.known.errors):
            raise FitError("for relative weights of truncated rows with errors there are none")
        unseen = expect_unseen(one[None], rows.window, rows)
        parts = (unseen.counts[0], unseen.shifts[0].T, np.moveaxis(unseen.scatters[0], 0, -1))
        slopes += _local_slopes(one, *(part[..., None] / rows.total_weight for part in parts))
    total: Array = (slopes * rows.weights) @ slopes.T
    return total


def _local_slopes(one: Batch, counts: Array, firsts: Array, seconds: Array) -> Array:
    """Derivatives in the local numbers (K·Q, n), from counts (K, n), first (D, K, n) and second sums (D, D, K, n)."""
    (k, d), inverses, n = one.means.shape, one.inverses, counts.shape[1]
    means = np.einsum("kab,bkn->kan", inverses, firsts)
    squares = np.einsum("kab,bckn,kdc->kadn", inverses, seconds, inverses, optimize=True)
    squares -= np.eye(d)[..., None] * counts[:, None, None]
    return np.concatenate([counts[:, None], means, squares.reshape(k, d * d, n) / 2], axis=1).reshape(-1, n)


def work_by_differences(n_rows: int, n_components: int, n_columns: int) -> float:
    """About how many multiplications take as long as the information by differences of slopes.

    A row takes as long as so many for each component of each mixture, of which there are four a direction.
    """
    n_directions = n_components * n_products(n_columns)
    return (100.0 + 40 * n_columns**2) * n_rows * n_components * 4 * n_directions
