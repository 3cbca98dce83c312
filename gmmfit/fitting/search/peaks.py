"""What a search saw: its peaks, and what it set aside."""

from dataclasses import asdict, dataclass
from typing import Any

# Peaks whose log-likelihoods differ by less than this are one.
SAME_PEAK = 1e-4


@dataclass(frozen=True)
class Peak:
    """A peak that a search found: its log-likelihood, and how many of the starts came to it."""

    log_likelihood: float
    starts: int


@dataclass(frozen=True)
class SetAside(Peak):
    """A mixture that is higher than the answer and was not taken.

    why says of a component where it is, how many rows it has, and what is wrong with it. It is on a heap where rows are
    equal: because they were rounded, or were at a limit.
    """

    why: str
    on_heap: bool


@dataclass(frozen=True)
class Search:
    """What a search saw: how many starts it took, what they led to, and how many ran into the floor.

    The peaks are the highest ones, without what was set aside; starts that fell behind on the way are not followed to
    their end.
    """

    starts: int
    peaks: tuple[Peak, ...]
    set_aside: tuple[SetAside, ...]
    on_floor: int

    def record(self) -> dict[str, Any]:
        """The search as files have it."""
        return asdict(self) | {name: [_record(peak) for peak in getattr(self, name)] for name in ("peaks", "set_aside")}


def _record(peak: Peak) -> dict[str, Any]:
    record = asdict(peak)
    return {"loglik": record.pop("log_likelihood")} | record
