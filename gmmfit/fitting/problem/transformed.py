"""Rows of transformed columns: what is fitted is the logarithm of a column, or another function of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import Known, Window
from gmmfit.data.rows import Data, Rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.model.transform import NONE, Transform, Transforms
from gmmfit.text import shown


def transformed(data: Data, transforms: Transforms, kept: npt.NDArray[np.bool_] | None = None) -> tuple[Data, float]:
    """Rows of the transformed columns, and the log of their Jacobian: what is added to the log-likelihood for x.

    That is Σ weight log T′(x) over all values; an interval has a probability, which is the same in all units. kept
    (N,) says which rows of a table these are, by whose numbers they are named.

    Raises:
        DataError: a value has no transform.
        ArgumentError: values have errors, which are those of the columns themselves.
    """
    if not transforms.names:
        return data, 0.0
    in_memory = isinstance(data, Rows)  # which jacobian can't ask of data, as that isn't sent to workers with it
    if isinstance(data, Rows):
        check_values(data, transforms, kept)

    def jacobian(rows: Rows) -> float:
        if not in_memory:
            check_values(rows, transforms)
        return float(rows.weights @ log_slopes(rows, transforms))

    log_jacobian = data.sum(jacobian)
    return data.mapped(lambda rows: rows_under(rows, transforms)), log_jacobian


def log_slopes(rows: Rows, transforms: Transforms) -> Array:
    """Σ log T′ over the values of each row, (n,): what its log density has more in the units of the columns."""
    if not transforms.names:
        return np.zeros(len(rows))
    slopes = transforms.log_slope(rows.values)
    return np.asarray((slopes if rows.known is None else np.where(rows.known.points, slopes, 0)).sum(axis=1))


def rows_under(rows: Rows, transforms: Transforms) -> Rows:
    """Rows of the transformed columns."""
    if not transforms.names:
        return rows
    window = rows.window
    if window is not None:
        window = Window(*(float(end) for end in _ends(np.array(window)[:, None], transforms)[:, 0]))
    if rows.known is None:
        return replace(rows, values=np.asfortranarray(transforms.apply(rows.values)), window=window)
    known = rows.known
    known = Known(
        _ends(known.low, transforms), _ends(known.high, transforms), known.errors, known.labels, known.per_label
    )
    values = known.middles()
    # What stands in a cell of which nothing is known, until a better value is found.
    values = np.where(np.isnan(values), np.nanmean(values, axis=0, keepdims=True), values)
    return replace(rows, values=np.asfortranarray(values), known=known, window=window)


def _ends(ends: Array, transforms: Transforms) -> Array:
    """The transforms of ends (n, D) of intervals; one at or beyond where there are values is none."""
    found = transforms.apply(ends)
    for d, one in enumerate(transforms.each):
        found[:, d] = np.where(ends[:, d] <= one.low, -np.inf, np.where(ends[:, d] >= one.high, np.inf, found[:, d]))
    return found


def check_values(
    rows: Rows, transforms: Transforms, kept: npt.NDArray[np.bool_] | None = None, of_model: bool = False
) -> None:
    """Raise an error where a value has no transform, an interval lies where there are none, or values have errors.

    of_model says that a model has the transforms, and nobody can choose others.
    """
    if not transforms.names:
        return
    if rows.known is not None and np.any(rows.known.errors):
        raise ArgumentError("`errors` are those of the columns themselves, and not of what `transform` makes of them")
    low, high = (rows.values, rows.values) if rows.known is None else (rows.known.low, rows.known.high)
    points = low == high
    for d, one in enumerate(transforms.each):
        held = np.where(points[:, d], one.holds(low[:, d]), (high[:, d] > one.low) & (low[:, d] < one.high))
        if not np.all(held):
            first = int(np.argmin(held))
            where = "" if kept is None else f" in data row {np.flatnonzero(kept)[first] + 1}"
            value = f"{rows.values[first, d]:g}{where}"
            lowest = float(low[~held, d].min())
            raise DataError(_refusal(one, rows.columns[d], value, int(np.sum(~held)), lowest, of_model))


def _refusal(transform: Transform, column: str, value: str, n: int, lowest: float, of_model: bool) -> str:
    """That a column has n values without a transform, the first of them, and what to do."""
    what = {"sqrt": "no density under a square root", "logit": "no logit"}.get(transform.name, "no logarithm")
    instead = "`transform` log1p takes 0, and asinh any number" if lowest > -1 else "`transform` asinh takes any number"
    if transform.name == "logit":
        instead = "percentages are to be divided by 100, and 0 and 1 themselves have none"
    if of_model:
        instead = f"the model is of {transform.shown(column)}: leave such rows out"
    values = f"a value that has {what}: {value}" if n == 1 else f"{n} values that have {what}, such as {value}"
    return f"column {shown(column)} has {values}; {instead}"


def names_of(transform: str | Sequence[str]) -> list[tuple[str, ...]]:
    """The transforms that are asked for, to be compared: `log`, `none/log`, or for two columns `log,none/none,none`.

    A sequence has a name for each column.

    >>> names_of("none/log"), names_of("log,none"), names_of(("log", "none"))
    ([('none',), ('log',)], [('log', 'none')], [('log', 'none')])

    Raises:
        ArgumentError: they are no names.
    """
    if not isinstance(transform, str):
        if not isinstance(transform, Sequence) or not all(isinstance(name, str) for name in transform):
            raise ArgumentError(f"`transform` is {transform!r}; it must be a name such as log, or one for each column")
        return [tuple(transform) or (NONE,)]
    return [tuple(name.strip() for name in text.split(",")) for text in transform.split("/")]
