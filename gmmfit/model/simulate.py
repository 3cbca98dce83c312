"""Rows drawn from a mixture, a block at a time."""

import logging
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, ModelError
from gmmfit.model.mixture import Mixture, check_size

log = logging.getLogger("gmmfit")

BLOCK = 16_384
# Numbers that are handed out at once: 8 GB of them.
MOST_IN_MEMORY = 10**9
Components = npt.NDArray[np.int64]


class Simulation(NamedTuple):
    """Rows drawn from a mixture: values (N, D), the component (N,) of each, from 1, and the mixture.

    >>> drawn = simulate(means=[0, 5], sds=[1, 1], rows=4, seed=1)
    >>> drawn.values.shape, drawn.component.shape
    ((4, 1), (4,))
    """

    values: Array
    component: Components
    mixture: Mixture


def simulate(
    model: Any = None,
    *,
    weights: npt.ArrayLike | None = None,
    means: npt.ArrayLike | None = None,
    sds: npt.ArrayLike | None = None,
    random: bool = False,
    components: int | None = None,
    column: str | tuple[str, ...] | None = None,
    rows: int = 100,
    exact_counts: bool = False,
    seed: int | None = None,
) -> Simulation:
    """Draw rows from a mixture: a model (or a Fit), one given by its parameters, or a random one.

    weights default to equal ones. exact_counts gives each component round(rows · weight) rows (largest
    remainders first) instead of a random number. Without a seed a fresh one is drawn, and logged.

    >>> drawn = simulate(weights=[0.3, 0.7], means=[0.2, 0.8], sds=[0.1, 0.1], rows=10, exact_counts=True, seed=1)
    >>> sorted(drawn.component.tolist())
    [1, 1, 1, 2, 2, 2, 2, 2, 2, 2]

    Raises:
        ArgumentError: no mixture is given, or more than one, or what is given is none.
    """
    fresh, seed = seed is None, fresh_seed() if seed is None else seed
    mixture = mixture_to_simulate(model, weights, means, sds, random, components, column, seed)
    if fresh:
        log.info("seed %d", seed)
    numbers = rows * (mixture.n_columns + 1)
    if numbers > MOST_IN_MEMORY:
        raise ArgumentError(f"{rows:,} rows take {numbers * 8 / 1e9:,.0f} GB: draw fewer")
    blocks = list(simulate_blocks(mixture, rows, seed, exact_counts))
    values = np.concatenate([values for values, _ in blocks]) if blocks else np.empty((0, mixture.n_columns))
    component = np.concatenate([component for _, component in blocks]) if blocks else np.empty(0, np.int64)
    return Simulation(values, component, mixture)


def mixture_to_simulate(
    model: Any,
    weights: npt.ArrayLike | None,
    means: npt.ArrayLike | None,
    sds: npt.ArrayLike | None,
    random: bool,
    components: int | None,
    column: str | tuple[str, ...] | None,
    seed: int,
) -> Mixture:
    """The one mixture that the arguments of `simulate` name."""
    typed = [name for name, value in [("weights", weights), ("means", means), ("sds", sds)] if value is not None]
    named = [name for name, given in [("model", model is not None), ("random", random)] if given] + typed[:1]
    if len(named) != 1:
        found = (
            "no mixture is given" if not named else " and ".join(f"`{name}`" for name in named) + " don't go together"
        )
        raise ArgumentError(
            f"{found}: give a `model`, or `means` and `sds` (and `weights`), or `random` with `components`"
        )
    columns = (column,) if isinstance(column, str) else tuple(column or ())
    if random != (components is not None):
        raise ArgumentError("`random` needs `components`, and `components` is for `random` only")
    if components is not None:
        return random_mixture(components, columns, seed)
    if model is not None:
        model = getattr(model, "mixture", model)  # a Fit has one
        if not isinstance(model, Mixture):
            raise ArgumentError(f"`model` is {model!r}; it must be a Mixture or a Fit")
        return model.with_columns(columns) if columns else model
    if means is None or sds is None:
        raise ArgumentError(f"`{'` and `'.join(typed)}` alone make no mixture: give both `means` and `sds`")
    shape = (-1, len(columns) or 1)
    means, sds = np.asarray(means, float), np.asarray(sds, float)
    if means.size % shape[1] or sds.size != means.size:
        raise ArgumentError(
            f"{means.size} means and {sds.size} sds for {shape[1]} columns: give K × {shape[1]} of each, "
            "component by component"
        )
    means, sds = means.reshape(shape), sds.reshape(shape)
    weights = np.full(len(means), 1 / len(means)) if weights is None else np.asarray(weights, float)
    if len(weights) != len(means):
        raise ArgumentError(f"{len(weights)} weights for {len(means)} components")
    try:
        return Mixture.from_sds(weights, means, sds, columns)
    except ModelError as error:
        raise ArgumentError(f"`weights`, `means` and `sds` are no mixture: {error}") from None


