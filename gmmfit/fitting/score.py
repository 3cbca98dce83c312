"""Rows under a mixture: component, probabilities and log density of each, and all of them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.data.recording import Recording
from gmmfit.data.rows import Rows, are_exact, rows_together
from gmmfit.data.select import has_names, labels_of, select_rows
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.em.e_step import expected_values, share_out
from gmmfit.fitting.evidence.agreement import Agreement, agreement
from gmmfit.fitting.evidence.criteria import aic, bic
from gmmfit.fitting.problem.transformed import check_values, log_slopes, rows_under
from gmmfit.fitting.result import Fit
from gmmfit.model.batch import Batch
from gmmfit.model.density import Components
from gmmfit.model.mixture import Mixture


@dataclass(frozen=True, eq=False, repr=False)
class Score:
    """Rows under a mixture, in their order, and all of them together.

    component       (N,)    the likeliest component of each row, from 1; 0 for noise, and for a row with a missing value
    probability     (N,)    of that component
    log_density     (N,)    natural log; of an interval the log of its probability
    values          (N, D)  the rows, NaN where missing, under the mixture; of an interval its middle, or its only end
    rows            those that were put under it, transformed if it is of transformed columns, and which of all they
                    are: kept (N,)
    n, n_rows, n_missing    rows by weight, rows counted, rows left out
    log_likelihood          summed over rows by weight
    cdf             (N,)    the probability of a value at most as large, if it was asked for
    n_parameters            of the fit that the mixture comes from, if known
    agreement               with known labels, if they were given

    >>> score([0, 1], Mixture.from_sds([1], [0], [1]))
    Score: 2 rows, 0 left out, log-likelihood -2.3379
    """

    component: npt.NDArray[np.int64]
    probability: Array
    log_density: Array
    values: Array
    rows: Rows
    kept: npt.NDArray[np.bool_]
    mixture: Mixture
    n: float
    n_rows: int
    n_missing: int
    log_likelihood: float
    n_parameters: int | None = None
    agreement: Agreement | None = None
    cdf: Array | None = None

    def __repr__(self) -> str:
        """One line for all rows together."""
        return f"Score: {self.n_rows} rows, {self.n_missing} left out, log-likelihood {self.log_likelihood:.4f}"

    @property
    def posteriors(self) -> Array:
        """The probability of each component for each row, (N, K), given what is known of it; NaN where missing.

        With noise they are (N, K + 1), and that of the noise is the last.
        """
        return self.posteriors_of(slice(None))

    @property
    def expected(self) -> Array:
        """What each row is expected to be, given what is known of it, (N, D); NaN where nothing is."""
        return self.expected_of(slice(None))

    def posteriors_of(self, part: slice) -> Array:
        """The posteriors of some of the rows, (n, K), or with noise (n, K + 1)."""
        one = _components(self.mixture)
        return self._of_kept(part, len(one.weights), lambda tile: share_out(one, tile)[0].T)

    def expected_of(self, part: slice) -> Array:
        """The expected values of some of the rows, (n, D).

        Raises:
            ArgumentError: columns are transformed, and what is expected of these says little of the columns.
        """
        if self.mixture.transform:
            raise ArgumentError("of transformed columns no `expected` values are known: leave it out")
        return self._of_kept(part, self.mixture.n_columns, lambda tile: expected_values(self.mixture, tile))

    def _of_kept(self, part: slice, n_numbers: int, function: Callable[[Rows], Array]) -> Array:
        """What a function gives for those of some rows that were put under the mixture, NaN for the others."""
        kept = np.flatnonzero(self.kept[part])
        found = np.full((len(self.kept[part]), n_numbers), np.nan)
        first = int(np.sum(self.kept[: part.start or 0]))
        rows = self.rows.part(slice(first, first + len(kept)))
        if len(kept):
            found[kept] = _by_tiles(rows, self.mixture.covariances.size, function)
        return found

    @property
    def mean_log_likelihood(self) -> float:
        """The log-likelihood of a row."""
        return self.log_likelihood / self.n

    @property
    def aic(self) -> float | None:
        """Akaike's criterion on these rows, where the number of fitted parameters is known."""
        return None if self.n_parameters is None else aic(self.log_likelihood, self.n_parameters)

    @property
    def bic(self) -> float | None:
        """Schwarz's criterion on these rows, where the number of fitted parameters is known."""
        return None if self.n_parameters is None else bic(self.log_likelihood, self.n_parameters, self.n)


