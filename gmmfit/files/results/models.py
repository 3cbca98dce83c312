"""Models in files: JSON, and tables with a row a component."""

import codecs
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.data.recording import EXACTLY, Recording
from gmmfit.errors import ArgumentError, DataError, ModelError
from gmmfit.files.tables.reading import Reading
from gmmfit.files.tables.source import STDIN, display_name, read_bytes
from gmmfit.files.tables.table import Table
from gmmfit.files.texts.delimited import read_delimited
from gmmfit.files.workbooks.archive import WORKBOOKS
from gmmfit.files.workbooks.workbook import read_workbook, sheet_names
from gmmfit.fitting.result import CANDIDATE_RECORD, Candidate
from gmmfit.fitting.settings import COVARIANCES, STATUSES
from gmmfit.fitting.uncertainty.intervals import Intervals, Ranges, StandardErrors
from gmmfit.model.checks import check_size
from gmmfit.model.document import Document, parse
from gmmfit.model.mixture import Mixture
from gmmfit.model.noise import Box, Noise
from gmmfit.model.parameters import COMPONENT, HIGH, LOW, NOISE, TRANSFORM, pairs, parameter_table
from gmmfit.model.transform import NONE
from gmmfit.text import escaped

# The sheets of a fit's workbook: the parameters, what is known of the fit, the models that were compared.
COMPONENTS, FACTS, MODELS = "components", "fit", "models"
# The fact that says how the rows were recorded, as JSON has it.
ROWS = "rows"
# How large a file may be, and of how many pieces a document, to be the largest of models.
MOST_BYTES, MOST_TOKENS, MOST_LINES = 2**28, 2**24, 10**6
# No number of a fit is larger.
LARGEST = 1e300
# The ends of an interval that there isn't.
NO_ENDS = (math.nan, math.nan)
_BLANK = b" ,;\t\r\n"


@dataclass(frozen=True)
class Model:
    """A mixture from a file, and what the file says of it.

    columns is empty where the file names none; n_parameters is that of the fit, if the file is one's result, and
    candidates are the models among which it was chosen. recording says how the rows of the fit were recorded,
    and are_counted that they had counts; ranges are what intervals it has of one column,
    and fitted how many rows it was fitted to, by weight, and its log-likelihood there. said is the document.
    """

    mixture: Mixture
    columns: tuple[str, ...] = ()
    n_parameters: int | None = None
    candidates: tuple[Candidate, ...] = ()
    recording: Recording = EXACTLY
    are_counted: bool = False
    ranges: Ranges | None = None
    fitted: tuple[float, float] | None = None
    said: Document | None = None

    def document_of(self, columns: tuple[str, ...] = ()) -> Document:
        """Everything that is said of the mixture: the document it was read from, or one of the mixture alone.

        Where the file names no columns they have the names of those that the mixture is put over.
        """
        said = self.mixture.to_document() if self.said is None else self.said
        named = self.columns or len(columns) != self.mixture.n_columns
        return said if named else said | {"columns": list(columns)}


def read_model(path: str) -> Model:
    """The model in a file, or in standard input for `-`: a gmmfit-model document, or a table with a row a component.

    Raises:
        ModelError: the file holds no model; the message names the field.
        DataError: the file can't be read.
    """
    return model_in(read_bytes(path, MOST_BYTES), path)


