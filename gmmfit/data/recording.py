"""How the rows of a table were recorded: rounded, as intervals, up to a limit, with errors, with gaps, with labels."""

import logging
import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known, Window
from gmmfit.data.labels import Labels, label_names
from gmmfit.data.resolution import resolution
from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import listed, shown

log = logging.getLogger("gmmfit")

# The words of `missing`, and of `rounded`.
MISSING = ("drop", "use", "error")
AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Recording:
    """What is said of the rows of a table; the names are those of the options.

    rounded      the step to which values were rounded, or "auto" for that which all are multiples of; one for each
                 column, or for all
    interval     the columns, or arrays (N,), with the ends of an interval; the result calls the column `name`
    censored     cells such as <0.5 are limits
    truncated    the table has rows only between these two; None for no end
    errors       the sd of the measurement error: a column, an array (N,), or a number, one for each fitted column
    labels       a column, or an array (N,), of the components that rows are known to be of, called label_names in order
    missing      drop rows with a missing value, use them, or error
    """

    rounded: Any = None
    interval: Any = None
    name: str | None = None
    censored: bool = False
    truncated: Any = None
    errors: Any = None
    labels: Any = None
    label_names: tuple[str, ...] = ()
    missing: str = "drop"

    def __post_init__(self) -> None:
        """Check what can be told without the rows.

        Raises:
            ArgumentError: something is wrong, or two things contradict each other.
        """
        if self.missing not in MISSING:
            raise ArgumentError(f"`missing` is {self.missing!r}; it must be one of {', '.join(MISSING)}")
        if self.interval is not None and (isinstance(self.interval, str) or len(self.interval) != 2):
            raise ArgumentError("`interval` takes two columns: that of the lower ends, and that of the upper ones")
        if self.interval is not None and (self.rounded is not None or self.censored):
            raise ArgumentError("`interval` has the ends of each row: leave `rounded` and `censored` out")
        if self.name is not None and self.interval is None:
            raise ArgumentError("`name` is for the column of an `interval`")
        if self.label_names and self.labels is None:
            raise ArgumentError("`label_names` are for `labels`")
        if len(set(self.label_names)) < len(self.label_names):
            raise ArgumentError("`label_names` has a name twice")
        for step in () if self.rounded is None else self.steps():
            if not (step == AUTO or (_is_number(step) and 0 < step < math.inf)):
                raise ArgumentError(f"`rounded` is {step!r}; it must be a positive number, or auto")
        if self.truncated is not None:
            self.window()

    @property
    def says_something(self) -> bool:
        """Whether rows are anything else than exact numbers."""
        said = (self.rounded, self.interval, self.truncated, self.errors, self.labels)
        return self.censored or self.missing == "use" or any(one is not None for one in said)

    def steps(self, n_columns: int | None = None) -> list[Any]:
        """The rounding steps, one for each column."""
        steps = list(self.rounded) if isinstance(self.rounded, list | tuple) else [self.rounded]
        if n_columns is not None and len(steps) == 1:
            steps *= n_columns
        if n_columns is not None and len(steps) != n_columns:
            raise ArgumentError(f"`rounded` has {len(steps)} steps for {n_columns} columns: give one, or one for each")
        return steps

    def window(self) -> Window | None:
        """The window of the table."""
        if self.truncated is None:
            return None
        ends = tuple(self.truncated) if isinstance(self.truncated, list | tuple) else ()
        if len(ends) != 2 or not all(end is None or _is_number(end) for end in ends):
            raise ArgumentError("`truncated` takes the lowest and the highest value that the table may hold")
        low, high = ends
        window = Window(-math.inf if low is None else float(low), math.inf if high is None else float(high))
        if not window.low < window.high:
            raise ArgumentError(f"`truncated` is from {low:g} to {high:g}: the lower end comes first")
        if math.isinf(window.low) and math.isinf(window.high):
            raise ArgumentError("`truncated` has no end: leave it out, or give one")
        return window

    def error_sources(self, n_columns: int) -> list[Any]:
        """Where the errors of each column come from: the names of columns, numbers, or arrays."""
        several = isinstance(self.errors, list | tuple) and not all(map(_is_number, self.errors))
        sources = list(self.errors) if several or isinstance(self.errors, list | tuple) else [self.errors]
        if len(sources) == 1 and _is_number(sources[0]):
            sources *= n_columns
        if len(sources) != n_columns:
            raise ArgumentError(f"there are `errors` for {len(sources)} columns of {n_columns}: give one for each")
        return sources

    def column_name(self) -> str:
        """What the column of an interval is called: `name`, or the names of its ends."""
        ends = zip(self.interval, ("low", "high"), strict=True)
        return self.name or " to ".join(end if isinstance(end, str) else what for end, what in ends)

    @classmethod
    def of_record(cls, record: Any) -> "Recording":
        """How rows were recorded, from the section `rows` of a document, as an enemy may have written it.

        Raises:
            ArgumentError: something in it is not as `record` has it.
        """
        if not isinstance(record, dict):
            raise ArgumentError("`rows` must be an object")
        ends, errors, rounded = record.get("interval"), record.get("errors"), record.get("rounded")
        names = (ends or []) + [one for one in errors or [] if not _is_number(one)] if _are_lists(ends, errors) else [0]
        if not all(name is None or isinstance(name, str) for name in names):
            raise ArgumentError("`interval` and `errors` of `rows` must be lists of names")
        if not isinstance(record.get("censored", False), bool):
            raise ArgumentError("`censored` of `rows` must be true or false")
        return cls(
            rounded=rounded,
            interval=None if ends is None else tuple(ends),
            censored=record.get("censored", False),
            truncated=record.get("truncated"),
            errors=errors,
            missing="use" if record.get("missing") == "use" else "drop",
        )

    def for_other_rows(self) -> "Recording":
        """How rows of other tables are read that were recorded likewise: without labels, which theirs alone had.

        Raises:
            ArgumentError: what is known of them came from an array.
        """
        nameless = [
            what
            for what, sources in (("interval", self.interval), ("errors", self.errors))
            for source in (sources if isinstance(sources, list | tuple) else [sources])
            if source is not None and not isinstance(source, str) and np.ndim(source)
        ]
        if nameless:
            raise ArgumentError(f"the fit had `{nameless[0]}` in an array: give those of these rows")
        return replace(self, labels=None, label_names=())

    def record(self) -> dict[str, Any]:
        """The section `rows` of a document, without what was not said; an array has no name there."""
        record: dict[str, Any] = {}
        if self.rounded is not None:
            steps = self.steps()
            record["rounded"] = steps[0] if len(steps) == 1 else steps
        if self.interval is not None:
            record["interval"] = [_named(end) for end in self.interval]
        if self.censored:
            record["censored"] = True
        if self.truncated is not None:
            record["truncated"] = list(self.truncated)
        if self.errors is not None:
            sources = self.errors if isinstance(self.errors, list | tuple) else [self.errors]
            record["errors"] = [source if _is_number(source) else _named(source) for source in sources]
        if self.labels is not None:
            record["labels"] = _named(self.labels)
            record["label_names"] = list(self.label_names)
        if self.missing == "use":
            record["missing"] = "use"
        return record


