"""Constraints of a model, from what is typed to sets in standard units; and what they hold, to the last bit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.constraints import Floor
from gmmfit.fitting.em.feasible_set import Conditions, FeasibleSet
from gmmfit.fitting.em.parameter_sets import EQUAL_CV, ParameterSets
from gmmfit.fitting.problem.expressions import MEANS, SDS, WEIGHTS, Condition, Names
from gmmfit.fitting.problem.standardize import StandardizedRows
from gmmfit.fitting.settings import Fixed
from gmmfit.model.covariance import Structure
from gmmfit.model.mixture import Mixture
from gmmfit.text import listed

# What a search begins with has weights at least such a share of equal ones, or if there are none at least so small.
SMALL, SMALLEST = 0.05, 1e-6
# Means so many sds of the rows away from them, and sds so many times theirs, have no rows.
FAR_OUT = 1e6


@dataclass(frozen=True, eq=False)
class TypedConstraints:
    """The constraints of a model in the units of the columns: conditions of one kind each, and if sds go with means."""

    conditions: tuple[Condition, ...]
    equal_cv: bool
    n_components: int
    n_columns: int
    noise: bool

    @classmethod
    def of(cls, texts: Sequence[str], columns: Sequence[str], n_components: int, noise: bool) -> "TypedConstraints":
        """Those that were typed.

        Raises:
            ArgumentError: one can't be read, or is not linear in one kind of parameter.
        """
        if not texts:
            return cls((), False, n_components, len(columns), noise)
        names = Names.among(columns, n_components, noise)
        plain = [text for text in texts if " ".join(text.split()) != EQUAL_CV]
        conditions = tuple(condition for text in plain for condition in names.conditions(text))
        equal_cv = len(plain) < len(texts)
        if equal_cv and any(condition.kind != WEIGHTS for condition in conditions):
            raise ArgumentError(
                f"`constrain` {EQUAL_CV} ties means and sds: nothing else can be said of these beside it"
            )
        return cls(conditions, equal_cv, n_components, len(columns), noise)

    def sets(self, rows: StandardizedRows, structure: Structure, floor: Floor, fixed: Fixed) -> ParameterSets | None:
        """The sets of parameters in standard units, for a structure and a floor; None where nothing is constrained.

        Raises:
            ArgumentError: constraints contradict each other, or what is fixed, or the structure ties the sds otherwise.
        """
        kinds = {condition.kind for condition in self.conditions} | ({SDS, MEANS} if self.equal_cv else set())
        if not kinds:
            return None
        for kind, held in ((WEIGHTS, fixed.weights), (MEANS, fixed.means), (SDS, fixed.sds)):
            if kind in kinds and held:
                raise ArgumentError(f"`fix` holds the {kind}: leave what `constrain` says of them out, or that")
        if SDS in kinds:
            self._check_structure(structure)
        k, d, units = self.n_components, self.n_columns, rows.units
        weights = self._weights() if WEIGHTS in kinds else None
        if self.equal_cv:
            zero = -units.centre / units.unit
            if np.any(rows.low <= zero):
                raise ArgumentError(
                    f"`constrain` {EQUAL_CV} is for columns of positive values, whose means are positive"
                )
            return ParameterSets(weights, zero=zero, least=np.sqrt(np.diagonal(floor.covariance)))
        means = sds = None
        if MEANS in kinds:
            equations, bounds = self._conditions(MEANS, np.tile(units.unit, k), np.tile(units.centre, k))
            means = self._found(MEANS, FeasibleSet.of(equations, bounds, np.tile(rows.mean, k)))
            if np.abs(means.inside).max() > FAR_OUT:
                raise self._contradiction(MEANS, " near the rows")
        if SDS in kinds:
            equations, bounds = self._conditions(SDS, np.tile(units.unit, k), np.zeros(k * d))
            spread = np.tile(np.sqrt(np.diagonal(rows.covariance)), k)
            free = self._found(SDS, FeasibleSet.of(equations + _of_structure(structure, k, d), bounds, spread))
            least = np.where(free.determined, 0.0, np.tile(np.sqrt(np.diagonal(floor.covariance)), k))
            sds = self._found(SDS, free.with_bounds(_at_least(least)))
            if np.any(sds.inside <= 0) or np.any(sds.inside > FAR_OUT):
                raise self._contradiction(SDS)
        return ParameterSets(weights, means, sds)

    def _check_structure(self, structure: Structure) -> None:
        """Raise an ArgumentError where a structure has no sds that could be tied."""
        several = self.n_columns > 1
        if several and structure.correlated:
            raise ArgumentError("sds have constraints where columns have no correlations: take `covariance` diag")
        if not structure.is_linear or (self.equal_cv and (structure.tied or (several and structure.shape == "I"))):
            raise ArgumentError(
                f"the structure ties the sds already: take `covariance` {'diag' if several else 'full'}"
            )

    def _weights(self) -> FeasibleSet:
        """The set of the weights, which sum to 1."""
        n = self.n_components + self.noise
        equations, bounds = self._conditions(WEIGHTS, np.ones(n), np.zeros(n))
        equations += Conditions(np.ones((1, n)), np.ones(1), ("",))
        equal = np.full(n, 1 / n)
        found = self._found(WEIGHTS, FeasibleSet.of(equations, bounds, equal))
        for least in (SMALL / n, SMALLEST):
            inner = found.with_bounds(_at_least(np.full(n, least)))
            if inner is not None:
                return found.beginning_at(inner.inside)
        raise self._contradiction(WEIGHTS)

    def _conditions(self, kind: str, unit: Array, centre: Array) -> tuple[Conditions, Conditions]:
        """The equations and the bounds of one kind in standard units, with factors of length 1."""
        found = [Conditions.none(len(unit)), Conditions.none(len(unit))]
        for one in self.conditions:
            if one.kind == kind:
                factors, number = one.factors * unit, one.number - float(one.factors @ centre)
                length = float(np.linalg.norm(factors))
                found[one.is_bound] += Conditions(factors[None] / length, np.array([number / length]), (one.text,))
        return found[0], found[1]

    def _found(self, kind: str, one: FeasibleSet | None) -> FeasibleSet:
        """A set, if it isn't empty."""
        if one is None:
            raise self._contradiction(kind)
        return one

    def _contradiction(self, kind: str, where: str = "") -> ArgumentError:
        said = dict.fromkeys(one.text for one in self.conditions if one.kind == kind)
        beside = {
            WEIGHTS: f", and weights are at least {SMALLEST:g} and sum to 1",
            SDS: ", and sds are positive and no smaller than the smallest allowed (see `min_sd`)",
        }
        return ArgumentError(f"no {kind}{where} fulfil what `constrain` says: {listed(said)}{beside.get(kind, '')}")

    @property
    def held(self) -> list[tuple[str, int, float]]:
        """What a single equation gives a number: kind, position, and the number."""
        found = []
        for one in self.conditions:
            named = np.flatnonzero(one.factors)
            if len(named) == 1 and not one.is_bound:
                found.append((one.kind, int(named[0]), one.number / float(one.factors[named[0]])))
        return found

    def exactly(self, mixture: Mixture) -> Mixture:
        """The mixture with what is held to the last bit."""
        parts = {WEIGHTS: mixture.weights.copy(), MEANS: mixture.means.copy(), SDS: mixture.sds.copy()}
        noise, covariances = mixture.noise, mixture.covariances.copy()
        for kind, at, number in self.held:
            if kind == WEIGHTS and at == mixture.n_components:
                noise = noise and replace(noise, weight=number)
            else:
                parts[kind].reshape(-1)[at] = number
            if kind == SDS:
                k, d = divmod(at, mixture.n_columns)
                covariances[k, d, d] = (number / mixture.units[d]) ** 2
        return replace(mixture, weights=parts[WEIGHTS], means=parts[MEANS], covariances=covariances, noise=noise)


def _at_least(least: Array) -> Conditions:
    """That numbers (n,) are at least others."""
    return Conditions(np.eye(len(least)), least, ("",) * len(least))


def _of_structure(structure: Structure, k: int, d: int) -> Conditions:
    """What a structure without correlations says of sds (K·D,)."""
    same = np.arange(k * d).reshape(k, d)
    if structure.tied:
        same = np.broadcast_to(same[0], (k, d))
    if structure.shape == "I":
        same = np.broadcast_to(same[:, :1], (k, d))
    others = np.flatnonzero(same.ravel() != np.arange(k * d))
    factors = (np.eye(k * d)[others] - np.eye(k * d)[same.ravel()[others]]) / np.sqrt(2)
    return Conditions(factors, np.zeros(len(others)), ("",) * len(others))
