"""What components are measured against: a reference covariance, and the smallest covariance allowed."""

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.resolution import resolution
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.constraints import Floor
from gmmfit.fitting.problem.standardize import DENSEST, StandardizedRows
from gmmfit.model.covariance import Structure

# An sd may not fall below this share of the reference sd: groups that are flat by nature are seldom flatter,
FLOOR_SHARE = 0.001
# nor below this share of the column's resolution,
FLOOR_STEP = 0.25
# as long as that is less than this share of the reference sd.
HIGHEST_FLOOR = 0.25
# Of one component, whose sds are those of the rows, only rounding is kept away.
LOWEST_FLOOR = 1e-6
# It is no smaller share of the column's: doubles tell no two values of a narrower group apart well.
SHORTEST = 1e-9
# An sd that was asked for can't be so many times narrower or wider than the columns.
FARTHEST = 1e100


def reference_covariance(rows: StandardizedRows, structure: Structure) -> Array:
    """The covariance (D, D) by which components are called narrow: that of all rows, but for columns torn apart."""
    return structure.project_one(_capped_covariance(rows))


def _capped_covariance(rows: StandardizedRows) -> Array:
    """The covariance of all rows without what tears columns apart.

    Far groups, or a single outlier, inflate the sd of a column beyond all measure. Each sd is capped at DENSEST times a
    robust one, taken from the shortest interval with a small share of the rows; heaps of one value have no part in it.
    It is the same for any number of components, for their log-likelihoods to be comparable.
    """
    sds = np.sqrt(np.diagonal(rows.covariance))
    robust = np.array([column.shortest_interval_sd for column in rows.value_counts])
    capped = np.where(robust > 0, np.clip(DENSEST * robust, SHORTEST * sds, sds), sds)
    shares = np.divide(capped, sds, out=np.ones_like(sds), where=sds > 0)
    covariance: Array = rows.covariance * np.outer(shares, shares)
    return covariance


def smallest_covariance(rows: StandardizedRows, n_components: int, structure: Structure, min_sd: float | None) -> Floor:
    """The floor: from the columns' spread and resolution, or min_sd in the columns' units.

    A freer structure has no higher floor than a stricter one, so that it contains all mixtures of that. One component
    needs none, nor do rows without exact values, for their likelihood is bounded.

    Raises:
        ArgumentError: min_sd is out of all proportion to the columns.
    """
    if min_sd is not None:
        unit = rows.units.unit
        if np.any((min_sd / unit < 1 / FARTHEST) | (min_sd / unit > FARTHEST)):
            raise ArgumentError(f"`min_sd` is {min_sd:g}, which is no sd for columns of these units")
        sds = min_sd / unit
        return Floor(np.diag(sds**2))
    capped = _capped_covariance(rows)
    spread = np.sqrt(np.diagonal(capped))
    seen = [column.values for column in rows.value_counts]
    steps = np.array([resolution(values) if len(values) else 0.0 for values in seen])
    highest = HIGHEST_FLOOR * spread
    bounded = n_components == 1 or rows.are_bounded
    sds = LOWEST_FLOOR * spread if bounded else np.clip(FLOOR_STEP * steps, FLOOR_SHARE * spread, highest)
    if structure.shape == "I":
        return Floor(np.eye(len(sds)) * sds.max() ** 2)
    correlations = structure.project_one(capped / np.outer(spread, spread))
    return Floor(correlations * np.outer(sds, sds) / np.linalg.eigvalsh(correlations)[-1])
