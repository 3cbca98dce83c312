"""Options, declared as their help shows them; those that commands share, each written once; and help in sections."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from gmmfit.cli.complete import FILE, columns, sheets
from gmmfit.cli.kinds import Delimiter, Ends, Mark, Names, Numbers, Quote, Steps, Text
from gmmfit.fitting.settings import MISSING, Settings
from gmmfit.text import escaped, is_unicode

F = TypeVar("F", bound=Callable[..., Any])
DEFAULTS = asdict(Settings())


class SectionedCommand(click.Command):
    """A command whose help lists its options under the section that each was given, and that takes no value twice."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take up the arguments; a usage error where an option of one value was given several."""
        args = _with_own_values(args, [one for one in self.params if isinstance(one, OptionalValue)])
        _, _, order = self.make_parser(ctx).parse_args([*args])
        for parameter, times in Counter(order).items():
            is_single = isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)
            if is_single and times > 1:
                raise click.UsageError(f"{max(parameter.opts, key=len)} is given {times} times: give it once", ctx)
        return super().parse_args(ctx, args)

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


class OptionalValue(SectionedOption):
    """An option whose value may be left out. What follows it is taken for its value only where `is_value` says so."""

    def __init__(self, *args: Any, is_value: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, is_flag=False, **kwargs)
        self.is_value = is_value


def _with_own_values(args: list[str], options: list[OptionalValue]) -> list[str]:
    """The arguments, in which such an option that has no value has the default one written out."""
    kept = list[str]()
    for at, argument in enumerate(args):
        following = args[at + 1] if at + 1 < len(args) else ""
        if argument == "--":
            return kept + args[at:]
        own = next((option for option in options if argument in option.opts), None)
        is_bare = own is not None and not own.is_value(following)
        kept.append(f"{argument}={own.flag_value}" if own is not None and is_bare else argument)
    return kept


def option(
    section: str, declared: str, help: str, type: Any = None, cls: Any = SectionedOption, **settings: Any
) -> Callable[[F], F]:
    """A click option in a section of the help, declared as it is typed, such as "-k --components K".

    Where Settings has a default for it, that is its own unless another is given; nothing else has to be said of it.
    """
    *names, last = declared.split()
    metavar = None if last.startswith("-") else last
    names += [] if metavar else [last]
    name = names[-1].partition("/")[0].lstrip("-").replace("-", "_")
    if name in DEFAULTS and "default" not in settings:
        default = DEFAULTS[name]
        settings |= {"default": default, "show_default": default not in (None, ())}
    return click.option(*names, cls=cls, section=section, help=help, type=type, metavar=metavar, **settings)


def flag(section: str, declared: str, help: str) -> Callable[[F], F]:
    """An option without a value."""
    return option(section, declared, help, is_flag=True)


def one_of(names: Iterable[str]) -> click.Choice[str]:
    """A choice among names, in capitals or not."""
    return click.Choice(list(names), case_sensitive=False)


