"""The numbers that equations and bounds allow, and which of them are best for an objective."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array

Truths = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]

# Steps for each bound and beyond, halvings of one that leads down, and a step that is only rounding.
STEPS_EACH, STEPS, HALVINGS, SHORT = 4, 50, 30, 1e-13
# A number that has to stay positive loses no larger share of itself in a step.
LARGEST_SHARE = 0.9
# By so much, in standard units, an equation or a bound may be missed, and a multiplier have the wrong sign.
ROUNDING = 1e-9
# Singular values, curvatures and entries of directions below these shares are rounding.
DEPENDENT, FLATTEST, NOTHING = 1e-10, 1e-12, 1e-14
# What a missed bound costs, where numbers are looked for that miss none.
PENALTY = 1e6


class Objective(NamedTuple):
    """A function of numbers v (s, n) that is to be as high as possible, of some (s,) of S mixtures.

    at(v, which) gives its value (s,), slope (s, n), and minus its second derivative, or what stands for it, (s, n, n).
    """

    at: Callable[[Array, Numbers], tuple[Array, Array, Array]]
    is_positive: bool = False


class Conditions(NamedTuple):
    """Rows (m, n) of factors, what they come to with the numbers, (m,), and how each was said; empty if nobody did."""

    factors: Array
    numbers: Array
    said: tuple[str, ...]

    @classmethod
    def none(cls, n: int) -> Self:
        """No condition on n numbers."""
        return cls(np.zeros((0, n)), np.zeros(0), ())

    def __add__(self, more: "Conditions") -> "Conditions":  # type: ignore[override]
        together = np.concatenate([self.factors, more.factors]), np.concatenate([self.numbers, more.numbers])
        return Conditions(*together, (*self.said, *more.said))


@dataclass(frozen=True, eq=False)
class FeasibleSet:
    """The numbers v (n,) for which equations.factors @ v = numbers, and bounds.factors @ v >= numbers.

    inside is one of them.

    >>> sum_of_2 = Conditions(np.array([[1.0, 1.0]]), np.array([2.0]), ("",))
    >>> first = Conditions(np.array([[1.0, 0.0]]), np.array([1.5]), ("",))
    >>> some = FeasibleSet.of(sum_of_2, first, np.zeros(2))
    >>> some.inside.round(9), some.is_met(np.array([[1.0, 1.0], [1.8, 0.2]]))
    (array([1.5, 0.5]), array([False,  True]))
    """

    equations: Conditions
    bounds: Conditions
    inside: Array
    _by_active: dict[bytes, Array] = field(init=False, repr=False, default_factory=dict)

    @classmethod
    def of(cls, equations: Conditions, bounds: Conditions, near: Array) -> Self | None:
        """The set, with numbers in it that are near to others (n,); None if it is empty.

        They are those that are nearest where the largest miss of a bound costs a penalty.
        """
        rows, to = equations.factors, equations.numbers
        begun = near + np.linalg.lstsq(rows, to - rows @ near, rcond=DEPENDENT)[0] if len(rows) else near
        if not len(bounds.numbers):
            found = cls(equations, bounds, begun)
            return found if found.is_met(begun) else None
        # With the miss as one number more, which is never negative.
        n, m = len(near), len(bounds.numbers)
        wider = Conditions(
            np.block([[bounds.factors, np.ones((m, 1))], [np.zeros((1, n)), np.ones((1, 1))]]),
            np.append(bounds.numbers, 0.0),
            (*bounds.said, ""),
        )
        tied = Conditions(np.pad(rows, ((0, 0), (0, 1))), to, equations.said)
        miss = max(0.0, float(np.max(bounds.numbers - bounds.factors @ begun)))
        penalty = np.append(np.zeros(n), PENALTY * (1 + miss))

        def at(v: Array, which: Numbers) -> tuple[Array, Array, Array]:
            apart = np.append(begun, 0.0) - v
            return (
                -np.sum(apart**2, axis=1) / 2 - v @ penalty,
                apart - penalty,
                np.eye(n + 1)[None] + 0 * which[:, None, None],
            )

        lifted = np.append(begun, miss)
        there = cls(tied, wider, lifted).best(Objective(at), lifted[None])[0, :n]
        found = cls(equations, bounds, there)
        return found if found.is_met(there) else None

    def with_bounds(self, bounds: Conditions) -> Self | None:
        """The numbers of the set that have further bounds."""
        return self.of(self.equations, self.bounds + bounds, self.inside)

    def beginning_at(self, inside: Array) -> Self:
        """The same set with other numbers of it as those inside."""
        return replace(self, inside=inside)

    def basis(self, active: Truths | None = None) -> Array:
        """Orthonormal directions (n, p) along which the equations hold, and active bounds (q,) stay what they are."""
        active = np.zeros(len(self.bounds.numbers), dtype=bool) if active is None else active
        key = active.tobytes()
        if key not in self._by_active:
            rows = np.concatenate([self.equations.factors, self.bounds.factors[active]])
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            _, sizes, axes = np.linalg.svd(rows / lengths, full_matrices=True)
            basis = axes[int(np.sum(sizes > DEPENDENT)) :].T
            self._by_active[key] = np.where(np.abs(basis) < NOTHING, 0.0, basis)
        return self._by_active[key]

    @cached_property
    def determined(self) -> Truths:
        """Which numbers (n,) the equations leave no freedom."""
        return np.asarray(np.linalg.norm(self.basis(), axis=1) < DEPENDENT)

    def is_met(self, v: Array) -> Truths:
        """Which of numbers (…, n) fulfil all, but for rounding."""
        equations, bounds = (np.all(part, axis=-1) for part in self._met(v))
        return np.asarray(equations & bounds)

    def missed(self, v: Array) -> str:
        """The first condition, as it was said, that numbers (n,) do not fulfil; empty if there is none."""
        for part, conditions in zip(self._met(v), (self.equations, self.bounds), strict=True):
            for number in np.flatnonzero(~part):
                if conditions.said[number]:
                    return conditions.said[number]
        return ""

    def _met(self, v: Array) -> tuple[Truths, Truths]:
        """Which equations (…, m), and which bounds (…, q), numbers (…, n) fulfil."""
        found = []
        for conditions in (self.equations, self.bounds):
            apart = v @ conditions.factors.T - conditions.numbers
            slack = ROUNDING * (np.abs(v) @ np.abs(conditions.factors.T) + np.linalg.norm(conditions.factors, axis=1))
            found.append(np.asarray(apart >= -slack))
            if conditions is self.equations:
                found[0] &= apart <= slack
        return found[0], found[1]

    def active(self, v: Array) -> Truths:
        """Which bounds (…, q) numbers (…, n) lie on."""
        factors = self.bounds.factors
        slack = ROUNDING * (np.abs(v) @ np.abs(factors.T) + np.linalg.norm(factors, axis=1))
        return np.asarray(v @ factors.T - self.bounds.numbers <= slack)

    def best(self, objective: Objective, start: Array) -> Array:
        """The numbers (S, n) of the set for which an objective is highest, from a start that may lie outside.

        Newton's steps lead up within the equations and the bounds that hold them back. A step ends at the first other
        bound, which holds back from there on; where no step is left, the bound is left whose multiplier most has the
        wrong sign. So each point is feasible, and none is lower than the one before.

        Source: Nocedal & Wright (2006), Numerical optimization, algorithms 16.3 and 3.2.
        """
        v = np.where(self.is_met(start)[:, None], start, self.inside)
        if objective.is_positive:
            v = np.where(np.all(v > 0, axis=1)[:, None], v, self.inside)
        active = np.zeros((len(v), len(self.bounds.numbers)), dtype=bool)
        going = np.arange(len(v))
        for _ in range(STEPS + STEPS_EACH * active.shape[1]):
            values, slopes, bends = objective.at(v[going], going)
            steps = self._steps(slopes, bends, active[going])
            there, blocked, rose = self._along(objective, v[going], steps, values, active[going], going)
            v[going] = there
            rest = ~rose | (np.abs(steps).max(axis=1) <= SHORT * (1 + np.abs(there).max(axis=1)))
            hit = blocked >= 0
            active[going[hit], blocked[hit]] = True
            left = np.zeros(len(going), dtype=bool)
            for i in np.flatnonzero(rest & ~hit):
                left[i] = self._leave(active[going[i]], slopes[i])
            going = going[~rest | hit | left]
            if not len(going):
                break
        return v

    def _steps(self, slopes: Array, bends: Array, active: Truths) -> Array:
        """Newton's steps (s, n) along which equations hold and active bounds (s, q) stay what they are."""
        steps = np.zeros_like(slopes)
        masks, of_each = (
            np.unique(active, axis=0, return_inverse=True) if active.size else (active[:1], np.zeros(len(slopes)))
        )
        for number, mask in enumerate(masks):
            group, basis = np.flatnonzero(of_each.ravel() == number), self.basis(mask)
            if basis.shape[1]:
                square = basis.T @ bends[group] @ basis
                largest = np.trace(square, axis1=1, axis2=2)[:, None, None]
                square = square + FLATTEST * largest * np.eye(basis.shape[1])
                along = (slopes[group] @ basis)[..., None]
                steps[group] = np.linalg.solve(square, along)[..., 0] @ basis.T
        return steps

    def _along(
        self, objective: Objective, v: Array, steps: Array, values: Array, active: Truths, which: Numbers
    ) -> tuple[Array, Numbers, Truths]:
        """Where steps (s, n) lead, the bound at which each ends, or -1, and which (s,) lead up, or nowhere."""
        scale, blocked = np.ones(len(v)), np.full(len(v), -1)
        if active.shape[1]:
            room = np.maximum(v @ self.bounds.factors.T - self.bounds.numbers, 0)
            rates = steps @ self.bounds.factors.T
            closing = ~active & (rates < -NOTHING * np.linalg.norm(self.bounds.factors, axis=1))
            shares = np.divide(room, -rates, out=np.full_like(room, np.inf), where=closing)
            first = np.argmin(shares, axis=1)
            nearest = np.take_along_axis(shares, first[:, None], axis=1)[:, 0]
            scale, blocked = np.minimum(1, nearest), np.where(nearest <= 1, first, -1)
        if objective.is_positive:
            largest = np.max(-steps / v, axis=1)
            within = LARGEST_SHARE / np.maximum(largest, LARGEST_SHARE)
            blocked = np.where(within < scale, -1, blocked)
            scale = np.minimum(scale, within)
        there = v + scale[:, None] * steps
        falls = np.zeros(len(v), dtype=bool)
        for _ in range(HALVINGS):
            falls = ~(objective.at(there, which)[0] >= values - 4 * np.finfo(float).eps * np.abs(values))
            if not np.any(falls):
                break
            blocked = np.where(falls, -1, blocked)
            scale = np.where(falls, scale / 2, scale)
            there = v + scale[:, None] * steps
        return np.where(falls[:, None], v, there), blocked, ~falls

    def _leave(self, active: Truths, slope: Array) -> bool:
        """Leave the active bound (q,) whose multiplier most has the wrong sign for a slope (n,), if there is one."""
        on = np.flatnonzero(active)
        if not len(on):
            return False
        rows = np.concatenate([self.equations.factors, self.bounds.factors[on]])
        multipliers = -np.linalg.lstsq(rows.T, slope, rcond=None)[0][len(self.equations.numbers) :]
        worst = int(np.argmin(multipliers))
        if multipliers[worst] >= -ROUNDING * (1 + np.abs(slope).max()):
            return False
        active[on[worst]] = False
        return True
