"""gmmfit.fit: from data, and what is known beforehand, to a Fit."""

import logging
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from gmmfit.data.labels import Labels
from gmmfit.data.progress import Progress, no_progress
from gmmfit.data.recording import Recording
from gmmfit.data.rows import Data, Rows
from gmmfit.data.select import labels_of, select_rows
from gmmfit.data.stored.stored import Stored
from gmmfit.data.weights import Weighting
from gmmfit.errors import ArgumentError, DataError
from gmmfit.fitting.against_free import against_free
from gmmfit.fitting.choose import choose
from gmmfit.fitting.em.stopping import OnStep
from gmmfit.fitting.problem.inits import Inits, held_in_part
from gmmfit.fitting.problem.noise_range import noise_box
from gmmfit.fitting.problem.problem import Request
from gmmfit.fitting.problem.transformed import names_of, transformed
from gmmfit.fitting.result import Fit
from gmmfit.fitting.search.find_start import find_start
from gmmfit.fitting.settings import ALL, COVARIANCES, REPLICATES, TEST, Fixed, Settings
from gmmfit.fitting.solve import solve
from gmmfit.model.covariance import STRUCTURES, freest_equal, structure_name
from gmmfit.model.mixture import Mixture
from gmmfit.model.transform import NONE, Transforms

log = logging.getLogger("gmmfit.fit")

T = TypeVar("T")


