"""How sound mixtures are."""

import numpy as np

from gmmfit import Mixture
from gmmfit.data.distinct import counted
from gmmfit.data.rows import Rows
from gmmfit.fitting.search.soundness import Soundness, rank
from gmmfit.model.batch import Batch
from tests.fitting.problems import problem_of
from tests.samples import FREE

X = np.concatenate([np.random.default_rng(1).normal(0, 1, 94), np.full(20, 0.5), 5 + 0.04 * np.arange(-20, 20)])
ROWS = counted(Rows(X[:, None], np.ones(len(X)), ("x",)))


def test_a_mixture_is_as_sound_as_its_worst_component_and_as_no_other_beside_it() -> None:
    pairs = [
        Mixture.from_sds([0.7, 0.3], [0, 5], [1, 0.3]),  # all rows have a component of theirs
        Mixture.from_sds([0.98, 0.02], [0, 5], [1, 1]),  # hardly any rows
        Mixture.from_sds([0.7, 0.3], [0, 5], [1, 0.08]),  # narrow, on many rows
        Mixture.from_sds([0.85, 0.15], [0, 0.5], [1, 0.02]),  # narrow, on a heap of many rows
        Mixture.from_sds([0.97, 0.03], [0, 5], [1.5, 0.05]),  # narrow, on few rows
        Mixture.from_sds([0.95, 0.05], [0, 0.5], [1, 0.01]),
        Mixture.from_sds([0.5, 0.5], [0, 1e9], [1, 1]),
    ]
    alive = np.array([True] * 6 + [False])
    problem = problem_of(ROWS, FREE, reference=4.0)
    names = ["SOUND", "WEAK", "WEAK", "SPURIOUS", "SPURIOUS", "ON_FLOOR", "EMPTY"]
    expected = [Soundness[name] for name in names]
    assert rank(Batch.of(pairs), alive, ROWS, 1.0, problem).tolist() == expected
    turned = Batch.of([one.ordered(np.array([1, 0])) for one in pairs])
    assert rank(turned, alive, ROWS, 1.0, problem).tolist() == expected
