"""What the caller gives to start from: weights, means, sds, a whole mixture, or labels."""

import logging
import math
from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.labels import Labels, label_names
from gmmfit.errors import ArgumentError, DataError, ModelError
from gmmfit.fitting.settings import Fixed
from gmmfit.model.checks import SUM_TOLERANCE
from gmmfit.model.covariance import Structure
from gmmfit.model.mixture import Mixture, default_columns
from gmmfit.model.noise import Box, Noise
from gmmfit.text import listed

log = logging.getLogger("gmmfit")

# Inits farther from the rows, or narrower or wider than they by so many times, can't be reckoned with.
FAR_OUT = 1e100
# What noise begins with where the inits leave it nothing.
NOISE_SHARE = 0.05


@dataclass(frozen=True)
class Inits:
    """The parts of a start that were given, in the units of the columns; None where they have to be found.

    weights         (K,)
    means           (K, D)
    covariances_of  a mixture of which only the covariances count
    labels          (N,) of the rows, by name, None where missing
    noise           what the weights leave, if there is to be noise
    """

    weights: Array | None = None
    means: Array | None = None
    covariances_of: Mixture | None = None
    labels: Labels | None = None
    noise: Noise | None = None

    @classmethod
    def of(
        cls,
        columns: tuple[str, ...],
        *,
        n_components: int | None = None,
        init: Mixture | None = None,
        init_weights: npt.ArrayLike | None = None,
        init_means: npt.ArrayLike | None = None,
        init_sds: npt.ArrayLike | None = None,
        labels: Labels | None = None,
        box: Box | None = None,
        hold_weights: bool = False,
        left_out: tuple[str, ...] = (),
    ) -> "Inits":
        """The inits that were given; single ones go before those of the mixture `init`, and both before labels.

        init_means and init_sds are (K, D), or K × D numbers in a row, component by component; K sds in a row, where the
        others or n_components say that there are so many, are each for all columns. With a box there is noise in it, to
        which weights leave a share; where they don't, it begins with NOISE_SHARE. What is left out of the mixture are
        the kinds of which constraints say more.

        Raises:
            ArgumentError: their sizes don't fit each other or the columns, or they are not weights, means or sds.
        """
        if labels is not None and not label_names(labels):
            raise DataError("no row has a label to start from: take another column for `init_by`")
        init = None if init is None else _for_columns(init, columns)
        weights = None if init_weights is None else np.asarray(init_weights, float).ravel()
        means = None if init_means is None else _by_component("init_means", init_means, len(columns))
        others = (weights, means, None if init is None else init.weights)
        k = next((len(part) for part in others if part is not None), n_components)
        if init_sds is not None and np.shape(init_sds) == (k,):
            init_sds = np.repeat(np.asarray(init_sds, float), len(columns))
        sds = None if init_sds is None else _by_component("init_sds", init_sds, len(columns))
        size = _common_size(
            init_weights=weights,
            init_means=means,
            init_sds=sds,
            init=None if init is None else init.weights,
            init_by=None if labels is None else label_names(labels),
        )
        try:  # a mixture's own checks are those of an init
            equal = np.full(size, 1 / size)
            of_init = init.noise.weight if init is not None and init.noise is not None else 0.0
            given = weights if weights is not None or init is None or "weights" in left_out else init.weights
            weights, noise = _with_noise(given, of_init if weights is None else None, box, hold_weights)
            ones = (np.zeros(size), np.ones(size))
            if weights is not None and noise is None:
                Mixture.from_sds(weights, *ones)
            elif weights is not None and noise is not None:
                Mixture.from_sds(weights, *ones, noise=Noise(noise.weight, Box(np.zeros(1), np.ones(1))))
            if means is not None and not np.all(np.isfinite(means)):
                raise ModelError("means must be finite numbers")
            of_init_sds = None if "sds" in left_out else init
            covariances_of = of_init_sds if sds is None else Mixture.from_sds(equal, np.zeros_like(sds), sds, columns)
        except ModelError as error:
            raise ArgumentError(f"the inits are not a mixture: {error}") from None
        if init is not None and "means" not in left_out:
            means = init.means if means is None else means
        inits = cls(weights, means, covariances_of, labels, noise)
        if labels is not None and inits.mixture is not None:
            raise ArgumentError("`init_by` has nothing to say where weights, means and sds are all given")
        return inits

    @property
    def n_components(self) -> int | None:
        """K, if anything is given."""
        covariances = None if self.covariances_of is None else self.covariances_of.covariances
        names = None if self.labels is None else label_names(self.labels)
        return next((len(part) for part in (self.weights, self.means, covariances, names) if part is not None), None)

    @property
    def given(self) -> bool:
        """Whether anything is given."""
        return self.n_components is not None

    @property
    def kinds(self) -> list[str]:
        """The kinds of parameters that are given."""
        parts = {"weights": self.weights, "means": self.means, "sds": self.covariances_of}
        return [kind for kind, part in parts.items() if part is not None]

    @property
    def tell_apart(self) -> bool:
        """Whether components differ in anything that is given, so that it says which is which."""
        covariances = None if self.covariances_of is None else self.covariances_of.covariances
        parts = [part for part in (self.weights, self.means, covariances) if part is not None]
        return self.labels is not None or any(np.any(part != part[0]) for part in parts)

    @property
    def mixture(self) -> Mixture | None:
        """The mixture that the inits make by themselves, if nothing has to be found."""
        if self.weights is None or self.means is None or self.covariances_of is None:
            return None
        return replace(self.covariances_of, weights=self.weights, means=self.means, noise=self.noise)

    def applied_to(self, found: Mixture) -> Mixture:
        """The given parts, to the last bit, and the rest from a mixture that was found."""
        if self.weights is not None:
            found = replace(found, weights=self.weights, noise=self.noise)
        if self.means is not None:
            found = replace(found, means=self.means)
        if self.covariances_of is not None:
            found = replace(found, covariances=self.covariances_of.covariances, units=self.covariances_of.units)
        return found

    def check_fixed(self, fixed: Fixed, structure: Structure) -> None:
        """Raise an ArgumentError where something is to be held that isn't given, or lies outside the structure."""
        for name, held, given in [
            ("weights", fixed.weights, self.weights),
            ("means", fixed.means, self.means),
            ("sds", fixed.sds, self.covariances_of),
        ]:
            if held and given is None and self.labels is None:
                raise ArgumentError(
                    f"fixed {name} are held at their inits: give `init_{name}`, or a whole mixture as `init`"
                )
        if fixed.sds and self.covariances_of is not None and not structure.holds(self.covariances_of.covariances):
            raise ArgumentError("the covariances that `fix` holds don't have the structure that `covariance` names")

    def check_near(self, centre: Array, unit: Array) -> None:
        """Raise an ArgumentError where inits are out of all proportion to rows about centre, of sds next to unit."""
        with np.errstate(over="ignore"):
            far = [] if self.means is None else [np.abs(self.means / unit - centre / unit)]
            if self.covariances_of is not None:
                far += [self.covariances_of.sds / unit, unit / self.covariances_of.sds]
        if any(np.any(sizes > FAR_OUT) for sizes in far):
            raise ArgumentError("the inits are out of all proportion to the rows: give means and sds near theirs")


