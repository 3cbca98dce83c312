"""Several models side by side: BIC, AIC and ICL against the number of components."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.fitting.result import Candidate
from gmmfit.fitting.settings import CRITERIA
from gmmfit.plots.style import INK, MARKERS, colour, count_axis, legend_below, line_of

RING = {"s": 170, "facecolors": "none", "edgecolors": INK, "linewidths": 1.4, "zorder": 4}


def draw_criteria(figure: Figure, candidates: Sequence[Candidate]) -> None:
    """A panel a criterion, a line a structure; what was chosen is ringed, what did not converge is hollow."""
    structures = list(dict.fromkeys(one.covariance for one in candidates))
    for panel, criterion in zip(figure.subplots(1, len(CRITERIA)), CRITERIA, strict=True):
        values = {one: getattr(one, criterion) for one in candidates}
        for number, structure in enumerate(structures):
            _draw_structure(panel, number, {one: values[one] for one in candidates if one.covariance == structure})
        for one in candidates:
            if one.chosen:
                panel.scatter([one.components], [values[one]], **RING, label="chosen")
        if any(one.status != "converged" for one in candidates):
            panel.scatter([], [], s=30, facecolors="white", edgecolors=INK, marker="o", label="not converged")
        lowest = min(candidates, key=values.__getitem__)
        model = f"{lowest.components}" + (f" {lowest.covariance}" if len(structures) > 1 else "")
        panel.set(title=f"{criterion.upper()}: lowest at {model}", xlabel="components")
        count_axis(panel)
    legend_below(figure)


def _draw_structure(panel: Axes, number: int, values: dict[Candidate, float]) -> None:
    """The models of one structure, the number-th, with their values of a criterion."""
    structure, marker, shade = next(iter(values)).covariance, MARKERS[number % len(MARKERS)], colour(number)
    ks = [one.components for one in values]
    panel.plot(ks, list(values.values()), **line_of(number), linewidth=1.2, zorder=2)
    faces = [shade if one.status == "converged" else "white" for one in values]
    panel.scatter(ks, list(values.values()), s=30, c=faces, edgecolors=shade, marker=marker, zorder=3)
    panel.plot([], [], **line_of(number), marker=marker, label=f"covariance {structure}")
