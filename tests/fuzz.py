"""Fuzzing of the readers, guided by what they have not done yet; by hand, with `pip install --group fuzz`.

python -m tests.fuzz table|workbook|model [corpus folder] [-max_total_time=600 and other options of libFuzzer]

What crashes a reader is left in a file crash-… or oom-…: mend it, and make a test of it in tests/files.
"""

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["gmmfit"]):
    from gmmfit.errors import GmmfitError
    from gmmfit.files.results.models import read_model
    from gmmfit.files.tables.reading import Reading
    from gmmfit.files.texts.delimited import read_delimited
    from gmmfit.files.workbooks.workbook import read_workbook


def table(data: bytes) -> None:
    """Read delimited text, and every column of it as numbers."""
    read = read_delimited(io.BytesIO(data).read, "t.csv", Reading()).whole()
    for position in range(len(read.columns)):
        read.numbers(position)


def workbook(data: bytes) -> None:
    """Read a workbook, and every column of it as numbers."""
    read = read_workbook(data, "t.xlsx", Reading())
    for position in range(len(read.columns)):
        read.numbers(position)


def model(data: bytes) -> None:
    """Read a model."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        read_model(file.name)


READERS = {reader.__name__: reader for reader in (table, workbook, model)}


def tried(reader: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A reader that may refuse what it is given."""

    def target(data: bytes) -> None:
        with contextlib.suppress(GmmfitError):
            reader(data)

    return target


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in READERS:
        sys.exit(__doc__)
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, tried(READERS[name]))
    atheris.Fuzz()
