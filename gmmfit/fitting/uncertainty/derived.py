"""What follows from the parameters of a mixture, and is read off it: cut-offs, and how far neighbours are apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.em.slopes import moved
from gmmfit.fitting.problem.standardize import StandardUnits
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import positive_definite
from gmmfit.model.separation import separation
from gmmfit.model.univariate import Cutoff, crossings

# Differences are taken over this share of a standard error; more free numbers than this would take long.
STEP, MOST_NUMBERS = 1e-3, 600
# How often a step is shortened that would lead beyond what is a mixture.
HALVINGS = 12
# Points at which the density is looked at around each component, and how many of its sds they reach.
POINTS, SDS_SCANNED = 61, 3.0


@dataclass(frozen=True, eq=False)
class Derived:
    """What follows from S mixtures in standard units, NaN where there is none.

    cutoffs (S, C); ashman_d and misclassified (S, pairs) of neighbours
    """

    cutoffs: Array
    ashman_d: Array
    misclassified: Array

    @classmethod
    def of(cls, batch: Batch, cutoffs: Sequence[Cutoff], pairs: Sequence[tuple[int, int]]) -> "Derived":
        """Of mixtures: the cut-offs nearest to some of the same two components, and the pairs of components, from 0."""
        batch = batch.normal
        apart = [[separation(batch[s], i, j)[1:] for i, j in pairs] for s in range(len(batch))]
        both = np.array([[(d, wrong) for d, _, wrong in of_one] for of_one in apart]).reshape(len(batch), len(pairs), 2)
        values = [[_nearest(batch[s], cutoff) for cutoff in cutoffs] for s in range(len(batch))]
        return cls(np.array(values).reshape(len(batch), len(cutoffs)), both[..., 0], both[..., 1])

    @classmethod
    def errors(cls, root: Array, one: Batch, cutoffs: Sequence[Cutoff], pairs: Sequence[tuple[int, int]]) -> "Derived":
        """The standard errors of these, of one mixture, where root rootᵀ is the covariance of its parameters.

        By the delta method: differences along each column of the root (K (1 + D + D²), P).
        """
        p, share = root.shape[1], np.full(root.shape[1], STEP)
        for _ in range(HALVINGS):  # where an error is many times a variance, a step of less
            both = moved(one, np.concatenate([(root * share).T, -(root * share).T]))
            inside = np.all(positive_definite(both.covariances), axis=1) & (both.weights.min(axis=1, initial=1) > 0)
            if np.all(inside):
                break
            share = np.where(inside[:p] & inside[p:], share, share / 16)
        there = cls.of(both, cutoffs, pairs)
        parts = (there.cutoffs, there.ashman_d, there.misclassified)
        return cls(*(np.linalg.norm((part[:p] - part[p:]) / (2 * share[:, None]), axis=0)[None] for part in parts))


def pairs_of_neighbours(one: Batch) -> list[tuple[int, int]]:
    """The components, from 0, next to each other in the mean of the first column, as `separations` has them."""
    order = np.argsort(one.normal.means[:, 0], kind="stable").tolist()
    return list(pairwise(order))


def in_standard_units(cutoffs: Sequence[Cutoff], units: StandardUnits) -> list[Cutoff]:
    """The cut-offs of a fit of one column in the units in which it was found."""
    if not cutoffs:
        return []
    values = units.transforms.apply(np.array([[cutoff.value] for cutoff in cutoffs]))
    standard = ((values - units.centre) / units.unit)[:, 0].tolist()
    return [cutoff._replace(value=value) for cutoff, value in zip(cutoffs, standard, strict=True)]


def _nearest(one: Batch, cutoff: Cutoff) -> float:
    """The cut-off of one mixture that is nearest to another one's; NaN where there is none."""
    return min(crossings(one, cutoff), key=lambda value: abs(value - cutoff.value), default=np.nan)


def n_modes(batch: Batch, units: StandardUnits) -> npt.NDArray[np.intp]:
    """How many modes the density of each mixture of one column has, (S,), as points around its components show them."""
    means, sds = batch.means[..., 0], np.sqrt(batch.covariances[..., 0, 0])
    around = means[..., None] + sds[..., None] * np.linspace(-SDS_SCANNED, SDS_SCANNED, POINTS)
    z = np.sort(around.reshape(len(batch), -1), axis=1)
    residuals = (z[:, None] - means[..., None]) / sds[..., None]
    densities = np.sum(np.exp(-(residuals**2) / 2) * (batch.weights / sds)[..., None], axis=1)
    [transform] = units.transforms.each
    if units.transforms.names:
        values = transform.invert(units.centre[0] + units.unit[0] * z)
        densities = densities * np.exp(transform.log_slope(values))
    rises = np.diff(densities, axis=1) > 0
    modes: npt.NDArray[np.intp] = np.sum(rises[:, :-1] & ~rises[:, 1:], axis=1)
    return modes
