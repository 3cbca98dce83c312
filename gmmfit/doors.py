"""gmmfit.fit, score, simulate and plot as Python calls them: with tables and models in memory, or in files.

What they do is in the rooms below; here files are opened for them.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from gmmfit.data.clusters import open_cluster
from gmmfit.data.progress import no_progress
from gmmfit.data.stored.distributed_rows import rows_of_frame
from gmmfit.errors import DataError
from gmmfit.files.read_table import read_table
from gmmfit.files.results.history import history_in_file, is_history
from gmmfit.files.results.models import read_model
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import Source
from gmmfit.files.tables.table import Table
from gmmfit.fitting import fit as fitting
from gmmfit.fitting import score as scoring
from gmmfit.fitting.many import fit_many as fitting_many
from gmmfit.fitting.result import Fit
from gmmfit.model import simulate as simulating
from gmmfit.pages.notebook import html_of
from gmmfit.plots import plot as plotting

# Parameters that name columns of what else is known of rows.
BESIDES = ("row_weights", "row_sds", "labels", "errors", "by")
P = ParamSpec("P")
T = TypeVar("T")

# What a notebook shows of a fit knows reports and pictures, which a Fit doesn't.
setattr(Fit, "_repr_html_", html_of)  # noqa: B010


class TableInFile(Mapping[str, Any]):
    """The columns of a table in a file, by name, read when they are asked for: numbers, or texts where most are none.

    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.csv"
    ...     _ = path.write_text("sex,height\\nF,165\\nM,180\\n")
    ...     table = TableInFile(path)
    >>> list(table), table["height"].tolist(), table["sex"].tolist()
    (['sex', 'height'], [165.0, 180.0], ['F', 'M'])

    Raises:
        DataError: the file can't be read, or, as a column is asked for, a cell of it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        with Source(os.fspath(path)) as source:
            self.table: Table = read_table(source, Reading()).whole()
        self.read: dict[str, Any] = {}  # once, as what is said of a column is

    def __getitem__(self, name: str) -> Any:
        if name not in self.table.unique_names:
            raise KeyError(name)
        if name not in self.read:
            self.read[name] = self._column(name)
        return self.read[name]

    def _column(self, name: str) -> Any:
        position = self.table.unique_names.index(name)
        if self.table.is_numeric(position):
            [part] = self.table.numbers_by_part([position], doubting=True)
            return part.numbers[position]
        [texts] = self.table.cells.texts([position])
        missing = self.table.reading.missing_texts
        return np.array([None if text.strip() in missing else text for text in texts], dtype=object)

    def only_numeric(self, besides: Sequence[Any]) -> str:
        """The name of the only column of numbers that isn't among others, as the commands take it by default.

        Raises:
            DataError: there are several, or none.
        """
        names = self.table.unique_names
        [position] = self.table.choose([], others=[names.index(one) for one in besides if one in names])
        return names[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.unique_names)

    def __len__(self) -> int:
        return len(self.table.unique_names)


def _mixture_or_history(path: str, or_history: bool) -> Any:
    """The mixture in a file, or the columns of a history, where these are wanted too."""
    if not or_history or not is_history(path):
        return read_model(path).mixture
    return history_in_file(path)


def _opened(function: Callable[P, T], on_workers: bool = False) -> Callable[P, T]:
    """A function that also takes the names of files, for its table and for its models; on_workers a table of Dask."""
    typed = signature(function)

    @wraps(function)
    def opening(*arguments: P.args, **named: P.kwargs) -> T:
        bound = typed.bind(*arguments, **named)
        given = bound.arguments
        if _is_of_dask(given.get("data")) and not on_workers:
            raise DataError("only `fit` takes a table of Dask: give what its compute() gives, or the name of a file")
        for name in {"model", "init"} & given.keys():
            if isinstance(given[name], str | os.PathLike):
                given[name] = _mixture_or_history(os.fspath(given[name]), or_history="kind" in typed.parameters)
        if isinstance(given.get("data"), str | os.PathLike):
            given["data"] = table = TableInFile(given["data"])
            if not {"column", "interval", "model"} & given.keys() and "column" in typed.parameters:
                given["column"] = table.only_numeric([given[name] for name in BESIDES if name in given])
        return function(*bound.args, **bound.kwargs)

    # Without types, which type checkers know, it is one that `help` shows in a screen.
    plain = [one.replace(annotation=Parameter.empty) for one in typed.parameters.values()]
    setattr(opening, "__signature__", typed.replace(parameters=plain, return_annotation=Signature.empty))  # noqa: B010
    return opening


def _opened_each(function: Callable[P, T]) -> Callable[P, T]:
    """A function that also takes the names of several files; in place of one that can't be read stands the error."""
    opening = _opened(function)

    @wraps(opening)
    def opening_each(data: Any, *arguments: Any, **named: Any) -> T:
        if isinstance(data, list) and all(isinstance(one, str | os.PathLike) for one in data):
            data = [(os.fspath(path), _table_or_error(path)) for path in data]
        return opening(data, *arguments, **named)

    setattr(opening_each, "__signature__", signature(opening))  # noqa: B010
    return opening_each  # type: ignore[return-value]


def _table_or_error(path: str | os.PathLike[str]) -> "TableInFile | DataError":
    try:
        return TableInFile(path)
    except DataError as error:
        return error


def _is_of_dask(data: Any) -> bool:
    """Whether data are a DataFrame or a Series of Dask, which isn't loaded for that."""
    return type(data).__module__.startswith("dask.dataframe")


def _on_workers(function: Callable[P, Fit]) -> Callable[P, Fit]:
    """A fit that also takes a Dask DataFrame, whose rows stay with workers: of the open Client, or started for it."""
    typed = signature(function)

    @wraps(function)
    def fitting_there(*arguments: P.args, **named: P.kwargs) -> Fit:
        given = typed.bind(*arguments, **named).arguments
        if not _is_of_dask(given["data"]):
            return function(*arguments, **named)
        if getattr(given["data"], "ndim", 2) == 1:
            given["data"] = given["data"].to_frame(given["data"].name or "1")
        which = {name: given.pop(name) for name in ("column", "row_weights", "row_sds") if name in given}
        report_progress = given.get("report_progress", no_progress)
        with open_cluster(None, given.get("jobs"), report_progress, in_threads=True) as cluster:
            rows: Any = rows_of_frame(cluster, given.pop("data"), **which)
            options: Any = given
            return function(rows, **options)

    return fitting_there


fit = _opened(_on_workers(fitting.fit), on_workers=True)
fit_many = _opened_each(fitting_many.fit_many)
score = _opened(scoring.score)
simulate = _opened(simulating.simulate)
plot = _opened(plotting.plot)
