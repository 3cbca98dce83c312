"""gmmfit.plot: what goes together, and what doesn't."""

from typing import Any

import numpy as np
import pytest

import gmmfit
from gmmfit.data.rows import Rows, equal_weights
from gmmfit.data.select import select_rows
from gmmfit.data.stored.chunks import Chunks
from gmmfit.plots.figures import DRAWINGS
from gmmfit.plots.names import KINDS
from gmmfit.plots.subject import subject_of
from tests.plots.pictures import FITTED, HEIGHTS, TWO_COLUMNS, line, written
from tests.samples import FAITHFUL


def test_the_kinds_that_are_offered_are_those_that_can_be_drawn() -> None:
    assert tuple(DRAWINGS) == KINDS


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"kind": "pie"},
        {"data": HEIGHTS, "column": "height", "bins": 0},
        {"kind": "criteria", "model": FITTED},
        {"kind": "criteria", "data": HEIGHTS},
        {"kind": "history"},
        {"kind": "history", "data": {"iteration": [0]}, "model": FITTED},
        {"kind": "labels", "data": HEIGHTS},
        {"kind": "density", "data": HEIGHTS, "by": ["a"] * 934},
        {"kind": "qq", "data": HEIGHTS},
        {"kind": "qq", "model": FITTED},
        {"kind": "cdf", "data": FAITHFUL, "model": TWO_COLUMNS, "column": ["eruptions", "waiting"]},
        {"kind": "ellipses", "data": HEIGHTS, "model": FITTED},
    ],
)
def test_what_a_kind_lacks_or_has_no_use_for_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(gmmfit.ArgumentError):
        gmmfit.plot(**arguments)


def test_data_of_another_width_than_the_model_are_refused() -> None:
    with pytest.raises(gmmfit.DataError, match="the data have the columns 1, the model eruptions, waiting"):
        gmmfit.plot(HEIGHTS["height"], TWO_COLUMNS)


@pytest.mark.parametrize("components", [2, 3, 8])
def test_the_curves_of_any_number_of_components_add_up_to_that_of_all(components: int) -> None:
    weights, means = np.full(components, 1 / components), np.arange(components) * 3.0
    figure = gmmfit.plot(model=gmmfit.Mixture.from_sds(weights, means, np.ones(components)))
    curves = [line(figure, f"component {k}")[1] for k in range(1, components + 1)]
    np.testing.assert_allclose(np.sum(curves, axis=0), line(figure, "mixture")[1])


def test_groups_go_in_the_order_of_numbers_and_have_all_their_rows() -> None:
    """Also where a name ends with a character that numpy leaves out."""
    values = np.array([1, 2, 3, 4, 5, 6.0])
    for names in (["1", "2", "10"], ["a", "a\0", "b"]):
        subject = subject_of(select_rows(values), None, np.array([names[2], None, *names[1:], *names[:2]], object), "g")
        assert {name: rows.values.ravel().tolist() for name, rows in subject.groups.items()} == {
            names[0]: [5],
            names[1]: [3, 6],
            names[2]: [1, 4],
        }
        assert list(subject.groups) == names


def test_chunks_are_drawn_as_rows_in_memory_are() -> None:
    rows = Rows(HEIGHTS["height"][:, None], equal_weights(934), ("height",))
    with Chunks(("height",), chunk_rows=100) as chunks:
        chunks.append(rows)
        assert written(gmmfit.plot(chunks, FITTED), "svg") == written(gmmfit.plot(HEIGHTS, FITTED), "svg")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith("gmmfit.plots.") and "kinds" not in name]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(gmmfit.OutputError, match=r"pip install 'gmmfit\[plot\]'"):
        gmmfit.plot(HEIGHTS)
