"""The box in which noise is uniform: the range of the rows, or one that is given."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gmmfit.data.rows import Data, Rows, are_exact
from gmmfit.errors import ArgumentError, DataError, ModelError
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box
from gmmfit.model.transform import Transforms
from gmmfit.text import escaped, shown


def noise_box(
    rows: Data, noise: bool, noise_range: Any, init: Mixture | None, transforms: Sequence[Transforms]
) -> Box | None:
    """The box of the noise that is asked for, or that the init has; None where there is to be none.

    noise_range is a low and a high for each column, in a row; they have to have each of the transforms.

    Raises:
        ArgumentError: it is no range, or rows are not known exactly.
        DataError: rows lie outside it, or a column is constant.
    """
    of_init = None if init is None or init.noise is None else init.noise.box
    if not isinstance(noise, bool | np.bool_):
        raise ArgumentError(f"`noise` is {noise!r}; it must be true or false")
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
        if of_init is not None:
            _check_inside(of_init, rows, "the noise of the init", "give a `noise_range` that reaches them all")
        return of_init or Box(extent.low, extent.high)
    needed = "`noise_range` is a low and a higher number for each column, in a row"
    try:
        ends = np.asarray(noise_range, float).ravel()
    except (TypeError, ValueError):
        raise ArgumentError(f"{needed}, and not {noise_range!r}") from None
    if len(ends) != 2 * len(rows.columns):
        raise ArgumentError(f"{needed}: {2 * len(rows.columns)} of them, and there are {len(ends)}")
    try:
        box = Box(ends[::2], ends[1::2])
    except ModelError:
        raise ArgumentError(f"{needed}, and not {', '.join(f'{end:g}' for end in ends)}") from None
    for d, name in enumerate(rows.columns):
        for one in {asked.each[d].name: asked.each[d] for asked in transforms}.values():
            for end in (box.low[d], box.high[d]):
                if not one.holds(end):
                    raise ArgumentError(
                        f"`noise_range` ends at {end:g}, which has no {one.shown(escaped(name))}: move it"
                    )
    _check_inside(box, rows, "`noise_range`", "widen it, or leave the rows outside out")
    return box


def _check_inside(box: Box, rows: Data, what: str, instead: str) -> None:
    """Raise a DataError where rows lie outside a box: there is no noise that they could be."""
    extent = rows.extent
    for d, name in enumerate(rows.columns):
        low, high = float(extent.low[d]), float(extent.high[d])
        if low < box.low[d] or high > box.high[d]:
            raise DataError(
                f"column {shown(name)} has values from {low:g} to {high:g}, and {what} goes from {box.low[d]:g} to "
                f"{box.high[d]:g}: {instead}"
            )
