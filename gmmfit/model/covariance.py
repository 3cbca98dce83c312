"""Covariance structures: how a free covariance is projected on each, and how many numbers it leaves free.

A structure is an entry in STRUCTURES and nothing else: covariances are (K, D, D) whatever the structure.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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

    shape projects each free covariance (K, D, D) on the structure; tied components share one covariance.
    correlated says that columns may be; one_unit that they are comparable only in a common unit, as the radius of a
    sphere is.
    """

    shape: Projection
    shape_parameters: Callable[[int], int]
    tied: bool = False
    correlated: bool = False
    one_unit: bool = False

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
        return self.shape(covariances)

    def n_parameters(self, n_components: int, n_columns: int) -> int:
        """How many free numbers the covariances have."""
        return self.shape_parameters(n_columns) * (1 if self.tied else n_components)


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
    "full": Structure(_full, lambda d: d * (d + 1) // 2, correlated=True),
    "diag": Structure(_diag, lambda d: d),
    "spherical": Structure(_spherical, lambda d: 1, one_unit=True),
    "tied": Structure(_full, lambda d: d * (d + 1) // 2, tied=True, correlated=True),
    "tied-diag": Structure(_diag, lambda d: d, tied=True),
    "tied-spherical": Structure(_spherical, lambda d: 1, tied=True, one_unit=True),
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


def cholesky(covariances: Array) -> Array:
    """The lower factors L of covariances (…, K, D, D), with L Lᵀ = covariance.

    Written out rather than left to LAPACK, so that the digits are the same on every machine, and so that a
    change of units by a power of two changes no digit.

    Raises:
        ModelError: a covariance is not positive definite; the message names its component, from 1.
    """
    factors = np.zeros_like(covariances)
    for j in range(covariances.shape[-1]):
        row = factors[..., j, :j]
        pivot = covariances[..., j, j] - np.sum(row * row, axis=-1)
        if not np.all(pivot > 0):
            component = int(np.argwhere(~(pivot > 0))[0][-1]) + 1
            raise ModelError(f"the covariance of component {component} is not positive definite")
        factors[..., j, j] = np.sqrt(pivot)
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
