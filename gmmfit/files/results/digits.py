"""Numbers cut to so many digits."""


def rounded(number: float, digits: int | None) -> float:
    """A number cut to significant digits; None keeps all.

    >>> rounded(163.21734, 4)
    163.2
    """
    return number if digits is None else float(f"{number:.{digits}g}")


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