def _with_noise(
    weights: Array | None, of_init: float | None, box: Box | None, hold: bool
) -> tuple[Array | None, Noise | None]:
    """Weights beside noise, and the noise: of_init is its weight in the init, None where other weights are given."""
    if box is None or weights is None:
        return weights, None
    left = (1 - float(weights.sum())) if of_init is None else of_init
    if left > SUM_TOLERANCE:
        return weights, Noise(left, box)
    if hold:
        raise ArgumentError("the weights that `fix` holds leave nothing to the noise: they have to sum to less than 1")
    return weights * (1 - NOISE_SHARE), Noise(NOISE_SHARE, box)


def _common_size(**parts: Sized | None) -> int:
    """The number of components that all parts have, by the names of the arguments; 1 where none is given."""
    sizes = {name: len(part) for name, part in parts.items() if part is not None}
    if len(set(sizes.values())) > 1:
        each = ", ".join(f"`{name}` for {size}" for name, size in sizes.items())
        raise ArgumentError(f"inits for unequal numbers of components: {each}")
    return next(iter(sizes.values()), 1)


def _for_columns(init: Mixture, columns: tuple[str, ...]) -> Mixture:
    """The init with the columns that are fitted, whatever their order in it."""
    if init.n_columns != len(columns):
        raise ArgumentError(f"the init has {init.n_columns} columns, and {len(columns)} are fitted")
    if set(init.columns) != set(columns) and init.columns != default_columns(len(columns)):
        log.warning("the columns of the init, %s, are taken for %s", listed(init.columns), listed(columns))
    return init.with_columns(columns)


def _by_component(name: str, numbers: npt.ArrayLike, n_columns: int) -> Array:
    array = np.asarray(numbers, float)
    if array.size == 0 or array.size % n_columns:
        raise ArgumentError(f"`{name}` has {array.size} numbers: give {n_columns} for each component, one a column")
    return array.reshape(-1, n_columns)


def held_in_part(
    init: dict[str, Any], fix: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Inits of which some are NaN: what is given of them as constraints, if `fix` names them.

    Given back are the other inits, what `fix` holds as a whole, and the constraints, as they would be typed.

    Raises:
        ArgumentError: there are NaN among inits that are not to be held.
    """
    others, constraints = dict(init), []
    for kind, word in (("weights", "weight"), ("means", "mean"), ("sds", "sd")):
        given = None if init[f"init_{kind}"] is None else np.asarray(init[f"init_{kind}"], float)
        if given is None or not np.any(np.isnan(given)):
            continue
        if kind not in fix:
            raise ArgumentError(f"`init_{kind}` has gaps: what is given beside them is held, so say `fix` {kind}")
        if kind == "sds" and len(columns) > 1 and given.shape == (init["n_components"],):  # each for all columns
            given = np.repeat(given, len(columns))
        if kind == "weights" or len(columns) == 1:
            names = [f"{word}_{k}" for k in range(1, given.size + 1)]
        else:
            table = _by_component(f"init_{kind}", given, len(columns))
            names = [f"{word}_{column}_{k}" for k in range(1, len(table) + 1) for column in columns]
        numbers = zip(names, given.ravel().tolist(), strict=True)
        constraints += [f"{name} = {number!r}" for name, number in numbers if not math.isnan(number)]
        if np.any(np.isinf(given)):
            raise ArgumentError(f"`init_{kind}` must be finite numbers, but for the gaps")
        others[f"init_{kind}"], fix = None, tuple(part for part in fix if part != kind)
        others["left_out"] = (*others.get("left_out", ()), kind)
        k = given.size if kind == "weights" else given.size // len(columns)
        if others["n_components"] not in (None, k):
            raise ArgumentError(f"`init_{kind}` are for {k} components, and there are {others['n_components']}")
        others["n_components"] = k
    return others, fix, constraints
