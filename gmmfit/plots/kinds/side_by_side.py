"""Pictures of one column or two side by side: states of a fit, or groups of the rows."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.errors import ArgumentError
from gmmfit.plots.kinds.density import draw_column
from gmmfit.plots.kinds.ellipses import draw_pair, set_axes_of_pair
from gmmfit.plots.subject import Subject

# Panels beside each other, and the width and height in inches of one.
ACROSS, PANEL = 3, (3.6, 2.9)
# The most panels that can be looked at.
MOST_PANELS = 24


def draw_side_by_side(figure: Figure, subjects: Sequence[tuple[str, Subject]], what: str) -> list[Axes]:
    """Subjects in panels under their titles; those of the same columns with the same axes. what they are is said.

    Raises:
        ArgumentError: they are too many, or of more than two columns.
    """
    if max(len(subject.columns) for _, subject in subjects) > 2:
        raise ArgumentError(f"{what} side by side are pictures of one column or two: choose them by `column`")
    if len(subjects) > MOST_PANELS:
        raise ArgumentError(f"{len(subjects)} {what} side by side are too many: a picture has at most {MOST_PANELS}")
    alike = len({subject.columns for _, subject in subjects}) == 1
    across = across_of(len(subjects))
    rows = math.ceil(len(subjects) / across)
    panels = figure.subplots(rows, across, squeeze=False, sharex=alike, sharey=alike)
    for i, panel in enumerate(panels.flat):
        if i >= len(subjects):
            panel.remove()
            continue
        title, subject = subjects[i]
        _draw(panel, subject)
        panel.set_title(title, fontsize="small")
        for handle in panel.get_legend_handles_labels()[0]:  # what is in the legend is true of all panels
            label = str(handle.get_label()).partition(":")[0]
            gid = getattr(handle, "get_gid", lambda: None)()
            handle.set_label("rows" if label[0].isdigit() else "mixture" if gid == "mixture" else label)
        if alike:
            is_lowest = i + across >= len(subjects)
            panel.tick_params(labelbottom=is_lowest)
            panel.set_xlabel(panel.get_xlabel() if is_lowest else "")
        if i % across:
            panel.set_ylabel("")
    drawn: list[Axes] = list(panels.flat[: len(subjects)])
    if alike and len(subjects[0][1].columns) == 1:
        ends = [subject.column().ends for _, subject in subjects]
        drawn[0].set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
    return drawn


def across_of(n: int) -> int:
    """How many of n panels lie beside each other: of four two."""
    return 2 if n == 4 else min(ACROSS, n)


def side_by_side_size(n: int) -> tuple[float, float]:
    """The width and height in inches of n panels."""
    return max(PANEL[0] * across_of(n), 5), PANEL[1] * math.ceil(n / across_of(n)) + 0.5


def _draw(panel: Axes, subject: Subject) -> None:
    """One column with its densities, two with their ellipses."""
    if len(subject.columns) == 1:
        draw_column(panel, subject.column(), with_cutoffs=False)
        return
    draw_pair(panel, subject, (0, 1))
    set_axes_of_pair(panel, subject, (0, 1))
    panel.set(xlabel=subject.columns[0], ylabel=subject.columns[1])
