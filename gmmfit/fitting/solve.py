"""Problem: rows, inits and settings, ready to be fitted with any number of components and any structure."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from gmmfit.data.chunks import Tell, silent
from gmmfit.data.rows import Data
from gmmfit.errors import DataError, FitError
from gmmfit.fitting.em.acceleration import PLAIN, accelerated
from gmmfit.fitting.em.em import em
from gmmfit.fitting.em.m_step import Constraints
from gmmfit.fitting.em.newton import newton
from gmmfit.fitting.em.stopping import Climb, Watch, climb, level, prolonged
from gmmfit.fitting.evidence.criteria import doubts
from gmmfit.fitting.evidence.findings import judge
from gmmfit.fitting.evidence.standard_errors import StandardErrors, affordable, standard_errors
from gmmfit.fitting.result import Fit
from gmmfit.fitting.search.find_start import find_start
from gmmfit.fitting.search.inits import Inits
from gmmfit.fitting.search.soundness import floor_of, ruler, thin_components
from gmmfit.fitting.settings import Fixed, Settings
from gmmfit.fitting.standardize import Inside, Standardization
from gmmfit.model.batch import Batch
from gmmfit.model.checks import check_size
from gmmfit.model.covariance import STRUCTURES, Structure
from gmmfit.model.mixture import Mixture
from gmmfit.text import listed

log = logging.getLogger("gmmfit")

# Eigenvalues of a correlation matrix below this are rounding.
COLLINEAR = 1e-10
# Peaks nearer than this in log-likelihood are one.
SAME_PEAK = 1e-4


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to, rows in the units of the columns, how many were left out, and what is known beforehand.

    What searches find is known to those for more components, by the name of the structure.
    """

    rows: Data
    n_missing: int
    inits: Inits
    settings: Settings
    tell: Tell = silent
    known: dict[str, dict[int, Batch]] = field(default_factory=dict)

    def solved(
        self,
        n_components: int,
        covariance: str,
        smaller: Sequence[Mixture] = (),
        watch: Watch | None = None,
    ) -> Fit:
        """The fit with so many components and a covariance structure; mixtures that are `smaller` are started from too.

        Raises:
            ArgumentError: the inits are out of all proportion to the rows.
            DataError: no mixture with so many components can be fitted to the rows.
            FitError: no start has rows for every component.
            ModelError: the mixture would be too large.
        """
        check_size(n_components, len(self.rows.columns))
        rows, settings = self.rows, replace(self.settings, covariance=covariance)
        structure, fixed = STRUCTURES[covariance], Fixed.of(settings.fix)
        inside = self._in_one_unit if structure.one_unit else self._in_own_units
        standardization, data, sample = inside.standardization, inside.data, inside.sample
        n = inside.n
        check_rows(inside, len(rows), n_components, structure)
        self.inits.check_near(standardization.centre, standardization.unit)
        spread = ruler(sample, inside.covariance, n_components, structure)
        floor = floor_of(sample, spread, structure, settings.min_sd, standardization.unit)
        constraints = Constraints(structure, fixed, floor)
        start = find_start(
            rows,
            inside,
            n_components,
            self.inits,
            spread,
            constraints,
            settings,
            self.tell,
            self.known.setdefault(covariance, {}),
            smaller,
        )
        on_peak, sought = start.is_peak, start.is_peak and settings.history
        ended = self._climbed(start.mixture, on_peak, inside, constraints, None if sought else watch)
        if sought:
            way = self._way_to(ended, start.origins, inside, constraints)
            on_peak, ended = way is None, way or ended
            if watch is not None:
                for step in ended.steps:
                    watch(step)

        in_order = _permutation(ended.steps[-1].mixture, settings.order or ("init" if self.inits.given else "mean"))
        ended = replace(
            ended, steps=tuple(replace(step, mixture=step.mixture.ordered(in_order)) for step in ended.steps)
        )
        last = ended.steps[-1]
        final = standardization.inside(last.mixture)
        entropy, wrong = (data.sum(partial(doubts, final)) * standardization.weight).tolist()
        times = 1 if inside.is_distinct else len(data) / len(sample)
        thin = thin_components(final, sample, inside.counts_for, times, spread, constraints)
        seen = None if self.inits.given else start.search
        verdict = judge(
            ended,
            thin,
            standardization,
            settings,
            len(rows),
            seen,
            on_peak and n_components > 1,
            sample,
            inside.counts_for,
        )
        result = Fit(
            mixture=last.mixture,
            log_likelihood=last.log_likelihood,
            status=verdict.status,
            reason=verdict.reason,
            remaining_gain=ended.remaining_gain,
            history=ended.steps,
            settings=settings,
            n=n,
            n_rows=len(rows),
            n_missing=self.n_missing,
            n_parameters=constraints.n_parameters(n_components, len(rows.columns)),
            entropy=entropy,
            misclassified=wrong / n,
            search=start.search,
            warnings=verdict.warnings,
        )
        return self._with_standard_errors(result, final, data, standardization, constraints)

    def _climbed(
        self, found: Mixture, on_peak: bool, inside: Inside, constraints: Constraints, watch: Watch | None
    ) -> Climb:
        """The climb from a mixture, which a search may have left next to a peak."""
        settings, standardization, data, fixed = self.settings, inside.standardization, inside.data, constraints.fixed
        start = within(constraints.structure, found, self.inits)
        for first, second in alike(start) if self.inits.given else ():
            log.warning("components %d and %d start alike, EM can't part them: give them other inits", first, second)
        begun = Batch.of([standardization.inside(start)])
        plain = 0 if on_peak else PLAIN
        if settings.accelerate and settings.tol > 0:
            states = accelerated(data, begun, constraints, plain)
        else:
            states = em(data, begun, constraints)
        steps = standardization.steps_outside(states, start, fixed, inside.n)
        # Weights that sum to less than the rows, as shares do, make small log-likelihoods: tol goes with them.
        scale = standardization.weight / standardization.count if settings.tol_type == "gain" else 1.0
        ended = climb(steps, inside.n, settings.tol * scale, settings.tol_type, settings.max_iter, watch)
        last = ended.steps[-1]
        # A few steps from inits stay the textbook's; the peak of a search has all its digits, by whatever way.
        by_search = settings.init_method == "search" and not self.inits.given
        if settings.accelerate and ended.status == "converged" and (by_search or last.iteration >= plain):
            states = newton(data, standardization.inside(last.mixture), last.iteration, constraints)
            steps = standardization.steps_outside(states, start, fixed, inside.n)
            ended = prolonged(ended, steps, settings.max_iter, watch)
        return ended

    def _way_to(
        self, peak: Climb, origins: Sequence[Mixture], inside: Inside, constraints: Constraints
    ) -> Climb | None:
        """The climb on all rows to a peak from the first of the starts that leads there; None if none does."""
        for origin in origins:
            try:
                way = self._climbed(origin, False, inside, constraints, None)
            except FitError:  # a component becomes empty
                continue
            apart = way.steps[-1].log_likelihood - peak.steps[-1].log_likelihood
            if way.status != "converged" or abs(apart) < SAME_PEAK:
                return way
        log.info("the history begins at the search's peak: from its starts EM on all rows comes to others")
        return None

    @cached_property
    def _in_own_units(self) -> Inside:
        """The rows in standard units, a unit for each column."""
        return Inside.of(self.rows)

    @cached_property
    def _in_one_unit(self) -> Inside:
        """The rows in standard units, with one unit for all columns."""
        return Inside.of(self.rows, one_unit=True)

    def _with_standard_errors(
        self, fit: Fit, final: Mixture, data: Data, standardization: Standardization, constraints: Constraints
    ) -> Fit:
        """The fit with its standard errors, or with the reason why it has none; `final` is its mixture inside."""
        wanted = self.settings.se
        if wanted is False:
            return replace(fit, no_standard_errors="they were not asked for")
        if fit.status in ("on_floor", "empty_component", "coincident"):
            return replace(fit, no_standard_errors=f"the likelihood has no peak here ({fit.status})")
        if not level(fit.history[-1], Settings.tol * standardization.weight / standardization.count):
            return replace(fit, no_standard_errors="the fit stopped before a peak: raise `max_iter`, or `tol` above 0")
        if wanted is None and not affordable(len(data), final):
            return replace(fit, no_standard_errors="they would take long: ask for them with `se`")
        try:
            inside = standard_errors(final, data, standardization.weight, constraints)
        except FitError as error:
            return replace(fit, no_standard_errors=str(error))
        unit = standardization.unit
        with np.errstate(over="ignore", under="ignore"):
            covariances = inside.covariances * unit[:, None] * unit
        errors = StandardErrors(inside.weights, inside.means * unit, inside.sds * unit, covariances)
        return replace(fit, standard_errors=errors)


