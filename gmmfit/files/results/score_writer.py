"""Rows under a mixture, written: the rows with what is new beside them, or one record for all."""

import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from gmmfit.arrays import whole
from gmmfit.data.rows import rows_together
from gmmfit.files.results.digits import rounded
from gmmfit.files.results.layout import DIGITS, aligned, cell_text
from gmmfit.files.results.writers import PLAIN, Style, table_writer, unique_names, write_table
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.table import Table
from gmmfit.fitting.evidence.agreement import Agreement
from gmmfit.fitting.many.score_many import GroupScores
from gmmfit.fitting.score import Score
from gmmfit.model.document import strict
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import NOISE
from gmmfit.text import escaped, limit_of, shown

log = logging.getLogger("gmmfit")

ROW_FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx", "parquet")
# What the names of rows are called, for which a header has no name.
ROW_NAME = "row_name"
# What parts cells in the CSV of places whose decimal sign is the comma.
EUROPEAN = ";"
SUMMARY_FORMATS = ("table", "json", "jsonl", "csv", "tsv", "xlsx")
BLOCK = 16_384
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
# Decimal digits that a double always keeps.
SAFE_DIGITS = 15


def write_rows(
    stream: BinaryIO,
    scores: Mapping[str, Score | GroupScores],
    table: Table | None,
    kind: str,
    style: Style = PLAIN,
    posteriors: bool = False,
    expected: bool = False,
) -> None:
    """Write component, probability, log_density (and p_1 … p_K, of noise p_0) of rows, after the table's own columns.

    scores are of the same rows, each by what is added to the names of its columns: nothing where there is only one.
    expected adds what each column is expected to be, given what is known of it.

    A row with a missing value has empty cells; the table's own are written as they stand in it, and what is new of CSV
    and TSV has its decimal sign; empty lines stay.
    """
    asked = (posteriors, expected)
    if expected:
        for score in scores.values():
            score.expected_of(slice(0, 0))  # before anything is written, whether there are any
    new = [name + suffix for suffix, score in scores.items() for name in _new_names(score, *asked)]
    first = next(iter(scores.values()))
    own: list[Any] = [] if table is None else table.cells.texts(range(len(table.columns)))
    if table is not None and kind not in ("csv", "tsv"):  # here a number is not a text
        own = _typed_columns(table, own)
    names = [] if table is None else list(table.columns)
    if table is not None and (row_names := table.cells.row_names()) is not None:
        names, own = [ROW_NAME, *names], [row_names, *own]
    header = _names(names, new)
    own_digits = replace(style, digits=None)  # the table's own numbers keep theirs
    breaks: list[int] = []
    if table is not None and not table.cells.typed:
        own_digits, breaks = _as_in(table, own_digits), list(table.cells.breaks)
    writer = table_writer(stream, kind, header, own_digits, len(first.values))
    n, length = len(first.values), rows_together(first.mixture.means.size, BLOCK)
    starts = sorted({*range(0, n, length), *breaks})
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        for _ in range(breaks.count(start) if breaks else 0):
            writer.write_empty_line()
        part = slice(start, stop)
        of_scores = (cells for score in scores.values() for cells in _new_cells(score, part, *asked, style.digits))
        writer.write([*(column[part] for column in own), *of_scores])
    writer.close()


def _new_names(score: Score | GroupScores, posteriors: bool, expected: bool) -> list[str]:
    """What is new of rows, by name."""
    names = [name for name in ("component", "probability", "log_density", "cdf") if getattr(score, name) is not None]
    if posteriors:
        names += [f"p_{k}" for k in range(1, score.mixture.n_components + 1)]
        names += [f"p_{NOISE}"] if score.mixture.noise is not None else []
    return names + [f"expected_{name}" for name in score.mixture.columns if expected]


def _new_cells(
    score: Score | GroupScores, part: slice, posteriors: bool, expected: bool, digits: int | None
) -> list[list[Any]]:
    """What is new of some of the rows, a list a column, empty where a row has nothing."""
    of_rows = (getattr(score, name) for name in ("component", "probability", "log_density", "cdf"))
    values = [one[part] for one in of_rows if one is not None]
    values += [*score.posteriors_of(part).T] if posteriors else []
    values += [*score.expected_of(part).T] if expected else []
    absent = np.flatnonzero(np.isnan(score.log_density[part])).tolist()
    columns: list[list[Any]] = rounded([one.tolist() for one in values], digits)
    for cells in columns:
        for row in absent:
            cells[row] = None
    return columns


def _as_in(table: Table, style: Style) -> Style:
    """The style with the conventions of a text: its decimal sign, and what parts its cells besides a comma."""
    decimal, own = table.reading.decimal, table.delimiter
    delimiter = own if own in (EUROPEAN, "|") else EUROPEAN if decimal == "," else ","
    return replace(style, delimiter=delimiter, decimal=decimal)


