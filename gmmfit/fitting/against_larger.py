"""Each of several models against the next larger one, by tables drawn from it."""

import logging
from collections.abc import Sequence

import numpy as np

from gmmfit.fitting.result import Fit
from gmmfit.fitting.solve import Solved
from gmmfit.fitting.uncertainty.drawn_tables import objection_to_drawing
from gmmfit.fitting.uncertainty.likelihood_ratio import LikelihoodRatio, p_value, statistics_of_tables
from gmmfit.model.batch import Batch
from gmmfit.model.covariance import STRUCTURES

log = logging.getLogger("gmmfit")


def against_larger(smaller: Solved, larger: Solved, against: int | str) -> LikelihoodRatio | None:
    """The test of a model against a larger one that contains it; None, with a word to the log, where there is none."""
    problem, fits = smaller.problem, (smaller.fit, larger.fit)
    if objection := objection_to(smaller, larger):
        log.debug("no test of %d components against %s: %s", problem.n_components, against, objection)
        return None
    one, alternative = (Batch.one(solved.run.standard) for solved in (smaller, larger))
    said = f"{against} components" if isinstance(against, int) else against
    what = f"testing {problem.n_components} component{'s' if problem.n_components > 1 else ''} against {said}: table"
    of_tables = statistics_of_tables(problem, larger.problem, one, alternative, what)
    statistic = max(0.0, 2 * (fits[1].log_likelihood - fits[0].log_likelihood))
    return LikelihoodRatio(against, statistic, p_value(statistic, of_tables), int(np.sum(np.isfinite(of_tables))))


def objection_to(smaller: Solved, larger: Solved) -> str:
    """Why there can't be a test of one model against another; empty if there can."""
    if objection := objection_to_drawing(smaller.problem):
        return objection
    for solved in (smaller, larger):
        if not _ends_on_a_peak(solved.fit):
            k = solved.problem.n_components
            return f"with {k} component{'s' if k > 1 else ''} there is no peak ({solved.fit.status})"
    units, others = smaller.problem.rows.units, larger.problem.rows.units
    if not (np.array_equal(units.unit, others.unit) and np.array_equal(units.centre, others.centre)):
        return "one of them has the same unit for all columns"
    return ""


def _ends_on_a_peak(fit: Fit) -> bool:
    """Whether a fit is at a peak off the floor; that components coincide, being one too many, is no obstacle here."""
    noise = fit.mixture.noise
    return fit.status in ("converged", "coincident") and fit.may_be_chosen and (noise is None or noise.weight > 0)


def next_with_more_components(solved: Solved, others: Sequence[Solved]) -> Solved | None:
    """The model with one component more, that is the same otherwise."""
    k, *rest = _model(solved)
    return next((one for one in others if _model(one) == (k + 1, *rest)), None)


def next_freer(solved: Solved, others: Sequence[Solved]) -> Solved | None:
    """The model with the least free structure that contains this one's, that is the same otherwise."""
    k, name, *rest = _model(solved)
    freer = [
        one
        for one in others
        if one.fit.n_parameters > solved.fit.n_parameters
        and (_model(one)[0], *_model(one)[2:]) == (k, *rest)
        and STRUCTURES[_model(one)[1]].contains(STRUCTURES[name])
    ]
    return min(freer, key=lambda one: one.fit.n_parameters, default=None)


def _model(solved: Solved) -> tuple[int, str, bool, str]:
    """The number of components, structure, noise and transform of a model."""
    return (*solved.problem.model, solved.fit.settings.transform)
