"""Starting mixtures, in standard units: from labels, by k-means++, from quantiles, at random; and stacks of them.

Which rows are near each other is judged at their positions (N, D): values in exact sds, as standard units, being powers
of two, are not.
"""

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.fitting.em.e_step import Statistics
from gmmfit.fitting.em.m_step import Constraints, Floor, maximize
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES, Structure, cholesky, inverse_factors
from gmmfit.model.mixture import Mixture

# The narrowest sds that a search starts with, as shares of those of all rows: drawn, and for a part of one row.
NARROW, NARROWEST = 0.05, 0.03
# How often a random cut may fail, on few rows, for each that is wanted.
RETRIES = 5

LabelCodes = npt.NDArray[np.intp]


def from_labels(rows: Rows, labels: LabelCodes, n_components: int, structure: Structure, floor: Floor) -> Mixture:
    """The mixture of rows whose components (N,), from 0, are known: one M step.

    Raises:
        FitError: a component has no rows.
    """
    about = np.tile(rows.mean, (n_components, 1))
    return _of_parts(_parts(rows, labels, about), about, rows.columns, structure, floor)


def from_centres(data: Data, centres: Array, sds: Array, floor: Floor) -> Mixture:
    """The mixture of rows that belong to the nearest of centres (K, D), in units of sds (D,); one covariance for all.

    Raises:
        FitError: a centre has no rows.
    """
    statistics = data.sum(lambda rows: _parts(rows, nearest(rows.values / sds, centres / sds), centres))
    return _of_parts(statistics, centres, data.columns, STRUCTURES["tied"], floor)


def _parts(rows: Rows, labels: LabelCodes, about: Array) -> Statistics:
    """Sums about given values (K, D) over the rows of each label."""
    k, d = about.shape
    statistics = Statistics(np.zeros((1, k)), np.zeros((1, k, d)), np.zeros((1, k, d, d)), np.zeros(1))
    for component in range(k):
        part = rows.part(labels == component)
        residuals = part.values - about[component]
        weighted = residuals * part.weights[:, None]
        statistics.counts[0, component] = part.total_weight
        statistics.shifts[0, component] = weighted.sum(axis=0)
        statistics.scatters[0, component] = weighted.T @ residuals
    return statistics


def _of_parts(
    statistics: Statistics, about: Array, columns: tuple[str, ...], structure: Structure, floor: Floor
) -> Mixture:
    """The mixture by one M step from sums about given values (K, D)."""
    statistics.check_occupied()
    k, d = about.shape
    stack = Batch(np.full((1, k), 1 / k), about[None], np.tile(np.eye(d), (1, k, 1, 1)), columns)
    return maximize(statistics, stack, Constraints(structure, Fixed(), floor)).mixture(0)


def nearest(positions: Array, centres: Array) -> LabelCodes:
    """The nearest of centres (K, D) to each of positions (N, D), from 0; of equally near ones the first."""
    distances = [np.sum((positions - centre) ** 2, axis=1) for centre in centres]
    labels: LabelCodes = np.argmin(distances, axis=0)
    return labels


