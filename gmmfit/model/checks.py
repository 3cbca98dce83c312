"""What numbers have to be to make a mixture, and how many of them there can be."""

import math

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import ModelError
from gmmfit.text import is_unicode, shown

# More components, or numbers of a mixture, are a slip of the hand: they would fill the memory.
MOST_COMPONENTS, MOST_NUMBERS = 100_000, 2**23
# Six digits of each weight are enough for a table that was typed off; the sum is not repaired.
SUM_TOLERANCE = 1e-5
SYMMETRY_TOLERANCE = 1e-9


def n_numbers(components: int, columns: int) -> int:
    """How many weights, means and entries of covariances a mixture has: K (1 + D + D²)."""
    return components * (1 + columns + columns**2)


def check_size(components: int, columns: int) -> None:
    """Raise a ModelError where a mixture would have more components, or numbers, than anything can be done with."""
    numbers = n_numbers(components, columns)
    if components > MOST_COMPONENTS or numbers > MOST_NUMBERS:
        most = min(MOST_COMPONENTS, MOST_NUMBERS * components // numbers)
        allowed = f"{most}" if most else f"{math.isqrt(MOST_NUMBERS) - 1} columns"
        raise ModelError(
            f"{components} component{'s' if components != 1 else ''} in {columns} column{'s' if columns != 1 else ''} "
            f"are too many: there can be {allowed}"
        )


def check_shapes(weights: Array, means: Array, covariances: Array, columns: tuple[str, ...]) -> None:
    """Raise a ModelError where arrays and names don't belong together, or a name can't be written."""
    k, d = len(weights), means.shape[-1]
    check_size(k, d)
    if weights.ndim != 1 or k == 0:
        raise ModelError("a mixture needs a list of at least one weight")
    if means.shape != (k, d) or d == 0:
        raise ModelError(f"{k} weights need means of shape ({k}, columns), not {means.shape}")
    if covariances.shape != (k, d, d):
        raise ModelError(f"covariances must have shape {(k, d, d)}, not {covariances.shape}")
    if len(columns) != d:
        raise ModelError(f"{d} means a component and {len(columns)} columns: {', '.join(columns)}")
    for column in columns:
        if not is_unicode(column):
            raise ModelError(f"the column name {shown(column)} is not Unicode, a character is broken: rename it")


def check_numbers(weights: Array, means: Array, covariances: Array, noise: float = 0.0) -> None:
    """Raise a ModelError where numbers of the right shapes are no weights, means or symmetric covariances.

    noise is the weight of what belongs to no component.
    """
    for name, numbers in (("weights", weights), ("means", means), ("covariances", covariances)):
        if not np.isfinite(numbers).all():
            raise ModelError(f"{name} must be finite numbers")
    if not weights.min() > 0:
        raise ModelError(f"the weight of component {int(np.argmin(weights)) + 1} is not positive")
    if abs(weights.sum() + noise - 1) > SUM_TOLERANCE:
        with_noise = " with that of the noise" if noise else ""
        raise ModelError(f"the weights sum to {weights.sum() + noise:.7g}{with_noise}; they must sum to 1")
    if means.shape[1] > 1:
        sizes = np.abs(covariances).max(axis=(1, 2))
        asymmetry = np.abs(covariances - covariances.transpose(0, 2, 1)).max(axis=(1, 2))
        if np.any(asymmetry > SYMMETRY_TOLERANCE * sizes):
            raise ModelError(f"the covariance of component {int(np.argmax(asymmetry / sizes)) + 1} is not symmetric")
