"""Which mixtures are credible: a narrow component has to earn what chance gives, and a heap of one value is no group.

The likelihood of a mixture grows without bound as a component shrinks on a single row, or on a value that many rows
share because it was rounded. And among many rows some always lie close to a line or a point by chance: a narrow
component there gains a little over every other mixture. A group that is narrow by nature gains far more. So a doubtful
component counts only if it gains what BIC charges for a component.

Source: Hathaway (1985); Chen & Tan (2009), Inference for multivariate normal mixtures; García-Escudero, Gordaliza,
Greselin, Ingrassia & Mayo-Iscar (2018), Eigenvalues and constraints in mixture modeling.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.heaps import ValueCounts
from gmmfit.fitting.em.window import share_inside
from gmmfit.fitting.problem.problem import Problem
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import cholesky, inverse_factors

Truths = npt.NDArray[np.bool_]

# A component is narrow in a direction with an sd below this share of the reference's,
NARROW_SHARE = 0.05
# and has few values in a column where fewer than this lie within two of its sds.
FEW_VALUES = 5
# It has to hold so many rows for each of those values: three rows have three values.
ROWS_PER_VALUE = 5
# It sits on one value with an sd below this share of the way to the next: all its rows but a tenth have that value.
ON_ONE_VALUE = 0.45
# So it does on an interval with an sd below this share of its width, if others nearby, at most so many widths away
# or such a share of the column's sd, have more rows than this share of its own. A single interval may hold a group.
IN_ONE_INTERVAL, NEARBY, NEAR, AMONG_OTHERS = 0.25, 5, 0.25, 0.25
# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3
# The smallest share of a component that a window may show.
LEAST_SEEN = 0.01
# Sds so many times the reference, in each direction, are those of a likelihood without a peak.
WIDEST = 100.0
# A heap is a group of its own if more than this share of the rows are equal.
GROUP_SHARE = 0.25
# Means and covariances nearer than this, in sds, are the same.
SAME_COMPONENT = 1e-3


class Soundness(IntEnum):
    """How credible a mixture is, by its worst component; what is SOUND is told apart by its score."""

    EMPTY = 0
    ON_FLOOR = 1
    HEAPED = 2
    ON_HEAP = 3
    SOUND = 4


@dataclass(frozen=True, eq=False)
class Credibility:
    """What speaks against each component of S mixtures, (S, K).

    dead         it has no rows to speak of
    ratios       its smallest sd, in any direction, in units of the reference's
    n_values     how many different values lie within two of its sds, in the column where they are fewest
    on_floor     it was kept from shrinking by the floor
    at_boundary      it has no spread of its own, where values have errors or are intervals
    seen         the share of it that the table's window shows
    heaps        (S, K, D)  it sits on a value that stands out of a column, as zeros and limits do
    on_heap      it is no narrower than such values make it
    on_group     so it does, and the value has so many rows that they are a group of their own
    heaped       it sits on another value, which many rows share because it was rounded
    narrow       it is narrow in some direction
    few_values   it rests on few values of a column, and on many rows
    among_others such a column has other rows where it lies: where it has none, its rows are a group by themselves
    """

    dead: Truths
    ratios: Array
    n_values: Array
    on_floor: Truths
    at_boundary: Truths
    seen: Array
    heaps: Truths
    on_heap: Truths
    on_group: Truths
    heaped: Truths
    narrow: Truths
    few_values: Truths
    among_others: Truths

    @classmethod
    def of(cls, batch: Batch, problem: Problem) -> "Credibility":
        """The credibility of each component of the mixtures, in standard units; noise is none."""
        batch = batch.normal
        sizes = sd_ratios(batch.covariances, problem.reference_covariance)
        on_floor = problem.constraints.on_floor(batch.covariances)
        at_boundary = on_floor & problem.is_bounded
        counts = batch.weights * problem.rows.n
        heaps, single, few, among = (np.zeros((*counts.shape, batch.n_columns), dtype=bool) for _ in range(4))
        sds = np.sqrt(np.diagonal(batch.covariances, axis1=-2, axis2=-1))
        narrow, fewest = np.sum(sizes < NARROW_SHARE, axis=-1), np.full(counts.shape, np.inf)
        for d, column in enumerate(problem.rows.value_counts):
            means, widths = batch.means[..., d], sds[..., d]
            n_values = column.n_between(means - 2 * widths, means + 2 * widths) * problem.rows.rows_per_different_one
            fewest = np.minimum(fewest, n_values)
            many = counts >= ROWS_PER_VALUE * np.maximum(n_values, 1)
            nearest = column.nearest(means)
            on_one = (widths < ON_ONE_VALUE * nearest.gap) & (np.abs(means - nearest.value) < nearest.gap / 2)
            few[..., d] = many & (n_values < FEW_VALUES) & column.has_many
            others = column.rows_between(means - 2 * widths, means + 2 * widths) - counts
            among[..., d] = few[..., d] & (others > AMONG_OTHERS * counts)
            if problem.rows.only_intervals[d]:
                near = NEAR * float(np.sqrt(problem.reference_covariance[d, d]))
                few[..., d] &= _in_one_interval(column, means, widths, counts, near)
                on_one &= few[..., d]
            most_on_one = few[..., d] & (narrow > 0) & (nearest.rows > counts / 2)
            single[..., d] = (many & (n_values < FEW_VALUES) & on_one) | most_on_one
            heaps[..., d] = single[..., d] & nearest.is_heap
        window = problem.rows.sample.window
        on_heap = np.any(heaps, axis=-1) & (narrow <= np.sum(heaps, axis=-1))
        if problem.constraints.fixed.sds:
            narrow, few = np.zeros_like(narrow), np.zeros_like(few)
        on_other = np.any(single & ~heaps, axis=-1) & ~on_heap
        on_group = on_heap & (batch.weights > GROUP_SHARE)
        few_values = np.any(few & ~heaps, axis=-1)
        return cls(
            dead=counts < DEAD_COUNT,
            ratios=sizes[..., 0],
            n_values=fewest,
            on_floor=on_floor & ~at_boundary,
            at_boundary=at_boundary,
            seen=np.ones(counts.shape) if window is None else share_inside(batch, window, problem.rows.sample),
            heaps=heaps & on_heap[..., None],
            on_heap=on_heap,
            on_group=on_group,
            heaped=on_other,
            narrow=narrow > 0,
            few_values=few_values,
            among_others=np.any(among, axis=-1),
        )

    @property
    def may_be_chance(self) -> Truths:
        """Which components (S, K) may be chance."""
        may_be_chance: Truths = (self.narrow | (self.few_values & self.among_others)) & ~self.on_group
        return may_be_chance

    @property
    def rank(self) -> npt.NDArray[np.intp]:
        """The soundness of each mixture, (S,), as long as none of its components is empty."""
        ranks = np.full(len(self.ratios), int(Soundness.SOUND))
        ranks[np.any(self.on_heap & ~self.on_group, axis=-1)] = Soundness.ON_HEAP
        ranks[np.any(self.heaped, axis=-1)] = Soundness.HEAPED
        ranks[np.any((self.on_floor & ~self.on_heap) | self.has_no_peak, axis=-1)] = Soundness.ON_FLOOR
        return ranks

    @property
    def unseen(self) -> Truths:
        """Which components (S, K) lie outside the table's window but for a tail, of which little can be told."""
        unseen: Truths = self.seen < LEAST_SEEN
        return unseen

    @property
    def has_no_peak(self) -> Truths:
        """Which components (S, K) go on for ever outside a window, beyond all bounds, or towards the weight 0."""
        has_no_peak: Truths = self.unseen | self.boundless | self.dead
        return has_no_peak

    @property
    def boundless(self) -> Truths:
        """Which components (S, K) are far wider than the rows, as where limits on both sides are all that is known."""
        boundless: Truths = self.ratios > WIDEST
        return boundless


