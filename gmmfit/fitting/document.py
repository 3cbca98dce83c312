"""A fit as a gmmfit-model document: the mixture, how it was reached, and what to make of it."""

from gmmfit.arrays import whole
from gmmfit.fitting.result import Fit
from gmmfit.model.document import Document, mixture_document


def fit_document(fit: Fit) -> Document:
    """The document of a fit's mixture, which a reader of mixtures takes too, with the sections of the fit."""
    document = mixture_document(fit.mixture, fit.settings.covariance)
    if fit.standard_errors is not None:
        for component, errors in zip(document["components"], fit.standard_errors.by_component(), strict=True):
            component["standard_errors"] = errors
    document["fit"] = {
        "status": fit.status,
        "converged": fit.converged,
        "reason": fit.reason,
        "iterations": fit.iterations,
        "loglik": fit.log_likelihood,
        "mean_loglik": fit.mean_log_likelihood,
        "remaining_gain": fit.remaining_gain,
        "gradient": fit.gradient,
        "n": whole(fit.n),
        "n_rows": fit.n_rows,
        "n_missing": fit.n_missing,
        "n_parameters": fit.n_parameters,
        "aic": fit.aic,
        "bic": fit.bic,
        "icl": fit.icl,
        "entropy": fit.entropy,
        "misclassified": fit.misclassified,
        "tol": fit.settings.tol,
        "tol_type": fit.settings.tol_type,
        "max_iter": fit.settings.max_iter,
        "seed": fit.settings.seed,
    }
    if fit.search is not None:
        document["fit"]["search"] = {
            "starts": fit.search.starts,
            "peaks": [
                {"loglik": peak.log_likelihood, "starts": peak.starts, "spurious": peak.spurious}
                for peak in fit.search.peaks
            ],
            "on_floor": fit.search.on_floor,
            "highest_on_floor": fit.search.highest_on_floor,
        }
    if fit.no_standard_errors:
        document["fit"]["no_standard_errors"] = fit.no_standard_errors
    if fit.candidates:
        document["fit"]["criterion"] = fit.settings.criterion
        document["candidates"] = [candidate.record() for candidate in fit.candidates]
    if fit.mixture.n_columns == 1:
        document["cutoffs"] = [cutoff.value for cutoff in fit.mixture.cutoffs()]
    document["separation"] = [pair._asdict() for pair in fit.mixture.separations()]
    if fit.mixture.n_columns == 1:
        document["modes"] = len(fit.mixture.modes())
    document["warnings"] = list(fit.warnings)
    return document
