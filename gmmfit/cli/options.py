"""Options that commands share, each written once; their kinds; and help in sections."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmmfit.cli.complete import FILE, columns, sheets
from gmmfit.cli.messages import is_terminal
from gmmfit.text import escaped, is_unicode

if TYPE_CHECKING:
    from gmmfit.files.results.writers import Style
    from gmmfit.files.tables.cells import Reading
    from gmmfit.files.tables.sources import Source, Watch
    from gmmfit.files.tables.table import Table

# A range of more is a slip of the hand.
MOST_COUNTS, MOST_DIGITS = 1000, 15

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]


class SectionedCommand(click.Command):
    """A command whose help lists its options under the section that each was given."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections.setdefault(getattr(parameter, "section", "Messages"), []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)


class SectionedOption(click.Option):
    """An option that stands in a section of its command's help."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> Any:
        """What click adds to the help, without the ranges of numbers: those speak up when they are left."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, whose texts are whole; paths alone may be any bytes."""
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str) and not isinstance(self.type, click.Path) and not is_unicode(text):
                raise click.BadParameter(
                    f"'{escaped(text)}' is not Unicode, a character is broken: write it in UTF-8", ctx, self
                )
        return super().type_cast_value(ctx, value)


def one_of(names: Iterable[str]) -> click.Choice[str]:
    """A choice among names, in capitals or not."""
    return click.Choice(list(names), case_sensitive=False)


def option(section: str, *names: str, **settings: Any) -> Callable[[F], F]:
    """A click option in a section of the help."""
    return click.option(*names, cls=SectionedOption, section=section, **settings)


def together(decorators: Iterable[Callable[[Any], Any]]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which they are listed."""

    def decorate(function: F) -> F:
        for decorator in reversed(list(decorators)):
            function = decorator(function)
        return function

    return decorate


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers separated by commas or spaces."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            plain = value if value.isascii() and "_" not in value else ""
            numbers = tuple(float(piece) for piece in plain.replace(",", " ").split())
        except ValueError:
            numbers = ()
        if not numbers:
            self.fail(f"{value!r} is not a list of numbers such as 165,177.5", param, ctx)
        return numbers


class Counts(click.ParamType[tuple[int, ...]]):
    """A whole number, or several: a range such as 1-6, a list such as 1,2,4."""

    name = "counts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if not isinstance(value, str):
            return tuple(value)
        counts: list[int] = []
        for piece in value.split(","):
            low, dash, high = piece.strip().partition("-")
            first, last = _count(low), _count(high if dash else low)
            if not 0 < first <= last < first + MOST_COUNTS:
                self.fail(f"{value!r} is not a number, a range such as 1-6, or a list such as 1,2,4", param, ctx)
            counts += range(first, last + 1)
        return tuple(counts)


def _count(text: str) -> int:
    """The whole number that a text of a few digits is; 0 for any other."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else tuple(value)


class Delimiter(click.ParamType[str]):
    """A character, or its name."""

    name = "char"
    NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}  # noqa: RUF012

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        character = self.NAMES.get(value, value)
        if len(character) != 1 or not character.isascii() or character in '"\n\r\0':
            self.fail(f"{value!r} is not one character, nor one of {', '.join(self.NAMES)}", param, ctx)
        return str(character)


def flattened(ctx: click.Context, param: click.Parameter, values: tuple[tuple[Any, ...], ...]) -> Any:
    """The numbers or names of a repeated option in one tuple; None if it wasn't given."""
    return tuple(item for value in values for item in value) or None


def numbers_option(section: str, name: str, metavar: str, help: str) -> Callable[[F], F]:
    """An option of several numbers, repeatable, None if it isn't given."""
    return option(section, name, type=Numbers(), multiple=True, callback=flattened, metavar=metavar, help=help)


def data_argument(nothing: str = "standard input for - or nothing") -> Callable[[F], F]:
    """The table that a command reads; `nothing` says what happens without one."""
    return click.argument(
        "data",
        required=False,
        type=FILE,
        metavar="[DATA]",
        help=f"A CSV, TSV, spreadsheet, JSON or Parquet file, compressed or not; {nothing}.",
    )


DATA = data_argument()

