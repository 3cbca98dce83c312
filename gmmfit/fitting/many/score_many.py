"""Rows of groups, each under the mixture of its own."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.groups import Positions
from gmmfit.data.recording import Recording
from gmmfit.data.selection import Selection, usable_rows
from gmmfit.errors import DataError
from gmmfit.fitting.many.group_fit import name_of
from gmmfit.fitting.many.job import RecordedTable
from gmmfit.fitting.score import Score, score
from gmmfit.model.mixture import Mixture

log = logging.getLogger("gmmfit")

# So many groups are named in an error.
NAMED = 5


@dataclass(frozen=True, eq=False)
class GroupScores:
    """Rows in their order, each under the mixture of its group; what a Score has of each row.

    groups are what each is called, the positions of its rows, and the Score of these.
    """

    n_rows: int
    groups: tuple[tuple[dict[str, str], Positions, Score], ...]

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture with most components."""
        return max((scored.mixture for *_, scored in self.groups), key=lambda one: one.n_components)

    @cached_property
    def values(self) -> Array:
        """The rows (N, D), NaN where missing or of no group."""
        return self._of_all(lambda scored: scored.values)

    @cached_property
    def component(self) -> npt.NDArray[np.int64]:
        """The likeliest component of each row, (N,)."""
        numbers: npt.NDArray[np.int64] = np.nan_to_num(self._of_all(lambda scored: scored.component)).astype(np.int64)
        return numbers

    @cached_property
    def probability(self) -> Array:
        """Of that component, (N,)."""
        return self._of_all(lambda scored: scored.probability)

    @cached_property
    def log_density(self) -> Array:
        """The log density of each row, (N,)."""
        return self._of_all(lambda scored: scored.log_density)

    @cached_property
    def cdf(self) -> Array | None:
        """The probability of a value at most as large, (N,), if it was asked for."""
        if self.groups[0][2].cdf is None:
            return None
        return self._of_all(lambda scored: np.asarray(scored.cdf))

    def posteriors_of(self, part: slice) -> Array:
        """The posteriors of some of the rows, NaN of components that a group lacks."""
        return self._posteriors[part]

    def expected_of(self, part: slice) -> Array:
        """The expected values of some of the rows."""
        return self._expected[part]

    @cached_property
    def _posteriors(self) -> Array:
        return self._of_all(lambda scored: scored.posteriors)

    @cached_property
    def _expected(self) -> Array:
        return self._of_all(lambda scored: scored.expected)

    def _of_all(self, part: Callable[[Score], Any]) -> Array:
        """What each group has of its rows, put together; NaN for rows of none."""
        parts = [(positions, part(scored)) for _, positions, scored in self.groups]
        width = max(numbers[0].size if numbers.ndim > 1 else 1 for _, numbers in parts)
        found = np.full((self.n_rows, width), np.nan)
        for positions, numbers in parts:
            found[positions, : numbers.shape[1] if numbers.ndim > 1 else 1] = numbers.reshape(len(positions), -1)
        return found if parts[0][1].ndim > 1 else found[:, 0]


def score_many(
    table: RecordedTable, models: Sequence[tuple[dict[str, str], Mixture, Recording]], cdf: bool = False
) -> GroupScores:
    """Put the rows of each group of a table under the model of that group, recorded as those of that were.

    Groups without usable rows are left out, and said.

    Raises:
        DataError: no row is of a group that has a model.
    """
    n = len(table.recorded.values)
    groups = [
        (models[at][0], np.arange(n)[rows], score(selection, models[at][1], cdf=cdf))
        for at, rows, selection in rows_of_models(table, [(group, recording) for group, _, recording in models])
    ]
    if not groups:
        raise no_rows(table.source, [group for group, *_ in models])
    return GroupScores(n, tuple(groups))


def no_rows(where: str, groups: Sequence[dict[str, str]]) -> DataError:
    """The error of a table without a usable row of these groups."""
    names = [name_of(group) for group in groups[:NAMED]] + ["…"] * (len(groups) > NAMED)
    return DataError(f"no usable row of {where} is of a group that has a model\n  Groups: {'; '.join(names)}")


def rows_of_models(
    table: RecordedTable, groups: Sequence[tuple[dict[str, str], Recording]]
) -> Iterator[tuple[int, Positions | slice, Selection]]:
    """The number of each group that is in a table, where its rows are, and those that can be used, recorded as said.

    Groups without usable rows are left out, and said.
    """
    for number, (group, recording) in enumerate(groups):
        rows = table.rows_of(group)
        if rows is None:
            continue
        try:
            selection = usable_rows(table.recorded.part(rows), table.columns, recording)
        except DataError as error:
            log.warning("%s: %s", name_of(group), str(error).splitlines()[0])
            continue
        yield number, rows, selection
