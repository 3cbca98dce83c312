"""What comes out of a fit: Fit, and Candidate, a model among those that were compared."""

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self

import numpy as np

from gmmfit.arrays import whole
from gmmfit.data.known import KnownCounts
from gmmfit.data.recording import Recording
from gmmfit.data.weights import Weighting
from gmmfit.fitting.em.step import Step
from gmmfit.fitting.evidence.criteria import aic, bic
from gmmfit.fitting.search.peaks import Search
from gmmfit.fitting.settings import Settings, Status
from gmmfit.fitting.uncertainty.bootstrap import Bootstrap
from gmmfit.fitting.uncertainty.goodness_of_fit import GoodnessOfFit
from gmmfit.fitting.uncertainty.intervals import Intervals, Ranges, Spread, StandardErrors, Uncertainty
from gmmfit.fitting.uncertainty.likelihood_ratio import LikelihoodRatio
from gmmfit.model.document import Document, dump
from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import Cutoff


@dataclass(frozen=True)
class Candidate:
    """A model among those that were compared; lower bic, aic and icl are better.

    test is that against the next larger number of components, structure_test that against the next freer structure.
    """

    components: int
    covariance: str
    log_likelihood: float
    n_parameters: int
    bic: float
    aic: float
    icl: float
    status: Status
    chosen: bool
    transform: str
    noise: bool
    test: LikelihoodRatio | None = None
    structure_test: LikelihoodRatio | None = None

    @classmethod
    def of(
        cls,
        fit: "Fit",
        chosen: bool,
        test: LikelihoodRatio | None = None,
        structure_test: LikelihoodRatio | None = None,
    ) -> Self:
        """A fitted model as a candidate, with its tests against larger ones."""
        shared = {
            name: getattr(fit, name) for name in ("log_likelihood", "n_parameters", "bic", "aic", "icl", "status")
        }
        settings = fit.settings
        shared |= {"transform": settings.transform, "noise": fit.mixture.noise is not None}
        shared |= {"chosen": chosen, "test": test, "structure_test": structure_test}
        return cls(fit.mixture.n_components, settings.covariance, **shared)

    def record(self) -> dict[str, Any]:
        """The candidate as files have it."""
        record = {name: getattr(self, attribute) for name, attribute in CANDIDATE_RECORD.items()}
        tests = {name: test for name in ("test", "structure_test") if (test := getattr(self, name)) is not None}
        return record | {name: test.record() for name, test in tests.items()}


# Keys of a candidate in files, and the attributes that they are.
CANDIDATE_RECORD = {
    "n_components": "components",
    "covariance_type": "covariance",
    "transform": "transform",
    "noise": "noise",
    "loglik": "log_likelihood",
    **{name: name for name in ("n_parameters", "bic", "aic", "icl", "status", "chosen")},
}
# Keys of a fit in files that are attributes of it, and of its settings.
FIT_KEYS = (
    *("status", "converged", "reason", "iterations", "loglik", "mean_loglik", "remaining_gain", "gradient", "n"),
    *("n_rows", "n_missing", "n_parameters", "aic", "bic", "icl", "entropy", "misclassified"),
)
SETTINGS_KEYS = ("tol", "tol_type", "max_iter", "seed")


@dataclass(frozen=True)
class AgainstFree:
    """A constrained fit against the same model without its constraints.

    statistic is twice the gain in log-likelihood; p, by χ² with so many degrees of freedom, is None where that doesn't
    hold, and why says why. p_bootstrap is by tables drawn from the constrained fit.
    """

    log_likelihood: float
    statistic: float
    degrees_of_freedom: int
    p: float | None
    why: str = ""
    p_bootstrap: float | None = None

    def record(self) -> dict[str, Any]:
        """The test as files have it."""
        record: dict[str, Any] = {"loglik_free": self.log_likelihood, "statistic": self.statistic}
        record |= {"df": self.degrees_of_freedom, "p": self.p} | ({"why": self.why} if self.why else {})
        return record | ({} if self.p_bootstrap is None else {"p_bootstrap": self.p_bootstrap})


