"""The names of a table's columns, and those that are wanted among them."""

import difflib
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gmmfit.errors import ArgumentError, DataError
from gmmfit.text import escaped, folded, listed, position_of, shown

# The columns of a spreadsheet have letters up to three.
MOST_LETTERS = 3


@dataclass(frozen=True, eq=False)
class Columns:
    """The names in a header, of a table that messages call `where`.

    about_the_header says what may be wrong with it, as lines of a message; elsewhere tells where else a name stands.
    """

    names: tuple[str, ...]
    where: str
    about_the_header: Callable[[], str]
    elsewhere: Callable[[str], str | None]

    def choose(self, wanted: Sequence[str]) -> list[int]:
        """The positions, from 0, of the columns that are wanted: by header, position from 1, or /regex/.

        Each text is first tried whole, and then split at commas.

        Raises:
            DataError: a column is absent, ambiguous, or wanted twice.
        """
        chosen = []
        for text in wanted:
            pieces = [text] if self._named(text) or _is_pattern(text) else text.split(",")
            for piece in pieces:
                chosen.extend(self._positions(piece if self._named(piece) else piece.strip()))
        [(position, times)] = Counter(chosen).most_common(1)
        if times > 1:
            raise DataError(f"column {shown(self.names[position])} is named twice")
        return chosen

    @cached_property
    def unique(self) -> tuple[str, ...]:
        """The names in results: with its position where another has the same, which alone where there is no name."""
        times = Counter(self.names)
        numbered = enumerate(self.names, start=1)
        return tuple(
            name if name and times[name] == 1 else f"{name} ({at})" if name else str(at) for at, name in numbered
        )

    def listed(self, positions: Sequence[int] = ()) -> str:
        """The names of columns, of all by default, as messages show them."""
        return listed(self.names[position] for position in positions or range(len(self.names)))

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        """The positions, from 0, of each name in the header, and after these of each in results.

        A name that is none as it stands may be one without blanks of any kind, or as messages show it.
        """
        positions: dict[str, list[int]] = {}
        for position, name in enumerate(self.names):
            positions.setdefault(name, []).append(position)
        for position, name in enumerate(self.unique):
            positions.setdefault(name, [position])
        for form in (folded, escaped):
            times = Counter(map(form, self.names))
            for position, name in enumerate(self.names):
                if times[form(name)] == 1:
                    positions.setdefault(form(name), [position])
        return positions

    def _named(self, text: str) -> list[int]:
        return self._by_name.get(text) or self._by_name.get(folded(text), [])

    def _positions(self, text: str) -> list[int]:
        matches = self._named(text)
        if len(matches) > 1:
            at = " and ".join(str(position + 1) for position in matches)
            raise DataError(
                f"column {shown(text)} stands more than once in {self.where}, at positions {at}: choose it by "
                f"position, such as -c {matches[0] + 1}"
            )
        if matches:
            return matches
        if _is_pattern(text):
            try:
                pattern = re.compile(text[1:-1])
            except re.error as error:
                raise ArgumentError(f"{text} is not a regular expression: {error}") from None
            matches = [position for position, name in enumerate(self.names) if pattern.search(name)]
            if matches:
                return matches
        elif (position := position_of(text, len(self.names))) is not None:
            return [position]
        raise DataError(self._no_column(text))

    def _no_column(self, text: str) -> str:
        any_case = {name.casefold(): name for name in self.names}
        near = any_case.get(text.casefold()) or next(iter(difflib.get_close_matches(text, self.names, 1)), None)
        hint = f". Did you mean {shown(near)}?" if near else ""
        said = f"no column {shown(text)} in {self.where}{hint}\n  Columns: {self.listed()}"
        number = _number_of_letters(text)
        if 0 < number <= len(self.names):
            said += f"\n  If {text} is a letter of a spreadsheet: add -c {number}"
        if place := self.elsewhere(text):
            return f"{said}\n  {shown(text)} stands in {place}"
        return said + self.about_the_header()


def with_names_in(place: str, number: int, no_header: bool) -> str:
    """Where names stand, and what to type to have them taken from there.

    >>> with_names_in("line", 5, no_header=False)
    'line 5: add --header-row 5'
    """
    if not no_header:
        return f"{place} {number}: add --header-row {number}"
    return f"{place} {number}: " + (
        "leave --no-header out" if number == 1 else f"--header-row {number} in place of --no-header"
    )


def _number_of_letters(text: str) -> int:
    """The number of a column that has letters in a spreadsheet; 0 for other texts.

    >>> _number_of_letters("B"), _number_of_letters("AA"), _number_of_letters("height")
    (2, 27, 0)
    """
    number = 0
    if len(text) <= MOST_LETTERS and all(letter in string.ascii_uppercase for letter in text):
        for letter in text:
            number = 26 * number + string.ascii_uppercase.index(letter) + 1
    return number


def _is_pattern(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")
