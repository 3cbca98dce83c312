"""The history of a fit: a row an iteration, or a row a parameter of each."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from gmmfit.files.models import component_table
from gmmfit.files.output import open_growing
from gmmfit.files.writers import TableWriter, format_of, table_writer
from gmmfit.fitting.result import Step

FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx")
LONG_HEADER = ("iteration", "parameter", "component", "value")


@contextmanager
def open_history(
    path: str | None, layout: str, digits: int | None, bom: bool = False
) -> Iterator[Callable[[Step], None]]:
    """Open a history; what comes back writes a step to it. Without a path it writes nothing.

    The file is begun with the first step, so that one of that name stays as it was if the fit never starts, and can
    be read while the fit goes on.

    Raises:
        OutputError: it can't be written.
        ArgumentError: the path's extension is that of no format.
    """
    if path is None:
        yield lambda step: None
        return
    kind = format_of(path, None, "csv", FORMATS)
    writer: TableWriter | None = None
    before = math.nan
    with ExitStack() as stack:

        def write(step: Step) -> None:
            nonlocal writer, before
            wide = wide_row(step, step.log_likelihood - before)
            before = step.log_likelihood
            if writer is None:
                stream = stack.enter_context(open_growing(path))
                writer = table_writer(stream, kind, list(wide) if layout == "wide" else LONG_HEADER, digits, bom)
            writer.write([[cell] for cell in wide.values()] if layout == "wide" else long_columns(step))

        yield write
        if writer is not None:
            writer.close()


def wide_row(step: Step, gain: float) -> dict[str, object]:
    """A state as one row: iteration, step, loglik, gain, and each parameter with the number of its component."""
    parameters = {
        f"{name}_{k}": value
        for name, values in component_table(step.mixture).items()
        for k, value in enumerate(values, start=1)
    }
    head = {"iteration": step.iteration, "step": step.kind, "loglik": step.log_likelihood, "gain": gain}
    return head | parameters


def long_columns(step: Step) -> list[list[object]]:
    """A state as columns of rows: the log-likelihood, which belongs to no component, then each parameter."""
    rows: list[tuple[object, ...]] = [(step.iteration, "loglik", None, step.log_likelihood)]
    for name, values in component_table(step.mixture).items():
        rows += [(step.iteration, name, k, value) for k, value in enumerate(values, start=1)]
    return [list(column) for column in zip(*rows, strict=True)]
