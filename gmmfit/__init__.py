"""Gaussian mixtures fitted to columns of a table by EM.

model/    what a mixture is                 data/   what it is fitted to
fitting/  how it is found, how well it fits  files/  tables in, results out
plots/    pictures                          pages/  reports for a browser
cli/      the commands, and doors.py the same for Python

The public names are loaded when they are first used, so that the command line starts before numpy does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gmmfit.version import __version__

if TYPE_CHECKING:
    from gmmfit.doors import fit, fit_many, plot, score, simulate
    from gmmfit.errors import ArgumentError, DataError, FitError, GmmfitError, ModelError, OutputError
    from gmmfit.files.frames import frame
    from gmmfit.fitting.em.step import Step
    from gmmfit.fitting.many.group_fit import Fits, GroupFit
    from gmmfit.fitting.result import Candidate, Fit
    from gmmfit.fitting.score import Score
    from gmmfit.fitting.search.peaks import Peak, Search
    from gmmfit.fitting.settings import Settings
    from gmmfit.fitting.uncertainty.intervals import StandardErrors
    from gmmfit.model.mixture import Mixture
    from gmmfit.model.simulate import Simulation


__all__ = [
    "ArgumentError",
    "Candidate",
    "DataError",
    "Fit",
    "FitError",
    "Fits",
    "GmmfitError",
    "GroupFit",
    "Mixture",
    "ModelError",
    "OutputError",
    "Peak",
    "Score",
    "Search",
    "Settings",
    "Simulation",
    "StandardErrors",
    "Step",
    "__version__",
    "fit",
    "fit_many",
    "frame",
    "plot",
    "score",
    "simulate",
]

_MODULES = {
    "doors": ["fit", "fit_many", "plot", "score", "simulate"],
    "files.frames": ["frame"],
    "fitting.em.step": ["Step"],
    "fitting.uncertainty.intervals": ["Intervals", "Spread", "StandardErrors", "Uncertainty"],
    "fitting.many.group_fit": ["Fits", "GroupFit"],
    "fitting.result": ["Candidate", "Fit"],
    "fitting.search.peaks": ["Peak", "Search"],
    "fitting.settings": ["Settings"],
    "fitting.score": ["Score"],
    "model.mixture": ["Mixture"],
    "model.simulate": ["Simulation"],
    "errors": ["ArgumentError", "DataError", "FitError", "GmmfitError", "ModelError", "OutputError"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gmmfit' has no attribute {name!r}")
    return getattr(import_module(f"gmmfit.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__]
