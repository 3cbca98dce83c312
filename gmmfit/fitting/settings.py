"""Every default of gmmfit, and the words that its options take.

Nothing here needs numpy, so that the command line can take its defaults from here at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["converged", "max_iterations", "fixed_iterations", "on_floor", "coincident", "empty_component"]
STATUSES: tuple[Status, ...] = get_args(Status)

COVARIANCES = ("full", "diag", "spherical", "tied", "tied-diag", "tied-spherical")
INIT_METHODS = ("search", "kmeans++", "quantile", "random")
TOL_TYPES = ("gain", "change", "parameters")
FIXABLE = ("weights", "means", "sds")
ORDERS = ("mean", "weight", "init")
CRITERIA = ("bic", "aic", "icl")


@dataclass(frozen=True)
class Settings:
    """How to fit, with every default of gmmfit in one place. The names are those of the options.

    starts   None: as many as the init method needs
    min_sd   None: from the data's spread and resolution
    order    None: init where inits are given, else mean
    se       None: standard errors unless they would take longer than the fit
    history  begin the history at the start that won the search, not at its peak

    >>> Settings().tol
    1e-06
    """

    covariance: str = "full"
    criterion: str = "bic"
    init_method: str = "search"
    starts: int | None = None
    fix: tuple[str, ...] = ()
    seed: int = 0
    tol: float = 1e-6
    tol_type: str = "gain"
    max_iter: int = 1000
    accelerate: bool = True
    min_sd: float | None = None
    order: str | None = None
    se: bool | None = None
    history: bool = False
    missing: str = "drop"


@dataclass(frozen=True)
class Fixed:
    """What stays as the inits have it; fixed sds hold the whole covariances."""

    weights: bool = False
    means: bool = False
    sds: bool = False

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Fixed:
        """The parts named in `names`, of FIXABLE."""
        return cls(*(part in names for part in FIXABLE))
