"""The gmmfit-model document: a mixture as JSON, and back, bit for bit.

Reading trusts nothing: a document may have been edited by hand, cut short, or made by somebody else.
"""

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ModelError
from gmmfit.model.checks import check_size
from gmmfit.model.noise import Box, Noise
from gmmfit.text import escaped, shown

FORMAT = "gmmfit-model"
FORMAT_VERSION = 1

Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a document says of a mixture: covariances (K, D, D) in squares of units (D,), or sds (K, D), or both.

    sds are empty where there are none.
    """

    weights: Array
    means: Array
    sds: Array
    covariances: Array | None
    columns: tuple[str, ...]
    units: Array

    def check_sds(self, sds: Array) -> None:
        """Raise a ModelError where sds that stand beside covariances are not those, (K, D), that follow from them.

        They have to agree to as many digits as both are written with.
        """
        if not self.sds.size or self.covariances is None:
            return
        variances = np.diagonal(self.covariances, axis1=1, axis2=2)
        for k, pairs in enumerate(zip(self.sds, sds, variances, strict=True), start=1):
            for sd, root, variance in zip(*pairs, strict=True):
                allowed = _half_unit(sd) + root * (_half_unit(variance) / variance / 2 + 1e-9)
                if abs(sd - root) > allowed:
                    raise ModelError(
                        f'"sd" and "covariance" of component {k} don\'t agree: change both, or leave one out'
                    )


def dump(document: Document) -> str:
    """The document as text: a key a line, a component a line, every float as it reads back."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n    ".join(compact(row) for row in value)
            text = f"[\n    {rows}\n  ]"
        else:
            text = compact(value)
        lines.append(f"  {compact(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def compact(value: Any) -> str:
    """A value as strict JSON in one line."""
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


def numbers_in(document: Document) -> Numbers:
    """What a document says of a mixture. A component needs weight, mean, and sd or covariance, or both.

    Raises:
        ModelError: a field is missing or wrong, by its name.
    """
    components = document.get("components")
    if not isinstance(components, list) or not components:
        raise ModelError('"components" must be a list with at least one component')
    check_size(len(components), 1)
    if document.get("n_components", len(components)) != len(components):
        raise ModelError(
            f'"n_components" is {escaped(repr(document["n_components"]))}, and there are {len(components)} components'
        )
    weights = _of_each(components, "weight", 0)
    means = _of_each(components, "mean", 0, 1)
    have = [isinstance(component, dict) and "covariance" in component for component in components]
    if any(have) and not all(have):
        raise ModelError("either every component has a covariance, or none has")
    covariances = _of_each(components, "covariance", 2) if any(have) else None
    with_sd = covariances is None or any("sd" in component for component in components)
    sds = _of_each(components, "sd", 0, 1) if with_sd else np.empty(0)
    if covariances is not None and with_sd and sds.shape != means.shape:
        raise ModelError('"sd" has another size than "mean"')
    units = np.ones(1)
    if "covariance_units" in document and covariances is not None:
        units = _numbers(document, "covariance_units", "the model", 1)
        if units.shape != means[0].shape or np.any(np.frexp(units)[0] != 0.5):
            raise ModelError('"covariance_units" must be a power of two for each column')
    return Numbers(weights, means, sds, covariances, _columns(document, means.shape[1]), units)


def noise_in(document: Document) -> Noise | None:
    """The noise in a document, if it has some.

    Raises:
        ModelError: it has no weight, or no range.
    """
    if "noise" not in document:
        return None
    noise = document["noise"]
    if not isinstance(noise, dict):
        raise ModelError('"noise" must be an object with weight, low and high')
    weight = float(_numbers(noise, "weight", "the noise", 0))
    return Noise(weight, Box(*(_numbers(noise, name, "the noise", 0, 1) for name in ("low", "high"))))


def transform_in(document: Document) -> tuple[str, ...]:
    """The names of the transforms in a document, if it has some.

    Raises:
        ModelError: they are no list of names, or unknown.
    """
    names = document.get("transform", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ModelError('"transform" must be a list of names, one for each column')
    return tuple(names)


def _of_each(components: list[Any], field: str, *dimensions: int) -> Array:
    """The numbers in a field of each component."""
    arrays: list[Array] = []
    for number, component in enumerate(components, start=1):
        if not isinstance(component, dict):
            raise ModelError(f"component {number} must be an object with weight, mean, and sd or covariance")
        array = _numbers(component, field, f"component {number}", *dimensions)
        arrays.append(np.atleast_1d(array) if dimensions == (0, 1) else array)
        if arrays[-1].shape != arrays[0].shape:
            raise ModelError(f'"{field}" of component {number} has another size than that of component 1')
    return np.array(arrays)


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
