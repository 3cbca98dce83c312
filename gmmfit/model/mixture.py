"""Mixture: weights, means and covariances of Gaussian components, checked and frozen."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array, read_only
from gmmfit.errors import ModelError
from gmmfit.model.covariance import cholesky
from gmmfit.text import is_unicode, shown

if TYPE_CHECKING:
    from gmmfit.model.separation import Separation
    from gmmfit.model.univariate import Cutoff

# A variance is stored in squared units of the column as long as its square root lies in this range. Beyond it
# squares come near the ends of double precision, and the covariance is kept in squares of a power of two.
_ORDINARY_SDS = (2.0**-400, 2.0**400)
# Sums of a few such numbers, the points a few sds from a mean, and densities are finite.
LARGEST, SMALLEST = 2.0**1000, 2.0**-1022
# More components, or numbers of a mixture, are a slip of the hand: they would fill the memory.
MOST_COMPONENTS, MOST_NUMBERS = 100_000, 2**23


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of K Gaussian components in D columns.

    weights      (K,)       mixing weights, positive, summing to 1
    means        (K, D)     in the units of the columns; (K,) is taken as one column
    covariances  (K, D, D)  symmetric, positive definite, in squares of `units`; (K,) is taken as variances
    columns      D names
    units        (D,)       powers of two; 1 for every column unless its squares would over- or underflow

    Arrays are copied and read-only. Components keep the order in which they are given.

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
        _check(self)

    @classmethod
    def from_sds(
        cls, weights: npt.ArrayLike, means: npt.ArrayLike, sds: npt.ArrayLike, columns: str | tuple[str, ...] = ()
    ) -> "Mixture":
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
        return cls(np.asarray(weights, float), means, covariances, names, units).in_ordinary_units()

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
    def correlations(self) -> Array:
        """Correlations of the columns within each component, (K, D, D)."""
        roots = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        return read_only(self.covariances / (roots[:, :, None] * roots[:, None, :]))

    @cached_property
    def factors(self) -> Array:
        """Lower Cholesky factors of the covariances, (K, D, D), in the units of the columns."""
        return read_only(self.units[:, None] * cholesky(self.covariances))

    def log_density(self, values: npt.ArrayLike) -> Array:
        """The natural log of the density at values (N,) or (N, D), as (N,)."""
        from gmmfit.model.density import log_density

        return log_density(self, values)

    def density(self, values: npt.ArrayLike) -> Array:
        """The density at values (N,) or (N, D), as (N,), per unit of the columns.

        >>> Mixture.from_sds([1], [0], [1]).density([0]).round(4)
        array([0.3989])
        """
        return np.exp(self.log_density(values))

    def posterior(self, values: npt.ArrayLike) -> Array:
        """The probability of each component given values (N,) or (N, D), as (N, K); rows sum to 1.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).posterior([0])
        array([[0.5, 0.5]])
        """
        from gmmfit.model.density import posterior

        return posterior(self, values)

    def cdf(self, values: npt.ArrayLike) -> Array:
        """The probability of a value at most as large, for values (N,), in one column.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).cdf([0, 9])
        array([0.5, 1. ])

        Raises:
            ModelError: the mixture has several columns.
        """
        from gmmfit.model.univariate import cdf

        return cdf(self, values)

    def quantile(self, probabilities: npt.ArrayLike) -> Array:
        """The values (N,) that these probabilities lie below, in one column: the inverse of `cdf`.

        >>> Mixture.from_sds([0.5, 0.5], [-1, 1], [1, 1]).quantile([0.025, 0.5]).round(6) + 0
        array([-2.646146,  0.      ])

        Raises:
            ModelError: the mixture has several columns.
            ArgumentError: a probability is not between 0 and 1.
        """
        from gmmfit.model.univariate import quantile

        return quantile(self, probabilities)

    def modes(self) -> Array:
        """The values at which the density has its maxima, ascending, in one column.

        >>> Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5]).modes().round(1)
        array([160., 180.])

        Raises:
            ModelError: the mixture has several columns.
        """
        from gmmfit.model.univariate import modes

        return modes(self)

    def cutoffs(self) -> "list[Cutoff]":
        """Where the likeliest component changes, ascending, and the components on either side, in one column.

        >>> Mixture.from_sds([0.5, 0.5], [160, 180], [5, 5]).cutoffs()
        [Cutoff(value=170.0, below=1, above=2)]

        Raises:
            ModelError: the mixture has several columns.
        """
        from gmmfit.model.univariate import cutoffs

        return cutoffs(self)

    def separations(self) -> "list[Separation]":
        """How far neighbouring components are apart: Ashman's D, overlap, expected misclassification."""
        from gmmfit.model.separation import separations

        return separations(self)

    def simulate(self, rows: int = 100, seed: int | None = None) -> Array:
        """Rows drawn from the mixture, (rows, D); `gmmfit.simulate` also gives their components."""
        from gmmfit.model.simulate import simulate

        return simulate(self, rows=rows, seed=seed).values

    def to_json(self) -> str:
        """The mixture as a gmmfit-model document.

        >>> mixture = Mixture.from_sds([1], [0], [1])
        >>> print(Mixture.from_json(mixture.to_json()))
        1 N(0, 1)
        """
        from gmmfit.model.document import dump, mixture_document

        return dump(mixture_document(self))

    @classmethod
    def from_json(cls, text: str) -> "Mixture":
        """The mixture in a gmmfit-model document, bit for bit as it was written.

        Raises:
            ModelError: the text is not such a document; the message names the field.
        """
        from gmmfit.model.document import mixture_of, parse

        return mixture_of(parse(text))

    def moved(self, shift: Array, units: Array) -> "Mixture":
        """The mixture of shift + units · x for x from this one; shift and units are (D,), units powers of two."""
        moved = replace(self, means=self.means * units + shift, units=self.units * units)
        return moved.in_ordinary_units()

    def in_ordinary_units(self) -> "Mixture":
        """The same mixture with `units` 1 wherever squares of its sds can be represented."""
        low, high = _ORDINARY_SDS
        if np.all(self.units == 1) or not np.all((self.sds > low) & (self.sds < high)):
            return self
        scale = self.units[:, None] * self.units
        return replace(self, covariances=self.covariances * scale, units=np.ones(self.n_columns))

    def ordered(self, order: npt.NDArray[np.intp]) -> "Mixture":
        """The same mixture with its components in another order."""
        return replace(self, weights=self.weights[order], means=self.means[order], covariances=self.covariances[order])

    def marginal(self, positions: tuple[int, ...]) -> "Mixture":
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
        )

    def with_columns(self, columns: tuple[str, ...]) -> "Mixture":
        """The same mixture with its columns in another order if they are the same ones, else with other names.

        >>> Mixture.from_sds([1], [[0, 9]], [[1, 2]], columns=("a", "b")).with_columns(("b", "a")).means
        array([[9., 0.]])
        """
        if set(columns) != set(self.columns):
            return replace(self, columns=columns)
        return self.marginal(tuple(self.columns.index(name) for name in columns))

    def __str__(self) -> str:
        """One line: weight N(mean, sd) of each component."""
        return " + ".join(
            f"{weight:.6g} N({_listed(mean)}, {_listed(sd)})"
            for weight, mean, sd in zip(self.weights, self.means, self.sds, strict=True)
        )


