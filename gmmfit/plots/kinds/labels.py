"""Groups of the rows: their histograms stacked and apart, the mixture over them, and their shares."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.data.rows import Rows
from gmmfit.plots.column import IDENTITY, Column
from gmmfit.plots.kinds.density import curve_points, draw_components, draw_cutoffs, rows_beyond
from gmmfit.plots.kinds.distribution import only_column_of
from gmmfit.plots.style import INK, as_precise_as, group_label, make_logarithmic, shades_of, shortened, show_own_values
from gmmfit.plots.subject import Subject, only_column
from gmmfit.text import rows_said


def draw_labels(figure: Figure, subject: Subject) -> list[Axes]:
    """Above, the groups' histograms stacked, with the mixture, and the groups' shares; below, each group apart."""
    column = only_column_of(subject, "labels")
    groups = {name: only_column(rows, 0) for name, rows in subject.groups.items()}
    ratios = {"width_ratios": [4, 1], "height_ratios": [2, *[1] * len(groups)]}
    grid = figure.add_gridspec(1 + len(groups), 2, **ratios)
    stack = figure.add_subplot(grid[0, 0])
    apart = [figure.add_subplot(grid[1 + number, 0], sharex=stack) for number in range(len(groups))]
    _draw_stack(stack, column, groups, subject.by)
    _draw_apart(apart, column, groups, subject.by)
    _draw_shares(figure.add_subplot(grid[:, 1]), groups, subject.by)
    for panel in [stack, *apart[:-1]]:
        panel.tick_params(labelbottom=False)
    apart[-1].set(xlabel=column.name + rows_beyond(column.drawn_rows.histogram()))
    if column.transform is not IDENTITY:
        show_own_values(apart[-1].xaxis, column.transform, column.ends)
    return [stack]


def _draw_stack(panel: Axes, column: Column, groups: dict[str, Rows], by: str) -> None:
    below = np.zeros(len(column.edges) - 1)
    total = sum(rows.total_weight for rows in groups.values())
    for shade, (name, rows) in zip(shades_of(len(groups)), groups.items(), strict=True):
        stacked = below + column.drawn_rows.histogram(rows, total).densities
        panel.stairs(stacked, column.edges, baseline=below, fill=True, color=shade, label=group_label(by, name))
        below = stacked
    low, high = column.ends
    if column.mixture is not None:
        draw_components(panel, column, column.mixture, curve_points(column.mixture, low, high))
        draw_cutoffs(panel, column, column.mixture, low, high)
    panel.set(ylabel=column.density_of, xlim=(low, high), ylim=(0, None))
    if column.log:
        make_logarithmic(panel, low, high)


def _draw_apart(panels: list[Axes], column: Column, groups: dict[str, Rows], by: str) -> None:
    """Each group in a panel, all with the same heights, so that they can be compared."""
    total = sum(rows.total_weight for rows in groups.values())
    bins = [column.drawn_rows.histogram(rows, total) for rows in groups.values()]
    top = 1.05 * max(histogram.densities.max() for histogram in bins)
    shades = shades_of(len(groups))
    for panel, shade, histogram, (name, rows) in zip(panels, shades, bins, groups.items(), strict=True):
        panel.stairs(histogram.densities, histogram.edges, fill=True, color=shade)
        mean, sd = float(rows.mean[0]), float(np.sqrt(rows.covariance[0, 0]))
        panel.axvline(mean, color=INK, linewidth=0.9)
        known = f"mean {as_precise_as(sd, mean)}, sd {as_precise_as(sd, sd)}"
        if column.transform is not IDENTITY:
            known += f" of {column.transform.shown(column.name)}"
        panel.set_title(f"{group_label(by, name)}: {rows_said(len(rows))}, {known}", fontsize="small")
        panel.set(ylabel="density", ylim=(0, top))


def _draw_shares(panel: Axes, groups: dict[str, Rows], by: str) -> None:
    total = sum(rows.total_weight for rows in groups.values())
    for number, (shade, rows) in enumerate(zip(shades_of(len(groups)), groups.values(), strict=True)):
        share = rows.total_weight / total
        panel.bar(number, share, color=shade, edgecolor=INK, linewidth=0.5)
        panel.annotate(f"{share:.1%}", (number, share), ha="center", va="bottom", fontsize="small")
    panel.set_title("shares", fontsize="small")
    panel.set(xlabel=by, yticks=[], ylim=(0, None))
    panel.set_xticks(range(len(groups)), [shortened(name) for name in groups], rotation=0 if len(groups) < 5 else 90)
    panel.spines["left"].set_visible(False)
    panel.margins(y=0.1)
