"""Problems with constraints of a test's own."""

from dataclasses import replace

import numpy as np

from gmmfit.data.rows import Rows
from gmmfit.fitting.em.constraints import Constraints
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.problem import Problem, Request
from gmmfit.fitting.settings import Settings


def problem_of(rows: Rows, constraints: Constraints, n_components: int = 2, reference: float | None = None) -> Problem:
    """A problem for rows of one column, taken as they are, and not from their own floor and reference variance."""
    problem = Request(rows, 0, Inits(), Settings()).problem(n_components, "full")
    variance = rows.covariance if reference is None else np.array([[reference]])
    return replace(problem, constraints=constraints, reference_covariance=variance)
