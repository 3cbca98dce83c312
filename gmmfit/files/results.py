"""A fit as a result: as a report, as JSON, as a table of its components."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from gmmfit.files.report import DIGITS, WIDTH, report
from gmmfit.files.writers import rounded, rounded_weights, table_writer
from gmmfit.fitting.result import Fit
from gmmfit.model.document import Document, dump
from gmmfit.model.parameters import component_table

FIT_FORMATS = ("table", "json", "csv", "tsv", "xlsx")


def write_fit(
    stream: BinaryIO,
    fit: Fit,
    account: dict[str, Any],
    kind: str,
    digits: int | None,
    bom: bool = False,
    width: int = WIDTH,
    picture: Sequence[str] = (),
) -> None:
    """Write a fit in one of FIT_FORMATS.

    account says what it was fitted to (`Input.account`); width and picture are for a table, that of `report`.
    """
    weights = fit.mixture.weights.tolist()
    if kind == "table":
        stream.write(report(fit, account, digits or DIGITS, width, picture).encode())
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


def _rounded(value: Any, digits: int | None) -> Any:
    """A document with its floats cut to so many significant digits; None keeps all."""
    if isinstance(value, dict):
        return {key: _rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item, digits) for item in value]
    return rounded(value, digits) if isinstance(value, float) else value
