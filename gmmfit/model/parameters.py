"""A mixture's parameters by name, as tables and pictures have them."""

from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import OutputError
from gmmfit.model.mixture import Mixture

# The column of a table of components that says what of the columns is normal.
TRANSFORM = "transform"


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
    """The same with what else makes a model: of transformed columns the transform, and medians to be read.

    Raises:
        OutputError: a covariance is beyond double precision in the columns' units.
    """
    table = component_table(mixture)
    if not mixture.transform:
        return table
    names = ["median"] if mixture.n_columns == 1 else [f"median_{name}" for name in mixture.columns]
    medians = dict(zip(names, mixture.medians.T.tolist(), strict=True))
    return table | medians | {TRANSFORM: [",".join(mixture.transform)] * mixture.n_components}


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
