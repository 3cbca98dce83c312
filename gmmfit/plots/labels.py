"""Groups of the rows: their histograms stacked and apart, the mixture over them, and their shares."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.plots.density import curve_points, draw_components
from gmmfit.plots.groups import groups_of
from gmmfit.plots.histogram import edges_of, histogram
from gmmfit.plots.paper import INK, legend_below
from gmmfit.plots.subject import Subject, one_column
from gmmfit.text import escaped


def draw_labels(figure: Figure, subject: Subject) -> None:
    """Above, the groups' histograms stacked, with the mixture, and the groups' shares; below, each group apart."""
    groups = groups_of(subject)
    one_column(subject)
    column, by = subject.columns[0], escaped(subject.by)
    edges = edges_of(subject.line, subject.mixture, subject.bins)
    total = sum(rows.total_weight for rows in groups.values())
    shades = matplotlib.colormaps["cividis"](np.linspace(0.45, 0.97, len(groups)))
    grid = figure.add_gridspec(1 + len(groups), 2, width_ratios=[3, 1], height_ratios=[2] + [1] * len(groups))
    top, shares = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[:, 1])
    below = np.zeros(len(edges) - 1)
    apart: list[Axes] = []
    for number, (name, rows) in enumerate(groups.items()):
        bins = histogram(rows, edges, total)
        stacked = below + bins.densities
        top.stairs(stacked, edges, baseline=below, fill=True, color=shades[number], label=f"{by} {name}")
        panel = figure.add_subplot(grid[number + 1, 0], sharex=top, sharey=apart[0] if apart else None)
        apart.append(panel)
        panel.stairs(bins.densities, edges, fill=True, color=shades[number])
        panel.axvline(rows.mean[0], color=INK, linewidth=0.9)
        sd = float(np.sqrt(rows.covariance[0, 0]))
        panel.set_title(f"{by} {name}: {len(rows)} rows, mean {rows.mean[0]:.5g}, sd {sd:.3g}", fontsize=9)
        panel.set(ylabel="density", ylim=(0, None))
        share = rows.total_weight / total
        shares.bar(number, share, color=shades[number], edgecolor=INK, linewidth=0.5)
        shares.annotate(f"{share:.1%}", (number, share), ha="center", va="bottom", fontsize=9)
        below = stacked
    if subject.mixture is not None:
        draw_components(top, subject.mixture, curve_points(subject.mixture, edges[0], edges[-1]))
    top.set(ylabel="density", xlim=(edges[0], edges[-1]), ylim=(0, None))
    apart[-1].set(xlabel=column)
    for one in [top, *apart[:-1]]:
        one.tick_params(labelbottom=False)
    shares.set(title="shares", xlabel=by, yticks=[], ylim=(0, None))
    shares.set_xticks(range(len(groups)), list(groups), rotation=0 if len(groups) < 5 else 90)
    shares.spines["left"].set_visible(False)
    shares.margins(y=0.1)
    legend_below(figure, top)
