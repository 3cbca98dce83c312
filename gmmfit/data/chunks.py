"""Rows in a temporary file, read again at every pass: for tables larger than memory."""

import contextlib
import copy
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Self, TypeVar

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.rows import BLOCK, Extent, Rows, drawn, equal_weights, joined
from gmmfit.data.sums import Additive, added_up
from gmmfit.data.weights import Weighting
from gmmfit.errors import OutputError

T = TypeVar("T", bound=Additive)
# Told what is being done, by a function that makes a line of it when one is wanted.
Progress = Callable[[Callable[[], str]], None]


def no_progress(line: Callable[[], str]) -> None:
    """Report nothing."""


class Chunks:
    """Rows in a binary file, of which about `chunk_rows` are in memory at a time.

    The rows are handed out in the blocks in which rows in memory are, so that every sum has the same digits. n_missing
    others were left out. report_progress is told how far a pass has come, by a function that makes a line of it.

    >>> rows = Rows(np.arange(6.0).reshape(3, 2), np.ones(3), ("x", "y"))
    >>> with Chunks(("x", "y"), chunk_rows=2) as chunks:
    ...     chunks.append(rows)
    ...     chunks.sum(lambda block: block.values.sum(axis=0))
    array([6., 9.])

    Raises:
        OutputError: the temporary file can't be written.
    """

    def __init__(
        self, columns: tuple[str, ...], chunk_rows: int, weighted: bool = False, report_progress: Progress = no_progress
    ) -> None:
        self.columns, self.chunk_rows, self.weighted = columns, chunk_rows, weighted
        self.report_progress = report_progress
        self.weighting: Weighting = "counts" if weighted else ""
        self.n_rows = self.n_missing = 0
        self.change: Callable[[Rows], Rows] | None = None
        self.appended: Extent | None = None
        self.file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file up, also one that could not be written."""
        with contextlib.suppress(OSError):
            self.file.close()

    def __len__(self) -> int:
        return self.n_rows

    def append(self, rows: Rows) -> None:
        """Write rows at the end of the file."""
        record = np.column_stack([rows.values, rows.weights]) if self.weighted else rows.values
        try:
            self.file.write(np.ascontiguousarray(record).data)
            self.file.flush()
        except OSError as error:
            raise OutputError(
                f"can't write the rows to a temporary file in {tempfile.gettempdir()}: {error.strerror}. "
                "Set TMPDIR to a folder with more room"
            ) from None
        self.n_rows += len(rows)
        if len(rows):
            extent = Extent.of(rows)
            self.appended = extent if self.appended is None else self.appended + extent

    @property
    def extent(self) -> Extent:
        """The smallest and largest value of each column, and the weight of the rows: known from appending them."""
        if self.change is None and self.appended is not None:
            return self.appended
        return self.sum(Extent.of)

    def blocks(self) -> Iterator[Rows]:
        """The rows in blocks of BLOCK, in their order."""
        width = len(self.columns) + self.weighted
        length = max(1, self.chunk_rows // BLOCK) * BLOCK
        for start in range(0, self.n_rows, length):
            self.report_progress(partial("passing over the rows: {:,} of {:,}".format, start, self.n_rows))
            self.file.seek(start * width * 8)
            record = np.asfortranarray(self._read(min(length, self.n_rows - start) * width).reshape(-1, width))
            values = record[:, : len(self.columns)]
            weights = record[:, -1] if self.weighted else equal_weights(len(record))
            for block in Rows(values, weights, self.columns).blocks():
                yield block if self.change is None else self.change(block)

    def _read(self, n: int) -> Array:
        try:
            numbers: Array = np.fromfile(self.file, np.float64, n)
        except OSError as error:
            raise OutputError(
                f"can't read the rows again from a temporary file in {tempfile.gettempdir()}: {error.strerror}"
            ) from None
        return numbers

    def sum(self, function: Callable[[Rows], T]) -> T:
        """What `function` gives for blocks of rows, added up in pairs of neighbours."""
        return added_up(map(function, self.blocks()))

    def some(self, n: int, rng: np.random.Generator) -> Rows:
        """At most n of the rows, drawn without replacement, in their order."""
        chosen = np.arange(len(self)) if n >= len(self) else drawn(len(self), n, rng)
        return joined(
            block.part(chosen[slice(*np.searchsorted(chosen, [start, start + BLOCK]))] - start)
            for start, block in zip(range(0, len(self), BLOCK), self.blocks(), strict=True)
        )

    def mapped(self, function: Callable[[Rows], Rows]) -> "Chunks":
        """The rows as `function` changes them whenever they are read."""
        other, before = copy.copy(self), self.change
        other.change = function if before is None else lambda rows: function(before(rows))
        return other

    def resolving(self, weights: Array, means: Array, covariances: Array) -> "Chunks":
        """These rows."""
        return self
