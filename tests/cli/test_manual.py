"""The manual pages say what the commands' help says."""

import importlib.util
import re
from typing import Any

import click
import pytest

from gmmfit.cli.main import COMMANDS, gmmfit
from tests.samples import ROOT


def made() -> dict[str, str]:
    """The manual pages, as a build of the package makes them."""
    spec = importlib.util.spec_from_file_location("manual", ROOT / ".ci" / "manual.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[str, str] = module.pages("9.9.9")
    return pages


PAGES = made()


def test_each_command_has_a_page() -> None:
    assert list(PAGES) == ["gmmfit", *(f"gmmfit-{name}" for name in COMMANDS)]
    for name in COMMANDS:
        assert f"gmmfit-{name}(1)" in PAGES["gmmfit"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    command = gmmfit.get_command(click.Context(gmmfit), name)
    assert command is not None
    page = PAGES[f"gmmfit-{name}"].replace("\\-", "-")
    for parameter in command.params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ["[DATA]"]:
            assert option in page


def test_options_stand_in_the_sections_of_the_help() -> None:
    headings = re.findall(r"^\.SS (.*)", PAGES["gmmfit-fit"], re.MULTILINE)
    assert headings == [
        "Model",
        "Inits",
        "Stopping",
        "Evidence",
        "Many fits",
        "Output",
        "Reading the table",
        "What is known of a row",
        "Messages",
    ]
    assert all(".SH EXIT STATUS" in page for page in PAGES.values())


def test_no_line_is_taken_for_a_request() -> None:
    for page in PAGES.values():
        requests = set(re.findall(r"^\.([A-Za-z]+)", page, re.MULTILINE))
        assert requests <= {"TH", "SH", "SS", "PP", "TP", "B", "nf", "fi"}
        assert "\x08" not in page


def test_the_same_version_has_the_same_pages() -> None:
    assert made() == PAGES
    assert '"gmmfit 9.9.9"' in PAGES["gmmfit"]


@pytest.mark.parametrize("name", ["gmmfit", *(f"gmmfit-{name}" for name in COMMANDS)])
def test_a_page_begins_with_a_header_as_man_has_it(name: str) -> None:
    assert PAGES[name].splitlines()[0] == f'.TH "{name.upper()}" "1" "" "gmmfit 9.9.9" "gmmfit manual"'
