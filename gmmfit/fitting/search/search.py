"""The highest sound peak from many starts: many climb a little on few rows, and the best of them to the top."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.chunks import Tell, silent
from gmmfit.data.distinct import summary
from gmmfit.data.rows import Data, Rows
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.em.m_step import Constraints
from gmmfit.fitting.search.soundness import FLOORED, SOUND, THIN, rank
from gmmfit.fitting.search.starts import cuts, grown, scattered, split
from gmmfit.fitting.standardize import Inside
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.free_numbers import to_vector

# Starts of a search for each component after the first, and of the searches for smaller models on the way to it.
STARTS, SMALLER_STARTS = 300, 100
# At least and at most so many, and at most so many that an iteration takes WORK multiplications.
FEWEST, MOST, WORK = 100, 1500, 8e6
# The many starts look at so many rows at most, or cells of rows; the better ones at more; the best at most of them.
FEW_ROWS, MANY_ROWS, MOST_ROWS, MOST_CELLS = 512, 2048, 32_768, 8192
# Rounds: iterations, and how many mixtures go on after it; those of the first are plain, all others accelerated.
SCREENING, RISING, CLIMBING, LEADING = (15, 200), (12, 60), (10, 25), (15, 10)
TO_THE_TOP = (300, 10)
# Iterations for smaller models, and how many of their mixtures starts are made from.
TO_BE_PARENTS, PARENTS = 75, 4
# A climb is over where an EM step would gain less than this, in log-likelihood; more, the further it lies behind.
LEVEL, FAR_BEHIND = 1e-8, 1e4
# Nearer to each other than this, in log-likelihood for so many rows and in each of their free numbers, mixtures are on
# the way to one peak.
NEAR_LOG_LIKELIHOOD, NEAR, NEAR_ROWS = 0.3, 0.3, 1000

Complete = Callable[[Batch], Batch]


@dataclass(frozen=True, eq=False)
class Field:
    """Mixtures in a search.

    origins          S lists of the starts, from 0, that have come to each, the one that it is followed from first
    ranks            (S,)  how sound each is
    log_likelihoods  (S,)
    on_floor         starts that were left behind on the floor, and the highest log-likelihood among them
    """

    stack: Batch
    origins: list[list[int]]
    ranks: npt.NDArray[np.intp]
    log_likelihoods: Array
    on_floor: int
    highest_on_floor: float

    def best(self, n: int, near_log_likelihood: float = NEAR_LOG_LIKELIHOOD) -> "Field":
        """The n highest, spurious ones last, and of those on the way to one peak only the first.

        Half of the places are kept for wholly sound ones, or the many peaks on a few rows would crowd them out.
        """
        numbers = to_vector(self.stack.ordered())
        origins = [list(starts) for starts in self.origins]
        leaders: list[int] = []
        for i in np.lexsort((-self.log_likelihoods, -np.minimum(self.ranks, THIN))):
            near = (np.abs(self.log_likelihoods[leaders] - self.log_likelihoods[i]) < near_log_likelihood) & (
                np.abs(numbers[leaders] - numbers[i]).max(axis=1) < NEAR
            )
            if np.any(near):
                origins[leaders[int(np.argmax(near))]] += origins[i]
            else:
                leaders.append(int(i))
        sound = [i for i in leaders[n // 2 :] if self.ranks[i] == SOUND][: n - n // 2]
        others = [i for i in leaders if i not in sound][: n - len(sound)]
        chosen = np.array([i for i in leaders if i in sound or i in others])
        floored = [i for i in leaders if i not in chosen and self.ranks[i] == FLOORED]
        on_floor = self.on_floor + sum(len(origins[i]) for i in floored)
        highest = max(self.highest_on_floor, *self.log_likelihoods[floored], -np.inf)
        return Field(
            self.stack[chosen],
            [origins[i] for i in chosen],
            self.ranks[chosen],
            self.log_likelihoods[chosen],
            on_floor,
            highest,
        )


@dataclass(frozen=True, eq=False)
class Ground:
    """What a search climbs on: rows in standard units, and what every mixture has to keep to.

    few, many, most  the rows, or as many as the first, second and last round look at; each different row once
    weight           what a log-likelihood of `most` has to be multiplied with to be that of the table
    mean, covariance of all rows, the covariance within the structure
    ruler            the covariance by which components are called narrow
    tell             told what is being done
    known            the best mixtures that were found with fewer components, by their number
    """

    few: Rows
    many: Rows
    most: Rows
    weight: float
    mean: Array
    covariance: Array
    ruler: Array
    constraints: Constraints
    tell: Tell
    known: dict[int, Batch]

    @classmethod
    def of(
        cls,
        inside: Inside,
        ruler: Array,
        constraints: Constraints,
        rng: np.random.Generator,
        tell: Tell = silent,
        known: dict[int, Batch] | None = None,
    ) -> "Ground":
        """The ground that rows make; of many there is a summary in one column, and a sample in several."""
        one_column = len(inside.low) == 1

        def at_most(n: int, data: Data, sample: Rows) -> Rows:
            if len(data) <= n and data is sample:
                return sample
            if one_column:
                return summary(data, sample, float(inside.low[0]), float(inside.high[0]), n)
            return sample.some(n, rng)

        most = at_most(MOST_CELLS if one_column else MOST_ROWS, inside.data, inside.sample)
        few, many = (at_most(n, most, most) for n in (FEW_ROWS, MANY_ROWS))
        weight = inside.counts_for * inside.sample.total_weight / most.total_weight
        covariance = constraints.structure.shape(inside.covariance)
        return cls(
            few, many, most, weight, inside.mean, covariance, ruler, constraints, tell, {} if known is None else known
        )

    def screened(self, stack: Batch) -> Field:
        """Where starts have come to after a few iterations on few rows."""
        n = len(stack)
        each = Field(stack, [[start] for start in range(n)], np.zeros(n, np.intp), np.zeros(n), 0, -np.inf)
        return self._climbed(each, self.few, em(self.few, stack, self.constraints), SCREENING)

    def climbed(self, field: Field, rows: Rows, round: tuple[int, int]) -> Field:
        """The best of where the mixtures of a field come to in a round."""
        return self._climbed(field, rows, accelerated(rows, field.stack, self.constraints, plain=0), round)

    def _climbed(self, field: Field, rows: Rows, states: Iterator[State], round: tuple[int, int]) -> Field:
        iterations, n = round
        weight = self.weight * self.most.total_weight / rows.total_weight
        s, k = field.stack.weights.shape
        for state in islice(states, iterations + 1):
            self.tell(
                partial("searching: {} mixtures of {} components climb, iteration {}".format, s, k, state.iteration)
            )
            gains = np.sum(state.gradient**2, axis=-1) * weight
            on_floor = np.any(self.constraints.on_floor(state.stack), axis=-1)
            highest = np.max(state.log_likelihood, where=~on_floor, initial=-np.inf)
            behind = np.clip(highest - state.log_likelihood, 0, FAR_BEHIND / weight) * weight
            level = gains < LEVEL * (1 + behind) ** 2
            # What crawls along the floor is not waited for.
            if np.any(level) and np.all(level | on_floor):
                break
        ranks = rank(state.stack, state.alive, rows, weight, self.ruler, self.constraints)
        climbed = replace(field, stack=state.stack, ranks=ranks, log_likelihoods=state.log_likelihood * weight)
        # The more rows there are, the higher lies a peak above what is near it.
        rows_of_table = self.weight * self.most.total_weight
        return climbed.best(n, NEAR_LOG_LIKELIHOOD * max(1, rows_of_table / NEAR_ROWS))


def search(ground: Ground, starts: Batch) -> Field:
    """The peaks that starts lead to, the soundest and highest first.

    Source: after Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.
    """
    peaks = ground.climbed(_finalists(ground, starts), ground.most, TO_THE_TOP)
    ground.known[starts.weights.shape[1]] = peaks.stack[:PARENTS]
    return peaks


def _finalists(ground: Ground, starts: Batch) -> Field:
    """The best of the starts, after rounds in which fewer and fewer climb higher and higher."""
    rising = ground.climbed(ground.screened(starts), ground.few, RISING)
    return ground.climbed(ground.climbed(rising, ground.many, CLIMBING), ground.many, LEADING)


def enough(ground: Ground, n_components: int, for_each: int = STARTS) -> int:
    """How many starts a search for a mixture with so many components takes."""
    work = n_components * ground.few.values.size * ground.few.values.shape[1]
    return int(max(FEWEST, min(for_each * (n_components - 1), MOST, WORK / work)))


def all_kinds(
    ground: Ground, n_components: int, n: int, rng: np.random.Generator, complete: Complete, grow: bool
) -> Batch:
    """n starts of all kinds, completed with what is given.

    Half of them are parts of the rows, or components scattered over them; the other half, with `grow`, are made from
    the best mixtures of one component less, by one component more or by one halved.
    """
    rows = ground.few
    if n_components == 1:
        means, covariances = ground.mean[None, None], ground.covariance[None, None]
        return complete(Batch(np.ones((1, 1)), means, covariances, rows.columns))
    share = -(-n // (4 if grow else 2))
    kinds = [
        cuts(rows, ground.ruler, n_components, share, rng),
        scattered(rows, ground.covariance, n_components, share, rng),
    ]
    if grow:
        if n_components - 1 not in ground.known:
            fewer = min(n, enough(ground, n_components - 1, SMALLER_STARTS))
            smaller = all_kinds(ground, n_components - 1, fewer, rng, complete, grow)
            best = ground.climbed(_finalists(ground, smaller), ground.many, (TO_BE_PARENTS, PARENTS))
            ground.known[n_components - 1] = best.stack
        parents = ground.known[n_components - 1]
        kinds += [grown(parents, rows, ground.ruler, share, rng), split(parents, share, rng)]
    stack = concatenated(kinds)
    return complete(stack[np.linspace(0, len(stack) - 1, min(n, len(stack))).round().astype(np.intp)])
