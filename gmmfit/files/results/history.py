"""The history of a fit: a row an iteration, or a row a parameter of each."""

import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from gmmfit.errors import DataError, OutputError
from gmmfit.files.read_table import read_table
from gmmfit.files.results.models import COMPONENTS, decimal_sign
from gmmfit.files.results.output import is_special, open_growing
from gmmfit.files.results.writers import PLAIN, Style, TableWriter, format_of, table_writer
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import Source
from gmmfit.files.workbooks.archive import WORKBOOKS
from gmmfit.files.workbooks.workbook import read_workbook, sheet_names
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.history import HEAD, OF_NOISE, PARAMETER, history_row, noise_parameters
from gmmfit.model.parameters import NOISE, TRANSFORM, component_table
from gmmfit.text import shown

FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx")
LONG_HEADER = ("iteration", "parameter", "component", "value")
# The columns of a history that are no numbers.
TEXTS = ("parameter", "step", TRANSFORM)
NEEDED = (*HEAD, *LONG_HEADER, *TEXTS)
# How one begins: with its first column's name.
BEGINNING = re.compile(rb"(\xef\xbb\xbf)?[\s\[{\"']*iteration\b")
MODEL = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"(format|components)"')
# The sheet of a workbook that has the history.
SHEET = "history"


class History:
    """Writes the states of a fit as they come.

    The file is begun with the first state, so that one of that name stays as it was if the fit never starts, and it can
    be read while the fit goes on. Components that turn out to have another order in the result have it here too: the
    file is then written anew. What can't be written anew (standard output, a pipe) is written when the fit is done.
    """

    def __init__(self, path: str, layout: str, style: Style = PLAIN) -> None:
        """Nothing is opened yet.

        Raises:
            ArgumentError: the path's extension is that of no format.
            OutputError: there is no such folder.
        """
        if not Path(path).absolute().parent.is_dir():
            raise OutputError(f"can't write {path!r}: there is no such folder")
        self.path, self.layout, self.style = path, layout, style
        self.kind = format_of(path, None, "csv", FORMATS, or_add="")
        self.first: Step | None = None
        self.before = math.nan
        self.writer: TableWriter | None = None
        self.stack = ExitStack()

    def step(self, step: Step) -> None:
        """Write a state that the fit has come to."""
        if not is_special(self.path):
            self._write(step)

    def finish(self, steps: Sequence[Step]) -> None:
        """Take the states as the fit has them in the end.

        Raises:
            OutputError: they can't be written.
        """
        if self.first is None or not np.array_equal(self.first.mixture.means, steps[0].mixture.means):
            self.stack.close()
            self.first, self.before, self.writer = None, math.nan, None
            for step in steps:
                self._write(step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        """Close the file; that of a fit which ended in an error is whole as far as it goes, if it can be written."""
        try:
            if self.writer is not None and not isinstance(error, OutputError):
                self.writer.close()
        finally:
            self.stack.close()

    def _write(self, step: Step) -> None:
        wide = history_row(step, step.log_likelihood - self.before)
        if self.writer is None:
            self.first = step
            stream = self.stack.enter_context(open_growing(self.path))
            header = list(wide) if self.layout == "wide" else [*LONG_HEADER, *({TRANSFORM} & wide.keys())]
            self.writer = table_writer(stream, self.kind, header, self.style)
        self.before = step.log_likelihood
        self.writer.write([[cell] for cell in wide.values()] if self.layout == "wide" else long_columns(step))


def read_history(source: Source, reading: Reading) -> dict[str, Any]:
    """The columns of a history (iterations,): iteration, loglik, gain, and each parameter with its component's number.

    Of a table in the long layout the wide one is made.

    Raises:
        DataError: the file can't be read, a column stands twice, or a value is not a number.
    """
    if MODEL.match(source.peek()):
        raise DataError(f"{source.name} is a model, not a history: that is what fit --history writes")
    table = read_table(source, reading, SHEET).whole()
    needed = [
        (at, name)
        for at, name in enumerate(table.columns)
        if name in NEEDED or PARAMETER.fullmatch(name) or OF_NOISE.fullmatch(name)
    ]
    [(name, times)] = Counter(name for _, name in needed).most_common(1) or [("", 0)]
    if times > 1:
        raise DataError(f"no history: the column {shown(name)} stands twice in {table.where}")
    texts, others = ([at for at, name in needed if (name in TEXTS) == is_text] for is_text in (True, False))
    [part] = table.numbers_by_part(others)
    numbers = part.numbers
    found = dict(zip(texts, table.cells.texts(texts), strict=True)) | {at: numbers[at].tolist() for at in others}
    columns = {name: found[at] for at, name in needed}
    return _widened(columns, source.name) if set(LONG_HEADER) <= set(columns) else columns


def history_in_file(path: str) -> dict[str, Any]:
    """The columns of a history in a file, or in standard input for `-`, as a model is read: its signs are looked for.

    Raises:
        DataError: it can't be read, or is none.
    """
    with Source(path) as source:
        return read_history(source, Reading(decimal=decimal_sign(source.peek())))


def _widened(columns: dict[str, list[Any]], file: str) -> dict[str, list[Any]]:
    """A history in the wide layout from the columns of a long one, a row an iteration wherever its parameters stand."""
    values: dict[str, dict[float, float]] = {}
    for iteration, parameter, component, value in zip(*(columns[name] for name in LONG_HEADER), strict=True):
        name = parameter if math.isnan(component) else f"{parameter}_{component:g}"
        if iteration in values.setdefault(name, {}):
            raise DataError(f"no history: {shown(name)} stands twice in iteration {iteration:g} of {file}")
        values[name][iteration] = value
    iterations = sorted(values.get("loglik", {}))
    if any(sorted(by_iteration) != iterations for by_iteration in values.values()):
        raise DataError(f"the history in {file} is cut short: an iteration lacks a parameter")
    transform = {TRANSFORM: columns[TRANSFORM][: len(iterations)]} if TRANSFORM in columns else {}
    wide = {name: [by_iteration[at] for at in iterations] for name, by_iteration in values.items()}
    return {"iteration": iterations} | wide | transform


def long_columns(step: Step) -> list[list[object]]:
    """A state as columns of rows: the log-likelihood, which belongs to no component, then each parameter."""
    rows: list[tuple[object, ...]] = [(step.iteration, "loglik", None, step.log_likelihood)]
    for name, values in component_table(step.mixture).items():
        rows += [(step.iteration, name, k, value) for k, value in enumerate(values, start=1)]
    rows += [(step.iteration, name, NOISE, value) for name, value in noise_parameters(step.mixture).items()]
    transform = step.mixture.transform
    return [list(column) for column in zip(*rows, strict=True)] + (
        [[",".join(transform)] * len(rows)] if transform else []
    )


def is_history(path: str) -> bool:
    """Whether a file begins as a history does, or is a workbook of one and no model; what can be read once isn't seen.

    Raises:
        DataError: it can't be read.
    """
    if not os.path.isfile(path):  # also where there can be no file of such a name
        return False
    with Source(path) as source:
        if source.peek().startswith(WORKBOOKS):
            data = source.read()
            is_of_fit = COMPONENTS in sheet_names(data, source.name)
            return not is_of_fit and read_workbook(data, source.name, Reading(), SHEET).columns[:1] == HEAD[:1]
        return BEGINNING.match(source.peek()) is not None
