"""Runs: mixtures in a search, with the starts that they come from, and the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.search.soundness import Soundness
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.free_numbers import to_vector

# Two mixtures are on the way to one peak if their log-likelihoods, for NEAR_ROWS rows, and all their free numbers
# differ by less than these.
NEAR_LOG_LIKELIHOOD, NEAR_ROWS, NEAR_NUMBERS = 0.3, 1000, 0.3
# Or if they are as high, but for rounding, whatever their components are called.
SAME_HEIGHT = 1e-7


@dataclass(frozen=True, eq=False)
class Runs:
    """Mixtures in a search.

    start_numbers    S lists of the starts, from 0, that have come to each; the one that it is followed from first
    ranks            (S,)  the Soundness of each
    log_likelihoods  (S,)
    scores           (S,)  log-likelihoods less the price of doubtful components
    on_floor         starts that were left behind on the floor
    """

    batch: Batch
    start_numbers: list[list[int]]
    ranks: npt.NDArray[np.intp]
    log_likelihoods: Array
    scores: Array
    on_floor: int = 0

    @classmethod
    def of(cls, starts: Batch, first: int = 0) -> "Runs":
        """Runs that have not begun, their starts numbered from `first`."""
        n = len(starts)
        return cls(
            starts, [[number] for number in range(first, first + n)], np.zeros(n, np.intp), np.zeros(n), np.zeros(n)
        )

    @property
    def certain(self) -> npt.NDArray[np.bool_]:
        """Which are sound without a doubtful component, (S,)."""
        certain: npt.NDArray[np.bool_] = (self.ranks == Soundness.SOUND) & (self.scores == self.log_likelihoods)
        return certain

    def joined(self, other: "Runs") -> "Runs":
        """These runs and others."""
        return Runs(
            concatenated([self.batch, other.batch]),
            self.start_numbers + other.start_numbers,
            np.concatenate([self.ranks, other.ranks]),
            np.concatenate([self.log_likelihoods, other.log_likelihoods]),
            np.concatenate([self.scores, other.scores]),
            self.on_floor + other.on_floor,
        )

    def part(self, numbers: Sequence[int]) -> "Runs":
        """Some of the runs, by their positions."""
        chosen = np.array(numbers, dtype=np.intp)
        return replace(
            self,
            batch=self.batch[chosen],
            start_numbers=[self.start_numbers[i] for i in numbers],
            ranks=self.ranks[chosen],
            log_likelihoods=self.log_likelihoods[chosen],
            scores=self.scores[chosen],
        )

    def keep_best(self, n: int, n_rows: float) -> "Runs":
        """The n soundest and highest, and of those on the way to one peak only the first.

        A third of the places are for sound ones without a doubtful component, and a third for the other sound ones, or
        the many peaks on a few rows would crowd them out; one is for the highest of all, and of each kind that isn't
        sound. The tolerance grows with the rows: so does the height of a peak above its surroundings.
        """
        near_log_likelihood = NEAR_LOG_LIKELIHOOD * max(1, n_rows / NEAR_ROWS)
        numbers = to_vector(self.batch.ordered())
        start_numbers = [list(starts) for starts in self.start_numbers]
        leaders: list[int] = []
        for i in np.lexsort((-self.log_likelihoods, -self.scores, -self.ranks)).tolist():
            apart = np.abs(self.log_likelihoods[leaders] - self.log_likelihoods[i])
            near = apart < near_log_likelihood
            if np.any(near):
                near[near] = (apart[near] < SAME_HEIGHT) | (
                    np.abs(numbers[np.array(leaders)[near]] - numbers[i]).max(axis=1) < NEAR_NUMBERS
                )
            if np.any(near):
                start_numbers[leaders[int(np.argmax(near))]] += start_numbers[i]
            else:
                leaders.append(i)
        ranks, certain = [Soundness(rank) for rank in self.ranks.tolist()], self.certain.tolist()
        sound = [i for i in leaders if ranks[i] == Soundness.SOUND]
        by_height = sorted(leaders, key=(-self.log_likelihoods).tolist().__getitem__)
        kept = [i for i in sound if certain[i]][: n // 3] + [i for i in sound if not certain[i]][: n // 3]
        for rank in (Soundness.ON_HEAP, Soundness.HEAPED, Soundness.ON_FLOOR):
            kept += [i for i in by_height if ranks[i] == rank][:1]
        kept += [i for i in by_height[:1] if i not in kept]
        kept += [i for i in leaders if i not in kept][: max(0, n - len(kept))]
        kept.sort(key=leaders.index)
        left = [i for i in leaders if i not in kept and ranks[i] == Soundness.ON_FLOOR]
        best = replace(self, start_numbers=start_numbers).part(kept)
        return replace(best, on_floor=self.on_floor + sum(len(start_numbers[i]) for i in left))
