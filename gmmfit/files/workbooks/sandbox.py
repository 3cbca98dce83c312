"""A program of its own that reads the workbook in its standard input by python-calamine, within limits.

calamine ends the whole process on some damaged workbooks, and takes any memory that they ask for. What it has read here
it reads again without harm. Limits are those of the system: there are none on Windows.
"""

import contextlib
import io
import os
import sys

# How a trial ends whose workbook does harm, unless the system ends it; and how one ends that Python could not begin.
CRASHED, NOT_BEGUN = 3, (1, 2)


def limit(n_bytes: int, seconds: int) -> None:
    """Let the system end this process where it takes more memory or time of the processor than this."""
    if sys.platform != "win32":
        import resource

        wanted = {resource.RLIMIT_DATA: n_bytes, resource.RLIMIT_CPU: seconds, resource.RLIMIT_CORE: 0}
        for what, most in wanted.items():
            lowest, highest = resource.getrlimit(what)
            most = min([most, *(bound for bound in (lowest, highest) if bound != resource.RLIM_INFINITY)])
            resource.setrlimit(what, (most, highest))


def read(data: bytes) -> None:
    """Read all sheets. An error that is told as one is no harm."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with contextlib.suppress(CalamineError):
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            for sheet in book.sheet_names:
                with contextlib.suppress(CalamineError):
                    book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except BaseException:  # memory ends, or Rust panics, which is none of Python's own
        sys.exit(CRASHED)


if __name__ == "__main__":
    os.environ["RUST_BACKTRACE"] = "0"  # where memory ends, calamine would wait for ever before it has printed one
    limit(int(sys.argv[1]), int(sys.argv[2]))
    read(sys.stdin.buffer.read())
