"""EM at work: the rows of a picture under the states that a fit went through."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import Rows, are_exact
from gmmfit.data.selection import Selection
from gmmfit.data.stored.stored import Stored
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.history import chosen_iterations
from gmmfit.plots.subject import Subject, subject_of

log = logging.getLogger("gmmfit")

# The share of a panel's height below which what is gained after iteration 1 can't be told.
FLAT = 0.25
# By what share the log-likelihood of a history's rows may differ from what it says.
SAME_ROWS = 0.02
# A history whose log-likelihoods have no more digits was cut: its last state may be far from what was fitted.
FEW_DIGITS = 4


@dataclass(frozen=True, eq=False)
class States:
    """Rows, and some states of a fit to them, in order.

    iterations, likelihoods (n,)  of all states of the fit: the way on which these are
    """

    rows: Subject
    steps: tuple[Step, ...]
    iterations: Array
    likelihoods: Array

    def __len__(self) -> int:
        return len(self.steps)

    def subject(self, i: int) -> Subject:
        """The rows under state i, from 0."""
        return self.rows.under(self.steps[i].mixture)

    def gain(self, i: int) -> float | None:
        """What state i gained on the one before it in the fit, whether that is shown or not; None of the first."""
        at = int(np.flatnonzero(self.iterations == self.steps[i].iteration)[0])
        return float(self.likelihoods[at] - self.likelihoods[at - 1]) if at else None

    def some(self, positions: Sequence[int]) -> "States":
        """Some of the states."""
        return replace(self, steps=tuple(self.steps[i] for i in positions))


def states_of(
    data: Selection | Stored | None, steps: Sequence[Step], bins: int | None = None, log: bool = False
) -> States:
    """The rows under each of the states of a fit.

    Raises:
        ArgumentError: there are no rows.
        DataError: they have other columns than the states.
    """
    if data is None:
        raise ArgumentError("em shows rows under the states of a fit: give `data`")
    under_first = subject_of(data, steps[0].mixture, bins=bins, log=log)
    if len(under_first.columns) > 1 and (log or bins is not None):
        said, what = ("log", "logarithmic axis") if log else ("bins", "histogram")
        raise ArgumentError(f"em of several columns has no {what}: leave `{said}` out")
    if isinstance(data, Selection):
        _warn_of_other_rows(data.rows, steps[-1])
    iterations = np.array([step.iteration for step in steps], dtype=float)
    likelihoods = np.array([step.log_likelihood for step in steps])
    return States(replace(under_first, mixture=None), tuple(steps), iterations, likelihoods)


def _warn_of_other_rows(rows: Rows, last: Step) -> None:
    """Say so where rows that are exact numbers have another log-likelihood than the history says of its own."""
    mixture = last.mixture
    is_cut = float(f"{last.log_likelihood:.{FEW_DIGITS}g}") == last.log_likelihood
    if not are_exact(rows) or is_cut or len(rows.columns) != mixture.n_columns:
        return
    if set(rows.columns) == set(mixture.columns):
        mixture = mixture.marginal(tuple(map(mixture.columns.index, rows.columns)))
    found = float(rows.weights @ mixture.log_density(rows.values))
    if not math.isclose(found, last.log_likelihood, rel_tol=SAME_ROWS, abs_tol=1.0):
        log.warning(
            "these rows are not those of the history: under its last state their log-likelihood is %.6g, not %.6g",
            found,
            last.log_likelihood,
        )


def chosen_states(states: States, iterations: Sequence[int] | None, most: int) -> States:
    """The states at some iterations; or at most so many, the most telling ones.

    Raises:
        ArgumentError: there is no such iteration.
    """
    if iterations is None:
        chosen = chosen_iterations(len(states), most)
        if len(chosen) < len(states):
            log.info("%d of %d states are shown: `iterations` chooses others", len(chosen), len(states))
        return states.some(chosen)
    if not isinstance(iterations, Iterable) or not (iterations := list(iterations)):
        raise ArgumentError("`iterations` are whole numbers, such as [0, 1, 5], at least one")
    at = {step.iteration: i for i, step in enumerate(states.steps)}
    for one in iterations:
        if one not in at:
            raise ArgumentError(f"`iterations` has {one}, and the history goes from {min(at)} to {max(at)}")
    return states.some(sorted({at[one] for one in iterations}))


def hides_later_gains(likelihoods: Array) -> bool:
    """Whether the first step gains so much that in a picture of it all later ones would be a flat line."""
    span = float(np.ptp(likelihoods[1:])) if len(likelihoods) > 2 else 0.0
    return 0 < span < FLAT * float(np.ptp(likelihoods))
