"""gmmfit.simulate: rows drawn from a mixture that is given, or a random one."""

import logging
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, ModelError
from gmmfit.model.checks import check_size
from gmmfit.model.draw import Numbers, check_seed, draw, fresh_seed
from gmmfit.model.mixture import Mixture
from gmmfit.model.transform import Transforms

log = logging.getLogger("gmmfit")


class Simulation(NamedTuple):
    """Rows drawn from a mixture: values (N, D), the component (N,) of each, from 1, and the mixture.

    >>> drawn = simulate(means=[0, 5], sds=[1, 1], rows=4, seed=1)
    >>> drawn.values.shape, drawn.component.shape
    ((4, 1), (4,))
    """

    values: Array
    component: Numbers
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
    transform: str | tuple[str, ...] = (),
    rows: int = 100,
    exact_counts: bool = False,
    seed: int | None = None,
) -> Simulation:
    """Draw rows from a mixture: a model (or a Fit), one given by its parameters, or a random one.

    weights default to equal ones. transform says of what means and sds are: log for log-normal rows, or another one of
    `fit`, one for each column or for all; a model has its own. exact_counts gives each component round(rows · weight)
    rows (largest remainders first) instead of a random number. Without a seed a fresh one is drawn, and logged.

    >>> drawn = simulate(weights=[0.3, 0.7], means=[0.2, 0.8], sds=[0.1, 0.1], rows=10, exact_counts=True, seed=1)
    >>> sorted(drawn.component.tolist())
    [1, 1, 1, 2, 2, 2, 2, 2, 2, 2]

    Raises:
        ArgumentError: no mixture is given, or more than one, or what is given is none.
    """
    fresh, seed = seed is None, fresh_seed() if seed is None else seed
    mixture = mixture_to_simulate(
        model,
        weights=weights,
        means=means,
        sds=sds,
        random=random,
        components=components,
        column=column,
        transform=transform,
        seed=seed,
    )
    if fresh:
        log.info("seed %d", seed)
    return Simulation(*draw(mixture, rows, seed, exact_counts), mixture)


def mixture_to_simulate(
    model: Any = None,
    *,
    weights: npt.ArrayLike | None = None,
    means: npt.ArrayLike | None = None,
    sds: npt.ArrayLike | None = None,
    random: bool = False,
    components: int | None = None,
    column: str | tuple[str, ...] | None = None,
    transform: str | tuple[str, ...] = (),
    seed: int,
) -> Mixture:
    """The one mixture that these arguments of `simulate` name."""
    typed = [name for name, value in [("weights", weights), ("means", means), ("sds", sds)] if value is not None]
    named = [name for name, given in [("model", model is not None), ("random", random)] if given] + typed[:1]
    if len(named) != 1:
        found = " and ".join(f"`{name}`" for name in named) + " don't go together" if named else "no mixture is given"
        raise ArgumentError(
            f"{found}: give a `model`, or `means` and `sds` (and `weights`), or `random` with `components`"
        )
    columns = (column,) if isinstance(column, str) else tuple(column or ())
    names = tuple(transform.split(",")) if isinstance(transform, str) else tuple(transform)
    if names and model is not None:
        raise ArgumentError("a `model` has its own transforms: leave `transform` out")
    if random != (components is not None):
        raise ArgumentError("`random` needs `components`, and `components` is for `random` only")
    if components is not None:
        return _transformed(random_mixture(components, columns, seed), names)
    if model is not None:
        model = getattr(model, "mixture", model)  # a Fit has one
        if not isinstance(model, Mixture):
            raise ArgumentError(f"`model` is {model!r}; it must be a Mixture or a Fit")
        return model.with_columns(columns) if columns else model
    if means is None or sds is None:
        raise ArgumentError(f"`{'` and `'.join(typed)}` alone make no mixture: give both `means` and `sds`")
    return _transformed(_of_parameters(weights, np.asarray(means, float), np.asarray(sds, float), columns), names)


def _transformed(mixture: Mixture, names: tuple[str, ...]) -> Mixture:
    """The mixture as one of transformed columns."""
    return replace(mixture, transform=Transforms.named(names, mixture.n_columns).names) if names else mixture


def _of_parameters(weights: npt.ArrayLike | None, means: Array, sds: Array, columns: tuple[str, ...]) -> Mixture:
    """The mixture with these parameters; equal weights by default."""
    n_columns = len(columns) or 1
    if means.size % n_columns or sds.size != means.size:
        raise ArgumentError(
            f"{means.size} means and {sds.size} sds for {n_columns} columns: give K × {n_columns} of each, "
            "component by component"
        )
    means, sds = means.reshape(-1, n_columns), sds.reshape(-1, n_columns)
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
    seed = fresh_seed() if seed is None else seed
    check_seed(seed)
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(components, 2.0))
    means = rng.uniform(-10, 10, (components, n_columns))
    roots = rng.standard_normal((components, n_columns, n_columns + 2))
    return Mixture(weights, means, roots @ roots.transpose(0, 2, 1) / (n_columns + 1), columns)
