"""Batches of starts of each kind, in standard units."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.covariance import cholesky, inverse_factors

# The narrowest sds that a start has, as shares of those of all rows: drawn, and for a part of one row.
NARROW, NARROWEST = 0.05, 0.03
# The widest sd of a component that is added, and the smallest and largest weight that it takes.
WIDEST, LIGHTEST, HEAVIEST = 0.7, 0.03, 0.4
# Of the weights of a start with means at random; 1 would be uniform, larger ones are more equal.
DIRICHLET = 2.0
# How far the halves of a component are apart, in its sds; the weight of one of them; and the share of the squared
# distance that their covariance loses, so that a little is left where it was all of it.
HALVES_APART, HALF_SHARE, TAKEN_OUT = (0.3, 0.9), (0.2, 0.8), 0.9
# Half the distance of halves that begin close to what they are made of, in its sds, and the share of its variance that
# the narrower one of two halves of one mean has.
NEAR_HALVES, NARROWER = 0.4, 0.7
# The share of the rows that is left to noise.
FARTHEST = 0.1
# How often a random cut may fail, on few rows, for each that is wanted.
RETRIES = 5


def cut_starts(rows: Rows, reference: Array, n_components: int, n: int, rng: np.random.Generator) -> Batch:
    """n starts from rows cut at random quantiles along random directions: each part is a component.

    Directions are equally likely where the covariance is the reference.
    """
    whitened = (rows.values - rows.mean) @ inverse_factors(cholesky(reference[None]))[0].T
    weights: list[Array] = []
    means: list[Array] = []
    covariances: list[Array] = []
    for _ in range(RETRIES * n):
        if len(weights) == n:
            break
        direction = rng.normal(size=whitened.shape[1])
        order = np.argsort(whitened @ direction, kind="stable")
        below = np.cumsum(rows.weights[order]) - rows.weights[order] / 2
        part = np.empty(len(rows), dtype=np.intp)
        part[order] = np.searchsorted(np.sort(rng.random(n_components - 1)), below / rows.total_weight)
        shared = (part == np.arange(n_components)[:, None]) * rows.weights
        counts = shared.sum(axis=1)
        if np.all(counts > 0):
            centres = shared @ rows.values / counts[:, None]
            residuals = rows.values - centres[:, None]
            scatters = (residuals * shared[..., None]).swapaxes(1, 2) @ residuals
            weights.append(counts / counts.sum())
            means.append(centres)
            # A part of one row has no spread of its own.
            covariances.append(scatters / counts[:, None, None] + NARROWEST**2 * reference)
    shape = (-1, n_components, *rows.mean.shape)
    return Batch(
        np.reshape(weights, shape[:2]),
        np.reshape(means, shape),
        np.reshape(covariances, (*shape, len(reference))),
        rows.columns,
    )


def without_the_farthest(rows: Rows, reference: Array) -> Rows:
    """The rows but for those farthest from their medians, in sds of the reference: for these to be noise."""
    apart = rows.values - np.median(rows.values, axis=0)
    distances = np.sum((apart @ inverse_factors(cholesky(reference[None]))[0].T) ** 2, axis=1)
    order = np.argsort(distances, kind="stable")
    inner = np.cumsum(rows.weights[order]) <= (1 - FARTHEST) * rows.total_weight
    return rows.part(order[inner]) if np.any(inner) else rows


def random_mean_starts(rows: Rows, covariance: Array, n_components: int, n: int, rng: np.random.Generator) -> Batch:
    """Starts with rows as means, and with sds from narrow to those of all rows."""
    size = (n, n_components)
    means = rows.values[rng.choice(len(rows), size, p=rows.weights / rows.total_weight)]
    scale = np.exp(rng.uniform(np.log(NARROW), 0, size))
    covariances = scale[..., None, None] ** 2 * covariance
    return Batch(rng.dirichlet(np.full(n_components, DIRICHLET), n), means, covariances, rows.columns)


def added_component_starts(parents: Batch, rows: Rows, reference: Array, n: int, rng: np.random.Generator) -> Batch:
    """Starts with one more component than their parents: a light one, narrow or wide, at a row.

    Rows that are many alike are drawn less often than their weight asks for, for small groups to be found.
    """
    parents = parents.normal
    parent = rng.integers(len(parents), size=n)
    chances = np.sqrt(rows.weights)
    means = rows.values[rng.choice(len(rows), n, p=chances / chances.sum())]
    scale = np.exp(rng.uniform(np.log(NARROW), np.log(WIDEST), n))
    share = np.exp(rng.uniform(np.log(LIGHTEST), np.log(HEAVIEST), n))
    covariances = scale[:, None, None] ** 2 * reference
    return with_component(parents[parent], parents.weights[parent] * (1 - share)[:, None], share, means, covariances)


def split_starts(parents: Batch, n: int, rng: np.random.Generator) -> Batch:
    """Starts with one more component than their parents: one of those halved, along a random direction.

    The halves keep the mean, and most of the covariance, of what they are made from.
    """
    parents = parents.normal
    parent, each = rng.integers(len(parents), size=n), np.arange(n)
    component = rng.integers(parents.weights.shape[1], size=n)
    halved = parents[parent]
    weights, means, covariances = halved.weights.copy(), halved.means.copy(), halved.covariances.copy()
    directions = rng.normal(size=(n, means.shape[-1]))
    directions *= (rng.uniform(*HALVES_APART, n) / np.linalg.norm(directions, axis=1))[:, None]
    apart = np.einsum("nij,nj->ni", halved.factors[each, component], directions)
    part = rng.uniform(*HALF_SHARE, n)
    weight, mean = weights[each, component], means[each, component]
    inner = covariances[each, component] - TAKEN_OUT * apart[:, :, None] * apart[:, None, :]
    weights[each, component], covariances[each, component] = weight * part, inner
    means[each, component] = mean + apart * np.sqrt((1 - part) / part)[:, None]
    other = mean - apart * np.sqrt(part / (1 - part))[:, None]
    return with_component(
        Batch(weights, means, covariances, halved.columns), weights, weight * (1 - part), other, inner
    )


def halved(parent: Batch) -> Batch:
    """Starts from one mixture, each with another component halved: across its longest axis, or in width."""
    starts, parent = [], parent.normal
    for k in range(parent.n_components):
        weights, covariance = parent.weights.copy(), parent.covariances[:, k]
        weights[:, k] /= 2
        sizes, axes = np.linalg.eigh(covariance[0])
        apart = NEAR_HALVES * np.sqrt(max(sizes[-1], 0)) * axes[:, -1]
        means, covariances = parent.means.copy(), parent.covariances.copy()
        means[:, k] += apart
        moved = Batch(weights, means, parent.covariances, parent.columns)
        starts.append(with_component(moved, weights, weights[:, k], parent.means[:, k] - apart, covariance))
        covariances[:, k] *= NARROWER
        changed = Batch(weights, parent.means, covariances, parent.columns)
        starts.append(with_component(changed, weights, weights[:, k], parent.means[:, k], covariance * (2 - NARROWER)))
    return concatenated(starts)


def doubled(parent: Batch) -> Batch:
    """The same mixture once more, with one of its components as two that are equal: no higher, and no lower."""
    parent = parent.normal
    weights = parent.weights.copy()
    weights[:, 0] /= 2
    return with_component(parent, weights, weights[:, 0], parent.means[:, 0], parent.covariances[:, 0])


def with_component(batch: Batch, weights: Array, weight: Array, mean: Array, covariance: Array) -> Batch:
    """The mixtures with other weights (S, K), and with one more component each."""
    return Batch(
        np.concatenate([weights, weight[:, None]], axis=1),
        np.concatenate([batch.means, mean[:, None]], axis=1),
        np.concatenate([batch.covariances, covariance[:, None]], axis=1),
        batch.columns,
    )
