"""Pieces of a page: tables, pictures, and the page around them, which asks no network for anything."""

import io
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

from matplotlib.figure import Figure

from gmmfit.plots.figures import save
from gmmfit.version import __version__

# A cell of more letters is a sentence.
LONG = 40
# Columns of a table, each with its name.
Columns = list[tuple[str, Sequence[str]]]
TAG = re.compile("<[^>]*>")
# Up to this width, in pixels, a page is read on a phone.
PHONE = 600


class Markup(str):
    """A text that is HTML already."""

    @classmethod
    def of(cls, text: str) -> "Markup":
        """Any text as HTML."""
        return text if isinstance(text, Markup) else cls(escape(text))


def page(title: str, sections: Iterable[str]) -> str:
    """A page of sections, as one file."""
    return Template(own_file("page.html")).substitute(
        title=escape(title), style=own_file("page.css"), sections="\n".join(sections), version=escape(__version__)
    )


def own_file(name: str) -> str:
    """The text of a file that stands beside this one."""
    return files("gmmfit.pages").joinpath(name).read_text(encoding="utf-8")


def swatch(text: str, shade: str) -> "Markup":
    """A text after a dot in the colour of what it names."""
    return Markup(f'<span class="swatch" style="background:{shade}"></span>{Markup.of(text)}')


def section(heading: str, *parts: str) -> str:
    """A part of a page under a heading, if there is anything in it."""
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{inside}\n</section>" if inside else ""


def paragraph(text: str) -> str:
    """A text as a paragraph, if there is one."""
    return f"<p>{escape(text)}</p>" if text else ""


def bullets(texts: Sequence[str]) -> str:
    """Texts as a list, if there are any."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>" if texts else ""


def table(columns: Columns, marked: int | None = None) -> str:
    """Columns of cells with their names as a table, of which a row may be marked; empty columns are left out."""
    columns = [(name, cells) for name, cells in columns if any(cells)]
    lengths = [max(len(TAG.sub("", cell)) for cell in cells) for _, cells in columns]
    kinds = [" class=text" if length > LONG else "" for length in lengths]
    head = "".join(f"<th{kind}>{Markup.of(name)}</th>" for kind, (name, _) in zip(kinds, columns, strict=True))
    rows = [
        "".join(f"<td{kind}>{Markup.of(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        for row in zip(*(cells for _, cells in columns), strict=True)
    ]
    rows = [f"<tr{' class=marked' if number == marked else ''}>{cells}</tr>" for number, cells in enumerate(rows)]
    return f'<div class="wide"><table><tr>{head}</tr>\n' + "\n".join(rows) + "</table></div>" if rows else ""


def facts(of: Mapping[str, str]) -> str:
    """Names and what is said of each, two in a row; nothing where nothing is said."""
    rows = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>" for name, said in of.items() if said)
    return f'<div class="wide"><table class="facts">\n{rows}</table></div>' if rows else ""


def picture(figure: Figure, on_phone: Figure | None, said: str) -> str:
    """A picture in the page, perhaps another one for a phone; said is what those hear who can't see it."""
    source = "" if on_phone is None else f'<source media="(max-width: {PHONE}px)" srcset="{_as_url(on_phone)}">'
    return f'<figure><picture>{source}<img src="{_as_url(figure)}" alt="{escape(said)}"></picture></figure>'


def svg_of(figure: Figure) -> str:
    """A figure as the SVG that stands in a page."""
    text = _svg(figure).decode()
    return text[text.index("<svg") :]


def _as_url(figure: Figure) -> str:
    return f"data:image/svg+xml;base64,{b64encode(_svg(figure)).decode()}"


def _svg(figure: Figure) -> bytes:
    stream = io.BytesIO()
    save(figure, stream, "svg")
    return stream.getvalue()