def fit(
    data: Any,
    components: int | Sequence[int] | None = None,
    *,
    column: str | Sequence[str] | None = None,
    covariance: str | Sequence[str] = Settings.covariance,
    transform: str | Sequence[str] = Settings.transform,
    noise: bool = False,
    noise_range: Any = None,
    constrain: str | Sequence[str] = Settings.constrain,
    criterion: str = Settings.criterion,
    init: Any = None,
    init_weights: npt.ArrayLike | None = None,
    init_means: npt.ArrayLike | None = None,
    init_sds: npt.ArrayLike | None = None,
    init_by: Any = None,
    init_method: str = Settings.init_method,
    starts: int | None = Settings.starts,
    fix: str | Sequence[str] = Settings.fix,
    seed: int = Settings.seed,
    tol: float = Settings.tol,
    tol_type: str = Settings.tol_type,
    max_iter: int = Settings.max_iter,
    accelerate: bool = Settings.accelerate,
    min_sd: float | None = Settings.min_sd,
    order: str | None = Settings.order,
    se: str | None = Settings.se,
    confidence: float = Settings.confidence,
    cutoff: float | Sequence[float] = Settings.cutoff,
    bootstrap: int | None = Settings.bootstrap,
    jobs: int | None = Settings.jobs,
    history: bool = Settings.history,
    row_weights: Any = None,
    row_sds: Any = None,
    missing: str = Settings.missing,
    rounded: Any = None,
    interval: Any = None,
    name: str | None = None,
    censored: bool = False,
    truncated: Any = None,
    errors: Any = None,
    labels: Any = None,
    label_names: Sequence[str] = (),
    on_step: OnStep | None = None,
    report_progress: Progress = no_progress,
) -> Fit:
    """Fit a Gaussian mixture to columns of a table by EM.

    data is a table with named columns, such as a DataFrame, or the name of a file with one, of which `column` names
    those to fit (by default the only numeric one); or an array (N,) or (N, D); or Stored rows. components is K; it may
    be left out where inits are given. Of several numbers of components, or structures, each is fitted and the best by
    the criterion is returned.

    covariance   full, diag, spherical; or tied, tied-diag, tied-spherical: one for all components; or VEI, EVI, VEE,
                 EVE, VVE, EEV, VEV, EVV: whose volume, shape and orientation are equal (E), vary (V), or are none (I);
                 or all of these
    transform    what of the columns is normal: log, log10, log2, log1p, sqrt, logit, asinh, or asinh:C, asinh(x / C);
                 one for each column, as a sequence or separated by commas, or for all; several to compare are separated
                 by slashes. Means, sds and inits are of the transformed columns, all else is in the columns' units
    noise        a part that is uniform over the range of the rows, or over noise_range, a low and a high for each
                 column: what belongs to no component. Of transformed columns it is these that are uniform. Of several
                 models each is fitted with and without
    constrain    equations and bounds such as "sd_2 = 2*sd_1", "mean_1 = 163" or "weight_1 >= 0.1", each linear in one
                 kind of parameter, by their names in a history; or "cv equal", for sds in proportion to means
    criterion    bic, aic or icl, of which lower is better; or test: the smallest number of components that isn't
                 rejected against the next larger one, at the level 1 - confidence
    init         a mixture to start from, or a Fit, or the file of a model; init_weights (K,), init_means and init_sds
                 (K, D) go before its parts
    init_by      a column of labels, or an array of them: a component a label, in alphabetical order
    init_method  how to find what isn't given: search, kmeans++, quantile, random; starts says how many are tried
    fix          weights, means, sds: held at their inits
    tol          stop when the log-likelihood still to come is estimated below it; 0 runs exactly max_iter iterations
    tol_type     gain; or change, of the mean log-likelihood; or parameters, their largest relative change
    accelerate   with a tolerance to reach, take longer steps, and at last Newton's: after 50 of textbook EM, or at once
                 on a search's peak
    min_sd       the smallest sd allowed, on the scale of the sds; otherwise 0.001 of the column's sd, or a
                 quarter of the step that its values are multiples of
    order        of components: mean (of the first column), weight (largest first), or init, the default with inits
    se           standard errors: information; robust, the sandwich's, which hold where components are not quite normal;
                 none; or None, those of the information unless they would take long
    confidence   of all intervals
    bootstrap    standard errors from so many replicates of the rows, with percentile intervals; goodness of fit; and of
                 several models the test of each against the next larger one, all by as many tables drawn from a fit
    jobs         threads that work at a bootstrap; by default as many as there are cores
    cutoff       of one column: where the probability of the component above, of two neighbours, passes this; or several
    history      of a search, begin it at the start that won, not at the peak: EM on all rows from there
    row_weights  a column or array: whole numbers count rows; others are relative, and scaled to sum to the number of
                 rows, with standard errors that know it (the sandwich's)
    row_sds      known standard deviations of rows: they weigh 1/sd², as relative weights. This is a weighted fit, whose
                 sds have the errors in them still
    missing      drop rows with missing values (NaN); use what is there of them; or error
    rounded      the step to which values were rounded, for each column or for all; auto: of which all are multiples
    interval     in place of column: the columns, or arrays, with the ends of an interval, NaN for no end; its column is
                 called `name`
    censored     cells such as "<0.5" or "> 40" are limits beyond which the value lies
    truncated    (low, high): there are only rows between these two, of which one may be None
    errors       the known sd of the measurement error of each row: a column, an array or a number, for each column; the
                 mixture is that of the values without their errors
    labels       a column, or an array, of the components that rows are known to be of, NaN where they may be of any;
                 components have the order of label_names, else the alphabetical one
    on_step      called with each Step of the final run, its components in the order of the start; with several models,
                 with those of the best one at the end
    report_progress  called often while the search goes on, with a function that makes a line on what is being done

    What a careful reader should know is kept in `Fit.warnings`, and logged as a warning by the logger "gmmfit.fit".

    >>> from gmmfit import simulate
    >>> heights = simulate(weights=[0.4, 0.6], means=[160, 180], sds=[6, 7], rows=9000, seed=1).values
    >>> result = fit(heights, 2)
    >>> result.status, result.mixture.means.round().ravel().tolist()
    ('converged', [160.0, 180.0])

    Raises:
        ArgumentError: an argument is wrong, or contradicts another one.
        DataError: no mixture with so many components can be fitted to the data.
        FitError: no start has rows for every component.
    """
    covariances = _structures(covariance)
    settings = Settings(
        covariance=covariances[0],
        criterion=criterion,
        init_method=init_method,
        starts=starts,
        fix=_texts("fix", fix),
        seed=seed,
        tol=tol,
        tol_type=tol_type,
        max_iter=max_iter,
        accelerate=accelerate,
        min_sd=min_sd,
        order=order,
        se=se,
        confidence=confidence,
        bootstrap=REPLICATES if bootstrap is None and criterion == TEST else bootstrap,
        jobs=jobs,
        cutoff=_each_cutoff(cutoff),
        history=history,
        missing=missing,
        constrain=_texts("constrain", constrain),
    )
    recording = Recording(
        rounded, interval, name, censored, truncated, errors, labels, tuple(label_names or ()), missing=missing
    )
    which = {"column": column, "row_weights": row_weights, "row_sds": row_sds}
    selection, init_labels = _rows_and_labels(data, init_by, which, recording)
    rows, recording = selection.rows, selection.recording
    covariances = _different(covariances, len(rows.columns))
    init = getattr(init, "mixture", init)  # a Fit has one
    if not isinstance(init, Mixture | None):
        raise ArgumentError(f"`init` is {init!r}; it must be a Mixture or a Fit")
    transforms = _transforms(transform, len(rows.columns))
    if init is not None and [init.transform] != [one.names for one in transforms]:
        of = ",".join(init.transform) or "none"
        raise ArgumentError(f"the init is of columns with `transform` {of}: give that too, and no other")
    asked = list(components) if isinstance(components, Iterable) else components
    only = asked[0] if isinstance(asked, list) and len(asked) == 1 else asked
    given: dict[str, Any] = {
        "n_components": only if isinstance(only, int) else None,
        "init": init,
        "init_weights": init_weights,
        "init_means": init_means,
        "init_sds": init_sds,
    }
    box = noise_box(rows, noise, noise_range, init, transforms)
    given, fixed, constraints = held_in_part(given, settings.fix, rows.columns)
    settings = replace(settings, fix=fixed, constrain=(*settings.constrain, *constraints))
    asked = given["n_components"] if asked is None else asked
    inits = Inits.of(rows.columns, **given, labels=init_labels, box=box, hold_weights="weights" in settings.fix)
    for name in covariances:
        inits.check_fixed(Fixed.of(settings.fix), STRUCTURES[name])
    _refuse_contradictions(recording, settings, rows, inits, covariances)
    request = Request(
        rows, selection.n_missing, inits, settings, report_progress, selection.weighting, recording, box=box
    )
    requests = [_under(request, one, selection.kept) for one in transforms]
    ks = _numbers_of_components(asked, inits, len(recording.label_names))
    if len(ks) == len(covariances) == len(requests) == 1:
        problem = requests[0].problem(ks[0], covariances[0], box is not None)
        solved = solve(problem, find_start(problem, {}), on_step)
    else:
        solved = choose(requests, ks, covariances)
        if on_step is not None:
            for step in solved.fit.history:
                on_step(step)
    result = solved.with_uncertainty()
    result = replace(result, warnings=(*result.warnings, *_without_cutoffs(result)))
    if settings.constrain:
        result = against_free(next(one for one in requests if _is_of(one, result)), solved, result)
    for warning in result.warnings:
        log.warning(warning)
    return result