READING = "Reading the table"
reading_options = together(
    [
        option(
            READING,
            "-c",
            "--column",
            multiple=True,
            metavar="NAME",
            shell_complete=columns,
            help="Column by header, position from 1, or /regex/; repeat or separate by commas for several. "
            "[default: the only numeric column; under a model the model's]",
        ),
        option(
            READING,
            "-s",
            "--sheet",
            metavar="NAME",
            shell_complete=sheets,
            help="Sheet of a workbook, by name or position. [default: first]",
        ),
        option(
            READING,
            "--header-row",
            type=click.IntRange(min=1),
            metavar="N",
            help="Row that holds the names. [default: first that isn't empty]",
        ),
        option(READING, "-H", "--no-header", is_flag=True, help="The first row is data; columns are called 1, 2, 3 …"),
        option(
            READING,
            "--names",
            type=Names(),
            metavar="A,B,..",
            default=(),
            help="Names for the columns of a table without header (implies --no-header).",
        ),
        option(
            READING,
            "-d",
            "--delimiter",
            type=Delimiter(),
            metavar="CHAR",
            help="A character, or comma, semicolon, tab, pipe, space. [default: from the header line]",
        ),
        option(
            READING,
            "--decimal",
            type=one_of([".", ","]),
            default=".",
            show_default=True,
            help="Decimal sign.",
        ),
        option(
            READING, "--encoding", metavar="NAME", help="cp1252, gb18030 … [default: utf-8; a byte-order mark wins]"
        ),
        option(READING, "--na", multiple=True, metavar="TEXT", help="Also read TEXT as missing; repeatable."),
        option(
            READING,
            "--missing",
            type=one_of(["drop", "error"]),
            default="drop",
            show_default=True,
            help="Rows with missing values.",
        ),
        option(
            READING,
            "--invalid",
            type=one_of(["error", "drop"]),
            default="error",
            show_default=True,
            help="Values that are not numbers.",
        ),
        option(
            READING,
            "--row-weights",
            metavar="COLUMN",
            shell_complete=columns,
            help="Counts or other weights of the rows; n is their sum.",
        ),
        option(
            READING,
            "--row-sds",
            metavar="COLUMN",
            shell_complete=columns,
            help="Known sd of each row: rows weigh 1/sd², scaled to sum to their number.",
        ),
        option(
            READING,
            "--input-format",
            type=one_of(["csv", "tsv", "xlsx", "json", "parquet"]),
            help="[default: from the content]",
        ),
    ]
)


def output_options(formats: Iterable[str], default: str, extensions: str) -> Callable[[F], F]:
    """Where the result goes, and how."""
    section = "Output"
    return together(
        [
            option(
                section,
                "-o",
                "--output",
                type=FILE,
                metavar="FILE",
                help=f"Write there, as {extensions} says. [default: stdout]",
            ),
            option(
                section,
                "-f",
                "--format",
                "format_",
                type=one_of(formats),
                help=f"[default: {default}]",
            ),
            option(
                section,
                "--digits",
                type=click.IntRange(1, 17),
                metavar="N",
                help="Significant digits. [default: all]",
            ),
            option(section, "--bom", is_flag=True, help="Begin CSV with a byte-order mark, for Excel."),
            option(section, "--excel-safe", is_flag=True, help="Put a ' before text in CSV that Excel would run."),
        ]
    )


QUIET = option("Messages", "-q", "--quiet", is_flag=True, help="Say nothing but errors.")
VERBOSE = option("Messages", "-v", "--verbose", is_flag=True, help="Say more: what was read, every start.")


def as_typed(name: str) -> str:
    """A parameter as it is typed."""
    return "DATA" if name == "data" else "--" + name.rstrip("_").replace("_", "-")


def pop(options: dict[str, Any], *names: str) -> list[Any]:
    """Take options by their names out of all that were given."""
    return [options.pop(name) for name in names]


def take_style(ctx: click.Context, options: dict[str, Any], kind: str, no_header: bool = False) -> "Style":
    """How a table of a kind is written, taken out of `options`.

    Raises:
        UsageError: an option says nothing about the kind.
    """
    from gmmfit.files.results.writers import Style

    digits, bom, excel_safe = pop(options, "digits", "bom", "excel_safe")
    style = Style(digits, bom, no_header, excel_safe)
    for name, given in (("--bom", style.bom), ("--excel-safe", style.excel_safe)):
        if given and kind not in ("csv", "tsv"):
            raise click.UsageError(f"{name} is for csv and tsv, not for {kind}", ctx)
    if no_header and kind == "jsonl":
        raise click.UsageError("--no-header says nothing about jsonl, whose rows name their cells", ctx)
    return style


def read_data(ctx: click.Context, options: dict[str, Any], watch: "Watch | None" = None) -> "Table":
    """Begin to read DATA, or standard input, as the reading options say, which are taken out of `options`."""
    from gmmfit.files.tables.sources import read_table

    return read_table(*open_data(ctx, options, watch))


def open_data(ctx: click.Context, options: dict[str, Any], watch: "Watch | None" = None) -> "tuple[Source, Reading]":
    """DATA, or standard input, to be read as the reading options say, which are taken out of `options`."""
    from gmmfit.files.tables.cells import Reading
    from gmmfit.files.tables.sources import STDIN, Source

    path = options.pop("data")
    if path is None and (sys.stdin is None or is_terminal(sys.stdin)):
        raise click.UsageError("no DATA: name a file, or pipe a table in", ctx)
    reading = Reading(**{field.name: options.pop(field.name) for field in fields(Reading)})
    return ctx.with_resource(Source(STDIN if path is None else path, watch)), reading
