"""Rows in a temporary file, read again at every pass: for tables larger than memory."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Self, TypeVar

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.progress import Progress, no_progress
from gmmfit.data.rows import BLOCK, Rows, drawn, equal_weights, joined
from gmmfit.data.stored.stored import Facts, Stored
from gmmfit.data.sums import Additive, added_up
from gmmfit.errors import OutputError

T = TypeVar("T", bound=Additive)


class Chunks(Stored):
    """Rows in a binary file, of which about `chunk_rows` are in memory at a time.

    report_progress is told how far a pass has come, by a function that makes a line of it.

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
        super().__init__(columns, weighted)
        self.chunk_rows, self.report_progress = chunk_rows, report_progress
        self.file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file up, also one that could not be written."""
        with contextlib.suppress(OSError):
            self.file.close()

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
        if len(rows):
            facts = Facts.of(rows)
            self.facts = facts if self.facts is None else self.facts + facts

    def blocks(self) -> Iterator[Rows]:
        """The rows in blocks of BLOCK, in their order."""
        width = len(self.columns) + self.weighted
        length = max(1, self.chunk_rows // BLOCK) * BLOCK
        for start in range(0, len(self), length):
            self.report_progress(partial("passing over the rows: {:,} of {:,}".format, start, len(self)))
            self.file.seek(start * width * 8)
            record = np.asfortranarray(self._read(min(length, len(self) - start) * width).reshape(-1, width))
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