def score(
    data: Any,
    model: Any,
    *,
    column: str | tuple[str, ...] | None = None,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = "drop",
    rounded: Any = None,
    interval: Any = None,
    name: str | None = None,
    censored: bool = False,
    truncated: Any = None,
    errors: Any = None,
    labels: Any = None,
    label_names: Sequence[str] = (),
    truth: Any = None,
    cdf: bool = False,
    n_parameters: int | None = None,
) -> Score:
    """Put rows under a mixture: component, probabilities and log density of each.

    data, row_weights, row_sds, missing, and what else is known of rows, are as in `gmmfit.fit`; a Fit says how its own
    rows were recorded, and others are read likewise unless it is said how they were. Of a mapping or DataFrame,
    `column` defaults to the model's columns. n_parameters, for AIC and BIC, is known of a Fit. truth names a column of
    known labels, or is an array of them, to compare components with. cdf, in one column, adds the probability of a
    value at most as large.

    >>> mixture = Mixture.from_sds([0.5, 0.5], [165, 178], [6, 7])
    >>> result = score([160, 171, 190], mixture)
    >>> result.component.tolist()
    [1, 1, 2]

    Raises:
        DataError: the data have other columns than the model, or no usable rows.
        ModelError: the cdf is asked for of several columns.
    """
    mixture = model.mixture if isinstance(model, Fit) else model
    if not isinstance(mixture, Mixture):
        raise ArgumentError(f"`model` is {model!r}; it must be a Mixture, a Fit, or the file of one")
    recording = Recording(
        rounded, interval, name, censored, truncated, errors, labels, tuple(label_names or ()), missing
    )
    if isinstance(model, Fit):
        recording = recording.over(model.recording, by_column=column is not None)
    if column is None and has_names(data) and recording.interval is None:
        column = mixture.columns
    selection = select_rows(data, column, row_weights, row_sds, recording)
    rows, kept, values = selection.rows, selection.kept, selection.values
    if len(rows.columns) != mixture.n_columns:
        columns = f"{len(rows.columns)} column{'s' if len(rows.columns) > 1 else ''}"
        raise DataError(f"{columns} for a model of {mixture.n_columns}: {', '.join(mixture.columns)}")
    if set(rows.columns) == set(mixture.columns):
        mixture = mixture.with_columns(rows.columns)
    if rows.known is not None:
        rows.known.check_labels(mixture.n_components)
        rows.known.check_intervals(bool(np.any(mixture.covariances * (1 - np.eye(mixture.n_columns)))))
    if mixture.noise is not None and not are_exact(rows):
        raise DataError("noise is for rows that are known exactly: leave out what else is said of them")
    component, probability, log_densities = (
        np.zeros(len(values), np.int64),
        np.full(len(values), np.nan),
        np.full(len(values), np.nan),
    )
    check_values(rows, mixture.transforms, kept, of_model=True)
    rows = rows_under(rows, mixture.transforms)
    one = _components(mixture)
    summed = _by_tiles(rows, mixture.covariances.size, lambda tile: _of_rows(one, tile))
    component[kept], probability[kept], log_densities[kept] = summed.T
    component[component > mixture.n_components] = 0
    log_densities[kept] += log_slopes(selection.rows, mixture.transforms)
    known_labels = None if truth is None else labels_of(data, truth, len(values))
    return Score(
        component,
        probability,
        log_densities,
        values,
        rows,
        kept,
        mixture,
        rows.total_weight,
        len(rows),
        selection.n_missing,
        float(rows.weights @ log_densities[kept]),
        model.n_parameters if isinstance(model, Fit) else n_parameters,
        None
        if known_labels is None
        else agreement(
            known_labels[kept], component[kept], rows.weights, mixture.n_components, mixture.noise is not None
        ),
        mixture.cdf(values) if cdf else None,
    )


def _components(mixture: Mixture) -> Components:
    """What rows of the transformed columns are shared out among: its components, and last the noise."""
    return mixture if mixture.noise is None else Batch.one(mixture.untransformed)


def _of_rows(mixture: Components, rows: Rows) -> Array:
    """The component of rows, from 1, its probability, and the log density, (n, 3)."""
    posteriors, log_densities = share_out(mixture, rows)
    return np.column_stack([np.argmax(posteriors, axis=0) + 1, posteriors.max(axis=0), log_densities])


def _by_tiles(rows: Rows, n_numbers: int, function: Callable[[Rows], Array]) -> Array:
    """What a function gives for rows (n, …), so few at a time that so many numbers a row take little memory."""
    length = rows_together(8 * n_numbers)
    return np.concatenate([function(tile) for tile in rows.blocks(length)])
