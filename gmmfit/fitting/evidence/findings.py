"""What a careful reader should know of a fit, as facts: rows, components, the run, and what the search set aside."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gmmfit.data.rows import Rows
from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.problem.standardize import StandardUnits
from gmmfit.fitting.search.peaks import Search
from gmmfit.fitting.search.soundness import NARROW_SHARE, SMALL_ROWS, smallest_sd_ratio
from gmmfit.fitting.settings import Status
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.mixture import Mixture
from gmmfit.text import escaped

# A narrow component is weak with a smaller share of all rows than this.
SMALL_SHARE = 0.05
# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3
# Means and covariances nearer than this, in sds, are the same.
SAME_COMPONENT = 1e-3
# Log-likelihood a row by which a mixture on the floor has to be higher to be worth a word.
FAR_HIGHER = 0.5
# The share of all rows that makes a value a heap worth a word, if it is so many times that of any other value.
HEAP, OUTSTANDING = 0.25, 3
# Values, from which on one of them can be told to be far from the others.
FEWEST_OTHERS = 8


class NotConverged(NamedTuple):
    """The run ended before its tolerance was reached."""

    iterations: int
    remaining_gain: float | None
    tol: float
    tol_type: str


class FarValue(NamedTuple):
    """So many rows have a value far from all others of a column, named where there are several; next is `beside`."""

    value: float
    beside: float
    rows: float
    column: str = ""


class RepeatedValue(NamedTuple):
    """A share of all rows have one value, a number a column."""

    value: tuple[float, ...]
    share: float


class WeakComponent(NamedTuple):
    """A component, from 1, that is hard to believe in.

    sd_ratio  its smallest sd, in any direction, in units of the reference's
    rows      that it holds, by weight
    distinct  how many different rows lie within two of its sds
    value     that more than half of its rows have, a number a column; empty if there is none
    sds       of the columns, where it was kept from shrinking by the floor; else empty
    """

    component: int
    sd_ratio: float
    rows: float
    distinct: int
    value: tuple[float, ...]
    sds: tuple[float, ...]


class Died(NamedTuple):
    """A component, from 1, holds hardly any of n rows; component 0 is one that became empty on the way."""

    component: int
    rows: float = 0.0
    n: float = 0.0


class Coincident(NamedTuple):
    """Two components, from 1, have the same mean and covariance."""

    first: int
    second: int


class Rejected(NamedTuple):
    """A mixture whose log-likelihood is far higher was rejected by the search, as a component of it is on the floor."""

    higher: float


Finding = NotConverged | FarValue | RepeatedValue | WeakComponent | Died | Coincident | Rejected


def find(problem: Problem, run: Run, search: Search | None) -> tuple[Status, list[Finding]]:
    """The status of a run, and what is worth knowing of it; search is the one that came before, if any."""
    n, last, settings = problem.rows.n_rows, run.last, problem.settings
    counts = last.mixture.weights * n
    dead = [Died(int(k) + 1, counts[k], n) for k in np.flatnonzero(counts < DEAD_COUNT)]
    weak = weak_components(problem, run.standard)
    pairs = pairs_closer_than(SAME_COMPONENT, last.mixture)
    status = run.status
    if status == "converged":
        status = "on_floor" if any(component.sds for component in weak) else "coincident" if pairs else "converged"
    found: list[Finding] = []
    if run.status == "max_iterations":
        found.append(NotConverged(last.iteration, last.remaining_gain, settings.tol, settings.tol_type))
    sample, units = problem.rows.sample, problem.rows.units
    found += [*far_values(sample, units, problem.rows.rows_per_weight)[:1], *repeated_values(sample, units)]
    found += [component for component in weak if counts[component.component - 1] >= DEAD_COUNT]
    found += dead
    if run.status in ("converged", "max_iterations"):
        found += [Coincident(*pair) for pair in pairs]
    if (higher := rejected_gain(search, last.log_likelihood, problem.rows.n)) > 0:
        found.append(Rejected(higher))
    if run.status == "empty_component" and not dead:
        found.append(Died(0))
    return "empty_component" if dead else status, found


def far_values(sample: Rows, units: StandardUnits, rows_per_weight: float) -> list[FarValue]:
    """The lowest and highest values of columns that are farther from the next than that is from the other end.

    A group of values that far away is one, and no outlier.
    """
    found = []
    for d, column in enumerate(sample.values.T):
        values, at = np.unique(column, return_inverse=True)
        if len(values) < FEWEST_OTHERS:
            continue
        rows = np.bincount(at, sample.weights) * rows_per_weight
        for end, beside, other in ((0, 1, -1), (-1, -2, 0)):
            if abs(values[end] - values[beside]) > abs(values[beside] - values[other]):
                name = sample.columns[d] if len(sample.columns) > 1 else ""
                value, next_value = (units.value(values[i], d) for i in (end, beside))
                found.append(FarValue(value, next_value, float(rows[end]), escaped(name)))
    return found


def repeated_values(sample: Rows, units: StandardUnits) -> list[RepeatedValue]:
    """The value that more than a quarter of the rows have, and far more than have any other, if there is one."""
    top = int(np.argmax(sample.weights))
    share, others = float(sample.weights[top] / sample.total_weight), np.delete(sample.weights, top)
    alone = len(others) > 1 and sample.weights[top] > OUTSTANDING * others.max()
    return [RepeatedValue(in_columns_units(units, sample.values[top]), share)] if alone and share > HEAP else []


def weak_components(problem: Problem, standard: Mixture) -> list[WeakComponent]:
    """The weak components of a mixture in standard units, as the sample shows them.

    A component that is narrow alone is not weak: it has to have a small share of the rows as well, or sit on a repeated
    value. One of few rows, or of few distinct ones, is.
    """
    constraints, rows, sample = problem.constraints, problem.rows, problem.rows.sample
    on_floor = constraints.on_floor(standard.covariances)
    if standard.n_components == 1 and not on_floor.any():
        return []
    residuals = whiten(standard, sample.values)
    shared = posteriors_and_log_densities(standard, residuals)[0] * sample.weights
    counts = shared.sum(axis=-1) * rows.rows_per_weight
    distinct = np.sum(np.mean(residuals**2, axis=1) <= 4, axis=-1) * rows.rows_per_different_one
    ratios = smallest_sd_ratio(standard.covariances, problem.reference_covariance)
    own_sd = not (constraints.structure.tied or constraints.fixed.sds)
    sds = rows.units.unstandardize(standard).sds
    found = []
    for k in range(standard.n_components):
        top = int(np.argmax(shared[k]))
        most = shared[k, top] * rows.rows_per_weight > counts[k] / 2
        repeated = most and sample.weights[top] * rows.rows_per_weight > rows.rows_per_different_one
        narrow = own_sd and ratios[k] < NARROW_SHARE and (repeated or standard.weights[k] < SMALL_SHARE)
        if on_floor[k] or narrow or counts[k] < SMALL_ROWS or distinct[k] < SMALL_ROWS:
            value = in_columns_units(rows.units, sample.values[top]) if repeated else ()
            floored = tuple(sds[k].tolist()) if on_floor[k] else ()
            weak = WeakComponent(k + 1, float(ratios[k]), float(counts[k]), int(distinct[k]), value, floored)
            found.append(weak)
    return found


def in_columns_units(units: StandardUnits, standard: Sequence[float]) -> tuple[float, ...]:
    """A row in the units of the columns."""
    return tuple(units.value(value, d) for d, value in enumerate(standard))


def pairs_closer_than(distance: float, mixture: Mixture) -> list[tuple[int, int]]:
    """Pairs of components, from 1, whose means and covariances differ by less than so many sds; with 0, not at all."""
    k, scale = mixture.n_components, mixture.sds
    pairs = []
    for i in range(k):
        for j in range(i + 1, k):
            moved = np.abs(mixture.means[i] - mixture.means[j]) / scale[i]
            bent = np.abs(mixture.covariances[i] - mixture.covariances[j]) * mixture.units / scale[i]
            bent = bent * mixture.units[:, None] / scale[i][:, None]
            largest = max(moved.max(), bent.max())
            if largest < distance or largest == 0:
                pairs.append((i + 1, j + 1))
    return pairs


def rejected_gain(search: Search | None, log_likelihood: float, n: float) -> float:
    """How much higher a mixture on the floor was that the search did not take, if that is far; else 0."""
    if search is None or search.highest_on_floor is None:
        return 0.0
    higher = search.highest_on_floor - log_likelihood
    return higher if higher > FAR_HIGHER * n else 0.0
