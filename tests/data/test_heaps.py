"""Values that stand out of a column."""

import numpy as np
import pytest

from gmmfit.arrays import Array
from gmmfit.data.distinct import counted
from gmmfit.data.heaps import ValueCounts
from gmmfit.data.rows import Rows

NORMAL = np.random.default_rng(1).normal(0, 1, 300)


def heaps_of(values: Array, rows_per_weight: float = 1.0) -> list[float]:
    column = ValueCounts.of(counted(Rows(values[:, None], np.ones(len(values)), ("x",))), 0, rows_per_weight)
    return [float(value) for value in column.values[column.heaps]]


@pytest.mark.parametrize(
    ("values", "heaps"),
    [
        (NORMAL, []),
        (np.append(NORMAL, [0.5] * 5), []),  # too small a share of the rows
        (np.append(NORMAL, [0.5] * 9), [0.5]),
        (np.clip(NORMAL, -1.5, 1.2), [-1.5, 1.2]),
        (np.round(NORMAL, 1), []),
        (np.round(NORMAL * 2), []),
        (np.append(np.round(NORMAL, 1), [-999.0] * 10), [-999.0]),  # no more than other values have, but far out
        (np.append(NORMAL, [50.0] * 2), []),
        (np.repeat([0.0, 1.0], [90, 10]), []),  # nothing stands out of two values
    ],
)
def test_a_heap_has_far_more_rows_than_other_values_or_is_far_from_them(values: Array, heaps: list[float]) -> None:
    assert heaps_of(values) == heaps


def test_neighbours_that_are_much_alike_are_the_middle_of_a_group() -> None:
    narrow = np.round(np.random.default_rng(2).normal(0, 0.7, 500))
    wide = np.round(np.random.default_rng(3).normal(0, 30, 200))
    assert heaps_of(np.concatenate([narrow, wide])) == []


def test_a_sample_stands_for_all_rows() -> None:
    few = np.append(NORMAL[:100], [0.5] * 3)
    assert heaps_of(few) == []
    assert heaps_of(few, rows_per_weight=10) == [0.5]


def test_the_nearest_value_and_how_far_the_next_is() -> None:
    column = ValueCounts.of(Rows(np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 2.0, 3.0]), ("x",)), 0, 1.0)
    nearest = column.nearest(np.array([-9.0, 0.4, 2.9, 3.1]))
    assert nearest.value.tolist() == [0, 0, 1, 5]
    assert nearest.gap.tolist() == [1, 1, 1, 4]
    assert nearest.rows.tolist() == [1, 1, 2, 3]
    assert column.n_between(np.array([0.0, 0.5]), np.array([1.0, 9.0])).tolist() == [2, 2]
