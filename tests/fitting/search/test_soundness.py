"""How sound mixtures are."""

import numpy as np
import pytest

from gmmfit import Mixture
from gmmfit.data.distinct import counted
from gmmfit.data.rows import Rows
from gmmfit.fitting.problem.inits import Inits
from gmmfit.fitting.problem.problem import Problem, Request
from gmmfit.fitting.problem.standardize import standardize
from gmmfit.fitting.search.soundness import Credibility, Soundness, coincide, price, scores
from gmmfit.fitting.settings import Settings
from gmmfit.model.batch import Batch
from gmmfit.model.transform import Transforms
from tests.fitting.problems import problem_of
from tests.samples import FREE

RNG = np.random.default_rng(1)
# 94 normal rows, 20 on one value in the middle of them, forty a little apart, and ten that all are 9.
X = np.concatenate([RNG.normal(0, 1, 94), np.full(20, 0.5), 5 + 0.04 * np.arange(-20, 20), np.full(10, 9.0)])
ROWS = counted(Rows(X[:, None], np.ones(len(X)), ("x",)))
UNITS = standardize(ROWS, Transforms.named((), ROWS.values.shape[1])).units
PROBLEM = problem_of(ROWS, FREE, reference=4.0 / UNITS.unit[0] ** 2)


@pytest.mark.parametrize(
    ("weights", "means", "sds", "soundness", "doubtful"),
    [
        ([0.7, 0.3], [0, 5], [1, 0.3], "SOUND", 0),  # all rows have a component of theirs
        ([0.98, 0.02], [0, 5], [1, 1], "SOUND", 0),  # hardly any rows
        ([0.7, 0.3], [0, 5], [1, 0.08], "SOUND", 1),  # narrow, however many rows it has
        ([0.97, 0.03], [0, 5], [1.5, 0.05], "SOUND", 1),
        ([0.85, 0.15], [0, 0.5], [1, 0.02], "ON_HEAP", 1),  # on a value that stands out
        ([0.65, 0.35], [0, 0.5], [1, 0.001], "SOUND", 0),  # … of more than a quarter of the rows
        ([0.95, 0.05], [0, -0.6], [1, 1e-9], "ON_FLOOR", 1),
    ],
)
def test_a_mixture_is_as_sound_as_its_worst_component(
    weights: list[float], means: list[float], sds: list[float], soundness: str, doubtful: int
) -> None:
    mixture = Mixture.from_sds(weights, means, sds)
    for order in ([0, 1], [1, 0]):
        batch = Batch.of([UNITS.standardize(mixture.ordered(np.array(order)))])
        credibility = Credibility.of(batch, PROBLEM)
        assert credibility.rank.tolist() == [Soundness[soundness]]
        assert credibility.may_be_chance.sum() == doubtful
        [score] = scores(np.zeros(1), credibility, PROBLEM)
        assert score == pytest.approx(-doubtful * price(PROBLEM))


def rounded_problem(step: float) -> Problem:
    """Five hundred normal rows of sd 1 that are rounded to a step."""
    values = np.round(np.random.default_rng(2).normal(0, 1, 500) / step) * step
    return Request(Rows(values[:, None], np.ones(500), ("x",)), 0, Inits(), Settings()).problem(2, "full")


@pytest.mark.parametrize("step", [0.1, 0.2, 0.3])
def test_a_component_on_one_rounded_value_is_a_heap_and_one_on_few_of_them_is_doubtful(step: float) -> None:
    problem = rounded_problem(step)
    step /= problem.rows.units.unit[0]
    for sd, soundness in ((0.4, Soundness.HEAPED), (0.6, Soundness.SOUND)):
        batch = Batch.of([Mixture.from_sds([0.8, 0.2], [0, step], [1 / problem.rows.units.unit[0], sd * step])])
        credibility = Credibility.of(batch, problem)
        assert credibility.rank.tolist() == [soundness]
        assert credibility.few_values.tolist() == [[False, True]]


def test_bic_charges_half_the_log_of_the_rows_for_each_number_of_a_component() -> None:
    assert price(PROBLEM) == pytest.approx(3 / 2 * np.log(len(X)))


def test_components_with_one_mean_and_sd_coincide() -> None:
    pairs = [((0, 0), (1, 1)), ((0, 0.1), (1, 1)), ((0, 0), (1, 1.1)), ((0, 1e-5), (1, 1))]
    batch = Batch.of([Mixture.from_sds([0.3, 0.7], means, sds) for means, sds in pairs])
    assert coincide(batch).tolist() == [True, False, False, True]
