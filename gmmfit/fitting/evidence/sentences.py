"""Every sentence that a fit of one model says of itself; arguments are named in `backquotes`."""

from gmmfit.fitting.evidence.findings import (
    Coincident,
    Died,
    FarValue,
    Finding,
    NotConverged,
    Rejected,
    RepeatedValue,
    WeakComponent,
)
from gmmfit.fitting.search.soundness import NARROW_SHARE, SMALL_ROWS
from gmmfit.fitting.settings import Settings, Status
from gmmfit.text import rows_said

RULES = {
    "gain": "the log-likelihood to come is estimated below",
    "change": "the mean log-likelihood changed by less than",
    "parameters": "the largest relative change of a parameter was below",
}


def warning(finding: Finding) -> str:
    """The sentence that tells a finding, and what to do about it."""
    match finding:
        case NotConverged(iterations, gain, tol, tol_type):
            to_come = "" if gain is None else f"gain still to come: about {gain:.2g}; "
            rule = f"tolerance {tol:g}" + ("" if tol_type == "gain" else f" on {tol_type}")
            return f"not converged {_after(iterations)} ({to_come}{rule}); raise `max_iter`"
        case FarValue(value, beside, rows, column):
            where, verb = f" in {column}" if column else "", "is" if round(rows) == 1 else "are"
            held = f"{rows_said(round(rows))} {verb} {value:.10g}{where}"
            return (
                f"{held}, far from all others, of which the next is {beside:.10g}: "
                "if that is a slip, or a code for missing values, read it as missing"
            )
        case RepeatedValue(value, share):
            return (
                f"{share:.0%} of the rows are {_listed(value)}: a normal component can't describe a single value. If "
                "these rows are a group of their own, such as zeros, read them as missing, and fit the others"
            )
        case WeakComponent():
            return _of_weak(finding)
        case Died(component, rows, n):
            if component == 0:
                return "a component has become empty. Use fewer components or other inits"
            held = f"it holds {rows:.2g} of {n:g} rows"
            return f"component {component} has died: {held}. Use fewer components or other inits"
        case Coincident(first, second):
            return (
                f"components {first} and {second} coincide: one would describe the rows as well. Use fewer components, "
                "or inits that tell them apart"
            )
        case Rejected(higher):
            return (
                f"a mixture with a log-likelihood {higher:.0f} higher was rejected: a component of it shrank to the "
                "smallest sd allowed, on an outlier, a repeated value, or a group that is narrower than that. Look for "
                "it, or lower `min_sd`"
            )


def _of_weak(weak: WeakComponent) -> str:
    """What is weak about a component, and where."""
    which, about = f"component {weak.component}", "" if round(weak.rows) == 1 else "about "
    rows = about + rows_said(round(weak.rows)) + (f", most of them at {_listed(weak.value)}" if weak.value else "")
    if weak.sds:
        lower = ""
        if weak.rows > 2 and not weak.value:
            lower = f", or a smaller `min_sd`, such as {min(weak.sds) / 10:.1g}"
        return (
            f"{which} lies on the floor (sd {', '.join(f'{sd:.6g}' for sd in weak.sds)}), the smallest allowed: the "
            f"likelihood has no peak there. It holds {rows}. Look at them, use fewer components or other inits{lower}"
        )
    advice = "It may be chance: look at these rows, and at the fit with fewer components"
    if weak.sd_ratio < NARROW_SHARE:
        return f"{which} is thin: it holds {rows}, and its sd is {weak.sd_ratio:.1g} of that of all rows. {advice}"
    if weak.rows < SMALL_ROWS:
        return f"{which} is thin: it holds {rows}. {advice}"
    return (
        f"{which} is thin: it holds {rows}, but only {weak.distinct} different values lie within two of its sds, so "
        "that its sd can't be told well"
    )


def reason(status: Status, iterations: int, settings: Settings, from_peak: bool) -> str:
    """How a fit ended; from_peak says that its steps lead from the peak of a search."""
    after = _after(iterations) + (" from the search's peak" if from_peak else "")
    return {
        "converged": f"{after} {RULES[settings.tol_type]} {settings.tol:g}",
        "max_iterations": f"stopped {after}, before the tolerance {settings.tol:g} was reached",
        "fixed_iterations": f"exactly {iterations} iterations were asked for",
        "coincident": f"{after} components coincide, where the likelihood may have a saddle and no peak",
        "on_floor": f"{after} a component lies on the floor of the sds: no peak",
        "empty_component": f"{after} a component has no rows left",
    }[status]


def _after(iterations: int) -> str:
    return f"after {iterations} iteration{'' if iterations == 1 else 's'}"


def _listed(value: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.10g}" for number in value)
