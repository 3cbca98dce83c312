"""The M step within linear constraints: each kind of parameter in turn, given the others."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.em.linear import LinearSet, Objective
from gmmfit.model.batch import Batch

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Linear:
    """The sets that parameters are in, in standard units; None where a kind is free.

    weights (K,), and last that of noise; means and sds (K·D,). zero (D,) is where the columns are 0, for sds that are
    in proportion to means, and least (D,) what sds then have to be; None where they need not be in proportion.
    """

    weights: LinearSet | None = None
    means: LinearSet | None = None
    sds: LinearSet | None = None
    zero: Array | None = None
    least: Array | None = None

    @property
    def binds_sds(self) -> bool:
        """Whether sds are not free."""
        return self.sds is not None or self.zero is not None

    def best_weights(self, counts: Array, start: Array) -> Array:
        """The weights (S, n) that rows so shared out, (S, n), make likeliest: Σ counts log weights is highest."""
        if self.weights is None:
            return np.asarray(counts / counts.sum(axis=-1, keepdims=True))
        shares = counts / counts.sum(axis=-1, keepdims=True)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            c = shares[which]
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.sum(c * np.log(v), axis=1), c / v, _diagonal(np.maximum(c, 1e-12) / v**2)

        return self.weights.best(Objective(at, is_positive=True), start)

    def best_means(self, means: Array, counts: Array, batch: Batch) -> Array:
        """The means (S, K, D) nearest to those of the rows, as the covariances of a batch see them."""
        if self.means is None:
            return means
        (s, k, d), inverses = means.shape, batch.normal.inverses
        shares = np.maximum(counts / counts.sum(axis=-1, keepdims=True), 1e-12)
        blocks = shares[..., None, None] * (inverses.swapaxes(-1, -2) @ inverses)
        apart, each = np.zeros((s, k, d, k, d)), np.arange(k)
        apart[:, each, :, each] = np.moveaxis(blocks, 1, 0)
        square, targets = apart.reshape(s, k * d, k * d), means.reshape(s, k * d)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            apart = targets[which] - v
            slopes = np.einsum("sij,sj->si", square[which], apart)
            return -np.sum(slopes * apart, axis=1) / 2, slopes, square[which]

        return self.means.best(Objective(at, is_positive=False), targets).reshape(s, k, d)

    def best_sds(self, variances: Array, counts: Array, start: Array) -> Array:
        """The sds (S, K, D) that rows with such variances about the means make likeliest; start has the right shape.

        That is where -Σ counts (log sd + variance / (2 sd²)) is highest.
        """
        if self.sds is None:
            return np.sqrt(variances)
        s, k, d = variances.shape
        shares = np.repeat(np.maximum(counts / counts.sum(axis=-1, keepdims=True), 1e-12), d, axis=-1)
        squares = shares * variances.reshape(s, k * d)

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            n, own = shares[which], squares[which]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = -np.sum(n * np.log(v) + own / (2 * v**2), axis=1)
                bends = np.maximum(3 * own / v**4 - n / v**2, n / v**2 / 2)
                return values, own / v**3 - n / v, _diagonal(bends)

        return self.sds.best(Objective(at, is_positive=True), start.reshape(s, k * d)).reshape(s, k, d)

    def means_in_proportion(self, means: Array, variances: Array, batch: Batch) -> Array:
        """The means (S, K, D) that are best for rows with such means and variances, for the ratio of sds to means.

        The ratio is that of a batch.
        With x the mean of the rows from where the column is 0, q the mean of their squares and c the ratio,
        t = 1 / mean solves q t² - x t - c² = 0.
        """
        if self.zero is None:
            return means
        x = means - self.zero
        squares = variances + x**2
        normal = batch.normal
        c = self._ratio(normal.means, np.diagonal(normal.covariances, axis1=2, axis2=3), np.ones(means.shape[:2]))
        t = (x + np.sqrt(x**2 + 4 * squares * c**2)) / (2 * squares)
        return np.asarray(1 / t + self.zero)

    def sds_in_proportion(self, means: Array, variances: Array, counts: Array) -> Array:
        """The best sds (S, K, D) in proportion to means, for rows with such variances about these."""
        if self.zero is None or self.least is None:
            return np.sqrt(variances)
        from_zero = np.abs(means - self.zero)
        c = np.maximum(self._ratio(means, variances, counts), self.least / from_zero.min(axis=1, keepdims=True))
        return np.asarray(c * from_zero)

    def _ratio(self, means: Array, variances: Array, counts: Array) -> Array:
        """The ratio of sds to means, of each column, (S, 1, D)."""
        squares = variances / (means - (0 if self.zero is None else self.zero)) ** 2
        shares = counts / counts.sum(axis=-1, keepdims=True)
        return np.asarray(np.sqrt(np.sum(shares[..., None] * squares, axis=1, keepdims=True)))

    def met_by(self, batch: Batch) -> Batch:
        """Mixtures brought to where the constraints are met: what is best for rows that are shared out as they say."""
        k, covariances = batch.n_components, batch.covariances.copy()
        weights = self.best_weights(batch.weights, batch.weights)
        means = batch.means.copy()
        counts = np.maximum(batch.weights[:, :k], 1e-12)
        means[:, :k] = self.best_means(means[:, :k], counts, batch)
        if self.binds_sds:
            variances = np.diagonal(covariances[:, :k], axis1=2, axis2=3)
            if self.zero is not None:  # a mean has to be on the side of 0 where the columns' values are
                means[:, :k] = np.maximum(means[:, :k], self.zero + np.sqrt(variances) / 100)
            sds = self.sds_in_proportion(means[:, :k], variances, counts)
            if self.sds is not None:
                sds = self.best_sds(variances, counts, np.sqrt(variances))
            covariances[:, :k] = _diagonal(sds**2)
        return replace(batch, weights=weights, means=means, covariances=covariances)


def _diagonal(numbers: Array) -> Array:
    """Diagonal matrices (…, n, n) of numbers (…, n)."""
    return np.asarray(numbers[..., None] * np.eye(numbers.shape[-1]))
