"""What every M step keeps to: a covariance structure, what is held at its init, the smallest covariance allowed."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.em.parameter_sets import LEAST_SHARE, ParameterSets
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import Structure, cholesky, inverse_factors, positive_definite


@dataclass(frozen=True, eq=False)
class Floor:
    """The smallest covariance that a component may have, (D, D): none is smaller in any direction.

    The likelihood of a mixture is unbounded: a component that shrinks on a single row drives it up for ever. Where
    a covariance would fall below the floor in some direction, the constrained maximum has the floor's there, and its
    own elsewhere. Nothing is added to a covariance that stays above.

    Source: Hathaway (1985), A constrained formulation of maximum-likelihood estimation for normal mixtures.
    """

    covariance: Array

    def raised(self, covariances: Array) -> Array:
        """Covariances (…, K, D, D), raised to the floor where they are below it."""
        low = ~positive_definite(covariances - self.covariance)
        if not np.any(low):
            return covariances
        sizes, directions = self._compared(covariances[low])
        raised = covariances.copy()
        half = self._root @ directions * np.sqrt(np.maximum(sizes, 1))[:, None, :]
        raised[low] = half @ half.transpose(0, 2, 1)
        return raised

    def lowered(self, covariances: Array) -> Array:
        """Covariances (…, K, D, D), each lowered to the floor in the direction in which it is smallest."""
        sizes, directions = self._compared(covariances)
        sizes[..., 0] = 1
        half = self._root @ directions * np.sqrt(np.maximum(sizes, 1))[..., None, :]
        return np.asarray(half @ half.swapaxes(-1, -2))

    def touched(self, covariances: Array) -> npt.NDArray[np.bool_]:
        """Which covariances (…, K, D, D) lie on the floor in some direction, as (…, K)."""
        return ~positive_definite(covariances - (1 + 1e-6) * self.covariance)

    def direction(self, covariance: Array) -> Array:
        """The combination of columns (D,) of which a covariance (D, D) has the smallest sd, in units of the floor's."""
        _, directions = self._compared(covariance[None])
        return self._inverse_root.T @ directions[0, :, 0]

    def _compared(self, covariances: Array) -> tuple[Array, Array]:
        """Eigenvalues (…, K, D) and eigenvectors (…, K, D, D) of covariances in units of the floor."""
        sizes, directions = np.linalg.eigh(self._inverse_root @ covariances @ self._inverse_root.T)
        return sizes, directions

    @cached_property
    def _root(self) -> Array:
        root: Array = cholesky(self.covariance[None])[0]
        return root

    @cached_property
    def _inverse_root(self) -> Array:
        inverse: Array = inverse_factors(self._root[None])[0]
        return inverse


@dataclass(frozen=True, eq=False)
class Constraints:
    """What every M step keeps to: a covariance structure, what is held at its init, the floor, and a ceiling.

    Where rows are known in part, a likelihood may rise towards infinite sds; no variance, in standard units, goes
    beyond the ceiling, nor a mean. Parameters of one kind may have linear constraints.
    """

    structure: Structure
    fixed: Fixed
    floor: Floor
    ceiling: float = np.inf
    sets: ParameterSets | None = None

    def within_ceiling(self, means: Array, covariances: Array) -> tuple[Array, Array]:
        """Means (…, K, D), and covariances (…, K, D, D) that are scaled down where they are beyond the ceiling."""
        if np.isinf(self.ceiling):
            return means, covariances
        # Where a window leaves hardly anything of a component, its scatter may be rounding alone, and negative.
        finite = np.all(np.isfinite(covariances) & (covariances > -self.ceiling), axis=(-2, -1), keepdims=True)
        covariances = np.where(finite, covariances, self.ceiling * np.eye(covariances.shape[-1]))
        largest = np.diagonal(covariances, axis1=-2, axis2=-1).max(axis=-1)[..., None, None]
        scale = self.ceiling / np.maximum(largest, self.ceiling)
        return np.clip(means, -self.ceiling, self.ceiling), covariances * scale

    def completed(self, covariances: Array, counts: Array, like: Array) -> Array:
        """Free covariances (…, K, D, D) made such as the structure and the floor allow (see Structure.project)."""
        if not self.structure.is_linear:  # what hardly has a row would be all rounding, and spread to the others
            hardly = counts < LEAST_SHARE * counts.sum(axis=-1, keepdims=True)
            covariances = np.where(hardly[..., None, None], like, covariances)
        return self.floor.raised(self.structure.project(covariances, counts, like))

    def met_by(self, batch: Batch) -> Batch:
        """The mixtures brought back to what is allowed, from a step that led out of it by a little."""
        if self.sets is not None:
            batch = self.sets.met_by(batch)
        if self.structure.is_linear or self.fixed.sds:
            return batch
        k, covariances = batch.n_components, batch.covariances.copy()
        covariances[:, :k] = self.structure.project(covariances[:, :k], batch.weights[:, :k], covariances[:, :k])
        return replace(batch, covariances=covariances)

    def on_floor(self, covariances: Array) -> npt.NDArray[np.bool_]:
        """Which of covariances (…, K, D, D) were kept from shrinking by the floor, as (…, K); held ones never are."""
        if self.fixed.sds:
            return np.zeros(covariances.shape[:-2], dtype=bool)
        touched = self.floor.touched(covariances)
        if self.sets is not None and self.sets.sds is not None:
            k, d = covariances.shape[-3:-1]
            touched &= ~np.all(np.resize(self.sets.sds.determined, (k, d)), axis=1)
        return touched

    def n_parameters(self, n_components: int, n_columns: int, noise: bool = False) -> int:
        """How many numbers of a mixture are estimated, where it is on no bound."""
        weights = 0 if self.fixed.weights else n_components - 1 + noise
        means = 0 if self.fixed.means else n_components * n_columns
        covariances = 0 if self.fixed.sds else self.structure.n_parameters(n_components, n_columns)
        sets = self.sets
        if sets is None:
            return weights + means + covariances
        if sets.weights is not None:
            weights = sets.weights.basis().shape[1]
        if sets.means is not None:
            means = sets.means.basis().shape[1]
        if sets.sds is not None:
            covariances = sets.sds.basis().shape[1]
        return weights + means + (n_columns if sets.zero is not None else covariances)
