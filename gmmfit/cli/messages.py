"""What is said on stderr: notes and warnings, and the progress line."""

import logging
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self, TextIO

import click

from gmmfit.text import SHOWN_LENGTH

if TYPE_CHECKING:
    from gmmfit.fitting.em.step import Step

# So many characters without a blank are too long to be read.
LONG = 400
WORDS = {logging.WARNING: "warning: ", logging.INFO: "note: ", logging.DEBUG: ""}


def in_options(message: str) -> str:
    """A message of the package as the command line says it: parameters, `max_iter`, by their options, --max-iter.

    What is too long to be read, such as a path of thousands of characters, is cut.
    """
    message = re.sub(r"`(\w+)`", lambda name: "--" + name[1].replace("_", "-"), message)
    return re.sub(rf"(\S{{{SHOWN_LENGTH}}})\S{{{LONG},}}?([^\w\s]{{0,3}})(?!\S)", r"\1…\2", message)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; None is a closed one."""
    return stream is not None and stream.isatty()


class Progress:
    """One line on stderr, rewritten as a command goes on; it first appears after a second, and is wiped at the end."""

    WAIT, PAUSE = 1.0, 0.1

    def __init__(self, shown: bool | None) -> None:
        self.shown = is_terminal(sys.stderr) if shown is None else shown
        self.next = time.monotonic() + self.WAIT
        self.width = 0

    def read(self, n: int, size: int | None) -> None:
        """Take how many bytes were read, and of how many."""
        self.report(lambda: f"reading: {n / 1e6:.0f}" + (" MB" if size is None else f" of {size / 1e6:.0f} MB"))

    def step(self, step: "Step") -> None:
        """Take a step of the run."""
        self.report(lambda: step_said(step))

    def report(self, line: Callable[[], str]) -> None:
        """Show a line, if it is time for another one."""
        if self.shown and time.monotonic() >= self.next:
            self._write(line())
            self.next = time.monotonic() + self.PAUSE

    def wipe(self) -> None:
        """Make room for something else."""
        if self.width:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.wipe()

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)


def step_said(step: "Step", with_parameters: bool = False) -> str:
    """A step of EM in a line; of a mixture of one column with its parameters, if these are wanted."""
    gain = "" if step.remaining_gain is None else f", still to come {step.remaining_gain:.2g}"
    said = f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.6f}{gain}"
    if not with_parameters or step.mixture.n_columns > 1:
        return said
    weights, means, sds = step.mixture.weights, step.mixture.means[:, 0], step.mixture.sds[:, 0]
    parts = {"weights": weights, "means": means, "sds": sds}
    return said + "".join(f"; {name} {' '.join(f'{x:.5g}' for x in values)}" for name, values in parts.items())


class StderrHandler(logging.Handler):
    def __init__(self, command_path: str, line: Progress) -> None:
        super().__init__()
        self.command_path, self.line = command_path, line

    def emit(self, record: logging.LogRecord) -> None:
        self.line.wipe()
        click.echo(f"{self.command_path}: {WORDS[record.levelno]}{in_options(record.getMessage())}", err=True)


def set_up_messages(
    context: click.Context,
    quiet: bool,
    verbose: bool = False,
    progress: bool | None = False,
    muted_logger: str | None = None,
) -> Progress:
    """Let what the package logs appear on stderr, a line each, with the command's name, and a progress line below.

    What `muted_logger` logs is left out, as it stands in a result on the same terminal.
    """
    line = context.with_resource(Progress(False if quiet else progress))
    log = logging.getLogger("gmmfit")
    handler = StderrHandler(context.command_path, line)
    handler.addFilter(lambda record: record.name != muted_logger)
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # what it says of its fonts and caches is not for users
    return line
