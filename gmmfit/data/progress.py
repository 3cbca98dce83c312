"""How what takes long tells how far it is."""

from collections.abc import Callable

# Told what is being done, by a function that makes a line of it when one is wanted.
Progress = Callable[[Callable[[], str]], None]


def no_progress(line: Callable[[], str]) -> None:
    """Report nothing."""
