"""The boundary of what is possible: components without a spread of their own, where no value is exact."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gmmfit.data.rows import Data
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.em.e_step import expect
from gmmfit.fitting.em.em import State
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture


def from_boundary(data: Data, mixture: Mixture, iteration: int, constraints: Constraints) -> Iterator[State]:
    """The states that follow where components of a mixture lose their spread without loss, after `iteration` of a run.

    The likelihood is highest at the boundary if it falls from there, and EM, which shrinks a variance by a share of its
    square, never gets there. There are no states if no component has lost its spread.
    """
    batch = start = Batch.of([mixture])
    state = State.of(0, batch, expect(batch, data), constraints, "em")
    tied = constraints.structure.tied
    for which in [slice(None)] if tied else range(mixture.n_components):
        covariances = batch.covariances.copy()
        covariances[:, which] = constraints.floor.lowered(covariances[:, which])
        covariances = constraints.structure.project(covariances, batch.weights)
        lower = replace(batch, covariances=covariances)
        after = State.of(0, lower, expect(lower, data), constraints, "em")
        if np.all(after.log_likelihood >= state.log_likelihood - state.rounding):
            batch, state = lower, after
    if batch is start:
        return
    for later in accelerated(data, batch, constraints, plain=0):
        yield replace(later, iteration=later.iteration + iteration + 1)
