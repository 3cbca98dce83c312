"""Groups of the rows of a table: those of each combination of labels that occurs."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gmmfit.data.labels import Labels

Positions = npt.NDArray[np.intp]


def groups_of(labels: Mapping[str, Labels]) -> list[tuple[dict[str, str], Positions]]:
    """The label in each column and the positions of the rows of each combination, as they come in the table.

    labels (N,) are those of a column each, by its name. A row that lacks one is in no group.

    >>> sex = np.array(["F", "M", None, "F"], dtype=object)
    >>> [(group, rows.tolist()) for group, rows in groups_of({"sex": sex})]
    [({'sex': 'F'}, [0, 3]), ({'sex': 'M'}, [1])]
    """
    found: dict[tuple[str, ...], list[int]] = {}
    for row, combination in enumerate(zip(*labels.values(), strict=True)):
        if None not in combination:
            found.setdefault(combination, []).append(row)
    return [
        (dict(zip(labels, combination, strict=True)), np.array(rows, dtype=np.intp))
        for combination, rows in found.items()
    ]
