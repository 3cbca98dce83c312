"""Workbooks of other kinds than .xlsx are read in a process of its own first, which may die of them."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from gmmfit import DataError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.workbooks import other_kinds, sandbox
from gmmfit.files.workbooks.workbook import read_workbook
from tests.builders import ods, xlsb

# The first rows of sample_data/heights.csv, as LibreOffice saves them.
OLD = Path(__file__).with_name("heights.xls").read_bytes()
SMALL: dict[tuple[int, int], str | float] = {(0, 0): "height", (1, 0): 160.5, (2, 0): 181.0}
FAR = {**SMALL, (1_048_575, 16_383): 1.0}


def heights(data: bytes, sheet: str | None = None) -> list[float]:
    table = read_workbook(data, "t", Reading(sheet=sheet))
    numbers: list[float] = table.numbers(table.columns.index("height"))[0].tolist()
    return numbers


def test_old_and_binary_workbooks_are_read() -> None:
    assert heights(OLD) == [185.9, 175.8, 175.3, 175.3, 186.7]
    assert heights(xlsb(SMALL)) == [160.5, 181]


@pytest.mark.parametrize(
    "place", [2997, 3154, 3550], ids=["a record behind the end", "a record cut", "1.3 GB asked for, and an abort"]
)
def test_damage_that_calamine_dies_of_is_refused(place: int) -> None:
    damaged = OLD[:place] + b"\xff" + OLD[place + 1 :]
    with pytest.raises(DataError, match="t is corrupt, or takes more than 100 MB or 1 s to read: save it as .xlsx"):
        heights(damaged)


@pytest.mark.parametrize("far", [(1_048_575, 0), (1_048_575, 16_383), (0, 2**31)])
def test_a_cell_far_from_the_others_takes_no_memory(far: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="takes more than 100 MB"):
        heights(xlsb({**SMALL, far: 1.0}))


def test_a_row_repeated_without_end_takes_no_memory() -> None:
    with pytest.raises(DataError, match="takes more than 100 MB"):
        heights(ods(["height"], [1.5], times=10**9))


def test_a_trial_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_kinds, "TIMEOUT_FACTOR", 0.001)
    with pytest.raises(DataError, match="or 1 s to read"):
        heights(OLD)


def test_large_workbooks_may_take_more() -> None:
    """A sheet of 400,000 cells takes more than 100 MB of memory, and its 20 MB of XML allow as much."""
    texts: list[object] = ["text"] * 9
    assert len(heights(ods(["height", *texts], *([1.5, *texts] for _ in range(40_000))))) == 40_000


def test_a_workbook_without_sheets_is_refused() -> None:
    with pytest.raises(DataError, match="t is corrupt: it has no sheets"):
        heights(xlsb({}, sheets=()))


def test_a_sheet_after_a_broken_one_is_tried_too() -> None:
    with pytest.raises(DataError, match="takes more than 100 MB"):
        heights(xlsb(FAR, sheets=("none", "sheet1")), "sheet1")


def test_a_sheet_that_is_named_only_is_damage() -> None:
    data = xlsb(SMALL, sheets=("none", "sheet1"))
    assert heights(data, "sheet1") == [160.5, 181]
    with pytest.raises(DataError, match="t is corrupt or encrypted, or no workbook: "):
        heights(data, "none")


def test_a_flipped_bit_is_damage() -> None:
    data = bytearray(xlsb(SMALL))
    data[data.index(struct.pack("<d", 160.5)) + 6] ^= 1
    with pytest.raises(
        DataError, match="t is corrupt, or no workbook: Bad CRC-32 for file 'xl/worksheets/sheet1.bin'. Copy it anew"
    ):
        heights(bytes(data))


def test_a_trial_that_python_could_not_begin_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "__file__", "/absent.py")
    with pytest.raises(RuntimeError, match="reading on trial has not begun: .*absent.py"):
        heights(OLD)


def tried(program: str, data: bytes = b"") -> int:
    """How a program of its own ends that knows the module of the trial."""
    command = [sys.executable, "-c", f"from gmmfit.files.workbooks import sandbox\n{program}"]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=9).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_a_trial_has_so_much_time_and_memory_and_no_more_than_it_had_before() -> None:
    assert tried("sandbox.limit(10**9, 1)\nwhile True: pass") == -signal.SIGXCPU
    lower = (
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, resource.getrlimit(resource.RLIMIT_CPU)[1]))\n"
    )
    assert tried(f"{lower}sandbox.limit(10**9, 99)\nwhile True: pass") == -signal.SIGXCPU
    take = "import sys\nsandbox.limit(2 * 10**8, 9)\nsandbox.read(sys.stdin.buffer.read())"
    assert tried(take, xlsb(SMALL)) == 0
    assert tried(take, xlsb(FAR)) in (sandbox.CRASHED, -signal.SIGABRT)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_where_memory_ends_no_trace_of_it_is_waited_for() -> None:
    command = [sys.executable, sandbox.__file__, str(10**8), "9"]
    environment = {**os.environ, "RUST_BACKTRACE": "1"}
    done = subprocess.run(command, input=xlsb(FAR), env=environment, capture_output=True, check=False, timeout=9)
    assert done.returncode in (sandbox.CRASHED, -signal.SIGABRT)
