"""Rows of which the component is known: which component of a start is which."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.known import UNKNOWN, Known
from gmmfit.data.rows import Rows
from gmmfit.fitting.em.partly_known_rows import condition
from gmmfit.model.batch import Batch

# So many rows tell it.
ENOUGH = 1024


def labelled_part(rows: Rows) -> Rows | None:
    """The rows of which the component is known, if there are any, as if it weren't; some where they are many."""
    if rows.known is None:
        return None
    at = np.flatnonzero(rows.known.labels != UNKNOWN)
    return rows.part(at[:: max(1, len(at) // ENOUGH)]) if len(at) else None


def aligned(batch: Batch, labelled: Rows) -> Batch:
    """The mixtures with their components in the order of the labels: one label after the other takes its likeliest."""
    known = labelled.known or Known.of(labelled.values)
    rows = replace(labelled, known=replace(known, labels=np.full(len(labelled), UNKNOWN)), window=None)
    logs = condition(batch, rows).logs * labelled.weights
    order: npt.NDArray[np.intp] = np.empty(batch.weights.shape, dtype=np.intp)
    taken = np.zeros(batch.weights.shape, dtype=bool)
    each, n_labels = np.arange(len(batch)), int(known.labels.max()) + 1
    for label in range(n_labels):
        in_all: Array = logs[..., known.labels == label].sum(axis=-1)
        order[:, label] = np.argmax(np.where(taken, -np.inf, in_all), axis=1)
        taken[each, order[:, label]] = True
    order[:, n_labels:] = np.argsort(taken, axis=1, kind="stable")[:, : order.shape[1] - n_labels]
    return batch[each[:, None], order]
