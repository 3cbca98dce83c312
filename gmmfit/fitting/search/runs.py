"""Runs: mixtures in a search, with the starts that they come from, and the best of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.search.soundness import Soundness
from gmmfit.model.batch import Batch
from gmmfit.model.free_numbers import to_vector

# Two mixtures are on the way to one peak if their log-likelihoods, for NEAR_ROWS rows, and all their free numbers
# differ by less than these.
NEAR_LOG_LIKELIHOOD, NEAR_ROWS, NEAR_NUMBERS = 0.3, 1000, 0.3


@dataclass(frozen=True, eq=False)
class Runs:
    """Mixtures in a search.

    start_numbers    S lists of the starts, from 0, that have come to each; the one that it is followed from first
    ranks            (S,)  the Soundness of each
    log_likelihoods  (S,)
    on_floor         starts that were left behind on the floor, and the highest log-likelihood among them
    """

    batch: Batch
    start_numbers: list[list[int]]
    ranks: npt.NDArray[np.intp]
    log_likelihoods: Array
    on_floor: int = 0
    highest_on_floor: float = -np.inf

    @classmethod
    def of(cls, starts: Batch) -> "Runs":
        """Runs that have not begun."""
        n = len(starts)
        return cls(starts, [[number] for number in range(n)], np.zeros(n, np.intp), np.zeros(n))

    def keep_best(self, n: int, n_rows: float) -> "Runs":
        """The n highest, spurious ones last, and of those on the way to one peak only the first.

        Half of the places are kept for wholly sound ones, or the many peaks on a few rows would crowd them out. The
        tolerance grows with the rows: so does the height of a peak above its surroundings.
        """
        near_log_likelihood = NEAR_LOG_LIKELIHOOD * max(1, n_rows / NEAR_ROWS)
        numbers = to_vector(self.batch.ordered())
        start_numbers = [list(starts) for starts in self.start_numbers]
        leaders: list[int] = []
        for i in np.lexsort((-self.log_likelihoods, -np.minimum(self.ranks, Soundness.WEAK))):
            near = (np.abs(self.log_likelihoods[leaders] - self.log_likelihoods[i]) < near_log_likelihood) & (
                np.abs(numbers[leaders] - numbers[i]).max(axis=1) < NEAR_NUMBERS
            )
            if np.any(near):
                start_numbers[leaders[int(np.argmax(near))]] += start_numbers[i]
            else:
                leaders.append(int(i))
        sound = [i for i in leaders[n // 2 :] if self.ranks[i] == Soundness.SOUND][: n - n // 2]
        others = [i for i in leaders if i not in sound][: n - len(sound)]
        chosen = np.array([i for i in leaders if i in sound or i in others])
        left = [i for i in leaders if i not in chosen and self.ranks[i] == Soundness.ON_FLOOR]
        return Runs(
            self.batch[chosen],
            [start_numbers[i] for i in chosen],
            self.ranks[chosen],
            self.log_likelihoods[chosen],
            self.on_floor + sum(len(start_numbers[i]) for i in left),
            float(self.log_likelihoods[left].max(initial=self.highest_on_floor)),
        )
