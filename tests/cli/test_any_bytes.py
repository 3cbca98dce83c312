"""Any bytes end in a status, never in a traceback: as a table, as a workbook, as a model, as a history."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmmfit.cli.main import run
from tests.builders import archive, parts_of
from tests.samples import HEIGHTS_CSV, HEIGHTS_MODEL, SAMPLES

WORKBOOK = (SAMPLES / "heights.xlsx").read_bytes()
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3 * settings().max_examples)

# Texts that look like tables, which pure chance would never make.
cells = st.one_of(
    st.sampled_from(
        ["1", "2.5", "-3e2", "", "NA", "x", '"a', '"', "1,5", "\x00", "é", "\u202e", "1e999", "=1+1", "inf"]
    ),
    st.text(max_size=5),
)
tables = st.lists(st.lists(cells, max_size=4).map(",".join), max_size=8).map(
    lambda lines: "\n".join(["h,g", *lines]).encode("utf-8", "surrogatepass")
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)
model = Path(HEIGHTS_MODEL).read_bytes()


@st.composite
def models(draw: st.DrawFn) -> bytes:
    """A model in which one field is anything."""
    changed = json.loads(model)
    holder = draw(st.sampled_from([changed, changed["components"][0], changed["fit"]]))
    holder[draw(st.sampled_from(sorted(holder)))] = draw(values)
    return json.dumps(changed).encode()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file of which some bytes are others, and the end may be missing."""
    data = bytearray(whole)
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=5)):
        data[at] = byte
    return bytes(data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))])


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """A workbook whose sheet is damaged inside an archive that is not."""
    parts = parts_of(WORKBOOK)
    name = next(name for name in parts if "sheet1" in name)
    return archive(parts | {name: draw(damaged(parts[name][:3000] + b"</sheetData></worksheet>"))})


def ends_well(arguments: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    status = run(arguments)
    out, err = capfdbinary.readouterr()
    assert status in (0, 1, 2)
    assert status == 0 or out == b""
    assert b"Traceback" not in err
    assert not any(byte in err for byte in b"\x00\x07\x1b")


@many
@given(data=st.one_of(st.binary(max_size=300), tables))
def test_any_bytes_as_a_table(data: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "t").write_bytes(data)
    ends_well(["fit", str(tmp_path / "t"), "-c", "1", "-k", "1", "-f", "table"], capfdbinary)
    ends_well(["score", str(tmp_path / "t"), "-m", HEIGHTS_MODEL, "-c", "1", "-f", "json"], capfdbinary)


@many
@given(data=st.one_of(damaged(WORKBOOK), sheets()))
def test_any_bytes_as_a_workbook(data: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "t.xlsx").write_bytes(data)
    ends_well(["fit", str(tmp_path / "t.xlsx"), "-c", "height", "-k", "1"], capfdbinary)


@many
@given(data=st.one_of(models(), damaged(model), tables, values.map(lambda one: json.dumps(one).encode())))
def test_any_bytes_as_a_model(data: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "m").write_bytes(data)
    ends_well(["score", HEIGHTS_CSV, "-c", "height", "-m", str(tmp_path / "m"), "--summary"], capfdbinary)
    ends_well(["plot", "-m", str(tmp_path / "m")], capfdbinary)


@many
@given(data=st.one_of(st.binary(max_size=100), tables, values.map(lambda one: json.dumps([one]).encode())))
def test_any_bytes_as_a_history(data: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "h").write_bytes(data)
    ends_well(["plot", str(tmp_path / "h"), "--kind", "history", "-f", "svg"], capfdbinary)
