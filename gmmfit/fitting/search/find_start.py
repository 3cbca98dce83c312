"""Where a fit starts: from what is given, and for the rest from what the init method finds."""

import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gmmfit.data.labels import Labels, label_codes
from gmmfit.data.rows import Rows
from gmmfit.errors import ArgumentError, FitError
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.init_methods import distance_units, from_centres, from_labels, starts_by_method
from gmmfit.fitting.search.nested import FoundByModel, by_all_rows, grown, search_nested, with_the_answer_first
from gmmfit.fitting.search.peaks import SAME_PEAK, Peak, Search, SetAside
from gmmfit.fitting.search.runs import Runs
from gmmfit.fitting.search.search import NO_START, SearchData, default_n_starts, mixed_starts, only_start, run_search
from gmmfit.fitting.search.soundness import Credibility, Soundness
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.mixture import Mixture
from gmmfit.text import rows_said

log = logging.getLogger("gmmfit")

# Starts from which a way to the peak of a search is looked for.
ORIGINS = 10
# Higher mixtures that were set aside, of which is told.
MOST_SET_ASIDE = 3
# Labels that a note lists.
MOST_LISTED = 10


class Start(NamedTuple):
    """Where a fit begins, in the units of the columns.

    is_peak     it is the peak that a search found, or the only one that there is
    origins     starts that came to this peak
    search      what the search saw, if there was one
    known       what the search found, for this model and those that it contains
    """

    mixture: Mixture
    is_peak: bool = False
    origins: tuple[Mixture, ...] = ()
    search: Search | None = None
    known: FoundByModel = {}  # noqa: RUF012  nobody writes to it


def find_start(problem: Problem, known: FoundByModel, also_from: Mixture | None = None) -> Start:
    """A whole start.

    Labels that are given make a start by one M step. Means that are given share the rows out to the nearest, and so
    give weights and covariances. Otherwise the init method finds a start, or several: then it is the peak of the
    best run. known is what searches for other models of the same rows have found; also_from is a fitted mixture of a
    model that this one contains, which starts of a named method are joined by.

    Raises:
        FitError: no start was found.
        ArgumentError: two of the means that were given are the same.
    """
    inits = problem.inits
    if inits.mixture is not None:
        return Start(inits.mixture)
    if inits.labels is not None or inits.means is not None:
        start = _from_labels(problem, inits.labels) if inits.labels is not None else _from_means(problem)
        if problem.box is not None or problem.constraints.sets is not None:
            start = problem.completed(Batch.of([start])).mixture(0)
        return Start(inits.applied_to(problem.rows.units.unstandardize(start)))
    if problem.is_searched and problem.only_start:
        return Start(problem.in_the_columns_units(only_start(problem).mixture(0)), is_peak=True)
    data = SearchData.of(problem)
    if problem.is_searched and also_from is None:
        known = search_nested(data, known)
        found = known[problem.model]
        starts, peaks = found.starts, found.peaks
    else:
        starts = _starts_of_the_method(problem, data)
        if also_from is not None:
            starts = concatenated([starts, problem.completed(grown(problem, also_from))])
        if len(starts) == 1:
            return Start(problem.in_the_columns_units(starts.mixture(0)), is_peak=problem.only_start)
        runs = run_search(data, starts)
        judged = by_all_rows(data, runs)
        peaks = judged.part(with_the_answer_first(problem, runs, judged))
    if peaks.ranks[0] == Soundness.EMPTY:
        raise FitError(NO_START)
    search = _summary(problem, peaks, len(starts))
    followed = peaks.start_numbers[0]
    if not (problem.is_searched or also_from):  # who gave inits, or named a method, wants to see the way from there
        start = problem.in_the_columns_units(starts.mixture(followed[0]))
        return Start(start, search=search, known=known)
    # By their numbers, for which of them is followed is up to the last digits, and so to the processor.
    numbers = sorted(followed)[:ORIGINS] if problem.settings.history else []
    origins = tuple(problem.in_the_columns_units(starts.mixture(number)) for number in numbers)
    return Start(problem.in_the_columns_units(peaks.batch.mixture(0)), True, origins, search, known)


