"""How a table is to be read, and what in it is a number, or missing."""

from dataclasses import dataclass

from gmmfit.text import NUMBER

# What is read as missing, besides an empty or blank cell and what --na adds.
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "<NA>", "#N/A")


@dataclass(frozen=True)
class Reading:
    """How to read a table; the names are those of the options. Names for the columns are for a table without header."""

    sheet: str | None = None
    header_row: int | None = None
    no_header: bool = False
    names: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str = "."
    encoding: str | None = None
    na: tuple[str, ...] = ()
    invalid: str = "error"
    input_format: str | None = None
    censored: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "no_header", self.no_header or bool(self.names))

    @property
    def missing_texts(self) -> frozenset[str]:
        """The texts that mean a missing value."""
        return frozenset(("", *MISSING, *self.na))

    @property
    def missing_numbers(self) -> frozenset[float]:
        """The numbers that mean a missing value, however they are written."""
        return frozenset(float(text) for text in self.na if NUMBER.fullmatch(text))
