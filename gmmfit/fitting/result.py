"""What goes into a fit and what comes out: Settings, Fixed, Step, Fit.

Nothing here needs numpy when it is imported, so that the command line can take its defaults from Settings at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from gmmfit.arrays import Array
    from gmmfit.model.mixture import Mixture

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


@dataclass(frozen=True)
class Step:
    """A state of EM: the mixture after `iteration` M steps and the log-likelihood of that very mixture.

    kind      what led there: `init`, `em`, `accelerated` or `newton`
    gradient  how steep the log-likelihood is there: the length of its gradient, in standard errors of known components.
              Its square is, next to a peak, one to two times what an EM step gains; None where it isn't known
    to_come   log-likelihood estimated to be still to come, where the step itself can tell

    The last two are 0 where rounding would drown the gain.

    >>> from gmmfit import fit
    >>> [step.kind for step in fit([1.0, 2.0, 4.0], 1).history]
    ['init', 'em']
    """

    iteration: int
    log_likelihood: float
    mixture: Mixture
    kind: str = "em"
    gradient: float | None = None
    to_come: float | None = None


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """The standard errors of the parameters of a mixture, in the units of these; 0 for what was held.

    weights (K,), means (K, D), sds (K, D), covariances (K, D, D)
    """

    weights: Array
    means: Array
    sds: Array
    covariances: Array

    def by_component(self) -> list[dict[str, Any]]:
        """For each component its weight, mean, sd and covariance, as lists."""
        parts = (self.weights.tolist(), self.means.tolist(), self.sds.tolist(), self.covariances.tolist())
        return [dict(zip(("weight", "mean", "sd", "covariance"), one, strict=True)) for one in zip(*parts, strict=True)]


@dataclass(frozen=True)
class Peak:
    """A peak that a search found: its log-likelihood, and how many of the starts came to it.

    A spurious one has a component that is narrow on hardly any rows, or on one value; others go before it.
    """

    log_likelihood: float
    starts: int
    spurious: bool = False


@dataclass(frozen=True)
class Candidate:
    """A model among those that were compared; lower bic, aic and icl are better."""

    components: int
    covariance: str
    log_likelihood: float
    n_parameters: int
    bic: float
    aic: float
    icl: float
    status: Status
    chosen: bool

    def record(self) -> dict[str, Any]:
        """The candidate as files have it."""
        return {
            "n_components": self.components,
            "covariance_type": self.covariance,
            "loglik": self.log_likelihood,
            "n_parameters": self.n_parameters,
            "bic": self.bic,
            "aic": self.aic,
            "icl": self.icl,
            "status": self.status,
            "chosen": self.chosen,
        }


@dataclass(frozen=True)
class Search:
    """What a search saw: how many starts it took, the peaks that were found, how many starts ran into the floor.

    The peaks are the highest ones; starts that fell behind on the way are not climbed to their end. highest_on_floor is
    the log-likelihood of the highest mixture on the floor, about.
    """

    starts: int
    peaks: tuple[Peak, ...]
    on_floor: int
    highest_on_floor: float | None = None


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
    misclassified   the share of rows, by weight, that the likeliest component is expected to get wrong
    search          what the search saw; None where the start was given, or was the only one
    standard_errors of the parameters; None where `no_standard_errors` says why there are none
    candidates      the models that were compared, if there were several, by the criterion in settings
    warnings        what a careful reader should know, in sentences

    >>> from gmmfit import fit
    >>> fit([1.0, 2.0, 4.0, 5.0], 1)
    Fit: converged, after 1 iteration the log-likelihood to come is estimated below 1e-06
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
    misclassified: float
    search: Search | None = None
    standard_errors: StandardErrors | None = None
    no_standard_errors: str = ""
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Three lines: how it ended, the mixture, how well it fits; the history would fill screens."""
        return (
            f"Fit: {self.status}, {self.reason}\n  {self.mixture}\n"
            f"  log-likelihood {self.log_likelihood:.4f}, BIC {self.bic:.4f} (lower is better)"
        )

    def with_choice(self, candidates: tuple[Candidate, ...], warnings: tuple[str, ...]) -> Fit:
        """The fit as the one that was chosen among candidates."""
        return replace(self, candidates=candidates, warnings=(*self.warnings, *warnings))

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
        from gmmfit.fitting.evidence.criteria import aic

        return aic(self.log_likelihood, self.n_parameters)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 log L + p log n; lower is better."""
        from gmmfit.fitting.evidence.criteria import bic

        return bic(self.log_likelihood, self.n_parameters, self.n)

    @property
    def icl(self) -> float:
        """The integrated complete likelihood, BIC + 2 entropy; lower is better.

        Source: Biernacki, Celeux & Govaert (2000), section 3.
        """
        return self.bic + 2 * self.entropy

    @property
    def gradient(self) -> float | None:
        """How steep the log-likelihood is at the mixture; 0 on a peak (see Step)."""
        return self.history[-1].gradient

    def to_document(self) -> dict[str, Any]:
        """The gmmfit-model document of the mixture with the sections of the fit."""
        from gmmfit.fitting.document import fit_document

        return fit_document(self)

    def to_json(self) -> str:
        """The fit as a gmmfit-model document, which `Mixture.from_json` reads too."""
        from gmmfit.model.document import dump

        return dump(self.to_document())
