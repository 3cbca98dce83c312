"""What goes into a fit and what comes out: Settings, Fixed, Step, Fit.

Nothing here needs numpy when it is imported, so that the command line can take its defaults from Settings at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gmmfit.model.mixture import Mixture

Status = Literal["converged", "max_iterations", "fixed_iterations", "on_floor", "empty_component"]

COVARIANCES = ("full", "diag", "spherical", "tied", "tied-diag", "tied-spherical")
INIT_METHODS = ("search", "kmeans++", "quantile", "random")
TOL_TYPES = ("gain", "change", "parameters")
FIXABLE = ("weights", "means", "sds")
ORDERS = ("mean", "weight", "init")


@dataclass(frozen=True)
class Settings:
    """How to fit, with every default of gmmfit in one place. The names are those of the options.

    starts   None: as many as the init method needs
    min_sd   None: from the data's spread
    order    None: init where inits are given, else mean

    >>> Settings().tol
    1e-06
    """

    covariance: str = "full"
    init_method: str = "search"
    starts: int | None = None
    fix: tuple[str, ...] = ()
    seed: int = 0
    tol: float = 1e-6
    tol_type: str = "gain"
    max_iter: int = 1000
    min_sd: float | None = None
    order: str | None = None
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


@dataclass(frozen=True)
class Step:
    """A state of EM: the mixture after `iteration` M steps and the log-likelihood of that very mixture.

    kind says what led there: `init` or `em`.

    >>> from gmmfit import fit
    >>> [step.kind for step in fit([1.0, 2.0, 4.0], 1).history]
    ['init', 'em', 'em']
    """

    iteration: int
    log_likelihood: float
    mixture: Mixture
    kind: str = "em"


@dataclass(frozen=True, repr=False)
class Fit:
    """A fitted mixture, and how it was reached.

    log_likelihood  natural log, summed over rows by weight
    status          how it ended, as a word; `reason` says it in a sentence
    remaining_gain  log-likelihood estimated to be still to come; None where it can't be estimated
    history         the states, from the inits (iteration 0) on
    settings        what was asked for
    n               rows by weight, as in BIC; n_rows counts them; n_missing rows were left out
    n_parameters    free numbers of the model
    entropy         of the rows' posteriors, in nats, by weight: 0 when every row is sure
    warnings        what a careful reader should know, in sentences

    >>> from gmmfit import fit
    >>> fit([1.0, 2.0, 4.0, 5.0], 1)
    Fit: converged, after 2 iterations the log-likelihood still to come is estimated below 1e-06
      1 N(3, 1.58114)
      log-likelihood -7.5083, BIC 17.7893 (lower is better)
    """

    mixture: Mixture
    log_likelihood: float
    status: Status
    reason: str
    remaining_gain: float | None
    history: tuple[Step, ...]
    settings: Settings
    n: float
    n_rows: int
    n_missing: int
    n_parameters: int
    entropy: float
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Three lines: how it ended, the mixture, how well it fits; the history would fill screens."""
        return (
            f"Fit: {self.status}, {self.reason}\n  {self.mixture}\n"
            f"  log-likelihood {self.log_likelihood:.4f}, BIC {self.bic:.4f} (lower is better)"
        )

    @property
    def converged(self) -> bool:
        """Whether the stopping rule was met, off the floor and with no component empty."""
        return self.status == "converged"

    @property
    def iterations(self) -> int:
        """How many M steps were made."""
        return self.history[-1].iteration

    @property
    def mean_log_likelihood(self) -> float:
        """The log-likelihood of a row."""
        return self.log_likelihood / self.n

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log L + 2 p; lower is better."""
        from gmmfit.fitting.criteria import aic

        return aic(self.log_likelihood, self.n_parameters)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 log L + p log n; lower is better."""
        from gmmfit.fitting.criteria import bic

        return bic(self.log_likelihood, self.n_parameters, self.n)

    @property
    def icl(self) -> float:
        """The integrated complete likelihood, BIC + 2 entropy; lower is better.

        Source: Biernacki, Celeux & Govaert (2000), section 3.
        """
        return self.bic + 2 * self.entropy

    def to_document(self) -> dict[str, Any]:
        """The gmmfit-model document of the mixture with the sections of the fit."""
        from gmmfit.arrays import whole
        from gmmfit.model.document import mixture_document

        document = mixture_document(self.mixture, self.settings.covariance)
        document["fit"] = {
            "status": self.status,
            "converged": self.converged,
            "reason": self.reason,
            "iterations": self.iterations,
            "loglik": self.log_likelihood,
            "mean_loglik": self.mean_log_likelihood,
            "remaining_gain": self.remaining_gain,
            "n": whole(self.n),
            "n_rows": self.n_rows,
            "n_missing": self.n_missing,
            "n_parameters": self.n_parameters,
            "aic": self.aic,
            "bic": self.bic,
            "icl": self.icl,
            "tol": self.settings.tol,
            "tol_type": self.settings.tol_type,
            "max_iter": self.settings.max_iter,
            "seed": self.settings.seed,
        }
        document["warnings"] = list(self.warnings)
        return document

    def to_json(self) -> str:
        """The fit as a gmmfit-model document, which `Mixture.from_json` reads too."""
        from gmmfit.model.document import dump

        return dump(self.to_document())
