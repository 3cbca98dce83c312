"""The commands and the functions are two doors to one thing."""

import inspect
from collections.abc import Callable
from typing import Any

import click
import pytest

import gmmfit
from gmmfit.cli.fit import fit
from gmmfit.cli.main import gmmfit as gmmfit_group
from gmmfit.cli.options import SectionedOption
from gmmfit.cli.plot import plot
from gmmfit.cli.score import score
from gmmfit.cli.simulate import simulate
from gmmfit.files.tables.reading import Reading
from gmmfit.fitting.settings import Settings

COMMANDS: list[click.Command] = [fit, simulate, score, plot]
# Each function, and what it takes that its command has no option for: callbacks, and what a model file says by itself.
DOORS: list[tuple[click.Command, Callable[..., Any], set[str]]] = [
    (fit, gmmfit.fit, {"on_step", "report_progress"}),
    (fit, gmmfit.fit_many, {"options", "report_progress"}),
    (simulate, gmmfit.simulate, set()),
    (score, gmmfit.score, {"n_parameters"}),
    (plot, gmmfit.plot, set()),
]


def option_names(command: click.Command) -> set[str]:
    return {parameter.name or "" for parameter in command.params}


@pytest.mark.parametrize(("command", "function", "python_only"), DOORS)
def test_every_parameter_of_the_function_is_an_option_of_the_command(
    command: click.Command, function: Callable[..., Any], python_only: set[str]
) -> None:
    assert set(inspect.signature(function).parameters) - option_names(command) == python_only


def plain(default: Any) -> Any:
    """A default as both doors say it: a command has a tuple where more may be given, and None for no file."""
    [one] = default if isinstance(default, tuple) and default else [default]
    return None if one is False or one == () else one


@pytest.mark.parametrize(("command", "function", "python_only"), DOORS)
def test_options_have_the_defaults_of_the_function(
    command: click.Command, function: Callable[..., Any], python_only: set[str]
) -> None:
    needed = {"data", "model"}  # has none
    options = command.make_context("", ["-m", "model"] if command in (simulate, score) else ["data"]).params
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in needed | python_only:
            assert plain(options[name]) == plain(parameter.default), name


def test_defaults_are_those_of_settings() -> None:
    parameters = inspect.signature(gmmfit.fit).parameters
    settings = {name: getattr(Settings(), name) for name in Settings.__dataclass_fields__}
    assert {name: parameters[name].default for name in settings} == settings


def test_every_command_that_reads_a_table_has_every_option_of_reading() -> None:
    for command in (fit, score, plot):
        assert set(Reading.__dataclass_fields__) <= option_names(command)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_stands_in_a_section_and_is_explained(command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert isinstance(parameter, SectionedOption)
            assert parameter.help


def test_an_option_has_one_name_one_spelling_and_as_many_values_in_every_command() -> None:
    met: dict[str, object] = {}
    drawn = {"labels", "label_names"}  # of what simulate draws, not of what a table has
    for parameter in (
        one for command in COMMANDS for one in command.params if command is not simulate or one.name not in drawn
    ):
        multiple = parameter.multiple and parameter.name not in ("model", "by")  # of score and of fit there are several
        nargs = 1 if parameter.name == "data" else parameter.nargs  # fit takes several
        traits = (parameter.name, parameter.opts, nargs, multiple, getattr(parameter, "is_flag", 0))
        for spelling in (*parameter.opts, parameter.name or ""):
            assert met.setdefault(spelling, traits) == traits


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_is_80_columns_wide_and_begins_with_an_example(command: click.Command) -> None:
    context = click.Context(command, click.Context(gmmfit_group, info_name="gmmfit"), command.name, terminal_width=None)
    text = context.get_help()
    assert max(map(len, text.splitlines())) <= 80
    assert f"\n  gmmfit {command.name} " in text.split("Positional arguments")[0].split("\n\n", 1)[1]


@pytest.mark.parametrize(
    ("typed", "data", "address"),
    [
        (["--dask", "parts"], ("parts",), "local"),
        (["--dask", "tcp://a:1", "parts"], ("parts",), "tcp://a:1"),
        (["--dask", "here:8786", "parts"], ("parts",), "here:8786"),
        (["--dask=anything", "parts"], ("parts",), "anything"),
        (["parts", "--dask"], ("parts",), "local"),
        (["--dask", "-k", "2", "parts"], ("parts",), "local"),
        (["parts", "--", "--dask", "b"], ("parts", "--dask", "b"), None),
        ([], (), None),
    ],
)
def test_an_address_is_told_from_a_table(typed: list[str], data: tuple[str, ...], address: str | None) -> None:
    context = fit.make_context("fit", [*typed], resilient_parsing=True)
    assert (context.params["data"], context.params["dask"]) == (data, address)
