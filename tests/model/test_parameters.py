"""A mixture's parameters by name."""

import numpy as np
import pytest

from gmmfit import Mixture, OutputError
from gmmfit.model.parameters import component_table
from gmmfit.model.simulate import random_mixture


def test_covariances_beyond_double_precision_are_for_json() -> None:
    huge = random_mixture(2, ("a", "b"), seed=1).moved(np.zeros(2), np.full(2, 2.0**900))
    with pytest.raises(OutputError, match="write them as JSON"):
        component_table(huge)
    assert component_table(Mixture.from_sds([1], [0], [1e300]))["sd"] == [1e300]
