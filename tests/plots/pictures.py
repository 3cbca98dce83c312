"""What the tests of pictures draw, and how they look at what was drawn."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gmmfit import Fit, fit
from gmmfit.arrays import Array
from gmmfit.plots.figures import save
from tests import samples
from tests.builders import written_by
from tests.samples import FAITHFUL

HEIGHTS = {"height": samples.HEIGHTS}
INITS: dict[str, Any] = {"init_means": [180, 165], "init_sds": [5, 5], "init_weights": [0.7, 0.3]}
# 20 iterations of EM, so that tests needn't wait for a search.
FITTED: Fit = fit(HEIGHTS, 2, **INITS, max_iter=20, tol=0)
TWO_COLUMNS: Fit = fit(FAITHFUL, 2, column=["eruptions", "waiting"], init_method="quantile")

# Columns that bins have a hard time with.
RNG = np.random.default_rng(0)
UGLY = {
    "normal": RNG.normal(170, 6, 1000),
    "heavy tails": RNG.standard_t(1, 3000),
    "a far outlier": np.append(RNG.normal(0, 1, 300), 1e6),
    "ten rows": RNG.normal(0, 1, 10),
    "heaped": np.repeat([1.0, 2.0, 5.0], [100, 900, 3]),
    "constant": np.full(7, 3.0),
    "zero": np.zeros(3),
    "one row": np.array([5.0]),
    "tiny": RNG.normal(0, 1e-200, 50),
    "huge": RNG.normal(0, 1e200, 50),
    "the smallest number": np.full(3, 5e-324),
    "two neighbours": np.array([1.0, np.nextafter(1, 2)]),
    "a step": np.repeat(np.arange(301.0), 3),
}


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
    return written_by(lambda stream: save(figure, stream, kind))
