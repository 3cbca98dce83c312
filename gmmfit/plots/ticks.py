"""Round values of a transformed column on an axis of the transformed one."""

import math

import numpy as np

from gmmfit.model.transform import Transform

# Powers of ten that are looked at, and the rounder a number, the earlier it is taken.
POWERS = range(-18, 19)
BY_ROUNDNESS = ((1,), (2, 5), (3,), (1.5, 4, 7))


def round_ticks(transform: Transform, low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Positions from low to high of at most about so many round values, ascending, and these as text.

    >>> [text for _, text in round_ticks(Transform.named("log"), 0, 5, 5)]
    ['1', '3', '10', '30', '100']
    """
    apart = (high - low) / max(most, 1)
    taken: list[tuple[float, float]] = []
    for factors in ((0,), *BY_ROUNDNESS):
        values = sorted({sign * factor * 10.0**power for factor in factors for power in POWERS for sign in (-1, 1)})
        inside = np.array([value for value in values if transform.holds(np.array(value))])
        positions = transform.apply(inside)
        for position, value in zip(positions.tolist(), inside.tolist(), strict=True):
            free = all(abs(position - other) >= apart for other, _ in taken)
            if math.isfinite(position) and low <= position <= high and free:
                taken.append((position, value))
    return [(position, f"{value:g}") for position, value in sorted(taken)]
