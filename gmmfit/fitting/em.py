"""EM as a stream of steps."""

from collections.abc import Iterator
from functools import partial

from gmmfit.data.rows import Data
from gmmfit.fitting.maximize import Constraints, maximize
from gmmfit.fitting.result import Step
from gmmfit.fitting.statistics import expect
from gmmfit.model.mixture import Mixture


def em(data: Data, start: Mixture, constraints: Constraints) -> Iterator[Step]:
    """The states of EM from a start, without end: iteration 0 is the start itself.

    Each state carries the log-likelihood of its own mixture: the E step that finds it also prepares the next M step,
    so a state costs one pass over the data.

    Raises:
        FitError: a component has become empty.

    Source: Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm.
    """
    mixture, iteration, kind = start, 0, "init"
    while True:
        statistics = data.sum(partial(expect, mixture))
        yield Step(iteration, statistics.log_likelihood, mixture, kind)
        mixture = maximize(statistics, mixture, constraints)
        iteration, kind = iteration + 1, "em"
