"""Covariance structures: how a free covariance is projected on each, and how many numbers it leaves free.

A structure is an entry in STRUCTURES and nothing else: covariances are (K, D, D) whatever the structure.
"""

import difflib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, ModelError
from gmmfit.model.axes import (
    alike_but_for_volume,
    alike_in_shape,
    alike_in_volume,
    common_orientation,
    from_axes,
)

# What mclust calls the same structures, in one column (E, V) and in several.
MCLUST_NAMES = {
    "E": "tied",
    "V": "full",
    "EII": "tied-spherical",
    "VII": "spherical",
    "EEI": "tied-diag",
    "VVI": "diag",
    "EEE": "tied",
    "VVV": "full",
}


@dataclass(frozen=True)
class Structure:
    """A covariance structure: what of volume, shape and orientation components have in common (E), and what varies (V).

    A shape I is a sphere, and an orientation I that of the columns. Some of those that it contains, with the answers of
    which a search begins too, are with_one_restriction, the tied one first.
    """

    volume: str
    shape: str
    orientation: str
    with_one_restriction: tuple[str, ...] = ()

    @property
    def letters(self) -> str:
        """mclust's name of it in several columns."""
        return self.volume + self.shape + self.orientation

    @property
    def tied(self) -> bool:
        """Whether components share one covariance."""
        return "V" not in self.letters

    @property
    def correlated(self) -> bool:
        """Whether columns may be correlated."""
        return self.orientation != "I"

    @property
    def is_linear(self) -> bool:
        """Whether sums of covariances with the structure have it too."""
        return self.tied or "E" not in self.letters

    @property
    def needs_common_unit(self) -> bool:
        """Whether the columns are comparable only in a common unit, as the radius of a sphere is, and axes are."""
        return self.shape == "I" or {self.shape, self.orientation} == {"E", "V"}

    def project_one(self, covariances: Array) -> Array:
        """The covariances (…, D, D) of components by themselves, with what the structure has of I."""
        if self.shape == "I":
            return _spherical(covariances)
        return covariances if self.correlated else covariances * np.eye(covariances.shape[-1])

    def units(self, n_columns: int) -> Array:
        """Symmetric matrices (P, D, D) of which, in a linear structure, any covariance of a component is a sum."""
        # What unit matrices are projected on is orthogonal, or the same, or nothing.
        i, j = np.tril_indices(n_columns)
        units = np.zeros((len(i), n_columns, n_columns))
        units[np.arange(len(i)), i, j] = units[np.arange(len(i)), j, i] = 1
        shapes = self.project_one(units)
        return shapes[np.any(shapes, axis=(1, 2))][: self.parameters_of_one(n_columns)]

    def project(self, covariances: Array, counts: Array, like: Array | None = None) -> Array:
        """The maximum-likelihood covariances within the structure, (…, K, D, D).

        covariances (…, K, D, D) are the free ones and counts (…, K) the rows, by weight, that each was made from; like
        are those of the step before, from which a common orientation is turned to a likelier one. Tied: the mean of the
        components' covariances, weighted by counts (not by mixing weights, which may be fixed).

        Source: Celeux & Govaert (1995), Gaussian parsimonious clustering models, sections 3 and 4.
        """
        if self.tied:
            shares = counts / counts.sum(axis=-1, keepdims=True)
            shared: Array = np.einsum("...k,...kij->...ij", shares, covariances)
            covariances = np.broadcast_to(shared[..., None, :, :], covariances.shape)
        covariances = self.project_one(covariances)
        if self.is_linear:
            return covariances
        if self.orientation == "E" and self.shape == "E":
            return alike_but_for_volume(covariances, counts)
        if self.orientation == "E":
            like = covariances if like is None else like
            common, axes = common_orientation(covariances, counts, like, self.volume == "E")
            return from_axes(common[..., None, :, :], axes)
        orientations, axes = self._axes(covariances)
        if self.shape == "V":
            axes = alike_in_volume(axes, counts)
        elif self.volume == "V":
            axes = alike_in_shape(axes, counts)
        else:
            axes = np.einsum("...k,...kj->...j", counts / counts.sum(axis=-1, keepdims=True), axes)[..., None, :]
        return from_axes(orientations, np.broadcast_to(axes, covariances.shape[:-1]))

    def _axes(self, covariances: Array) -> tuple[Array, Array]:
        """The orientation (…, D, D) of each covariance, and the variances (…, D) along its axes."""
        if self.correlated:
            axes, orientations = np.linalg.eigh(covariances)
            return orientations, axes
        return np.eye(covariances.shape[-1]), np.diagonal(covariances, axis1=-2, axis2=-1)

    def along(self, covariances: Array, numbers: Array) -> Array:
        """Covariances (M, K, D, D) of the structure about covariances (K, D, D) that have it, by free numbers (M, P).

        They are what is added to the logs of the volumes, to the logs of the shapes, and turns of the orientations;
        with all of them 0 the covariances stay as they are.
        """
        k, d = covariances.shape[:2]
        n_turns = d * (d - 1) // 2
        parts = [(self.volume, 1), (self.shape, d - 1), (self.orientation, n_turns)]
        sizes = [_how_many(letter, k) * size for letter, size in parts]
        volumes, shapes, turns = (
            np.broadcast_to(part.reshape(len(numbers), -1, size), (len(numbers), k, size)) if part.size else None
            for part, (_, size) in zip(np.split(numbers, np.cumsum(sizes)[:-1], axis=1), parts, strict=True)
        )
        if self.orientation == "E":
            common, axes = common_orientation(covariances, np.ones(k), covariances, False)
            orientations = np.broadcast_to(common, covariances.shape)
        else:
            orientations, axes = self._axes(covariances)
        logs = np.log(axes) + (0 if volumes is None else volumes)
        if shapes is not None:
            logs = logs + shapes @ _contrasts(d)
        if turns is not None:
            orientations = orientations @ _turns(turns, d)
        return from_axes(orientations, np.exp(logs))

    def special_cases(self, n_columns: int) -> tuple[str, ...]:
        """The names of the structures that it contains next, of those that differ in so many columns.

        >>> STRUCTURES["full"].special_cases(2), STRUCTURES["full"].special_cases(1)
        (('tied', 'diag'), ('tied',))
        """
        if n_columns == 1:
            return () if self.volume == "E" else ("tied",)
        return self.with_one_restriction

    def n_parameters(self, n_components: int, n_columns: int) -> int:
        """How many free numbers the covariances have."""
        each = [(self.volume, 1), (self.shape, n_columns - 1), (self.orientation, n_columns * (n_columns - 1) // 2)]
        return sum(_how_many(letter, n_components) * size for letter, size in each)

    def parameters_of_one(self, n_columns: int) -> int:
        """How many free numbers the covariance of one component has."""
        return self.n_parameters(1, n_columns)

    def parameters_of_component(self, n_columns: int) -> int:
        """How many free numbers a component has: a weight, means, and a covariance, shared or not."""
        return 1 + n_columns + self.parameters_of_one(n_columns)

    def holds(self, covariances: Array, counts: Array | None = None) -> bool:
        """Whether covariances (K, D, D) have the structure: projected on it they stay as they are."""
        projected = self.project(covariances, np.ones(len(covariances)) if counts is None else counts)
        sds = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
        return bool(np.all(np.abs(projected - covariances) <= 1e-9 * sds[..., :, None] * sds[..., None, :]))

    def contains(self, other: "Structure") -> bool:
        """Whether all covariances of another structure have this one too.

        >>> STRUCTURES["diag"].contains(STRUCTURES["tied-spherical"]), STRUCTURES["tied"].contains(STRUCTURES["diag"])
        (True, False)
        """
        pairs = zip(self.letters, other.letters, strict=True)
        return all("IEV".index(mine) >= "IEV".index(its) for mine, its in pairs)


def _how_many(letter: str, n_components: int) -> int:
    """How many a structure has of what a letter is said of."""
    return {"I": 0, "E": 1, "V": n_components}[letter]


def _contrasts(n_columns: int) -> Array:
    """D - 1 orthonormal vectors (D - 1, D) whose numbers sum to 0."""
    vectors, _ = np.linalg.qr(np.column_stack([np.ones(n_columns), np.eye(n_columns)[:, 1:]]))
    return np.asarray(vectors[:, 1:].T)


def _turns(angles: Array, n_columns: int) -> Array:
    """Orthogonal matrices (…, D, D) by Cayley's formula from angles (…, D (D - 1) / 2), with 0 the identity."""
    skew = np.zeros((*angles.shape[:-1], n_columns, n_columns))
    i, j = np.tril_indices(n_columns, -1)
    skew[..., i, j], skew[..., j, i] = angles / 2, -angles / 2
    identity = np.eye(n_columns)
    return np.asarray(np.linalg.solve(identity - skew, identity + skew), dtype=float)


def _spherical(covariances: Array) -> Array:
    n_columns = covariances.shape[-1]
    mean_variances: Array = np.trace(covariances, axis1=-2, axis2=-1) / n_columns
    spheres: Array = mean_variances[..., None, None] * np.eye(n_columns)
    return spheres


STRUCTURES: dict[str, Structure] = {
    "full": Structure("V", "V", "V", ("tied", "diag")),
    "diag": Structure("V", "V", "I", ("tied-diag", "spherical")),
    "spherical": Structure("V", "I", "I", ("tied-spherical",)),
    "tied": Structure("E", "E", "E", ("tied-diag",)),
    "tied-diag": Structure("E", "E", "I", ("tied-spherical",)),
    "tied-spherical": Structure("E", "I", "I"),
    "VEI": Structure("V", "E", "I", ("tied-diag", "spherical")),
    "EVI": Structure("E", "V", "I", ("tied-diag",)),
    "VEE": Structure("V", "E", "E", ("tied", "VEI")),
    "EVE": Structure("E", "V", "E", ("tied", "EVI")),
    "VVE": Structure("V", "V", "E", ("EVE", "VEE", "diag")),
    "EEV": Structure("E", "E", "V", ("tied",)),
    "VEV": Structure("V", "E", "V", ("EEV", "VEE")),
    "EVV": Structure("E", "V", "V", ("EVE", "EEV")),
}


def structure_name(name: str) -> str:
    """The structure's own name, also for mclust's names.

    >>> structure_name("EEE")
    'tied'

    Raises:
        ArgumentError: there is no such structure.
    """
    name = MCLUST_NAMES.get(name, name)
    if name not in STRUCTURES:
        near = difflib.get_close_matches(name.lower(), STRUCTURES, 1)
        hint = f". Did you mean {near[0]!r}?" if near else "."
        raise ArgumentError(f"no covariance structure {name!r}{hint} There are {', '.join(STRUCTURES)}, or all")
    return name


def freest_equal(name: str, n_columns: int) -> str:
    """The name of the freest structure that is the same in so many columns: in one there are but two.

    >>> freest_equal("tied-diag", 1), freest_equal("tied-diag", 2)
    ('tied', 'tied-diag')
    """
    if n_columns > 1:
        return name
    return "tied" if STRUCTURES[name].volume == "E" else "full"


def cholesky(covariances: Array) -> Array:
    """The lower factors L of covariances (…, K, D, D), with L Lᵀ = covariance.

    Raises:
        ModelError: a covariance is not positive definite; the message names its component, from 1.
    """
    factors = _factors(covariances)
    if np.any(np.isnan(factors)):
        component = int(np.argwhere(np.isnan(factors))[0][-3]) + 1
        raise ModelError(f"the covariance of component {component} is not positive definite")
    return factors


def positive_definite(covariances: Array) -> npt.NDArray[np.bool_]:
    """Which of covariances (…, D, D) have a factor, (…)."""
    definite: npt.NDArray[np.bool_] = np.all(np.isfinite(_factors(covariances)), axis=(-2, -1))
    return definite


def _factors(covariances: Array) -> Array:
    """The lower factors of covariances (…, D, D), NaN where there are none.

    Written out rather than left to LAPACK, so that the digits are the same on every machine, and so that a
    change of units by a power of two changes no digit.
    """
    if covariances.shape[-1] == 1:  # as below, where nothing is to be taken off
        return np.asarray(np.sqrt(np.where(covariances > 0, covariances, np.nan)))
    factors = np.zeros_like(covariances)
    for j in range(covariances.shape[-1]):
        row = factors[..., j, :j]
        pivot = covariances[..., j, j] - np.sum(row * row, axis=-1)
        factors[..., j, j] = np.sqrt(np.where(pivot > 0, pivot, np.nan))
        below = covariances[..., j + 1 :, j] - np.einsum("...ij,...j->...i", factors[..., j + 1 :, :j], row)
        factors[..., j + 1 :, j] = below / factors[..., j, j, None]
    return factors


def inverse_factors(factors: Array) -> Array:
    """The inverses (…, D, D) of lower triangular factors, by forward substitution."""
    if factors.shape[-1] == 1:
        return np.asarray(1 / factors)
    inverses = np.zeros_like(factors)
    for i in range(factors.shape[-1]):
        inverses[..., i, i] = 1
        inverses[..., i, :] -= np.einsum("...j,...jl->...l", factors[..., i, :i], inverses[..., :i, :])
        inverses[..., i, :] /= factors[..., i, i, None]
    return inverses
