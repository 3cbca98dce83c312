"""A fit as a result: as a person reads it on a terminal, as JSON, as a table of its components."""

from typing import Any, BinaryIO

from gmmfit.files.models import error_table
from gmmfit.files.writers import rounded, rounded_weights, table_writer
from gmmfit.fitting.result import Fit
from gmmfit.model.document import Document, dump
from gmmfit.model.parameters import component_table
from gmmfit.text import escaped

FIT_FORMATS = ("table", "json", "csv", "tsv", "xlsx")
TABLE_DIGITS = 6
# A peak that a summary of many rows shows is that of all rows, if it is as near as this.
SAME_PEAK = 1e-2


def write_fit(
    stream: BinaryIO, fit: Fit, account: dict[str, Any], kind: str, digits: int | None, bom: bool = False
) -> None:
    """Write a fit in one of FIT_FORMATS; account says what it was fitted to (`Input.account`)."""
    weights = fit.mixture.weights.tolist()
    if kind == "table":
        stream.write(report(fit, account, digits or TABLE_DIGITS).encode())
    elif kind == "json":
        document = _rounded(result_document(fit, account), digits)
        for component, weight in zip(document["components"], rounded_weights(weights, digits), strict=True):
            component["weight"] = weight
        stream.write(dump(document).encode())
    else:
        table = {"component": list(range(1, len(weights) + 1)), **component_table(fit.mixture)}
        table = {
            name: [rounded(value, digits) if isinstance(value, float) else value for value in values]
            for name, values in table.items()
        }
        table["weight"] = rounded_weights(weights, digits)
        writer = table_writer(stream, kind, list(table), None, bom)
        writer.write(list(table.values()))
        writer.close()


def result_document(fit: Fit, account: dict[str, Any]) -> Document:
    """The document of a fit, with the section `data` on what it was fitted to."""
    document = fit.to_document()
    warnings = document.pop("warnings")
    return document | {"data": account, "warnings": warnings}


def report(fit: Fit, account: dict[str, Any], digits: int) -> str:
    """The models that were compared, the components of the best, how good its fit is, and what to make of it."""
    names, k = fit.mixture.columns, fit.mixture.n_components
    source = account["source"] + (f" (sheet '{account['sheet']}')" if account["sheet"] else "")
    left_out = account["n_read"] - account["n_used"]
    rows = f"{fit.n_rows} rows" + (f", {left_out} left out" if left_out else "")
    if fit.n != fit.n_rows:
        rows += f", total weight {fit.n:.{digits}g}"
    lines = [
        f"{source}, column{'s' if len(names) > 1 else ''} {', '.join(map(escaped, names))}: {rows}",
        *(_comparison(fit) if fit.candidates else []),
        f"{k} component{'s' if k > 1 else ''}, covariance {fit.settings.covariance}",
        "",
        *_components(fit, digits),
        "",
        f"{fit.status}: {fit.reason}",
        f"log-likelihood {fit.log_likelihood:.4f}, {fit.n_parameters} free parameters",
        f"BIC {fit.bic:.4f}, AIC {fit.aic:.4f}, ICL {fit.icl:.4f} (lower is better)",
        *_what_the_search_saw(fit),
        *_what_to_make_of_it(fit, digits),
    ]
    return "\n".join(lines) + "\n"


def _comparison(fit: Fit) -> list[str]:
    """The models that were compared, a line each, the best one marked."""
    remarks = [
        " ".join(
            (["best " + fit.settings.criterion.upper()] if one.chosen else [])
            + ([one.status] if one.status != "converged" else [])
        )
        for one in fit.candidates
    ]
    table: dict[str, list[Any]] = {
        "components": [one.components for one in fit.candidates],
        "covariance": [one.covariance for one in fit.candidates],
        "log-likelihood": [f"{one.log_likelihood:.4f}" for one in fit.candidates],
        "parameters": [one.n_parameters for one in fit.candidates],
        "BIC": [f"{one.bic:.4f}" for one in fit.candidates],
        "AIC": [f"{one.aic:.4f}" for one in fit.candidates],
        "ICL": [f"{one.icl:.4f}" for one in fit.candidates],
        "": remarks,
    }
    return ["", *(line.rstrip() for line in aligned(table, TABLE_DIGITS)), "(lower is better)", ""]