# Of rows that are nothing but numbers.
EXACTLY = Recording()


class Recorded(NamedTuple):
    """The cells of a table, as they stand there.

    values     (N, D)  NaN where missing
    low, high  (N, D)  the ends of intervals, NaN where there is no end; None where cells are values
    errors     (N, D)  NaN where missing; None where there are none
    labels     (N,)    by name, None where missing; None where there are none
    """

    values: Array
    low: Array | None = None
    high: Array | None = None
    errors: Array | None = None
    labels: Labels | None = None


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
    _refuse(low > high, columns, "ends below its beginning", low)
    if recording.rounded is not None:
        steps = _resolved_steps(recording, values, columns)
        points = low == high
        low, high = np.where(points, low - steps / 2, low), np.where(points, high + steps / 2, high)
        recording = replace(recording, rounded=steps.tolist() if len(columns) > 1 else float(steps[0]))
    window = recording.window()
    if window is not None:
        if len(columns) > 1:
            raise ArgumentError("`truncated` is for one column: fit a single one")
        beyond = (
            (high < window.low) | (low > window.high) | ((low == high) & ((low < window.low) | (high > window.high)))
        )
        _refuse(
            beyond, columns, "lies outside the window that `truncated` names", np.where(np.isfinite(low), low, high)
        )
        inside = np.isfinite(low) | np.isfinite(high)
        low, high = (
            np.where(inside, np.maximum(low, window.low), low),
            np.where(inside, np.minimum(high, window.high), high),
        )
    errors = recorded.errors
    if errors is not None:
        _refuse(errors < 0, columns, "has a negative error", errors)
        errors = np.where(np.isnan(errors), 0, errors)
    labels = None
    if recorded.labels is not None:
        names = recording.label_names or tuple(label_names(recorded.labels))
        codes = {name: code for code, name in enumerate(names)}
        strange = sorted({label for label in recorded.labels if label is not None} - set(codes))
        if strange:
            raise DataError(
                f"labels that `label_names` lacks: {listed(strange)}. Name all, in the order of the components"
            )
        if not names:
            raise DataError("no row has a label: leave `labels` out")
        labels = np.array([UNKNOWN if label is None else codes[label] for label in recorded.labels], dtype=np.intp)
        recording = replace(recording, label_names=names)
    return Known.of(values, low, high, errors, labels), recording


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


def _refuse(wrong: Any, columns: tuple[str, ...], what: str, shown_values: Array) -> None:
    """Raise a DataError where a cell is wrong, with the first."""
    if np.any(wrong):
        row, column = (int(at) for at in np.argwhere(wrong)[0])
        more = f" ({int(np.sum(wrong))} rows)" if np.sum(wrong) > 1 else ""
        name = f" of column {shown(columns[column])}" if len(columns) > 1 else ""
        raise DataError(f"row {row + 1}{name}, {shown_values[row, column]:g}, {what}{more}")


def _named(source: Any) -> str | None:
    """The name of a column; an array has none."""
    return source if isinstance(source, str) else None


def _are_lists(*values: Any) -> bool:
    return all(value is None or isinstance(value, list) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
