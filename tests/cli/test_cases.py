"""The sessions in tests/cases: a folder each, with `cmd` (a shell script), what it prints (`out`), and says (`err`).

A session runs in a copy of sample_data. `python -m tests.cli.test_cases` writes the `out` and `err` of sessions that
have none yet: read them before you believe them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.samples import ROOT, SAMPLES
from tests.texts import on_any_processor

# What sessions use that not every machine has.
TOOLS = ("awk", "bzip2", "gzip", "jq", "xz")
CASES = sorted(path.parent for path in (ROOT / "tests" / "cases").glob("*/cmd"))


def session(script: str, folder: Path) -> tuple[str, str]:
    """What a shell script prints and says when it runs in a copy of the sample data."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_session(case: Path, tmp_path: Path) -> None:
    script = (case / "cmd").read_text()
    absent = [tool for tool in TOOLS if re.search(rf"\b{tool}\b", script) and shutil.which(tool) is None]
    if absent:
        pytest.skip(f"not here: {', '.join(absent)}")
    out, err = session(script, tmp_path)
    assert on_any_processor(err) == on_any_processor((case / "err").read_text())
    assert on_any_processor(out) == on_any_processor((case / "out").read_text())


if __name__ == "__main__":
    for new in (case for case in CASES if not (case / "out").exists()):
        with tempfile.TemporaryDirectory() as scratch:
            out, err = session((new / "cmd").read_text(), Path(scratch))
        (new / "out").write_text(out)
        (new / "err").write_text(err)
        print(f"== {new.name}\n{(new / 'cmd').read_text()}-- out\n{out}-- err\n{err}")
