"""Linear constraints between the parameters of one kind, and what is best for an M step within them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array

Truths = npt.NDArray[np.bool_]

# Steps to the best numbers at most, the shortest that is worth another, and halvings of one that leads down.
STEPS, SHORT, HALVINGS = 50, 1e-13, 30
# Of a number that has to stay positive, a step takes no larger share than this.
LARGEST_SHARE = 0.9
# By so much, in the units of the rows, a constraint may be missed; and a multiplier may have the wrong sign.
ROUNDING, WRONG = 1e-9, 1e-9
# Of the constraints' singular values, those below this share are rounding.
DEPENDENT = 1e-10
# An entry of a direction that is rounding.
NOTHING = 1e-14
# A curvature is at least this share of the largest.
FLATTEST = 1e-12


class Objective(NamedTuple):
    """A function of numbers v (s, n) that is to be as high as possible, of some (s,) of S mixtures.

    at(v, which) gives its value (s,), slope (s, n), and minus its second derivative, or what stands for it, (s, n, n).
    """

    at: Callable[[Array, npt.NDArray[np.intp]], tuple[Array, Array, Array]]
    is_positive: bool


@dataclass(frozen=True, eq=False)
class LinearSet:
    """The numbers v (n,) for which equal @ v = to, and above @ v >= least, with rows of length 1.

    inside is one of them, from which others are found.

    >>> both = LinearSet(np.array([[1.0, 1.0]]) / 2**0.5, np.array([2**0.5]), np.eye(2)[:1], np.array([1.5]))
    >>> both.nearest(np.array([[1.0, 1.0], [1.8, 0.2]])).round(12)
    array([[1.5, 0.5],
           [1.8, 0.2]])
    """

    equal: Array
    to: Array
    above: Array
    least: Array
    inside: Array | None = None
    _by_active: dict[bytes, tuple[Array, Array]] = field(default_factory=dict, repr=False)

    @property
    def n_held(self) -> int:
        """How many numbers the equations take."""
        return int(self.equal.shape[1] - self.basis().shape[1])

    def basis(self, active: Truths | None = None) -> Array:
        """Orthonormal directions (n, p) along which the equations hold, and the active bounds stay what they are."""
        return self._space(np.zeros(len(self.least), dtype=bool) if active is None else active)[0]

    def _space(self, active: Truths) -> tuple[Array, Array]:
        """The directions, and the numbers nearest to 0 that fulfil the equations and the active bounds."""
        key = active.tobytes()
        if key not in self._by_active:
            rows, to = np.concatenate([self.equal, self.above[active]]), np.concatenate([self.to, self.least[active]])
            _, sizes, axes = np.linalg.svd(rows, full_matrices=True)
            rank = int(np.sum(sizes > DEPENDENT * max(1.0, sizes.max(initial=0.0))))
            nearest = np.linalg.lstsq(rows, to, rcond=DEPENDENT)[0] if len(rows) else np.zeros(rows.shape[1])
            basis = axes[rank:].T
            self._by_active[key] = np.where(np.abs(basis) < NOTHING, 0.0, basis), nearest
        return self._by_active[key]

    @cached_property
    def held(self) -> Truths:
        """Which numbers (n,) the equations give a value."""
        return np.asarray(np.linalg.norm(self.basis(), axis=1) < DEPENDENT)

    @property
    def values(self) -> Array:
        """Numbers (n,) that fulfil the equations: of those that are held, the only ones."""
        return self._space(np.zeros(len(self.least), dtype=bool))[1]

    def is_met(self, v: Array) -> Truths:
        """Which of numbers (…, n) fulfil all, but for rounding."""
        slack = ROUNDING * (1 + np.abs(v).max(axis=-1, keepdims=True))
        equal = np.all(np.abs(v @ self.equal.T - self.to) <= slack, axis=-1)
        return np.asarray(equal & np.all(v @ self.above.T - self.least >= -slack, axis=-1))

    def active(self, v: Array) -> Truths:
        """Which bounds (…, q) numbers (…, n) lie on."""
        slack = ROUNDING * (1 + np.abs(v).max(axis=-1, keepdims=True))
        return np.asarray(v @ self.above.T - self.least <= slack)

    def nearest(self, v: Array) -> Array:
        """The numbers of the set that are nearest to v (S, n)."""
        identity = np.broadcast_to(np.eye(v.shape[1]), (len(v), v.shape[1], v.shape[1]))

        def at(u: Array, which: npt.NDArray[np.intp]) -> tuple[Array, Array, Array]:
            apart = v[which] - u
            return -np.sum(apart**2, axis=1) / 2, apart, identity[which]

        return self.best(Objective(at, is_positive=False), v)

    def best(self, objective: Objective, start: Array) -> Array:
        """The numbers (S, n) of the set for which an objective is highest, and if need be where its steps ended.

        Bounds that are missed become equations, and those that hold it back are left again; numbers that fulfil all and
        are higher than what is found are kept.

        Source: Nocedal & Wright (2006), Numerical optimization, sections 16.5 and 3.5.
        """
        everyone = np.arange(len(start))
        active = np.zeros((len(start), len(self.least)), dtype=bool)
        begun = np.where(self.is_met(start)[:, None], start, start if self.inside is None else self.inside)
        v = begun.copy()
        open_ones = everyone
        for _ in range(2 * len(self.least) + 2):
            masks, of_each = np.unique(active[open_ones], axis=0, return_inverse=True)
            for number, mask in enumerate(masks):
                group = open_ones[of_each.ravel() == number]
                v[group] = self._climbed(objective, v[group], group, mask)
            changed = self._changed(objective, v, active, open_ones)
            open_ones = open_ones[changed]
            if not len(open_ones):
                break
        kept = self.is_met(begun)
        if np.any(kept):
            which = np.flatnonzero(kept)
            before, after = objective.at(begun[which], which)[0], objective.at(v[which], which)[0]
            worse = which[~self.is_met(v[which]) | ~(after >= before - ROUNDING * np.abs(before))]
            v[worse] = begun[worse]
        return v

    def _changed(self, objective: Objective, v: Array, active: Truths, which: npt.NDArray[np.intp]) -> Truths:
        """Add missed bounds to the active ones, leave the one that most holds back; for which (s,) that changes any."""
        if not len(self.least):
            return np.zeros(len(which), dtype=bool)
        slack = v[which] @ self.above.T - self.least
        missed = (slack < -ROUNDING * (1 + np.abs(v[which]).max(axis=1, keepdims=True))) & ~active[which]
        left = np.zeros_like(missed)
        slopes = objective.at(v[which], which)[1]
        for i, number in enumerate(which.tolist()):
            on = np.flatnonzero(active[number])
            if len(on) and not np.any(missed[i]):
                rows = np.concatenate([self.equal, self.above[on]])
                multipliers = -np.linalg.lstsq(rows.T, slopes[i], rcond=None)[0][len(self.equal) :]
                if multipliers.min() < -WRONG * (1 + np.abs(slopes[i]).max()):
                    left[i, on[np.argmin(multipliers)]] = True
        active[which] = (active[which] | missed) & ~left
        return np.asarray(np.any(missed | left, axis=1))

    def _climbed(self, objective: Objective, v: Array, which: npt.NDArray[np.intp], active: Truths) -> Array:
        """Where Newton's steps lead from v (s, n) within the equations and the active bounds."""
        basis, at = self._space(active)
        v = at + (v - at) @ basis @ basis.T
        if not basis.shape[1]:
            return v
        if objective.is_positive:
            v = np.where(np.all(v > 0, axis=1)[:, None], v, self._positive(v, basis))
        going = np.arange(len(v))
        for _ in range(STEPS):
            values, slopes, bends = objective.at(v[going], which[going])
            square = basis.T @ bends @ basis
            largest = np.trace(square, axis1=1, axis2=2)[:, None, None]
            square = square + FLATTEST * largest * np.eye(basis.shape[1])
            steps = np.linalg.solve(square, (slopes @ basis)[..., None])[..., 0] @ basis.T
            scale = np.ones(len(going))
            if objective.is_positive:
                with np.errstate(divide="ignore"):
                    shares = np.max(-steps / v[going], axis=1)
                scale = np.minimum(1, LARGEST_SHARE / np.maximum(shares, LARGEST_SHARE))
            for _ in range(HALVINGS):
                there = v[going] + scale[:, None] * steps
                falls = ~(objective.at(there, which[going])[0] >= values - 4 * np.finfo(float).eps * np.abs(values))
                if not np.any(falls):
                    break
                scale = np.where(falls, scale / 2, scale)
            v[going] = np.where(falls[:, None], v[going], there)
            long = np.abs(scale[:, None] * steps).max(axis=1) > SHORT * (1 + np.abs(there).max(axis=1))
            going = going[long & ~falls]
            if not len(going):
                break
        return v

    def _positive(self, v: Array, basis: Array) -> Array:
        """Positive numbers of the same space: those on the way to what is inside that are so, if there are."""
        if self.inside is None:
            return v
        towards = (self.inside - v) @ basis @ basis.T
        for share in (0.5, 0.9, 1.0):
            v = np.where(np.all(v > 0, axis=1)[:, None], v, v + share * towards)
        return v
