"""What a picture shows of rows that are no exact numbers: limits, bins, errors, a window."""

from dataclasses import dataclass

import numpy as np

from gmmfit.arrays import Array, ascending
from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Rows
from gmmfit.model.mixture import Mixture
from gmmfit.plots.histogram import MOST_BINS

# Different errors that a curve of values with their errors takes in.
MOST_ERRORS = 20


@dataclass(frozen=True, eq=False)
class KnownColumn:
    """What a picture shows of rows in one column that are no exact numbers.

    below, above  the weight of rows of which only an upper or a lower limit is known, and the highest and lowest of
                  these; 0 and infinite if there are none
    ends          the ends of bins of unequal width, if the rows are such; else None
    errors        (E,)  some errors of the rows, and their shares (E,); none if there are none
    window        between which values the table has rows
    """

    below: float
    highest_below: float
    above: float
    lowest_above: float
    ends: Array | None
    errors: Array
    shares: Array
    window: Window | None

    @classmethod
    def of(cls, rows: Rows) -> "KnownColumn":
        """What is known of rows in one column."""
        known = rows.known or Known.of(rows.values)
        low, high, seen = known.low[:, 0], known.high[:, 0], known.seen[:, 0]
        below, above = np.isneginf(low), np.isposinf(high)
        ends = ascending(np.concatenate([low[seen], high[seen]]))
        widths = high[seen] - low[seen]
        bins = len(widths) > 0 and np.all(widths > 0) and np.ptp(widths) > 1e-6 * widths.max()
        errors, at = np.unique(known.errors[:, 0], return_inverse=True)
        weights = np.bincount(at, rows.weights)
        if len(errors) > MOST_ERRORS:
            part = np.minimum(np.cumsum(weights) / weights.sum() * MOST_ERRORS, MOST_ERRORS - 1).astype(np.intp)
            together, sums = np.bincount(part, weights), np.bincount(part, weights * errors)
            weights, errors = together[together > 0], sums[together > 0] / together[together > 0]
        return cls(
            float(rows.weights[below].sum()),
            float(high[below].max(initial=-np.inf)),
            float(rows.weights[above].sum()),
            float(low[above].min(initial=np.inf)),
            ends if bins and len(ends) <= MOST_BINS else None,
            errors if np.any(errors) else np.zeros(0),
            weights / weights.sum(),
            rows.window,
        )

    def blurred(self, mixture: Mixture) -> Mixture | None:
        """The mixture of values with their errors, if they have some."""
        if not len(self.errors):
            return None
        weights = (self.shares[:, None] * mixture.weights).ravel()
        variances = (self.errors[:, None] ** 2 + mixture.covariances[:, 0, 0]).ravel()
        means = np.tile(mixture.means, (len(self.errors), 1))
        return Mixture(weights, means, variances[:, None, None], mixture.columns)

    def share_seen(self, mixture: Mixture) -> float:
        """The share of the mixture, with the errors of its values, that lies in the window."""
        if self.window is None:
            return 1.0
        below, upto = (self.blurred(mixture) or mixture).cdf(list(self.window)).tolist()
        return float(upto - below)
