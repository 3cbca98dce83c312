"""Hypothesis draws the same examples every time, so that a run can be repeated; every test finds the log as new."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
# pytest --hypothesis-profile long: other examples each time, and a hundred times as many.
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Keep bytecode in a folder of its own where none is to be written beside the sources.

    Tests run some 300 commands in processes of their own, half of whose time would go into compiling the same files.
    """
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="gmmfit-bytecode-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def silent_afterwards() -> Iterator[None]:
    """Undo what a command says to the logger, so that no test hears of another."""
    yield
    log = logging.getLogger("gmmfit")
    log.handlers, log.propagate = [], True
    log.setLevel(logging.NOTSET)
