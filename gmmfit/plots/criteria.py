"""Several models side by side: BIC, AIC and ICL against the number of components."""

from matplotlib.figure import Figure

from gmmfit.fitting.result import CRITERIA
from gmmfit.plots.paper import INK, MARKERS, colour, count_axis, legend_below, line_of
from gmmfit.plots.subject import Subject


def draw_criteria(figure: Figure, subject: Subject) -> None:
    """A panel a criterion, a line a structure; what was chosen is ringed, what has no peak is hollow."""
    structures = list(dict.fromkeys(one.covariance for one in subject.candidates))
    for panel, criterion in zip(figure.subplots(1, len(CRITERIA)), CRITERIA, strict=True):
        for number, structure in enumerate(structures):
            models = [one for one in subject.candidates if one.covariance == structure]
            ks, values = [one.components for one in models], [getattr(one, criterion) for one in models]
            shade, marker = colour(number), MARKERS[number % len(MARKERS)]
            panel.plot(ks, values, **line_of(number), linewidth=1.2, zorder=2)
            faces = [shade if one.status == "converged" else "white" for one in models]
            panel.scatter(ks, values, s=30, c=faces, edgecolors=shade, marker=marker, zorder=3)
            panel.plot([], [], **line_of(number), marker=marker, label=f"covariance {structure}")
        for one in subject.candidates:
            if one.chosen:
                ring = {"s": 170, "facecolors": "none", "edgecolors": INK, "linewidths": 1.4}
                panel.scatter([one.components], [getattr(one, criterion)], **ring, label="chosen", zorder=4)
        if any(one.status != "converged" for one in subject.candidates):
            hollow = {"marker": "o", "facecolors": "white", "edgecolors": INK}
            panel.scatter([], [], s=30, **hollow, label="not converged")
        panel.set(title=f"{criterion.upper()} (lower is better)", xlabel="components")
        count_axis(panel)
    legend_below(figure)
