"""How far two partitions agree, by counting; labels of rows are in test_score."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit.fitting.evidence.agreement import adjusted_rand_index, best_matching


@given(st.integers(0, 10_000), st.integers(2, 30))
def test_adjusted_rand_index_by_counting_pairs(seed: int, n: int) -> None:
    """Of all pairs of rows: together in both, in the one, in the other."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 3, n), rng.integers(0, 3, n)
    counts = np.zeros((3, 3))
    np.add.at(counts, (one, other), 1)
    same_one, same_other = ([labels[i] == labels[j] for i, j in combinations(range(n), 2)] for labels in (one, other))
    both, by_chance = np.mean(np.logical_and(same_one, same_other)), np.mean(same_one) * np.mean(same_other)
    most = (np.mean(same_one) + np.mean(same_other)) / 2
    if most > by_chance:
        assert adjusted_rand_index(counts) == pytest.approx((both - by_chance) / (most - by_chance), abs=1e-12)


def test_the_same_partition_has_index_one() -> None:
    assert adjusted_rand_index(np.diag([3.0, 4.0])) == 1


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10_000))
def test_no_matching_is_better_than_the_best(n_labels: int, k: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 10, (n_labels, k)).astype(float)
    matching = best_matching(counts)
    assert len(matching) == min(n_labels, k) == len(set(matching.values()))
    table = counts if n_labels <= k else counts.T
    best = max(
        sum(table[i, j] for i, j in enumerate(order)) for order in permutations(range(table.shape[1]), len(table))
    )
    assert sum(counts[i, j] for i, j in matching.items()) == best
