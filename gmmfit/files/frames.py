"""Results as DataFrames of pandas."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gmmfit.errors import ArgumentError
from gmmfit.files.results.fit_writer import component_table
from gmmfit.files.results.fits_writer import as_columns, component_rows
from gmmfit.fitting.history import history_row, with_gains
from gmmfit.fitting.many.group_fit import Fits
from gmmfit.fitting.result import Fit
from gmmfit.fitting.score import Score
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import model_table
from gmmfit.model.simulate import Simulation

if TYPE_CHECKING:
    import pandas

# What there is of a fit.
OF_A_FIT = ("components", "cutoffs", "history", "candidates")


def frame(result: Fit | Fits | Score | Simulation | Mixture, what: str = OF_A_FIT[0]) -> "pandas.DataFrame":
    """A result as a DataFrame of pandas.

    Of a Fit it is its components, a row each, with standard errors and intervals; or its cut-offs, each with its
    interval; or its history, a row an iteration; or the candidates among which it was chosen, a row a model. Of a Score
    a row a row, with the posteriors p_1 … p_K; of a Simulation the rows that were drawn, with their component; of a
    Mixture its components; of Fits the components of all, with their groups.

    >>> from gmmfit import fit
    >>> frame(fit([1.0, 2.0, 4.0, 5.0], 1))[["mean", "sd"]].round(4)
       mean      sd
    0   3.0  1.5811

    Raises:
        ArgumentError: there is no such thing.
    """
    import pandas

    if what not in OF_A_FIT or (what != OF_A_FIT[0] and not isinstance(result, Fit)):
        allowed = OF_A_FIT if isinstance(result, Fit) else OF_A_FIT[:1]
        raise ArgumentError(f"`what` is {what!r}; it must be one of {', '.join(allowed)}")
    if isinstance(result, Fit) and what == "history":
        return pandas.DataFrame([history_row(*state) for state in with_gains(result.history)])
    if isinstance(result, Fit) and what == "cutoffs":
        return pandas.DataFrame(result.to_document().get("cutoffs", []))
    if isinstance(result, Fit) and what == "candidates":
        return pandas.DataFrame([candidate.record() for candidate in result.candidates])
    if isinstance(result, Fit):
        return pandas.DataFrame(component_table(result))
    if isinstance(result, Fits):
        each = len({one.columns for one in result}) > 1
        return pandas.DataFrame(as_columns([row for one in result for row in component_rows(one, each, True, None)]))
    if isinstance(result, Mixture):
        return pandas.DataFrame(model_table(result))
    if isinstance(result, Score):
        return _of_score(result)
    if isinstance(result, Simulation):
        drawn = dict(zip(result.mixture.columns, result.values.T, strict=True))
        return pandas.DataFrame(drawn | {"component": result.component})
    raise ArgumentError(f"{result!r} is no Fit, Fits, Score, Simulation or Mixture")


def _of_score(score: Score) -> "pandas.DataFrame":
    import pandas

    columns: dict[str, Any] = dict(zip(score.mixture.columns, score.values.T, strict=True))
    columns |= {name: getattr(score, name) for name in ("component", "probability", "log_density")}
    columns |= {} if score.cdf is None else {"cdf": score.cdf}
    k = score.mixture.n_components
    names = [*(f"p_{number}" for number in range(1, k + 1)), *(["p_0"] if score.mixture.noise is not None else [])]
    columns |= dict(zip(names, np.asarray(score.posteriors).T, strict=True))
    return pandas.DataFrame(columns)
