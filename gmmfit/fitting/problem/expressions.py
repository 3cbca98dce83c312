"""Constraints as they are typed, such as `sd_2 = 2*sd_1`: rows of linear equations and bounds of one kind each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.model.checks import check_size
from gmmfit.text import listed, shown

WEIGHTS, MEANS, SDS = KINDS = ("weights", "means", "sds")
EQUAL_CV = "cv equal"
RELATION = re.compile(r"(==|>=|<=|≥|≤|=|<|>)")
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# A name that stands for a parameter: it ends in the number of a component.
MARKS = re.compile(r"[-+*/]")
# Names that are listed where one is not known.
MOST_LISTED = 8


class Row(NamedTuple):
    """factors (n,) times the numbers of a kind are equal to a number, or with is_bound at least that."""

    kind: str
    factors: Array
    number: float
    is_bound: bool
    text: str


@dataclass(frozen=True)
class Names:
    """The names of the parameters of a mixture, as a history has them, each with its kind and position."""

    of: dict[str, tuple[str, int]]
    sizes: dict[str, int]

    @classmethod
    def among(cls, columns: Sequence[str], n_components: int, noise: bool) -> "Names":
        """Those of so many components in columns."""
        check_size(n_components, len(columns))
        of, d = {}, len(columns)
        for k in range(n_components):
            of[f"weight_{k + 1}"] = (WEIGHTS, k)
            for at, column in enumerate(columns):
                for kind, word in ((MEANS, "mean"), (SDS, "sd")):
                    name = f"{word}_{k + 1}" if d == 1 else f"{word}_{column}_{k + 1}"
                    of[name] = (kind, k * d + at)
        if noise:
            of["weight_0"] = (WEIGHTS, n_components)
        sizes = {WEIGHTS: n_components + noise, MEANS: n_components * d, SDS: n_components * d}
        return cls(of, sizes)

    def rows(self, text: str) -> list[Row]:
        """The equations and bounds of an expression such as `mean_2 = mean_1 + 10` or `2 <= sd_1 <= 5`.

        >>> [row] = Names.among(("x",), 2, False).rows("sd_2 = 2*sd_1")
        >>> row.kind, row.factors.tolist(), row.number
        ('sds', [-2.0, 1.0], 0.0)

        Raises:
            ArgumentError: it is no linear constraint of one kind of parameter.
        """
        sides = RELATION.split(text)
        if len(sides) < 3 or not all(side.strip() for side in sides[::2]):
            raise self._refused(text, "it needs two sides, as in sd_2 = 2*sd_1, and one of =, >= and <= between them")
        parsed = [self._side(side, text) for side in sides[::2]]
        return [
            self._row(left, relation, right, text)
            for left, relation, right in zip(parsed, sides[1::2], parsed[1:], strict=False)
        ]

    def _row(self, left: dict[str, float], relation: str, right: dict[str, float], text: str) -> Row:
        if relation in ("<", ">"):
            raise self._refused(text, f"{relation} leaves the bound itself out: say {relation}=")
        sign = -1.0 if relation in ("<=", "≤") else 1.0
        both = {name: sign * (left.get(name, 0) - right.get(name, 0)) for name in {**left, **right}}
        number = 0.0 - both.pop("", 0.0)
        named = {name: factor for name, factor in both.items() if factor}
        kinds = {self.of[name][0] for name in named}
        if len(kinds) != 1:
            why = "no parameter is left in it" if not kinds else f"it ties {' and '.join(sorted(kinds))}"
            raise self._refused(text, f"{why}; each constraint is of weights, of means, or of sds ({EQUAL_CV} of both)")
        [kind] = kinds
        factors = np.zeros(self.sizes[kind])
        for name, factor in named.items():
            factors[self.of[name][1]] = factor
        return Row(kind, factors, number, relation not in ("=", "=="), text)

    def _side(self, side: str, text: str) -> dict[str, float]:
        """The factors of the names on a side, and the sum of its numbers under no name."""
        found: dict[str, float] = {}
        for sign, term in self._terms(side, text):
            name, factor = "", sign
            for operator, part in term:
                if part in self.of:
                    if name or operator == "/":
                        raise self._refused(text, "it is not linear")
                    name = part
                elif NUMBER.fullmatch(part):
                    number = float(part)
                    if operator == "/" and number == 0:
                        raise self._refused(text, "it divides by 0")
                    factor = factor / number if operator == "/" else factor * number
                else:
                    some = list(self.of)[:MOST_LISTED]
                    more = ", …" if len(self.of) > MOST_LISTED else ""
                    raise self._refused(text, f"{shown(part)} is no parameter: there are {', '.join(some)}{more}")
            found[name] = found.get(name, 0.0) + factor
        return found

    def _terms(self, side: str, text: str) -> list[tuple[float, list[tuple[str, str]]]]:
        """Terms with their signs, each a list of factors with `*` or `/` before them."""
        rest, terms, sign, term, operator = side.strip(), [], 1.0, [], "*"  # type: ignore[var-annotated]
        expects_factor = True
        while rest:
            if expects_factor and rest[0] in "+-" and not term:
                sign, rest = (-sign if rest[0] == "-" else sign), rest[1:].lstrip()
                continue
            if expects_factor:
                part = self._factor(rest)
                if not part:
                    raise self._refused(text, f"it can't be read at {shown(rest)}")
                term.append((operator, part))
                rest, expects_factor = rest[len(part) :].lstrip(), False
                continue
            if rest[0] in "*/":
                operator, rest, expects_factor = rest[0], rest[1:].lstrip(), True
            elif rest[0] in "+-":
                terms.append((sign, term))
                sign, term, operator = (-1.0 if rest[0] == "-" else 1.0), [], "*"
                rest, expects_factor = rest[1:].lstrip(), True
            else:
                raise self._refused(text, f"it can't be read at {shown(rest)}; a product is 2*sd_1")
        if expects_factor:
            raise self._refused(text, "it ends in the middle")
        return [*terms, (sign, term)]

    def _factor(self, rest: str) -> str:
        """The longest name that a text begins with, or the number, or what is neither."""
        names = [name for name in self.of if rest.startswith(name) and not re.match(r"\w", rest[len(name) :])]
        if names:
            return max(names, key=len)
        if number := NUMBER.match(rest):
            return number[0]
        return MARKS.split(rest)[0].split(" ")[0].strip()

    def _refused(self, text: str, why: str) -> ArgumentError:
        return ArgumentError(f"`constrain` {shown(text)}: {why}")


def kinds_of(rows: Sequence[Row]) -> str:
    """The expressions of rows, each once, as a sentence lists them."""
    return listed(list(dict.fromkeys(row.text for row in rows)))
