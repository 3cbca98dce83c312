"""A fit as a person reads it on a terminal: what was fitted to, the parameters, how good it is, what to make of it."""

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from gmmfit.arrays import whole
from gmmfit.files.read_columns import RowCounts
from gmmfit.files.results.layout import DIGITS, WIDTH, aligned, as_precise_as_error, wrapped
from gmmfit.files.results.parameters import confidence_said, parameters_said
from gmmfit.fitting.evidence.columns import NOTICEABLE, excess_by_rounding
from gmmfit.fitting.result import Candidate, Fit
from gmmfit.fitting.settings import CRITERIA, TEST
from gmmfit.fitting.uncertainty.intervals import Spread
from gmmfit.fitting.uncertainty.likelihood_ratio import LikelihoodRatio
from gmmfit.text import escaped, listed, shown

# A peak that a summary of many rows shows is that of all rows, if it is as near as this.
NEAR_PEAK = 1e-2
# A share of the starts that is worth telling of, whatever they led to.
MANY_STARTS = 0.05


def report(
    fit: Fit, counts: RowCounts, digits: int | None = None, width: int = WIDTH, picture: Sequence[str] = ()
) -> str:
    """What was fitted to, a picture of it, the models compared, the best one's parameters, and what to make of it."""
    digits, k = digits or DIGITS, fit.mixture.n_components
    lines = [
        *wrapped(_what_was_read(fit, counts, digits), width),
        *(line for said in _what_is_known(fit) for line in wrapped(said, width)),
        *(["", *picture] if picture else []),
        *([*_comparison(fit), ""] if fit.candidates else []),
        *wrapped(
            f"{k} component{'s' if k > 1 else ''}{' and noise' if fit.mixture.noise else ''}, covariance "
            f"{fit.settings.covariance}{_transformed(fit, ', of')}",
            width,
        ),
        "",
        *parameters_said(fit, digits, width),
        "",
        *wrapped(_noise(fit, digits), width),
        *wrapped(_constraints(fit), width),
        *wrapped(f"{fit.status}: {fit.reason}", width),
        *(line for warning in fit.warnings for line in wrapped(f"warning: {warning}", width)),
        *(line for saw in _what_the_search_saw(fit) for line in wrapped(saw, width)),
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
    sure = fit.uncertainty
    error, interval = (None, None) if sure is None else (sure.standard_errors.noise, sure.intervals.noise)
    beside = " (held)" if "weights" in fit.settings.fix else ""
    if error and interval is not None:
        ends_said = " to ".join(as_precise_as_error(end, error) for end in interval.tolist())
        beside = f" (se {error:.2g}, {confidence_said(fit)} {ends_said})"
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
        rejected = [candidate.test for candidate in fit.candidates if candidate.test is not None]
        all_are = all(test.p <= 1 - fit.settings.confidence for test in rejected)
        return "all smaller are rejected" if all_are else "smallest not rejected"
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
    return ["", *aligned(apart, digits), *(line for sentence in sentences for line in wrapped(sentence, width))]


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
        if spread and spread.se == 0:
            said += " (held)"
        elif spread:
            ends = " to ".join(as_precise_as_error(end, spread.se) for end in (spread.low, spread.high))
            said += f" (se {spread.se:.2g}, {confidence_said(fit)} {ends})"
        if cutoff.probability != 0.5:
            said += (
                f": component {cutoff.above} has a probability of {cutoff.probability:g} there, beside {cutoff.below}"
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
