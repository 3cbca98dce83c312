"""How well a distribution fits: the share of rows up to each value, and quantile against quantile."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmmfit.arrays import Array
from gmmfit.errors import ArgumentError
from gmmfit.model.mixture import Mixture
from gmmfit.plots.column import IDENTITY, Column, ColumnRows
from gmmfit.plots.kinds.density import curve_points
from gmmfit.plots.style import COLOURS, DATA, INK, make_logarithmic, show_own_values
from gmmfit.plots.subject import Subject
from gmmfit.text import rows_said

# Points of a curve that has one for each row: more can't be told apart.
MOST_POINTS = 1000
# Standard errors on either side of a quantile that hold it in 95 of 100 samples, one by one.
WITHIN_95 = 1.959964


def draw_cdf(figure: Figure, subject: Subject) -> list[Axes]:
    """The share of rows up to each value, and the mixture's cdf."""
    column, panel = only_column_of(subject, "cdf"), figure.add_subplot()
    low, high = column.ends
    mixture, label = column.mixture, "mixture"
    if column.rows is not None:
        values, shares = _shares(column.rows)
        inside = (values >= low) & (values <= high)
        x = np.concatenate([[low], values[inside], [high]])
        before, upto = shares[values < low].max(initial=0.0), shares[values <= high].max(initial=0.0)
        y = np.concatenate([[before], shares[inside], [upto]])
        panel.step(x, y, where="post", color="#8a8a8a", linewidth=2.6, label=_n_rows(column.rows), zorder=2)
        if mixture is not None:
            label += f": at most {_largest_distance(values, shares, mixture):.3g} from the rows"
    if mixture is not None:
        x = curve_points(mixture, low, high)
        panel.plot(x, mixture.cdf(x), color=COLOURS[0], linewidth=1.5, label=label, zorder=3)
    panel.set(xlabel=column.name, ylabel="share of rows at most as large", xlim=(low, high), ylim=(-0.01, 1.01))
    if column.transform is not IDENTITY:
        show_own_values(panel.xaxis, column.transform, (low, high))
    if column.log:
        make_logarithmic(panel, low, high)
    return [panel]


def draw_qq(figure: Figure, subject: Subject) -> list[Axes]:
    """Each row against the quantile of the mixture that it should be, and where 95 of 100 such rows would lie."""
    column = only_column_of(subject, "qq")
    mixture = column.mixture
    if mixture is None or column.rows is None:
        raise ArgumentError("qq is a picture of rows under a mixture: give `data` and a `model`")
    panel = figure.add_subplot()
    values, upto = _shares(column.rows)
    middle = (np.concatenate([[0], upto[:-1]]) + upto) / 2
    chosen = _thinned(len(values))
    values, middle = values[chosen], middle[chosen]
    expected = mixture.quantile(middle)
    low, high = (mixture.quantile(within_95(middle, column.rows.line.total_weight, side)) for side in (-1, 1))
    panel.fill_between(expected, low, high, color=DATA, linewidth=0, label="95% range of each row", zorder=1)
    ends = [float(min(expected[0], values[0])), float(max(expected[-1], values[-1]))]
    panel.plot(ends, ends, color=INK, linewidth=0.9, label="as expected", zorder=2)
    label = _n_rows(column.rows) + (", equal ones once" if len(column.rows.line) < len(column.rows) else "")
    panel.scatter(expected, values, s=9, color=COLOURS[0], linewidths=0, label=label, zorder=3)
    panel.set(xlabel=f"quantile of the mixture, {column.name}", ylabel=f"quantile of the rows, {column.name}")
    for axis in (panel.xaxis, panel.yaxis) if column.transform is not IDENTITY else ():
        show_own_values(axis, column.transform, (ends[0], ends[1]))
    return [panel]


def only_column_of(subject: Subject, kind: str) -> Column:
    """The column of a picture of one.

    Raises:
        ArgumentError: there are several.
    """
    if len(subject.columns) > 1:
        raise ArgumentError(
            f"{kind} is a picture of one column: choose one of {', '.join(subject.columns)} by `column`"
        )
    column = subject.column()
    if kind in ("cdf", "qq") and column.known is not None:
        raise ArgumentError(
            f"{kind} is a picture of exact values, and of these rows intervals, limits, errors or a window are known: "
            "draw their density"
        )
    return column


def within_95(share: Array, n: float, side: int) -> Array:
    """Between which shares of the distribution a row lies in 95 of 100 samples of n: the lower (side -1) or upper end.

    The i-th of n rows has i = n share + 1/2, and cdf(row) is Beta(i, n - i + 1). Its quantile is that of an F
    distribution, whose cube root is nearly a ratio of two normal variables: a quadratic equation.

    Source: Paulson (1942), An approximate normalization of the analysis of variance distribution.
    """
    i, rest = np.maximum(n * share + 0.5, 1), np.maximum(n * (1 - share) + 0.5, 1)
    a, b, z = 1 / (9 * i), 1 / (9 * rest), WITHIN_95
    square, middle, constant = (1 - b) ** 2 - z**2 * b, (1 - a) * (1 - b), (1 - a) ** 2 - z**2 * a
    root = (middle + side * np.sqrt(middle**2 - square * constant)) / square
    ends: Array = i * root**3 / (i * root**3 + rest)
    return ends


def _n_rows(rows: ColumnRows) -> str:
    return ("some of " if rows.is_sampled else "") + rows_said(len(rows))


def _shares(rows: ColumnRows) -> tuple[Array, Array]:
    """The different values of the rows, ascending, and the share of rows at most as large as each."""
    upto = np.cumsum(rows.line.weights)
    return rows.line.values[:, 0], upto / upto[-1]


def _largest_distance(values: Array, shares: Array, mixture: Mixture) -> float:
    """Kolmogorov's distance of the rows' distribution from the mixture's."""
    expected = mixture.cdf(values)
    before = np.concatenate([[0], shares[:-1]])
    return float(max(np.abs(shares - expected).max(), np.abs(before - expected).max()))


def _thinned(n: int) -> npt.NDArray[np.intp]:
    """Positions of at most MOST_POINTS of n, the first and last 100 among them."""
    if n <= MOST_POINTS:
        return np.arange(n)
    inner = np.linspace(100, n - 101, MOST_POINTS - 200).round().astype(int)
    return np.concatenate([np.arange(100), inner, np.arange(n - 100, n)])
