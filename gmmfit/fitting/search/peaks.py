"""What a search saw: its peaks."""

from dataclasses import asdict, dataclass
from typing import Any

# Peaks whose log-likelihoods differ by less than this are one.
SAME_PEAK = 1e-4


@dataclass(frozen=True)
class Peak:
    """A peak that a search found: its log-likelihood, and how many of the starts came to it.

    A spurious one has a component that is narrow on hardly any rows, or on one value; others go before it.
    """

    log_likelihood: float
    starts: int
    spurious: bool = False


@dataclass(frozen=True)
class Search:
    """What a search saw: how many starts it took, the peaks that were found, how many starts ran into the floor.

    The peaks are the highest ones; starts that fell behind on the way are not followed to their end. highest_on_floor
    is the log-likelihood of the highest mixture on the floor, about.
    """

    starts: int
    peaks: tuple[Peak, ...]
    on_floor: int
    highest_on_floor: float | None = None

    def record(self) -> dict[str, Any]:
        """The search as files have it."""
        records = (asdict(peak) for peak in self.peaks)
        return asdict(self) | {"peaks": [{"loglik": record.pop("log_likelihood")} | record for record in records]}
