"""What is odd about the rows themselves: values far from all others, heaps, and ends that look cut off."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.heaps import far_ends
from gmmfit.data.resolution import resolution
from gmmfit.data.rows import Rows, are_exact
from gmmfit.data.summary import Summary
from gmmfit.fitting.evidence.findings import CutOff, FarValue, Heap, Rounded
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.soundness import Credibility
from gmmfit.model.mixture import Mixture
from gmmfit.model.univariate import cdf
from gmmfit.text import escaped

# A value is the same as another if they differ by less than this share.
ROUNDING = 1e-12
# Rows, and the share of all, that a mixture may expect beyond an end of the table before it seems cut off there.
BEYOND, SHARE_BEYOND = 5, 0.01
# Sds that are too large by such a share are worth a word, those of a component of hardly more than one value are not; a
# component has to hold such a share of the rows.
NOTICEABLE, WORTH_A_HINT, LARGE_WEIGHT = 0.01, 1.0, 0.1
# An end is so many rows, or that share of them, of so many values. The outer half of a truncated one has at least this
# many times the rows of the inner half; that of a normal column less than half.
TAIL_ROWS, TAIL_SHARE, TAIL_VALUES, ABRUPT = 30, 0.1, 10, 0.6


def far_values(problem: Problem) -> list[FarValue]:
    """The lowest and highest values of columns that are far from all others.

    A group of values that far away is one, and no outlier.
    """
    found = []
    for d, column in enumerate(problem.rows.value_counts):
        for end, beside in far_ends(column.values):
            value, next_one = (problem.rows.units.value(column.values[at], d) for at in (end, beside))
            found.append(FarValue(value, next_one, _n_rows(problem, d, column.values[end]), _name(problem, d)))
    return found


def _n_rows(problem: Problem, d: int, value: float) -> float:
    """How many rows, by weight, have a value far out in a column: of a long table the sample has only a part.

    In a summary a value that is alone in its cell is a point, but for rounding; else all rows are asked.
    """
    data = problem.rows.data

    def weight_there(rows: Rows) -> Array:
        there = np.isclose(rows.values[:, d], value, rtol=ROUNDING, atol=0)
        return np.array([rows.weights[there].sum()])

    alone = float(weight_there(data.points)[0]) if isinstance(data, Summary) else 0.0
    return alone or float(data.sum(weight_there)[0])


def heaps_of(problem: Problem, standard: Mixture, credibility: Credibility) -> list[Heap]:
    """The values that stand out of the columns, with the component that sits on each, if one does."""
    found = []
    for d, column in enumerate(problem.rows.value_counts):
        for position in np.flatnonzero(column.heaps):
            value = column.values[position]
            near = np.abs(standard.means[:, d] - value) < standard.sds[:, d]
            on_it = np.flatnonzero(near & credibility.heaps[0, :, d])
            end = {0: "lowest", len(column.values) - 1: "highest"}.get(int(position), "")
            share = float(column.rows[position] / column.rows.sum())
            component = int(on_it[0]) + 1 if len(on_it) else 0
            found.append(Heap(problem.rows.units.value(value, d), share, end, component, _name(problem, d)))
    return found


def cut_off_ends(problem: Problem, standard: Mixture, heaps: Sequence[Heap]) -> list[CutOff]:
    """The ends of columns beyond which the mixture expects rows where there are none; a heap there explains them.

    An end is abrupt where rows are hardly rarer in the outer half of the last few per cent than in the inner one.
    """
    found = []
    for d, column in enumerate(problem.rows.value_counts if are_exact(problem.rows.sample) else ()):
        one_column, name = standard.marginal((d,)), _name(problem, d)
        mirrored = replace(one_column, means=-one_column.means)
        for end, mixture, values, counts in (
            ("lowest", one_column, column.values, column.rows),
            ("highest", mirrored, -column.values[::-1], column.rows[::-1]),
        ):
            share = _share_beyond(mixture, values, counts)
            if share > 0 and not any(heap.end == end and heap.column == name for heap in heaps):
                value = column.values[0 if end == "lowest" else -1]
                half = resolution(column.values) / 2 * float(problem.rows.units.unit[d])
                at = problem.rows.units.value(float(value), d)
                window = (at - half, None) if end == "lowest" else (None, at + half)
                found.append(CutOff(at, share, end, name, window))
        if len(found) > 1 and found[-2].column == found[-1].column:
            both = (found[-2].window[0], found[-1].window[1])
            found[-2:] = [one._replace(window=both) for one in found[-2:]]
    return found


def rounded_columns(problem: Problem, standard: Mixture) -> list[Rounded]:
    """The columns whose values are multiples of so wide a step that the sds of components are too large by 1 %.

    A value that stands for an interval of width h has the variance h²/12 besides that of the component.

    Source: Sheppard (1898), On the calculation of the most probable values of frequency-constants.
    """
    found = []
    for d, column in enumerate(problem.rows.value_counts if are_exact(problem.rows.sample) else ()):
        step = resolution(column.values) if len(column.values) > 1 else 0.0
        variances = standard.covariances[standard.weights >= LARGE_WEIGHT, d, d]
        if step == 0 or not len(variances) or problem.constraints.fixed.sds:
            continue
        left = variances - step**2 / 12
        excess = excess_by_rounding(np.sqrt(left), step) if left.min() > 0 else np.inf
        if NOTICEABLE < excess < WORTH_A_HINT:
            found.append(Rounded(step * float(problem.rows.units.unit[d]), excess, _name(problem, d)))
    return found


def excess_by_rounding(sds: Array, step: float) -> float:
    """By which share the smallest of sds (K,) is found too large if values rounded to a step are taken for exact."""
    return float(np.sqrt(1 + step**2 / 12 / np.min(sds) ** 2) - 1)


def _share_beyond(mixture: Mixture, values: Array, counts: Array) -> float:
    """The share of the rows that a mixture expects below the lowest of values (V,); 0 if that is no abrupt end."""
    low, total = values[0] - resolution(values) / 2, counts.sum()
    share = float(cdf(mixture, low)[0])
    if share * total <= BEYOND + SHARE_BEYOND * total:
        return 0.0
    upto = np.cumsum(counts)
    tail = int(np.searchsorted(upto, max(TAIL_ROWS, TAIL_SHARE * total)))
    if not TAIL_VALUES <= tail < len(values):
        return 0.0
    outer = counts[values <= (low + values[tail]) / 2].sum()
    return share if outer >= ABRUPT * (upto[tail] - outer) else 0.0


def _name(problem: Problem, d: int) -> str:
    """The name of a column where there are several."""
    columns = problem.rows.sample.columns
    return escaped(columns[d]) if len(columns) > 1 else ""
