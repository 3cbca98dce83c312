"""The E step of rows that are known exactly, in every column."""

import math
from functools import partial
from threading import local

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.statistics import Statistics, side_by_side
from gmmfit.fitting.em.tables import OneOrMany, Tables, of_mixtures
from gmmfit.model.batch import Batch
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.products import about_means, n_products, products

# Numbers of an array that stays in the processor's cache, and the fewest rows that are worth a call.
TILE, FEWEST_ROWS = 98_304, 512
# Above this cancellation, products of columns lose digits beyond the tenth; above this log density, exp overflows.
MAX_CANCELLATION, MAX_LOG_DENSITY = 1e6, 600.0
# Components are few if there are so many times as many columns.
FEW = 4
# Logs of densities that are as good as none: below, arithmetic is slow. Where a row has no other it is far out.
LEAST_LOG, FAR_OUT = -650.0, 1e-260

_buffers = local()


def expect_exact(batch: Batch, data: OneOrMany, max_cancellation: float) -> Statistics:
    """Share each row out among the components of each mixture, and add up.

    Row i belongs to component k with posterior
    p[i, k] = weights[k] N(x[i]; means[k], covariances[k]) / sum over components.

    Log densities are linear in the products 1, x and x xᵀ, and what an M step needs are sums of posteriors times
    products: two matrix products with exp between them. Digits are lost in them where a mean is many of its sds away
    from 0, the centre of the rows; such a mixture, and one of very many narrow columns, whose densities overflow, is
    shared out by its whitened residuals, at two or three times the price. Where components are few beside the columns,
    there are so many products that the residuals cost less.

    Source: Dempster, Laird & Rubin (1977), section 4.3.
    """
    if FEW * batch.weights.size <= batch.n_columns:
        return by_residuals(batch, data)
    sharp = (batch.cancellation > max_cancellation) | (batch.max_log_density > MAX_LOG_DENSITY)
    if not np.any(sharp):
        return by_products(batch, data)
    if np.all(sharp):
        return by_residuals(batch, data)
    return by_residuals(batch[sharp], of_mixtures(data, sharp)).in_place_of(by_products(batch, data), sharp)


def by_products(batch: Batch, data: OneOrMany) -> Statistics:
    """The E step in products of the columns."""
    s, k, d = batch.means.shape
    product_sums = partial(_product_sums, batch)
    sums = _product_sums_of_tables(batch, data) if isinstance(data, Tables) else data.sum(product_sums)
    return Statistics(*about_means(sums[:, 1:].reshape(s, k, n_products(d)), batch.means), sums[:, 0])


