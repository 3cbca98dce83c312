"""BIC, AIC and ICL against the number of components."""

import numpy as np

import gmmfit
from tests.plots.pictures import texts
from tests.samples import FAITHFUL

CHOSEN = gmmfit.fit(FAITHFUL, [1, 2, 3], column="waiting", covariance=["full", "tied"], starts=20)


def test_the_lines_are_the_candidates() -> None:
    figure = gmmfit.plot(model=CHOSEN, kind="criteria")
    for panel, criterion in zip(figure.axes, ("bic", "aic", "icl"), strict=True):
        lowest = min(CHOSEN.candidates, key=lambda one: float(getattr(one, criterion)))
        assert panel.get_title(loc="left") == f"{criterion.upper()}: lowest at {lowest.components} {lowest.covariance}"
        for drawn, covariance in zip(panel.lines[::2], ("full", "tied"), strict=True):
            expected = [getattr(one, criterion) for one in CHOSEN.candidates if one.covariance == covariance]
            np.testing.assert_array_equal(np.asarray(drawn.get_ydata()), expected)
            np.testing.assert_array_equal(np.asarray(drawn.get_xdata()), [1, 2, 3])


def test_the_chosen_model_is_ringed_and_named_once() -> None:
    figure = gmmfit.plot(model=CHOSEN, kind="criteria")
    [chosen] = [one for one in CHOSEN.candidates if one.chosen]
    rings = [one for one in figure.axes[0].collections if one.get_label() == "chosen"]
    np.testing.assert_array_equal(np.asarray(rings[0].get_offsets()), [[chosen.components, chosen.bic]])
    assert texts(figure).count("chosen") == 1
