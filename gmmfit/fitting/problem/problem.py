"""Request, what is asked of a fit, and Problem: one model of it, ready to be fitted to rows in standard units."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.progress import Progress, no_progress
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.data.weights import Weighting
from gmmfit.errors import DataError
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.stopping import StoppingRule
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.labelled import aligned, labelled_part
from gmmfit.fitting.problem.reference import reference_covariance, smallest_covariance
from gmmfit.fitting.problem.standardize import StandardizedRows, standardize
from gmmfit.fitting.problem.typed_constraints import TypedConstraints
from gmmfit.fitting.settings import Fixed, Settings
from gmmfit.model.batch import Batch
from gmmfit.model.checks import check_size
from gmmfit.model.covariance import STRUCTURES, Structure, freest_equal
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box
from gmmfit.model.transform import Transforms
from gmmfit.text import listed

# Variances that rows known in part may have at most, in standard units.
CEILING = 1e12
# Shares of the rows with which noise starts, one start after the other.
NOISE_SHARES = (0.03, 0.1, 0.3, 0.6)
# By so much weights that sum to 1 may miss it.
ROUNDING = 1e-12
# Eigenvalues of a correlation matrix below this are rounding.
COLLINEAR = 1e-10


@dataclass(frozen=True, eq=False)
class Request:
    """Rows in the units of the columns, how many were left out, inits and settings, for any number of models.

    weighting  what the weights of the rows are: counts, or relative; empty where there are none
    recording  how the rows were recorded
    transform  what the rows are of the columns of the table, and log_jacobian what that adds to the log-likelihood
    box        where noise is uniform, in the units of the table's columns, if there may be some
    """

    rows: Data
    n_missing: int
    inits: Inits
    settings: Settings
    report_progress: Progress = no_progress
    weighting: Weighting = ""
    recording: Recording = EXACTLY
    transform: tuple[str, ...] = ()
    log_jacobian: float = 0.0
    box: Box | None = None

    def problem(self, n_components: int, covariance: str, noise: bool = False) -> "Problem":
        """The model with so many components and a covariance structure, and perhaps noise.

        Raises:
            ArgumentError: the inits are out of all proportion to the rows.
            DataError: no mixture with so many components can be fitted to the rows.
            ModelError: the mixture would be too large.
        """
        check_size(n_components, len(self.rows.columns))
        structure = STRUCTURES[freest_equal(covariance, len(self.rows.columns))]
        settings = replace(self.settings, covariance=covariance)
        in_common_unit = structure.needs_common_unit and len(self.rows.columns) > 1
        standard = self._in_common_unit if in_common_unit else self._in_own_units
        check_rows(standard, len(self.rows), n_components, structure)
        self.inits.check_near(standard.units.centre, standard.units.unit)
        reference = reference_covariance(standard, structure)
        floor = smallest_covariance(standard, n_components, structure, settings.min_sd)
        ceiling = np.inf if are_exact(standard.sample) else CEILING
        fixed = Fixed.of(settings.fix)
        columns, noise = self.rows.columns, noise and self.box is not None
        typed = TypedConstraints.of(settings.constrain, columns, n_components, noise)
        constraints = Constraints(structure, fixed, floor, ceiling, typed.sets(standard, structure, floor, fixed))
        box = None
        if noise and self.box is not None:
            units = standard.units
            box = self.box.transformed(units.transforms).moved(-units.centre / units.unit, 1 / units.unit)
        return Problem(self, standard, n_components, reference, constraints, typed, settings, box)

    @cached_property
    def _in_own_units(self) -> StandardizedRows:
        return self._standardized(common_unit=False)

    @cached_property
    def _in_common_unit(self) -> StandardizedRows:
        return self._standardized(common_unit=True)

    def _standardized(self, common_unit: bool) -> StandardizedRows:
        transforms = Transforms.named(self.transform, len(self.rows.columns))
        return replace(standardize(self.rows, transforms, common_unit), log_jacobian=self.log_jacobian)


@dataclass(frozen=True, eq=False)
class Problem:
    """One model, to be fitted to rows in standard units.

    rows                  in standard units; those of the request are in the units of the columns
    n_components          K
    reference_covariance  (D, D)  by which components are called narrow
    constraints           what every M step keeps to
    typed                 those of them that were typed, in the units of the columns
    settings              those of the request, with the structure of this model
    box                   where noise is uniform, in standard units, if there is some
    """

    request: Request
    rows: StandardizedRows
    n_components: int
    reference_covariance: Array
    constraints: Constraints
    typed: TypedConstraints
    settings: Settings
    box: Box | None = None

    @property
    def inits(self) -> Inits:
        """What was given to start from."""
        return self.request.inits

    @property
    def is_searched(self) -> bool:
        """Whether the start is left to the search altogether."""
        return self.settings.init_method == "search" and not self.inits.given

    @property
    def model(self) -> tuple[int, str, bool]:
        """K, the name of the structure, one where several are the same, and whether there is noise."""
        name = freest_equal(self.settings.covariance, len(self.rows.data.columns))
        return self.n_components, name, self.box is not None

    @property
    def n_parameters(self) -> int:
        """How many numbers are estimated."""
        return self.constraints.n_parameters(self.n_components, len(self.rows.data.columns), self.box is not None)

    @property
    def stopping_rule(self) -> StoppingRule:
        """When a run ends."""
        settings = self.settings
        return StoppingRule(settings.tol, settings.tol_type, settings.max_iter, self.rows.n)

    @cached_property
    def labelled(self) -> Rows | None:
        """Rows of which the component is known, if there are any."""
        return labelled_part(self.rows.data) if isinstance(self.rows.data, Rows) else None

    @property
    def is_bounded(self) -> bool:
        """Whether a component may lose its spread altogether: the likelihood is bounded, and no sd is asked for."""
        return self.rows.are_bounded and self.settings.min_sd is None and not self.constraints.fixed.sds

    @property
    def n_labels(self) -> int:
        """How many components have rows that are known to be theirs; they are the first."""
        known = self.rows.data.known if isinstance(self.rows.data, Rows) else None
        return max(len(self.request.recording.label_names), 0 if known is None else int(known.labels.max()) + 1)

    def comparable(self, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those of pairs of components, from 1, that may stand for each other: all, unless they are of groups."""
        known = self.rows.data.known if isinstance(self.rows.data, Rows) else None
        size = 0 if known is None else known.per_label
        return [(i, j) for i, j in pairs if not size or (i - 1) // size == (j - 1) // size]

    @property
    def only_start(self) -> bool:
        """Whether there is but one start: that of a single component, without noise, which is all rows'."""
        return self.n_components == 1 and self.box is None

    def completed(self, batch: Batch) -> Batch:
        """Starts with the weights and covariances that are given, the others within the constraints; and with noise.

        Where rows have labels, components are in their order. Noise has what weights leave, or shares of all kinds.
        """
        if self.labelled is not None:
            batch = aligned(batch, self.labelled, self.n_labels)
        inits, sets = self.inits, self.constraints.sets
        if sets is not None:  # about means that bounds move, rows scatter more than about their own
            shifts = sets.best_means(batch.means, batch.weights, batch) - batch.means
            batch = replace(batch, covariances=batch.covariances + shifts[..., :, None] * shifts[..., None, :])
        # A common orientation begins with that of all components, or of one of them: there may be several peaks.
        k = self.n_components
        of_one = np.arange(len(batch)) % (k + 1)
        like = batch.covariances[np.arange(len(batch))[:, None], np.minimum(of_one, k - 1)[:, None]]
        like = np.where((of_one == k)[:, None, None, None], batch.covariances, like)
        covariances = self.constraints.completed(batch.covariances, batch.weights, like)
        weights = batch.weights
        if inits.weights is not None:
            weights = np.broadcast_to(inits.weights, weights.shape)
        if inits.covariances_of is not None:
            given = self.rows.units.standardize(inits.covariances_of).covariances
            covariances = np.broadcast_to(given, covariances.shape)
        batch = replace(batch, weights=weights, covariances=covariances)
        if self.box is not None:
            batch = self._with_noise(batch)
        return batch if sets is None else self.constraints.met_by(batch)

    def _with_noise(self, batch: Batch) -> Batch:
        """The mixtures with noise, to which weights leave a share, or one of several shares."""
        inits, weights = self.inits, batch.weights
        if self.box is None:
            return batch
        if inits.noise is not None:
            return batch.with_noise(self.box, np.full(len(batch), inits.noise.weight))
        left = 1 - weights.sum(axis=-1)
        share = np.resize(NOISE_SHARES, len(batch))
        scaled = np.where(left[:, None] > ROUNDING, weights, weights * (1 - share)[:, None])
        return replace(batch, weights=scaled).with_noise(self.box, np.where(left > ROUNDING, left, share))

    def in_the_columns_units(self, standard: Mixture) -> Mixture:
        """A start in the units of the columns: with what is given to the last bit, else in the order of the means."""
        start = self.inits.applied_to(self.rows.units.unstandardize(standard))
        if start.noise is not None and self.request.box is not None:  # which has more digits
            start = replace(start, noise=replace(start.noise, box=self.request.box))
        if self.inits.tell_apart or self.n_labels or self.constraints.sets is not None:
            return start
        return start.ordered(np.argsort(start.means[:, 0], kind="stable"))


def check_rows(rows: StandardizedRows, n_rows: int, n_components: int, structure: Structure) -> None:
    """Raise a DataError where n_rows rows are too few, or too much alike, for a mixture of so many components."""
    if rows.is_distinct and len(rows.data) < n_components:
        kind = "rows" if len(rows.data) == n_rows else "distinct values"
        raise DataError(f"{len(rows.data)} {kind} are not enough for {n_components} components: lower `components`")
    columns = rows.data.columns
    if structure.correlated and n_rows <= len(columns):
        raise DataError(
            f"{n_rows} rows are not enough for the correlations of {len(columns)} columns: fit fewer columns, or take "
            "`covariance` diag"
        )
    sds, of_two = np.sqrt(np.diagonal(rows.covariance)), len(columns) == 2
    if structure.correlated and np.linalg.eigvalsh(rows.covariance / np.outer(sds, sds))[0] < COLLINEAR:
        raise DataError(
            f"columns {listed(columns)} are collinear: one follows from the others. Leave one out, or take "
            "`covariance` diag" + ("; if they are the ends of an interval, give them as `interval`" if of_two else "")
        )
