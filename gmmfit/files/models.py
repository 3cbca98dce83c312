"""Models in files: JSON, and tables with a row a component."""

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmmfit.arrays import Array
from gmmfit.errors import DataError, ModelError
from gmmfit.files.cells import Reading
from gmmfit.files.delimited import read_delimited
from gmmfit.files.sources import STDIN, WORKBOOKS, display_name, read_bytes
from gmmfit.files.tables import Table
from gmmfit.files.workbook import read_workbook
from gmmfit.fitting.result import Candidate, StandardErrors
from gmmfit.model.document import Document, mixture_of, parse
from gmmfit.model.mixture import Mixture
from gmmfit.model.parameters import pairs, parameter_table

# The sheet of a workbook that has the parameters.
COMPONENTS = "components"


@dataclass(frozen=True)
class Model:
    """A mixture from a file, and what the file says of it.

    columns is empty where the file names none; n_parameters is that of the fit, if the file is one's result, and
    candidates are the models among which it was chosen.
    """

    mixture: Mixture
    columns: tuple[str, ...] = ()
    n_parameters: int | None = None
    candidates: tuple[Candidate, ...] = ()


def read_model(path: str) -> Model:
    """The model in a file, or in standard input for `-`: a gmmfit-model document, or a table with a row a component.

    Raises:
        ModelError: the file holds no model; the message names the field.
        DataError: the file can't be read.
    """
    data, file = read_bytes(path), display_name(path)
    try:
        if data.startswith(WORKBOOKS):
            return _from_table(read_workbook(data, file, Reading(), preferred=COMPONENTS))
        if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
            if not data.strip():
                come = "; did the command before the pipe end in an error?" if path == STDIN else ""
                raise ModelError(f"empty{come}")
            data = b"\n".join(line for line in data.splitlines() if line.strip(b" ,;\t"))  # a spreadsheet's empty rows
            header = data.split(b"\n", 1)[0]
            european = b";" in header and b"," in data
            reading = Reading(decimal="," if european else ".")
            return _from_table(read_delimited(io.BytesIO(data).read, file, reading).whole())
        return _from_document(parse(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ModelError(f"model {file} is not UTF-8: byte {error.start + 1}") from None
    except ModelError as error:
        raise ModelError(f"model {file}: {error}") from None


def _from_document(document: Document) -> Model:
    mixture = mixture_of(document)
    fit = document.get("fit")
    n_parameters = fit.get("n_parameters") if isinstance(fit, dict) else None
    if n_parameters is not None and (type(n_parameters) is not int or not 0 <= n_parameters < 2**53):
        raise ModelError('"n_parameters" of "fit" must be a whole number, at least 0')
    return Model(mixture, tuple(document.get("columns", [])), n_parameters, _candidates(document))


def _candidates(document: Document) -> tuple[Candidate, ...]:
    candidates = document.get("candidates", [])
    try:
        return tuple(Candidate.of(record) for record in candidates)
    except (KeyError, TypeError, ValueError):
        raise ModelError('"candidates" must be a list of models as fit writes them') from None


def error_table(mixture: Mixture, errors: StandardErrors) -> dict[str, list[Any]]:
    """The standard errors of the parameters, under the names that these have in `component_table`."""
    return parameter_table(mixture.columns, errors.weights, errors.means, errors.sds, errors.covariances)


def _from_table(table: Table) -> Model:
    names = [match[1] for name in table.columns if (match := re.fullmatch(r"mean_(.+)", name))]
    try:
        weights = _column(table, "weight")
        if not names:
            return Model(Mixture.from_sds(weights, _column(table, "mean"), _column(table, "sd")))
        means = np.stack([_column(table, f"mean_{name}") for name in names], axis=1)
        sds = np.stack([_column(table, f"sd_{name}") for name in names], axis=1)
        covariances = sds[:, :, None] ** 2 * np.eye(len(names))
        for i, j in pairs(len(names)):
            covariances[:, i, j] = covariances[:, j, i] = _column(table, f"cov_{names[i]}_{names[j]}")
    except DataError as error:
        raise ModelError(f"a model needs the columns weight, mean and sd, a row a component: {error}") from None
    return Model(Mixture(weights, means, covariances, tuple(names)), tuple(names))


def _column(table: Table, name: str) -> Array:
    numbers, _ = table.numbers(table.choose([name])[0])
    if np.any(np.isnan(numbers)):
        raise ModelError(f"{name} is missing in {table.cells.place(int(np.argmax(np.isnan(numbers))), 0)}")
    return numbers