def random_mixture(components: int, columns: tuple[str, ...] = (), seed: int | None = None) -> Mixture:
    """A random mixture: means uniform in ±10, Dirichlet weights, Wishart covariances.

    The weights are Dirichlet(2, …, 2); a covariance is A Aᵀ / (D + 1) for a (D, D + 2) matrix A of standard normals.

    >>> random_mixture(3, ("x", "y"), seed=1).means.shape
    (3, 2)

    Raises:
        ArgumentError: there are no components.
        ModelError: there are too many.
    """
    if components < 1:
        raise ArgumentError(f"{components} components: a mixture has at least one")
    n_columns = len(columns) or 1
    check_size(components, n_columns)
    rng = np.random.default_rng(fresh_seed() if seed is None else seed)
    weights = rng.dirichlet(np.full(components, 2.0))
    means = rng.uniform(-10, 10, (components, n_columns))
    roots = rng.standard_normal((components, n_columns, n_columns + 2))
    return Mixture(weights, means, roots @ roots.transpose(0, 2, 1) / (n_columns + 1), columns)


def simulate_blocks(
    mixture: Mixture, rows: int, seed: int, exact_counts: bool = False
) -> Iterator[tuple[Array, Components]]:
    """Draw rows a block at a time: values (n, D) and their components (n,), from 1.

    A row is mean + L z, L the Cholesky factor of its component's covariance and z standard normal. Components and
    normals come from two streams of the seed, so that the first m of n rows are the same for every n (with
    exact_counts, whose counts depend on n, they are not).

    Raises:
        ArgumentError: the number of rows is negative, or too large for exact counts.
    """
    if rows < 0:
        raise ArgumentError(f"{rows} rows can't be drawn")
    if exact_counts and rows >= 10**9:  # numpy's limit for hypergeometric draws
        raise ArgumentError(f"`exact_counts` is for fewer than 1,000,000,000 rows, not {rows:,}")
    left = exact_component_counts(mixture.weights, rows) if exact_counts else None
    return _blocks(mixture, rows, seed, left)


def _blocks(mixture: Mixture, rows: int, seed: int, left: Components | None) -> Iterator[tuple[Array, Components]]:
    """Blocks of rows; left are the exact counts of the components (K,) that are still to be drawn."""
    for_components, for_normals = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    bounds = np.cumsum(mixture.weights)[:-1]
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        if left is not None:
            here = for_components.multivariate_hypergeometric(left, n, method="marginals")
            left -= here
            component = for_components.permutation(np.repeat(np.arange(len(here)), here))
        else:
            component = np.searchsorted(bounds, for_components.random(n), side="right")
        normals = for_normals.standard_normal((n, mixture.n_columns))
        values = np.einsum("nij,nj->ni", mixture.factors[component], normals)
        values += mixture.means[component]
        yield values, component + 1


def exact_component_counts(weights: Array, rows: int) -> Components:
    """Rows for each component, rounded so that they sum to `rows`: the largest remainders are rounded up.

    >>> exact_component_counts(np.array([0.3, 0.7]), 1000)
    array([300, 700])
    """
    ideal = rows * weights / weights.sum()
    counts: Components = np.floor(ideal).astype(np.int64)
    for component in np.argsort(counts - ideal, kind="stable")[: rows - counts.sum()]:
        counts[component] += 1
    return counts


def fresh_seed() -> int:
    """A seed that nobody chose. It is below 2⁵³, which every JSON reader keeps."""
    return int.from_bytes(os.urandom(7)) % 2**53
