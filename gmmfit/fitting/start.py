"""Starting mixtures, in standard units: from labels, by k-means++, from quantiles, at random.

Which rows are near each other is judged at their positions (N, D): values in exact sds, as standard units, being powers
of two, are not.
"""

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.fitting.maximize import Constraints, Floor, maximize
from gmmfit.fitting.result import Fixed
from gmmfit.fitting.statistics import tally
from gmmfit.model.covariance import STRUCTURES, Structure
from gmmfit.model.mixture import Mixture

LabelCodes = npt.NDArray[np.intp]


def from_labels(rows: Rows, labels: LabelCodes, n_components: int, structure: Structure, floor: Floor) -> Mixture:
    """The mixture of rows whose components (N,), from 0, are known: one M step.

    Raises:
        FitError: a component has no rows.
    """
    posteriors = (labels == np.arange(n_components)[:, None]).astype(float)
    n_columns = rows.values.shape[1]
    about_zero = Mixture(
        np.full(n_components, 1 / n_components),
        np.zeros((n_components, n_columns)),
        np.broadcast_to(np.eye(n_columns), (n_components, n_columns, n_columns)),
        rows.columns,
    )
    return maximize(tally(about_zero, posteriors, rows), about_zero, Constraints(structure, Fixed(), floor))


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
