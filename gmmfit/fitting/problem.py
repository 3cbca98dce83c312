"""Problem: rows, inits and settings, ready to be fitted with any number of components and any structure."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from gmmfit.data.compress import distinct
from gmmfit.data.rows import Rows, Selection
from gmmfit.errors import DataError, FitError
from gmmfit.fitting.accelerate import accelerated
from gmmfit.fitting.climb import climb, level
from gmmfit.fitting.criteria import doubts
from gmmfit.fitting.em import em
from gmmfit.fitting.find import find_start
from gmmfit.fitting.inits import Inits
from gmmfit.fitting.maximize import Constraints
from gmmfit.fitting.result import Fit, Fixed, Settings, StandardErrors, Step
from gmmfit.fitting.soundness import floor_of, heap, ruler, thin_components
from gmmfit.fitting.standardize import Standardization
from gmmfit.fitting.uncertainty import affordable, standard_errors
from gmmfit.fitting.verdict import judge
from gmmfit.model.covariance import STRUCTURES, Structure
from gmmfit.model.mixture import Mixture
from gmmfit.model.stack import Stack

log = logging.getLogger("gmmfit")

# Rows among which there are mostly as many distinct ones as components.
MANY_ROWS = 1000
# Eigenvalues of a correlation matrix below this are rounding.
COLLINEAR = 1e-10


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to, and what is known beforehand."""

    selection: Selection
    inits: Inits
    settings: Settings

    @property
    def rows(self) -> Rows:
        """The rows, in the units of the columns."""
        return self.selection.rows

    def solved(
        self,
        n_components: int,
        covariance: str,
        smaller: Sequence[Mixture] = (),
        watch: Callable[[Step], None] | None = None,
    ) -> Fit:
        """The fit with so many components and a covariance structure; mixtures that are `smaller` are started from too.

        Raises:
            DataError: no mixture with so many components can be fitted to the rows.
            FitError: no start has rows for every component.
        """
        rows, settings = self.rows, replace(self.settings, covariance=covariance)
        n, structure, fixed = rows.total_weight, STRUCTURES[covariance], Fixed.of(settings.fix)
        standardization, inside, once = self._in_one_unit if structure.one_unit else self._in_own_units
        check_rows(rows, inside, n_components, structure)
        spread = ruler(once, n_components, structure)
        floor = floor_of(once, spread, structure, settings.min_sd, standardization.unit)
        constraints = Constraints(structure, fixed, floor)
        found, search = find_start(
            inside, once, n_components, self.inits, standardization, spread, constraints, settings, smaller
        )
        start = within(structure, found, self.inits)
        for first, second in alike(start) if self.inits.given else ():
            log.warning("components %d and %d start alike, EM can't part them: give them other inits", first, second)
        stream = accelerated if settings.accelerate and settings.tol > 0 else em
        states = stream(once, Stack.of([standardization.inside(start)]), constraints)
        steps = standardization.steps_outside(states, start, fixed, n)
        # Weights that sum to less than the rows, as shares do, make small log-likelihoods: tol goes with them.
        scale = standardization.weight / standardization.count if settings.tol_type == "gain" else 1.0
        ended = climb(steps, n, settings.tol * scale, settings.tol_type, settings.max_iter, watch)

        in_order = _permutation(ended.steps[-1].mixture, settings.order or ("init" if self.inits.given else "mean"))
        ended = replace(
            ended, steps=tuple(replace(step, mixture=step.mixture.ordered(in_order)) for step in ended.steps)
        )
        last = ended.steps[-1]
        final = standardization.inside(last.mixture)
        entropy, wrong = (once.sum(partial(doubts, final)) * standardization.weight).tolist()
        thin = thin_components(final, once, standardization.count, spread, constraints)
        verdict = judge(
            ended, thin, standardization, settings, len(rows), None if self.inits.given else search, heap(once)
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
            n_missing=self.selection.n_missing,
            n_parameters=constraints.n_parameters(n_components, len(rows.columns)),
            entropy=entropy,
            misclassified=wrong / n,
            search=search,
            warnings=verdict.warnings,
        )
        return self._with_standard_errors(result, final, once, standardization, constraints)

    @cached_property
    def _in_own_units(self) -> tuple[Standardization, Rows, Rows]:
        """Standard units, a unit for each column, and in them the rows, and each different row once."""
        return _standardized(self.rows, one_unit=False)

    @cached_property
    def _in_one_unit(self) -> tuple[Standardization, Rows, Rows]:
        """The same with one unit for all columns."""
        return _standardized(self.rows, one_unit=True)

    def _with_standard_errors(
        self, fit: Fit, final: Mixture, once: Rows, standardization: Standardization, constraints: Constraints
    ) -> Fit:
        """The fit with its standard errors, or with the reason why it has none; `final` is its mixture inside."""
        wanted = self.settings.se
        if wanted is False:
            return replace(fit, no_standard_errors="they were not asked for")
        if fit.status in ("on_floor", "empty_component", "coincident"):
            return replace(fit, no_standard_errors=f"the likelihood has no peak here ({fit.status})")
        if not level(fit.history[-1], Settings.tol):
            return replace(fit, no_standard_errors="the fit stopped before a peak: raise `max_iter`, or `tol` above 0")
        if wanted is None and not affordable(len(once), final):
            return replace(fit, no_standard_errors="they would take long: ask for them with `se`")
        try:
            inside = standard_errors(final, once, standardization.weight, constraints)
        except FitError as error:
            return replace(fit, no_standard_errors=str(error))
        unit = standardization.unit
        with np.errstate(over="ignore", under="ignore"):
            covariances = inside.covariances * unit[:, None] * unit
        errors = StandardErrors(inside.weights, inside.means * unit, inside.sds * unit, covariances)
        return replace(fit, standard_errors=errors)


def _standardized(rows: Rows, one_unit: bool) -> tuple[Standardization, Rows, Rows]:
    standardization = Standardization.of(rows, one_unit)
    inside = standardization.rows_inside(rows)
    return standardization, inside, distinct(inside)


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


def check_rows(rows: Rows, inside: Rows, n_components: int, structure: Structure) -> None:
    """Raise a DataError where the rows are too few, or too much alike, for a mixture of so many components.

    inside are the same rows in standard units.
    """
    if len(rows) < 2:
        raise DataError(f"a fit needs at least 2 rows; there is {len(rows)} row")
    for name, values in zip(rows.columns, rows.values.T, strict=True):
        if values.min() == values.max():
            raise DataError(f"column {name!r} is constant: all its {len(rows)} values are {values[0]:g}")
    n_distinct = len(np.unique(rows.values[:MANY_ROWS], axis=0))
    if n_distinct < n_components < len(rows):  # few among the first rows: count them all
        n_distinct = len(np.unique(rows.values, axis=0))
    if n_distinct < n_components:
        kind = "distinct values" if n_distinct < len(rows) else "rows"
        raise DataError(f"{n_distinct} {kind} are not enough for {n_components} components: lower `components`")
    sds = np.sqrt(np.diagonal(inside.covariance))
    if structure.correlated and np.linalg.eigvalsh(inside.covariance / np.outer(sds, sds))[0] < COLLINEAR:
        raise DataError(
            f"columns {', '.join(rows.columns)} are collinear: one follows from the others. Leave one out, "
            "or take `covariance` diag"
        )


def _permutation(mixture: Mixture, order: str) -> npt.NDArray[np.intp]:
    keys = {"mean": mixture.means[:, 0], "weight": -mixture.weights, "init": np.arange(mixture.n_components)}
    return np.argsort(keys[order], kind="stable")
