"""What is said on stderr: notes and warnings, and the progress line."""

import logging
import math
import re
import sys
import time
from typing import Self

import click

from gmmfit.fitting.result import Step

WORDS = {logging.WARNING: "warning: ", logging.INFO: "note: ", logging.DEBUG: ""}


def in_options(message: str) -> str:
    """A message of the package, which calls parameters `max_iter`, with the names of the options: --max-iter."""
    return re.sub(r"`(\w+)`", lambda name: "--" + name[1].replace("_", "-"), message)


class _Talk(logging.Handler):
    def __init__(self, command_path: str) -> None:
        super().__init__()
        self.command_path = command_path

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{self.command_path}: {WORDS[record.levelno]}{in_options(record.getMessage())}", err=True)


def talk(context: click.Context, quiet: bool, verbose: bool = False) -> None:
    """Let what the package logs appear on stderr, a line each, with the command's name."""
    log = logging.getLogger("gmmfit")
    log.handlers = [_Talk(context.command_path)]
    log.propagate = False
    log.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)


class Progress:
    """One line on stderr, rewritten as steps come; it first appears after a second and is wiped at the end."""

    WAIT, PAUSE = 1.0, 0.1

    def __init__(self, shown: bool | None) -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown
        self.next = time.monotonic() + self.WAIT
        self.width = 0
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        """Take a step of the climb."""
        self.steps = [*self.steps[-2:], step]
        if not self.shown or time.monotonic() < self.next:
            return
        from gmmfit.fitting.climb import remaining_gain

        self.next = time.monotonic() + self.PAUSE
        gain = remaining_gain(self.steps)
        to_come = f", still to come {gain:.2g}" if math.isfinite(gain) else ""
        self._write(f"iteration {step.iteration}: log-likelihood {step.log_likelihood:.6f}{to_come}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.width:
            self._write("")
            sys.stderr.write("\r")

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)
