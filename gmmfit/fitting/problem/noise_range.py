"""The box in which noise is uniform: the range of the rows, or one that is given."""

from typing import Any

import numpy as np

from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.errors import ArgumentError, DataError, ModelError
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box
from gmmfit.text import shown


def noise_box(rows: Data, noise: bool, noise_range: Any, init: Mixture | None) -> Box | None:
    """The box of the noise that is asked for, or that the init has; None where there is to be none.

    noise_range is a low and a high for each column, in a row.

    Raises:
        ArgumentError: it is no range, or rows are not known exactly.
        DataError: rows lie outside it, or a column is constant.
    """
    of_init = None if init is None or init.noise is None else init.noise.box
    if not noise and of_init is None:
        if noise_range is not None:
            raise ArgumentError("`noise_range` is for `noise`: ask for that too, or leave it out")
        return None
    if isinstance(rows, Rows) and not are_exact(rows):
        raise ArgumentError("`noise` is for rows that are known exactly: leave out what else is said of them")
    extent = rows.extent
    if noise_range is None:
        for name, low, high in zip(rows.columns, extent.low, extent.high, strict=True):
            if low == high:
                raise DataError(f"column {shown(name)} is constant: all its {len(rows)} values are {low:g}")
        return of_init or Box(extent.low, extent.high)
    try:
        ends = np.asarray(noise_range, float).reshape(-1, 2)
        if len(ends) != len(rows.columns):
            raise ModelError(f"{2 * len(rows.columns)} numbers are needed, and there are {ends.size}")
        box = Box(ends[:, 0], ends[:, 1])
    except (ModelError, ValueError) as error:
        raise ArgumentError(f"`noise_range` is a low and a higher number for each column, low,high: {error}") from None
    for d, name in enumerate(rows.columns):
        low, high = float(extent.low[d]), float(extent.high[d])
        if low < box.low[d] or high > box.high[d]:
            raise DataError(
                f"column {shown(name)} has values from {low:g} to {high:g}, and `noise_range` goes from "
                f"{box.low[d]:g} to {box.high[d]:g}: widen it, or leave the rows outside out"
            )
    return box
