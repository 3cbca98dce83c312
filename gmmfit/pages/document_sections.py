"""What a gmmfit-model document says of a fit, as sections of a page; of a hand-written one there may be little."""

from typing import Any

from gmmfit.files.results.layout import DIGITS, errors_as_text, intervals_as_text, numbers_as_text
from gmmfit.fitting.settings import CRITERIA
from gmmfit.model.document import Document
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import COMPONENT, TRANSFORM, model_table
from gmmfit.pages.document_values import ends_of, errors_in, intervals_in, part, records, text_of
from gmmfit.pages.html import Columns, Markup, bullets, facts, paragraph, section, swatch, table
from gmmfit.plots.style import colour
from gmmfit.text import escaped, listed, rows_said

# Sums over rows, such as log-likelihoods, have so many decimals.
SUMMED = ".4f"


def title_of(document: Document, mixture: Mixture) -> str:
    """What a page is called: the columns, and how many components there are."""
    return f"{listed(mixture.columns) if document.get('columns') else 'mixture'}: {components_said(mixture)}"


def components_said(mixture: Mixture) -> str:
    """How many components there are, in words."""
    k = mixture.n_components
    return f"{k} component{'s' if k > 1 else ''}{' and noise' if mixture.noise else ''}"


def beginning(document: Document) -> str:
    """What was fitted to, how that ended, and what to be warned of."""
    data, fit = part(document, "data"), part(document, "fit")
    source = text_of(data.get("source")) + (f" (sheet {text_of(data['sheet'])})" if data.get("sheet") else "")
    left_out = [
        f"{text_of(data[key])} {what}"
        for key, what in (("n_missing", "missing"), ("n_invalid", "not a number"), ("n_zero_weight", "of weight 0"))
        if data.get(key)
    ]
    used = data.get("n_used")
    rows = [rows_said(used)] if isinstance(used, int) else []
    said = ", ".join([*([source] if source else []), *rows]) + (
        f"; left out: {', '.join(left_out)}" if left_out else ""
    )
    ended = ": ".join(filter(None, (text_of(fit.get("status")), text_of(fit.get("reason")))))
    warnings = document.get("warnings")
    told = [text_of(one) for one in warnings] if isinstance(warnings, list) else []
    box = f'<div class="warnings"><strong>Warnings</strong>{bullets(told)}</div>' if told else ""
    return paragraph(said) + paragraph(ended) + box


def components(document: Document, mixture: Mixture) -> str:
    """The parameters with standard errors and intervals: in one column a row a component, else a row a parameter."""
    k = mixture.n_components
    values = {name: of[:k] for name, of in model_table(mixture).items() if None not in of[:k]}
    values = {name: of for name, of in values.items() if name not in (COMPONENT, TRANSFORM)}
    errors, intervals = errors_in(document, mixture), intervals_in(document, mixture)
    cells: dict[str, list[tuple[str, list[str]]]] = {}
    for name, numbers in values.items():
        own = errors.get(name, [])
        ses = errors_as_text(own, held=False, tied=True)  # of what is held, or follows from others, it is 0
        ends = intervals_as_text(intervals[name], own) if ses and name in intervals else []
        cells[name] = [(name, numbers_as_text(numbers, own, DIGITS)), ("se", ses), (_confidence(document), ends)]
    labels = [_swatch(component, number) for number, component in enumerate(document["components"])]
    if mixture.n_columns == 1:
        shown = table(
            [("component", labels), *(column for columns in cells.values() for column in columns if column[1])]
        )
    else:
        of_each: Columns = [("", [escaped(name) for name in cells])]
        for number, label in enumerate(labels):
            each = zip(*cells.values(), strict=True)
            for head, column in zip((label, "se", _confidence(document)), each, strict=True):
                of_each.append((head, [texts[number] if texts else "" for _, texts in column]))
        shown = table(of_each)
    return section("Components", shown, paragraph(_noise_said(mixture)), paragraph(_of_transformed(mixture)))


def the_fit(document: Document) -> str:
    """How well it fits, and under what conditions."""
    fit, rows = part(document, "fit"), part(document, "rows")
    constraints = document.get("constraints")
    said = {
        "log-likelihood": text_of(fit.get("loglik"), SUMMED),
        "parameters": text_of(fit.get("n_parameters")),
        **{f"{name.upper()} (lower is better)": text_of(fit.get(name), SUMMED) for name in CRITERIA},
        "rows in the wrong component, expected": text_of(fit.get("misclassified"), ".1%"),
        "covariance": text_of(document.get("covariance_type")),
        "constraints": text_of(constraints),
        "iterations": text_of(fit.get("iterations")),
        "tolerance": " ".join(filter(None, (text_of(fit.get("tol")), text_of(fit.get("tol_type"))))),
        "seed": text_of(fit.get("seed")),
        "standard errors": text_of(fit.get("se")) or text_of(fit.get("no_standard_errors")),
        **{f"rows: {_in_words(name)}": text_of(value) for name, value in rows.items()},
    }
    return section("The fit", facts(said))


