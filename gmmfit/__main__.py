"""Where the command line begins, `gmmfit` and `python -m gmmfit`, and how signals end it, at any moment."""

import os
import signal
import sys
from typing import Any

# The status with which each signal ends a command; one that is ignored already, as by nohup, stays so.
STATUSES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
# Seconds after which a command is ended by force, and after which a signal that went unheard is sent once more.
FORCE_EXIT_AFTER, RETRY_AFTER = 0.8, 0.01

# The statuses of the signals that came.
_ending: list[int] = []


def main() -> None:
    """Run the command line and end the process with its status; signals end it while it loads too."""
    for name, status in STATUSES.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_, status=status: _end(status))
    sys.unraisablehook = _on_ignored_exception
    try:
        from gmmfit.cli.main import main as command

        command()
    finally:
        if _ending:  # whatever was made of the exception on its way, as by a library that takes it for an error
            _end_by_force(_ending[0])  # threads, such as those of a cluster, are not waited for


def _end(status: int) -> None:
    """End the process as an exception that leaves everything whole."""
    _ending.append(status)
    _after(FORCE_EXIT_AFTER, _end_by_force, status)
    sys.exit(status)


def _end_by_force(status: int) -> None:
    """End the process at once, also where that exception got stuck, as in a lock that importing a module holds."""
    output = sys.modules.get("gmmfit.files.results.output")
    if output is not None:
        output.discard_unfinished()
    os._exit(status)


def _on_ignored_exception(what: Any) -> None:
    """Notice a SystemExit that Python ignores, such as one raised in `__del__`."""
    if isinstance(what.exc_value, SystemExit):
        _after(RETRY_AFTER, _end, what.exc_value.code)
    elif not _ending:
        sys.__unraisablehook__(what)


def _after(seconds: float, function: Any, status: Any) -> None:
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: function(status))
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
