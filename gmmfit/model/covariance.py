"""Covariance structures: how a free covariance is projected on each, and how many numbers it leaves free.

A structure is an entry in STRUCTURES and nothing else: covariances are (K, D, D) whatever the structure.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError, ModelError

Projection = Callable[[Array], Array]

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
    """A covariance structure.

    project_one projects each free covariance (…, D, D) by itself, and parameters_of_one says how many numbers that
    leaves free in D columns; tied components share one covariance. correlated says that columns may be;
    needs_common_unit that they are comparable only in a common unit, as the radius of a sphere is. The names of those
    that it contains next are with_one_restriction, the tied one first.
    """

    project_one: Projection
    parameters_of_one: Callable[[int], int]
    tied: bool = False
    correlated: bool = False
    needs_common_unit: bool = False
    with_one_restriction: tuple[str, ...] = ()

    def project(self, covariances: Array, counts: Array) -> Array:
        """The maximum-likelihood covariances within the structure, (…, K, D, D).

        covariances (…, K, D, D) are the free ones and counts (…, K) the rows, by weight, that each was made from.
        Tied: the mean of the components' covariances, weighted by counts (not by mixing weights, which may be
        fixed).

        Source: Celeux & Govaert (1995), Gaussian parsimonious clustering models, section 3.
        """
        if self.tied:
            shares = counts / counts.sum(axis=-1, keepdims=True)
            shared: Array = np.einsum("...k,...kij->...ij", shares, covariances)
            covariances = np.broadcast_to(shared[..., None, :, :], covariances.shape)
        return self.project_one(covariances)

    def special_cases(self, n_columns: int) -> tuple[str, ...]:
        """The names of the structures that it contains next, of those that differ in so many columns.

        >>> STRUCTURES["full"].special_cases(2), STRUCTURES["full"].special_cases(1)
        (('tied', 'diag'), ('tied',))
        """
        if n_columns == 1:
            return () if self.tied else ("tied",)
        return self.with_one_restriction

    def n_parameters(self, n_components: int, n_columns: int) -> int:
        """How many free numbers the covariances have."""
        return self.parameters_of_one(n_columns) * (1 if self.tied else n_components)

    def parameters_of_component(self, n_columns: int) -> int:
        """How many free numbers a component has: a weight, means, and a covariance, shared or not."""
        return 1 + n_columns + self.parameters_of_one(n_columns)

    def holds(self, covariances: Array, counts: Array | None = None) -> bool:
        """Whether covariances (K, D, D) have the structure: projected on it they stay as they are."""
        projected = self.project(covariances, np.ones(len(covariances)) if counts is None else counts)
        return np.allclose(projected, covariances, rtol=1e-9, atol=0)

    def contains(self, other: "Structure") -> bool:
        """Whether all covariances of another structure have this one too.

        >>> STRUCTURES["diag"].contains(STRUCTURES["tied-spherical"]), STRUCTURES["tied"].contains(STRUCTURES["diag"])
        (True, False)
        """
        return self.holds(other.project(_OF_NO_STRUCTURE, np.ones(len(_OF_NO_STRUCTURE))))


# Two covariances that have no structure but the freest, nor has their mean.
_OF_NO_STRUCTURE = np.array([[[4.0, 1.0], [1.0, 2.0]], [[3.0, 2.0], [2.0, 7.0]]])


def _full(covariances: Array) -> Array:
    return covariances


def _diag(covariances: Array) -> Array:
    return covariances * np.eye(covariances.shape[-1])


def _spherical(covariances: Array) -> Array:
    n_columns = covariances.shape[-1]
    mean_variances: Array = np.trace(covariances, axis1=-2, axis2=-1) / n_columns
    spheres: Array = mean_variances[..., None, None] * np.eye(n_columns)
    return spheres


STRUCTURES: dict[str, Structure] = {
    "full": Structure(_full, lambda d: d * (d + 1) // 2, correlated=True, with_one_restriction=("tied", "diag")),
    "diag": Structure(_diag, lambda d: d, with_one_restriction=("tied-diag", "spherical")),
    "spherical": Structure(_spherical, lambda d: 1, needs_common_unit=True, with_one_restriction=("tied-spherical",)),
    "tied": Structure(
        _full, lambda d: d * (d + 1) // 2, tied=True, correlated=True, with_one_restriction=("tied-diag",)
    ),
    "tied-diag": Structure(_diag, lambda d: d, tied=True, with_one_restriction=("tied-spherical",)),
    "tied-spherical": Structure(_spherical, lambda d: 1, tied=True, needs_common_unit=True),
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
        raise ArgumentError(f"no covariance structure {name!r}{hint} There are {', '.join(STRUCTURES)}")
    return name


def freest_equal(name: str, n_columns: int) -> str:
    """The name of the freest structure that is the same in so many columns: in one there are but two.

    >>> freest_equal("tied-diag", 1), freest_equal("tied-diag", 2)
    ('tied', 'tied-diag')
    """
    if n_columns > 1:
        return name
    return "tied" if STRUCTURES[name].tied else "full"


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
    inverses = np.zeros_like(factors)
    for i in range(factors.shape[-1]):
        inverses[..., i, i] = 1
        inverses[..., i, :] -= np.einsum("...j,...jl->...l", factors[..., i, :i], inverses[..., :i, :])
        inverses[..., i, :] /= factors[..., i, i, None]
    return inverses