def _each_cutoff(cutoff: Any) -> tuple[float, ...]:
    """The probabilities of cut-offs, each once."""
    several = isinstance(cutoff, Iterable) and not isinstance(cutoff, str)
    return tuple(dict.fromkeys(cutoff if several else (cutoff,)))


def _without_cutoffs(fit: Fit) -> list[str]:
    """A sentence where a probability was asked for that no cut-off has."""
    asked = fit.settings.cutoff
    if asked == Settings.cutoff:
        return []
    if fit.mixture.n_components == 1:
        return ["one component has no cut-off: what lies above or below most of it is a quantile (score --quantiles)"]
    if fit.mixture.n_columns > 1:
        return ["`cutoff` is of one column: of several there is none"]
    lacking = [str(p) for p in asked if p not in {cutoff.probability for cutoff in fit.cutoffs}]
    return [f"no cut-off at {', '.join(lacking)}: no component is so likely beside its neighbour"] if lacking else []


def _texts(name: str, given: Any) -> tuple[str, ...]:
    """One text, or several."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Sequence):
        raise ArgumentError(f"`{name}` is {given!r}; it must be a text, or several")
    return tuple(given)


def _is_of(request: Request, fit: Fit) -> bool:
    """Whether a fit answers a request, and not one for another transform."""
    return request.settings.transform == fit.settings.transform


def _transforms(transform: str | Sequence[str], n_columns: int) -> list[Transforms]:
    """The transforms to compare, each once."""
    found = [Transforms.named(names, n_columns) for names in names_of(transform)]
    return list({one.names: one for one in found}.values())


def _under(request: Request, transforms: Transforms, kept: npt.NDArray[np.bool_] | None) -> Request:
    """The request for the transformed columns."""
    rows, log_jacobian = transformed(request.rows, transforms, kept)
    settings = replace(request.settings, transform=",".join(transforms.names) or NONE)
    return replace(request, rows=rows, settings=settings, transform=transforms.names, log_jacobian=log_jacobian)


class _Usable(NamedTuple):
    """Rows that can be used, which of all they are, how many can't, their weights, and how they were recorded."""

    rows: Data
    kept: npt.NDArray[np.bool_] | None
    n_missing: int
    weighting: Weighting
    recording: Recording


