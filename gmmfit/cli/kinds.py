"""The kinds of values that options take, beside those of click."""

import math
from typing import Any

import click

# A range of more is a slip of the hand.
MOST_COUNTS, MOST_DIGITS = 1000, 15


# A number among others that is left to be found.
NOT_GIVEN = "NA"


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers separated by commas or spaces."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            plain = value if value.isascii() and "_" not in value else ""
            pieces = plain.replace(",", " ").split()
            numbers = tuple(math.nan if piece == NOT_GIVEN else float(piece) for piece in pieces)
        except ValueError:
            numbers = ()
        if not numbers:
            self.fail(f"{value!r} is not a list of numbers such as 165,177.5 or 0.5", param, ctx)
        return numbers


class Counts(click.ParamType[tuple[int, ...]]):
    """A whole number, at least so much, or several: a range such as 1-6, a list such as 1,2,4."""

    name = "counts"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if not isinstance(value, str):
            return tuple(value)
        counts: list[int] = []
        for piece in value.split(","):
            low, dash, high = piece.strip().partition("-")
            first, last = _count(low), _count(high if dash else low)
            if not self.least <= first <= last < first + MOST_COUNTS:
                self.fail(f"{value!r} is not a number, a range such as 1-6, or a list such as 1,2,4", param, ctx)
            counts += range(first, last + 1)
        return tuple(counts)


def _count(text: str) -> int:
    """The whole number that a text of a few digits is; -1 for any other."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1


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


class Quote(click.ParamType[str]):
    """The sign of quotes, or none."""

    name = "char"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in ("none", ""):
            return ""
        if len(value) != 1 or not value.isascii() or value in "\n\r\0":
            self.fail(f"{value!r} is not one character, nor none", param, ctx)
        return str(value)


class Text(click.ParamType[str]):
    """A text that isn't empty."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("it is empty", param, ctx)
        return str(value)


class Mark(Text):
    """A text beside numbers that is no part of one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if any(letter.isdigit() or letter in "+-−–.,()" for letter in str(value)):
            self.fail(f"{value!r} holds what numbers are made of", param, ctx)
        return super().convert(value, param, ctx)


class Steps(click.ParamType[tuple[Any, ...]]):
    """Rounding steps separated by commas: positive numbers, or auto."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        if not isinstance(value, str):
            return tuple(value)
        pieces = [piece.strip() for piece in value.split(",")]
        return tuple("auto" if piece == "auto" else Numbers().convert(piece, param, ctx)[0] for piece in pieces)


class Ends(click.ParamType[tuple[float | None, float | None]]):
    """Two ends separated by a comma, either of which may be left out."""

    name = "ends"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | None, float | None]:
        if not isinstance(value, str):
            low, high = value
            return low, high
        if value.count(",") != 1:
            self.fail(f"{value!r} is not two ends such as 0,40, of which one may be left out: 0, or ,40", param, ctx)
        low, high = (Numbers().convert(end, param, ctx)[0] if end.strip() else None for end in value.split(","))
        return low, high
