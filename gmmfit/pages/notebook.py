"""What a notebook shows of a fit: its components in a table, and its picture where matplotlib is."""

from gmmfit.errors import OutputError
from gmmfit.files.frames import frame
from gmmfit.fitting.result import Fit
from gmmfit.plots.plot import figures_module, plot

# The width of the picture of one column, and its height, in inches.
SIZE = (6.0, 3.2)


def html_of(fit: Fit) -> str:
    """A fit as HTML: how it ended, its components, its picture, and what a careful reader should know."""
    from html import escape

    said = f"{escape(fit.status)}: {escape(fit.reason)}"
    fits = f"log-likelihood {fit.log_likelihood:.4f}, BIC {fit.bic:.4f} (lower is better)"
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in fit.warnings)
    table = frame(fit).to_html(index=False, border=0, float_format=lambda number: f"{number:.6g}")
    return f"<p>{said}; {fits}</p>{table}{_picture(fit)}" + (f"<ul>{warnings}</ul>" if warnings else "")


def _picture(fit: Fit) -> str:
    try:
        figures_module()
    except OutputError:
        return ""
    from gmmfit.pages.html import svg_of

    size = SIZE if fit.mixture.n_columns == 1 else None
    return svg_of(plot(model=fit, size=size, legend="none"))
