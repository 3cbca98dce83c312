"""Hypothesis draws the same examples every time, so that a run can be repeated; every test finds the log as new."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
# pytest --hypothesis-profile long: other examples each time, and a hundred times as many.
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def silent_afterwards() -> Iterator[None]:
    """Undo what a command says to the logger, so that no test hears of another."""
    yield
    log = logging.getLogger("gmmfit")
    log.handlers, log.propagate = [], True
    log.setLevel(logging.NOTSET)
