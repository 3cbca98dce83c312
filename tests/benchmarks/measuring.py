"""Times in alternation, their medians, and what a process took."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A figure beside its target; `detail` says what it was made from. Without a target it is only told."""

    what: str
    figure: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is none."""
        if self.at_least is not None:
            return self.figure >= self.at_least
        return None if self.at_most is None else self.figure <= self.at_most

    @property
    def target(self) -> str:
        """The target as the table has it."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}{self.unit}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}{self.unit}"

    def record(self) -> dict[str, Any]:
        """The figure as the JSON has it."""
        return asdict(self) | {"met": self.met}

    def row(self) -> str:
        """A row of the table."""
        met = {True: "yes", False: "no", None: ""}[self.met]
        return f"| {self.what} | {self.figure:.3g}{self.unit} | {self.target} | {met} | {self.detail} |"


def in_alternation(runs: int, *functions: Callable[[], float]) -> list[float]:
    """The median of what each function measures, all of them taking turns."""
    measured = [[function() for function in functions] for _ in range(runs)]
    return [median(values) for values in zip(*measured, strict=True)]


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


@dataclass(frozen=True)
class Ran:
    """What a process took: seconds, and at its peak bytes of memory."""

    seconds: float
    bytes: float


# As for those who have installed it: with compiled modules.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
# The peak of a process counts that of the one that started it, so a small one does.
LAUNCHER = """
import os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


def ran(command: Sequence[str | Path]) -> Ran:
    """Run a command that has to succeed."""
    launched = [sys.executable, "-S", "-c", LAUNCHER, *map(str, command)]
    took, peak, status = subprocess.run(launched, stdout=subprocess.PIPE, env=ENVIRONMENT, check=True).stdout.split()
    if int(status):
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {int(status)}")
    return Ran(float(took), float(peak) * (1 if sys.platform == "darwin" else 1024))


def program(code: str, *arguments: str | Path) -> list[str | Path]:
    """A Python program as a command."""
    return [sys.executable, "-c", code, *arguments]


GMMFIT: list[str | Path] = [Path(sys.executable).parent / "gmmfit"]
