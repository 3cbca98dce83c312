"""Rows of which the component is known: which component of a start is which."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.partly_known_rows import condition
from gmmfit.model.batch import Batch

# So many rows of a label tell it.
ENOUGH = 256
# The log of a density that is as good as none, of which sums are finite.
NONE = -1e100


def labelled_part(rows: Rows) -> Rows | None:
    """The rows of which the component is known, if there are any; of a label with many some."""
    if rows.known is None or np.all(rows.known.labels == UNKNOWN):
        return None
    labels = rows.known.labels
    each = [np.flatnonzero(labels == label) for label in np.unique(labels[labels != UNKNOWN])]
    return rows.part(np.sort(np.concatenate([at[:: max(1, len(at) // ENOUGH)] for at in each])))


def aligned(batch: Batch, labelled: Rows, n_labels: int) -> Batch:
    """The mixtures with their components in the order of the labels: one label after the other takes its likeliest."""
    known = labelled.known or Known.of(labelled.values)
    rows = replace(labelled, known=replace(known, labels=np.full(len(labelled), UNKNOWN)), window=None)
    logs = np.maximum(condition(batch, rows).logs, NONE) * labelled.weights
    order: npt.NDArray[np.intp] = np.empty(batch.weights.shape, dtype=np.intp)
    taken = np.zeros(batch.weights.shape, dtype=bool)
    each = np.arange(len(batch))
    for label in range(n_labels):
        in_all: Array = logs[..., known.labels == label].sum(axis=-1)
        order[:, label] = np.argmax(np.where(taken, -np.inf, in_all), axis=1)
        taken[each, order[:, label]] = True
    order[:, n_labels:] = np.argsort(taken, axis=1, kind="stable")[:, : order.shape[1] - n_labels]
    return batch[each[:, None], order]
