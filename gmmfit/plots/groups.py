"""Groups of the rows, by a column of labels."""

from collections import Counter

import numpy as np

from gmmfit.data.rows import Rows
from gmmfit.errors import DataError
from gmmfit.plots.subject import Subject
from gmmfit.text import escaped

MOST_GROUPS = 12


def groups_of(subject: Subject) -> dict[str, Rows]:
    """The rows of each group, in alphabetical order; rows without a label are in none.

    Raises:
        DataError: there are too many groups to be told apart in a picture.
    """
    names = sorted(Counter(label for label in subject.labels if label is not None))
    if len(names) > MOST_GROUPS:
        raise DataError(f"{escaped(subject.by)!r} has {len(names)} different labels: a picture shows {MOST_GROUPS}")
    if not names or not isinstance(subject.data, Rows):
        raise DataError(f"no row has a label in {escaped(subject.by)!r}")
    labels = np.array(subject.labels, dtype=object)
    return {escaped(name): subject.data.part(labels == name) for name in names}
