"""What a careful reader should know of a fit, as facts: rows, components, the run, and what the search set aside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.resolution import resolution
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.stopping import Run
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.problem.standardize import StandardUnits
from gmmfit.fitting.search.peaks import Search
from gmmfit.fitting.search.soundness import SAME_COMPONENT, Credibility
from gmmfit.fitting.settings import Status
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import Structure
from gmmfit.model.density import posteriors_and_log_densities, whiten
from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import cdf
from gmmfit.text import escaped

# A component with fewer rows than this is thin; with a larger share of all than this it is never called so.
SMALL_ROWS, LARGE_SHARE = 5, 0.1
# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3
# The log-likelihood, for each parameter of a component, by which a mixture that was set aside has to be higher to be
# worth a word: what BIC charges in a hundred rows.
FAR_HIGHER = 2.3
# Values, from which on one of them can be told to be far from the others.
FEWEST_OTHERS = 8
# Rows, and the share of all, that a mixture may expect beyond an end of the table before it seems cut off there.
BEYOND, SHARE_BEYOND = 5, 0.01
# An end is so many rows, or that share of them, of so many values. The outer half of a truncated one has at least this
# many times the rows of the inner half; that of a normal column less than half.
TAIL_ROWS, TAIL_SHARE, TAIL_VALUES, ABRUPT = 30, 0.1, 10, 0.6
# A column with a smaller factor than this has no part in a direction.
NEGLIGIBLE_FACTOR = 0.05
# There are many parameters if there are more for each row than this.
MANY_PARAMETERS = 1 / 3


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


class Heap(NamedTuple):
    """A value that a share of all rows have, far more than any value near it; end is lowest, highest, or empty.

    component is the one, from 1, that describes these rows, or 0.
    """

    value: float
    share: float
    end: str
    component: int
    column: str = ""


class CutOff(NamedTuple):
    """The table ends abruptly: a mixture expects a share of the rows beyond its lowest or highest value, its end."""

    value: float
    share: float
    end: str
    column: str = ""


class WeakComponent(NamedTuple):
    """A component, from 1, that is hard to believe in.

    kind      what is wrong with it: narrow, few rows or few values
    sd_ratio  its smallest sd, in any direction, in units of the reference's
    rows      that it holds, by weight, and the share of all that they are
    distinct  how many different rows lie within two of its sds
    value     that more than half of its rows have, a number a column; empty if there is none
    """

    component: int
    kind: str
    sd_ratio: float
    rows: float
    share: float
    distinct: int
    value: tuple[float, ...]


class OnFloor(NamedTuple):
    """A component, from 1, that was kept from shrinking by the floor.

    direction  the combination of columns in which it was, as pairs of a factor and a name; empty in one column
    sd         of that combination
    rows       that it holds, by weight
    mean       a number a column
    value      that more than half of its rows have, a number a column; empty if there is none
    lower      a smallest sd that would let it shrink; 0 where that leads nowhere
    """

    component: int
    direction: tuple[tuple[float, str], ...]
    sd: float
    rows: float
    mean: tuple[float, ...]
    value: tuple[float, ...]
    lower: float


class ManyParameters(NamedTuple):
    """There are hardly more rows than parameters."""

    parameters: int
    rows: int
    components: int


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
    """A mixture whose log-likelihood is far higher was set aside by the search, and why."""

    higher: float
    why: str


Finding = (
    NotConverged | FarValue | Heap | CutOff | WeakComponent | OnFloor | ManyParameters | Died | Coincident | Rejected
)


class Judgement(NamedTuple):
    """The status of a run, what is worth knowing of it, and whether the mixture is credible.

    It is not where a component is empty, or on the floor without a heap of equal rows there.
    """

    status: Status
    findings: list[Finding]
    credible: bool


def judge(problem: Problem, run: Run, search: Search | None) -> Judgement:
    """What to make of a run; search is the one that came before, if any."""
    rows, last, settings = problem.rows, run.last, problem.settings
    counts = last.mixture.weights * rows.n
    credibility = Credibility.of(Batch.of([run.standard]), problem)
    dead = [Died(int(k) + 1, counts[k], rows.n) for k in np.flatnonzero(counts < DEAD_COUNT)]
    weak = weak_components(problem, run.standard, credibility) if last.iteration > 0 else []
    pairs = pairs_closer_than(SAME_COMPONENT, last.mixture)
    on_floor, status = bool(np.any(credibility.on_floor)), run.status
    if status in ("converged", "max_iterations") and on_floor:
        status = "on_floor"
    elif status == "converged" and pairs:
        status = "coincident"
    found: list[Finding] = []
    if status == "max_iterations":
        found.append(NotConverged(last.iteration, last.remaining_gain, settings.tol, settings.tol_type))
    if problem.n_parameters > MANY_PARAMETERS * rows.n:
        found.append(ManyParameters(problem.n_parameters, round(rows.n), problem.n_components))
    found += far_values(rows.sample, rows.units, rows.rows_per_weight)[:1]
    heaps = heaps_of(problem, run.standard, credibility)
    found += [*heaps, *cut_off_ends(problem, run.standard, heaps)]
    found += [component for component in weak if counts[component.component - 1] >= DEAD_COUNT]
    found += dead
    if run.status in ("converged", "max_iterations"):
        found += [Coincident(*pair) for pair in pairs]
    found += rejected(search, last.log_likelihood, problem.constraints.structure, len(rows.low))
    if run.status == "empty_component" and not dead:
        found.append(Died(0))
    credible = not np.any(credibility.on_floor & ~credibility.on_heap) and status != "empty_component" and not dead
    return Judgement("empty_component" if dead else status, found, bool(credible))


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


def heaps_of(problem: Problem, standard: Mixture, credibility: Credibility) -> list[Heap]:
    """The values that stand out of the columns, with the component that sits on each, if one does."""
    found = []
    for d, column in enumerate(problem.rows.value_counts):
        for position in np.flatnonzero(column.heaps):
            value = column.values[position]
            near = np.abs(standard.means[:, d] - value) < standard.sds[:, d]
            on_it = np.flatnonzero(near & credibility.on_heap[0])
            end = {0: "lowest", len(column.values) - 1: "highest"}.get(int(position), "")
            share = float(column.rows[position] / column.rows.sum())
            component = int(on_it[0]) + 1 if len(on_it) else 0
            found.append(Heap(problem.rows.units.value(value, d), share, end, component, _name(problem, d)))
    return found


def cut_off_ends(problem: Problem, standard: Mixture, heaps: Sequence[Heap]) -> list[CutOff]:
    """The ends of columns beyond which the mixture expects rows where there are none; a heap there explains them.

    An end is abrupt where rows are hardly rarer in the outer half of the last few per cent than in the inner one.
    """
    found = []
    for d, column in enumerate(problem.rows.value_counts):
        one_column, name = standard.marginal((d,)), _name(problem, d)
        mirrored = replace(one_column, means=-one_column.means)
        for end, mixture, values, counts in (
            ("lowest", one_column, column.values, column.rows),
            ("highest", mirrored, -column.values[::-1], column.rows[::-1]),
        ):
            share = _share_beyond(mixture, values, counts)
            if share > 0 and not any(heap.end == end and heap.column == name for heap in heaps):
                value = column.values[0 if end == "lowest" else -1]
                found.append(CutOff(problem.rows.units.value(float(value), d), share, end, name))
    return found


def _share_beyond(mixture: Mixture, values: Array, counts: Array) -> float:
    """The share of the rows that a mixture expects below the lowest of values (V,); 0 if that is no abrupt end."""
    low, total = values[0] - resolution(values) / 2, counts.sum()
    share = float(cdf(mixture, low)[0])
    if share * total <= BEYOND + SHARE_BEYOND * total:
        return 0.0
    upto = np.cumsum(counts)
    tail = int(np.searchsorted(upto, max(TAIL_ROWS, TAIL_SHARE * total)))
    if not TAIL_VALUES <= tail < len(values):
        return 0.0
    outer = counts[values <= (low + values[tail]) / 2].sum()
    return share if outer >= ABRUPT * (upto[tail] - outer) else 0.0


def _name(problem: Problem, d: int) -> str:
    """The name of a column where there are several."""
    columns = problem.rows.sample.columns
    return escaped(columns[d]) if len(columns) > 1 else ""


def weak_components(problem: Problem, standard: Mixture, credibility: Credibility) -> list[WeakComponent | OnFloor]:
    """The components of a mixture in standard units that are hard to believe in, as the sample shows them."""
    rows, sample = problem.rows, problem.rows.sample
    residuals = whiten(standard, sample.values)
    shared = posteriors_and_log_densities(standard, residuals)[0] * sample.weights
    counts = shared.sum(axis=-1) * rows.rows_per_weight
    distinct = np.sum(np.mean(residuals**2, axis=1) <= 4, axis=-1) * rows.rows_per_different_one
    own_sd = not (problem.constraints.structure.tied or problem.constraints.fixed.sds)
    found: list[WeakComponent | OnFloor] = []
    for k in range(standard.n_components):
        top = int(np.argmax(shared[k]))
        most = shared[k, top] * rows.rows_per_weight > counts[k] / 2
        repeated = most and sample.weights[top] * rows.rows_per_weight > rows.rows_per_different_one
        value = in_columns_units(rows.units, sample.values[top]) if repeated else ()
        if credibility.on_floor[0, k]:
            if not credibility.on_heap[0, k]:
                found.append(_on_floor(problem, standard, k, float(counts[k]), value))
            continue
        if standard.n_components == 1 or credibility.on_heap[0, k]:
            continue
        kind = ""
        if counts[k] < SMALL_ROWS:
            kind = "few rows"
        elif own_sd and credibility.narrow[0, k] and counts[k] < LARGE_SHARE * rows.n:
            kind = "narrow"
        elif credibility.few_values[0, k]:
            kind = "few values"
        if kind:
            share = float(counts[k] / rows.n)
            ratio = float(credibility.ratios[0, k])
            found.append(WeakComponent(k + 1, kind, ratio, float(counts[k]), share, int(distinct[k]), value))
    return found


def _on_floor(problem: Problem, standard: Mixture, k: int, rows: float, value: tuple[float, ...]) -> OnFloor:
    """A component on the floor, from 0, with the direction in which it is."""
    units, covariance = problem.rows.units, standard.covariances[k]
    direction = problem.constraints.floor.direction(covariance)
    sd = float(np.sqrt(direction @ covariance @ direction))
    # x = unit z, so that a factor of z is a factor of x divided by its unit.
    factors = direction / units.unit
    largest = float(factors[np.argmax(np.abs(factors))])
    factors, sd = factors / largest, sd / abs(largest)
    named = tuple(
        (float(factor), escaped(name))
        for factor, name in zip(factors, standard.columns, strict=True)
        if abs(factor) > NEGLIGIBLE_FACTOR
    )
    mean = tuple(units.unstandardize(standard).means[k].tolist())
    lower = sd / float(np.linalg.norm(factors)) / 10 if rows > standard.n_columns + 1 and not value else 0.0
    return OnFloor(k + 1, named if standard.n_columns > 1 else (), sd, rows, mean, value, lower)


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


def rejected(search: Search | None, log_likelihood: float, structure: Structure, n_columns: int) -> list[Rejected]:
    """The highest mixture that a search set aside, if that is far higher than the log-likelihood of the answer.

    A component on a heap is not worth a word: where values are rounded there are many such, and limits have their own.
    """
    others = [] if search is None else [one for one in search.set_aside if not one.on_heap]
    far = FAR_HIGHER * structure.parameters_of_component(n_columns)
    return [
        Rejected(one.log_likelihood - log_likelihood, one.why)
        for one in others[:1]
        if one.log_likelihood > log_likelihood + far
    ]
