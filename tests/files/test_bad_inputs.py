"""Bad and odd files, each with the answer that is expected of it. They are skipped where the files are not."""

import json
import re
from typing import Any

import pytest

from gmmfit.cli.main import run
from tests.samples import SHARED, needs_shared

EXPECTED: list[dict[str, Any]] = (
    json.loads((SHARED / "inputs" / "expected.json").read_text())
    if (SHARED / "inputs" / "expected.json").exists()
    else []
)


@needs_shared
@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_every_bad_file_has_its_answer(case: dict[str, Any], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    status = run(case["args"].replace("FILE", str(SHARED / "inputs" / case["file"])).split())
    out, err = capfdbinary.readouterr()
    said = err.decode()
    assert status in case["exit"], said
    assert not case["stderr"] or any(
        all(re.search(pattern, said, re.IGNORECASE) for pattern in patterns) for patterns in case["stderr"]
    ), said
    assert status == 0 or out == b""
