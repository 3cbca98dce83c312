"""A fit as a person reads it on a terminal: what was fitted to, the parameters, how good it is, what to make of it."""

import math
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from gmmfit.arrays import whole
from gmmfit.files.read_columns import RowCounts
from gmmfit.files.results.models import error_table, interval_table
from gmmfit.fitting.evidence.columns import NOTICEABLE, excess_by_rounding
from gmmfit.fitting.evidence.likelihood_ratio import LikelihoodRatio
from gmmfit.fitting.evidence.uncertainty import Spread, Uncertainty
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.fitting.settings import CRITERIA, TEST
from gmmfit.model.parameters import COMPONENT, TRANSFORM, model_table
from gmmfit.text import escaped, listed, shown

DIGITS = 6
# How wide the report is where nobody says how wide the terminal is.
WIDTH = 80
# Digits of a number in which it is written out; beyond, as a power of ten.
WRITTEN_OUT = 15
# A peak that a summary of many rows shows is that of all rows, if it is as near as this.
NEAR_PEAK = 1e-2
# A share of the starts that is worth telling of, whatever they led to.
MANY_STARTS = 0.05
# By more than so many times robust standard errors differ from those of the information.
FAR_APART = 1.5


def report(
    fit: Fit, counts: RowCounts, digits: int | None = None, width: int = WIDTH, picture: Sequence[str] = ()
) -> str:
    """What was fitted to, a picture of it, the models compared, the best one's parameters, and what to make of it."""
    digits, k = digits or DIGITS, fit.mixture.n_components
    lines = [
        *_wrapped(_what_was_read(fit, counts, digits), width),
        *(line for said in _what_is_known(fit) for line in _wrapped(said, width)),
        *(["", *picture] if picture else []),
        *([*_comparison(fit), ""] if fit.candidates else []),
        *_wrapped(
            f"{k} component{'s' if k > 1 else ''}{' and noise' if fit.mixture.noise else ''}, covariance "
            f"{fit.settings.covariance}{_transformed(fit, ', of')}",
            width,
        ),
        "",
        *_parameters(fit, digits, width),
        "",
        *_wrapped(_noise(fit, digits), width),
        *_wrapped(_constraints(fit), width),
        *_wrapped(f"{fit.status}: {fit.reason}", width),
        *(line for warning in fit.warnings for line in _wrapped(f"warning: {warning}", width)),
        *(line for saw in _what_the_search_saw(fit) for line in _wrapped(saw, width)),
        *([] if fit.candidates else _criteria([fit])),
        *_what_to_make_of_it(fit, digits, width),
    ]
    return "\n".join(lines) + "\n"


def _transformed(fit: Fit, word: str) -> str:
    """What means and sds are of, where that is not the columns, after a word."""
    mixture = fit.mixture
    shown_as = [one.shown(escaped(name)) for one, name in zip(mixture.transforms.each, mixture.columns, strict=True)]
    return f"{word} {', '.join(shown_as)}" if mixture.transform else ""


def _noise(fit: Fit, digits: int) -> str:
    """The weight of the noise, where it is, and what it gains."""
    noise = fit.mixture.noise
    if noise is None:
        return ""
    error = None if fit.standard_errors is None else fit.standard_errors.noise
    beside = f" (se {error:.2g})" if error else " (held)" if "weights" in fit.settings.fix else ""
    ends = zip(fit.mixture.columns, noise.box.low.tolist(), noise.box.high.tolist(), strict=True)
    where = ", ".join(f"{escaped(name)} {low:.{digits}g} to {high:.{digits}g}" for name, low, high in ends)
    said = f"noise: weight {noise.weight:.{digits}g}{beside}, uniform{_transformed(fit, ' in')} over {where}"
    if fit.without_noise is None:
        return said
    if noise.weight == 0:
        return f"{said}; the likelihood falls with any noise"
    gain = fit.log_likelihood - fit.without_noise
    worth = "more" if 2 * gain > math.log(fit.n) else "less"
    return f"{said}; without it the log-likelihood is {gain:.4f} lower, {worth} than what BIC charges for it"