def _in_one_interval(column: ValueCounts, means: Array, sds: Array, counts: Array, near: float) -> Truths:
    """Which components (S, K) lie in one interval of a column, among others that have rows too: on a heap, no group."""
    nearest = column.nearest(means)
    reach = np.maximum(NEARBY * np.where(np.isfinite(nearest.gap), nearest.gap, 0), near)
    others = column.rows_between(nearest.value - reach, nearest.value + reach) - nearest.rows
    inside = (sds < IN_ONE_INTERVAL * nearest.gap) & (np.abs(means - nearest.value) < nearest.gap / 2)
    return np.asarray(inside & (others > AMONG_OTHERS * counts), dtype=bool)


def coincide(batch: Batch) -> Truths:
    """Which mixtures (S,) have two components with the same mean and covariance."""
    same: Truths = np.any(distances(batch.normal) < SAME_COMPONENT, axis=-1)
    return same


def distances(batch: Batch) -> Array:
    """How far the means and covariances of each pair of components differ, in sds of its first, (S, K (K - 1) / 2)."""
    i, j = np.triu_indices(batch.weights.shape[1], k=1)
    sds = np.sqrt(np.diagonal(batch.covariances, axis1=-2, axis2=-1))[:, i]
    moved = np.abs(batch.means[:, i] - batch.means[:, j]) / sds
    bent = np.abs(batch.covariances[:, i] - batch.covariances[:, j]) / sds[..., :, None] / sds[..., None, :]
    largest: Array = np.maximum(moved.max(axis=-1), bent.max(axis=(-2, -1)))
    return largest


def price(problem: Problem) -> float:
    """The log-likelihood that a doubtful component has to gain: what BIC charges for one component.

    In 200 tables of one or two Gaussian groups of 60 to 4,000 rows in 1 to 6 columns chance gave less than half of it.
    """
    n_parameters = problem.constraints.structure.parameters_of_component(len(problem.rows.low))
    return n_parameters / 2 * float(np.log(problem.rows.n))


def scores(log_likelihoods: Array, credibility: Credibility, problem: Problem) -> Array:
    """Log-likelihoods (S,) less the price of the doubtful components; tied ones have one covariance and pay once."""
    n_doubtful = np.sum(credibility.may_be_chance, axis=-1)
    if problem.constraints.structure.tied:
        n_doubtful = np.minimum(n_doubtful, 1)
    charged: Array = log_likelihoods - price(problem) * n_doubtful
    return charged


def sd_ratios(covariances: Array, reference: Array) -> Array:
    """The sds of covariances (…, K, D, D) in the directions of their axes, in units of the reference's, ascending.

    There is one reference (D, D), or one for each mixture, (…, D, D).
    """
    inverse = inverse_factors(cholesky(reference[..., None, :, :]))
    sds: Array = np.sqrt(np.maximum(np.linalg.eigvalsh(inverse @ covariances @ inverse.swapaxes(-1, -2)), 0))
    return sds
