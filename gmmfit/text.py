"""Text from files, as messages, tables and pictures show it."""

import itertools
import re
from collections.abc import Iterable

# How much of a text is shown, and how many names.
SHOWN_LENGTH = 80
SHOWN_NAMES = 20
NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
INVISIBLE = re.compile("[\ufeff\u200b\u200e\u200f\u2060]")
LIMIT = re.compile(r"([<>≤≥])=?\s*([^\s<>≤≥=].*)")


def escaped(text: str) -> str:
    """Text from a file that is safe on a terminal: what doesn't print is escaped, what is long is cut."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: SHOWN_LENGTH + 1])
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def shown(cell: object) -> str:
    """A cell or name from a file, quoted, as messages show it."""
    return f"'{escaped(str(cell))}'"


def folded(text: str) -> str:
    """A text with one blank in place of several of any kind, and none at its ends.

    >>> folded("\\ufeffHeight\\n (cm)\\u00a0")
    'Height (cm)'
    """
    return " ".join(INVISIBLE.sub("", text).split())


def is_unicode(text: str) -> bool:
    """Whether a text can be written: halves of characters, which stand for broken ones, can't.

    >>> is_unicode("größe"), is_unicode("\\udcff")
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed(names: Iterable[str]) -> str:
    """Names from a file, the first of them, as messages list them."""
    first = list(itertools.islice(names, SHOWN_NAMES + 1))
    return ", ".join(
        [*(escaped(name) or "''" for name in first[:SHOWN_NAMES]), *(["…"] if len(first) > SHOWN_NAMES else [])]
    )


def position_of(text: str, n: int) -> int | None:
    """The position from 0 that a text names from 1, among n; None if it names none.

    >>> position_of("2", 3), position_of("4", 3), position_of("-1", 3)
    (1, None, None)
    """
    is_whole = text.isascii() and text.isdigit() and len(text) <= len(str(n))
    return int(text) - 1 if is_whole and 1 <= int(text) <= n else None


def rows_said(n: int) -> str:
    """So many rows, in words.

    >>> rows_said(1), rows_said(2)
    ('1 row', '2 rows')
    """
    return "1 row" if n == 1 else f"{n} rows"


def limit_of(text: str) -> tuple[int, str] | None:
    """The sign and the number of a text that is a limit: -1 where the value lies below it, 1 above; None for others.

    >>> limit_of("<0.5"), limit_of("≥ 40"), limit_of("40")
    ((-1, '0.5'), (1, '40'), None)
    """
    found = LIMIT.fullmatch(text.strip())
    return None if found is None else (-1 if found[1] in "<≤" else 1, found[2])
