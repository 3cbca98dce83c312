"""A report as one page: what was fitted to, pictures, parameters, evidence, warnings, and the way EM went."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gmmfit.model.document import Document
from gmmfit.model.mixture import Mixture
from gmmfit.pages.document_sections import (
    beginning,
    between_neighbours,
    components,
    components_said,
    models_compared,
    replicates,
    the_fit,
    the_search,
    title_of,
)
from gmmfit.pages.em import em_section
from gmmfit.pages.html import page, picture, section
from gmmfit.plots.figures import drawn
from gmmfit.plots.look import USUAL, Look
from gmmfit.plots.states import States
from gmmfit.plots.subject import Subject
from gmmfit.text import listed

# The width and height in inches of a picture of one column, and of that for a phone.
WIDE, NARROW = (8.0, 4.8), (4.4, 4.2)
# The kinds whose picture has another size on a phone, and what is said of each to who can't see it.
RESIZED = ("density", "cdf", "qq")
SAID = {
    "density": "The histogram of the rows, the components and their total",
    "cdf": "The share of rows up to each value, and the mixture's",
    "qq": "Each row against the value that it should have under the mixture",
    "ellipses": "The rows as points, the components as ellipses",
    "criteria": "BIC, AIC and ICL against the number of components",
    "history": "The log-likelihood and every parameter against the iteration",
    "labels": "Histograms of the groups",
}


def report_page(
    pictures: Mapping[str, Any],
    document: Document | None = None,
    states: States | None = None,
    look: Look = USUAL,
) -> str:
    """A page with pictures, by kind what each shows; what a document says of a fit; and the states of that.

    The first picture is the one that was asked for, as the look has it; others are evidence beside it.
    """
    first, *others = [
        _picture(kind, shown, look if number == 0 else USUAL) for number, (kind, shown) in enumerate(pictures.items())
    ] or [""]
    em = "" if states is None else em_section(states, look)
    if document is None:
        title = _title_of(states) if states is not None else _names_in(pictures)
        return page(look.title or title, [first, *others, em])
    mixture = Mixture.from_document(document)
    return page(
        look.title or title_of(document, mixture),
        [
            beginning(document),
            first,
            components(document, mixture),
            the_fit(document),
            models_compared(document),
            between_neighbours(document),
            replicates(document),
            section("Evidence", *others),
            the_search(document),
            em,
        ],
    )


def evidence_beside(kind: str, shown: Any, candidates: Any) -> dict[str, Any]:
    """The pictures of a report: the one that was asked for, and those that show how well a mixture fits to rows."""
    pictures: dict[str, Any] = {kind: shown}
    if isinstance(shown, Subject) and len(shown.columns) == 1 and shown.mixture is not None:
        column = shown.column()
        pictures |= {"qq": shown} if column.rows is not None and column.known is None else {}
    return pictures | ({"criteria": candidates} if candidates else {})


def _names_in(pictures: Mapping[str, Any]) -> str:
    """The columns that pictures are of, or what kind they are."""
    [(kind, shown), *_] = pictures.items()
    return listed(shown.columns) if isinstance(shown, Subject) else kind


def _title_of(states: States) -> str:
    mixture = states.steps[-1].mixture
    steps = f"{states.iterations[-1]:.0f} iterations of EM"
    return f"{listed(states.rows.columns)}: {components_said(mixture)}, {steps}"


def _picture(kind: str, shown: Any, look: Look) -> str:
    """A picture of a kind; without a size of its own it has one for a phone too."""
    plain = replace(look, title=None)
    if look.size is not None or kind not in RESIZED or len(shown.columns) > 1:
        return picture(drawn(kind, shown, plain), None, SAID[kind])
    wide, narrow = (drawn(kind, shown, replace(plain, size=size)) for size in (WIDE, NARROW))
    return picture(wide, narrow, SAID[kind])