def _product_sums(batch: Batch, rows: Rows) -> Array:
    """Log-likelihoods and sums of products by component, (S, 1 + K·F), in tiles that stay in the cache."""
    s, k, d = batch.means.shape
    n, f = len(rows), n_products(d)
    length = min(n, max(FEWEST_ROWS, TILE // max(k, f)))
    size = min(s, max(1, TILE // (k * length)))
    coefficients, sums = batch.coefficients.reshape(s * k, f), np.zeros((s, 1 + k * f))
    for start in range(0, n, length):
        stop = min(start + length, n)
        weights = buffer("weights", stop - start)
        weights[:] = rows.weights[start:stop]
        column_products = products(rows.values[start:stop], buffer("column products", f, stop - start))
        for first in range(0, s, size):
            last = min(first + size, s)
            shared = buffer("shared", (last - first) * k, stop - start)
            totals, logs = (buffer(name, last - first, stop - start) for name in ("totals", "logs"))
            each = shared.reshape(last - first, k, -1)
            fill_posteriors(coefficients[first * k : last * k], column_products, shared, totals, logs)
            sums[first:last, 0] += logs @ weights
            np.divide(weights, totals, out=totals)
            each *= totals[:, None]
            sums[first:last, 1:] += (shared @ column_products.T).reshape(last - first, k * f)
    return sums


def _product_sums_of_tables(batch: Batch, tables: Tables) -> Array:
    """The same, each mixture with the rows of its own table."""
    s, k, d = batch.means.shape
    n, f, of_tables = len(tables), n_products(d), tables.products
    sums, size = np.empty((s, 1 + k * f)), max(1, TILE // (k * n))
    for first in range(0, s, size):
        some = slice(first, min(first + size, s))
        c = some.stop - first
        column_products, weights = tables.part(of_tables, some), tables.part(tables.weights, some)
        totals, logs = (buffer(name, c, n) for name in ("totals", "logs"))
        if len(of_tables) == 1:  # one product for all mixtures
            column_products, shared = column_products[0], buffer("shared", c * k, n)
            fill_posteriors(batch.coefficients[some].reshape(c * k, f), column_products, shared, totals, logs)
        else:
            shared = buffer("shared", c, k, n)
            fill_posteriors(batch.coefficients[some], column_products, shared, totals, logs)
        sums[some, 0] = np.einsum("sn,sn->s", logs, np.broadcast_to(weights, logs.shape))
        np.divide(weights, totals, out=totals)
        each = shared.reshape(c, k, n)
        each *= totals[:, None]
        sums[some, 1:] = (shared @ column_products.swapaxes(-1, -2)).reshape(c, k * f)
    return sums


def fill_posteriors(coefficients: Array, column_products: Array, shared: Array, totals: Array, logs: Array) -> None:
    """Fill `shared` (S·K, n), totals (S, n), and the log densities `logs` (S, n); posteriors are shared / totals."""
    each = shared.reshape(len(totals), -1, shared.shape[-1])
    np.matmul(coefficients, column_products, out=shared)
    np.maximum(shared, LEAST_LOG, out=shared)
    np.exp(shared, out=shared)
    np.add.reduce(each, axis=1, out=totals)
    if totals.min() > FAR_OUT:
        np.log(totals, out=logs)
        return
    # A row is so far out that densities underflow: take out the largest of each row first.
    np.matmul(coefficients, column_products, out=shared)
    peaks = each.max(axis=1)
    each -= peaks[:, None]
    np.exp(shared, out=shared)
    np.add.reduce(each, axis=1, out=totals)
    np.log(totals, out=logs)
    logs += peaks


def buffer(name: str, *shape: int) -> Array:
    """An array of the calling thread that is made once, and again where it is too small: fresh memory costs time."""
    size = math.prod(shape)
    kept: Array | None = getattr(_buffers, name, None)
    if kept is None or kept.size < size:
        kept = np.empty(size)
        setattr(_buffers, name, kept)
    return kept[:size].reshape(shape)


def by_residuals(batch: Batch, data: OneOrMany) -> Statistics:
    """The E step in whitened residuals, in which nothing cancels where a mean dwarfs a spread."""
    if isinstance(data, Tables):
        return side_by_side([by_residuals(batch[s : s + 1], data.rows(s)) for s in range(len(batch))])
    return data.sum(partial(_residual_sums, batch))


def _residual_sums(batch: Batch, rows: Rows) -> Statistics:
    return rows.sum_in_tiles(partial(_tile_by_residuals, batch), batch.means.size)


def _tile_by_residuals(batch: Batch, rows: Rows) -> Statistics:
    residuals = whiten(batch, rows.values)
    posteriors, log_densities = posteriors_and_log_densities(batch, residuals)
    posteriors *= rows.weights
    # Scale back the whitened sums: x - mean = L u.
    factors = batch.factors
    shifts = np.matmul(residuals, posteriors[..., None])[..., 0]
    scatters = np.matmul(residuals * posteriors[..., None, :], residuals.swapaxes(-1, -2))
    return Statistics(
        posteriors.sum(axis=-1),
        np.einsum("...ij,...j->...i", factors, shifts),
        factors @ scatters @ factors.swapaxes(-1, -2),
        log_densities @ rows.weights,
    )
