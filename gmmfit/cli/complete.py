"""What a shell offers when Tab is pressed: files, and the columns and sheets of the DATA that is typed already."""

import logging
import os
import shlex
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from gmmfit.files.tables.table import Table

# What a shell completes as a path; whether it can be read or written is found out, and said, when it is tried.
FILE = click.Path(readable=False)


def columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The columns of DATA whose names begin with what stands after the last comma."""
    typed, comma, begun = incomplete.rpartition(",")
    table = _table(ctx)
    names = [] if table is None else table.unique_names
    others = typed.split(",")
    return _offered([typed + comma + name for name in names if name.startswith(begun) and name not in others])


def sheets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sheets of DATA."""
    from gmmfit.errors import GmmfitError
    from gmmfit.files.tables.source import Source
    from gmmfit.files.workbooks.archive import WORKBOOKS
    from gmmfit.files.workbooks.workbook import sheet_names

    path = _data(ctx)
    if path is None:
        return []
    try:
        with Source(path) as source:
            names = sheet_names(source.read(), path) if source.peek().startswith(WORKBOOKS) else []
    except GmmfitError:  # there is nothing to offer, and a shell has no place for the reason
        return []
    return _offered([name for name in names if name.startswith(incomplete)])


def _offered(names: list[str]) -> list[CompletionItem]:
    """Names as a shell takes them up: bash as they are typed, the others quote them themselves."""
    bash = os.environ.get("_GMMFIT_COMPLETE", "").startswith("bash")
    # A name that doesn't print, or has lines, would be taken for more than a name.
    return [CompletionItem(shlex.quote(name) if bash else name) for name in names if name.isprintable()]


def _data(ctx: click.Context) -> str | None:
    """The file that DATA names. While an option's value is being typed, click hasn't taken the argument up."""
    logging.getLogger("gmmfit").setLevel(logging.CRITICAL)  # what is said of the file would stand in the line typed
    named = ctx.params.get("data") or tuple(ctx.args)
    path: str | None = named if isinstance(named, str) else next(iter(named), None)
    path = None if path is None or path == "-" else os.path.expanduser(path)
    return path if path is not None and os.path.isfile(path) else None  # a pipe would be waited for


def _table(ctx: click.Context) -> "Table | None":
    """The beginning of DATA, as the reading options that are typed already say; None if it can't be read."""
    from gmmfit.errors import GmmfitError
    from gmmfit.files.read_table import read_table
    from gmmfit.files.tables.reading import Reading
    from gmmfit.files.tables.source import Source

    path, options = _data(ctx), ctx.params
    if path is None:
        return None
    typed: dict[str, Any] = {field.name: options[field.name] for field in fields(Reading) if options.get(field.name)}
    try:
        with Source(path) as source:
            return read_table(source, Reading(**typed))
    except GmmfitError:
        return None
