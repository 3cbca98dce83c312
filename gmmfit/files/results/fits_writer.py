"""Many fits as a result: JSON lines, rows of CSV, sheets of a workbook, a table to look at."""

from collections.abc import Iterable
from typing import Any, BinaryIO

from gmmfit.arrays import whole
from gmmfit.errors import OutputError
from gmmfit.files.results.digits import rounded, rounded_weights
from gmmfit.files.results.fit_writer import long_table
from gmmfit.files.results.writers import PLAIN, Style, write_table
from gmmfit.fitting.many.group_fit import GroupFit
from gmmfit.model.document import compact
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import model_table
from gmmfit.text import escaped

FITS_FORMATS = ("table", "jsonl", "csv", "tsv", "xlsx")
# The sheets of a workbook of many fits.
COMPONENTS, FITS = "components", "fits"
# Digits of a table to look at.
DIGITS = 4

Row = dict[str, Any]


def write_fits(
    stream: BinaryIO,
    fits: Iterable[GroupFit],
    kind: str,
    style: Style = PLAIN,
    long: bool = False,
    each: bool = False,
    width: int | None = None,
) -> None:
    """Write fits, as they come, in one of FITS_FORMATS.

    each says that columns were fitted by themselves, and so tell fits apart; long adds standard errors to CSV; a table
    is as wide as the width, if that is given.
    """
    if kind == "jsonl":
        for one in fits:
            stream.write((compact(rounded(one.to_document(), style.digits)) + "\n").encode())
            stream.flush()
    elif kind == "table":
        table = as_columns([_row_to_look_at(one, each) for one in fits])
        lines = _aligned(table)
        stream.write("".join(_cut(line.rstrip(), width) + "\n" for line in lines).encode())
    elif kind == "xlsx":
        _write_workbook(stream, fits, style, each)
    else:
        rows = [row for one in fits for row in component_rows(one, each, long, style.digits)]
        write_table(stream, kind, as_columns(rows), style)


def component_rows(one: GroupFit, each: bool, long: bool, digits: int | None) -> list[Row]:
    """A fit as rows of its components, each with what is known of the fit; of a group without one a row with why."""
    before, after = _telling(one, each), _about(one)
    names = {*after, *(() if one.fit is None else long_table(one.fit)), "column"}
    if taken := [name for name in one.group if name in names]:
        raise OutputError(
            f"the results have a column {taken[0]!r} of their own, which groups are made by: write them as .jsonl, or "
            "rename that column"
        )
    if one.fit is None:
        return [before | after]
    table = long_table(one.fit) if long else model_table(one.fit.mixture)
    table |= {"weight": rounded_weights(table["weight"], digits)}
    return [before | dict(zip(table, cells, strict=True)) | after for cells in zip(*table.values(), strict=True)]


def _telling(one: GroupFit, each: bool) -> Row:
    """What tells a fit from the others."""
    return {**one.group, **({"column": ",".join(one.columns)} if each else {})}


def _about(one: GroupFit) -> Row:
    """What is known of a fit beside its parameters, and why there is none."""
    fit = one.fit
    return {
        "n": None if fit is None else whole(fit.n),
        "n_missing": None if fit is None else one.n_missing,
        "components": None if fit is None else fit.mixture.n_components,
        "warnings": None if fit is None else len(fit.warnings),
        "error": "; ".join(line.strip() for line in one.error.splitlines()),
        "status": one.status,
        "loglik": None if fit is None else fit.log_likelihood,
        "bic": None if fit is None or one.shared else fit.bic,
        **({} if one.shared is None else {"shared_bic": one.shared.bic, "p_against_apart": one.shared.p}),
    }


def _row_to_look_at(one: GroupFit, each: bool) -> Row:
    """A fit in a line."""
    fit = one.fit
    row: Row = {name: escaped(str(cell)) for name, cell in _telling(one, each).items()}
    row |= {"rows": one.n_read - one.n_missing - one.n_zero_weight, "status": one.status, "BIC": ""}
    if fit is None:
        return row | {"": one.error.splitlines()[0]}
    notes = f"   ({len(fit.warnings)} warning{'s' if len(fit.warnings) > 1 else ''})" if fit.warnings else ""
    return row | {"BIC": f"{one.shared.bic if one.shared else fit.bic:.2f}", "": _in_short(fit.mixture) + notes}


def _in_short(mixture: Mixture) -> str:
    """A mixture in a few words: of one column weights, means and sds, of several the weights."""
    weights = mixture.weights.tolist()
    if mixture.n_columns > 1:
        return " + ".join(f"{weight:.3f}" for weight in weights)
    normals = zip(weights, mixture.means[:, 0].tolist(), mixture.sds[:, 0].tolist(), strict=True)
    return " + ".join(f"{weight:.3f} N({mean:.{DIGITS}g}, {sd:.{DIGITS}g})" for weight, mean, sd in normals)


def _write_workbook(stream: BinaryIO, fits: Iterable[GroupFit], style: Style, each: bool) -> None:
    """Sheets of components, a row each, and of fits, a row each."""
    from gmmfit.files.results.workbook_writer import Book

    book = Book(stream, style.digits)
    rows: list[Row] = []
    facts: list[Row] = []
    for one in fits:
        rows += component_rows(one, each, True, style.digits)
        facts.append(_telling(one, each) | _about(one) | {"warnings": "\n".join(one.fit.warnings) if one.fit else ""})
    for name, table in ((COMPONENTS, as_columns(rows)), (FITS, as_columns(facts))):
        sheet = book.sheet(name, list(table))
        sheet.write(list(table.values()))
        sheet.close()
    book.close()


def as_columns(rows: list[Row]) -> dict[str, list[Any]]:
    """Rows as columns: all that any row has, in the order of the rows that have most."""
    names: dict[str, None] = {}
    for row in sorted(rows, key=len, reverse=True):
        names |= dict.fromkeys(row)
    return {name: [row.get(name) for row in rows] for name in names}


def _aligned(table: dict[str, list[Any]]) -> list[str]:
    """The lines of a table, its numbers flush right, its texts flush left."""
    columns = []
    for name, cells in table.items():
        texts = [name, *map(str, cells)]
        width = max(map(len, texts))
        right = all(isinstance(cell, int) for cell in cells) or name == "BIC"
        columns.append([text.rjust(width) if right else text.ljust(width) for text in texts])
    return ["  ".join(cells) for cells in zip(*columns, strict=True)]


def _cut(line: str, width: int | None) -> str:
    return line if width is None or len(line) <= width else line[: width - 1] + "…"
