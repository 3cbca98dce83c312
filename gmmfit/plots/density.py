"""The density of a mixture: over the histogram of one column, or as regions of two columns, pair by pair."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.arrays import Array, ascending
from gmmfit.model.mixture import Mixture
from gmmfit.plots.histogram import Histogram, edges_of, extent_of_mixture, histogram
from gmmfit.plots.pairs import draw_pairs, draw_points
from gmmfit.plots.paper import DATA, INK, OUTLINED, legend_below, line_of, write_number
from gmmfit.plots.subject import Subject

POINTS = 500
# The share of the mixture that lies in each region of a picture of two columns.
REGIONS = (0.25, 0.5, 0.75, 0.95)
SHADES = ("#edf2f8", "#cfdded", "#a6c1de", "#7ba3cf")
GRID = 160


def draw_density(figure: Figure, subject: Subject) -> None:
    """Histogram, weighted components, their total and the cut-offs; in several columns, regions of highest density."""
    if len(subject.columns) > 1:
        return draw_pairs(figure, subject, _draw_regions)
    panel = figure.add_subplot()
    if subject.data is not None:
        bins = histogram(subject.data, edges_of(subject.line, subject.mixture, subject.bins), subject.total_weight)
        draw_histogram(panel, bins, f"{len(subject.data)} rows")
        low, high = bins.edges[[0, -1]]
    elif subject.mixture is not None:
        low, high = extent_of_mixture(subject.mixture)
    if subject.mixture is not None:
        draw_components(panel, subject.mixture, curve_points(subject.mixture, low, high))
        draw_cutoffs(panel, subject.mixture, low, high)
    panel.set(xlabel=_with_rows_beyond(subject.columns[0], bins if subject.data is not None else None))
    panel.set(ylabel="density", xlim=(low, high), ylim=(0, None))
    legend_below(figure)


def draw_histogram(panel: Axes, bins: Histogram, label: str) -> None:
    """Bars whose area is the share of the rows in them."""
    panel.stairs(bins.densities, bins.edges, fill=True, color=DATA, label=label, zorder=1)
    panel.vlines(
        bins.edges[1:-1],
        0,
        np.minimum(bins.densities[:-1], bins.densities[1:]),
        color="white",
        linewidth=0.6 if len(bins.densities) < 60 else 0.3,
        zorder=1,
    )


def draw_components(panel: Axes, mixture: Mixture, x: Array, share: float = 1.0) -> None:
    """The density of a mixture and of each component, times its weight, at x (n,); all times a share."""
    density = mixture.density(x) * share
    if mixture.n_components > 1:
        for k, posterior in enumerate(mixture.posterior(x).T):
            mean, sd = mixture.means[k, 0], mixture.sds[k, 0]
            label = f"component {k + 1}: {mixture.weights[k]:.1%}, mean {mean:.5g}, sd {sd:.3g}"
            panel.plot(x, density * posterior, **line_of(k), label=label, zorder=3)
            if x[0] <= mean <= x[-1]:
                write_number(panel, k, mean, np.interp(mean, x, density * posterior))
    label = "mixture" if mixture.n_components > 1 else f"mean {mixture.means[0, 0]:.5g}, sd {mixture.sds[0, 0]:.3g}"
    panel.plot(x, density, color=INK, linewidth=1.8, label=label, path_effects=[OUTLINED], zorder=4)


def draw_cutoffs(panel: Axes, mixture: Mixture, low: float, high: float) -> None:
    """Where the likelier component changes."""
    values = [cutoff.value for cutoff in mixture.cutoffs() if low < cutoff.value < high]
    if values:
        label = f"cut-off{'s' if len(values) > 1 else ''} " + ", ".join(f"{value:.5g}" for value in values)
        for number, value in enumerate(values):
            panel.axvline(value, color="#777777", linewidth=0.9, label=label if number == 0 else None, zorder=2)


def curve_points(mixture: Mixture, low: float, high: float) -> Array:
    """Values between low and high at which a curve is drawn: even ones, and closer ones in narrow components."""
    near = mixture.means[:, 0] + mixture.sds[:, 0] * np.linspace(-4, 4, 81)[:, None]
    return ascending(np.concatenate([np.linspace(low, high, POINTS), np.clip(near, low, high).ravel()]))


def _with_rows_beyond(column: str, bins: Histogram | None) -> str:
    beyond = [f"{n} {side}" for n, side in ((bins.n_below, "below"), (bins.n_above, "above")) if n] if bins else []
    return column + (f"\nrows beyond the picture: {', '.join(beyond)}" if beyond else "")


def _draw_regions(panel: Axes, subject: Subject, pair: tuple[int, int]) -> None:
    """The smallest regions that hold so much of the mixture, darker where it is denser, and the rows."""
    if subject.mixture is not None:
        mixture = subject.mixture.marginal(pair)
        reach = 3.5 * mixture.sds
        low, high = (mixture.means - reach).min(axis=0), (mixture.means + reach).max(axis=0)
        x, y = (np.linspace(low[d], high[d], GRID) for d in (0, 1))
        density = mixture.density(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)).reshape(GRID, GRID)
        levels = levels_of(density)
        panel.contourf(x, y, density, [*levels, np.inf], colors=SHADES, zorder=1)
        panel.contour(x, y, density, levels, colors="#24476f", linewidths=0.7, zorder=2)
        for share, shade in zip(REGIONS, reversed(SHADES), strict=True):
            label = f"{share:.0%} inside"
            panel.fill(np.nan, np.nan, facecolor=shade, edgecolor="#24476f", linewidth=0.7, label=label)
    if subject.data is not None:
        draw_points(panel, subject, pair)


def levels_of(density: Array) -> list[float]:
    """The densities, ascending, above which REGIONS of what is on a grid lie."""
    falling = np.sort(density, axis=None)[::-1]
    upto = np.cumsum(falling) / falling.sum()
    return [float(falling[np.searchsorted(upto, share)]) for share in sorted(REGIONS, reverse=True)]
