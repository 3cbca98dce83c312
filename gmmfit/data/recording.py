"""How the rows of a table were recorded: rounded, as intervals, up to a limit, with errors, with gaps, with labels."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmmfit.data.known import Window
from gmmfit.errors import ArgumentError

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
        if self.interval is not None and (not isinstance(self.interval, list | tuple) or len(self.interval) != 2):
            raise ArgumentError("`interval` takes two columns: that of the lower ends, and that of the upper ones")
        if self.interval is not None and (self.rounded is not None or self.censored):
            raise ArgumentError("`interval` has the ends of each row: leave `rounded` and `censored` out")
        if self.name is not None and self.interval is None:
            raise ArgumentError("`name` is for the column of an `interval`")
        if self.label_names and self.labels is None:
            raise ArgumentError("`label_names` are for `labels`")
        if not all(isinstance(name, str) for name in (self.name or "", *self.label_names)):
            raise ArgumentError("`name` and `label_names` are texts")
        if self.errors is not None and any(source is None for source in _each(self.errors)):
            raise ArgumentError("`errors` has none for a column: give 0 where it has none")
        if self.rounded is not None and not self.steps():
            raise ArgumentError("`rounded` is empty: give a step")
        if len(set(self.label_names)) < len(self.label_names):
            raise ArgumentError("`label_names` has a name twice")
        for step in () if self.rounded is None else self.steps():
            if step != AUTO and not (_is_number(step) and step >= 0):
                raise ArgumentError(f"`rounded` is {step!r}; it must be a positive number, auto, or 0 for exact values")
        for error in _each(self.errors):
            if isinstance(error, int | float) and not (_is_number(error) and error >= 0):
                raise ArgumentError(f"`errors` are {error}: an sd is a number, and not negative")
        if self.truncated is not None:
            self.window()

    @property
    def says_something(self) -> bool:
        """Whether rows are anything else than exact numbers."""
        said = (self.rounded, self.interval, self.truncated, self.errors, self.labels)
        return self.censored or self.missing == "use" or any(one is not None for one in said)

    def steps(self, n_columns: int | None = None) -> list[Any]:
        """The rounding steps, one for each column."""
        steps = _each(self.rounded)
        if n_columns is not None and len(steps) == 1:
            steps *= n_columns
        if n_columns is not None and len(steps) != n_columns:
            raise ArgumentError(f"`rounded` has {len(steps)} steps for {n_columns} columns: give one, or one for each")
        return steps

    def window(self) -> Window | None:
        """The window of the table, if it has an end."""
        if self.truncated is None:
            return None
        ends = tuple(self.truncated) if isinstance(self.truncated, list | tuple) else ()
        if len(ends) != 2 or not all(end is None or _is_number(end) for end in ends):
            raise ArgumentError("`truncated` takes the lowest and the highest value that the table may hold")
        low, high = ends
        window = Window(-math.inf if low is None else float(low), math.inf if high is None else float(high))
        if not window.low < window.high:
            raise ArgumentError(f"`truncated` is from {low:g} to {high:g}: the lower end comes first")
        return None if window == (-math.inf, math.inf) else window

    def error_sources(self, n_columns: int) -> list[Any]:
        """Where the errors of each column come from: the names of columns, numbers, or arrays."""
        sources = _each(self.errors)
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
            raise ArgumentError("it must be an object")
        if record.get("missing", "drop") not in MISSING:
            raise ArgumentError("`missing` must be one of drop, use, error")
        ends, errors, rounded = record.get("interval"), record.get("errors"), record.get("rounded")
        names = (ends or []) + [one for one in errors or [] if not _is_number(one)] if _are_lists(ends, errors) else [0]
        if not all(name is None or isinstance(name, str) for name in names):
            raise ArgumentError("`interval` and `errors` must be lists of names")
        names_of_labels = record.get("label_names")
        if not (names_of_labels is None or _are_texts(names_of_labels)):
            raise ArgumentError("`label_names` must be a list of names")
        if not isinstance(record.get("censored", False), bool):
            raise ArgumentError("`censored` must be true or false")
        return cls(
            rounded=rounded,
            interval=None if ends is None else tuple(ends),
            censored=record.get("censored", False),
            truncated=record.get("truncated"),
            errors=errors,
            labels=None if names_of_labels is None else record.get("labels", ""),
            label_names=tuple(names_of_labels or ()),
            missing="use" if record.get("missing") == "use" else "drop",
        )

    def for_columns(self, columns: Sequence[str], chosen: Sequence[str]) -> "Recording":
        """The same of some of the columns that it was said of: their steps and their errors."""
        if not chosen or not set(chosen) <= set(columns):
            return self

        def of_chosen(said: Any) -> Any:
            each = _each(said)
            return [each[columns.index(name)] for name in chosen] if len(each) == len(columns) > 1 else said

        return replace(self, rounded=of_chosen(self.rounded), errors=of_chosen(self.errors))

    def over(self, other: "Recording", by_column: bool = False) -> "Recording":
        """What is said here of rows, and for the rest what was said of others, such as those of a model.

        An interval takes the place of a column, and a column that of an interval. Labels are the own ones; where the
        others' had names, those say which component is which.

        Raises:
            ArgumentError: what is known of the others came from an array.
        """
        here = self.interval is not None
        interval = None if by_column or self.rounded is not None or self.censored else other.interval
        merged = Recording(
            rounded=other.rounded if self.rounded is None and not here else self.rounded,
            interval=self.interval if here else interval,
            name=self.name if here else other.name if interval is not None else None,
            censored=self.censored or (other.censored and not here),
            truncated=other.truncated if self.truncated is None else self.truncated,
            errors=other.errors if self.errors is None else self.errors,
            labels=self.labels,
            label_names=self.label_names or (other.label_names if self.labels is not None else ()),
            missing=other.missing if self.missing == "drop" else self.missing,
        )
        for what in ("interval", "errors"):
            sources = getattr(merged, what)
            if sources is not None and sources is getattr(other, what) and _has_an_array(sources):
                raise ArgumentError(f"the fit had `{what}` in an array: give those of these rows")
        return merged

    def record(self) -> dict[str, Any]:
        """The section `rows` of a document, without what was not said; an array has no name there."""
        record: dict[str, Any] = {}
        if self.rounded is not None and any(self.steps()):
            steps = self.steps()
            record["rounded"] = steps[0] if len(steps) == 1 else steps
        if self.interval is not None:
            record["interval"] = [_named(end) for end in self.interval]
        if self.censored:
            record["censored"] = True
        if self.window() is not None:
            record["truncated"] = list(self.truncated)
        if self.errors is not None:
            record["errors"] = [one if _is_number(one) else _named(one) for one in _each(self.errors)]
        if self.labels is not None:
            record["labels"] = _named(self.labels)
            record["label_names"] = list(self.label_names)
        if self.missing == "use":
            record["missing"] = "use"
        return record


def _named(source: Any) -> str | None:
    """The name of a column; an array has none."""
    return source if isinstance(source, str) else None


def _each(sources: Any) -> list[Any]:
    return list(sources) if isinstance(sources, list | tuple) else [sources]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(one, str) for one in value)


def _has_an_array(sources: Any) -> bool:
    """Whether one of several sources is an array, and no column of a name, or number."""
    return any(not isinstance(source, str) and (np.ndim(source) > 0 or source is None) for source in _each(sources))


def _are_lists(*values: Any) -> bool:
    return all(value is None or isinstance(value, list) for value in values)


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an int beyond all doubles
        return False


# Of rows that are nothing but numbers.
EXACTLY = Recording()
