"""Mixture: weights, means and covariances of Gaussian components, checked and frozen.

It is one class, and a door to each thing that is computed of one; what stands behind the doors has files of its own.
"""

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, read_only
from gmmfit.errors import ArgumentError, ModelError
from gmmfit.model import density, separation, univariate
from gmmfit.model.checks import check_numbers, check_shapes, check_size
from gmmfit.model.covariance import cholesky, inverse_factors
from gmmfit.model.document import FORMAT, FORMAT_VERSION, Document, dump, noise_in, numbers_in, parse, transform_in
from gmmfit.model.draw import draw, fresh_seed
from gmmfit.model.noise import Noise
from gmmfit.model.transform import Transforms
from gmmfit.version import __version__

log = logging.getLogger("gmmfit")

# A variance is stored in squared units of the column as long as its square root lies in this range. Beyond it
# squares come near the ends of double precision, and the covariance is kept in squares of a power of two.
_ORDINARY_SDS = (2.0**-400, 2.0**400)
# Sums of a few such numbers, the points a few sds from a mean, and densities are finite.
LARGEST, SMALLEST = 2.0**1000, 2.0**-1022
# Farther from a mean, in sds, no row of a table is drawn.
SDS_DRAWN = 9.0
# Where a density grows beyond all bounds there is no mode.
NEXT_TO_A_HOLE = 1e-150


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of K Gaussian components in D columns, and perhaps of noise.

    weights      (K,)       mixing weights, positive, summing to 1, with that of the noise if there is some
    means        (K, D)     in the units of the columns; (K,) is taken as one column
    covariances  (K, D, D)  symmetric, positive definite, in squares of `units`; (K,) is taken as variances
    columns      D names
    units        (D,)       powers of two; 1 for every column unless its squares would over- or underflow
    transform    D names    of what is normal, such as log; empty where the columns themselves are. Means, covariances
                            and units are then those of the transformed columns, and all values those of the columns
    noise        a part that is uniform over a box, of what belongs to no component; of transformed columns it is the
                 transformed one that is uniform

    Arrays are copied and read-only. Components keep the order in which they are given. Two mixtures of the same numbers
    are equal. Values are arrays (N,) or (N, D), or a table that has the columns by name, such as a DataFrame.

    >>> mixture = Mixture.from_sds([0.4, 0.6], [165, 178], [6, 7], columns="height")
    >>> print(mixture)
    0.4 N(165, 6) + 0.6 N(178, 7)
    >>> mixture.density([170])
    array([0.0365...])

    Raises:
        ModelError: the numbers are not a mixture; the message names the component.
    """

    weights: Array
    means: Array
    covariances: Array
    columns: tuple[str, ...] = ()
    units: Array = field(default_factory=lambda: np.ones(1))
    transform: tuple[str, ...] = ()
    noise: Noise | None = None

    def __post_init__(self) -> None:
        weights, means = np.asarray(self.weights, float), np.asarray(self.means, float)
        covariances = np.asarray(self.covariances, float)
        if means.ndim == 1:
            means = means[:, None]
        if covariances.ndim == 1:
            covariances = covariances[:, None, None]
        n_columns = means.shape[-1]
        units = self.units if len(self.units) == n_columns else np.broadcast_to(self.units, (n_columns,))
        names = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
        for name, array in [("weights", weights), ("means", means), ("covariances", covariances), ("units", units)]:
            object.__setattr__(self, name, read_only(array))
        object.__setattr__(self, "columns", names or default_columns(n_columns))
        check_shapes(self.weights, self.means, self.covariances, self.columns)
        try:
            object.__setattr__(self, "transform", self.transforms.names)
        except ArgumentError as error:
            raise ModelError(str(error)) from None
        check_numbers(self.weights, self.means, self.covariances, 0.0 if self.noise is None else self.noise.weight)
        if self.noise is not None and len(self.noise.box.low) != n_columns:
            raise ModelError(f"the noise has a range of {len(self.noise.box.low)} columns, and there are {n_columns}")
        _ = self.factors  # positive definite, or a ModelError
        if not (np.abs(self.means).max() < LARGEST and self.sds.min() > SMALLEST and self.sds.max() < LARGEST):
            raise ModelError(f"means and sds must be less than {LARGEST:.1e}, and sds more than {SMALLEST:.1e}")
        if self.transform:
            reached = self.transforms.invert(self.means + SDS_DRAWN * self.sds * [[[-1.0]], [[1.0]]])
            if not np.all(np.isfinite(reached)):
                raise ModelError(
                    f"a mean or an sd is too large for `transform` {','.join(self.transform)}: no number has it"
                )
        _ = self._noise  # which has a range

    def __eq__(self, other: object) -> bool:
        """Whether another mixture has the same numbers, columns, transforms and noise, to the last bit."""
        return isinstance(other, Mixture) and self._value_of() == other._value_of()

    def __hash__(self) -> int:
        return hash(self._value_of())

    def _value_of(self) -> tuple[object, ...]:
        """Everything that makes it what it is, to be compared."""
        arrays = [self.weights, self.means, self.covariances, self.units]
        noise = self.noise
        arrays += [] if noise is None else [np.array(noise.weight), noise.box.low, noise.box.high]
        return self.columns, self.transform, *((array.shape, array.tobytes()) for array in arrays)

    @classmethod
    def from_sds(
        cls,
        weights: npt.ArrayLike,
        means: npt.ArrayLike,
        sds: npt.ArrayLike,
        columns: str | tuple[str, ...] = (),
        transform: tuple[str, ...] = (),
        noise: Noise | None = None,
    ) -> Self:
        """A mixture from standard deviations: (K,) in one column, (K, D) for uncorrelated columns.

        >>> Mixture.from_sds([1], [0], [2]).covariances
        array([[[4.]]])
        """
        means, sds = np.asarray(means, float), np.asarray(sds, float)
        if means.shape != sds.shape:
            raise ModelError(f"{means.size} means and {sds.size} sds: there must be one sd for each mean")
        if not np.all((sds > 0) & np.isfinite(sds)):
            raise ModelError("every sd must be a positive, finite number")
        sds = sds.reshape(len(sds), -1)
        check_size(*sds.shape)
        units = _power_of_two(sds.max(axis=0))
        covariances = ((sds / units) ** 2)[:, :, None] * np.eye(sds.shape[1])
        names = (columns,) if isinstance(columns, str) else columns
        mixture = cls(np.asarray(weights, float), means, covariances, names, units, transform, noise)
        return mixture.in_ordinary_units()

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def n_columns(self) -> int:
        """D."""
        return int(self.means.shape[1])

    @cached_property
    def sds(self) -> Array:
        """Standard deviations, (K, D), in the units of the columns."""
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        return read_only(self.units * np.sqrt(variances))

    @cached_property
    def transforms(self) -> Transforms:
        """What is normal of each column."""
        return Transforms.named(self.transform, self.n_columns)

    @cached_property
    def medians(self) -> Array:
        """The median of each component in each column, (K, D), in the units of the columns: its mean, transformed back.

        >>> Mixture(np.ones(1), np.zeros(1), np.ones(1), "dose", transform=("log",)).medians
        array([[1.]])
        """
        return self.transforms.invert(self.means)

    @property
    def untransformed(self) -> Self:
        """The mixture of the transformed columns."""
        return replace(self, transform=(), noise=self._noise) if self.transform else self

    @property
    def box(self) -> None:
        """None: no component is uniform. The noise is beside them."""
        return None

    @cached_property
    def _noise(self) -> Noise | None:
        """The noise of the transformed columns."""
        return self.noise and replace(self.noise, box=self.noise.box.transformed(self.transforms))

    @cached_property
    def correlations(self) -> Array:
        """Correlations of the columns within each component, (K, D, D)."""
        roots = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        return read_only(self.covariances / (roots[:, :, None] * roots[:, None, :]))

    @cached_property
    def factors(self) -> Array:
        """Lower Cholesky factors of the covariances, (K, D, D), in the units of the columns."""
        return read_only(self.units[:, None] * cholesky(self.covariances))

    @cached_property
    def inverses(self) -> Array:
        """The inverses of the factors, (K, D, D)."""
        return read_only(inverse_factors(self.factors))

    def log_density(self, values: Any) -> Array:
        """The natural log of the density at values (N,) or (N, D), as (N,); NaN where a value is missing."""
        logs = self._posterior_and_log_density(values)[1]
        if not self.transform:
            return logs
        x = density.as_table(self, values)
        with np.errstate(invalid="ignore"):
            logs += self.transforms.log_slope(x).sum(axis=1)
        outside = ~np.all(self.transforms.holds(x), axis=1) & ~np.any(np.isnan(x), axis=1)
        return np.where(outside, -np.inf, logs)

    def density(self, values: Any) -> Array:
        """The density at values (N,) or (N, D), as (N,), per unit of the columns.

        >>> Mixture.from_sds([1], [0], [1]).density([0]).round(4)
        array([0.3989])
        """
        return np.exp(self.log_density(values))

    def posterior(self, values: Any) -> Array:
        """The probability of each component given values (N,) or (N, D), as (N, K); rows sum to 1.

        Where there is noise, its probability is the last of K + 1.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).posterior([0])
        array([[0.5, 0.5]])
        """
        return self._posterior_and_log_density(values)[0]

    def _posterior_and_log_density(self, values: Any) -> tuple[Array, Array]:
        """Posteriors (N, K), with noise (N, K + 1), and log densities (N,) of the transformed columns."""
        z = self._transformed(values)
        posteriors, logs = density.posterior_and_log_density(self, z)
        if self._noise is None:
            return posteriors, logs
        of_noise = self._noise.log_density(z)
        with np.errstate(invalid="ignore"):  # of a missing value
            together = np.logaddexp(logs, of_noise)
        # What is far out, where there is no density, is nearest to a component.
        share = np.where(np.isneginf(of_noise), 0.0, np.exp(of_noise - np.maximum(together, -np.finfo(float).max)))
        return np.column_stack([posteriors * (1 - share)[:, None], share]), together

    def cdf(self, values: Any) -> Array:
        """The probability of a value at most as large, for values (N,), in one column.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).cdf([0, 9])
        array([0.5, 1. ])
        """
        if not self.transform:
            return univariate.cdf(self, values, self.noise)
        z = self._transformed(values)
        x, [transform] = density.as_table(self, values), self.transforms.each
        z[x <= transform.low], z[x >= transform.high] = -np.inf, np.inf
        return univariate.cdf(self, z, self._noise)

    def quantile(self, probabilities: npt.ArrayLike) -> Array:
        """The values (N,) that these probabilities lie below, in one column: the inverse of `cdf`.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).quantile([0.025, 0.5]).round(6) + 0
        array([-2.646146,  0.      ])
        """
        return self._value(univariate.quantile(self, probabilities, self._noise))

    def modes(self) -> Array:
        """The values at which the density has its maxima, ascending, in one column; without the noise.

        >>> Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5]).modes().round(1)
        array([160., 180.])
        """
        if not self.transform:
            return univariate.modes(self)
        [transform] = self.transforms.each
        found = self._value(univariate.modes(self, transform.bend))
        return found[~np.isclose(found, transform.hole, rtol=0, atol=NEXT_TO_A_HOLE)]

    def cutoffs(self, probability: float = 0.5) -> list[univariate.Cutoff]:
        """Where the likeliest component changes, ascending, and the components on either side, in one column.

        With another probability, where that of the component above, of the two, passes it. Noise has no part in it: it
        lies between components and beyond them.

        >>> halves = Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5])
        >>> halves.cutoffs()
        [Cutoff(value=170.0, below=1, above=2, probability=0.5)]
        >>> [cutoff] = halves.cutoffs(0.95)
        >>> halves.posterior([cutoff.value]).round(3)
        array([[0.05, 0.95]])
        """
        found = univariate.cutoffs(self, probability)
        values = self._value(np.array([cutoff.value for cutoff in found])).tolist()
        return [cutoff._replace(value=value) for cutoff, value in zip(found, values, strict=True)]

    def _transformed(self, values: Any) -> Array:
        """Values (N,) or (N, D) as (N, D) of the transformed columns; NaN where there are none."""
        return self.transforms.apply(density.as_table(self, values))

    def _value(self, z: Array) -> Array:
        """Values (N,) of the only column from those of the transformed one."""
        return self.transforms.invert(z[:, None])[:, 0]

    def separations(self) -> list[separation.Separation]:
        """How far neighbouring components are apart: Ashman's D, overlap, expected misclassification.

        >>> [pair] = Mixture.from_sds([0.5, 0.5], [0, 3], [1, 1]).separations()
        >>> round(pair.ashman_d, 3), round(pair.overlap, 3), round(pair.misclassified, 3)
        (3.0, 0.134, 0.067)
        """
        return separation.separations(self)

    def simulate(self, rows: int = 100, seed: int | None = None) -> Array:
        """Rows drawn from the mixture, (rows, D); `gmmfit.simulate` also gives their components."""
        if seed is None:
            seed = fresh_seed()
            log.info("seed %d", seed)
        return draw(self, rows, seed)[0]

    def to_json(self) -> str:
        """The mixture as a gmmfit-model document.

        >>> mixture = Mixture.from_sds([1], [0], [1])
        >>> print(Mixture.from_json(mixture.to_json()))
        1 N(0, 1)
        """
        return dump(self.to_document())

    def to_document(self) -> Document:
        """The gmmfit-model document of the mixture, as JSON has it."""
        medians = self.medians.tolist() if self.transform else [None] * self.n_components
        numbers = (self.weights.tolist(), self.means.tolist(), self.sds.tolist(), self.covariances.tolist(), medians)
        # Squares of some columns can't be written as numbers: covariances are then in squares of units.
        units = {"covariance_units": self.units.tolist()} if np.any(self.units != 1) else {}
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "generator": f"gmmfit {__version__}",
            "columns": list(self.columns),
            "covariance_type": "full",
            "n_components": self.n_components,
            **units,
            **({"transform": list(self.transform)} if self.transform else {}),
            **({"noise": self.noise.record()} if self.noise is not None else {}),
            "components": [
                {"component": k, "weight": weight, "mean": mean, "sd": sd, **({"median": median} if median else {})}
                | {"covariance": covariance}
                for k, (weight, mean, sd, covariance, median) in enumerate(zip(*numbers, strict=True), start=1)
            ],
        }

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The mixture in a gmmfit-model document, bit for bit as it was written.

        Raises:
            ModelError: the text is not such a document; the message names the field.
        """
        return cls.from_document(parse(text))

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """The mixture in a document that was parsed.

        Raises:
            ModelError: a field is missing or wrong, by its name.
        """
        numbers = numbers_in(document)
        weights, means, columns = numbers.weights, numbers.means, numbers.columns
        transform, noise = transform_in(document), noise_in(document)
        if numbers.covariances is None:
            return cls.from_sds(weights, means, numbers.sds, columns, transform, noise)
        mixture = cls(weights, means, numbers.covariances, columns, numbers.units, transform, noise)
        numbers.check_sds(mixture.sds)
        return mixture

    def moved(self, shift: Array, units: Array) -> Self:
        """The mixture of shift + units · x for x from this one; shift and units are (D,), units powers of two."""
        noise = self.noise and replace(self.noise, box=self.noise.box.moved(shift, units))
        moved = replace(self, means=self.means * units + shift, units=self.units * units, noise=noise)
        return moved.in_ordinary_units()

    def in_ordinary_units(self) -> Self:
        """The same mixture with `units` 1 wherever squares of its sds can be represented."""
        low, high = _ORDINARY_SDS
        if np.all(self.units == 1) or not np.all((self.sds > low) & (self.sds < high)):
            return self
        scale = self.units[:, None] * self.units
        return replace(self, covariances=self.covariances * scale, units=np.ones(self.n_columns))

    def ordered(self, order: npt.NDArray[np.intp]) -> Self:
        """The same mixture with its components in another order."""
        return replace(self, weights=self.weights[order], means=self.means[order], covariances=self.covariances[order])

    def marginal(self, positions: tuple[int, ...]) -> Self:
        """The mixture of some of its columns, by their positions from 0.

        >>> Mixture.from_sds([1], [[0, 9]], [[1, 2]], columns=("a", "b")).marginal((1,)).means
        array([[9.]])
        """
        chosen = list(positions)
        return replace(
            self,
            means=self.means[:, chosen],
            covariances=self.covariances[:, chosen][:, :, chosen],
            units=self.units[chosen],
            columns=tuple(self.columns[d] for d in chosen),
            transform=tuple(self.transform[d] for d in chosen) if self.transform else (),
            noise=self.noise and replace(self.noise, box=self.noise.box.part(chosen)),
        )

    def only(self, component: int) -> Self:
        """One component, counted from 1, as a mixture of itself.

        >>> print(Mixture.from_sds([0.5, 0.5], [160, 180], [5, 6]).only(2))
        1 N(180, 6)

        Raises:
            ArgumentError: there is no such component.
        """
        if not 1 <= component <= self.n_components:
            raise ArgumentError(f"`component` is {component}; the mixture has {self.n_components}, counted from 1")
        part = slice(component - 1, component)
        return replace(self, weights=np.ones(1), means=self.means[part], covariances=self.covariances[part], noise=None)

    def with_columns(self, columns: tuple[str, ...]) -> Self:
        """The same mixture with its columns in another order if they are the same ones, else with other names.

        >>> Mixture.from_sds([1], [[0, 9]], [[1, 2]], columns=("a", "b")).with_columns(("b", "a")).means
        array([[9., 0.]])
        """
        if set(columns) != set(self.columns):
            return replace(self, columns=columns)
        return self.marginal(tuple(self.columns.index(name) for name in columns))

    def __str__(self) -> str:
        """One line: weight N(mean, sd) of each component, and of what, where that is no column itself."""
        shown = [one.shown(name) for one, name in zip(self.transforms.each, self.columns, strict=True)]
        of = f" of {', '.join(shown)}" if self.transform else ""
        components = " + ".join(
            f"{weight:.6g} N({_listed(mean)}, {_listed(sd)})"
            for weight, mean, sd in zip(self.weights, self.means, self.sds, strict=True)
        )
        noise = f" + {self.noise.weight:.6g} noise" if self.noise is not None else ""
        return components + noise + of


def _listed(numbers: Array) -> str:
    text = ", ".join(f"{number:.6g}" for number in numbers)
    return text if len(numbers) == 1 else f"[{text}]"


def default_columns(n_columns: int) -> tuple[str, ...]:
    """The names of columns that were given none."""
    return ("x",) if n_columns == 1 else tuple(f"x{d}" for d in range(1, n_columns + 1))


def _power_of_two(sizes: Array) -> Array:
    """The power of two next to each of `sizes`, at most by a factor of two."""
    return np.ldexp(1.0, np.minimum(np.frexp(sizes)[1], 1023))
