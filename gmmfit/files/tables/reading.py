"""How a table is to be read, and what in it is a number, or missing."""

from dataclasses import dataclass

from gmmfit.errors import ArgumentError
from gmmfit.text import NUMBER

# What is read as missing, besides an empty or blank cell and what --na adds.
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A")
# Between groups of three digits `space` is a blank of any kind; as a delimiter a run of blanks is one.
SPACE = "space"


@dataclass(frozen=True)
class Reading:
    """How to read a table; the names are those of the options. Names for the columns are for a table without header.

    Without quotes, `quote` is the empty text.
    """

    sheet: str | None = None
    header_row: int | None = None
    last_row: int | None = None
    comment: str | None = None
    visible: bool = False
    no_header: bool = False
    names: tuple[str, ...] = ()
    delimiter: str | None = None
    quote: str = '"'
    decimal: str = "."
    thousands: str | None = None
    strip: tuple[str, ...] = ()
    encoding: str | None = None
    na: tuple[str, ...] = ()
    invalid: str = "error"
    input_format: str | None = None
    censored: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "no_header", self.no_header or bool(self.names))
        if self.thousands == self.decimal:
            other = "," if self.decimal == "." else "."
            raise ArgumentError(f"`thousands` and `decimal` are both '{self.decimal}': say `decimal` {other} too")

    @property
    def numbers_are_plain(self) -> bool:
        """Whether a number has no signs but its own and a decimal one."""
        return self.thousands is None and not self.strip

    @property
    def missing_texts(self) -> frozenset[str]:
        """The texts that mean a missing value."""
        return frozenset(("", *MISSING, *self.na))

    @property
    def missing_numbers(self) -> frozenset[float]:
        """The numbers that mean a missing value, however they are written."""
        return frozenset(float(text) for text in self.na if NUMBER.fullmatch(text))
