"""Numbers cut to so many digits."""

from typing import Any


def rounded(value: Any, digits: int | None) -> Any:
    """A value with its floats, also those in lists and dicts, cut to significant digits; None keeps all.

    >>> rounded({"n": 934, "mean": [163.21734]}, 4)
    {'n': 934, 'mean': [163.2]}
    """
    if digits is None:
        return value
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def rounded_weights(weights: list[float], digits: int | None) -> list[float]:
    """Weights cut to significant digits that still sum to 1: the largest takes what rounding left over.

    >>> rounded_weights([1 / 3, 1 / 3, 1 / 3], 2)
    [0.34, 0.33, 0.33]
    """
    if digits is None:
        return weights
    cut = [rounded(weight, digits) for weight in weights]
    largest = max(range(len(cut)), key=cut.__getitem__)
    cut[largest] = float(f"{1 - sum(cut[:largest] + cut[largest + 1 :]):.12g}")
    return cut
