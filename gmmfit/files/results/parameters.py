"""The parameters of a fit as a person reads them: with standard errors and intervals, and how these were found."""

from gmmfit.files.results.layout import (
    errors_as_text,
    flush_right,
    in_blocks,
    intervals_as_text,
    numbers_as_text,
    wrapped,
)
from gmmfit.files.results.models import error_table, interval_table
from gmmfit.fitting.result import Fit
from gmmfit.fitting.uncertainty.intervals import Uncertainty
from gmmfit.model.parameters import COMPONENT, TRANSFORM, model_table
from gmmfit.text import escaped

# By more than so many times robust standard errors differ from those of the information.
FAR_APART = 1.5


def parameters_said(fit: Fit, digits: int, width: int) -> list[str]:
    """The parameters with their standard errors: of one column a line a component, of several a line a parameter."""
    k = fit.mixture.n_components
    # Without the row of the noise, and the columns that only this has.
    parameters = {name: values[:k] for name, values in model_table(fit.mixture).items() if None not in values[:k]}
    for name in (COMPONENT, TRANSFORM):
        parameters.pop(name, None)
    parameters = {name: values for name, values in parameters.items() if any(values) or name[:4] != "cov_"}
    errors = {} if fit.standard_errors is None else error_table(fit.mixture, fit.standard_errors)
    # A column of cells for each parameter, and one for its standard errors.
    cells = {name: numbers_as_text(values, errors.get(name, []), digits) for name, values in parameters.items()}
    # What constraints leave no freedom has the error 0, and so has the weight of a single component.
    tied = bool(fit.settings.constrain)
    ses = {name: errors_as_text(errors.get(name, []), _is_held(fit, name), tied) for name in parameters}
    numbers = list(map(str, range(1, fit.mixture.n_components + 1)))
    intervals = {} if fit.intervals is None else interval_table(fit.mixture, fit.intervals)
    ends = {
        name: intervals_as_text(intervals.get(name, []), errors.get(name, [])) if ses[name] else []
        for name in parameters
    }
    if fit.mixture.n_columns == 1:
        columns = [["component", *numbers]]
        for name, values in cells.items():
            columns += [[name, *values], *([["se", *ses[name]]] if ses[name] else [])]
        lines = flush_right(columns)
        if any(ends.values()):
            beside = [[name, *of_name] for name, of_name in ends.items() if any(of_name)]
            lines += ["", *flush_right([[confidence_said(fit), *numbers], *beside])]
    else:
        components = [
            [[number, *(values[k] for values in cells.values())]]
            + ([["se", *(column[k] if column else "" for column in ses.values())]] if errors else [])
            + ([[confidence_said(fit), *(column[k] if column else "" for column in ends.values())]] if errors else [])
            for k, number in enumerate(numbers)
        ]
        lines = in_blocks(["", *map(escaped, cells)], components, width)
    if fit.uncertainty is None:
        asked = fit.settings.se != "none"
        return lines + (wrapped(f"no standard errors: {fit.no_standard_errors}", width) if asked else [])
    said = (_method(fit.uncertainty), *_bootstrap(fit))
    return lines + [line for sentence in said for line in wrapped(sentence, width)]


def _is_held(fit: Fit, parameter: str) -> bool:
    """Whether a parameter of the table stays as the inits have it; fixed sds hold the covariances too."""
    kind = parameter.split("_")[0]
    return {"weight": "weights", "mean": "means"}.get(kind, "sds") in fit.settings.fix


def confidence_said(fit: Fit) -> str:
    """What intervals are called."""
    return f"{100 * fit.settings.confidence:g}% interval"


def _method(sure: Uncertainty) -> str:
    """How standard errors that are not those of the information were found."""
    if sure.ratios is None:
        return ""
    low, high = sure.ratios
    said = f"se are robust: {low:.2g} to {high:.2g} times those of the information"
    differ = high > FAR_APART or low < 1 / FAR_APART
    return said + (", which hold for quite normal components: these may not be" if differ else "")


def _bootstrap(fit: Fit) -> list[str]:
    """What became of the replicates of a bootstrap, and how well the mixture fits."""
    told, fitting, sentences = fit.bootstrap, fit.goodness_of_fit, []
    if told is not None:
        kinds = {
            "have a higher peak elsewhere": told.left_the_peak,
            "lost a component": told.lost_a_component,
            "ended on the floor": told.on_floor,
            "had not converged": told.not_converged,
        }
        of_all = "" if told.used == told.replicates else f"{told.used} of "
        counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number)
        sentences.append(
            f"se and intervals are from {of_all}{told.replicates} replicates of the rows" + (counted and f": {counted}")
        )
    if fitting is not None:
        where = "; gmmfit plot --kind qq shows where it fits" if fit.known is None else ""
        sentences.append(
            f"goodness of fit: {fitting.distance} {fitting.statistic:.3g}, p = {fitting.p:.2g}, by as many tables "
            f"drawn from the fit{where}"
        )
    return sentences
