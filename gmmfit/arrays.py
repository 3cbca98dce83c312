"""The one array type, and the three letters for its sizes.

N is the number of rows, K the number of components, D the number of columns. Every array is float64.
"""

from typing import Any, TypeAlias

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


def column_names(data: Any) -> tuple[Any, ...] | None:
    """The names of the columns of a table, whatever library it is of; None for an array, whose columns have none.

    A table has names that `data[name]` takes: the keys of a mapping or of a DataFrame of pandas, the columns of one of
    polars, the column names of a Table of pyarrow, the fields of a structured array.

    >>> column_names({"height": [1.0]}), column_names([1.0]), column_names(np.zeros(2, dtype=[("x", float)]))
    (('height',), None, ('x',))
    """
    if getattr(data, "ndim", 2) != 2 and getattr(getattr(data, "dtype", None), "names", None) is None:
        return None  # a Series of pandas has keys too
    if hasattr(data, "keys"):
        return tuple(data.keys())
    for names in (getattr(data, "column_names", None), getattr(data, "columns", None)):
        if isinstance(names, list | tuple) and names and hasattr(data, "__getitem__"):
            return tuple(names)
    return getattr(getattr(data, "dtype", None), "names", None)
