"""Several models on the same rows, side by side."""

import logging
from collections.abc import Sequence
from typing import Any, BinaryIO

from gmmfit.arrays import whole
from gmmfit.errors import ArgumentError
from gmmfit.files.results.layout import DIGITS, aligned
from gmmfit.files.results.models import Model
from gmmfit.files.results.writers import PLAIN, Style, write_table
from gmmfit.files.tables.source import display_name
from gmmfit.fitting.score import Score
from gmmfit.text import listed

log = logging.getLogger("gmmfit")

# A log-likelihood that differs by less than this share is that of the same rows, for it may be written in few digits.
SAME_ROWS = 1e-3
# Numbers that are shown with four decimals.
SHOWN_WHOLE = ("loglik", "aic", "bic", "aic_difference", "bic_difference")


def check_comparable(models: Sequence[Model]) -> None:
    """Raise an ArgumentError where models can't be put side by side on the same rows."""
    first = models[0]
    for model in models[1:]:
        if model.columns and first.columns and {*model.columns} != {*first.columns}:
            raise ArgumentError(
                f"models of {listed(first.columns)} and of {listed(model.columns)} can't be compared: `model` has to "
                "name those of the same columns"
            )
        if model.recording.record() != first.recording.record():
            raise ArgumentError(
                "the models were fitted to rows that were recorded differently: compare them one by one"
            )


def warn_of_other_rows(path: str, model: Model, score: Score) -> None:
    """Log a warning where a model was fitted to other rows than those that it is scored on."""
    if model.fitted is None:
        return
    n, log_likelihood = model.fitted
    if n != score.n or abs(log_likelihood - score.log_likelihood) > SAME_ROWS * (abs(log_likelihood) + n):
        log.warning(
            "model %s was fitted to other rows (%g of them, with log-likelihood %.4f): its criteria are not those of a "
            "fit to these",
            display_name(path),
            n,
            log_likelihood,
        )


def write_comparison(
    stream: BinaryIO, names: Sequence[str], scores: Sequence[Score], kind: str, style: Style = PLAIN
) -> None:
    """Write a record for each of several models on the same rows, with how far each is from the best in AIC and BIC."""
    known = all(score.n_parameters is not None for score in scores)
    table: dict[str, list[Any]] = {
        "model": list(names),
        "n": [whole(score.n) for score in scores],
        "loglik": [score.log_likelihood for score in scores],
        "mean_loglik": [score.mean_log_likelihood for score in scores],
    }
    if known:
        table["n_parameters"] = [score.n_parameters for score in scores]
    for name in ("aic", "bic") if known else ():
        values = [getattr(score, name) for score in scores]
        table |= {name: values, f"{name}_difference": [value - min(values) for value in values]}
    if kind == "table":
        table |= {name: [f"{value:.4f}" for value in table[name]] for name in table if name in SHOWN_WHOLE}
        stream.write(("\n".join(aligned(table, style.digits or DIGITS)) + "\n").encode())
    else:
        write_table(stream, kind, table, style)


def write_group_summary(
    stream: BinaryIO, scores: Sequence[tuple[dict[str, str], Score]], kind: str, style: Style = PLAIN
) -> None:
    """Write a record for each group of rows under the model of its own."""
    columns = {one.mixture.columns for _, one in scores}
    rows = [
        group
        | ({"column": ",".join(one.mixture.columns)} if len(columns) > 1 else {})
        | {"n": whole(one.n), "n_missing": one.n_missing}
        | {"loglik": one.log_likelihood, "mean_loglik": one.mean_log_likelihood}
        for group, one in scores
    ]
    table: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    if kind == "table":
        table |= {"loglik": [f"{value:.4f}" for value in table["loglik"]]}
        stream.write(("\n".join(aligned(table, style.digits or DIGITS)) + "\n").encode())
    else:
        write_table(stream, kind, table, style)