def _constraints(fit: Fit) -> str:
    """What parameters are constrained to, what holds the fit back, and the test against the free fit."""
    test = fit.against_free
    if test is None:
        return ""
    said = f"constraints: {listed(fit.settings.constrain)}"
    if fit.active_bounds:
        said += f"; on its bound: {listed(fit.active_bounds)}"
    free = f"the free fit has {test.log_likelihood:.4f}"
    if test.degrees_of_freedom < 1:
        return f"{said}; {free}, and no number less is estimated here"
    degrees = f"{test.degrees_of_freedom} degree{'s' if test.degrees_of_freedom > 1 else ''} of freedom"
    p = f"p = {test.p:.2g}" if test.p is not None else f"no p, for {test.why}"
    if test.p_bootstrap is not None:
        p += f"; by tables drawn from the constrained fit p = {test.p_bootstrap:.2g}"
    return f"{said}; {free}: likelihood ratio {test.statistic:.4f} on {degrees}, {p}"


def _wrapped(sentence: str, width: int) -> list[str]:
    return textwrap.wrap(sentence, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _what_was_read(fit: Fit, counts: RowCounts, digits: int) -> str:
    """The file, the columns, the rows that were used, and those that were not."""
    names = fit.mixture.columns
    source = escaped(counts.source) + (f" (sheet {shown(counts.sheet)})" if counts.sheet else "")
    rows = f"{fit.n_rows} rows"
    left_out = [
        f"{n} {why}"
        for n, why in (
            (counts.n_missing, "missing"),
            (counts.n_invalid, "not a number"),
            (counts.n_zero_weight, "of weight 0"),
        )
        if n
    ]
    if left_out:
        rows += f" of {counts.n_read}, left out: {', '.join(left_out)}"
    if fit.weighting == "counts":
        rows += f"; by their counts {fit.n:.{digits}g}"
    if fit.weighting == "relative":
        rows += ", with relative weights"
    return f"{source}, column{'s' if len(names) > 1 else ''} {', '.join(map(escaped, names))}: {rows}"


def _what_is_known(fit: Fit) -> list[str]:
    """What was said of the rows, and how many are what, in a sentence; nothing where they are exact numbers."""
    known, recording = fit.known, fit.recording
    said = []
    if known is not None and (known.intervals or known.limits or known.missing):
        kinds = (("values", known.values), ("intervals", known.intervals), ("limits", known.limits))
        said += [f"{whole(number):g} {what if number != 1 else what[:-1]}" for what, number in kinds if number]
        said += [f"{whole(known.missing):g} missing cells, used"] if known.missing else []
    if recording.rounded is not None and not fit.mixture.transform:
        steps = [float(step) for step in recording.steps(fit.mixture.n_columns)]
        excess = max(excess_by_rounding(fit.mixture.sds[:, d], step) for d, step in enumerate(steps))
        beside = f" (as exact values, sds would be up to {excess:.0%} larger)" if NOTICEABLE < excess < 1 else ""
        said.append(f"rounded to {', '.join(f'{step:g}' for step in steps)}{beside}")
    if known is not None and known.largest_error:
        least, largest = f"{known.least_error:.3g}", f"{known.largest_error:.3g}"
        said.append(f"errors of {least}" if least == largest else f"errors from {least} to {largest}")
    if (window := recording.window()) is not None:
        low, high = (
            f" {word} {end:g}" if math.isfinite(end) else "" for word, end in zip(("from", "to"), window, strict=True)
        )
        said.append(f"a window{low}{high}")
    if known is not None and known.labelled:
        names = ", ".join(f"{k} = {escaped(name)}" for k, name in enumerate(recording.label_names, start=1))
        said.append(f"{whole(known.labelled):g} labelled: {names}")
    return [f"known of the rows: {'; '.join(said)}"] if said else []


def _why_chosen(fit: Fit) -> str:
    """Why a model was chosen among others."""
    if fit.settings.criterion == TEST:
        return "smallest not rejected"
    return "best " + fit.settings.criterion.upper()


def _comparison(fit: Fit) -> list[str]:
    """The models that were compared, a line each, the best one marked."""
    remarks = [
        " ".join(
            ([_why_chosen(fit)] if candidate.chosen else [])
            + ([candidate.status] if candidate.status != "converged" else [])
        )
        for candidate in fit.candidates
    ]
    models: dict[str, list[Any]] = {
        "components": [candidate.components for candidate in fit.candidates],
        "covariance": [candidate.covariance for candidate in fit.candidates],
    }
    if len({candidate.transform for candidate in fit.candidates}) > 1:
        models["transform"] = [candidate.transform for candidate in fit.candidates]
    if len({candidate.noise for candidate in fit.candidates}) > 1:
        models["noise"] = ["yes" if candidate.noise else "no" for candidate in fit.candidates]
    tests = {
        name: [_test(getattr(candidate, attribute)) for candidate in fit.candidates]
        for name, attribute in (("p against more", "test"), ("p against freer", "structure_test"))
        if any(getattr(candidate, attribute) for candidate in fit.candidates)
    }
    return _criteria(fit.candidates, models, tests | {"": remarks})


def _test(test: LikelihoodRatio | None) -> str:
    """The p of a test of a model against a larger one."""
    return f"{test.p:.2g} ({test.against})" if test else ""


def _criteria(
    fits: Sequence[Fit | Candidate],
    before: dict[str, list[Any]] | None = None,
    after: dict[str, list[Any]] | None = None,
) -> list[str]:
    """Log-likelihoods and criteria, a line a fit, with columns before and after them."""
    table: dict[str, list[Any]] = {
        **(before or {}),
        "log-likelihood": [f"{fit.log_likelihood:.4f}" for fit in fits],
        "parameters": [fit.n_parameters for fit in fits],
        **{name.upper(): [f"{getattr(fit, name):.4f}" for fit in fits] for name in CRITERIA},
        **(after or {}),
    }
    return ["", *(line.rstrip() for line in aligned(table, DIGITS)), "(BIC, AIC, ICL: lower is better)"]


def _parameters(fit: Fit, digits: int, width: int) -> list[str]:
    """The parameters with their standard errors: of one column a line a component, of several a line a parameter."""
    k = fit.mixture.n_components
    # Without the row of the noise, and the columns that only this has.
    parameters = {name: values[:k] for name, values in model_table(fit.mixture).items() if None not in values[:k]}
    for name in (COMPONENT, TRANSFORM):
        parameters.pop(name, None)
    parameters = {name: values for name, values in parameters.items() if any(values) or name[:4] != "cov_"}
    errors = {} if fit.standard_errors is None else error_table(fit.mixture, fit.standard_errors)
    # A column of cells for each parameter, and one for its standard errors.
    cells = {name: _numbers(values, errors.get(name, []), digits) for name, values in parameters.items()}
    # What constraints leave no freedom has the error 0, and so has the weight of a single component.
    tied = bool(fit.settings.constrain)
    ses = {name: _errors(errors.get(name, []), _is_held(fit, name), tied) for name in parameters}
    numbers = list(map(str, range(1, fit.mixture.n_components + 1)))
    intervals = {} if fit.intervals is None else interval_table(fit.mixture, fit.intervals)
    ends = {name: _intervals(intervals.get(name, []), errors.get(name, [])) if ses[name] else [] for name in parameters}
    if fit.mixture.n_columns == 1:
        columns = [["component", *numbers]]
        for name, values in cells.items():
            columns += [[name, *values], *([["se", *ses[name]]] if ses[name] else [])]
        lines = _flush_right(columns)
        if any(ends.values()):
            beside = [[name, *of_name] for name, of_name in ends.items() if any(of_name)]
            lines += ["", *_flush_right([[_confidence(fit), *numbers], *beside])]
    else:
        components = [
            [[number, *(values[k] for values in cells.values())]]
            + ([["se", *(column[k] if column else "" for column in ses.values())]] if errors else [])
            + ([[_confidence(fit), *(column[k] if column else "" for column in ends.values())]] if errors else [])
            for k, number in enumerate(numbers)
        ]
        lines = _in_blocks(["", *map(escaped, cells)], components, width)
    if fit.uncertainty is None:
        asked = fit.settings.se != "none"
        return lines + (_wrapped(f"no standard errors: {fit.no_standard_errors}", width) if asked else [])
    said = (_method(fit.uncertainty), *_bootstrap(fit))
    return lines + [line for sentence in said for line in _wrapped(sentence, width)]


def _bootstrap(fit: Fit) -> list[str]:
    """What became of the replicates of a bootstrap, and how well the mixture fits."""
    told, fitting, sentences = fit.bootstrap, fit.goodness_of_fit, []
    if told is not None:
        kinds = {
            "have a higher peak elsewhere": told.left_the_peak,
            "lost a component": told.lost_a_component,
            "ended on the floor": told.on_floor,
            "had not converged": told.not_converged,
        }
        counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number)
        sentences.append(
            f"se and intervals are from {told.replicates} replicates of the rows" + (counted and f": {counted}")
        )
    if fitting is not None:
        sentences.append(
            f"goodness of fit: Anderson-Darling {fitting.statistic:.3g}, p = {fitting.p:.2g}, by as many tables drawn "
            "from the fit; gmmfit plot --kind qq shows where it fits"
        )
    return sentences