def kmeans_plus_plus(
    rows: Rows, positions: Array, n_components: int, floor: Floor, rng: np.random.Generator
) -> Mixture:
    """Rows drawn far apart as centres, and their nearest rows, with one covariance for all.

    Each centre is a row drawn with a probability proportional to its weight and its squared distance from the nearest
    centre before it.

    Source: Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    chances = rows.weights
    centres = np.empty((n_components, positions.shape[1]))
    distances = np.full(len(rows), np.inf)
    for k in range(n_components):
        if not np.any(chances > 0):  # fewer distinct rows than components
            chances = rows.weights
        centres[k] = positions[rng.choice(len(rows), p=chances / chances.sum())]
        distances = np.minimum(distances, np.sum((positions - centres[k]) ** 2, axis=1))
        chances = rows.weights * distances
    return from_labels(rows, nearest(positions, centres), n_components, STRUCTURES["tied"], floor)


def quantile(rows: Rows, positions: Array, n_components: int, floor: Floor) -> Mixture:
    """Equal shares of the rows along the direction in which they vary most, with one covariance for all."""
    centred = positions - np.average(positions, axis=0, weights=rows.weights)
    scatter = (centred * rows.weights[:, None]).T @ centred
    direction = np.linalg.eigh(scatter)[1][:, -1]
    # Its sign is arbitrary: let it point where the first column grows.
    position = centred @ (direction if direction[np.flatnonzero(direction)[0]] > 0 else -direction)
    order = np.argsort(position, kind="stable")
    below = np.cumsum(rows.weights[order]) - rows.weights[order] / 2
    labels = np.empty(len(rows), dtype=np.intp)
    labels[order] = np.minimum((below / rows.total_weight * n_components).astype(np.intp), n_components - 1)
    return from_labels(rows, labels, n_components, STRUCTURES["tied"], floor)


def random(rows: Rows, n_components: int, rng: np.random.Generator) -> Mixture:
    """Dirichlet weights, and means and variances uniform over the range and up to the variance of each column."""
    low, high = rows.values.min(axis=0), rows.values.max(axis=0)
    variances = np.diagonal(rows.covariance)
    size = (n_components, len(low))
    return Mixture.from_sds(
        rng.dirichlet(np.ones(n_components)),
        rng.uniform(low, high, size),
        np.sqrt(variances * (1 - rng.random(size))),
        rows.columns,
    )


def cuts(rows: Rows, ruler: Array, n_components: int, n: int, rng: np.random.Generator) -> Batch:
    """n starts from rows cut at random quantiles along random directions: each part is a component.

    Directions are equally likely where the covariance is `ruler`.
    """
    whitened = (rows.values - rows.mean) @ inverse_factors(cholesky(ruler[None]))[0].T
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
            covariances.append(scatters / counts[:, None, None] + NARROWEST**2 * ruler)
    shape = (-1, n_components, *rows.mean.shape)
    return Batch(
        np.reshape(weights, shape[:2]),
        np.reshape(means, shape),
        np.reshape(covariances, (*shape, len(ruler))),
        rows.columns,
    )


def scattered(rows: Rows, covariance: Array, n_components: int, n: int, rng: np.random.Generator) -> Batch:
    """Starts with rows as means, and with sds from narrow to those of all rows."""
    size = (n, n_components)
    means = rows.values[rng.choice(len(rows), size, p=rows.weights / rows.total_weight)]
    scale = np.exp(rng.uniform(np.log(NARROW), 0, size))
    covariances = scale[..., None, None] ** 2 * covariance
    return Batch(rng.dirichlet(np.full(n_components, 2.0), n), means, covariances, rows.columns)


def grown(parents: Batch, rows: Rows, ruler: Array, n: int, rng: np.random.Generator) -> Batch:
    """Starts with one more component than their parents: a light one, narrow or wide, at a row.

    Rows that are many alike are drawn less often than their weight asks for, for small groups to be found.
    """
    parent = rng.integers(len(parents), size=n)
    chances = np.sqrt(rows.weights)
    means = rows.values[rng.choice(len(rows), n, p=chances / chances.sum())]
    scale = np.exp(rng.uniform(np.log(NARROW), np.log(0.7), n))
    share = np.exp(rng.uniform(np.log(0.03), np.log(0.4), n))
    covariances = scale[:, None, None] ** 2 * ruler
    return _joined(parents[parent], parents.weights[parent] * (1 - share)[:, None], share, means, covariances)


def split(parents: Batch, n: int, rng: np.random.Generator) -> Batch:
    """Starts with one more component than their parents: one of those halved, along a random direction.

    The halves keep the mean, and most of the covariance, of what they are made from.
    """
    parent, each = rng.integers(len(parents), size=n), np.arange(n)
    component = rng.integers(parents.weights.shape[1], size=n)
    halved = parents[parent]
    weights, means, covariances = halved.weights.copy(), halved.means.copy(), halved.covariances.copy()
    directions = rng.normal(size=(n, means.shape[-1]))
    directions *= (rng.uniform(0.3, 0.9, n) / np.linalg.norm(directions, axis=1))[:, None]
    apart = np.einsum("nij,nj->ni", halved.factors[each, component], directions)
    part = rng.uniform(0.2, 0.8, n)
    weight, mean = weights[each, component], means[each, component]
    inner = covariances[each, component] - 0.9 * apart[:, :, None] * apart[:, None, :]
    weights[each, component], covariances[each, component] = weight * part, inner
    means[each, component] = mean + apart * np.sqrt((1 - part) / part)[:, None]
    other = mean - apart * np.sqrt(part / (1 - part))[:, None]
    return _joined(Batch(weights, means, covariances, halved.columns), weights, weight * (1 - part), other, inner)


def _joined(stack: Batch, weights: Array, weight: Array, mean: Array, covariance: Array) -> Batch:
    """The mixtures with other weights (S, K), and with one more component each."""
    return Batch(
        np.concatenate([weights, weight[:, None]], axis=1),
        np.concatenate([stack.means, mean[:, None]], axis=1),
        np.concatenate([stack.covariances, covariance[:, None]], axis=1),
        stack.columns,
    )
