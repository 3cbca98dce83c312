"""Lines of text that are aligned, and numbers as text, for results that a person reads on a terminal."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from gmmfit.text import escaped

DIGITS = 6
# How wide a text is where nobody says how wide the terminal is.
WIDTH = 80
# Digits of a number in which it is written out; beyond, as a power of ten.
WRITTEN_OUT = 15


def wrapped(sentence: str, width: int) -> list[str]:
    """A sentence in lines of a width, those after the first indented."""
    return textwrap.wrap(sentence, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def in_blocks(names: list[str], components: Sequence[list[list[str]]], width: int) -> list[str]:
    """Components side by side, as many as the width holds; the others below them."""
    lines: list[str] = []
    rest = list(components)
    while rest:
        n = 1
        while n < len(rest) and len(side_by_side(names, rest[: n + 1])[0]) <= width:
            n += 1
        lines += [*([""] if lines else []), *side_by_side(names, rest[:n])]
        rest = rest[n:]
    return lines


def side_by_side(names: list[str], components: Sequence[list[list[str]]]) -> list[str]:
    """Components side by side, each with its columns of cells, after the names of the rows."""
    width = max(map(len, names))
    numbers = flush_right([column for component in components for column in component])
    return [f"{name.ljust(width)}  {line}".rstrip() for name, line in zip(names, numbers, strict=True)]


def flush_right(columns: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns of cells, each flush right."""
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]


def aligned(table: dict[str, list[Any]], digits: int) -> list[str]:
    """Lines of a table whose numbers have so many significant digits, its columns flush right."""
    return flush_right(
        [[escaped(name), *(cell_text(value, digits) for value in values)] for name, values in table.items()]
    )


def cell_text(value: Any, digits: int) -> str:
    """A value as it stands in a table to look at."""
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def numbers_as_text(values: Sequence[float], errors: Sequence[float], digits: int) -> list[str]:
    """Numbers with as many decimals each: so many digits of the largest, and two of the smallest standard error.

    Where that would leave nothing of the smallest number, each has its own.
    """
    powers = [power_of_ten(value) for value in values if value]
    largest, smallest = max(powers, default=0), min(powers, default=0)
    decimals = max([digits - 1 - largest, *(1 - power_of_ten(error) for error in errors if error > 0)])
    if largest - smallest >= digits or decimals + largest >= WRITTEN_OUT or not -6 < largest < WRITTEN_OUT:
        return [f"{value:.{digits}g}" for value in values]
    return [f"{value:.{max(0, decimals)}f}" for value in values]


def errors_as_text(errors: Sequence[float], held: bool, tied: bool) -> list[str]:
    """Standard errors to two digits; none where all are 0, as that of the weight of a single component.

    held says that all are held, and tied that those may be whose error is 0.
    """
    if held:
        return ["held"] * len(errors)
    if not any(errors) and (not tied or len(errors) == 1):
        return []
    if tied and errors and min(errors) == 0:
        kept = errors_as_text([error for error in errors if error], held, tied)
        return [kept.pop(0) if error else "held" for error in errors]
    return [
        f"{error:.{max(0, 1 - power_of_ten(error))}f}" if 1e-9 < error < 1e9 else f"{error:.2g}" for error in errors
    ]


def intervals_as_text(intervals: Sequence[Any], errors: Sequence[float]) -> list[str]:
    """Intervals as text, to as many decimals as standard errors have; nothing for what is held."""
    return [
        f"{as_precise_as_error(low, error)} to {as_precise_as_error(high, error)}" if error else ""
        for (low, high), error in zip(intervals, errors, strict=False)
    ]


def as_precise_as_error(value: float, error: float) -> str:
    """A number to two digits of its standard error."""
    decimals = max(0, 1 - power_of_ten(error))
    written_out = decimals < WRITTEN_OUT and abs(value) < 10**WRITTEN_OUT
    return f"{value:.{decimals}f}" if written_out else f"{value:.{DIGITS}g}"


def power_of_ten(number: float) -> int:
    """The power of ten of a number's first digit."""
    return math.floor(math.log10(abs(number)))
