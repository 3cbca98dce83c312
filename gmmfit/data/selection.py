"""The rows of a table that can be used."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.recorded import Recorded, known_from, labels_from
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.weights import Weighting, are_counts, relative_weights
from gmmfit.errors import DataError
from gmmfit.text import shown


@dataclass(frozen=True, eq=False)
class Selection:
    """Columns of a table, and the rows of it that can be used.

    values    (N, D)  of all rows, NaN where missing; of an interval its middle, or its only end
    kept      (N,)    which rows have every value, or something that is known, and a positive weight
    rows              those, with their weights
    n_missing, n_zero_weight    how many of the others lack a value, and how many weigh nothing
    weighting         what the weights are: counts, or relative ones; empty where there are none
    recording         how the rows were recorded
    """

    values: Array
    kept: npt.NDArray[np.bool_]
    rows: Rows
    n_missing: int
    n_zero_weight: int
    weighting: Weighting = ""
    recording: Recording = EXACTLY

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.rows.columns


def usable_rows(recorded: Recorded, columns: tuple[str, ...], recording: Recording = EXACTLY) -> Selection:
    """The usable ones of rows as they were recorded.

    Raises:
        DataError: an sd is 0, no rows are left, or rows contradict what is said of their recording.
        ArgumentError: so do the columns.
    """
    values, known, weights, sds = recorded.values, None, recorded.weights, recorded.sds
    if recording.says_something:
        known, recording = known_from(recorded, recording, columns)
        values = known.middles()
    lacking = ~np.isfinite(values)
    present: npt.NDArray[np.bool_] = ~(np.all if recording.missing == "use" else np.any)(lacking, axis=1)
    for numbers in (weights, sds):
        present &= True if numbers is None else np.isfinite(numbers)
    if recorded.errors is not None:
        present &= np.all(np.isfinite(recorded.errors) | lacking, axis=1)
    n_missing = len(values) - int(present.sum())
    kept = present
    if sds is not None:
        if np.any(sds[present] == 0):
            row = int(np.flatnonzero(present & (sds == 0))[0])
            raise DataError(f"row_sds is 0 in row {row + 1}: a row with sd 0 would weigh infinitely much")
        weights = sds
    if weights is not None:
        kept = present & (weights > 0)
    if not np.any(kept):
        raise no_usable_rows(len(values), n_missing, n_zero_weight=len(values) - n_missing)
    all_kept = bool(np.all(kept))
    used = values if all_kept else values[kept]
    row_weights = equal_weights(len(used)) if weights is None else weights if all_kept else weights[kept]
    rows = Rows(np.asfortranarray(used), row_weights, columns)
    weighting: Weighting = ""
    if weights is not None:
        weighting = "counts" if sds is None and are_counts(rows.weights) else "relative"
        if weighting == "relative":
            low, high = float(rows.weights.min()), float(rows.weights.max())
            rows = relative_weights(rows, low, high, are_sds=sds is not None)(rows)
    if known is not None:
        known = known.part(kept)
        if recorded.labels is not None:
            labels, recording = labels_from(recorded.labels[kept], recording)
            known = replace(known, labels=labels)
        rows = _with_known(rows, known, recording)
    return Selection(values, kept, rows, n_missing, int(present.sum() - kept.sum()), weighting, recording)


def _with_known(rows: Rows, known: Known, recording: Recording) -> Rows:
    """Rows with what is known of them; in a cell that is missing stands the mean of the others."""
    empty = np.all(known.missing, axis=0)
    if np.any(empty):
        raise DataError(f"column {shown(rows.columns[int(np.argmax(empty))])} has no values: leave it out")
    means = np.nanmean(rows.values, axis=0, keepdims=True) if np.any(known.missing) else 0.0
    values = np.asfortranarray(np.where(known.missing, means, rows.values))
    are_exact = bool(np.all(known.exact)) and not np.any(known.labels != UNKNOWN)
    return replace(rows, values=values, known=None if are_exact else known, window=recording.window())


def no_usable_rows(n_read: int, n_missing: int, n_invalid: int = 0, n_zero_weight: int = 0) -> DataError:
    """That of so many rows none has a number in every column and a weight above 0."""
    reasons = {
        "with a missing value": n_missing,
        "with a value that is no number": n_invalid,
        "of weight 0": n_zero_weight,
    }
    listed = ", ".join(f"{n} {reason}" for reason, n in reasons.items() if n)
    return DataError(f"no usable rows: {n_read} read, {listed}")
