"""Rows drawn from a mixture, a block at a time."""

import os
from collections.abc import Iterator
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.model.density import Components
from gmmfit.model.noise import Noise
from gmmfit.model.transform import Transforms

BLOCK = 16_384
# Numbers that are handed out at once: 8 GB of them.
MOST_IN_MEMORY = 10**9
Numbers = npt.NDArray[np.int64]


class Drawable(Components, Protocol):
    """Components of transformed columns, or of the columns themselves."""

    @property
    def transforms(self) -> Transforms: ...
    @property
    def noise(self) -> Noise | None: ...


def draw(mixture: Drawable, rows: int, seed: int, exact_counts: bool = False) -> tuple[Array, Numbers]:
    """Values (rows, D) and their components (rows,), from 1; 0 is noise.

    Raises:
        ArgumentError: the number of rows is negative, or they would fill the memory.
    """
    n_columns = len(mixture.columns)
    if (numbers := rows * (n_columns + 1)) > MOST_IN_MEMORY:
        raise ArgumentError(f"{rows:,} rows take {numbers * 8 / 1e9:,.0f} GB: draw fewer")
    values, component = np.empty((max(rows, 0), n_columns)), np.empty(max(rows, 0), np.int64)
    start = 0
    for drawn, components in draw_blocks(mixture, rows, seed, exact_counts):
        part = slice(start, start + len(drawn))
        values[part], component[part], start = drawn, components, part.stop
    return values, component


def check_seed(seed: Any) -> None:
    """Raise an ArgumentError where a seed is no whole number."""
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise ArgumentError(
            f"`seed` is {seed!r}; it must be a whole number, at least 0: the same one draws the same rows"
        )


def draw_blocks(mixture: Drawable, rows: int, seed: int, exact_counts: bool = False) -> Iterator[tuple[Array, Numbers]]:
    """Draw rows a block at a time: values (n, D) and their components (n,), from 1; 0 is noise.

    A row is mean + L z, L the Cholesky factor of its component's covariance and z standard normal; of transformed
    columns it is transformed back. Components and normals come from two streams of the seed, so that the first m of n
    rows are the same for every n (with exact_counts, whose counts depend on n, they are not).

    Raises:
        ArgumentError: the number of rows is negative, or too large for exact counts.
    """
    check_seed(seed)
    if rows < 0:
        raise ArgumentError(f"{rows} rows can't be drawn")
    if exact_counts and rows >= 10**9:  # numpy's limit for hypergeometric draws
        raise ArgumentError(f"`exact_counts` is for fewer than 1,000,000,000 rows, not {rows:,}")
    weights = _weights(mixture)
    left = exact_component_counts(weights, rows) if exact_counts else None
    return _blocks(mixture, rows, seed, left)


def _blocks(mixture: Drawable, rows: int, seed: int, left: Numbers | None) -> Iterator[tuple[Array, Numbers]]:
    """Blocks of rows; left are the exact counts of the components (K,) that are still to be drawn."""
    for_components, for_normals, for_noise = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    noise = None if mixture.noise is None else mixture.noise.box.transformed(mixture.transforms)
    bounds, k = np.cumsum(_weights(mixture))[:-1], len(mixture.weights)
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        if left is not None:
            here = for_components.multivariate_hypergeometric(left, n, method="marginals")
            left -= here
            component = for_components.permutation(np.repeat(np.arange(len(here)), here))
        else:
            component = np.searchsorted(bounds, for_components.random(n), side="right")
        normals = for_normals.standard_normal((n, len(mixture.columns)))
        normal = np.minimum(component, k - 1)
        values = np.einsum("nij,nj->ni", mixture.factors[normal], normals)
        values += mixture.means[normal]
        if noise is not None:
            of_noise = np.flatnonzero(component == k)
            values[of_noise] = for_noise.uniform(noise.low, noise.high, (len(of_noise), len(noise.low)))
        yield mixture.transforms.invert(values), np.where(component == k, 0, component + 1)


def _weights(mixture: Drawable) -> Array:
    """The weights of the components, and last that of the noise."""
    return mixture.weights if mixture.noise is None else np.append(mixture.weights, mixture.noise.weight)


def exact_component_counts(weights: Array, rows: int) -> Numbers:
    """Rows for each component, rounded so that they sum to `rows`: the largest remainders are rounded up.

    >>> exact_component_counts(np.array([0.3, 0.7]), 1000)
    array([300, 700])
    """
    ideal = rows * weights / weights.sum()
    counts: Numbers = np.floor(ideal).astype(np.int64)
    for component in np.argsort(counts - ideal, kind="stable")[: rows - counts.sum()]:
        counts[component] += 1
    return counts


def fresh_seed() -> int:
    """A seed that nobody chose. It is below 2⁵³, which every JSON reader keeps."""
    return int.from_bytes(os.urandom(7)) % 2**53
