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
from gmmfit.files.tables.cells import Reading
from gmmfit.fitting.settings import Settings

COMMANDS: list[click.Command] = [fit, simulate, score, plot]
# What a function takes and a command has no option for: callbacks, and what a model file says by itself.
PYTHON_ONLY = {"watch", "tell", "n_parameters", "candidates"}


def option_names(command: click.Command) -> set[str]:
    return {parameter.name or "" for parameter in command.params}


DOORS = [(fit, gmmfit.fit), (simulate, gmmfit.simulate), (score, gmmfit.score), (plot, gmmfit.plot)]


@pytest.mark.parametrize(("command", "function"), DOORS)
def test_every_parameter_of_the_function_is_an_option_of_the_command(
    command: click.Command, function: Callable[..., Any]
) -> None:
    assert set(inspect.signature(function).parameters) - PYTHON_ONLY <= option_names(command)


def test_defaults_are_those_of_settings() -> None:
    settings = Settings()
    given = fit.make_context("fit", ["data.csv"]).params
    for name in set(given) & set(settings.__dataclass_fields__):
        default = getattr(settings, name)
        assert given[name] in (default, (default,)) or (name == "history" and given[name] is None)  # no file
    for name, argument in inspect.signature(gmmfit.fit).parameters.items():
        if name in settings.__dataclass_fields__:
            assert argument.default == getattr(settings, name)


def test_every_reading_option_is_one_of_fit_and_score() -> None:
    for command in (fit, score):
        assert set(Reading.__dataclass_fields__) <= option_names(command)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_stands_in_a_section_and_is_explained(command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert isinstance(parameter, SectionedOption)
            assert parameter.help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_an_option_means_the_same_in_every_command(command: click.Command) -> None:
    short = {opt: parameter.name for other in COMMANDS for parameter in other.params for opt in parameter.opts}
    for parameter in command.params:
        for opt in parameter.opts:
            assert short[opt] == parameter.name


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_is_80_columns_wide_and_begins_with_an_example(command: click.Command) -> None:
    context = click.Context(command, click.Context(gmmfit_group, info_name="gmmfit"), command.name, terminal_width=None)
    text = context.get_help()
    assert max(map(len, text.splitlines())) <= 80
    assert f"\n  gmmfit {command.name} " in text.split("Positional arguments")[0].split("\n\n", 1)[1]
