"""A fit as a result: as a report, as JSON, as a table of its components, as a workbook."""

from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from gmmfit.errors import ModelError, OutputError
from gmmfit.files.read_columns import RowCounts
from gmmfit.files.results.digits import rounded, rounded_weights
from gmmfit.files.results.history import SHEET as HISTORY
from gmmfit.files.results.models import COMPONENTS, FACTS, MODELS, ROWS, error_table, interval_table
from gmmfit.files.results.report import report
from gmmfit.files.results.writers import PLAIN, Style, write_table
from gmmfit.fitting.history import history_row, with_gains
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.model.document import Document, compact, dump
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import component_table as parameters_of
from gmmfit.model.parameters import model_table

FIT_FORMATS = ("table", "json", "jsonl", "csv", "tsv", "xlsx", "html")


def write_fit(
    stream: BinaryIO, fit: Fit, counts: RowCounts, kind: str, style: Style = PLAIN, long: bool = False
) -> None:
    """Write a fit in one of FIT_FORMATS; counts say what it was fitted to.

    In CSV and TSV `long` adds what tells many fits apart, one below the other: the source and the columns; standard
    errors and intervals; at last the status, log-likelihood and BIC.
    """
    digits = style.digits
    if kind != "table":
        check_digits(fit.mixture, digits)
    if kind == "table":
        stream.write(report(fit, counts, digits).encode())
    elif kind in ("json", "jsonl"):
        document = rounded(result_document(fit, counts), digits)
        parts = [*document["components"], *([document["noise"]] if "noise" in document else [])]
        weights = rounded_weights(model_table(fit.mixture)["weight"], digits)
        for component, weight in zip(parts, weights, strict=True):
            component["weight"] = weight
        stream.write((dump(document) if kind == "json" else compact(document) + "\n").encode())
    elif kind == "xlsx":
        write_workbook(stream, fit, counts, digits)
    else:
        whole = long_table(fit) if long else model_table(fit.mixture)
        table = rounded(whole, digits) | {"weight": rounded_weights(whole["weight"], digits)}
        if long:
            before = {"source": counts.source, "sheet": counts.sheet, "column": ",".join(fit.mixture.columns)}
            after = {"status": fit.status, "loglik": fit.log_likelihood, "bic": fit.bic}
            n = len(table["weight"])
            table = (
                {name: [value] * n for name, value in before.items() if value is not None}
                | table
                | {name: [rounded(value, digits)] * n for name, value in after.items()}
            )
        write_table(stream, kind, table, replace(style, digits=None))


def long_table(fit: Fit) -> dict[str, list[Any]]:
    """The same for every fit of these columns, so that rows of many fits have the same cells: some may be empty."""
    mixture = fit.mixture
    known, none = component_table(fit), [None] * len(model_table(mixture)["weight"])
    names = [name for name in parameters_of(mixture) if not name.startswith("cov_")]
    of_errors = [f"se_{name}" for name in parameters_of(mixture)]
    of_intervals = [f"{end}_{name}_interval" for name in names for end in ("low", "high")]
    return {name: known.get(name, none) for name in [*model_table(mixture), *of_errors, *of_intervals]}


def component_table(fit: Fit) -> dict[str, list[Any]]:
    """The components, a row each, with standard errors and the ends of intervals."""
    mixture = fit.mixture
    components = model_table(mixture)
    if fit.standard_errors is not None:
        none = [] if mixture.noise is None else [None]
        errors = {name: [*values, *none] for name, values in error_table(mixture, fit.standard_errors).items()}
        if none:
            errors["weight"][-1] = fit.standard_errors.noise
        components |= {f"se_{name}": values for name, values in errors.items()}
    if fit.intervals is not None:
        of_noise = [] if mixture.noise is None else [(None, None)]
        for name, values in interval_table(mixture, fit.intervals).items():
            ends = [*values, *of_noise]
            if name == "weight" and fit.intervals.noise is not None:
                ends[-1] = tuple(fit.intervals.noise.tolist())
            components |= {
                f"{end}_{name}_interval": list(part)
                for end, part in zip(("low", "high"), zip(*ends, strict=True), strict=True)
            }
    return components