def _confidence(fit: Fit) -> str:
    """What intervals are called."""
    return f"{100 * fit.settings.confidence:g}% interval"


def _method(sure: Uncertainty) -> str:
    """How standard errors that are not those of the information were found."""
    if sure.ratios is None:
        return ""
    low, high = sure.ratios
    said = f"se are robust: {low:.2g} to {high:.2g} times those of the information"
    differ = high > FAR_APART or low < 1 / FAR_APART
    return said + (", which takes the components for quite normal, as they are not" if differ else "")


def _intervals(intervals: Sequence[Any], errors: Sequence[float]) -> list[str]:
    """Intervals as text, to as many decimals as standard errors have; nothing for what is held."""
    return [
        f"{_to_error(low, error)} to {_to_error(high, error)}" if error else ""
        for (low, high), error in zip(intervals, errors, strict=False)
    ]


def _to_error(value: float, error: float) -> str:
    """A number to two digits of its standard error."""
    decimals = max(0, 1 - _power(error))
    return f"{value:.{decimals}f}" if decimals < WRITTEN_OUT and abs(value) < 10**WRITTEN_OUT else f"{value:.{DIGITS}g}"


def _is_held(fit: Fit, parameter: str) -> bool:
    """Whether a parameter of the table stays as the inits have it; fixed sds hold the covariances too."""
    kind = parameter.split("_")[0]
    return {"weight": "weights", "mean": "means"}.get(kind, "sds") in fit.settings.fix


