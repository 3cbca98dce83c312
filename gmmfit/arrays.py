"""The one array type, and the three letters for its sizes.

N is the number of rows, K the number of components, D the number of columns. Every array is float64.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]


def whole(number: float) -> float:
    """A number as an int where it is a whole one, as counts mostly are.

    >>> whole(934.0), whole(0.5)
    (934, 0.5)
    """
    return int(number) if number.is_integer() else number


def ascending(values: npt.ArrayLike) -> Array:
    """Each different number once, in ascending order, as np.unique does, which loads masked arrays to do it.

    >>> ascending([2, 1, 2])
    array([1., 2.])
    """
    numbers = np.sort(np.asarray(values, dtype=np.float64), axis=None)
    return numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])] if len(numbers) else numbers


def read_only(values: npt.ArrayLike) -> Array:
    """A copy as float64 that can't be written to.

    >>> read_only([1, 2]).flags.writeable
    False
    """
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
