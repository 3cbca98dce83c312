"""Printed texts, compared as far as they are the same on every processor."""

import re

NUMBER = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")
DIGITS = 10
# How many starts came to a peak of a search, or to the floor: one next to the ridge between two may go either way.
STARTS = re.compile(r'(?<=\d )\(\d+\)|\d+(?=\s+on\s+the\s+floor)|(?<="starts": )\d+|(?<="on_floor": )\d+')


def on_any_processor(text: str) -> str:
    """A text with its fractions cut to ten digits, for the last ones are up to the processor, and without STARTS.

    >>> on_any_processor("2 rows: -3369.6259009701066. Peaks 1.5 (43), 8 on the floor")
    '2 rows: -3369.625901. Peaks 1.5 …, … on the floor'
    """
    return NUMBER.sub(_cut, STARTS.sub("…", text))


def _cut(number: re.Match[str]) -> str:
    digits = re.sub(r"e.*|\D", "", number[0])
    return f"{float(number[0]):.{DIGITS}g}" if len(digits) > DIGITS else number[0]
