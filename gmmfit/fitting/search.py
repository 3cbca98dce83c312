"""The highest sound peak from many starts: many climb a little on few rows, and the best of them to the top."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.compress import summary
from gmmfit.data.rows import Rows
from gmmfit.fitting.accelerate import accelerated
from gmmfit.fitting.em import State, em
from gmmfit.fitting.maximize import Constraints
from gmmfit.fitting.soundness import FLOORED, rank
from gmmfit.fitting.start import cuts, grown, scattered, split
from gmmfit.model.stack import Stack, joined

# Starts of a search for each component after the first, and of the searches for smaller models on the way to it; at
# least and at most, the latter in numbers that an iteration computes.
STARTS, SMALLER_STARTS, FEWEST, WORK = 300, 100, 100, 8e6
# The many starts look at so many rows at most, or cells of rows; the better ones at more; the best at most of them.
FEW_ROWS, MANY_ROWS, MOST_ROWS = 512, 4096, 32_768
# How many go on after each round, and how many iterations the rounds climb.
FIRST, SECOND, SMALLER = 40, 10, 4
SCREENING, CLIMBING, TO_THE_TOP = 15, 25, 300
# A climb is over where an EM step would gain less than this, in log-likelihood.
LEVEL = 1e-9
# Nearer to each other than this, in log-likelihood, weights, and means in sds, mixtures are on the way to one peak.
NEAR_LOG_LIKELIHOOD, NEAR_WEIGHTS, NEAR_MEANS = 0.05, 0.05, 0.1

Complete = Callable[[Stack], Stack]


@dataclass(frozen=True, eq=False)
class Field:
    """Mixtures in a search.

    origins          (S,)  the start, from 0, that each has come from
    ranks            (S,)  how sound each is
    log_likelihoods  (S,)
    starts           (S,)  how many starts have come to each
    on_floor         starts that were left behind on the floor
    """

    stack: Stack
    origins: npt.NDArray[np.intp]
    ranks: npt.NDArray[np.intp]
    log_likelihoods: Array
    starts: npt.NDArray[np.intp]
    on_floor: int

    def best(self, n: int) -> "Field":
        """The n soundest and highest, in this order, and of those on the way to one peak only the first."""
        order = np.argsort(self.stack.means[..., 0], axis=1, kind="stable")
        means = np.take_along_axis(self.stack.means[..., 0], order, axis=1)
        weights = np.take_along_axis(self.stack.weights, order, axis=1)
        starts = self.starts.copy()
        leaders: list[int] = []
        for i in np.lexsort((-self.log_likelihoods, -self.ranks)):
            near = (
                (np.abs(self.log_likelihoods[leaders] - self.log_likelihoods[i]) < NEAR_LOG_LIKELIHOOD)
                & (np.abs(weights[leaders] - weights[i]).max(axis=1) < NEAR_WEIGHTS)
                & (np.abs(means[leaders] - means[i]).max(axis=1) < NEAR_MEANS)
            )
            if np.any(near):
                starts[leaders[int(np.argmax(near))]] += starts[i]
            else:
                leaders.append(int(i))
        chosen, left = np.array(leaders[:n]), np.array(leaders[n:], dtype=np.intp)
        on_floor = self.on_floor + int(starts[left][self.ranks[left] == FLOORED].sum())
        return Field(
            self.stack[chosen],
            self.origins[chosen],
            self.ranks[chosen],
            self.log_likelihoods[chosen],
            starts[chosen],
            on_floor,
        )


@dataclass(frozen=True, eq=False)
class Ground:
    """What a search climbs on: rows in standard units, and what every mixture has to keep to.

    few, many, most  the rows, or as many as the first, second and last round look at; each different row once
    weight           what a log-likelihood of `most` has to be multiplied with to be that of the table
    """

    few: Rows
    many: Rows
    most: Rows
    weight: float
    constraints: Constraints

    @classmethod
    def of(cls, rows: Rows, weight: float, constraints: Constraints, rng: np.random.Generator) -> "Ground":
        """The ground that rows make; of many there is a summary in one column, and a sample in several."""

        def at_most(n: int) -> Rows:
            return summary(rows, n) if rows.values.shape[1] == 1 else rows.some(n, rng)

        most = at_most(MOST_ROWS)
        scale = rows.total_weight / most.total_weight
        return cls(at_most(FEW_ROWS), at_most(MANY_ROWS), most, weight * scale, constraints)

    def screened(self, stack: Stack) -> Field:
        """Where starts have come to after a few iterations on few rows."""
        n = len(stack)
        each = Field(stack, np.arange(n), np.zeros(n, np.intp), np.zeros(n), np.ones(n, np.intp), 0)
        return self._climbed(each, self.few, em(self.few, stack, self.constraints), SCREENING)

    def climbed(self, field: Field, rows: Rows, iterations: int) -> Field:
        """Where the mixtures of a field come to with further iterations."""
        return self._climbed(field, rows, accelerated(rows, field.stack, self.constraints, plain=0), iterations)

    def _climbed(self, field: Field, rows: Rows, states: Iterator[State], iterations: int) -> Field:
        weight = self.weight * self.most.total_weight / rows.total_weight
        for state in islice(states, iterations + 1):
            if np.max(np.sum(state.gradient**2, axis=-1)) * weight < LEVEL:
                break
        ranks = rank(state.stack, state.alive, rows, weight, self.constraints)
        return replace(field, stack=state.stack, ranks=ranks, log_likelihoods=state.log_likelihood * weight)


def search(ground: Ground, starts: Stack) -> Field:
    """The peaks that starts lead to, the soundest and highest first.

    Source: after Biernacki, Celeux & Govaert (2003), Choosing starting values for the EM algorithm, section 3.
    """
    rising = ground.climbed(ground.screened(starts).best(FIRST), ground.many, CLIMBING).best(SECOND)
    return ground.climbed(rising, ground.most, TO_THE_TOP).best(SECOND)


def enough(ground: Ground, n_components: int, for_each: int = STARTS) -> int:
    """How many starts a search for a mixture with so many components takes."""
    work = n_components * ground.few.values.size * ground.few.values.shape[1]
    return int(max(FEWEST, min(for_each * (n_components - 1), WORK / work)))


def all_kinds(
    ground: Ground, n_components: int, n: int, rng: np.random.Generator, complete: Complete, grow: bool
) -> Stack:
    """About n starts of all kinds, completed with what is given.

    Half of them are parts of the rows, or components scattered over them; the other half, with `grow`, are made from
    the best mixtures of one component less, by one component more or by one halved.
    """
    rows, structure = ground.few, ground.constraints.structure
    if n_components == 1:
        return complete(cuts(rows, 1, 1, structure, rng))
    share = -(-n // (4 if grow else 2))
    kinds = [cuts(rows, n_components, share, structure, rng), scattered(rows, n_components, share, structure, rng)]
    if grow:
        fewer = min(n, enough(ground, n_components - 1, SMALLER_STARTS))
        smaller = all_kinds(ground, n_components - 1, fewer, rng, complete, grow)
        parents = ground.climbed(ground.screened(smaller).best(FIRST), ground.many, CLIMBING).best(SMALLER).stack
        kinds += [grown(parents, rows, share, structure, rng), split(parents, share, rng)]
    return complete(joined(kinds))
