"""Cells as they stand in a table, and what is known by them, as their recording says."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known, Window
from gmmfit.data.labels import Labels, label_names
from gmmfit.data.recording import AUTO, Recording
from gmmfit.data.resolution import resolution
from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import listed, shown

log = logging.getLogger("gmmfit")


class Recorded(NamedTuple):
    """The cells of a table, as they stand there.

    values     (N, D)  NaN where missing
    low, high  (N, D)  the ends of intervals, NaN where there is no end; None where cells are values
    errors     (N, D)  NaN where missing; None where there are none
    labels     (N,)    by name, None where missing; None where there are none
    weights, sds  (N,) of rows, NaN where missing; None where there are none
    """

    values: Array
    low: Array | None = None
    high: Array | None = None
    errors: Array | None = None
    labels: Labels | None = None
    weights: Array | None = None
    sds: Array | None = None

    def part(self, index: Any, columns: Sequence[int] | slice = slice(None)) -> "Recorded":
        """Some of the rows, and some of the columns by their positions from 0.

        >>> Recorded(np.array([[1.0, 2.0], [3.0, 4.0]]), weights=np.array([5.0, 6.0])).part([1], [0]).weights
        array([6.])
        """
        low, high, errors = (
            None if one is None else one[:, columns][index] for one in (self.low, self.high, self.errors)
        )
        weights, sds = (None if one is None else one[index] for one in (self.weights, self.sds))
        labels = None if self.labels is None else self.labels[index]
        return Recorded(self.values[:, columns][index], low, high, errors, labels, weights, sds)


def joined(tables: Sequence[Recorded]) -> Recorded:
    """The rows of several tables with the same columns, one after the other."""
    values, *others = zip(*tables, strict=True)
    rest = [None if any(one is None for one in cells) else np.concatenate(cells) for cells in others]
    return Recorded(np.concatenate(values), *rest)


def known_from(recorded: Recorded, recording: Recording, columns: tuple[str, ...]) -> tuple[Known, Recording]:
    """What is known of rows, and how they were recorded, with steps and names that had to be found.

    Raises:
        DataError: an interval ends below its beginning, an error is negative, a label has no name, or a value is
            outside the window.
    """
    values = recorded.values
    low, high = (values if end is None else end for end in (recorded.low, recorded.high))
    if recorded.low is not None:  # a cell without an end is open there, also on both sides
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    else:
        low, high = np.where(np.isnan(values), -np.inf, values), np.where(np.isnan(values), np.inf, values)
    turned = ": the lower ends come first" if np.all((low >= high) | ~np.isfinite(low - high)) else ""
    _refuse(low > high, columns, "ends below its beginning", low, turned)
    if recording.rounded is not None:
        steps = _resolved_steps(recording, values, columns)
        points = low == high
        low, high = np.where(points, low - steps / 2, low), np.where(points, high + steps / 2, high)
        _refuse(points & (steps > 0) & (low == high), columns, "has fewer digits than `rounded` asks for", values)
        recording = replace(recording, rounded=steps.tolist() if len(columns) > 1 else float(steps[0]))
    if (window := recording.window()) is not None:
        low, high = _in_window(values, low, high, window, columns)
    errors = recorded.errors
    if errors is not None:
        _refuse(errors < 0, columns, "has a negative error", errors)
        errors = np.where(np.isnan(errors), 0, errors)
    return Known.of(values, low, high, errors), recording


def _in_window(values: Array, low: Array, high: Array, window: Window, columns: tuple[str, ...]) -> tuple[Array, Array]:
    """The ends of cells (N, 1) as far as they lie in a window."""
    if len(columns) > 1:
        raise ArgumentError("`truncated` is for one column: fit a single one")
    points = low == high
    beyond = np.where(points, (low < window.low) | (low > window.high), (high <= window.low) | (low >= window.high))
    told = np.where(np.isfinite(values), values, np.where(np.isfinite(low), low, high))
    for_none = ". For rows that were not cut off: `truncated` ,"
    _refuse(beyond, columns, "lies outside the window that `truncated` names", told, for_none)
    across = ~points & (((low < window.low) & np.isfinite(low)) | ((high > window.high) & np.isfinite(high)))
    if np.any(across):
        log.info(
            "%d intervals reach beyond the window, and are taken to end there: a table that was cut off after rounding "
            "has its window between two intervals",
            np.sum(across),
        )
    some_end = np.isfinite(low) | np.isfinite(high)
    low_inside, high_inside = np.maximum(low, window.low), np.minimum(high, window.high)
    return np.where(some_end, low_inside, low), np.where(some_end, high_inside, high)


def labels_from(labels: Labels, recording: Recording) -> tuple[npt.NDArray[np.intp], Recording]:
    """The number of the component of each row (N,), or UNKNOWN, and the recording with the names of the labels.

    Raises:
        DataError: a label has no name, or no row has a label.
    """
    names = recording.label_names or tuple(label_names(labels))
    codes = {name: code for code, name in enumerate(names)}
    strange = sorted({label for label in labels if label is not None} - set(codes))
    if strange:
        raise DataError(f"labels that `label_names` lacks: {listed(strange)}. Name all, in the order of the components")
    if not names:
        raise DataError("no row has a label: leave `labels` out")
    numbers = np.array([UNKNOWN if label is None else codes[label] for label in labels], dtype=np.intp)
    return numbers, replace(recording, label_names=names)


def _resolved_steps(recording: Recording, values: Array, columns: tuple[str, ...]) -> Array:
    """The rounding step of each column, (D,)."""
    steps = []
    for name, column, step in zip(columns, values.T, recording.steps(len(columns)), strict=True):
        present = column[np.isfinite(column)]
        if step == AUTO:
            step = resolution(present) if len(present) else 0.0
            if step == 0:
                raise DataError(f"column {shown(name)} has no step that all its values are multiples of: name the step")
            log.info("values of column %s are taken as rounded to %g", shown(name), step)
        steps.append(float(step))
    return np.array(steps)


def _refuse(wrong: Any, columns: tuple[str, ...], what: str, values: Array, hint: str = "") -> None:
    """Raise a DataError where a cell is wrong, with the first."""
    if np.any(wrong):
        row, column = (int(at) for at in np.argwhere(wrong)[0])
        more = f" ({int(np.sum(wrong))} rows)" if np.sum(wrong) > 1 else ""
        name = f" of column {shown(columns[column])}" if len(columns) > 1 else ""
        raise DataError(f"data row {row + 1}{name}, {values[row, column]:g}, {what}{more}{hint}")
