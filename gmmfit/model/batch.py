"""Batch: several mixtures side by side, for a search that runs EM on all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.model.covariance import cholesky, inverse_factors
from gmmfit.model.mixture import Mixture
from gmmfit.model.products import cancellation, coefficients, max_log_density


@dataclass(frozen=True, eq=False)
class Batch:
    """S mixtures of as many components each, as arrays whose first axis numbers the mixtures; nothing is checked.

    The arrays are those of Mixture, so that what is computed of the last axes is computed of either.

    weights      (S, K)
    means        (S, K, D)
    covariances  (S, K, D, D)

    >>> ones = [Mixture.from_sds([1], [mean], [1]) for mean in (3, 4)]
    >>> print(Batch.of(ones).mixture(1))
    1 N(4, 1)
    """

    weights: Array
    means: Array
    covariances: Array
    columns: tuple[str, ...]

    @classmethod
    def of(cls, mixtures: Sequence[Mixture]) -> "Batch":
        """Mixtures of the same columns, in ordinary units, side by side."""
        parts = [(mixture.weights, mixture.means, mixture.covariances) for mixture in mixtures]
        weights, means, covariances = map(np.stack, zip(*parts, strict=True))
        return cls(weights, means, covariances, mixtures[0].columns)

    @property
    def parts(self) -> tuple[Array, Array, Array]:
        """Weights, means and covariances."""
        return self.weights, self.means, self.covariances

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, index: Any) -> "Batch":
        """Some of the mixtures, by a slice, an array of positions or of truths."""
        return Batch(self.weights[index], self.means[index], self.covariances[index], self.columns)

    def ordered(self) -> "Batch":
        """The same mixtures with the components of each in the order of their means in the first column."""
        return self[np.arange(len(self))[:, None], np.argsort(self.means[..., 0], axis=-1, kind="stable")]

    def mixture(self, number: int) -> Mixture:
        """The mixture at a position, checked."""
        return Mixture(self.weights[number], self.means[number], self.covariances[number], self.columns)

    @property
    def n_columns(self) -> int:
        """D."""
        return int(self.means.shape[-1])

    @cached_property
    def factors(self) -> Array:
        """Lower Cholesky factors of the covariances, (S, K, D, D)."""
        return cholesky(self.covariances)

    @cached_property
    def inverses(self) -> Array:
        """The inverses of the factors, (S, K, D, D)."""
        return inverse_factors(self.factors)

    @cached_property
    def coefficients(self) -> Array:
        """What products of the columns are multiplied with in the log densities, (S, K, F)."""
        return coefficients(self.weights, self.means, self.inverses)

    @cached_property
    def cancellation(self) -> Array:
        """How many units of rounding the log densities of each mixture lose in products of the columns, (S,)."""
        return cancellation(self.means, self.inverses)

    @cached_property
    def max_log_density(self) -> Array:
        """The largest log density of each mixture's components, (S,)."""
        return max_log_density(self.weights, self.factors)


def where(chosen: npt.NDArray[np.bool_], these: Batch, others: Batch) -> Batch:
    """The mixtures of `these` where chosen (S,) is true, and of `others` elsewhere."""
    pairs = zip(these.parts, others.parts, strict=True)
    weights, means, covariances = (
        np.where(chosen.reshape(-1, *(1,) * (one.ndim - 1)), one, other) for one, other in pairs
    )
    return Batch(weights, means, covariances, these.columns)


def concatenated(batches: Sequence[Batch]) -> Batch:
    """The mixtures of several batches, one after the other."""
    weights, means, covariances = map(np.concatenate, zip(*(batch.parts for batch in batches), strict=True))
    return Batch(weights, means, covariances, batches[0].columns)
