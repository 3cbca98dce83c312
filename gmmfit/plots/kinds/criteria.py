"""Several models side by side: BIC, AIC and ICL against the number of components."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.fitting.result import Candidate
from gmmfit.fitting.settings import CRITERIA
from gmmfit.plots.style import INK, MARKERS, colour, count_axis, line_of

RING = {"s": 170, "facecolors": "none", "edgecolors": INK, "linewidths": 1.4, "zorder": 4}


def draw_criteria(figure: Figure, candidates: Sequence[Candidate]) -> list[Axes]:
    """A panel a criterion, a line a structure; what was chosen is ringed, what did not converge is hollow."""
    structures = list(dict.fromkeys(candidate.covariance for candidate in candidates))
    for panel, criterion in zip(figure.subplots(1, len(CRITERIA)), CRITERIA, strict=True):
        values = {candidate: getattr(candidate, criterion) for candidate in candidates}
        for number, structure in enumerate(structures):
            _draw_structure(
                panel,
                number,
                {candidate: values[candidate] for candidate in candidates if candidate.covariance == structure},
            )
        for candidate in candidates:
            if candidate.chosen:
                panel.scatter([candidate.components], [values[candidate]], **RING, label="chosen")
        if any(candidate.status != "converged" for candidate in candidates):
            panel.scatter([], [], s=30, facecolors="white", edgecolors=INK, marker="o", label="not converged")
        lowest = min(candidates, key=values.__getitem__)
        model = f"{lowest.components}" + (f" {lowest.covariance}" if len(structures) > 1 else "")
        panel.set(title=f"{criterion.upper()}: lowest at {model}", xlabel="components")
        count_axis(panel)
    return figure.axes


def _draw_structure(panel: Axes, number: int, values: dict[Candidate, float]) -> None:
    """The models of one structure, the number-th, with their values of a criterion."""
    structure, marker, shade = next(iter(values)).covariance, MARKERS[number % len(MARKERS)], colour(number)
    ks = [candidate.components for candidate in values]
    panel.plot(ks, list(values.values()), **line_of(number), linewidth=1.2, zorder=2)
    faces = [shade if candidate.status == "converged" else "white" for candidate in values]
    panel.scatter(ks, list(values.values()), s=30, c=faces, edgecolors=shade, marker=marker, zorder=3)
    panel.plot([], [], **line_of(number), marker=marker, label=f"covariance {structure}")
