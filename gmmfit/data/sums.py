"""Sums over blocks of rows, added up in pairs of neighbours, so that any run of blocks can be summed elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Generic, NamedTuple, Protocol, Self, TypeVar


class Additive(Protocol):
    """What blocks of rows are summed in: a number, an array, Statistics."""

    def __add__(self, other: Self, /) -> Self: ...


T = TypeVar("T", bound=Additive)


class _Group(NamedTuple, Generic[T]):
    """The sum of `size` blocks, a power of two, from the block `first` on, a multiple of it."""

    first: int
    size: int
    sum: T


@dataclass(frozen=True, eq=False)
class RunSum(Generic[T]):
    """The sum of a run of neighbouring blocks, as those of the largest groups of which it consists.

    Groups are of 1, 2, 4 … blocks, numbered from the first of the table, so the sums of neighbouring runs add up to the
    same, to the last digit, wherever a table is cut.

    >>> runs = [RunSum.of([0.1, 0.2, 0.3]), RunSum.of([0.4, 0.5], first=3)]
    >>> (runs[0] + runs[1]).total == RunSum.of([0.1, 0.2, 0.3, 0.4, 0.5]).total == added_up([0.1, 0.2, 0.3, 0.4, 0.5])
    True
    """

    groups: tuple[_Group[T], ...] = ()

    @classmethod
    def of(cls, blocks: Iterable[T], first: int = 0) -> "RunSum[T]":
        """The sum of blocks, of which the first has this number."""
        groups: list[_Group[T]] = []
        for number, block in enumerate(blocks, first):
            _append(groups, _Group(number, 1, block))
        return cls(tuple(groups))

    def __add__(self, other: "RunSum[T]") -> "RunSum[T]":
        groups = [*self.groups]
        for group in other.groups:
            _append(groups, group)
        return RunSum(tuple(groups))

    @property
    def total(self) -> T:
        """The sum of all blocks, of which there is at least one."""
        return reduce(lambda right, left: left + right, (group.sum for group in reversed(self.groups)))


def _append(groups: list[_Group[T]], group: _Group[T]) -> None:
    """Add a group to those before it: two that are halves of a larger one become that.

    Raises:
        ValueError: there are blocks between them, or they are before those.
    """
    if groups and groups[-1].first + groups[-1].size != group.first:
        raise ValueError("runs of blocks are added up that are not neighbours")
    while groups and groups[-1].size == group.size and groups[-1].first % (2 * group.size) == 0:
        before = groups.pop()
        group = _Group(before.first, 2 * group.size, before.sum + group.sum)
    groups.append(group)


def added_up(parts: Iterable[T]) -> T:
    """The sum of parts, of which there is at least one, in pairs of neighbours, pairs of pairs and so on."""
    return RunSum.of(parts).total