def model_in(data: bytes, path: str) -> Model:
    """The model in the content of a file.

    Raises:
        ModelError: it holds no model; the message names the field.
    """
    file = display_name(path)
    try:
        if data.startswith(WORKBOOKS):
            return _from_workbook(data, file)
        if not data.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[")):
            if not data.strip():
                come = "; did the command before the pipe end in an error?" if path == STDIN else ""
                raise ModelError(f"empty{come}")
            return model_in_table(delimited_table_in(data, file))
        if sum(map(data.count, (b",", b"[", b"{", b'"'))) > MOST_TOKENS:
            raise ModelError("too large: no model has so many numbers")
        return model_in_document(parse(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ModelError(f"model {file} is not UTF-8: byte {error.start + 1}") from None
    except ModelError as error:
        raise ModelError(f"model {file}: {error}") from None


def decimal_sign(text: bytes) -> str:
    """The decimal sign of a result that a spreadsheet may have written anew: a comma where cells are parted by ;.

    >>> decimal_sign(b"weight;mean\\n0,5;1,25\\n"), decimal_sign(b"weight,mean\\n0.5,1.25\\n")
    (',', '.')
    """
    parted = b";" in text.split(b"\n", 1)[0]
    return "," if parted and re.search(rb"\d,\d", text) and not re.search(rb"\d\.\d", text) else "."


def delimited_table_in(data: bytes, file: str) -> Table:
    """The table in a delimited text, which may begin with the empty rows of a spreadsheet."""
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.count(b"\n") > MOST_LINES:
        raise ModelError("too large: no model has so many lines")
    begun = data.lstrip(_BLANK)
    header_row = data[: len(data) - len(begun)].count(b"\n") + 1
    reading = Reading(decimal=decimal_sign(begun), header_row=header_row, encoding="utf-8")
    try:
        return read_delimited(io.BytesIO(data).read, file, reading).whole()
    except DataError as error:  # without what would be typed next, which is for tables
        raise DataError(str(error).splitlines()[0]) from None


def model_in_document(document: Document) -> Model:
    """The model in a document.

    Raises:
        ModelError: a field is missing or wrong.
    """
    mixture = Mixture.from_document(document)
    fit = document.get("fit")
    n_parameters = fit.get("n_parameters") if isinstance(fit, dict) else None
    if n_parameters is not None and (type(n_parameters) is not int or not 0 <= n_parameters < 2**53):
        raise ModelError('"n_parameters" of "fit" must be a whole number, at least 0')
    columns, rows = tuple(document.get("columns", [])), document.get("rows", {})
    candidates = _candidates(document.get("candidates", []))
    ranges = _ranges(document) if mixture.n_columns == 1 else None
    recording, are_counted = _recording(rows), _are_counted(rows)
    return Model(mixture, columns, n_parameters, candidates, recording, are_counted, ranges, _fitted(fit), document)


def _fitted(fit: Any) -> tuple[float, float] | None:
    """How many rows a model was fitted to and its log-likelihood there, from what a file says of the fit."""
    n, log_likelihood = (fit.get(name) for name in ("n", "loglik")) if isinstance(fit, dict) else (None, None)
    if not isinstance(n, int | float) or not isinstance(log_likelihood, int | float):
        return None
    return (float(n), float(log_likelihood)) if max(abs(n), abs(log_likelihood)) < LARGEST else None


def _ranges(document: Document) -> Ranges | None:
    """The intervals of a document of one column, if each mean has one.

    Raises:
        ModelError: they are not as fit writes them.
    """
    components, cutoffs = document["components"], document.get("cutoffs", [])
    if not all("intervals" in component for component in components):
        return None
    try:
        means = [[float(end) for end in component["intervals"]["mean"][0]] for component in components]
        values = [
            [float(number) for number in (cutoff["probability"], cutoff["value"], *cutoff.get("interval", NO_ENDS))]
            for cutoff in cutoffs
        ]
        confidence = float(document["fit"]["confidence"])
        ranges = Ranges(confidence, np.array(means).reshape(-1, 2), np.array(values).reshape(-1, 4))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        raise ModelError(
            'the "intervals" of means and cut-offs, or the "confidence", are not as fit writes them'
        ) from None
    if (
        len(ranges.means) != len(components)
        or not np.all(np.isfinite(ranges.means))
        or np.any(np.isinf(ranges.cutoffs))
        or not 0 < confidence < 1
    ):
        raise ModelError('the "intervals" of means and cut-offs must be finite numbers')
    return ranges


def _recording(rows: Any) -> Recording:
    """How the rows of a fit were recorded, from what a file says of them."""
    try:
        return Recording.of_record(rows)
    except ArgumentError as error:
        raise ModelError(f'"rows": {str(error).replace("`", chr(34))}') from None


def _are_counted(rows: Any) -> bool:
    return isinstance(rows, dict) and rows.get("weights") == "counts"


def _candidates(records: Any) -> tuple[Candidate, ...]:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ModelError('"candidates" must be a list of models as fit writes them')
    return tuple(_candidate(record, number) for number, record in enumerate(records, start=1))


def _candidate(record: dict[str, Any], number: int) -> Candidate:
    """A model among those that were compared, from a record of it.

    Raises:
        ModelError: a field is missing or wrong.
    """
    choices: dict[str, Sequence[Any]] = {"covariance_type": COVARIANCES, "status": STATUSES}
    choices |= dict.fromkeys(("chosen", "noise"), (True, False))
    values: dict[str, Any] = {}
    for name, attribute in CANDIDATE_RECORD.items():
        value: Any = record.get(name)
        if name == TRANSFORM:
            value = value or NONE
            right = isinstance(value, str)
        elif name == "noise" and value is None:
            value, right = False, True
        elif name in choices:
            right = value in choices[name]
        else:
            right = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**1000
            if right and name.startswith("n_"):
                right = 0 <= value < 2**53 and float(value).is_integer()
                value = int(value) if right else value
        if not right:
            told = escaped(repr(value))
            raise ModelError(f'"{name}" of candidate {number} is {told}, and not as fit writes it')
        values[attribute] = value
    return Candidate(**values)


def error_table(mixture: Mixture, errors: StandardErrors) -> dict[str, list[Any]]:
    """The standard errors of the parameters, under the names that these have in `component_table`."""
    return parameter_table(mixture.columns, errors.weights, errors.means, errors.sds, errors.covariances)


def interval_table(mixture: Mixture, intervals: Intervals) -> dict[str, list[Any]]:
    """The ends of the intervals of the parameters, under the names that these have in `component_table`."""
    none = np.full((*mixture.covariances.shape, 2), np.nan)
    low, high = (
        parameter_table(
            mixture.columns, *(part[..., end] for part in (intervals.weights, intervals.means, intervals.sds, none))
        )
        for end in (0, 1)
    )
    return {
        name: list(zip(values, high[name], strict=True)) for name, values in low.items() if not name.startswith("cov_")
    }


def _from_workbook(data: bytes, file: str) -> Model:
    """The model in a workbook: that of its components, with what the other sheets of a fit say of it."""
    table = read_workbook(data, file, Reading(), preferred=COMPONENTS)
    model = model_in_table(table)
    others = sheet_names(data, file) if table.sheet == COMPONENTS else []
    if FACTS in others:
        names, values = _texts_and_cells(read_workbook(data, file, Reading(sheet=FACTS)))
        columns = tuple(
            str(value) for name, value in zip(names, values, strict=True) if re.fullmatch("column_[0-9]+", name)
        )
        facts = dict(zip(names, values, strict=True))
        n_parameters = facts.get("n_parameters")
        model = replace(model, fitted=_fitted(facts))
        if isinstance(rows := facts.get(ROWS), str):
            said = parse(rows)
            model = replace(model, recording=_recording(said), are_counted=_are_counted(said))
        if len(columns) == model.mixture.n_columns:
            model = replace(model, mixture=replace(model.mixture, columns=columns), columns=columns)
        if isinstance(n_parameters, int | float) and float(n_parameters).is_integer() and 0 <= n_parameters < 2**53:
            model = replace(model, n_parameters=int(n_parameters))
    if MODELS in others:
        compared = read_workbook(data, file, Reading(sheet=MODELS))
        cells = compared.cells.columns(range(len(compared.columns)))
        records = [dict(zip(compared.columns, row, strict=True)) for row in zip(*cells, strict=True)]
        model = replace(model, candidates=_candidates(records))
    return model


def _texts_and_cells(table: Table) -> tuple[list[str], Sequence[object]]:
    [names] = table.cells.texts([0])
    return names, table.cells.columns([1])[0] if len(table.columns) > 1 else [None] * table.n_rows


def model_in_table(table: Table) -> Model:
    """The model in a table with a row a component.

    Raises:
        ModelError: a column or a number is missing or wrong.
    """
    names, of_sds = (
        [match[1] for name in table.columns if (match := re.fullmatch(f"{what}_(.+)", name))] for what in ("mean", "sd")
    )
    for name in sorted({*names} ^ {*of_sds}):
        lacks, has = ("sd", "mean") if name in names else ("mean", "sd")
        raise ModelError(f"there is {has}_{escaped(name)}, and no {lacks}_{escaped(name)}")
    texts = table.cells.texts(range(len(table.columns)))
    filled = [row for row, cells in enumerate(zip(*texts, strict=True)) if any(map(str.strip, cells))]
    if not filled:
        raise ModelError("no rows: a model needs a row a component, with weight, mean and sd")
    check_size(len(filled), max(len(names), 1))

    if COMPONENT in table.columns:
        [cells] = table.cells.texts([table.columns.index(COMPONENT)])
        of_noise = [row for row in filled if cells[row].strip() == str(NOISE)]
        filled = [row for row in filled if row not in of_noise]
    else:
        of_noise = []

    def column(name: str, rows: Sequence[int] = tuple(filled)) -> Array:
        [position] = table.choose([name])
        numbers = table.numbers(position)[0][list(rows)]
        if np.any(np.isnan(numbers)):
            raise ModelError(
                f"{name} is missing in {table.cells.place(rows[int(np.argmax(np.isnan(numbers)))], position)}"
            )
        return numbers

    def noise() -> Noise | None:
        if not of_noise:
            return None
        if len(of_noise) > 1:
            raise ModelError("two rows are of component 0, the noise, of which there is one")
        low, high = (
            [column(f"{end}_{name}" if names else end, of_noise)[0] for name in names or ["x"]] for end in (LOW, HIGH)
        )
        return Noise(float(column("weight", of_noise)[0]), Box(np.array(low), np.array(high)))

    transform: tuple[str, ...] = ()
    if TRANSFORM in table.columns:
        [cells] = table.cells.texts([table.columns.index(TRANSFORM)])
        transform = tuple(name.strip() for name in cells[filled[0]].split(",") if name.strip())
    try:
        weights = column("weight")
        if not names:
            parts = (weights, column("mean"), column("sd"))
            return Model(Mixture.from_sds(*parts, transform=transform, noise=noise()))
        means = np.stack([column(f"mean_{name}") for name in names], axis=1)
        sds = np.stack([column(f"sd_{name}") for name in names], axis=1)
        covariances = sds[:, :, None] ** 2 * np.eye(len(names))
        for i, j in pairs(len(names)):
            covariances[:, i, j] = covariances[:, j, i] = column(f"cov_{names[i]}_{names[j]}")
        mixture = Mixture(weights, means, covariances, tuple(names), transform=transform, noise=noise())
        return Model(mixture, tuple(names))
    except DataError as error:
        # What would be typed next is said for tables to be fitted; a model is to be mended itself.
        first, *others = str(error).splitlines()
        said = "\n".join([first, *(line for line in others if line.startswith("  Columns: "))])
        raise ModelError(f"a model needs the columns weight, mean and sd, a row a component: {said}") from None