def _numbers(values: Sequence[float], errors: Sequence[float], digits: int) -> list[str]:
    """Numbers with as many decimals each: so many digits of the largest, and two of the smallest standard error.

    Where that would leave nothing of the smallest number, each has its own.
    """
    powers = [_power(value) for value in values if value]
    largest, smallest = max(powers, default=0), min(powers, default=0)
    decimals = max([digits - 1 - largest, *(1 - _power(error) for error in errors if error > 0)])
    if largest - smallest >= digits or decimals + largest >= WRITTEN_OUT or not -6 < largest < WRITTEN_OUT:
        return [f"{value:.{digits}g}" for value in values]
    return [f"{value:.{max(0, decimals)}f}" for value in values]


def _errors(errors: Sequence[float], held: bool, tied: bool) -> list[str]:
    """Standard errors to two digits; none where all are 0, as that of the weight of a single component.

    held says that all are held, and tied that those may be whose error is 0.
    """
    if held:
        return ["held"] * len(errors)
    if not any(errors) and (not tied or len(errors) == 1):
        return []
    if tied and errors and min(errors) == 0:
        kept = _errors([error for error in errors if error], held, tied)
        return [kept.pop(0) if error else "held" for error in errors]
    return [f"{error:.{max(0, 1 - _power(error))}f}" if 1e-9 < error < 1e9 else f"{error:.2g}" for error in errors]


def _power(number: float) -> int:
    """The power of ten of a number's first digit."""
    return math.floor(math.log10(abs(number)))


def _in_blocks(names: list[str], components: Sequence[list[list[str]]], width: int) -> list[str]:
    """Components side by side, as many as the width holds; the others below them."""
    lines: list[str] = []
    rest = list(components)
    while rest:
        n = 1
        while n < len(rest) and len(_side_by_side(names, rest[: n + 1])[0]) <= width:
            n += 1
        lines += [*([""] if lines else []), *_side_by_side(names, rest[:n])]
        rest = rest[n:]
    return lines


def _side_by_side(names: list[str], components: Sequence[list[list[str]]]) -> list[str]:
    width = max(map(len, names))
    numbers = _flush_right([column for component in components for column in component])
    return [f"{name.ljust(width)}  {line}".rstrip() for name, line in zip(names, numbers, strict=True)]


