"""The named init methods, in standard units: k-means++, quantiles, at random; and starts from labels and from means."""

import logging
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import FitError
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.m_step import maximize
from gmmfit.fitting.em.statistics import Statistics
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES, Structure
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

LabelCodes = npt.NDArray[np.intp]


def starts_by_method(problem: Problem, rows: Rows, rng: np.random.Generator) -> Iterator[Mixture]:
    """Starts found in the rows by the named init method: one, or for random methods as many as are asked for.

    One that would leave a component empty is passed over.
    """
    method = problem.settings.init_method
    for _ in range(1 if method == "quantile" else problem.settings.starts or 1):
        try:
            yield METHODS[method](problem, rows, rng)
        except FitError as error:
            log.debug("a start was passed over: %s", error)


def kmeans_plus_plus(problem: Problem, rows: Rows, rng: np.random.Generator) -> Mixture:
    """Rows drawn far apart as centres, and their nearest rows, with one covariance for all.

    Each centre is a row drawn with a probability proportional to its weight and its squared distance from the nearest
    centre before it.

    Source: Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    positions, k = rows.values / distance_units(problem), problem.n_components
    chances = rows.weights
    centres = np.empty((k, positions.shape[1]))
    distances = np.full(len(rows), np.inf)
    for component in range(k):
        if not np.any(chances > 0):  # fewer distinct rows than components
            chances = rows.weights
        centres[component] = positions[rng.choice(len(rows), p=chances / chances.sum())]
        distances = np.minimum(distances, np.sum((positions - centres[component]) ** 2, axis=1))
        chances = rows.weights * distances
    return from_labels(rows, nearest(positions, centres), k, STRUCTURES["tied"], problem.constraints.floor)


def quantile(problem: Problem, rows: Rows, rng: np.random.Generator) -> Mixture:
    """Equal shares of the rows along the direction in which they vary most, with one covariance for all."""
    positions, k = rows.values / distance_units(problem), problem.n_components
    centred = positions - np.average(positions, axis=0, weights=rows.weights)
    scatter = (centred * rows.weights[:, None]).T @ centred
    direction = np.linalg.eigh(scatter)[1][:, -1]
    # Its sign is arbitrary: let it point where the first column grows.
    position = centred @ (direction if direction[np.flatnonzero(direction)[0]] > 0 else -direction)
    order = np.argsort(position, kind="stable")
    below = np.cumsum(rows.weights[order]) - rows.weights[order] / 2
    labels = np.empty(len(rows), dtype=np.intp)
    labels[order] = np.minimum((below / rows.total_weight * k).astype(np.intp), k - 1)
    return from_labels(rows, labels, k, STRUCTURES["tied"], problem.constraints.floor)


def random(problem: Problem, rows: Rows, rng: np.random.Generator) -> Mixture:
    """Dirichlet weights, and means and variances uniform over the range and up to the variance of each column."""
    low, high = rows.values.min(axis=0), rows.values.max(axis=0)
    variances = np.diagonal(rows.covariance)
    size = (problem.n_components, len(low))
    return Mixture.from_sds(
        rng.dirichlet(np.ones(problem.n_components)),
        rng.uniform(low, high, size),
        np.sqrt(variances * (1 - rng.random(size))),
        rows.columns,
    )


METHODS: dict[str, Callable[[Problem, Rows, np.random.Generator], Mixture]] = {
    "kmeans++": kmeans_plus_plus,
    "quantile": quantile,
    "random": random,
}


def distance_units(problem: Problem) -> Array:
    """The sds (D,) in which distances between rows are measured: one for all columns where they share their unit.

    Exact ones, as standard units, being powers of two, are not.
    """
    sds = np.sqrt(np.diagonal(problem.rows.covariance))
    return np.full(len(sds), sds.max()) if problem.constraints.structure.needs_common_unit else sds


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
    batch = Batch(np.full((1, k), 1 / k), about[None], np.tile(np.eye(d), (1, k, 1, 1)), columns)
    return maximize(statistics, batch, Constraints(structure, Fixed(), floor)).mixture(0)


def nearest(positions: Array, centres: Array) -> LabelCodes:
    """The nearest of centres (K, D) to each of positions (N, D), from 0; of equally near ones the first."""
    distances = [np.sum((positions - centre) ** 2, axis=1) for centre in centres]
    labels: LabelCodes = np.argmin(distances, axis=0)
    return labels
