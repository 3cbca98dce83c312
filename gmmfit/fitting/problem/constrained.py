"""Linear constraints of a model, from what is typed to sets in standard units; and what they hold, to the last bit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.fitting.em.constraints import Floor
from gmmfit.fitting.em.linear import LinearSet
from gmmfit.fitting.em.linear_m_step import Linear
from gmmfit.fitting.problem.expressions import EQUAL_CV, KINDS, MEANS, SDS, WEIGHTS, Names, Row, kinds_of
from gmmfit.fitting.problem.standardize import StandardizedRows
from gmmfit.fitting.settings import Fixed
from gmmfit.model.covariance import Structure
from gmmfit.model.mixture import Mixture

# Weights at least so large, and so large if there are such, to begin with.
SMALLEST, SMALL = 1e-6, 0.05


@dataclass(frozen=True, eq=False)
class Constrained:
    """The constraints of a model in the units of the columns: rows of one kind each, and whether sds go with means."""

    rows: tuple[Row, ...]
    equal_cv: bool
    n_components: int
    n_columns: int
    noise: bool

    @classmethod
    def of(cls, texts: Sequence[str], columns: Sequence[str], n_components: int, noise: bool) -> "Constrained":
        """Those that were typed.

        Raises:
            ArgumentError: one can't be read, or is not linear in one kind of parameter.
        """
        names = Names.among(columns, n_components, noise)
        plain = [text for text in texts if " ".join(text.split()) != EQUAL_CV]
        rows = tuple(row for text in plain for row in names.rows(text))
        equal_cv = len(plain) < len(texts)
        if equal_cv and any(row.kind != WEIGHTS for row in rows):
            raise ArgumentError(
                f"`constrain` {EQUAL_CV} ties means and sds: of these nothing else can be said beside it"
            )
        return cls(rows, equal_cv, n_components, len(columns), noise)

    def within(self, rows: StandardizedRows, structure: Structure, floor: Floor, fixed: Fixed) -> Linear | None:
        """The sets of parameters in standard units, for a structure and a floor; None where nothing is constrained.

        Raises:
            ArgumentError: constraints contradict each other, or the structure has no sds of its own.
        """
        if not self.rows and not self.equal_cv:
            return None
        (k, d), units = (self.n_components, self.n_columns), rows.units
        kinds = {row.kind for row in self.rows} | ({SDS, MEANS} if self.equal_cv else set())
        for kind, held in ((WEIGHTS, fixed.weights), (MEANS, fixed.means), (SDS, fixed.sds)):
            if kind in kinds and held:
                raise ArgumentError(f"`fix` holds the {kind}: leave what `constrain` says of them out, or that")
        if SDS in kinds and (structure.correlated if d > 1 else False):
            raise ArgumentError("sds have constraints where columns have no correlations: take `covariance` diag")
        if SDS in kinds and not structure.is_linear:
            raise ArgumentError(f"the structure ties the sds already: take `covariance` {'diag' if d > 1 else 'full'}")
        if self.equal_cv:
            return self._in_proportion(rows, structure, floor)
        weights = means = sds = None
        if WEIGHTS in kinds:
            ones = np.ones((1, k + self.noise))
            weights = self._set(WEIGHTS, np.ones(k + self.noise), np.zeros(k + self.noise), ones, np.ones(1))
            weights = self._with_inside(WEIGHTS, weights, np.full(k + self.noise, SMALL / (k + 1)), SMALLEST)
        if MEANS in kinds:
            means = self._set(MEANS, np.tile(units.unit, k), np.tile(units.centre, k))
            self._check(MEANS, means)
        if SDS in kinds:
            sds = self._set(SDS, np.tile(units.unit, k), np.zeros(k * d), *_of_structure(structure, k, d))
            least = np.tile(np.sqrt(np.diagonal(floor.covariance)), k)
            free = ~sds.held
            above, at_least = np.eye(k * d)[free], least[free]
            sds = replace(
                sds, above=np.concatenate([sds.above, above]), least=np.append(sds.least, at_least), _by_active={}
            )
            spread = np.tile(np.sqrt(np.diagonal(rows.covariance)), k)
            inside = sds.nearest(spread[None])[0]
            sds = replace(sds, inside=inside, _by_active={})
            if np.any(inside <= 0):
                raise self._contradiction(SDS)
            self._check(SDS, sds)
        return Linear(weights, means, sds)

    def _in_proportion(self, rows: StandardizedRows, structure: Structure, floor: Floor) -> Linear:
        if structure.tied or (self.n_columns > 1 and structure.shape == "I"):
            raise ArgumentError(
                f"`constrain` {EQUAL_CV} says what sds are: take `covariance` full, or in several columns diag"
            )
        units = rows.units
        zero = -units.centre / units.unit
        if np.any(rows.low <= zero):
            raise ArgumentError(f"`constrain` {EQUAL_CV} is for columns of positive values, whose means are positive")
        k, weights = self.n_components, None
        if any(row.kind == WEIGHTS for row in self.rows):
            n = k + self.noise
            weights = self._set(WEIGHTS, np.ones(n), np.zeros(n), np.ones((1, n)), np.ones(1))
            weights = self._with_inside(WEIGHTS, weights, np.full(n, SMALL / (k + 1)), SMALLEST)
        return Linear(weights, zero=zero, least=np.sqrt(np.diagonal(floor.covariance)))

    def _set(
        self, kind: str, unit: Array, centre: Array, equal: Array | None = None, to: Array | None = None
    ) -> LinearSet:
        """The set of one kind, in standard units, with further equations."""
        parts: dict[bool, list[tuple[Array, float]]] = {False: [], True: []}
        for row in self.rows:
            if row.kind == kind:
                factors, number = row.factors * unit, row.number - float(row.factors @ centre)
                length = float(np.linalg.norm(factors))
                parts[row.is_bound].append((factors / length, number / length))
        more = [] if equal is None or to is None else list(zip(equal, to.tolist(), strict=True))
        empty = np.zeros((0, len(unit)))
        together = {
            bound: (np.array([row for row, _ in some]).reshape(-1, len(unit)), np.array([to for _, to in some]))
            if some
            else (empty, np.zeros(0))
            for bound, some in ((False, [*more, *parts[False]]), (True, parts[True]))
        }
        return LinearSet(*together[False], *together[True])

    def _with_inside(self, kind: str, one: LinearSet, begin: Array, smallest: float) -> LinearSet:
        """The set with positive numbers of it, if there are."""
        n = len(begin)
        for least in (float(begin[0]), smallest):
            bounded = LinearSet(
                one.equal,
                one.to,
                np.concatenate([one.above, np.eye(n)]),
                np.concatenate([one.least, np.full(n, least)]),
            )
            inside = bounded.nearest(np.full((1, n), 1 / n))[0]
            if bounded.is_met(inside):
                return replace(one, inside=inside, _by_active={})
        raise self._contradiction(kind)

    def _check(self, kind: str, one: LinearSet) -> None:
        """Raise an ArgumentError where nothing is in a set."""
        begun = np.zeros((1, one.equal.shape[1])) if one.inside is None else one.inside[None]
        if not np.all(one.is_met(one.nearest(begun))):
            raise self._contradiction(kind)

    def _contradiction(self, kind: str) -> ArgumentError:
        said = kinds_of([row for row in self.rows if row.kind == kind])
        beside = {WEIGHTS: ", and weights are positive and sum to 1", SDS: ", and sds are positive"}.get(kind, "")
        return ArgumentError(f"no {kind} fulfil what `constrain` says: {said}{beside}")

    @property
    def held(self) -> list[tuple[str, int, float]]:
        """What is held at a number: kind, position, and the number."""
        found = []
        for row in self.rows:
            [at] = named if len(named := np.flatnonzero(row.factors)) == 1 else [None]
            if at is not None and not row.is_bound:
                found.append((row.kind, int(at), row.number / float(row.factors[at])))
        return found

    def exactly(self, mixture: Mixture) -> Mixture:
        """The mixture with what is held at a number to the last bit."""
        parts = {WEIGHTS: mixture.weights.copy(), MEANS: mixture.means.copy(), SDS: mixture.sds.copy()}
        noise = mixture.noise
        for kind, at, number in self.held:
            if kind == WEIGHTS and at == mixture.n_components:
                noise = noise and replace(noise, weight=number)
            else:
                parts[kind].reshape(-1)[at] = number
        if any(kind == SDS for kind, *_ in self.held):
            covariances = mixture.covariances.copy()
            diagonal = np.arange(mixture.n_columns)
            covariances[:, diagonal, diagonal] = (parts[SDS] / mixture.units) ** 2
            mixture = replace(mixture, covariances=covariances)
        return replace(mixture, weights=parts[WEIGHTS], means=parts[MEANS], noise=noise)

    def missed_by(self, mixture: Mixture, kinds: Sequence[str] = KINDS) -> str:
        """The first expression of some kinds that a mixture, in the columns' units, does not fulfil; empty if none."""
        numbers = {
            WEIGHTS: np.append(mixture.weights, [] if mixture.noise is None else [mixture.noise.weight]),
            MEANS: mixture.means.ravel(),
            SDS: mixture.sds.ravel(),
        }
        for row in self.rows:
            apart = float(row.factors @ numbers[row.kind]) - row.number
            size = float(np.abs(row.factors) @ np.abs(numbers[row.kind])) + abs(row.number)
            if row.kind in kinds and (apart < -MISSED * size or (not row.is_bound and apart > MISSED * size)):
                return row.text
        if self.equal_cv and MEANS in kinds and SDS in kinds:
            ratios = mixture.sds / mixture.means
            if np.any(np.abs(ratios / ratios[0] - 1) > MISSED):
                return EQUAL_CV
        return ""

    def active(self, mixture: Mixture) -> list[str]:
        """The bounds that a mixture lies on, as they were typed."""
        numbers = {WEIGHTS: mixture.weights, MEANS: mixture.means.ravel(), SDS: mixture.sds.ravel()}
        if mixture.noise is not None:
            numbers[WEIGHTS] = np.append(mixture.weights, mixture.noise.weight)
        found = []
        for row in self.rows:
            apart = float(row.factors @ numbers[row.kind]) - row.number
            size = float(np.abs(row.factors) @ np.abs(numbers[row.kind])) + abs(row.number)
            if row.is_bound and apart <= MISSED * size:
                found.append(row.text)
        return list(dict.fromkeys(found))


# By such a share of their size two sides of a constraint may differ.
MISSED = 1e-8


def _of_structure(structure: Structure, k: int, d: int) -> tuple[Array, Array]:
    """What a structure without correlations says of sds (K·D,): equations, and what they are equal to."""
    groups = np.arange(k * d).reshape(k, d)
    if structure.tied:
        groups = np.broadcast_to(groups[0], (k, d))
    if structure.shape == "I":
        groups = np.broadcast_to(groups[:, :1], (k, d))
    of_each = groups.ravel()
    others = np.flatnonzero(of_each != np.arange(k * d))
    rows = (np.eye(k * d)[others] - np.eye(k * d)[of_each[others]]) / np.sqrt(2)
    return rows, np.zeros(len(rows))