def _rows_and_labels(
    data: Any, init_by: Any, which: dict[str, Any], recording: Recording
) -> tuple[_Usable, Labels | None]:
    """The rows that can be used, and the labels of these to start from."""
    if not isinstance(data, Stored):
        selection = select_rows(data, **which, recording=recording)
        labels = None if init_by is None else labels_of(data, init_by, len(selection.kept))[selection.kept]
        recording = selection.recording
        return _Usable(selection.rows, selection.kept, selection.n_missing, selection.weighting, recording), labels
    if init_by is not None or any(value is not None for value in which.values()):
        raise ArgumentError(
            "rows in a file or on a cluster have their columns and weights, and no labels: leave these arguments out"
        )
    if recording.says_something:
        raise ArgumentError(
            "rows in a file or on a cluster are exact numbers, of which nothing else is known: have the table in memory"
        )
    if data.n_missing and recording.missing == "error":
        raise DataError(f"{data.n_missing} rows have missing values; leave them out, or let `missing` be drop")
    return _Usable(data, None, data.n_missing, data.weighting, recording), None


def _refuse_contradictions(
    recording: Recording, settings: Settings, rows: Data, inits: Inits, covariances: Sequence[str]
) -> None:
    """Raise an ArgumentError where how rows were recorded doesn't go with how they are to be fitted."""
    if recording.labels is not None and settings.order is not None:
        raise ArgumentError("components have the order of the labels: leave `order` out")
    if recording.labels is not None and inits.labels is not None:
        raise ArgumentError("`labels` say what `init_by` would: leave that out")
    if isinstance(rows, Rows) and rows.known is not None:
        rows.known.check_intervals(any(STRUCTURES[name].correlated for name in covariances))


def _structures(covariance: str | Sequence[str]) -> list[str]:
    """The names of the structures that were asked for; `all` are all."""
    asked = [covariance] if isinstance(covariance, str) else covariance
    return _each_once(COVARIANCES if ALL in asked else asked, "covariance", structure_name)


def _different(covariances: list[str], n_columns: int) -> list[str]:
    """Of several structures the first of those that are the same in so many columns."""
    if len(covariances) == 1:
        return covariances
    first: dict[str, str] = {}
    for name in covariances:
        first.setdefault(freest_equal(name, n_columns), name)
    return list(first.values())


def _numbers_of_components(components: int | Sequence[int] | None, inits: Inits, n_labels: int) -> list[int]:
    """The numbers of components to fit: those that were asked for, or that of the inits, or of the labels."""
    asked = components if components is not None else inits.n_components or n_labels or None
    if asked is None:
        raise ArgumentError("how many components? Give `components`, such as 2, or inits")
    ks = _each_once(asked if isinstance(asked, Iterable) else [asked], "components", _as_count)
    if inits.n_components is not None and ks != [inits.n_components]:
        raise ArgumentError(
            f"{', '.join(map(str, ks))} components, and inits for {inits.n_components}: give `components` "
            f"{inits.n_components}, or leave the inits out"
        )
    enough = [k for k in ks if k >= n_labels]
    if not enough:
        said = f"{max(ks)} component{'s' if max(ks) > 1 else ''}"
        raise ArgumentError(f"{said}, and {n_labels} labels: each label is a component of its own")
    if len(enough) < len(ks):
        log.warning("%d labels are as many components: models with fewer are left out", n_labels)
    return enough


def _as_count(k: Any) -> int:
    try:
        count = operator.index(k)
    except TypeError:
        raise ArgumentError(f"`components` is {k!r}; it must be a whole number") from None
    if count < 1:
        raise ArgumentError(f"{count} components: a mixture has at least one")
    return count


def _each_once(asked: Iterable[Any], name: str, checked: Callable[[Any], T]) -> list[T]:
    """What was asked for, each checked, none twice."""
    values = list(dict.fromkeys(checked(value) for value in asked))
    if not values:
        raise ArgumentError(f"`{name}` is empty: name at least one")
    return values
