"""Every default of gmmfit, and the words that its options take.

Nothing here needs numpy, so that the command line can take its defaults from here at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, get_args

from gmmfit.errors import ArgumentError

Status = Literal["converged", "max_iterations", "fixed_iterations", "on_floor", "coincident", "empty_component"]
STATUSES: tuple[Status, ...] = get_args(Status)

COVARIANCES = (
    *("full", "diag", "spherical", "tied", "tied-diag", "tied-spherical"),
    *("VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"),
)
# Stands for all of these.
ALL = "all"
TRANSFORMS = ("none", "log", "log10", "log2", "log1p", "sqrt", "logit", "asinh")
INIT_METHODS = ("search", "kmeans++", "quantile", "random")
TOL_TYPES = ("gain", "change", "parameters")
FIXABLE = ("weights", "means", "sds")
ORDERS = ("mean", "weight", "init")
MISSING = ("drop", "use", "error")
CRITERIA = ("bic", "aic", "icl")
# In place of these: the smallest number of components that isn't rejected; and how many tables tell it, unless asked.
TEST, REPLICATES = "test", 999
STANDARD_ERRORS = ("information", "robust", "none")
# More starts would fill the memory, and find nothing more.
MOST_STARTS = 100_000


@dataclass(frozen=True)
class Settings:
    """How to fit, with every default of gmmfit in one place. The names are those of the options.

    starts   None: as many as the init method needs
    min_sd   None: from the data's spread and resolution
    order    None: init where inits are given, else mean
    se       None: standard errors of the information, unless they would take longer than the fit
    cutoff   probabilities of cut-offs
    bootstrap  how many replicates; None: no bootstrap
    jobs     threads that work at a bootstrap; None: as many as there are cores
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
    se: str | None = None
    confidence: float = 0.95
    cutoff: tuple[float, ...] = (0.5,)
    bootstrap: int | None = None
    jobs: int | None = None
    history: bool = False
    missing: str = "drop"
    transform: str = "none"
    constrain: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            ArgumentError: one is wrong; the message says what it may be.
        """
        choices: dict[str, tuple[str | None, ...]] = {
            "covariance": COVARIANCES,
            "init_method": INIT_METHODS,
            "criterion": (*CRITERIA, TEST),
            "tol_type": TOL_TYPES,
        }
        choices |= {"order": (*ORDERS, None), "missing": MISSING, "se": (*STANDARD_ERRORS, None)}
        chosen = [(name, getattr(self, name), allowed) for name, allowed in choices.items()]
        for name, value, allowed in [*chosen, *(("fix", part, FIXABLE) for part in self.fix)]:
            if value not in allowed:
                raise ArgumentError(f"`{name}` is {value!r}; it must be one of {', '.join(filter(None, allowed))}")
        for text in self.constrain:
            if not isinstance(text, str):
                raise ArgumentError(f"`constrain` has {text!r}; it must be texts such as 'sd_2 = sd_1'")
        for name, low in {"tol": 0, "max_iter": 0, "seed": 0, "starts": 1, "bootstrap": 2, "jobs": 1}.items():
            number = getattr(self, name)
            if name == "seed" and not isinstance(number, Integral):
                raise ArgumentError(f"`seed` is {number!r}; it must be a whole number: the same one gives the same fit")
            if not _is_number(number, or_none=True):
                raise ArgumentError(f"`{name}` is {number!r}; it must be a number")
            if number is not None and not low <= number < math.inf:
                raise ArgumentError(f"`{name}` is {number}; it must be a finite number, at least {low}")
            if name != "tol" and not isinstance(number, Integral | None):
                raise ArgumentError(f"`{name}` is {number}; it must be a whole number")
        if self.starts is not None and self.starts > MOST_STARTS:
            raise ArgumentError(f"`starts` is {self.starts:,}; there can be {MOST_STARTS:,}")
        for name, numbers in {"confidence": (self.confidence,), "cutoff": self.cutoff}.items():
            for number in numbers:
                if not _is_number(number) or not 0 < number < 1:
                    raise ArgumentError(f"`{name}` is {number}; it must be between 0 and 1 (95 % is 0.95)")
        if self.bootstrap is not None and self.se not in (None, "none"):
            raise ArgumentError("with `bootstrap` standard errors are those of the replicates: leave `se` out")
        if self.min_sd is not None and not 0 < self.min_sd < math.inf:
            raise ArgumentError(f"`min_sd` is {self.min_sd}; it must be a positive, finite number")


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


def _is_number(value: Any, or_none: bool = False) -> bool:
    """Whether a value is a number, of Python's or of numpy's."""
    return isinstance(value, Real) or (or_none and value is None)
