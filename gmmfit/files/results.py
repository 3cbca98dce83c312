"""A fit as a result: as a person reads it on a terminal, as JSON, as a table of its components."""

from typing import Any, BinaryIO

from gmmfit.files.models import component_table
from gmmfit.files.tables import escaped
from gmmfit.files.writers import rounded, rounded_weights, table_writer
from gmmfit.fitting.result import Fit
from gmmfit.model.document import Document, dump

FIT_FORMATS = ("table", "json", "csv", "tsv", "xlsx")
TABLE_DIGITS = 6


def write_fit(
    stream: BinaryIO, fit: Fit, account: dict[str, Any], kind: str, digits: int | None, bom: bool = False
) -> None:
    """Write a fit in one of FIT_FORMATS; account says what it was fitted to (`Input.account`)."""
    weights = fit.mixture.weights.tolist()
    if kind == "table":
        stream.write(report(fit, account, digits or TABLE_DIGITS).encode())
    elif kind == "json":
        document = _rounded(fit_document(fit, account), digits)
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


def fit_document(fit: Fit, account: dict[str, Any]) -> Document:
    """The document of a fit, with the section `data` on what it was fitted to."""
    document = fit.to_document()
    warnings = document.pop("warnings")
    return document | {"data": account, "warnings": warnings}


def report(fit: Fit, account: dict[str, Any], digits: int) -> str:
    """The components, then how the fit ended and how well it fits."""
    names, k = fit.mixture.columns, fit.mixture.n_components
    source = account["source"] + (f" (sheet '{account['sheet']}')" if account["sheet"] else "")
    left_out = account["n_read"] - account["n_used"]
    rows = f"{fit.n_rows} rows" + (f", {left_out} left out" if left_out else "")
    if fit.n != fit.n_rows:
        rows += f", total weight {fit.n:.{digits}g}"
    components = {
        name: values for name, values in component_table(fit.mixture).items() if any(values) or name[:4] != "cov_"
    }
    lines = [
        f"{source}, column{'s' if len(names) > 1 else ''} {', '.join(map(escaped, names))}: {rows}",
        f"{k} component{'s' if k > 1 else ''}, covariance {fit.settings.covariance}",
        "",
        *aligned({"component": list(range(1, k + 1)), **components}, digits),
        "",
        f"{fit.status}: {fit.reason}",
        f"log-likelihood {fit.log_likelihood:.4f}, {fit.n_parameters} free parameters",
        f"BIC {fit.bic:.4f}, AIC {fit.aic:.4f}, ICL {fit.icl:.4f} (lower is better)",
    ]
    return "\n".join(lines) + "\n"


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
