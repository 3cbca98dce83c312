"""A mixture's parameters by name, as tables and pictures have them."""

from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import OutputError
from gmmfit.model.mixture import Mixture

# The column of a table of components that says what of the columns is normal.
TRANSFORM = "transform"
# Those that number its rows, noise being 0, and say from where to where noise goes.
COMPONENT, NOISE, LOW, HIGH = "component", 0, "low", "high"


def component_table(mixture: Mixture) -> dict[str, list[Any]]:
    """The parameters as columns, a row a component.

    weight, mean, sd in one column; mean_height, mean_weight, sd_height, sd_weight, cov_height_weight in several.

    Raises:
        OutputError: a covariance is beyond double precision in the columns' units.
    """
    with np.errstate(over="ignore"):
        covariances = mixture.covariances * mixture.units[:, None] * mixture.units
    if mixture.n_columns > 1 and not np.all(np.isfinite(covariances)):
        raise OutputError("the covariances are too large for a table: write them as JSON, which can keep their units")
    return parameter_table(mixture.columns, mixture.weights, mixture.means, mixture.sds, covariances)


def model_table(mixture: Mixture) -> dict[str, list[Any]]:
    """The same with what else makes a model, the number of each component first.

    Of transformed columns there are the transform, and medians to be read. Noise is a row more, the component 0, with
    its weight and its range.

    Raises:
        OutputError: a covariance is beyond double precision in the columns' units.
    """
    k, names = mixture.n_components, mixture.columns
    table: dict[str, list[Any]] = {COMPONENT: list(range(1, k + 1)), **component_table(mixture)}
    if mixture.transform:
        table |= _by_column("median", names, mixture.medians.T.tolist())
        table[TRANSFORM] = [",".join(mixture.transform)] * k
    if mixture.noise is None:
        return table
    record = mixture.noise.record()
    of_noise = {COMPONENT: NOISE, "weight": record["weight"]}
    table = {name: [*values, of_noise.get(name)] for name, values in table.items()}
    for end in (LOW, HIGH):
        table |= _by_column(end, names, [[*[None] * k, value] for value in record[end]])
    return table


def _by_column(what: str, names: tuple[str, ...], values: list[list[Any]]) -> dict[str, list[Any]]:
    """Columns of a table, named after those of the mixture where these are several."""
    return dict(zip([what] if len(names) == 1 else [f"{what}_{name}" for name in names], values, strict=True))


def parameter_table(
    names: tuple[str, ...], weights: Array, means: Array, sds: Array, covariances: Array
) -> dict[str, list[Any]]:
    """Numbers for each parameter, as columns under the names of `component_table`; covariances are (K, D, D)."""
    table: dict[str, list[Any]] = {"weight": weights.tolist()}
    if len(names) == 1:
        return table | {"mean": means[:, 0].tolist(), "sd": sds[:, 0].tolist()}
    table |= {f"mean_{name}": means[:, d].tolist() for d, name in enumerate(names)}
    table |= {f"sd_{name}": sds[:, d].tolist() for d, name in enumerate(names)}
    for i, j in pairs(len(names)):
        table[f"cov_{names[i]}_{names[j]}"] = covariances[:, i, j].tolist()
    if len(table) != 1 + 2 * len(names) + len(pairs(len(names))):
        raise OutputError(f"the columns {', '.join(names)} give two parameters one name in a table: write JSON")
    return table


def pairs(n: int) -> list[tuple[int, int]]:
    """The pairs of n columns, counted from 0.

    >>> pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return [(i, j) for i in range(n) for j in range(i + 1, n)]
