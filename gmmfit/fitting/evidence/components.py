"""What is weak about the components of a mixture: thin, of few values, on the floor, or the same as another."""

from collections.abc import Sequence

import numpy as np

from gmmfit.arrays import Array
from gmmfit.fitting.em.e_step import share_out
from gmmfit.fitting.evidence.findings import Boundless, NoSpread, OnFloor, Unseen, WeakComponent
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.problem.standardize import StandardUnits
from gmmfit.fitting.search.soundness import Credibility, distances
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture
from gmmfit.text import escaped

# A component with fewer rows than this is thin; with a larger share of all than this it is never called so.
SMALL_ROWS, LARGE_SHARE = 5, 0.1
# Rows whose sd is a smaller share of the floor's lie on one another.
LEAST_FREE = 1e-3
# A column with a smaller factor than this has no part in a direction.
NEGLIGIBLE_FACTOR = 0.05


Weakness = WeakComponent | OnFloor | NoSpread | Unseen | Boundless


def weak_components(problem: Problem, standard: Mixture, credibility: Credibility) -> list[Weakness]:
    """The components of a mixture in standard units that are hard to believe in, as the sample shows them."""
    rows, sample = problem.rows, problem.rows.sample
    shared = share_out(Batch.one(standard), sample)[0] * sample.weights
    in_sample = shared.sum(axis=-1) * rows.rows_per_weight
    # At a peak the weights say it of all rows, of which the sample may have none of a small component.
    counts = in_sample if problem.constraints.fixed.weights else standard.weights * rows.n
    own_sd = not (problem.constraints.structure.tied or problem.constraints.fixed.sds)
    found: list[Weakness] = []
    for k in range(standard.n_components):
        top = int(np.argmax(shared[k]))
        most = shared[k, top] * rows.rows_per_weight > in_sample[k] / 2
        repeated = most and sample.weights[top] * rows.rows_per_weight > rows.rows_per_different_one
        value = in_columns_units(rows.units, sample.values[top]) if repeated else ()
        if credibility.at_boundary[0, k]:
            found.append(NoSpread(k + 1, sample.known is not None and bool(np.any(sample.known.errors))))
            continue
        if credibility.boundless[0, k]:
            found.append(Boundless(k + 1, float(credibility.ratios[0, k])))
            continue
        if credibility.unseen[0, k]:
            found.append(Unseen(k + 1, float(credibility.seen[0, k])))
            continue
        if credibility.on_floor[0, k]:
            if not credibility.on_heap[0, k]:
                found.append(_on_floor(problem, standard, k, float(counts[k]), shared[k], value))
            continue
        if (standard.n_components == 1 and standard.noise is None) or credibility.on_heap[0, k]:
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
            found.append(
                WeakComponent(
                    k + 1, kind, ratio, float(counts[k]), share, round(float(credibility.n_values[0, k])), value
                )
            )
    return found


def _on_floor(
    problem: Problem, standard: Mixture, k: int, rows: float, shared: Array, value: tuple[float, ...]
) -> OnFloor:
    """A component on the floor, from 0, of so many rows, and the direction in which it is.

    shared (N,) are the sample's rows in it.
    """
    units, sample, covariance = problem.rows.units, problem.rows.sample, standard.covariances[k]
    direction = problem.constraints.floor.direction(covariance)
    sd, free = float(np.sqrt(direction @ covariance @ direction)), 0.0
    if shared.sum() > 0:  # what the sd would be without the floor
        positions = sample.values @ direction
        free = float(np.sqrt(np.average((positions - np.average(positions, weights=shared)) ** 2, weights=shared)))
    # x = unit z, so that a factor of z is a factor of x divided by its unit.
    factors = direction / units.unit
    largest = float(factors[np.argmax(np.abs(factors))])
    factors, length = factors / largest, abs(largest)
    named = tuple(
        (float(factor), escaped(name))
        for factor, name in zip(factors, standard.columns, strict=True)
        if abs(factor) > NEGLIGIBLE_FACTOR
    )
    helps = rows > standard.n_columns + 1.5 and not value and LEAST_FREE * sd < free < sd
    lower = free / length / float(np.linalg.norm(factors)) / 2 if helps else 0.0
    several = standard.n_columns > 1 and rows >= 1.5
    return OnFloor(k + 1, named if several else (), sd / length, rows, units.values(standard.means[k]), value, lower)


def in_columns_units(units: StandardUnits, standard: Sequence[float]) -> tuple[float, ...]:
    """A row in the units of the columns."""
    return tuple(units.value(value, d) for d, value in enumerate(standard))


def pairs_closer_than(distance: float, batch: Batch) -> list[tuple[int, int]]:
    """Pairs of components, from 1, of one mixture that differ by less than so many sds; with 0, not at all."""
    batch = batch.normal
    pairs = zip(*np.triu_indices(batch.n_components, k=1), strict=True)
    return [
        (int(i) + 1, int(j) + 1)
        for (i, j), largest in zip(pairs, distances(batch)[0], strict=True)
        if largest < distance or largest == 0
    ]