def _starts_of_the_method(problem: Problem, data: SearchData) -> Batch:
    """Starts that the init method finds, completed with what is given.

    Raises:
        FitError: it finds none.
    """
    rng = np.random.default_rng(problem.settings.seed)
    if problem.settings.init_method == "search":
        return mixed_starts(data, problem.settings.starts or default_n_starts(data), rng)
    found = list(starts_by_method(problem, data.medium, rng))
    if not found:
        raise FitError(NO_START)
    return problem.completed(Batch.of(found))


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
    means, units, covariances_of = problem.inits.means, problem.rows.units, problem.inits.covariances_of
    if means is not None and covariances_of is not None and len(np.unique(means, axis=0)) < problem.n_components:
        weights = np.full(problem.n_components, 1 / problem.n_components)
        return units.standardize(replace(covariances_of, weights=weights, means=means, noise=None))
    if means is None or len(np.unique(means, axis=0)) < problem.n_components:
        raise ArgumentError(
            "two of `init_means` are the same, and alone they can't part components: give inits of sds too"
        )
    centres = (means - units.centre) / units.unit
    return from_centres(problem.rows.data, centres, distance_units(problem), problem.constraints.floor)


def _summary(problem: Problem, peaks: Runs, n_starts: int) -> Search:
    """What the search saw, in the units of the columns; peaks of one height are one, whatever way led there."""
    log_likelihoods = problem.rows.log_likelihood(peaks.log_likelihoods)
    credibility = Credibility.of(peaks.batch, problem)
    found: list[Peak] = []
    set_aside: list[SetAside] = []
    for i in np.argsort(-log_likelihoods, kind="stable"):
        log_likelihood, starts = float(log_likelihoods[i]), len(peaks.start_numbers[i])
        if peaks.ranks[i] == Soundness.EMPTY:
            continue
        objection = objection_to(problem, peaks.batch, credibility, int(i))
        if log_likelihoods[0] < log_likelihood - SAME_PEAK and objection:
            set_aside.append(SetAside(log_likelihood, starts, *objection))
        elif i > 0 and peaks.ranks[i] == Soundness.ON_FLOOR:
            continue  # they are counted
        elif found and found[-1].log_likelihood - log_likelihood < SAME_PEAK:
            found[-1] = replace(found[-1], starts=found[-1].starts + starts)
        else:
            found.append(Peak(log_likelihood, starts))
    on_floor = peaks.on_floor + sum(
        len(peaks.start_numbers[i]) for i in 1 + np.flatnonzero(peaks.ranks[1:] == Soundness.ON_FLOOR)
    )
    search = Search(n_starts, tuple(found), tuple(set_aside[:MOST_SET_ASIDE]), on_floor)
    listed = [f"{peak.log_likelihood:.6f} ({peak.starts})" for peak in search.peaks]
    log.debug("%d starts: peaks %s; %d on the floor", n_starts, ", ".join(listed) or "none", on_floor)
    return search


def objection_to(problem: Problem, batch: Batch, credibility: Credibility, number: int) -> tuple[str, bool] | None:
    """What speaks against the mixture at a position of a batch, and whether it is that a component is on a heap.

    In the words of the first such component's rows: how many they are, and where.
    """
    on_heap = credibility.heaped | credibility.on_heap
    kinds = (
        ("lies on the floor of the sds", credibility.on_floor & ~on_heap),
        ("sits on a value that many rows have", on_heap & ~credibility.on_group),
        ("is thin, and gains no more than chance may give", credibility.may_be_chance),
    )
    for what, components in kinds:
        if np.any(components[number]):
            k = int(np.argmax(components[number]))
            rows = rows_said(max(1, round(float(batch.weights[number, k]) * problem.rows.n)))
            means = problem.rows.units.values(batch.means[number, k])
            about = "" if rows == rows_said(1) else "about "
            why = f"a component of {about}{rows} near {', '.join(f'{mean:.6g}' for mean in means)} {what}"
            return why, bool(on_heap[number, k])
    return None
