"""What the tests of pictures draw, and how they look at what was drawn."""

import io
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gmmfit import Fit, fit
from gmmfit.arrays import Array
from gmmfit.plots.figures import save
from tests.samples import SAMPLES, columns

HEIGHTS = columns(SAMPLES / "heights.csv", ["height"])
FAITHFUL = columns(SAMPLES / "old_faithful.csv", ["eruptions", "waiting"])
INITS: dict[str, Any] = {"init_means": [180, 165], "init_sds": [5, 5], "init_weights": [0.7, 0.3]}
# 20 iterations of EM, so that tests needn't wait for a search.
FITTED: Fit = fit(HEIGHTS, 2, **INITS, max_iter=20, tol=0)
TWO_COLUMNS: Fit = fit(FAITHFUL, 2, column=["eruptions", "waiting"], init_method="quantile")


def line(figure: Figure, label: str) -> tuple[Array, Array]:
    """The points of the line whose legend begins with a text."""
    [found] = [one for panel in figure.axes for one in panel.lines if str(one.get_label()).startswith(label)]
    assert isinstance(found, Line2D)
    return np.asarray(found.get_xdata(), dtype=float), np.asarray(found.get_ydata(), dtype=float)


def texts(figure: Figure) -> str:
    """All that is written in a figure."""
    figure.draw_without_rendering()
    return "\n".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


def written(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a file."""
    stream = io.BytesIO()
    save(figure, stream, kind)
    return stream.getvalue()
