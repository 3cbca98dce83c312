"""Where a fit starts: from what is given, and for the rest from what the init method finds."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gmmfit.data.rows import Rows
from gmmfit.errors import ArgumentError, FitError
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.problem.inits import Labels, label_codes
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.init_methods import distance_units, from_centres, from_labels, starts_by_method
from gmmfit.fitting.search.peaks import SAME_PEAK, Peak, Search
from gmmfit.fitting.search.runs import Runs
from gmmfit.fitting.search.search import PARENT_ROUND, PeaksByK, SearchData, default_n_starts, mixed_starts, run_search
from gmmfit.fitting.search.soundness import Soundness
from gmmfit.fitting.search.starts import split_starts
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

# Starts made by splitting a smaller model that beat the larger one.
SPLIT = 60
# Starts from which a way to the peak of a search is looked for.
ORIGINS = 10
# Labels that a note lists.
MOST_LISTED = 10

EMPTY = "no start was found in which every component has rows: give inits, or use fewer components"


class Start(NamedTuple):
    """Where a fit begins, in the units of the columns.

    is_peak     it is the peak that a search found, or the only one that there is
    origins     starts that came to this peak
    search      what the search saw, if there was one
    peaks_by_k  the best mixtures with as many components or fewer, from which searches for more can grow
    """

    mixture: Mixture
    is_peak: bool = False
    origins: tuple[Mixture, ...] = ()
    search: Search | None = None
    peaks_by_k: PeaksByK = {}  # noqa: RUF012  nobody writes to it


def find_start(problem: Problem, peaks_by_k: PeaksByK, also_from: Sequence[Mixture] = ()) -> Start:
    """A whole start.

    Labels that are given make a start by one M step. Means that are given share the rows out to the nearest, and so
    give weights and covariances. Otherwise the init method finds a start, or several: then it is the peak of the
    highest sound run. also_from are fitted mixtures, of fewer components or of a less free structure, that are
    started from too; peaks_by_k are peaks with fewer components.

    Raises:
        FitError: no start was found.
        ArgumentError: two of the means that were given are the same.
    """
    inits = problem.inits
    if inits.mixture is not None:
        return Start(inits.mixture)
    if inits.labels is not None or inits.means is not None:
        start = _from_labels(problem, inits.labels) if inits.labels is not None else _from_means(problem)
        return Start(inits.applied_to(problem.rows.units.unstandardize(start)))
    rng = np.random.default_rng(problem.settings.seed)
    data = SearchData.of(problem, rng)
    if problem.settings.init_method == "search":
        n = problem.settings.starts or default_n_starts(data, problem.n_components)
        starts, peaks_by_k = mixed_starts(data, problem.n_components, n, rng, peaks_by_k)
    else:
        found = list(starts_by_method(problem, data.medium, rng))
        if not found:
            raise FitError(EMPTY)
        starts = problem.completed(Batch.of(found))
    split = [split_until(problem.rows.units.standardize(smaller), problem.n_components, rng) for smaller in also_from]
    starts = concatenated([starts, *map(problem.completed, split)])
    if len(starts) == 1:
        return Start(problem.in_the_columns_units(starts.mixture(0)), is_peak=problem.n_components == 1)
    peaks = ranked_by_all_rows(data, run_search(data, starts))
    if peaks.ranks[0] == Soundness.EMPTY:
        raise FitError(EMPTY)
    peaks_by_k = peaks_by_k | {problem.n_components: peaks.batch[: PARENT_ROUND.keep]}
    search = _summary(problem, peaks, len(starts))
    followed = peaks.start_numbers[0]
    if not (problem.is_searched or also_from):  # who gave inits, or named a method, wants to see the way from there
        start = problem.in_the_columns_units(starts.mixture(followed[0]))
        return Start(start, search=search, peaks_by_k=peaks_by_k)
    # By their numbers, for which of them is followed is up to the last digits, and so to the processor.
    numbers = sorted(followed)[:ORIGINS] if problem.settings.history else []
    origins = tuple(problem.in_the_columns_units(starts.mixture(number)) for number in numbers)
    return Start(problem.in_the_columns_units(peaks.batch.mixture(0)), True, origins, search, peaks_by_k)


def _from_labels(problem: Problem, labels: Labels) -> Mixture:
    """The start that labels (N,) of the rows make, a component a label; rows without one are left out of it."""
    rows = problem.request.rows
    if not isinstance(rows, Rows):
        raise ArgumentError("rows in chunks have no labels to start from: give a whole mixture as `init`")
    names, labelled, codes = label_codes(labels)
    listed = [f"component {k} = {name}" for k, name in enumerate(names, start=1)]
    log.info("start: %s", ", ".join(listed if len(listed) <= MOST_LISTED else [*listed[:3], "…", listed[-1]]))
    structure, floor = problem.constraints.structure, problem.constraints.floor
    return from_labels(problem.rows.units.standardize_rows(rows).part(labelled), codes, len(names), structure, floor)


def _from_means(problem: Problem) -> Mixture:
    """The start that means which are given make: rows belong to the nearest."""
    means, units = problem.inits.means, problem.rows.units
    if means is None or len(np.unique(means, axis=0)) < problem.n_components:
        raise ArgumentError(
            "two of `init_means` are the same, and alone they can't part components: give inits of sds too"
        )
    centres = (means - units.centre) / units.unit
    return from_centres(problem.rows.data, centres, distance_units(problem), problem.constraints.floor)


def split_until(smaller: Mixture, n_components: int, rng: np.random.Generator) -> Batch:
    """Starts made of a fitted mixture by splitting its components until there are so many; one if there are already."""
    batch = Batch.of([smaller])
    while batch.weights.shape[1] < n_components:
        batch = split_starts(batch, SPLIT, rng)
    return batch


def ranked_by_all_rows(data: SearchData, peaks: Runs) -> Runs:
    """The peaks in the order that all rows give them, where a sample in several columns is too coarse."""
    rows = data.problem.rows
    if len(rows.low) == 1 or len(rows.data) <= len(data.large):
        return peaks
    log_likelihoods = expect(peaks.batch, rows.data).log_likelihood * (rows.units.weight / rows.tol_scale)
    peaks = replace(peaks, log_likelihoods=log_likelihoods)
    return peaks.keep_best(len(log_likelihoods), n_rows=0)


def _summary(problem: Problem, peaks: Runs, n_starts: int) -> Search:
    """What the search saw, in the units of the columns; peaks of one height are one, whatever way led there."""
    rows = problem.rows
    log_likelihoods = rows.log_likelihood(peaks.log_likelihoods)
    found: list[Peak] = []
    for i in np.argsort(-log_likelihoods, kind="stable"):
        if peaks.ranks[i] <= Soundness.ON_FLOOR:
            continue
        spurious = bool(peaks.ranks[i] == Soundness.SPURIOUS)
        peak = Peak(float(log_likelihoods[i]), len(peaks.start_numbers[i]), spurious)
        if found and found[-1].log_likelihood - peak.log_likelihood < SAME_PEAK:
            found[-1] = replace(found[-1], starts=found[-1].starts + peak.starts)
        else:
            found.append(peak)
    floored = np.flatnonzero(peaks.ranks == Soundness.ON_FLOOR)
    on_floor = peaks.on_floor + sum(len(peaks.start_numbers[i]) for i in floored)
    highest = float(peaks.log_likelihoods[floored].max(initial=peaks.highest_on_floor))
    highest_on_floor = rows.log_likelihood(highest) if np.isfinite(highest) else None
    search = Search(n_starts, tuple(found), on_floor, highest_on_floor)
    listed = [f"{peak.log_likelihood:.6f} ({peak.starts})" for peak in search.peaks]
    log.debug("%d starts: peaks %s; %d on the floor", n_starts, ", ".join(listed) or "none", on_floor)
    return search
