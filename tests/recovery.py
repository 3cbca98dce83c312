"""How well the parameters of a mixture are found again from rows that are known in part, beside a fit that takes them
for exact numbers: `python -m tests.recovery --tables 200`.

For each kind of rows: the mean error of weights, means and sds in units of their standard errors, and the share of 95 %
intervals that hold the truth.
"""

import argparse
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gmmfit import Fit, Mixture, fit, simulate
from gmmfit.arrays import Array

TRUTH = Mixture.from_sds([0.4, 0.6], [0, 4], [1, 1.2])
PLANE = Mixture(
    np.array([0.4, 0.6]), np.array([[0.0, 0], [3, 2]]), np.array([[[1, 0.6], [0.6, 1]], [[1.5, -0.4], [-0.4, 1]]])
)
ROWS = 500
WITHIN_95 = 1.959964


class Recorded(NamedTuple):
    """The mixture that rows come from, and the arguments of a fit that knows how they were recorded, or doesn't."""

    truth: Mixture
    known: dict[str, Any]
    plain: dict[str, Any]


Draw = Callable[[Array, Array, np.random.Generator], Recorded]


def rounded(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """To whole multiples of 1.5."""
    values = np.round(x / 1.5) * 1.5
    return Recorded(TRUTH, {"data": values, "rounded": 1.5}, {"data": values})


def below_a_limit(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """A fifth or so of the rows is below a limit of -0.2, and written as the limit by those who know no better."""
    below = x < -0.2
    ends = (np.where(below, np.nan, x), np.where(below, -0.2, x))
    return Recorded(TRUTH, {"data": None, "interval": ends}, {"data": np.where(below, -0.2, x)})


def truncated(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """Only rows between -1 and 5.5."""
    seen = x[(x > -1) & (x < 5.5)]
    return Recorded(TRUTH, {"data": seen, "truncated": (-1, 5.5)}, {"data": seen})


def with_errors(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """Errors of 0.3 to 1.5, known for each row."""
    errors = rng.uniform(0.3, 1.5, len(x))
    values = x + errors * rng.normal(size=len(x))
    return Recorded(TRUTH, {"data": values, "errors": errors}, {"data": values})


def labelled(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """The component of one row in five is known."""
    names = [("ab"[int(label)] if rng.random() < 0.2 else None) for label in labels]
    return Recorded(TRUTH, {"data": x, "labels": names}, {"data": x})


def with_gaps(x: Array, labels: Array, rng: np.random.Generator) -> Recorded:
    """In two columns: the second is mostly missing where the first is large."""
    gappy = x.copy()
    gappy[rng.random(len(x)) < np.where(x[:, 0] > 2, 0.6, 0.1), 1] = np.nan
    return Recorded(PLANE, {"data": gappy, "missing": "use"}, {"data": gappy})


KINDS: dict[str, Draw] = {
    "rounded": rounded,
    "below a limit": below_a_limit,
    "truncated": truncated,
    "with errors": with_errors,
    "labelled": labelled,
    "with gaps": with_gaps,
}


def errors_in_ses(found: Fit, truth: Mixture) -> Array:
    """How far the parameters of a fit are from the truth, in standard errors; none where there is no peak."""
    if found.standard_errors is None or not found.may_be_chosen:
        return np.empty(0)
    errors, mixture = found.standard_errors, found.mixture
    pairs = (("weights", mixture.weights - truth.weights), ("means", mixture.means - truth.means))
    away = [(off / getattr(errors, name)).ravel() for name, off in (*pairs, ("sds", mixture.sds - truth.sds))]
    return np.concatenate([away[0][1:], *away[1:]])


def recovered(kind: str, n_tables: int, seed: int = 1) -> dict[str, tuple[float, float, int]]:
    """The mean absolute bias in standard errors, the share of intervals that hold the truth, and the tables counted."""
    away: dict[str, list[Array]] = {"known": [], "plain": []}
    for number in range(n_tables):
        rng = np.random.default_rng([seed, number])
        truth = PLANE if kind == "with gaps" else TRUTH
        table = simulate(truth, rows=ROWS, seed=int(rng.integers(2**31)))
        values = table.values if truth is PLANE else table.values[:, 0]
        drawn = KINDS[kind](values, np.asarray(table.component - 1, dtype=float), rng)
        for how in away:
            away[how].append(errors_in_ses(fit(components=2, **getattr(drawn, how), starts=60), drawn.truth))
    found = {}
    for how, lists in away.items():
        whole = np.array([one for one in lists if len(one)])
        found[how] = float(np.abs(whole.mean(axis=0)).mean()), float((np.abs(whole) < WITHIN_95).mean()), len(whole)
    return found


def main() -> None:
    """Print the figures of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=200)
    tables = parser.parse_args().tables
    logging.getLogger("gmmfit").setLevel(logging.ERROR)
    print(f"{tables} tables of {ROWS} rows a kind: bias in standard errors, coverage at 95 %, tables with a peak")
    print(f"{'rows':15} {'known for what they are':>25} {'taken for exact':>25}")
    for kind in KINDS:
        shown = [f"{bias:9.2f} {coverage:8.1%} {n:5}" for bias, coverage, n in recovered(kind, tables).values()]
        print(f"{kind:15} {shown[0]:>25} {shown[1]:>25}", flush=True)


if __name__ == "__main__":
    main()