def _listed(numbers: Array) -> str:
    text = ", ".join(f"{number:.6g}" for number in numbers)
    return text if len(numbers) == 1 else f"[{text}]"


def default_columns(n_columns: int) -> tuple[str, ...]:
    """The names of columns that were given none."""
    return ("x",) if n_columns == 1 else tuple(f"x{d}" for d in range(1, n_columns + 1))


def _power_of_two(sizes: Array) -> Array:
    """The power of two next to each of `sizes`, at most by a factor of two."""
    return np.ldexp(1.0, np.minimum(np.frexp(sizes)[1], 1023))


def n_numbers(components: int, columns: int) -> int:
    """How many weights, means and entries of covariances a mixture has: K (1 + D + D²)."""
    return components * (1 + columns + columns**2)


def check_size(components: int, columns: int) -> None:
    """Raise a ModelError where a mixture would have more components, or numbers, than anything can be done with."""
    numbers = n_numbers(components, columns)
    if components > MOST_COMPONENTS or numbers > MOST_NUMBERS:
        most = min(MOST_COMPONENTS, MOST_NUMBERS * components // numbers)
        allowed = f"{most}" if most else f"{math.isqrt(MOST_NUMBERS) - 1} columns"
        raise ModelError(
            f"{components} component{'s' if components != 1 else ''} in {columns} column{'s' if columns != 1 else ''} "
            f"are too many: there can be {allowed}"
        )


def _check(mixture: Mixture) -> None:
    k, d = len(mixture.weights), mixture.means.shape[-1]
    check_size(k, d)
    if mixture.weights.ndim != 1 or k == 0:
        raise ModelError("a mixture needs a list of at least one weight")
    if mixture.means.shape != (k, d) or d == 0:
        raise ModelError(f"{k} weights need means of shape ({k}, columns), not {mixture.means.shape}")
    if mixture.covariances.shape != (k, d, d):
        raise ModelError(f"covariances must have shape {(k, d, d)}, not {mixture.covariances.shape}")
    if len(mixture.columns) != d:
        raise ModelError(f"{d} means a component and {len(mixture.columns)} columns: {', '.join(mixture.columns)}")
    for column in mixture.columns:
        if not is_unicode(column):
            raise ModelError(f"the column name {shown(column)} is not Unicode, a character is broken: rename it")
    for name in ("weights", "means", "covariances"):
        if not np.isfinite(getattr(mixture, name)).all():
            raise ModelError(f"{name} must be finite numbers")
    if not mixture.weights.min() > 0:
        raise ModelError(f"the weight of component {int(np.argmin(mixture.weights)) + 1} is not positive")
    # Six digits of each weight are enough for a table that was typed off; the sum is not repaired.
    if abs(mixture.weights.sum() - 1) > 1e-5:
        raise ModelError(f"the weights sum to {mixture.weights.sum():.7g}; they must sum to 1")
    if d > 1:
        sizes = np.abs(mixture.covariances).max(axis=(1, 2))
        asymmetry = np.abs(mixture.covariances - mixture.covariances.transpose(0, 2, 1)).max(axis=(1, 2))
        if np.any(asymmetry > 1e-9 * sizes):
            raise ModelError(f"the covariance of component {int(np.argmax(asymmetry / sizes)) + 1} is not symmetric")
    _ = mixture.factors  # positive definite, or a ModelError
    if not (np.abs(mixture.means).max() < LARGEST and mixture.sds.min() > SMALLEST and mixture.sds.max() < LARGEST):
        raise ModelError(f"means and sds must be less than {LARGEST:.1e}, and sds more than {SMALLEST:.1e}")
