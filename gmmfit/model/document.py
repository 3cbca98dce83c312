"""The gmmfit-model document: a mixture as JSON, and back, bit for bit.

Reading trusts nothing: a document may have been edited by hand, cut short, or made by somebody else.
"""

import json
import math
from decimal import Decimal
from typing import Any

import numpy as np

from gmmfit.errors import ModelError
from gmmfit.model.mixture import Mixture, check_size
from gmmfit.text import escaped, shown
from gmmfit.version import __version__

FORMAT = "gmmfit-model"
FORMAT_VERSION = 1

Document = dict[str, Any]


def mixture_document(mixture: Mixture, covariance_type: str = "full") -> Document:
    """The document of a mixture; a fit adds its own sections to it."""
    document: Document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "generator": f"gmmfit {__version__}",
        "columns": list(mixture.columns),
        "covariance_type": covariance_type,
        "n_components": mixture.n_components,
    }
    if np.any(mixture.units != 1):
        # The squares of these columns can't be written as numbers; covariances are in squares of these units.
        document["covariance_units"] = mixture.units.tolist()
    document["components"] = [
        {"component": k + 1, "weight": weight, "mean": mean, "sd": sd, "covariance": covariance}
        for k, (weight, mean, sd, covariance) in enumerate(
            zip(
                mixture.weights.tolist(),
                mixture.means.tolist(),
                mixture.sds.tolist(),
                mixture.covariances.tolist(),
                strict=True,
            )
        )
    ]
    return document


def dump(document: Document) -> str:
    """The document as text: a key a line, a component a line, every float as it reads back."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n    ".join(_compact(row) for row in value)
            text = f"[\n    {rows}\n  ]"
        else:
            text = _compact(value)
        lines.append(f"  {_compact(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(strict(value), ensure_ascii=False, allow_nan=False)


def strict(value: Any) -> Any:
    """A value as strict JSON has it: null for numbers that aren't finite.

    >>> strict({"loglik": float("-inf")})
    {'loglik': None}
    """
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strict(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def parse(text: str) -> Document:
    """The document in a text, its format and version checked; keys it doesn't know are left alone.

    Raises:
        ModelError: the text isn't strict JSON, or not a gmmfit-model document of a known version.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise ModelError("not a model: the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ModelError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except ModelError:
        raise
    except ValueError as error:  # an integer of more digits than Python takes
        raise ModelError(f"not JSON that can be read: {error}") from None
    if not isinstance(document, dict):
        raise ModelError('not a model: the JSON must be an object with "components"')
    if document.get("format", FORMAT) != FORMAT:
        raise ModelError(f'"format" is {escaped(repr(document["format"]))}, not {FORMAT!r}')
    version = document.get("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise ModelError(
            f'"format_version" is {escaped(repr(version))}; this gmmfit reads {FORMAT_VERSION}: a newer one may read it'
        )
    return document


def mixture_of(document: Document) -> Mixture:
    """The mixture in a document. A component needs weight, mean, and sd or covariance, or both, if they agree.

    Raises:
        ModelError: a field is missing or wrong, by its name.
    """
    components = document.get("components")
    if not isinstance(components, list) or not components:
        raise ModelError('"components" must be a list with at least one component')
    check_size(len(components), 1)
    weights, means, covariances, sds = [], [], [], []
    for number, component in enumerate(components, start=1):
        where = f"component {number}"
        if not isinstance(component, dict):
            raise ModelError(f"{where} must be an object with weight, mean, and sd or covariance")
        weights.append(_numbers(component, "weight", where, 0))
        means.append(np.atleast_1d(_numbers(component, "mean", where, 0, 1)))
        if "covariance" in component:
            covariances.append(_numbers(component, "covariance", where, 2))
        if "sd" in component or "covariance" not in component:
            sds.append(np.atleast_1d(_numbers(component, "sd", where, 0, 1)))
    if document.get("n_components", len(components)) != len(components):
        raise ModelError(
            f'"n_components" is {escaped(repr(document["n_components"]))}, and there are {len(components)} components'
        )
    _same_size("mean", means)
    columns = _columns(document, len(means[0]))
    if not covariances:
        _same_size("sd", sds)
        return Mixture.from_sds(np.array(weights), np.array(means), np.array(sds), columns)
    if len(covariances) < len(components):
        raise ModelError("either every component has a covariance, or none has")
    _same_size("covariance", covariances)
    units = np.ones(1)
    if "covariance_units" in document:
        units = _numbers(document, "covariance_units", "the model", 1)
        if units.shape != means[0].shape or np.any(np.frexp(units)[0] != 0.5):
            raise ModelError('"covariance_units" must be a power of two for each column')
    mixture = Mixture(np.array(weights), np.array(means), np.array(covariances), columns, units)
    for number, sd in enumerate(sds, start=1):
        if len(sds) != len(components) or sd.shape != means[0].shape or not _agree(sd, mixture, number - 1):
            raise ModelError(f'"sd" and "covariance" of component {number} don\'t agree: change both, or leave one out')
    return mixture


def _agree(sds: Any, mixture: Mixture, component: int) -> bool:
    """Whether sds are the roots of a component's variances, to as many digits as both are written with."""
    variances = np.diagonal(mixture.covariances[component])
    pairs = zip(sds, mixture.sds[component], variances, strict=True)
    return all(
        abs(sd - root) <= _half_unit(sd) + root * (_half_unit(variance) / variance / 2 + 1e-9)
        for sd, root, variance in pairs
    )


def _half_unit(number: float) -> float:
    """Half a unit of the last decimal digit that a number is written with."""
    return 0.5 * 10.0 ** int(Decimal(repr(float(number))).normalize().as_tuple().exponent)


def _columns(document: Document, n_columns: int) -> tuple[str, ...]:
    columns = document.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise ModelError('"columns" must be a list of names')
    if columns and len(columns) != n_columns:
        raise ModelError(f'"columns" has {len(columns)} names, and a mean has {n_columns} numbers')
    return tuple(columns)


def _same_size(field: str, arrays: list[Any]) -> None:
    for number, array in enumerate(arrays, start=1):
        if array.shape != arrays[0].shape:
            raise ModelError(f'"{field}" of component {number} has another size than that of component 1')


def _numbers(holder: dict[str, Any], field: str, where: str, *dimensions: int) -> Any:
    if field not in holder:
        raise ModelError(f'{where} has no "{field}"')
    value = holder[field]
    if not _all_numbers(value):
        raise ModelError(f'"{field}" of {where} must be finite numbers')
    try:
        array = np.array(value, dtype=float)
    except ValueError:
        raise ModelError(f'"{field}" of {where} has rows of unequal length') from None
    except OverflowError:
        raise ModelError(f'"{field}" of {where} must be finite numbers') from None
    if array.ndim not in dimensions or array.size == 0 or not np.all(np.isfinite(array)):
        kind = {0: "a finite number", 1: "a list of finite numbers", 2: "a matrix of finite numbers"}
        raise ModelError(f'"{field}" of {where} must be {" or ".join(kind[d] for d in dimensions)}')
    return array


def _all_numbers(value: Any, depth: int = 2) -> bool:
    if isinstance(value, list):
        return depth > 0 and all(_all_numbers(item, depth - 1) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_constant(name: str) -> float:
    raise ModelError(f"{name} is not a number that JSON has")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ModelError(f"the key {shown(key)} stands twice in one object")
        seen[key] = value
    return seen
