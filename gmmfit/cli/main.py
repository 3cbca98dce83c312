"""gmmfit: the group of commands, and the one place where an error becomes a line and an exit status."""

import errno
import os
import sys
from importlib import import_module
from typing import Any

import click

from gmmfit.cli.messages import in_options
from gmmfit.errors import ArgumentError, GmmfitError

COMMANDS = ("fit", "simulate", "score", "plot")
# Exit statuses beside click's own: 0 done, 1 refused, 2 the command line is wrong.
READER_WENT_AWAY = 141
# Why standard output may take no more, whoever writes.
UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
# Where numpy's matrix products look how many threads to take, before it is imported. The blocks are small, so that one
# is as fast as two in up to ten columns, and with several the last digits would depend on their number.
THREAD_COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Refusal(click.ClickException):
    """A GmmfitError as click knows errors, with the command that it ended."""

    def __init__(self, message: str, ctx: click.Context) -> None:
        super().__init__(message)
        self.ctx = ctx


class Commands(click.Group):
    """The commands, each loaded when it is called, so that help and errors come at once."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GmmfitError as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "")
            path = click.Context(command, ctx, ctx.invoked_subcommand) if command else ctx
            wrong = click.UsageError if isinstance(error, ArgumentError) else Refusal
            raise wrong(str(error), path) from None
        except BrokenPipeError:  # the reader of a pipe has what it wanted
            raise click.exceptions.Exit(READER_WENT_AWAY) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"gmmfit.cli.{cmd_name}"), cmd_name)
        return command


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    import platform
    from importlib.metadata import version

    from gmmfit.version import __version__

    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "click", "openpyxl"))
    click.echo(f"gmmfit {__version__}\npython {platform.python_version()}, {libraries}")
    ctx.exit()


@click.group(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of gmmfit and what it runs on.",
)
def gmmfit() -> None:
    """Fit Gaussian mixtures to columns of a table.

    \b
    gmmfit fit heights.xlsx --column height -k 2
    gmmfit fit heights.csv -c height -k 1-6 -o model.json --plot fit.png
    gmmfit score heights.csv -m model.json > scored.csv
    gmmfit simulate --weights .4,.6 --means 165,178 --sds 6,7 -n 1000 -c height

    Each command has its own --help. So that Tab completes commands, options, and the columns of a table, in bash
    (and with zsh_source, fish_source or powershell_source in those):

    \b
    eval "$(_GMMFIT_COMPLETE=bash_source gmmfit)"
    """


def main() -> None:
    """Run the command line and end the process with its status."""
    os.environ.update(dict.fromkeys(THREAD_COUNTS, "1"))
    status = run(sys.argv[1:])
    lost = status == READER_WENT_AWAY
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        status, lost = READER_WENT_AWAY, True
    except OSError:  # which was said when it was written to first
        status, lost = status or 1, True
    if lost:
        # What is still buffered has nowhere to go; without this, Python would complain of it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status; errors are said on stderr."""
    try:
        result: Any = gmmfit.main(arguments, prog_name="gmmfit", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        context: click.Context | None = getattr(error, "ctx", None)
        # Where an option lacks its value, click doesn't say of which command.
        path = (
            context.command_path
            if context
            else " ".join(["gmmfit", *(argument for argument in arguments[:1] if argument in COMMANDS)])
        )
        hint = f"\n  See: {path} --help" if isinstance(error, click.UsageError) else ""
        click.echo(f"{path}: error: {in_options(error.format_message())}{hint}", err=True)
        return error.exit_code
    except OSError as error:  # help, and the version, are written by click
        if error.errno not in UNWRITTEN:
            raise
        click.echo(f"gmmfit: error: can't write: {error.strerror}", err=True)
        return 1
    return result if isinstance(result, int) else 0
