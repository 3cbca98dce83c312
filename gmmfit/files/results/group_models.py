"""Models of groups from a file: JSON lines, a table of components, or a workbook, as many fits are written."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from gmmfit.errors import ModelError
from gmmfit.files.results.models import (
    COMPONENTS,
    MOST_BYTES,
    Model,
    delimited_table_in,
    model_in,
    model_in_document,
    model_in_table,
)
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import display_name, read_bytes
from gmmfit.files.tables.table import Table
from gmmfit.files.workbooks.archive import WORKBOOKS
from gmmfit.files.workbooks.workbook import read_workbook
from gmmfit.fitting.many.group_fit import name_of
from gmmfit.model.document import Document, parse
from gmmfit.model.parameters import COMPONENT
from gmmfit.text import is_unicode, listed

# The column of a table of many fits that says which column each is of.
COLUMN = "column"
# What a fit's own long rows say of where it comes from, which makes no group.
SOURCE = ("source", "sheet")
MARK = b"\xef\xbb\xbf"


class GroupModel(NamedTuple):
    """A model and the group that it is of: the label in each column that groups are made by."""

    group: dict[str, str]
    model: Model


def read_group_models(path: str) -> list[GroupModel]:
    """The models in a file, each with its group; of a file with one model that one, of no group.

    Groups without a fit are left out.

    Raises:
        ModelError: the file holds no model.
        DataError: the file can't be read.
    """
    data, file = read_bytes(path, MOST_BYTES), display_name(path)
    try:
        found = _several_in(data, file)
    except UnicodeDecodeError as error:
        raise ModelError(f"model {file} is not UTF-8: byte {error.start + 1}") from None
    except ModelError as error:
        raise ModelError(f"model {file}: {error}") from None
    return [GroupModel({}, model_in(data, path))] if found is None else found


def _several_in(data: bytes, file: str) -> list[GroupModel] | None:
    """The models of groups in the content of a file; None where it isn't written as these are.

    Raises:
        ModelError: none has a fit, or one is damaged.
    """
    text = data.removeprefix(MARK)
    if text.startswith(b"{"):
        lines = text.splitlines()
        is_alone = len(lines) == 1 and b'"group"' not in lines[0]
        if is_alone or not lines[0].rstrip().endswith(b"}"):
            return None
        found = [one for line in lines if line.strip() for one in _of_document(parse(line.decode()))]
    else:
        table = None if text.lstrip().startswith((b"{", b"[")) else _table_in(data, file)
        if table is None or COMPONENT not in table.columns[1:]:
            return None
        found = list(_of_table(table, file))
        if len(found) == 1 and not found[0].group:
            return None
    if not found:
        raise ModelError("none of its groups has a fit")
    seen = set[tuple[object, ...]]()
    for one in found:
        if [*one.group] != [*found[0].group]:
            raise ModelError(
                f"its groups are made by {listed(found[0].group)}, and by {listed(one.group) or 'nothing'}"
            )
        key = (*one.group.values(), one.model.columns)
        if key in seen:
            raise ModelError(f"the group {name_of(one.group) or listed(one.model.columns)} is there twice")
        seen.add(key)
    return found


def _of_document(document: Document) -> list[GroupModel]:
    """The model in a document with its group, if it has a fit.

    Raises:
        ModelError: it is none.
    """
    if "error" in document and "components" not in document:
        return []
    group: Any = document.get("group", {})
    if not isinstance(group, dict) or not all(isinstance(one, str) and is_unicode(one) for one in group.values()):
        raise ModelError('"group" must have a text for each column that groups are made by')
    return [GroupModel(group, model_in_document(document))]


def _table_in(data: bytes, file: str) -> Table | None:
    """The table of components in a file, if there is anything in it."""
    if data.startswith(WORKBOOKS):
        return read_workbook(data, file, Reading(), preferred=COMPONENTS)
    return delimited_table_in(data, file) if data.strip() else None


def _of_table(table: Table, file: str) -> Iterator[GroupModel]:
    """The models in a table whose first columns tell groups apart."""
    at = table.columns.index(COMPONENT)
    names, texts = table.columns[:at], table.cells.texts(range(len(table.columns)))
    rows: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row in zip(*texts, strict=True):
        if row[at].strip():  # without it the group has no fit
            rows.setdefault(row[:at], []).append(row[at:])
    for labels, of_group in rows.items():
        group = {name: label for name, label in zip(names, labels, strict=True) if name not in SOURCE}
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([table.columns[at:], *of_group])
        model = model_in_table(delimited_table_in(text.getvalue().encode(), file))
        if not model.columns and COLUMN in group:
            column = (group.pop(COLUMN),)
            model = replace(model, columns=column, mixture=model.mixture.with_columns(column))
        yield GroupModel(group, model)


def by_columns(models: Sequence[GroupModel]) -> list[list[GroupModel]]:
    """The models of groups, those of the same columns together: several where each column was fitted by itself."""
    found: dict[tuple[str, ...], list[GroupModel]] = {}
    for one in models:
        found.setdefault(one.model.columns, []).append(one)
    return list(found.values())
