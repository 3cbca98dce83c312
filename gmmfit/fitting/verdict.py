"""How a fit ended: in a word, in a sentence, and in warnings."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gmmfit.fitting.climb import Climb
from gmmfit.fitting.result import Settings, Status
from gmmfit.fitting.soundness import THIN_ROWS, THIN_SHARE, Thin
from gmmfit.fitting.standardize import Standardization
from gmmfit.model.mixture import Mixture

# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3
# Means and covariances nearer than this, in sds, are the same.
SAME = 1e-3


class Verdict(NamedTuple):
    """A word, a sentence, and what a careful reader should know."""

    status: Status
    reason: str
    warnings: tuple[str, ...]


def judge(
    ended: Climb, thin: Sequence[Thin], standardization: Standardization, settings: Settings, n: float
) -> Verdict:
    """What a climb came to, with its thin components; n is the number of rows."""
    last = ended.steps[-1]
    counts = last.mixture.weights * n
    dead = np.flatnonzero(counts < DEAD_COUNT)
    status = ended.status
    if status == "converged" and any(one.on_floor for one in thin):
        status = "on_floor"
    if len(dead):
        status = "empty_component"

    warnings = []
    if ended.status == "max_iterations":
        gain = "" if ended.remaining_gain is None else f"gain still to come: about {ended.remaining_gain:.2g}; "
        rule = f"tolerance {settings.tol:g}" + ("" if settings.tol_type == "gain" else f" on {settings.tol_type}")
        warnings.append(f"not converged after {last.iteration} iterations ({gain}{rule}); raise `max_iter`")
    warnings += [_named(one, last.mixture, standardization) for one in thin if one.component not in dead]
    for k in dead:
        warnings.append(
            f"component {k + 1} has died: it holds {counts[k]:.2g} of {n:g} rows. Use fewer components or other inits"
        )
    if ended.status in ("converged", "max_iterations"):
        warnings += [
            f"components {i} and {j} coincide: one would describe the rows as well. Use fewer components"
            for i, j in coincident(last.mixture)
        ]
    if ended.status == "empty_component" and not len(dead):
        warnings.append("a component has become empty. Use fewer components or other inits")
    return Verdict(status, _reason(status, last.iteration, settings), tuple(warnings))


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
    rows = f"{thin.rows:.3g} rows"
    if thin.value is not None:
        value = standardization.centre + standardization.unit * thin.value
        rows += ", most of them at " + ", ".join(f"{number:.10g}" for number in value)
    elif thin.distinct < min(THIN_ROWS, thin.rows - 0.5):
        rows += f", and only {thin.distinct} different values lie within two of its sds"
    if thin.on_floor:
        sds = ", ".join(f"{sd:.6g}" for sd in mixture.sds[thin.component])
        return (
            f"component {thin.component + 1} lies on the floor (sd {sds}), the smallest allowed: the likelihood has no "
            f"peak there. It holds {rows}. Use fewer components, other inits, or another `min_sd`"
        )
    narrow = f", and its sd is {thin.share:.2g} of all rows'" if thin.share < THIN_SHARE else ""
    return f"component {thin.component + 1} is thin: it holds {rows}{narrow}. It may be chance: look at these rows"


def _reason(status: Status, iterations: int, settings: Settings) -> str:
    rules = {
        "gain": "the log-likelihood still to come is estimated below",
        "change": "the mean log-likelihood changed by less than",
        "parameters": "the largest relative change of a parameter was below",
    }
    return {
        "converged": f"after {iterations} iterations {rules[settings.tol_type]} {settings.tol:g}",
        "max_iterations": f"stopped after {iterations} iterations, before the tolerance {settings.tol:g} was reached",
        "fixed_iterations": f"exactly {iterations} iterations were asked for",
        "on_floor": f"after {iterations} iterations a component lies on the floor of the sds: no peak",
        "empty_component": f"after {iterations} iterations a component has no rows left",
    }[status]
