"""The density of a mixture: over the histogram of one column, or as regions of two columns, pair by pair."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.arrays import Array, ascending
from gmmfit.model.mixture import Mixture
from gmmfit.plots.column import IDENTITY, Column, ColumnRows
from gmmfit.plots.histogram import Histogram
from gmmfit.plots.kinds.ellipses import draw_pairs, draw_points, with_margin
from gmmfit.plots.known_column import KnownColumn
from gmmfit.plots.style import (
    DATA,
    INK,
    as_precise_as,
    colour,
    is_narrow,
    line_of,
    line_width,
    make_logarithmic,
    show_own_values,
    write_number,
)
from gmmfit.plots.subject import Subject
from gmmfit.text import rows_said

POINTS = 500
# The width of the bar of rows beyond a limit, as one of so many parts of the picture.
LIMIT_SHARE = 12
# How far above the highest bar the axis reaches: a density that bars flatten is higher than they are.
ABOVE_BARS = 1.3
# The share of the mixture that lies in each region of a picture of two columns.
REGIONS = (0.25, 0.5, 0.75, 0.95)
SHADES = ("#edf2f8", "#cfdded", "#a6c1de", "#7ba3cf")
OUTLINE = "#24476f"
GRID = 160
# Components and cut-offs in a legend: more have no room.
MOST_NAMED, MOST_LISTED = 10, 6
# Components between which cut-offs are looked for, pair by pair.
MOST_CUT = 200


def draw_density(figure: Figure, subject: Subject) -> list[Axes]:
    """Histogram, weighted components, their total and the cut-offs; in several columns, regions of highest density."""
    if len(subject.columns) > 1:
        return draw_pairs(figure, subject, _draw_regions)
    panel = figure.add_subplot()
    draw_column(panel, subject.column())
    return [panel]


def draw_column(panel: Axes, column: Column, with_cutoffs: bool = True) -> None:
    """The histogram of a column, and the mixture of it."""
    below, top = column.name, None
    low, high = column.ends
    if column.rows is not None:
        bins = column.rows.histogram()
        draw_histogram(panel, bins, rows_said(len(column.rows)) + missing_said(column.rows))
        below += rows_beyond(bins)
        if column.rows.known is not None:
            low, high = draw_limits(panel, column.rows, column.rows.known, low, high)
        # What is drawn up to here depends on the rows alone, and so does the axis.
        top = ABOVE_BARS * max(float(panel.dataLim.y1), column.rows.densest) or None
    if column.log:
        make_logarithmic(panel, low, high)
    panel.set(xlabel=below, ylabel=column.density_of, xlim=(low, high))
    if top is not None:
        panel.set_ylim(0, top)
    if column.mixture is not None:
        share = column.known.share_seen(column.mixture) if column.known else 1.0
        if column.known is not None:
            draw_with_errors(panel, column.mixture, column.known, low, high)
        x = curve_points(column.mixture, low, high)
        draw_components(panel, column, column.mixture, x, share)
        if with_cutoffs:
            draw_cutoffs(panel, column, column.mixture, low, high)
        draw_whiskers(panel, column, column.mixture, share)
    panel.set_ylim(bottom=0)
    if column.transform is not IDENTITY:
        show_own_values(panel.xaxis, column.transform, (low, high))


def draw_histogram(panel: Axes, bins: Histogram, label: str) -> None:
    """Bars whose area is the share of the rows in them."""
    panel.stairs(bins.densities, bins.edges, fill=True, color=DATA, label=label, zorder=1)
    inner = np.minimum(bins.densities[:-1], bins.densities[1:])
    thin = 0.6 if len(bins.densities) < 60 else 0.3
    panel.vlines(bins.edges[1:-1], 0, inner, color="white", linewidth=thin, zorder=1)


def missing_said(rows: ColumnRows) -> str:
    """How many more rows lack a value, in a legend."""
    return f", {rows.n_missing} more without a value" if rows.n_missing else ""


def draw_limits(panel: Axes, rows: ColumnRows, known: KnownColumn, low: float, high: float) -> tuple[float, float]:
    """Rows of which only a limit is known, as bars beyond it; and the ends of a window.

    These widen the picture: given is from where to where it now reaches.
    """
    width = (high - low) / LIMIT_SHARE
    limits = (
        (known.below, known.highest_below, -width, "below a limit"),
        (known.above, known.lowest_above, width, "above a limit"),
    )
    for weight, limit, beyond, what in limits:
        if weight:
            height, start = weight / rows.total_weight / width, min(limit, limit + beyond)
            look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "hatch": "///", "linewidth": 0.6}
            panel.bar(start, height, width, align="edge", label=f"{rows_said(round(weight))} {what}", **look)
            low, high = min(low, limit + beyond), max(high, limit + beyond)
    for end in known.window or ():
        if low < end < high:
            panel.axvline(end, color=INK, linewidth=0.9, linestyle="--", label="window", zorder=2)
    return low, high


def draw_with_errors(panel: Axes, mixture: Mixture, known: KnownColumn, low: float, high: float) -> None:
    """The mixture of values with their errors, if they have some."""
    if (blurred := known.blurred(mixture)) is not None:
        x = curve_points(blurred, low, high)
        density = blurred.density(x) / known.share_seen(mixture)
        look: dict[str, Any] = {"color": INK, "linewidth": 1.2, "linestyle": ":", "zorder": 4, "gid": "with_errors"}
        panel.plot(x, density, **look, label="with the errors")


def rows_beyond(bins: Histogram) -> str:
    """What is to be said below a picture of rows that lie beyond it."""
    beyond = [f"{n} {side}" for n, side in ((bins.n_below, "below"), (bins.n_above, "above")) if n]
    return f"\nrows beyond the picture: {', '.join(beyond)}" if beyond else ""


def draw_components(panel: Axes, column: Column, mixture: Mixture, x: Array, share: float = 1.0) -> None:
    """The density of the mixture of a column and of each component, times its weight, at x (n,).

    Of a transformed column medians are named, in the column's own units. Where rows are seen of a share of it only, it
    is so many times higher, as theirs is.
    """
    transform = column.transform
    density, short = mixture.density(x) / share * column.slope(x), is_narrow(panel)
    plain = transform is IDENTITY
    middle = "median " if not plain else "" if short else "mean "
    normals = [
        f"{middle}{as_precise_as(sd, mean) if plain else format(own, '.4g')}, sd {as_precise_as(sd, sd)}"
        for mean, own, sd in zip(
            mixture.means[:, 0].tolist(),
            transform.invert(mixture.means[:, 0]).tolist(),
            mixture.sds[:, 0].tolist(),
            strict=True,
        )
    ]
    top = np.inf if panel.get_autoscaley_on() else panel.get_ylim()[1]
    posteriors, several = mixture.posterior(x).T, mixture.n_components > 1 or mixture.noise is not None
    look: dict[str, Any]
    if mixture.noise is not None:
        label = f"noise: {mixture.noise.weight:.1%}"
        look = {"color": INK, "linewidth": 1.2, "linestyle": ":", "zorder": 3, "gid": "noise"}
        panel.plot(x, density * posteriors[-1], **look, label=label)
    if several:
        for k, posterior in enumerate(posteriors[: mixture.n_components]):
            weight = f"{mixture.weights[k]:.0%}" if short else f"{mixture.weights[k]:.1%}"
            label = f"{'' if short else 'component '}{k + 1}: {weight}, {normals[k]}"
            if k >= MOST_NAMED:
                label = f"{mixture.n_components - MOST_NAMED} components more" if k == MOST_NAMED else "_"
            area = np.concatenate([[0.0], density * posterior, [0.0]])
            look = {"color": colour(k), "alpha": 0.16, "linewidth": 0, "zorder": 1.5, "gid": f"area_{k + 1}"}
            panel.fill(x[[0, *range(len(x)), -1]], area, **look)
            panel.plot(x, density * posterior, **line_of(k), label=label, zorder=3, gid=f"component_{k + 1}")
            mean = float(mixture.means[k, 0])
            if x[0] <= mean <= x[-1]:
                write_number(panel, k, mean, min(float(np.interp(mean, x, density * posterior)), 0.95 * top))
    label = "mixture" if several else normals[0]
    width = line_width() * (0.7 if several else 1.1)
    # Below the components: where groups are apart it is the same line as theirs.
    panel.plot(x, density, color=INK, linewidth=width, label=label, zorder=2.5 if several else 4, gid="mixture")


def draw_cutoffs(panel: Axes, column: Column, mixture: Mixture, low: float, high: float) -> None:
    """Where the likelier component changes, with a band of the interval where that is known."""
    cut_at: list[tuple[float, float]] = []
    if column.ranges is not None:
        shares, bands = column.ranges.cutoffs[:, 0], column.transform.apply(column.ranges.cutoffs[:, 1:])
        for value, start, stop in bands[np.all(np.isfinite(bands), axis=1)].tolist():
            if not low < value < high:
                continue  # a band without its line would be taken for something else
            panel.axvspan(max(start, low), min(stop, high), color="#777777", alpha=0.15, linewidth=0, zorder=0)
        cut_at = list(zip(bands[:, 0].tolist(), shares.tolist(), strict=True))
    elif mixture.n_components <= MOST_CUT:
        cut_at = [(cutoff.value, cutoff.probability) for cutoff in mixture.cutoffs()]
    seen = [(value, share) for value, share in cut_at if low < value < high]
    smallest, several = float(mixture.sds.min()), len({share for _, share in cut_at}) > 1
    own = column.values(np.array([value for value, _ in seen[:MOST_LISTED]])).tolist()
    listed = ", ".join(
        (as_precise_as(smallest, value) if column.transform is IDENTITY else f"{value:.4g}")
        + (f" ({share:g})" if several else "")
        for value, (_, share) in zip(own, seen, strict=False)
    )
    listed += ", …" if len(seen) > MOST_LISTED else ""
    for number, (value, _) in enumerate(seen):
        label = f"cut-off{'s' if len(seen) > 1 else ''} {listed}" if number == 0 else None
        panel.axvline(value, color="#777777", linewidth=0.9, label=label, zorder=2)


def draw_whiskers(panel: Axes, column: Column, mixture: Mixture, share: float) -> None:
    """The interval of each mean, as high as its component is there."""
    if column.ranges is None:
        return
    for k, (start, stop) in enumerate(column.ranges.means.tolist()[:MOST_NAMED]):
        height = float(mixture.weights[k] / (mixture.sds[k, 0] * np.sqrt(2 * np.pi)) / share)
        height = min(height * float(column.slope(mixture.means[k])[0]), 0.95 * panel.get_ylim()[1])
        look = {"color": line_of(k)["color"], "linewidth": 1.6, "zorder": 5}
        what = "intervals of means and cut-offs" if mixture.n_components > 1 else "interval of the mean"
        what = "intervals" if is_narrow(panel) else what
        label = f"{100 * column.ranges.confidence:g}% {what}" if k == 0 else "_"
        panel.plot([start, stop], [height, height], marker="|", markersize=7, label=label, **look)


def curve_points(mixture: Mixture, low: float, high: float, n: int = POINTS) -> Array:
    """Values between low and high at which a curve is drawn: n even ones, and closer ones in narrow components."""
    near = mixture.means[:, 0] + mixture.sds[:, 0] * np.linspace(-4, 4, 81)[:, None]
    even = np.linspace(low, high, n)
    on_logs = np.geomspace(low, high, n) if low > 0 else even
    return ascending(np.concatenate([even, on_logs, np.clip(near, low, high).ravel()]))


def _draw_regions(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """The smallest regions that hold so much of the mixture, darker where it is denser, and the rows."""
    if subject.mixture is not None:
        x, y = (curve_points(subject.mixture.marginal((d,)), *with_margin(subject.column(d).ends), GRID) for d in pair)
        logs = subject.mixture.marginal(pair).log_density(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
        density = np.exp(logs - logs.max()).reshape(len(y), len(x))
        levels = levels_of(density, np.outer(np.gradient(y / np.ptp(y)), np.gradient(x / np.ptp(x))))
        shades = SHADES[-len(levels) :]
        panel.contourf(x, y, density, [*levels, np.inf], colors=shades, zorder=1)
        panel.contour(x, y, density, levels, colors=OUTLINE, linewidths=0.8, zorder=3)
        for share, shade in zip(REGIONS, reversed(shades), strict=False):
            label = f"{share:.0%} inside"
            panel.fill(np.nan, np.nan, facecolor=shade, edgecolor=OUTLINE, linewidth=0.7, label=label)
    if subject.data is not None:
        draw_points(panel, subject, pair)


def levels_of(density: Array, areas: Array) -> list[float]:
    """The densities, ascending, above which REGIONS of what is on a grid lie; areas are those of its cells."""
    order = np.argsort(density, axis=None)[::-1]
    upto = np.cumsum(density.ravel()[order] * areas.ravel()[order])
    found = np.searchsorted(upto, np.array(REGIONS) * upto[-1])
    levels: list[float] = ascending(density.ravel()[order][found]).tolist()
    return levels
