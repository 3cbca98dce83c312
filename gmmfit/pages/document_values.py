"""Values of a gmmfit-model document, which may have been edited by hand, as a page shows them."""

from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import OutputError
from gmmfit.files.results.layout import DIGITS
from gmmfit.model.document import Document
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import parameter_table
from gmmfit.text import escaped

# Whole numbers up to this are doubles too; lists in lists are shown so deep.
LARGEST, DEEPEST = 2**53, 4


def part(document: Any, name: str) -> dict[str, Any]:
    """A section of a document, empty where there is none."""
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The records in a list, none where it is no list of them."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_of(value: Any, form: str = "", depth: int = 0) -> str:
    """A value of a document as a cell, whatever it is."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int) and abs(value) > LARGEST:
        return escaped(str(value))
    if isinstance(value, int | float):
        return format(value, form) if form else f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)
    if isinstance(value, list | tuple):
        return ", ".join(text_of(one, form, depth + 1) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text_of(one, form, depth + 1)}" for name, one in value.items())
    return str(value)


def ends_of(value: Any, form: str = f".{DIGITS}g") -> str:
    """An interval as a cell."""
    return (
        " to ".join(text_of(end, form) for end in value) if isinstance(value, list | tuple) and len(value) == 2 else ""
    )


def _stacked(document: Document, name: str, key: str) -> Array:
    """What a section of each component has under a key.

    Raises:
        ValueError: it is no finite number.
    """
    found = np.array([component[name][key] for component in document["components"]], dtype=float)
    if not np.all(np.isfinite(found)):
        raise ValueError
    return found


def errors_in(document: Document, mixture: Mixture) -> dict[str, list[Any]]:
    """The standard errors in a document by parameter; none where they are not as fit writes them."""
    k, d = mixture.n_components, mixture.n_columns
    try:
        parts = [_stacked(document, "standard_errors", key) for key in ("weight", "mean", "sd", "covariance")]
        shapes = [(k,), (k, d), (k, d), (k, d, d)]
        weights, means, sds, covariances = (one.reshape(shape) for one, shape in zip(parts, shapes, strict=True))
        return parameter_table(mixture.columns, weights, means, sds, covariances)
    except (KeyError, TypeError, ValueError, OverflowError, OutputError):
        return {}


def intervals_in(document: Document, mixture: Mixture) -> dict[str, list[Any]]:
    """The intervals in a document by parameter; none where they are not as fit writes them."""
    k, d = mixture.n_components, mixture.n_columns
    try:
        parts = [_stacked(document, "intervals", key) for key in ("weight", "mean", "sd")]
        shapes = [(k, 2), (k, d, 2), (k, d, 2)]
        weights, means, sds = (one.reshape(shape) for one, shape in zip(parts, shapes, strict=True))
        none = np.full((k, d, d), np.nan)
        low, high = (
            parameter_table(mixture.columns, weights[..., end], means[..., end], sds[..., end], none) for end in (0, 1)
        )
    except (KeyError, TypeError, ValueError, OverflowError, OutputError):
        return {}
    return {name: list(zip(ends, high[name], strict=True)) for name, ends in low.items() if name[:4] != "cov_"}