def _typed_columns(table: Table, columns: list[list[str]]) -> list[list[Any]]:
    if not table.cells.typed:
        return [_typed(texts, table.reading) for texts in columns]
    own = table.cells.columns(range(len(columns)))
    return [
        [
            cell if cell is None or isinstance(cell, int | float | str) else text
            for cell, text in zip(cells, texts, strict=True)
        ]
        for cells, texts in zip(own, columns, strict=True)
    ]


def _typed(texts: list[str], reading: Reading) -> list[Any]:
    """The cells of a column, None where missing, as numbers if all the others are plain ones (007 is none)."""
    missing = reading.missing_texts
    cells = [None if text.strip() in missing else text for text in texts]
    numbers = [None if cell is None else cell.replace(reading.decimal, ".", 1) for cell in cells]
    plain = [number is None or _is_plain_number(number) for number in numbers]
    if not all(plain):
        limits = reading.censored and all(
            is_plain or limit_of(cell or "") for is_plain, cell in zip(plain, cells, strict=True)
        )
        if not limits:
            return cells
        return [
            cell if not is_plain or number is None else json.loads(number)
            for cell, number, is_plain in zip(cells, numbers, plain, strict=True)
        ]
    return [None if number is None else json.loads(number) for number in numbers]


def _is_plain_number(text: str) -> bool:
    """Whether a text is a number as JSON has it, and a double can hold every digit of it."""
    if not JSON_NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        return False
    return sum(map(str.isdigit, text)) <= SAFE_DIGITS or repr(float(text)) == text


def _names(own: list[str], new: list[str]) -> list[str]:
    """The header: a new column whose name the table has already gets another number."""
    taken = list(dict.fromkeys([*own, *unique_names(own)]))  # as CSV has them, and as JSON does
    names = own + unique_names([*taken, *new])[len(taken) :]
    for name, free in zip(new, names[len(own) :], strict=True):
        if free != name:
            log.info("the table has a column %s already: the new one is called %s", shown(name), shown(free))
    return names


def write_quantiles(
    stream: BinaryIO, mixture: Mixture, probabilities: Sequence[float], kind: str, style: Style = PLAIN
) -> None:
    """Write the quantiles of a mixture in one column: a row for each probability.

    Raises:
        ModelError: the mixture has several columns.
        ArgumentError: a probability is not between 0 and 1.
    """
    table = {"probability": list(probabilities), "quantile": mixture.quantile(probabilities).tolist()}
    if kind == "table":
        stream.write(("\n".join(aligned(table, style.digits or DIGITS)) + "\n").encode())
    else:
        write_table(stream, kind, table, style)


def write_summary(stream: BinaryIO, score: Score, kind: str, style: Style = PLAIN) -> None:
    """Write one record: n, log-likelihood, AIC and BIC where known, and how far known labels agree."""
    record: dict[str, Any] = {
        "n": whole(score.n),
        "n_rows": score.n_rows,
        "n_missing": score.n_missing,
        "loglik": score.log_likelihood,
        "mean_loglik": score.mean_log_likelihood,
    }
    if score.n_parameters is not None:
        record |= {"n_parameters": score.n_parameters, "aic": score.aic, "bic": score.bic}
    agreement = score.agreement
    if agreement is not None:
        record |= {"accuracy": agreement.accuracy, "adjusted_rand_index": agreement.adjusted_rand_index}
    if kind == "table":
        stream.write(_summary_table(record, agreement, style.digits or DIGITS).encode())
    elif kind == "json":
        record = rounded(record, style.digits)
        if agreement is not None:
            record |= {"matching": agreement.matching, "counts": _counts(agreement)}
        stream.write((json.dumps(strict(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())
    else:
        if agreement is not None:
            for label, counts in _counts(agreement).items():
                record |= {f"count_{label}_{k}": count for k, count in zip(agreement.components, counts, strict=True)}
        write_table(stream, kind, {key: [value] for key, value in record.items()}, style)


def _counts(agreement: Agreement) -> dict[str, list[float]]:
    return {
        label: [whole(count) for count in counts]
        for label, counts in zip(agreement.labels, agreement.counts.tolist(), strict=True)
    }


def _summary_table(record: dict[str, Any], agreement: Agreement | None, digits: int) -> str:
    width = max(map(len, record))
    lines = [f"{key.ljust(width)}  {_shown(key, value, digits)}" for key, value in record.items()]
    if agreement is not None:
        columns = {"": list(map(escaped, agreement.labels))}
        counts = zip(*_counts(agreement).values(), strict=True)
        columns |= {
            f"component {k}" if k != NOISE else "noise": list(column)
            for k, column in zip(agreement.components, counts, strict=True)
        }
        lines += ["", *aligned(columns, digits)]
        lines += ["", "matched: " + ", ".join(f"{escaped(label)} = {k}" for label, k in agreement.matching.items())]
    return "\n".join(lines) + "\n"


def _shown(key: str, value: Any, digits: int) -> str:
    return f"{value:.4f}" if key in ("loglik", "aic", "bic") else cell_text(value, digits)
