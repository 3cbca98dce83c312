"""The best of several starts."""

import numpy as np
import pytest

from gmmfit import FitError, Mixture, fit
from gmmfit.data.rows import Rows
from gmmfit.fitting.maximize import Constraints, Floor
from gmmfit.fitting.result import Fixed
from gmmfit.fitting.search import best_start
from gmmfit.model.covariance import STRUCTURES

X = np.concatenate([np.random.default_rng(1).normal(0, 1, 100), np.full(6, 0.5)])
ROWS = Rows(X[:, None], np.ones(len(X)), ("x",))
CONSTRAINTS = Constraints(STRUCTURES["full"], Fixed(), Floor(np.array([[1e-4]])))
SPIKE = Mixture.from_sds([0.94, 0.06], [0, 0.5], [1, 0.01])
INTERIOR = Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1])
FAR = Mixture.from_sds([0.5, 0.5], [0, 1e9], [1, 1])


def test_a_peak_off_the_floor_goes_before_a_higher_spike() -> None:
    spike, interior = (fit(X, init=start, min_sd=0.01, max_iter=200).log_likelihood for start in (SPIKE, INTERIOR))
    assert spike > interior
    assert best_start(ROWS, [SPIKE, INTERIOR], CONSTRAINTS) == 1


def test_a_start_that_loses_a_component_is_passed_over() -> None:
    assert best_start(ROWS, [FAR, INTERIOR], CONSTRAINTS) == 1
    with pytest.raises(FitError, match="no start was found in which every component has rows"):
        best_start(ROWS, [FAR], CONSTRAINTS)
