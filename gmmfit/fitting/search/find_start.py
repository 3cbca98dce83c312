"""Where a fit starts: from what is given, and for the rest from what the init method finds."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.chunks import Tell, silent
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import ArgumentError, FitError
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.m_step import Constraints
from gmmfit.fitting.search.inits import Inits, Labels, label_names
from gmmfit.fitting.search.peaks import Peak, Search
from gmmfit.fitting.search.search import Field, Ground, all_kinds, enough, search
from gmmfit.fitting.search.soundness import EMPTIED, FLOORED, SPURIOUS
from gmmfit.fitting.search.starts import from_centres, from_labels, kmeans_plus_plus, quantile, random, split
from gmmfit.fitting.settings import Settings
from gmmfit.fitting.standardize import Inside, Standardization
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

# Starts made of a smaller mixture that came out above a larger one.
ENLARGED = 60
# Peaks whose log-likelihoods differ by less have one height.
ONE_HEIGHT = 1e-4
# Starts from which a way to the peak of a search is looked for.
TRIED = 10


class Start(NamedTuple):
    """Where a fit begins, in the units of the columns.

    is_peak  it is the peak that a search found, or the only one that there is
    origins  starts that came to this peak
    search   what the search saw, if there was one
    """

    mixture: Mixture
    is_peak: bool = False
    origins: tuple[Mixture, ...] = ()
    search: Search | None = None


def find_start(
    rows: Data,
    inside: Inside,
    n_components: int,
    inits: Inits,
    ruler: Array,
    constraints: Constraints,
    settings: Settings,
    tell: Tell = silent,
    known: dict[int, Batch] | None = None,
    smaller: Sequence[Mixture] = (),
) -> Start:
    """A whole start.

    rows are in the units of the columns, as labels go with them. Labels that are given make a start by one M step.
    Means that are given share the rows out to the nearest, and so give weights and covariances. Otherwise the init
    method finds a start, or several: then it is the peak of the highest sound climb. Fitted mixtures that are
    `smaller`, of one component less or of a less free structure, are started from too. What is known of the peaks with
    fewer components is used, and added to.

    Raises:
        FitError: no start was found.
        ArgumentError: two of the means that were given are the same.
    """
    standardization = inside.standardization
    if inits.whole is not None:
        return Start(inits.whole)
    if inits.labels is not None:
        if not isinstance(rows, Rows):
            raise ArgumentError("rows in chunks have no labels to start from: give a whole mixture as `init`")
        start = labelled(standardization.rows_inside(rows), inits.labels, constraints)
        return Start(inits.complete(standardization.outside(start)))
    if inits.means is not None:
        if len(np.unique(inits.means, axis=0)) < n_components:
            raise ArgumentError(
                "two of `init_means` are the same, and alone they can't part components: give inits of sds too"
            )
        given = (inits.means - standardization.centre) / standardization.unit
        start = from_centres(inside.data, given, scales(inside, constraints), constraints.floor)
        return Start(inits.complete(standardization.outside(start)))

    rng = np.random.default_rng(settings.seed)
    ground = Ground.of(inside, ruler, constraints, rng, tell, known)
    complete = partial(_completed, inits=inits, standardization=standardization, constraints=constraints)
    by_search = settings.init_method == "search" or len(smaller) > 0
    if settings.init_method == "search":
        n = settings.starts or enough(ground, n_components)
        starts = all_kinds(ground, n_components, n, rng, complete, grow=not inits.given)
    else:
        sds = scales(inside, constraints)
        found = list(starts_found(ground.many, sds, n_components, constraints, settings, rng))
        if not found:
            raise FitError("no start was found in which every component has rows: give inits, or use fewer components")
        starts = complete(Batch.of(found))
    starts = concatenated(
        [starts, *(complete(enlarged(standardization.inside(one), n_components, rng)) for one in smaller)]
    )
    if len(starts) == 1:
        return Start(_in_order(standardization.outside(starts.mixture(0)), inits), is_peak=n_components == 1)
    peaks = search(ground, starts)
    if len(inside.low) > 1 and len(inside.data) > len(ground.most):  # a sample judges less sharply than all rows
        log_likelihoods = expect(peaks.stack, inside.data).log_likelihood * standardization.count
        peaks = replace(peaks, log_likelihoods=log_likelihoods).best(len(log_likelihoods))
    if peaks.ranks[0] == EMPTIED:
        raise FitError("no start was found in which every component has rows: use fewer components, or give inits")
    report = _report(peaks, len(starts), inside)
    listed = [f"{peak.log_likelihood:.6f} ({peak.starts})" for peak in report.peaks]
    log.debug("%d starts: peaks %s; %d on the floor", report.starts, ", ".join(listed) or "none", report.on_floor)
    found = [starts.mixture(start) for start in peaks.origins[0][:TRIED]]
    origins = tuple(_in_order(standardization.outside(one), inits) for one in found)
    if inits.given or not by_search:  # who gave inits, or named a method, wants to see the way from there
        return Start(origins[0], search=report)
    return Start(_in_order(standardization.outside(peaks.stack.mixture(0)), inits), True, origins, report)


def _in_order(start: Mixture, inits: Inits) -> Mixture:
    """The start with what is given to the last bit; if nothing is, in the order that the result is likely to have."""
    if inits.given:
        return inits.complete(start)
    return start.ordered(np.argsort(start.means[:, 0], kind="stable"))


def _completed(stack: Batch, inits: Inits, standardization: Standardization, constraints: Constraints) -> Batch:
    """Starts, in standard units, with the weights and covariances that are given, the others within the constraints."""
    covariances = constraints.floor.raised(constraints.structure.project(stack.covariances, stack.weights))
    weights = stack.weights
    if inits.weights is not None:
        weights = np.broadcast_to(inits.weights, weights.shape)
    if inits.spread is not None:
        covariances = np.broadcast_to(standardization.inside(inits.spread).covariances, covariances.shape)
    return replace(stack, weights=weights, covariances=covariances)


def _report(peaks: Field, n_starts: int, inside: Inside) -> Search:
    """What the search saw, in the units of the columns; peaks of one height are one, whatever way it was come to."""
    standardization = inside.standardization
    scale = standardization.weight / standardization.count
    lost = inside.n * float(np.log(standardization.unit).sum())
    log_likelihoods = peaks.log_likelihoods * scale - lost
    found: list[Peak] = []
    for i in np.argsort(-log_likelihoods, kind="stable"):
        if peaks.ranks[i] <= FLOORED:
            continue
        peak = Peak(float(log_likelihoods[i]), len(peaks.origins[i]), spurious=bool(peaks.ranks[i] == SPURIOUS))
        if found and found[-1].log_likelihood - peak.log_likelihood < ONE_HEIGHT:
            found[-1] = replace(found[-1], starts=found[-1].starts + peak.starts)
        else:
            found.append(peak)
    on_floor = peaks.on_floor + sum(len(peaks.origins[i]) for i in np.flatnonzero(peaks.ranks == FLOORED))
    highest = max(peaks.highest_on_floor, *peaks.log_likelihoods[peaks.ranks == FLOORED], -np.inf) * scale - lost
    return Search(n_starts, tuple(found), on_floor, float(highest) if np.isfinite(highest) else None)


def enlarged(smaller: Mixture, n_components: int, rng: np.random.Generator) -> Batch:
    """Starts with as many components made from a fitted mixture with fewer, or with as many, of which it is one."""
    stack = Batch.of([smaller])
    while stack.weights.shape[1] < n_components:
        stack = split(stack, ENLARGED, rng)
    return stack


def labelled(rows: Rows, labels: Labels, constraints: Constraints) -> Mixture:
    """The start that labels (N,) of the rows make, a component a label; rows without one are left out of it."""
    names = label_names(labels)
    listed = [f"component {k} = {name}" for k, name in enumerate(names, start=1)]
    log.info("start: %s", ", ".join(listed if len(listed) <= 10 else [*listed[:3], "…", listed[-1]]))
    known = np.array([label is not None for label in labels])
    code_of = {name: code for code, name in enumerate(names)}
    codes = np.array([code_of[label] for label in labels[known]])
    return from_labels(rows.part(known), codes, len(names), constraints.structure, constraints.floor)


def scales(inside: Inside, constraints: Constraints) -> Array:
    """The sds (D,) in which distances between rows are measured: one for all columns where they share their unit."""
    sds = np.sqrt(np.diagonal(inside.covariance))
    return np.full(len(sds), sds.max()) if constraints.structure.one_unit else sds


def starts_found(
    rows: Rows, sds: Array, n_components: int, constraints: Constraints, settings: Settings, rng: np.random.Generator
) -> Iterator[Mixture]:
    """Starts found in the rows by a named init method: one, or for random methods as many as are asked for.

    One that would leave a component empty is passed over.
    """
    positions = rows.values / sds
    for _ in range(1 if settings.init_method == "quantile" else settings.starts or 1):
        try:
            if settings.init_method == "quantile":
                yield quantile(rows, positions, n_components, constraints.floor)
            elif settings.init_method == "random":
                yield random(rows, n_components, rng)
            else:
                yield kmeans_plus_plus(rows, positions, n_components, constraints.floor, rng)
        except FitError as error:
            log.debug("a start was passed over: %s", error)
