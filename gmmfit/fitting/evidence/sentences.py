"""Every sentence that a fit of one model says of itself; arguments are named in `backquotes`."""

from gmmfit.fitting.evidence.components import LARGE_SHARE
from gmmfit.fitting.evidence.findings import (
    Boundless,
    Coincident,
    CutOff,
    Died,
    FarValue,
    Finding,
    Heap,
    ManyParameters,
    NoSpread,
    NotConverged,
    OnFloor,
    Rejected,
    Rounded,
    Skewed,
    Unseen,
    WeakComponent,
)
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
                "if that is a slip, or a code for missing values, read it as missing; if it belongs to no component, "
                "say `noise`"
            )
        case Heap():
            return _of_heap(finding)
        case CutOff(value, share, end, column, window):
            side, where = "below" if end == "lowest" else "above", f" of {column}" if column else ""
            ends = ",".join("" if one is None else f"{one:.10g}" for one in window)
            return (
                f"the rows end abruptly at {value:.10g}, the {end} value{where}: the mixture expects {share:.1%} more "
                f"{side}. If the table holds only rows up to there, it is truncated, and the means and sds of whole "
                f"normal components are off: say so by `truncated` {ends}"
            )
        case Skewed(gain):
            return (
                f"the column is skewed: as many log-normal components have a log-likelihood {gain:.4g} higher, more "
                "than what a component more has to gain. Try `transform` log"
            )
        case Rounded(step, excess, column):
            where = f" of {column}" if column else ""
            return (
                f"the values{where} are multiples of {step:.6g}: where they were rounded, or are the middles of bins, "
                f"sds are up to {excess:.0%} too large. Say so by `rounded` {step:.6g}"
            )
        case ManyParameters(parameters, rows, components, what):
            fewer = "Use fewer components, or a stricter `covariance`" if components > 1 else "More rows are needed"
            held = rows_said(rows) if what == "rows" else f"{rows} {what}"
            return f"{parameters} parameters are estimated from {held}: none can be told well. {fewer}"
        case OnFloor():
            return _of_floor(finding)
        case NoSpread(component, by_errors):
            why = "the errors account for all of its spread" if by_errors else "its rows lie in one interval"
            return f"component {component} has no spread of its own: {why}, and its sd is as good as 0"
        case Boundless(component, ratio):
            return (
                f"component {component} has an sd {ratio:.1g} times that of the rows: what is known of them is too "
                "little to tell it, and the likelihood has no peak. Use fewer components"
            )
        case Unseen(component, share):
            return (
                f"component {component} lies outside the window: the table shows {share:.1g} of it, a tail, from which "
                "its weight, mean and sd can't be told. The likelihood may have no peak: use fewer components, or "
                "`covariance` tied"
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
        case Rejected(higher, why):
            return f"a mixture with a log-likelihood {higher:.0f} higher was set aside: {why}. Look there"


def _of_heap(heap: Heap) -> str:
    """Where a heap is, and what to do about it."""
    value, where = f"{heap.value:.10g}", f" of {heap.column}" if heap.column else ""
    held = f"{heap.share:.0%} of the rows{where} are {value}" + (f", the {heap.end} value" if heap.end else "")
    described = f"component {heap.component} is this heap alone" if heap.component else "this is a heap"
    why = f"{described}, and one value has no spread that a normal component could have"
    missing = "these rows are a group of their own, read them as missing, and fit the others"
    if not heap.end:
        return f"{held}: {why}. If {missing}"
    return (
        f"{held}: {why}. If it is a limit of detection or the end of a scale, means and sds next to it are off: write "
        f"these cells as {'<' if heap.end == 'lowest' else '>'}{value}, and add `censored`; if {missing}"
    )


def _of_floor(floor: OnFloor) -> str:
    """Where the floor was met, and what to do about it."""
    which = f"component {floor.component} lies on the floor"
    sd = f" (sd {floor.sd:.6g})"
    if floor.direction:
        sd = f" in the direction {_combination(floor.direction)}, whose sd is {floor.sd:.6g}"
    place = f", most of them at {_listed(floor.value)}" if floor.value else f" near {_listed(floor.mean, 6)}"
    lower = f", or a smaller `min_sd`, such as {floor.lower:.1g}" if floor.lower else ""
    one = round(floor.rows) <= 1
    return (
        f"{which}{sd}, the smallest allowed: the likelihood has no peak there. It holds "
        f"{_about(floor.rows)}{place}. Look at {'it' if one else 'them'}, use fewer components or other inits{lower}"
    )


def _of_weak(weak: WeakComponent) -> str:
    """What is weak about a component; only of a small share of the rows that it may be chance."""
    which = f"component {weak.component}"
    rows = _about(weak.rows) + (f", most of them at {_listed(weak.value)}" if weak.value else "")
    rows_there = "this row" if round(weak.rows) <= 1 else "these rows"
    advice = f"It may be chance: look at {rows_there}, and at the fit with fewer components"
    narrow = f"its sd is {weak.sd_ratio:.1g} of that of all rows"
    match weak.kind:
        case "few values":
            lie = "1 value lies" if weak.n_values == 1 else f"{weak.n_values} different values lie"
            what = "rests on few values" if weak.share >= LARGE_SHARE else "is thin"
            return f"{which} {what}: it holds {rows}, but only {lie} within two of its sds, too few to tell these"
        case "narrow":
            return f"{which} is thin: it holds {rows}, and {narrow}. {advice}"
        case _:
            return f"{which} is thin: it holds {rows}. {advice}"


def _about(rows: float) -> str:
    """About so many rows."""
    return rows_said(1) if round(rows) <= 1 else f"about {rows_said(round(rows))}"


def _combination(direction: tuple[tuple[float, str], ...]) -> str:
    """A combination of columns, such as a - 0.5 b."""
    (factor, name), *others = direction
    first = name if factor == 1 else f"{factor:.2g} {name}"
    return first + "".join(f" {'-' if f < 0 else '+'} {'' if abs(f) == 1 else f'{abs(f):.2g} '}{n}" for f, n in others)


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


def _listed(value: tuple[float, ...], digits: int = 10) -> str:
    return ", ".join(f"{number:.{digits}g}" for number in value)