def combined(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which they are listed."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def joined_values(ctx: click.Context, param: click.Parameter, values: tuple[tuple[Any, ...], ...]) -> Any:
    """The numbers or names of a repeated option in one tuple; None if it wasn't given."""
    return tuple(item for value in values for item in value) or None


def numbers_option(section: str, declared: str, help: str, default: tuple[float, ...] = ()) -> Callable[[F], F]:
    """An option of several numbers, repeatable; without a default None if it isn't given."""
    settings: dict[str, Any] = {}
    if default:
        settings, help = (
            {"default": [default], "show_default": False},
            f"{help} [default: {','.join(map(str, default))}]",
        )
    return option(section, declared, help, Numbers(), multiple=True, callback=joined_values, **settings)


TABLE = "A CSV, TSV, spreadsheet, JSON or Parquet file, compressed or not"


def data_argument(nothing: str = "standard input for - or nothing") -> Callable[[F], F]:
    """The table that a command reads; `nothing` says what happens without one."""
    return click.argument("data", required=False, type=FILE, metavar="[DATA]", help=f"{TABLE}; {nothing}.")


def tables_argument() -> Callable[[F], F]:
    """The tables that a command reads."""
    several = "several are pooled, or fitted each --by file"
    return click.argument(
        "data", nargs=-1, type=FILE, metavar="[DATA]...", help=f"{TABLE}; standard input for - or nothing; {several}."
    )


def option_name(name: str) -> str:
    """A parameter as it is typed."""
    return "DATA" if name == "data" else "--" + name.replace("_", "-")


READING, KNOWN = "Reading the table", "What is known of a row"
known_options = combined(
    option(
        KNOWN,
        "--rounded STEP",
        "Values are rounded to STEP, and stand for intervals of that width; auto: the step that all are multiples of.",
        Steps(),
        default=None,
    ),
    option(
        KNOWN,
        "--interval LOW,HIGH",
        "In place of -c: the columns with the ends of an interval; an empty cell is no end.",
        Names(),
        default=None,
    ),
    option(KNOWN, "--name NAME", "What to call the column of --interval. [default: LOW to HIGH]", default=None),
    flag(KNOWN, "--censored", "Cells such as <0.5 or > 40 are limits beyond which the value lies."),
    option(
        KNOWN,
        "--truncated LOW,HIGH",
        "The table has only rows between LOW and HIGH; one may be left out: 0, or ,40",
        Ends(),
        default=None,
    ),
    option(
        KNOWN,
        "--errors COLUMN",
        "Known sds of measurement errors, a column or a number; one for each fitted column.",
        Names(),
        default=None,
        shell_complete=columns,
    ),
    option(
        KNOWN,
        "--labels COLUMN",
        "Rows with a label are of that component, the others may be of any.",
        default=None,
        shell_complete=columns,
    ),
    option(
        KNOWN,
        "--label-names A,B,..",
        "The labels in the order of the components. [default: alphabetical]",
        Names(),
        default=(),
    ),
)
reading_options = combined(
    option(
        READING,
        "-c --column NAME",
        "Column by header, position from 1, or /regex/; repeat or separate by commas for several. "
        "[default: the only numeric column; under a model the model's]",
        multiple=True,
        shell_complete=columns,
    ),
    option(
        READING,
        "-s --sheet NAME",
        "Sheet of a workbook, by name, or position among those that are seen. [default: first that is seen]",
        shell_complete=sheets,
    ),
    option(
        READING,
        "--header-row N",
        "Row that holds the names. [default: first that isn't empty]",
        click.IntRange(min=1),
    ),
    option(READING, "--last-row N", "The last row of the table. [default: the last]", click.IntRange(min=1)),
    option(READING, "--comment TEXT", "Leave out lines that begin with TEXT.", Text()),
    flag(READING, "--visible", "Leave out the rows that a workbook hides."),
    flag(READING, "-H --no-header", "The first row is data; columns are called 1, 2, 3 …"),
    option(
        READING,
        "--names A,B,..",
        "Names for the columns of a table without header (implies --no-header).",
        Names(),
        default=(),
    ),
    option(
        READING,
        "-d --delimiter CHAR",
        "A character, or comma, semicolon, tab, pipe, space (runs of blanks). [default: what fits the first lines]",
        Delimiter(),
    ),
    option(READING, "--quote CHAR", 'Sign of quotes; none: quotes are letters. [default: "]', Quote(), default='"'),
    option(READING, "--decimal", "Decimal sign.", one_of([".", ","]), default=".", show_default=True),
    option(READING, "--thousands", "Sign between groups of three digits.", one_of([",", ".", "'", "space"])),
    option(READING, "--strip TEXT", "Take TEXT off numbers, such as $ or %; repeatable.", Mark(), multiple=True),
    option(READING, "--encoding NAME", "cp1252, gb18030 … [default: utf-8; a byte-order mark wins]"),
    option(READING, "--na TEXT", "Also read TEXT as missing; repeatable.", multiple=True),
    option(READING, "--missing", "Rows with missing values; use: what is there of them.", one_of(MISSING)),
    option(
        READING,
        "--invalid",
        "Values that are not numbers, lines with a wrong number of fields.",
        one_of(["error", "drop"]),
        default="error",
        show_default=True,
    ),
    option(
        READING,
        "--row-weights COLUMN",
        "Whole numbers: counts, n is their sum. Others: relative, scaled to sum to the rows.",
        shell_complete=columns,
    ),
    option(
        READING,
        "--row-sds COLUMN",
        "Known sd of each row: a fit weighted by 1/sd², whose sds still have these errors in them.",
        shell_complete=columns,
    ),
    option(
        READING,
        "--input-format",
        "[default: from the content]",
        one_of(["csv", "tsv", "xlsx", "json", "parquet"]),
    ),
    known_options,
)


def output_options(formats: Iterable[str], default: str, extensions: str) -> Callable[[F], F]:
    """Where the result goes, and how."""
    section = "Output"
    return combined(
        option(section, "-o --output FILE", f"Write there, as {extensions} says. [default: stdout]", FILE),
        option(section, "-f --format", f"[default: {default}]", one_of(formats)),
        option(section, "--digits N", "Significant digits. [default: all]", click.IntRange(1, 17)),
        flag(section, "--bom", "Begin CSV with a byte-order mark, for Excel."),
        flag(section, "--excel-safe", "Put a ' before text in CSV that Excel would run."),
    )


SEED = click.IntRange(0, 2**53 - 1)  # that every reader of JSON keeps
QUIET = flag("Messages", "-q --quiet", "Say nothing but errors.")
VERBOSE = flag("Messages", "-v --verbose", "Say more: what was read, every start, every iteration.")