def models_compared(document: Document) -> str:
    """The models among which this one was chosen."""
    candidates = records(document.get("candidates"))
    chosen = [number for number, candidate in enumerate(candidates) if candidate.get("chosen") is True]
    keys = {
        "components": ("n_components", ""),
        "covariance": ("covariance_type", ""),
        "transform": (TRANSFORM, ""),
        "noise": ("noise", ""),
        "log-likelihood": ("loglik", SUMMED),
        "parameters": ("n_parameters", ""),
        **{name.upper(): (name, SUMMED) for name in CRITERIA},
        "status": ("status", ""),
    }
    columns: Columns = [
        (name, [text_of(one.get(key), form) for one in candidates]) for name, (key, form) in keys.items()
    ]
    plain = {TRANSFORM: "none", "noise": "no"}
    columns = [(name, cells) for name, cells in columns if {*cells} != {plain.get(name)}]
    for name, key in (("p against more", "test"), ("p against freer", "structure_test")):
        tests = [part(one, key) for one in candidates]
        columns.append(
            (
                name,
                [
                    f"{text_of(test['p'], '.2g')} ({text_of(test.get('against'))})" if "p" in test else ""
                    for test in tests
                ],
            )
        )
    return section("Models compared", table(columns, marked=chosen[0] if chosen else None))


def between_neighbours(document: Document) -> str:
    """Where the likelier component changes, and how far components are apart."""
    cutoffs, pairs = records(document.get("cutoffs")), records(document.get("separation"))
    at: Columns = [
        ("cut-off", [text_of(one.get("value")) for one in cutoffs]),
        ("se", [text_of(one.get("se"), ".2g") for one in cutoffs]),
        (_confidence(document), [ends_of(one.get("interval"), ".4g") for one in cutoffs]),
        ("component below", [text_of(one.get("below")) for one in cutoffs]),
        ("above", [text_of(one.get("above")) for one in cutoffs]),
        ("probability", [text_of(one.get("probability")) for one in cutoffs]),
    ]
    within = [part(one, "intervals") for one in pairs]
    apart: Columns = [
        ("neighbours", [text_of(one.get("between")).replace(", ", " and ") for one in pairs]),
        ("Ashman's D", [text_of(one.get("ashman_d"), ".2f") for one in pairs]),
        ("D's interval", [ends_of(one.get("ashman_d"), ".2f") for one in within]),
        ("overlap", [text_of(one.get("overlap"), ".2f") for one in pairs]),
        ("in the wrong one", [text_of(one.get("misclassified"), ".1%") for one in pairs]),
        ("its interval", [ends_of(one.get("misclassified"), ".1%") for one in within]),
    ]
    modes = document.get("modes")
    said = f"The density has {modes} mode{'' if modes == 1 else 's'}." if isinstance(modes, int) else ""
    return section("Between neighbours", table(at), table(apart), paragraph(said if cutoffs or pairs else ""))


def replicates(document: Document) -> str:
    """What became of the replicates of a bootstrap, and how well tables that are drawn from the mixture fit."""
    told = part(document, "bootstrap")
    fitting = part(told, "goodness_of_fit")
    said = {_in_words(name): text_of(value) for name, value in told.items() if not isinstance(value, dict)}
    if fitting:
        statistic, p = text_of(fitting.get("statistic"), ".3g"), text_of(fitting.get("p"), ".2g")
        said["goodness of fit"] = f"{text_of(fitting.get('distance'))} {statistic}, p = {p}"
    return section("Replicates of the rows", facts(said))


def the_search(document: Document) -> str:
    """The peaks of the likelihood that starts led to."""
    search = part(part(document, "fit"), "search")
    peaks, aside = records(search.get("peaks")), records(search.get("set_aside"))
    columns: Columns = [
        ("peak's log-likelihood", [text_of(one.get("loglik"), SUMMED) for one in [*peaks, *aside]]),
        ("starts", [text_of(one.get("starts")) for one in [*peaks, *aside]]),
        ("set aside, for", [*[""] * len(peaks), *(text_of(one.get("why")) for one in aside)]),
    ]
    starts, floor = text_of(search.get("starts")), search.get("on_floor")
    said = f"{starts} starts" + (f", {text_of(floor)} on the smallest sd allowed." if floor else ".") if starts else ""
    return section("Where the search ended", paragraph(said), table(columns))


def _in_words(name: str) -> str:
    """What a key of a document is called."""
    return escaped(name.removeprefix("n_").replace("_", " "))


def _confidence(document: Document) -> str:
    confidence = part(document, "fit").get("confidence")
    return f"{100 * confidence:g}% interval" if isinstance(confidence, float) else "interval"


def _swatch(component: Any, k: int) -> Markup:
    """The number of a component, from 0, in its colour, and its label if it has one."""
    label = component.get("label") if isinstance(component, dict) else None
    return swatch(f"{k + 1}" + (f" ({escaped(label)})" if isinstance(label, str) else ""), colour(k))


def _noise_said(mixture: Mixture) -> str:
    if mixture.noise is None:
        return ""
    low, high = mixture.noise.box.low.tolist(), mixture.noise.box.high.tolist()
    ranges = zip(mixture.columns, low, high, strict=True)
    where = ", ".join(f"{escaped(name)} {start:.{DIGITS}g} to {stop:.{DIGITS}g}" for name, start, stop in ranges)
    return f"Noise: weight {mixture.noise.weight:.{DIGITS}g}, uniform over {where}."


def _of_transformed(mixture: Mixture) -> str:
    each = zip(mixture.transforms.each, mixture.columns, strict=True)
    shown = ", ".join(one.shown(escaped(name)) for one, name in each)
    return f"Means and sds are of {shown}." if mixture.transform else ""
