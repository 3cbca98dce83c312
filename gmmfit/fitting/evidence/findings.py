"""How a fit ended: in a word, in a sentence, and in warnings."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gmmfit.data.rows import Rows
from gmmfit.fitting.em.stopping import Climb
from gmmfit.fitting.search.peaks import Search
from gmmfit.fitting.search.soundness import NARROW_SHARE, SMALL_ROWS, Thin, heap, outlier
from gmmfit.fitting.settings import Settings, Status
from gmmfit.fitting.standardize import Standardization
from gmmfit.model.mixture import Mixture
from gmmfit.text import escaped

# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3
# Means and covariances nearer than this, in sds, are the same.
SAME = 1e-3
# Log-likelihood a row by which a mixture on the floor has to be higher to be worth a word.
FAR_HIGHER = 0.5


class Verdict(NamedTuple):
    """A word, a sentence, and what a careful reader should know."""

    status: Status
    reason: str
    warnings: tuple[str, ...]


def judge(
    ended: Climb,
    thin: Sequence[Thin],
    standardization: Standardization,
    settings: Settings,
    n: float,
    search: Search | None,
    on_peak: bool,
    sample: Rows,
    weight: float,
) -> Verdict:
    """What a climb came to, with its thin components.

    n is the number of rows; search is what was seen before the climb, which may have begun on its peak; a unit of
    weight in the sample, of different rows in standard units, counts for `weight` rows.
    """
    last = ended.steps[-1]
    counts = last.mixture.weights * n
    dead = np.flatnonzero(counts < DEAD_COUNT)
    status = ended.status
    if status == "converged" and any(one.on_floor for one in thin):
        status = "on_floor"
    pairs = coincident(last.mixture)
    if status == "converged" and pairs:
        status = "coincident"
    if len(dead):
        status = "empty_component"

    warnings = []
    if ended.status == "max_iterations":
        gain = "" if ended.remaining_gain is None else f"gain still to come: about {ended.remaining_gain:.2g}; "
        rule = f"tolerance {settings.tol:g}" + ("" if settings.tol_type == "gain" else f" on {settings.tol_type}")
        warnings.append(f"not converged {_after(last.iteration)} ({gain}{rule}); raise `max_iter`")
    heaped, far = heap(sample), outlier(sample)
    if far is not None:
        rows = "1 row is" if round(far.rows * weight) == 1 else f"{far.rows * weight:.0f} rows are"
        value, beside = (
            f"{standardization.centre[far.column] + standardization.unit[far.column] * one:.10g}"
            for one in (far.value, far.next_value)
        )
        where = f" in {escaped(sample.columns[far.column])}" if len(sample.columns) > 1 else ""
        warnings.append(
            f"{rows} {value}{where}, far from all others, of which the next is {beside}: if that is a slip, or a code "
            "for missing values, read it as missing"
        )
    if heaped is not None:
        value = ", ".join(f"{v:.10g}" for v in standardization.centre + standardization.unit * heaped[0])
        warnings.append(
            f"{heaped[1]:.0%} of the rows are {value}: no component may sit on one value. If they are a group of their "
            "own, such as zeros, read them as missing, and fit the others"
        )
    warnings += [_named(one, last.mixture, standardization) for one in thin if one.component not in dead]
    for k in dead:
        warnings.append(
            f"component {k + 1} has died: it holds {counts[k]:.2g} of {n:g} rows. Use fewer components or other inits"
        )
    if ended.status in ("converged", "max_iterations"):
        warnings += [
            f"components {i} and {j} coincide: one would describe the rows as well. Use fewer components, or inits "
            "that tell them apart"
            for i, j in pairs
        ]
    if (higher := set_aside(search, last.log_likelihood, n)) > 0:
        warnings.append(
            f"a mixture with a log-likelihood {higher:.0f} higher was set aside, for a component of it is as narrow as "
            "allowed: on a single row or value, or in a group that is narrower than that. Look for an outlier or a "
            "heap, or lower `min_sd`"
        )
    if ended.status == "empty_component" and not len(dead):
        warnings.append("a component has become empty. Use fewer components or other inits")
    return Verdict(status, _reason(status, last.iteration, settings, on_peak), tuple(warnings))


def set_aside(search: Search | None, log_likelihood: float, n: float) -> float:
    """How much higher a mixture on the floor was that the search did not take, if that is far; else 0."""
    if search is None or search.highest_on_floor is None:
        return 0.0
    higher = search.highest_on_floor - log_likelihood
    return higher if higher > FAR_HIGHER * n else 0.0


def coincident(mixture: Mixture) -> list[tuple[int, int]]:
    """Pairs of components, from 1, with the same mean and covariance but for what is far below their accuracy."""
    k, scale = mixture.n_components, mixture.sds
    pairs = []
    for i in range(k):
        for j in range(i + 1, k):
            moved = np.abs(mixture.means[i] - mixture.means[j]) / scale[i]
            bent = np.abs(mixture.covariances[i] - mixture.covariances[j]) * mixture.units / scale[i]
            bent = bent * mixture.units[:, None] / scale[i][:, None]
            if max(moved.max(), bent.max()) < SAME:
                pairs.append((i + 1, j + 1))
    return pairs


def _named(thin: Thin, mixture: Mixture, standardization: Standardization) -> str:
    """The warning that names a thin component: what is thin about it, and where."""
    which = f"component {thin.component + 1}"
    rows = "1 row" if round(thin.rows) == 1 else f"about {thin.rows:.0f} rows"
    if thin.value is not None:
        value = standardization.centre + standardization.unit * thin.value
        rows += ", most of them at " + ", ".join(f"{number:.10g}" for number in value)
    if thin.on_floor:
        sds = mixture.sds[thin.component]
        lower = f", or a smaller `min_sd`, such as {sds.min() / 10:.1g}" if thin.rows > 2 and thin.value is None else ""
        return (
            f"{which} lies on the floor (sd {', '.join(f'{sd:.6g}' for sd in sds)}), the smallest allowed: the "
            f"likelihood has no peak there. It holds {rows}. Look at them, use fewer components or other inits{lower}"
        )
    advice = "It may be chance: look at these rows, and at the fit with fewer components"
    if thin.narrowness < NARROW_SHARE:
        return f"{which} is thin: it holds {rows}, and its sd is {thin.narrowness:.1g} of that of all rows. {advice}"
    if thin.rows < SMALL_ROWS:
        return f"{which} is thin: it holds {rows}. {advice}"
    return (
        f"{which} is thin: it holds {rows}, but only {thin.distinct} different values lie within two of its sds, so "
        "that its sd can't be told well"
    )


def _reason(status: Status, iterations: int, settings: Settings, on_peak: bool) -> str:
    rules = {
        "gain": "the log-likelihood to come is estimated below",
        "change": "the mean log-likelihood changed by less than",
        "parameters": "the largest relative change of a parameter was below",
    }
    after = _after(iterations)
    if on_peak:
        after += " from the search's peak"
    return {
        "converged": f"{after} {rules[settings.tol_type]} {settings.tol:g}",
        "max_iterations": f"stopped {after}, before the tolerance {settings.tol:g} was reached",
        "fixed_iterations": f"exactly {iterations} iterations were asked for",
        "coincident": f"{after} components coincide, where the likelihood may have a saddle and no peak",
        "on_floor": f"{after} a component lies on the floor of the sds: no peak",
        "empty_component": f"{after} a component has no rows left",
    }[status]


def _after(iterations: int) -> str:
    return f"after {iterations} iteration{'' if iterations == 1 else 's'}"
