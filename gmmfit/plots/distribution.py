"""How well a distribution fits: the share of rows up to each value, and quantile against quantile."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from gmmfit.arrays import Array
from gmmfit.plots.density import curve_points
from gmmfit.plots.histogram import extent, extent_of_mixture
from gmmfit.plots.paper import COLOURS, DATA, INK, legend_below
from gmmfit.plots.subject import Subject, mixture_of, one_column

# Points of a curve that has one for each row: more can't be told apart.
MOST_POINTS = 1000
# Standard errors on either side of a quantile that hold it in 95 of 100 samples, one by one.
WITHIN_95 = 1.959964


def draw_cdf(figure: Figure, subject: Subject) -> None:
    """The share of rows up to each value, and the mixture's cdf."""
    one_column(subject)
    panel = figure.add_subplot()
    mixture, column = subject.mixture, subject.columns[0]
    if subject.data is not None:
        low, high = extent(subject.line, mixture)
        values, shares = _shares(subject)
        inside = (values >= low) & (values <= high)
        start = shares[values < low].max(initial=0.0)
        x = np.concatenate([[low], values[inside], [high]])
        y = np.concatenate([[start], shares[inside], shares[values <= high][-1:]])
        panel.step(x, y, where="post", color="#8a8a8a", linewidth=2.6, label=f"{len(subject.data)} rows", zorder=2)
    elif mixture is not None:
        low, high = extent_of_mixture(mixture)
    if mixture is not None:
        label = "mixture"
        if subject.data is not None:
            label += f": at most {_largest_distance(subject):.3f} from the rows"
        x = curve_points(mixture, low, high)
        panel.plot(x, mixture.cdf(x), color=COLOURS[0], linewidth=1.5, label=label, zorder=3)
    panel.set(xlabel=column, ylabel="share of rows at most as large", xlim=(low, high), ylim=(-0.01, 1.01))
    legend_below(figure)


def draw_qq(figure: Figure, subject: Subject) -> None:
    """Each row against the quantile of the mixture that it should be, and where 95 of 100 such rows would lie."""
    one_column(subject)
    mixture, column = mixture_of(subject), subject.columns[0]
    panel = figure.add_subplot()
    values, upto = _shares(subject)
    middle = (np.concatenate([[0], upto[:-1]]) + upto) / 2
    chosen = _thinned(len(values))
    values, middle = values[chosen], middle[chosen]
    expected = mixture.quantile(middle)
    low, high = (mixture.quantile(within_95(middle, subject.total_weight, side)) for side in (-1, 1))
    panel.fill_between(expected, low, high, color=DATA, linewidth=0, label="95 % range of each row", zorder=1)
    ends = [float(min(expected[0], values[0])), float(max(expected[-1], values[-1]))]
    panel.plot(ends, ends, color=INK, linewidth=0.9, label="as expected", zorder=2)
    rows = f"{len(subject.data or ())} rows"
    panel.scatter(expected, values, s=9, color=COLOURS[0], linewidths=0, label=rows, zorder=3)
    panel.set(xlabel=f"quantile of the mixture, {column}", ylabel=f"quantile of the rows, {column}")
    legend_below(figure)


def within_95(share: Array, n: float, side: int) -> Array:
    """Between which shares of the distribution a row lies in 95 of 100 samples of n: the lower (side -1) or upper end.

    The i-th of n rows has i = n share + 1/2, and cdf(row) is Beta(i, n - i + 1). Its quantile is that of an F
    distribution, whose cube root is nearly a ratio of two normal variables: a quadratic equation.

    Source: Paulson (1942), An approximate normalization of the analysis of variance distribution.
    """
    i, rest = n * share + 0.5, n * (1 - share) + 0.5
    a, b, z = 1 / (9 * i), 1 / (9 * rest), WITHIN_95
    square, middle, constant = (1 - b) ** 2 - z**2 * b, (1 - a) * (1 - b), (1 - a) ** 2 - z**2 * a
    root = (middle + side * np.sqrt(middle**2 - square * constant)) / square
    ends: Array = i * root**3 / (i * root**3 + rest)
    return ends


def _shares(subject: Subject) -> tuple[Array, Array]:
    """The different values of the rows, ascending, and the share of rows at most as large as each."""
    upto = np.cumsum(subject.line.weights)
    return subject.line.values[:, 0], upto / upto[-1]


def _largest_distance(subject: Subject) -> float:
    """Kolmogorov's distance of the rows' distribution from the mixture's."""
    values, shares = _shares(subject)
    expected = mixture_of(subject).cdf(values)
    before = np.concatenate([[0], shares[:-1]])
    return float(max(np.abs(shares - expected).max(), np.abs(before - expected).max()))


def _thinned(n: int) -> npt.NDArray[np.intp]:
    """Positions of at most MOST_POINTS of n, the first and last 100 among them."""
    if n <= MOST_POINTS:
        return np.arange(n)
    inner = np.linspace(100, n - 101, MOST_POINTS - 200).round().astype(int)
    return np.concatenate([np.arange(100), inner, np.arange(n - 100, n)])
