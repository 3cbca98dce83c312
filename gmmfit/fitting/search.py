"""Where a fit starts: from what is given, and for the rest from the best of several short climbs."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows
from gmmfit.errors import ArgumentError, FitError
from gmmfit.fitting.climb import climb
from gmmfit.fitting.em import em
from gmmfit.fitting.inits import Inits, Labels, label_names
from gmmfit.fitting.maximize import Constraints
from gmmfit.fitting.result import Settings
from gmmfit.fitting.standardize import Standardization
from gmmfit.fitting.start import from_labels, kmeans_plus_plus, nearest, quantile, random
from gmmfit.model.covariance import STRUCTURES
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

# How many starts a search takes, on how many rows, and where each climb ends that only has to be compared.
SEARCH_STARTS = 20
SEARCH_ROWS = 4096
SHORT_CLIMB = 200
SHORT_TOL = 1e-2


def find_start(
    rows: Rows,
    n_components: int,
    inits: Inits,
    standardization: Standardization,
    constraints: Constraints,
    settings: Settings,
) -> Mixture:
    """A whole start, in the units of the columns, from the inits that were given and rows in standard units.

    Labels that are given make a start by one M step. Means that are given share the rows out to the nearest, and so
    give weights and covariances. Otherwise starts are found by the init method, completed with what is given, and
    compared.

    Raises:
        FitError: no start was found.
        ArgumentError: two of the means that were given are the same.
    """
    if inits.whole is not None:
        return inits.whole
    if inits.labels is not None:
        return inits.complete(standardization.outside(labelled(rows, inits.labels, constraints)))
    if inits.means is not None:
        if len(np.unique(inits.means, axis=0)) < n_components:
            raise ArgumentError(
                "two of `init_means` are the same, and alone they can't part components: give inits of sds too"
            )
        sds = scales(rows, constraints)
        given = (inits.means - standardization.centre) / standardization.unit
        near = nearest(rows.values / sds, given / sds)
        start = from_labels(rows, near, n_components, STRUCTURES["tied"], constraints.floor)
        return inits.complete(standardization.outside(start))
    rng = np.random.default_rng(settings.seed)
    some = rows.some(SEARCH_ROWS, rng)
    starts = [
        inits.complete(standardization.outside(start))
        for start in starts_found(some, n_components, constraints, settings, rng)
    ]
    start = (
        starts[0] if len(starts) == 1 else starts[best_start(some, map(standardization.inside, starts), constraints)]
    )
    # So that the history has the order that the result is likely to have.
    return start if inits.given else start.ordered(np.argsort(start.means[:, 0], kind="stable"))


def labelled(rows: Rows, labels: Labels, constraints: Constraints) -> Mixture:
    """The start that labels (N,) of the rows make, a component a label; rows without one are left out of it."""
    names = label_names(labels)
    listed = [f"component {k} = {name}" for k, name in enumerate(names, start=1)]
    log.info("start: %s", ", ".join(listed if len(listed) <= 10 else [*listed[:3], "…", listed[-1]]))
    known = np.array([label is not None for label in labels])
    code_of = {name: code for code, name in enumerate(names)}
    codes = np.array([code_of[label] for label in labels[known]])
    rows = Rows(rows.values[known], rows.weights[known], rows.columns)
    return from_labels(rows, codes, len(names), constraints.structure, constraints.floor)


def scales(rows: Rows, constraints: Constraints) -> Array:
    """The sds (D,) in which distances between rows are measured: one for all columns where they share their unit."""
    sds = np.sqrt(np.diagonal(rows.covariance))
    sds[sds == 0] = 1  # constant among the rows that the search looks at
    return np.full(len(sds), sds.max()) if constraints.structure.one_unit else sds


def starts_found(
    rows: Rows, n_components: int, constraints: Constraints, settings: Settings, rng: np.random.Generator
) -> Iterator[Mixture]:
    """Starts found in the rows by the init method; one that would leave a component empty is passed over.

    `search` takes the quantiles first and then k-means++; `quantile` is always the same one.
    """
    method, positions = settings.init_method, rows.values / scales(rows, constraints)
    n_starts = 1 if method == "quantile" else settings.starts or (SEARCH_STARTS if method == "search" else 1)
    for number in range(n_starts):
        try:
            if method == "quantile" or (method == "search" and number == 0):
                yield quantile(rows, positions, n_components, constraints.floor)
            elif method == "random":
                yield random(rows, n_components, rng)
            else:
                yield kmeans_plus_plus(rows, positions, n_components, constraints.floor, rng)
        except FitError as error:
            log.debug("a start was passed over: %s", error)


def best_start(rows: Rows, starts: Iterable[Mixture], constraints: Constraints) -> int:
    """Which start's short climb ends highest, from 0; those that stay off the floor go before all others.

    Source: Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.

    Raises:
        FitError: every start loses a component.
    """
    ranks: list[tuple[bool, float]] = []
    for number, start in enumerate(starts, start=1):
        try:
            steps = em(rows, start, constraints)
            last = climb(steps, rows.total_weight, SHORT_TOL, "gain", SHORT_CLIMB).steps[-1]
        except FitError as error:
            log.debug("start %d: %s", number, error)
            ranks.append((False, -np.inf))
            continue
        interior = not constraints.on_floor(last.mixture).any()
        ranks.append((interior, last.log_likelihood))
        mean = last.log_likelihood / rows.total_weight
        where = "" if interior else ", on the floor"
        log.debug("start %d: log-likelihood %.6f a row in standard units%s", number, mean, where)
    highest = max(ranks, default=(False, -np.inf))
    if not np.isfinite(highest[1]):
        raise FitError("no start was found in which every component has rows: use fewer components, or give inits")
    log.debug("start %d is the best", ranks.index(highest) + 1)
    return ranks.index(highest)
