"""Signals at any moment, imports among them, end a command at once, with its status, and leave nothing half written."""

import csv
import json
import signal
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest

from tests.samples import HEIGHTS_CSV

# The share of all calls of functions after which the signal comes.
MOMENTS = [0.001, *(i / 20 for i in range(1, 20)), 0.99]
SIGNALS = {signal.SIGINT: [130], signal.SIGTERM: [143, -signal.SIGTERM]}
COMMAND = ["fit", HEIGHTS_CSV, "-k", "2", "--starts", "20", "--history", "steps.csv", "-o", "fit.json"]
# Counts the calls, and sends itself the signal at one of them, or says how many there were.
PROGRAM = """
import os, sys
from gmmfit.__main__ import main
at, number, count = int(sys.argv.pop(1)), int(sys.argv.pop(1)), 0
def called(frame, event, arg):
    global count
    count += 1
    if count == at:
        os.kill(os.getpid(), number)
sys.setprofile(called)
try:
    main()
finally:
    sys.setprofile(None)
    if at == 0:
        print(count)
"""


def ended(at: int, number: int, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(at), str(number), *COMMAND]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def n_calls(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many calls of functions the command takes."""
    folder = tmp_path_factory.mktemp("whole")
    ended(0, 0, folder)  # compiles what nobody has yet
    return int(ended(0, 0, folder).stdout)


@pytest.mark.parametrize(("moment", "number"), [*zip(MOMENTS, cycle(SIGNALS))])
def test_a_signal_at_any_moment_leaves_whole_files_or_none(
    moment: float, number: signal.Signals, n_calls: int, tmp_path: Path
) -> None:
    done = ended(int(moment * n_calls), number, tmp_path)
    assert done.returncode in SIGNALS[number]  # a shell shows as 143 too what the system ends before gmmfit has begun
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"fit.json", "steps.csv"}
    if (tmp_path / "fit.json").exists():
        assert json.loads((tmp_path / "fit.json").read_text())["n_components"] == 2
    if (tmp_path / "steps.csv").exists():
        text = (tmp_path / "steps.csv").read_text()
        assert len({len(row) for row in csv.reader(text.splitlines())}) <= 1
        assert text == "" or text.endswith("\n")


def test_a_hang_up_ends_a_command_unless_it_is_to_be_ignored(tmp_path: Path) -> None:
    drawn = [sys.executable, "-m", "gmmfit", "simulate", "--means", "0", "--sds", "1", "-n", "99999999", "-o", "t.csv"]
    for command, status in ((drawn, 129), (["nohup", *drawn], 143)):
        running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(tmp_path.iterdir()):  # it has begun to write
            time.sleep(0.01)
        running.send_signal(signal.SIGHUP)
        if status != 129:
            running.terminate()
        assert running.wait() == status
        assert list(tmp_path.iterdir()) == []


STUCK = """
import os, signal, sys, threading, time
from gmmfit.__main__ import main
from gmmfit.files.results import output
beside = output.Path("beside.part")
beside.touch()
output._unfinished.add(beside)
def stuck():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(9)
    finally:
        time.sleep(99)
import gmmfit.cli.main
gmmfit.cli.main.main = stuck
main()
"""
UNHEARD = """
import os, signal, sys, time
from gmmfit.__main__ import main
class Going:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(9)
def unheard():
    Going()
    time.sleep(9)
import gmmfit.cli.main
gmmfit.cli.main.main = unheard
main()
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no such clock")
@pytest.mark.parametrize(("program", "status"), [(STUCK, 143), (UNHEARD, 130)])
def test_a_signal_that_gets_stuck_or_goes_unheard_ends_a_command_all_the_same(
    program: str, status: int, tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False, timeout=8)
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_where_an_object_goes_are_told(tmp_path: Path) -> None:
    program = UNHEARD.replace("os.kill(os.getpid(), signal.SIGINT)", "raise ValueError('a bug')").replace("(9)", "(0)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ValueError: a bug" in done.stderr
