"""Labels of rows: their names, in an order, and the number of each row's."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.object_]


def label_names(labels: Iterable[str | None]) -> list[str]:
    """The names among labels, in alphabetical order; in that of their numbers if all are numbers."""
    names = sorted({label for label in labels if label is not None})
    try:
        return sorted(names, key=float)
    except ValueError:
        return names


def label_codes(labels: Labels) -> tuple[list[str], npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """The names among labels (N,), which rows (N,) have one, and the position of its name for each of those."""
    names = label_names(labels)
    position = {name: code for code, name in enumerate(names)}
    known = np.array([label is not None for label in labels], dtype=bool)
    return names, known, np.array([position[label] for label in labels[known]], dtype=np.intp)