def _flush_right(columns: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns of cells, each flush right."""
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]


def aligned(table: dict[str, list[Any]], digits: int) -> list[str]:
    """Lines of a table whose numbers have so many significant digits, its columns flush right."""
    return _flush_right(
        [[escaped(name), *(cell_text(value, digits) for value in values)] for name, values in table.items()]
    )


def cell_text(value: Any, digits: int) -> str:
    """A value as it stands in a table to look at."""
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _what_the_search_saw(fit: Fit) -> list[str]:
    """How many starts there were, and the peaks that the best of them led to."""
    if fit.search is None or fit.search.starts == 1:
        return []
    peaks, listed = fit.search.peaks, []
    for number, peak in enumerate(peaks):
        taken = abs(peak.log_likelihood - fit.log_likelihood) < NEAR_PEAK
        if number < 3 or taken:
            listed.append(f"{peak.log_likelihood:.4f} ({peak.starts}{', taken' if taken and number else ''})")
    more = f" and {len(peaks) - len(listed)} more" if len(peaks) > len(listed) else ""
    floor = f", {fit.search.on_floor} on the floor" if fit.search.on_floor else ""
    lines = [f"search: {fit.search.starts} starts, peaks {', '.join(listed) or 'none'}{more}{floor}"]
    # A few starts that end on one rounded value are no news.
    told = [one for one in fit.search.set_aside if not one.on_heap or one.starts > MANY_STARTS * fit.search.starts]
    for aside in told[:1]:
        starts = f"{aside.starts} start{'' if aside.starts == 1 else 's'}"
        lines.append(f"set aside: {aside.log_likelihood:.4f} ({starts}), for {aside.why}")
    return lines


def _what_to_make_of_it(fit: Fit, digits: int, width: int) -> list[str]:
    """Separation, cut-offs and modes, where there is more than one component."""
    mixture, k = fit.mixture, fit.mixture.n_components
    if k == 1:
        return []
    pairs, sure = mixture.separations(), fit.uncertainty
    distances, shares = (sure.ashman_d, sure.misclassified) if sure else ((), ())
    apart: dict[str, list[Any]] = {
        "neighbours": [f"{i} and {j}" for i, j in (pair.between for pair in pairs)],
        "Ashman's D": [f"{pair.ashman_d:.2f}" for pair in pairs],
        **_beside("D's interval", distances, ".2f"),
        "overlap": [f"{pair.overlap:.2f}" for pair in pairs],
        "in the wrong one": [f"{pair.misclassified:.1%}" for pair in pairs],
        **_beside("its interval", shares, ".1%"),
    }
    wrong = f"{fit.misclassified:.1%} of the rows expected in the wrong component, entropy {fit.entropy:.{digits}g}"
    sentences = [wrong, *(_cutoffs_and_modes(fit, digits) if mixture.n_columns == 1 else [])]
    return ["", *aligned(apart, digits), *(line for sentence in sentences for line in _wrapped(sentence, width))]


def _beside(name: str, spreads: Sequence[Spread | None], form: str) -> dict[str, list[str]]:
    """A column of intervals, if there are any."""
    if not any(spreads):
        return {}
    return {name: [f"{spread.low:{form}} to {spread.high:{form}}" if spread else "" for spread in spreads]}


def _cutoffs_and_modes(fit: Fit, digits: int) -> list[str]:
    mixture, k = fit.mixture, fit.mixture.n_components
    sentences, aside = [], []
    for cutoff, spread in zip_longest(fit.cutoffs, fit.uncertainty.cutoffs if fit.uncertainty else ()):
        below, above = mixture.medians[[cutoff.below - 1, cutoff.above - 1], 0]
        wider = max(cutoff.below, cutoff.above, key=lambda number: float(mixture.sds[number - 1, 0]))
        said = f"cut-off {cutoff.value:.{digits}g}"
        if spread:
            ends = " to ".join(_to_error(end, spread.se) for end in (spread.low, spread.high))
            said += f" (se {spread.se:.2g}, {_confidence(fit)} {ends})"
        if cutoff.probability != 0.5:
            said += (
                f": above it component {cutoff.above} has a probability of {cutoff.probability:g} beside {cutoff.below}"
            )
            sentences.append(said)
            continue
        said += f": component {cutoff.below} below, {cutoff.above} above"
        if below <= cutoff.value <= above:
            sentences.append(said)
        else:
            aside.append(f"{said} (not between their means: {wider} is wider)")
    humps = len(mixture.modes())
    hidden = f": that the {k} components are groups of their own does not show in it" if humps < k else ""
    share = fit.bootstrap.modes.get(humps, 0) if fit.bootstrap else None
    as_many = "" if share is None else f" (in {share:.0%} of the replicates)"
    return [*sentences, *aside, f"the density has {humps} mode{'s' if humps > 1 else ''}{as_many}{hidden}"]