def alike(mixture: Mixture) -> list[tuple[int, int]]:
    """Pairs of components, from 1, with the same mean and covariance."""
    k = mixture.n_components
    return [
        (i + 1, j + 1)
        for i in range(k)
        for j in range(i + 1, k)
        if np.array_equal(mixture.means[i], mixture.means[j])
        and np.array_equal(mixture.covariances[i], mixture.covariances[j])
    ]


def within(structure: Structure, start: Mixture, inits: Inits) -> Mixture:
    """The start with covariances of the structure; said where that changes the inits that were given."""
    projected = structure.project(start.covariances, start.weights)
    if np.allclose(projected, start.covariances, rtol=1e-9, atol=0):
        return start
    if inits.spread is not None:
        log.info("the covariances of the inits are brought into the structure that `covariance` names")
    return replace(start, covariances=projected)


def check_rows(inside: Inside, n_rows: int, n_components: int, structure: Structure) -> None:
    """Raise a DataError where n_rows rows are too few, or too much alike, for a mixture of so many components."""
    if inside.is_distinct and len(inside.data) < n_components:
        kind = "rows" if len(inside.data) == n_rows else "distinct values"
        raise DataError(f"{len(inside.data)} {kind} are not enough for {n_components} components: lower `components`")
    n_columns = len(inside.data.columns)
    if structure.correlated and n_rows <= n_columns:
        raise DataError(
            f"{n_rows} rows are not enough for the correlations of {n_columns} columns: fit fewer columns, or take "
            "`covariance` diag"
        )
    sds = np.sqrt(np.diagonal(inside.covariance))
    if structure.correlated and np.linalg.eigvalsh(inside.covariance / np.outer(sds, sds))[0] < COLLINEAR:
        raise DataError(
            f"columns {listed(inside.data.columns)} are collinear: one follows from the others. Leave one out, "
            "or take `covariance` diag"
        )


def _permutation(mixture: Mixture, order: str) -> npt.NDArray[np.intp]:
    keys = {"mean": mixture.means[:, 0], "weight": -mixture.weights, "init": np.arange(mixture.n_components)}
    return np.argsort(keys[order], kind="stable")
