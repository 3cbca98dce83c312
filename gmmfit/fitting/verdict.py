"""How a fit ended: in a word, in a sentence, and in warnings."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gmmfit.fitting.climb import Climb
from gmmfit.fitting.result import Settings, Status

# A component with fewer rows than this, by posterior, has died.
DEAD_COUNT = 1e-3


class Verdict(NamedTuple):
    """A word, a sentence, and what a careful reader should know."""

    status: Status
    reason: str
    warnings: tuple[str, ...]


def judge(ended: Climb, on_floor: npt.NDArray[np.bool_], settings: Settings, n: float) -> Verdict:
    """What a climb came to. on_floor (K,) says which components lie on the floor; n is the number of rows."""
    last = ended.steps[-1]
    counts = last.mixture.weights * n
    dead, floored = np.flatnonzero(counts < DEAD_COUNT), np.flatnonzero(on_floor)
    status = ended.status
    if status == "converged" and len(floored):
        status = "on_floor"
    if len(dead):
        status = "empty_component"

    warnings = []
    if ended.status == "max_iterations":
        gain = "" if ended.remaining_gain is None else f"gain still to come: about {ended.remaining_gain:.2g}; "
        rule = f"tolerance {settings.tol:g}" + ("" if settings.tol_type == "gain" else f" on {settings.tol_type}")
        warnings.append(f"not converged after {last.iteration} iterations ({gain}{rule}); raise `max_iter`")
    for k in floored:
        sds = ", ".join(f"{sd:.6g}" for sd in last.mixture.sds[k])
        warnings.append(
            f"component {k + 1} lies on the floor (sd {sds}), the smallest allowed: the likelihood has no peak there. "
            "Use fewer components, other inits, or another `min_sd`"
        )
    for k in dead:
        warnings.append(
            f"component {k + 1} has died: it holds {counts[k]:.2g} of {n:g} rows. Use fewer components or other inits"
        )
    if ended.status == "empty_component" and not len(dead):
        warnings.append("a component has become empty. Use fewer components or other inits")
    return Verdict(status, _reason(status, last.iteration, settings), tuple(warnings))


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
