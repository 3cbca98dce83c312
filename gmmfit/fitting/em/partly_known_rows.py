"""The E step of rows known in part: rounded, below a limit, with an error, incomplete, or of a known component."""

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.rows import FEWEST, Data, Rows
from gmmfit.fitting.em.statistics import Statistics, side_by_side
from gmmfit.model.batch import Batch
from gmmfit.model.density import Components
from gmmfit.model.truncated_normal import LOG_ROOT_TWO_PI, truncated

# Rounding may leave less of a variance than this.
LEAST_VARIANCE = 1e-200
# Numbers of the covariances of the mixtures that are looked at together.
MOST_NUMBERS = 2**23
# Patterns are many if so many times as many would be more than there are rows: shared covariances gain nothing then.
MANY_PATTERNS = 8


class Conditional(NamedTuple):
    """What the components of mixtures say of rows, given what is known of them.

    logs         (…, K, n)        log(weight[k] p(what is known))
    shifts       (D, …, K, n)     the mean of x, less that of the component
    covariances  (D, D, …, K, U)  of x, once for rows with values in the same columns
    pattern      (n,)             which of these each row has; None where U = n
    """

    logs: Array
    shifts: Array
    covariances: Array
    pattern: npt.NDArray[np.intp] | None


def expect_partly_known(batch: Batch, data: Data) -> Statistics:
    """Share each row out among the components of each mixture, and add up what x is expected to be.

    Source: Dempster, Laird & Rubin (1977), sections 4.1 to 4.3.
    """
    numbers = batch.weights[0].size * (batch.n_columns + 1) ** 2
    size = max(1, MOST_NUMBERS // (FEWEST * numbers))
    parts = [_expect(batch[start : start + size], data, numbers) for start in range(0, len(batch), size)]
    return parts[0] if len(parts) == 1 else side_by_side(parts)


def _expect(batch: Batch, data: Data, numbers: int) -> Statistics:
    return data.sum(lambda rows: rows.sum_in_tiles(partial(_of_tile, batch), len(batch) * numbers))


def _of_tile(batch: Batch, rows: Rows) -> Statistics:
    logs, shifts, covariances, pattern = condition(batch, rows)
    posteriors, log_densities = shared_out(logs)
    posteriors *= rows.weights
    shared = shifts * posteriors
    each = posteriors if pattern is None else _summed_by_pattern(posteriors, pattern)
    scatters = np.einsum("d...n,e...n->...de", shared, shifts) + np.einsum("de...u,...u->...de", covariances, each)
    return Statistics(
        posteriors.sum(axis=-1), np.moveaxis(shared.sum(axis=-1), 0, -1), scatters, log_densities @ rows.weights
    )


def _summed_by_pattern(posteriors: Array, pattern: npt.NDArray[np.intp]) -> Array:
    """Posteriors (…, n) summed over the rows of each pattern, (…, U)."""
    order = np.argsort(pattern, kind="stable")
    starts = np.searchsorted(pattern[order], np.arange(pattern.max() + 1))
    total: Array = np.add.reduceat(posteriors[..., order], starts, axis=-1)
    return total


def condition(mixture: Components, rows: Rows) -> Conditional:
    """What each component says of rows, given what is known of them, a column at a time.

    With y a value of a column, or what lies in an interval, of which a component expects the mean m and the variance
    T = variance + error², z = (y - m) / √T is a standard normal variable, and all columns are moved by their covariance
    with it: x by cov(x, y) E z / √T, its covariance by cov(x, y) cov(x, y)ᵀ (1 - var z) / T. Intervals come after
    values, and where components have correlations a row has one at most. Of values, covariances depend only on which
    there are, and on their errors.

    Source: Bovy, Hogg & Roweis (2011), Extreme deconvolution; McLachlan & Jones (1988), Fitting mixture models to
    grouped and truncated data; Ghahramani & Jordan (1994), Supervised learning from incomplete data.
    """
    known, d, n = rows.known or Known.of(rows.values), rows.values.shape[1], len(rows)
    first, pattern = _patterns(known)
    seen, errors = known.points[first].T, known.errors[first].T
    of_each = slice(None) if pattern is None else pattern
    means = np.moveaxis(mixture.means, -1, 0)[..., None]
    logs = np.repeat(np.log(mixture.weights)[..., None], n, axis=-1)
    shifts = np.zeros((d, *logs.shape))
    covariances = np.repeat(np.moveaxis(mixture.covariances, (-2, -1), (0, 1))[..., None], seen.shape[1], axis=-1)
    for j in np.flatnonzero(np.any(seen, axis=1)):
        root = np.sqrt(np.maximum(covariances[j, j] + errors[j] ** 2, LEAST_VARIANCE))
        gains, scales = covariances[:, j] / root, -LOG_ROOT_TWO_PI - np.log(root)
        inverse = 1 / root
        if not np.all(seen[j]):
            gains, scales, inverse = gains * seen[j], scales * seen[j], inverse * seen[j]
        z = (rows.values[:, j] - means[j] - shifts[j]) * inverse[..., of_each]
        with np.errstate(over="ignore"):
            logs += scales[..., of_each] - z * z / 2
        shifts += gains[..., of_each] * z
        covariances -= gains[:, None] * gains
    for j in np.flatnonzero(np.any(known.intervals, axis=0)):
        at = np.flatnonzero(known.intervals[:, j])
        with_column = covariances[:, j][..., at]
        root = np.sqrt(np.maximum(with_column[j] + known.errors[at, j] ** 2, LEAST_VARIANCE))
        low, high = known.low[at, j], known.high[at, j]
        centre = means[j] + shifts[j][..., at]
        z = truncated((low - centre) / root, (high - centre) / root, (high - low) / root)
        gains, left = with_column / root, 1 - np.maximum(z.mean_square - z.mean**2, 0)
        logs[..., at] += z.log_probability
        shifts[..., at] += gains * z.mean
        covariances[..., at] -= gains[:, None] * (gains * left)
    labelled = np.flatnonzero(known.labels != UNKNOWN)
    others = known.labels[labelled] != np.arange(logs.shape[-2])[:, None] // max(known.per_label, 1)
    logs[..., labelled] = np.where(others, -np.inf, logs[..., labelled])
    return Conditional(logs, shifts, covariances, pattern)


def _patterns(known: Known) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp] | None]:
    """A row of each pattern, (U,), that is with values in the same columns, and the pattern of each row, (n,).

    All rows, and None, where they have intervals or errors of their own, or there are many patterns.
    """
    n = len(known.labels)
    if not (np.any(known.intervals) or np.any(known.errors)):
        keys = known.points @ 2.0 ** np.arange(known.points.shape[1])
        _, first, pattern = np.unique(keys, return_index=True, return_inverse=True)
        if len(first) * MANY_PATTERNS < n:
            return first, pattern
    return np.arange(n), None


def shared_out(logs: Array) -> tuple[Array, Array]:
    """Posteriors (…, K, n) and the log of what each row adds to the likelihood (…, n), from logs (…, K, n).

    A row of which no component knows anything, for it is too far out, belongs to none.
    """
    peaks = logs.max(axis=-2, keepdims=True)
    nowhere = ~np.isfinite(peaks)
    posteriors = np.exp(logs - np.where(nowhere, 0, peaks))
    totals = posteriors.sum(axis=-2, keepdims=True)
    log_densities: Array = np.where(nowhere, -np.inf, peaks + np.log(np.where(nowhere, 1, totals)))
    return posteriors / np.where(nowhere, 1, totals), log_densities[..., 0, :]