def check_digits(mixture: Mixture, digits: int | None) -> None:
    """Raise an OutputError where numbers cut to so many digits make no mixture any more, that could be read again."""
    if digits is None:
        return
    cut = np.vectorize(lambda number: rounded(float(number), digits))
    sds, covariances = cut(mixture.sds), cut(mixture.covariances)
    in_a_table = covariances.copy()  # which has sds in place of variances
    in_a_table[:, range(mixture.n_columns), range(mixture.n_columns)] = (sds / mixture.units) ** 2
    try:
        for read_back in (covariances, in_a_table):
            replace(mixture, covariances=read_back)
    except ModelError as error:
        raise OutputError(f"cut to so few digits this is no mixture any more ({error}): raise `digits`") from None


def write_workbook(stream: BinaryIO, fit: Fit, counts: RowCounts, digits: int | None) -> None:
    """Write a fit as a workbook: sheets of components, which can be edited and read again, fit, history, models."""
    from gmmfit.files.results.workbook_writer import Book

    book, components = Book(stream, digits), component_table(fit)
    components["weight"] = rounded_weights(components["weight"], digits)
    facts = _facts(result_document(fit, counts))
    tables: dict[str, dict[str, list[Any]]] = {
        COMPONENTS: components,
        FACTS: {"fact": list(facts), "value": list(facts.values())},
        HISTORY: _turned([history_row(*state) for state in with_gains(fit.history)]),
        MODELS: _turned([_model_row(candidate) for candidate in fit.candidates]),
    }
    for name, table in tables.items():
        if table:
            sheet = book.sheet(name, list(table))
            sheet.write(list(table.values()))
            sheet.close()
    book.close()


def _facts(document: Document) -> dict[str, Any]:
    """What a document says of a fit beside its components, each fact with its name."""
    facts: dict[str, Any] = dict(document["data"])
    facts |= {f"column_{number}": name for number, name in enumerate(document["columns"], start=1)}
    facts["covariance_type"] = document["covariance_type"]
    facts |= {ROWS: compact(document["rows"])} if "rows" in document else {}
    facts |= {f"constraint_{number}": one for number, one in enumerate(document.get("constraints", []), start=1)}
    plain = {name: value for name, value in document["fit"].items() if not isinstance(value, dict | list)}
    facts |= plain | {f"against_free_{name}": value for name, value in document["fit"].get("against_free", {}).items()}
    facts |= {
        f"active_bound_{number}": one for number, one in enumerate(document["fit"].get("active_bounds", []), start=1)
    }
    facts |= {name: value for name, value in document["fit"].get("search", {}).items() if not isinstance(value, list)}
    told = dict(document.get("bootstrap", {}))
    fitting = told.pop("goodness_of_fit", {})
    facts |= {f"bootstrap_{name}": value for name, value in told.items() if not isinstance(value, dict)}
    facts |= {f"goodness_of_fit_{name}": value for name, value in fitting.items()}
    for number, cutoff in enumerate(document.get("cutoffs", []), start=1):
        name = f"cutoff_{number}"
        facts |= {name: cutoff["value"], f"{name}_probability": cutoff["probability"]}
        if "interval" in cutoff:
            low, high = cutoff["interval"]
            facts |= {f"{name}_se": cutoff["se"], f"{name}_low": low, f"{name}_high": high}
    if "modes" in document:
        facts["modes"] = document["modes"]
    for pair in document["separation"]:
        i, j = pair["between"]
        facts |= {f"{name}_{i}_{j}": pair[name] for name in ("ashman_d", "overlap", "misclassified")}
        for name, (low, high) in pair.get("intervals", {}).items():
            facts |= {f"{name}_{i}_{j}_low": low, f"{name}_{i}_{j}_high": high}
    return facts | {f"warning_{number}": text for number, text in enumerate(document["warnings"], start=1)}


def _model_row(candidate: Candidate) -> dict[str, Any]:
    """A candidate as a row of a sheet, with the tests that any may have."""
    row = candidate.record()
    for name in ("test", "structure_test"):
        test = row.pop(name, {})
        row |= {f"{name}_{key}": test.get(key) for key in ("against", "statistic", "p", "replicates")}
    return row


def _turned(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def result_document(fit: Fit, counts: RowCounts) -> Document:
    """The document of a fit, with the section `data` on what it was fitted to."""
    document = fit.to_document()
    warnings = document.pop("warnings")
    return document | {"data": counts.record(), "warnings": warnings}
