"""Workbooks are read by calamine where it is here, and by openpyxl: what holds for one holds for the other."""

import pytest


@pytest.fixture(params=["calamine", "openpyxl"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library that reads workbooks in a test, which runs with each."""
    name: str = request.param
    if name == "openpyxl":
        monkeypatch.setattr("gmmfit.files.workbooks.workbook.calamine", lambda: None)
    return name
