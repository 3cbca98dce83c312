"""Batch: several mixtures side by side, for a search that runs EM on all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.model.covariance import cholesky, inverse_factors
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box, Noise
from gmmfit.model.products import cancellation, coefficients, max_log_density


@dataclass(frozen=True, eq=False)
class Batch:
    """S mixtures of as many components each, as arrays whose first axis numbers the mixtures; nothing is checked.

    The arrays are those of Mixture, so that what is computed of the last axes is computed of either.

    weights      (S, K)
    means        (S, K, D)
    covariances  (S, K, D, D)
    box          over which the last component is uniform, being noise; its mean and covariance are then the box's

    >>> ones = [Mixture.from_sds([1], [mean], [1]) for mean in (3, 4)]
    >>> print(Batch.of(ones).mixture(1))
    1 N(4, 1)
    """

    weights: Array
    means: Array
    covariances: Array
    columns: tuple[str, ...]
    box: Box | None = None

    @classmethod
    def of(cls, mixtures: Sequence[Mixture]) -> "Batch":
        """Mixtures of the same columns, in ordinary units, and with noise in the same box, side by side."""
        parts = [(mixture.weights, mixture.means, mixture.covariances) for mixture in mixtures]
        weights, means, covariances = map(np.stack, zip(*parts, strict=True))
        batch, noise = cls(weights, means, covariances, mixtures[0].columns), mixtures[0].noise
        if noise is None:
            return batch
        return batch.with_noise(
            noise.box, np.array([mixture.noise.weight if mixture.noise else 0 for mixture in mixtures])
        )

    @classmethod
    def one(cls, mixture: Mixture) -> "Batch":
        """A mixture alone, its arrays without the first axis."""
        return cls.of([mixture])[0]

    @property
    def parts(self) -> tuple[Array, Array, Array]:
        """Weights, means and covariances."""
        return self.weights, self.means, self.covariances

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, index: Any) -> "Batch":
        """Some of the mixtures, by a slice, an array of positions or of truths."""
        return replace(self, weights=self.weights[index], means=self.means[index], covariances=self.covariances[index])

    @property
    def normal(self) -> "Batch":
        """The normal components alone, with the weights that they have beside the noise."""
        if self.box is None:
            return self
        weights, means, covariances = self.weights[..., :-1], self.means[..., :-1, :], self.covariances[..., :-1, :, :]
        return Batch(weights, means, covariances, self.columns)

    def with_noise(self, box: Box, weights: Array) -> "Batch":
        """The mixtures with a uniform component of such weights (S,) as the last; the others' weights stay."""
        shape = (*weights.shape, 1, self.n_columns)
        return Batch(
            np.concatenate([self.weights, weights[..., None]], axis=-1),
            np.concatenate([self.means, np.broadcast_to(box.mean, shape)], axis=-2),
            np.concatenate([self.covariances, np.broadcast_to(np.diag(box.sds**2), (*shape, self.n_columns))], axis=-3),
            self.columns,
            box,
        )

    def ordered(self) -> "Batch":
        """The same mixtures with the components of each in the order of their means in the first column."""
        normal = self.normal
        order = np.argsort(normal.means[..., 0], axis=-1, kind="stable")
        ordered = normal[np.arange(len(self))[:, None], order]
        return ordered if self.box is None else ordered.with_noise(self.box, self.weights[:, -1])

    def mixture(self, number: int) -> Mixture:
        """The mixture at a position, checked."""
        normal = self.normal
        noise = None if self.box is None else Noise(float(self.weights[number, -1]), self.box)
        parts = (normal.weights[number], normal.means[number], normal.covariances[number])
        return Mixture(*parts, self.columns, noise=noise)

    @property
    def n_components(self) -> int:
        """K, without the noise."""
        return int(self.weights.shape[-1]) - (self.box is not None)

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
        found = coefficients(self.weights, self.means, self.inverses)
        if self.box is not None:
            found[..., -1, :] = 0
            found[..., -1, 0] = np.log(self.weights[..., -1]) - self.box.log_volume
        return found

    @cached_property
    def cancellation(self) -> Array:
        """How many units of rounding the log densities of each mixture lose in products of the columns, (S,)."""
        return cancellation(self.normal.means, self.inverses[..., : self.n_components, :, :])

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
    return replace(these, weights=weights, means=means, covariances=covariances)


def concatenated(batches: Sequence[Batch]) -> Batch:
    """The mixtures of several batches, one after the other."""
    weights, means, covariances = map(np.concatenate, zip(*(batch.parts for batch in batches), strict=True))
    return replace(batches[0], weights=weights, means=means, covariances=covariances)
