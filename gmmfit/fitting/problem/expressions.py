"""Constraints as they are typed, such as `sd_2 = 2*sd_1`: equations and bounds, linear in one kind of parameter."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.parameter_sets import EQUAL_CV
from gmmfit.fitting.settings import FIXABLE
from gmmfit.model.checks import check_size
from gmmfit.text import listed, shown

WEIGHTS, MEANS, SDS = FIXABLE
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
RELATIONS, SIGNS = ("==", ">=", "<=", "≥", "≤", "=", "<", ">"), "+-*/"
AT_MOST, STRICT, EQUAL = ("<=", "≤"), ("<", ">"), ("=", "==")
# Numbers beyond this are no means or sds, and factors beyond it no slip that could be reckoned with.
LARGEST = 1e100


class Condition(NamedTuple):
    """factors (n,) times the numbers of a kind come to a number, or with is_bound at least to that."""

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
                    of[parameter_name(word, column if d > 1 else None, k + 1)] = (kind, k * d + at)
        if noise:
            of["weight_0"] = (WEIGHTS, n_components)
        sizes = {WEIGHTS: n_components + noise, MEANS: n_components * d, SDS: n_components * d}
        return cls(of, sizes)

    def conditions(self, text: str) -> list[Condition]:
        """The equations and bounds of an expression such as `mean_2 = mean_1 + 10` or `2 <= sd_1 <= 5`.

        >>> [condition] = Names.among(("x",), 2, False).conditions("sd_2 = 2*sd_1")
        >>> condition.kind, condition.factors.tolist(), condition.number
        ('sds', [-2.0, 1.0], 0.0)

        Raises:
            ArgumentError: it is no linear constraint of one kind of parameter.
        """
        sides: list[list[str]] = [[]]
        relations = []
        for token in self._tokens(text):
            if token in RELATIONS:
                relations.append(token)
                sides.append([])
            else:
                sides[-1].append(token)
        if not relations or not all(sides):
            raise _refused(text, "it needs two sides, as in sd_2 = 2*sd_1, and one of =, >= and <= between them")
        found = pairwise(self._side(side, text) for side in sides)
        return [
            self._condition(left, relation, right, text)
            for (left, right), relation in zip(found, relations, strict=True)
        ]

    def _tokens(self, text: str) -> list[str]:
        """Names, numbers, relations and signs. A name may have any character; the longest that is there is meant."""
        tokens, rest = [], text.strip()
        while rest:
            names = [name for name in self.of if rest.startswith(name) and not re.match(r"\w", rest[len(name) :])]
            number = NUMBER.match(rest)
            relation = next((one for one in RELATIONS if rest.startswith(one)), "")
            token = max(names, key=len, default="") or (number[0] if number else "") or relation
            if not token and rest[0] in SIGNS:
                token = rest[0]
            if not token:
                word = re.split(r"[-+*/=<>≥≤\s]", rest)[0] or rest[0]
                k = sum(kind == WEIGHTS for kind, _ in self.of.values()) - ("weight_0" in self.of)
                of = f"of {k} component{'s' if k > 1 else ''}"
                raise _refused(text, f"{shown(word)} is no parameter {of}: there are {listed(self.of)}")
            tokens.append(token)
            rest = rest[len(token) :].lstrip()
        return tokens

    def _side(self, tokens: list[str], text: str) -> dict[str, float]:
        """The factors of the names on a side, and the sum of its numbers under no name."""
        found: dict[str, float] = {}
        rest = tokens[::-1]  # the next one is the last
        while rest:
            factor, name, operator = 1.0, "", "*"
            while rest and rest[-1] in "+-":
                factor = -factor if rest.pop() == "-" else factor
            while operator:
                if not rest or rest[-1] in SIGNS:
                    raise _refused(text, "a number or a name is missing" + (f" before {rest[-1]}" if rest else ""))
                token = rest.pop()
                if token in self.of:
                    if name or operator == "/":
                        raise _refused(text, "it is not linear")
                    name = token
                elif operator == "/" and float(token) == 0:
                    raise _refused(text, "it divides by 0")
                else:
                    factor = factor / float(token) if operator == "/" else factor * float(token)
                operator = rest.pop() if rest and rest[-1] in "*/" else ""
            found[name] = found.get(name, 0.0) + factor
            if rest and rest[-1] not in "+-":
                raise _refused(text, f"there is no sign before {shown(rest[-1])}; a product is 2*sd_1")
        return found

    def _condition(self, left: dict[str, float], relation: str, right: dict[str, float], text: str) -> Condition:
        if relation in STRICT:
            raise _refused(text, f"{relation} leaves the bound itself out: say {relation}=")
        sign = -1.0 if relation in AT_MOST else 1.0
        both = {name: sign * (left.get(name, 0) - right.get(name, 0)) for name in {**left, **right}}
        number = 0.0 - both.pop("", 0.0)
        named = {name: factor for name, factor in both.items() if factor}
        kinds = {self.of[name][0] for name in named}
        if len(kinds) != 1:
            why = f"it ties {' and '.join(sorted(kinds))}" if kinds else "no parameter is left in it"
            raise _refused(text, f"{why}; each constraint is of weights, of means, or of sds ({EQUAL_CV} of both)")
        sizes = [*map(abs, named.values()), *([abs(number)] if number else [])]
        if not all(1 / LARGEST < size < LARGEST for size in sizes) or not math.isfinite(number):
            raise _refused(text, "a number in it is too large or too small")
        [kind] = kinds
        factors = np.zeros(self.sizes[kind])
        for name, factor in named.items():
            factors[self.of[name][1]] = factor
        return Condition(kind, factors, number, relation not in EQUAL, text)


def parameter_name(word: str, column: str | None, component: int) -> str:
    """The name of a parameter: mean_1, or in one of several columns mean_height_1."""
    return f"{word}_{component}" if column is None else f"{word}_{column}_{component}"


def _refused(text: str, why: str) -> ArgumentError:
    return ArgumentError(f"`constrain` {shown(text)}: {why}")