@dataclass(frozen=True, repr=False)
class Fit:
    """A fitted mixture, and how it was reached.

    log_likelihood  natural log, summed over rows by weight
    status          how it ended, as a word; `reason` says it in a sentence
    history         the steps, from the inits (iteration 0) on
    settings        what was asked for
    n               rows by weight, as in BIC; n_rows counts them; n_missing rows were left out
    weighting       what row weights were: counts of rows, relative, or empty where there were none
    recording       how the rows were recorded: what else was said of them
    known           what is known of them, counted; None where all are exact numbers
    without_noise   the log-likelihood of the same model without noise, where a search had both
    n_parameters    free numbers of the model
    may_be_chosen   among several models: no component is empty, or on the floor without a heap of equal rows there
    entropy         of the rows' posteriors, in nats, by weight: 0 when every row is sure
    misclassified   the share of rows, by weight, that the likeliest component is expected to get wrong
    search          what the search saw; None where the start was given, or was the only one
    active_bounds   of the constraints those that hold the fit back; against_free tests all against the free fit
    uncertainty     standard errors and intervals; None where `no_standard_errors` says why there are none
    bootstrap       what became of the replicates that these are from, if they are
    goodness_of_fit by tables drawn from the fit, with a bootstrap of one column
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
    history: tuple[Step, ...]
    settings: Settings
    n: float
    weighting: Weighting
    recording: Recording
    n_rows: int
    n_missing: int
    n_parameters: int
    may_be_chosen: bool
    entropy: float
    misclassified: float
    search: Search | None = None
    uncertainty: Uncertainty | None = None
    no_standard_errors: str = ""
    bootstrap: Bootstrap | None = None
    goodness_of_fit: GoodnessOfFit | None = None
    known: KnownCounts | None = None
    without_noise: float | None = None
    active_bounds: tuple[str, ...] = ()
    against_free: AgainstFree | None = None
    candidates: tuple[Candidate, ...] = ()
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
    def remaining_gain(self) -> float | None:
        """The log-likelihood estimated to be still to come; None where it can't be estimated."""
        return self.history[-1].remaining_gain

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
        return aic(self.log_likelihood, self.n_parameters)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 log L + p log n; lower is better."""
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

    @property
    def standard_errors(self) -> StandardErrors | None:
        """Those of the parameters; None where `no_standard_errors` says why there are none."""
        return None if self.uncertainty is None else self.uncertainty.standard_errors

    @property
    def intervals(self) -> Intervals | None:
        """Those of the parameters; None where there are no standard errors."""
        return None if self.uncertainty is None else self.uncertainty.intervals

    @cached_property
    def cutoffs(self) -> list[Cutoff]:
        """The cut-offs of a fit of one column, for each of the probabilities asked for, ascending; none in several."""
        if self.mixture.n_columns > 1:
            return []
        return sorted(one for probability in self.settings.cutoff for one in self.mixture.cutoffs(probability))

    @property
    def ranges(self) -> Ranges | None:
        """What of the intervals a picture of one column shows; None where there are none."""
        sure = self.uncertainty
        if sure is None or self.mixture.n_columns > 1:
            return None
        cutoffs = [
            (cutoff.probability, cutoff.value, *((spread.low, spread.high) if spread else (np.nan, np.nan)))
            for cutoff, spread in zip(self.cutoffs, sure.cutoffs, strict=True)
        ]
        return Ranges(sure.confidence, sure.intervals.means[:, 0], np.array(cutoffs).reshape(-1, 4))

    def to_document(self) -> Document:
        """The gmmfit-model document of the mixture, as JSON has it, with the sections of the fit."""
        document = self.mixture.to_document() | {"covariance_type": self.settings.covariance}
        sure = self.uncertainty
        if sure is not None:
            parts = zip(sure.standard_errors.by_component(), sure.intervals.by_component(), strict=True)
            for component, (errors, intervals) in zip(document["components"], parts, strict=True):
                component |= {"standard_errors": errors, "intervals": intervals}
        for component, name in zip(document["components"], self.recording.label_names, strict=False):
            component["label"] = name
        document["fit"] = {key: getattr(self, key.replace("loglik", "log_likelihood")) for key in FIT_KEYS}
        document["fit"] |= {"n": whole(self.n)} | {key: getattr(self.settings, key) for key in SETTINGS_KEYS}
        if sure is not None:
            document["fit"] |= {"se": sure.method, "confidence": sure.confidence}
            document["fit"] |= {"robust_ratios": list(sure.ratios)} if sure.ratios else {}
            if sure.intervals.noise is not None:
                document["noise"]["standard_errors"] = {"weight": sure.standard_errors.noise}
                document["noise"]["intervals"] = {"weight": sure.intervals.noise.tolist()}
        if self.without_noise is not None:
            document["fit"]["loglik_without_noise"] = self.without_noise
        if self.settings.constrain:
            document["constraints"] = list(self.settings.constrain)
            document["fit"] |= {"active_bounds": list(self.active_bounds)} if self.active_bounds else {}
            document["fit"] |= {"against_free": self.against_free.record()} if self.against_free else {}
        if self.search is not None:
            document["fit"]["search"] = self.search.record()
        if self.no_standard_errors:
            document["fit"]["no_standard_errors"] = self.no_standard_errors
        rows = self.recording.record() | ({"weights": self.weighting} if self.weighting else {})
        rows |= self.known.record() if self.known else {}
        if rows:
            document["rows"] = rows
        if self.bootstrap is not None:
            document["bootstrap"] = self.bootstrap.record()
        if self.goodness_of_fit is not None:
            document.setdefault("bootstrap", {})["goodness_of_fit"] = self.goodness_of_fit.record()
        if self.candidates:
            document["fit"]["criterion"] = self.settings.criterion
            document["candidates"] = [candidate.record() for candidate in self.candidates]
        if self.mixture.n_columns == 1:
            spreads = sure.cutoffs if sure else ()
            document["cutoffs"] = [
                _cutoff_record(cutoff, spread) for cutoff, spread in zip_longest(self.cutoffs, spreads)
            ]
        document["separation"] = [
            pair._asdict() | _spreads(ashman_d=ashman_d, misclassified=misclassified)
            for pair, ashman_d, misclassified in zip_longest(
                self.mixture.separations(), *((sure.ashman_d, sure.misclassified) if sure else ((), ()))
            )
        ]
        if self.mixture.n_columns == 1:
            document["modes"] = len(self.mixture.modes())
        document["warnings"] = list(self.warnings)
        return document

    def to_json(self) -> str:
        """The fit as a gmmfit-model document, which `Mixture.from_json` reads too."""
        return dump(self.to_document())


def _cutoff_record(cutoff: Cutoff, spread: Spread | None) -> dict[str, Any]:
    """A cut-off as files have it."""
    between = sorted([cutoff.below, cutoff.above])
    record = {"value": cutoff.value, "between": between, "probability": cutoff.probability}
    record |= {} if spread is None else {"se": spread.se, "interval": [spread.low, spread.high]}
    return record | {"below": cutoff.below, "above": cutoff.above}


def _spreads(**spreads: Spread | None) -> dict[str, Any]:
    """The standard errors and intervals of numbers, by their names."""
    known = {name: spread for name, spread in spreads.items() if spread is not None}
    if not known:
        return {}
    return {
        "standard_errors": {name: spread.se for name, spread in known.items()},
        "intervals": {name: [spread.low, spread.high] for name, spread in known.items()},
    }
