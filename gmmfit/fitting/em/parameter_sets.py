"""The sets that constraints leave to weights, means and sds, and the best of them for rows that are shared out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.em.feasible_set import FeasibleSet, Numbers, Objective
from gmmfit.model.batch import Batch

# A component with a smaller share of the rows has parameters of rounding alone.
LEAST_SHARE = 1e-12
# What is said for sds in proportion to means, a share by which their ratios may differ, and the lowest mean in sds.
EQUAL_CV, SAME_RATIO, LOWEST = "cv equal", 1e-8, 0.01


@dataclass(frozen=True, eq=False)
class ParameterSets:
    """The sets that parameters are in, in standard units; None where a kind is free.

    weights (K,), and last that of noise; means and sds (K·D,). For sds that are in proportion to means, zero (D,) is
    where the columns are 0, and least (D,) what sds have to be; None where they need not be in proportion.
    """

    weights: FeasibleSet | None = None
    means: FeasibleSet | None = None
    sds: FeasibleSet | None = None
    zero: Array | None = None
    least: Array | None = None

    @property
    def bind_sds(self) -> bool:
        """Whether sds are not free."""
        return self.sds is not None or self.zero is not None

    def best_weights(self, counts: Array, start: Array) -> Array:
        """The weights (S, n) for which Σ counts log weights is highest, for counts (S, n) of rows."""
        shares = counts / counts.sum(axis=-1, keepdims=True)
        if self.weights is None:
            return np.asarray(shares)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            c = np.maximum(shares[which], LEAST_SHARE)
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.sum(c * np.log(v), axis=1), c / v, _diagonal(c / v**2)

        return self.weights.best(Objective(at, is_positive=True), start)

    def best_means(self, means: Array, counts: Array, batch: Batch) -> Array:
        """The means (S, K, D) nearest to those of the rows, as the covariances of a batch, and counts, see them."""
        if self.means is None:
            return means
        (s, k, d), normal = means.shape, batch.normal
        precisions = normal.inverses.swapaxes(-1, -2) @ normal.inverses
        blocks, each = np.zeros((s, k, d, k, d)), np.arange(k)
        blocks[:, each, :, each] = np.moveaxis(_shares(counts)[..., None, None] * precisions, 1, 0)
        square, targets = blocks.reshape(s, k * d, k * d), means.reshape(s, k * d)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            apart = targets[which] - v
            slopes = np.einsum("sij,sj->si", square[which], apart)
            return -np.sum(slopes * apart, axis=1) / 2, slopes, square[which]

        return self.means.best(Objective(at), normal.means.reshape(s, k * d)).reshape(s, k, d)

    def means_in_proportion(self, means: Array, variances: Array, batch: Batch) -> Array:
        """The means (S, K, D) best for rows with such means and variances, for a batch's ratio of sds to means.

        With x the mean of the rows from where the column is 0, q the mean of their squares and c the ratio,
        t = 1 / mean solves q t² - x t - c² = 0.
        """
        if self.zero is None:
            return means
        x, normal = means - self.zero, batch.normal
        squares = variances + x**2
        own = np.diagonal(normal.covariances, axis1=2, axis2=3)
        c = _ratio(normal.means - self.zero, own, np.ones(means.shape[:2]))
        t = (x + np.sqrt(x**2 + 4 * squares * c**2)) / (2 * squares)
        return np.asarray(1 / t + self.zero)

    def best_sds(self, variances: Array, counts: Array, means: Array, start: Array) -> Array:
        """The sds (S, K, D) that are best for rows with such variances about such means, from a start.

        That is where -Σ counts (log sd + variance / (2 sd²)) is highest.
        """
        if self.zero is not None:
            from_zero = means - self.zero
            c = np.maximum(_ratio(from_zero, variances, counts), self.least / from_zero.min(axis=1, keepdims=True))
            return np.asarray(c * from_zero)
        if self.sds is None:
            return np.sqrt(variances)
        s, k, d = variances.shape
        shares = np.repeat(_shares(counts), d, axis=-1)
        squares = shares * variances.reshape(s, k * d)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            n, own = shares[which], squares[which]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = -np.sum(n * np.log(v) + own / (2 * v**2), axis=1)
                # Far from the rows' own sds it bends upwards; a quarter of the curvature at the best stands for that.
                bends = np.maximum(3 * own / v**4 - n / v**2, n / v**2 / 2)
                return values, own / v**3 - n / v, _diagonal(bends)

        return self.sds.best(Objective(at, is_positive=True), start.reshape(s, k * d)).reshape(s, k, d)

    def met_by(self, batch: Batch) -> Batch:
        """Mixtures brought into the sets: to what is best for rows that are shared out as they say."""
        k, means, covariances = batch.n_components, batch.means.copy(), batch.covariances.copy()
        counts = batch.weights[:, :k]
        weights = self.best_weights(batch.weights, batch.weights)
        means[:, :k] = self.best_means(means[:, :k], counts, batch)
        if self.bind_sds:
            variances = np.diagonal(covariances[:, :k], axis1=2, axis2=3)
            if self.zero is not None:  # as the columns' values, means are above 0
                means[:, :k] = np.maximum(means[:, :k], self.zero + np.sqrt(variances) * LOWEST)
            covariances[:, :k] = _diagonal(self.best_sds(variances, counts, means[:, :k], np.sqrt(variances)) ** 2)
        return replace(batch, weights=weights, means=means, covariances=covariances)

    def missed(self, one: Batch, kinds: Sequence[str]) -> str:
        """The first constraint, as it was typed, of some kinds that one mixture doesn't fulfil; empty if none."""
        numbers = self._numbers(one)
        for kind, part in (("weights", self.weights), ("means", self.means), ("sds", self.sds)):
            if part is not None and kind in kinds and (said := part.missed(numbers[kind])):
                return said
        if self.zero is not None and {"means", "sds"} <= set(kinds):
            k, d = one.n_components, one.n_columns
            ratios = numbers["sds"].reshape(k, d) / (numbers["means"].reshape(k, d) - self.zero)
            if np.any(ratios <= 0) or np.any(np.abs(ratios / ratios[0] - 1) > SAME_RATIO):
                return EQUAL_CV
        return ""

    def active(self, one: Batch) -> list[str]:
        """The bounds, as they were typed, that one mixture lies on."""
        numbers, found = self._numbers(one), []
        for kind, part in (("weights", self.weights), ("means", self.means), ("sds", self.sds)):
            if part is not None:
                found += [part.bounds.said[number] for number in np.flatnonzero(part.active(numbers[kind]))]
        return list(dict.fromkeys(filter(None, found)))

    def _numbers(self, one: Batch) -> dict[str, Array]:
        """Weights, means and sds of one mixture, each in a row."""
        normal = one.normal
        sds = np.sqrt(np.diagonal(normal.covariances, axis1=1, axis2=2))
        return {"weights": one.weights, "means": normal.means.ravel(), "sds": sds.ravel()}


def _ratio(from_zero: Array, variances: Array, counts: Array) -> Array:
    """The ratio of sds to means (S, K, D) from where the columns are 0, of each column, (S, 1, D)."""
    shares = _shares(counts)[..., None]
    return np.asarray(
        np.sqrt(np.sum(shares * variances / from_zero**2, axis=1, keepdims=True) / shares.sum(axis=1, keepdims=True))
    )


def _shares(counts: Array) -> Array:
    """Counts (S, K) as shares of all."""
    return np.asarray(np.maximum(counts / counts.sum(axis=-1, keepdims=True), LEAST_SHARE))


def _diagonal(numbers: Array) -> Array:
    """Diagonal matrices (…, n, n) of numbers (…, n)."""
    return np.asarray(numbers[..., None] * np.eye(numbers.shape[-1]))