def _components(fit: Fit, digits: int) -> list[str]:
    """The parameters, a line a component, and below them their standard errors."""
    parameters = component_table(fit.mixture)
    shown = {name: values for name, values in parameters.items() if any(values) or name[:4] != "cov_"}
    numbers: list[Any] = list(range(1, fit.mixture.n_components + 1))
    if fit.standard_errors is None:
        lines = aligned({"component": numbers, **shown}, digits)
        return lines if fit.settings.se is False else [*lines, f"no standard errors: {fit.no_standard_errors}"]
    errors = error_table(fit.mixture, fit.standard_errors)
    table = {name: [*values, "", *(f"{error:.2g}" for error in errors[name])] for name, values in shown.items()}
    return [line.rstrip() for line in aligned({"component": [*numbers, "standard errors", *numbers], **table}, digits)]


def _what_the_search_saw(fit: Fit) -> list[str]:
    """How many starts there were, and the peaks that those came to which were climbed to the top."""
    if fit.search is None or fit.search.starts == 1:
        return []
    peaks, listed = fit.search.peaks, []
    for number, peak in enumerate(peaks):
        taken = abs(peak.log_likelihood - fit.log_likelihood) < SAME_PEAK
        if number < 3 or taken:
            remark = ", spurious" if peak.spurious else ", taken" if taken and number else ""
            listed.append(f"{peak.log_likelihood:.4f} ({peak.starts}{remark})")
    more = f" and {len(peaks) - len(listed)} more" if len(peaks) > len(listed) else ""
    floor = f", {fit.search.on_floor} on the floor" if fit.search.on_floor else ""
    return [f"search: {fit.search.starts} starts, peaks {', '.join(listed) or 'none'}{more}{floor}"]


def _what_to_make_of_it(fit: Fit, digits: int) -> list[str]:
    """Separation, cut-offs and modes, where there is more than one component."""
    mixture, k = fit.mixture, fit.mixture.n_components
    if k == 1:
        return []
    lines = [""]
    for pair in mixture.separations():
        i, j = pair.between
        lines.append(
            f"components {i} and {j}: Ashman's D {pair.ashman_d:.2f}, overlap {pair.overlap:.2f}, "
            f"{pair.misclassified:.1%} of the two expected in the wrong one"
        )
    lines.append(
        f"{fit.misclassified:.1%} of the rows expected in the wrong component, entropy {fit.entropy:.{digits}g}"
    )
    if mixture.n_columns > 1:
        return lines
    for cutoff in mixture.cutoffs():
        below, above = mixture.means[[cutoff.below - 1, cutoff.above - 1], 0]
        wider = max(cutoff.below, cutoff.above, key=lambda number: float(mixture.sds[number - 1, 0]))
        lines.append(
            f"cut-off {cutoff.value:.{digits}g}: component {cutoff.below} below, {cutoff.above} above"
            + ("" if below <= cutoff.value <= above else f" (not between their means: {wider} is wider)")
        )
    humps = len(mixture.modes())
    lines.append(
        f"the density has {humps} mode{'s' if humps > 1 else ''}"
        + (f": that the {k} components are groups of their own does not show in it" if humps < k else "")
    )
    return lines


def aligned(table: dict[str, list[Any]], digits: int) -> list[str]:
    """Lines of a table whose numbers have so many significant digits, its columns flush right."""
    cells = [[escaped(name), *(_cell(value, digits) for value in values)] for name, values in table.items()]
    widths = [max(map(len, column)) for column in cells]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*cells, strict=True)
    ]


def _cell(value: Any, digits: int) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _rounded(value: Any, digits: int | None) -> Any:
    """A document with its floats cut to so many significant digits; None keeps all."""
    if isinstance(value, dict):
        return {key: _rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item, digits) for item in value]
    return rounded(value, digits) if isinstance(value, float) else value
