"""Content decides how a file is read, not its name."""

import bz2
import errno
import gzip
import lzma
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from backports import zstd

from gmmfit import ArgumentError, DataError
from gmmfit.files.tables import source as sources
from gmmfit.files.tables.source import Source
from tests.builders import read
from tests.samples import SAMPLES

TEXT = b"sex,height\nM,180\nF,165\n"


COMPRESSORS = [gzip, bz2, lzma, zstd]


@pytest.mark.parametrize("module", COMPRESSORS, ids=lambda module: module.__name__)
def test_a_compressed_file_by_any_name(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_bytes(module.compress(TEXT))
    assert read(tmp_path / "t.xls").numbers(1)[0].tolist() == [180, 165]


@pytest.mark.parametrize("module", COMPRESSORS, ids=lambda module: module.__name__)
def test_a_file_cut_short_is_corrupt(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(module.compress(TEXT * 100)[:-9])
    with pytest.raises(DataError, match="t is corrupt, or cut short"):
        read(tmp_path / "t")


def test_a_workbook_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes((SAMPLES / "heights.xlsx").read_bytes())
    assert read(tmp_path / "t.csv").where == "t.csv (sheet 'heights')"


def test_an_option_that_does_not_apply_is_a_wrong_argument() -> None:
    with pytest.raises(ArgumentError, match="--sheet doesn't apply: heights.csv is a text"):
        read(SAMPLES / "heights.csv", sheet="1")
    with pytest.raises(ArgumentError, match="--delimiter doesn't apply: heights.xlsx is a workbook"):
        read(SAMPLES / "heights.xlsx", delimiter=";")


def test_a_workbook_is_no_text_whatever_is_asked_for() -> None:
    with pytest.raises(ArgumentError, match="heights.xlsx is a workbook, not csv: leave --input-format out"):
        read(SAMPLES / "heights.xlsx", input_format="csv")


def test_a_file_that_is_not_there_is_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file .*heigths.csv'. Did you mean .*heights.csv'"):
        Source(str(SAMPLES / "heigths.csv"))
    with pytest.raises(DataError, match="no file '[^']*'$"):
        Source(str(tmp_path / "absent" / "heights.csv"))
    (tmp_path / "plate_07.csv").touch()
    with pytest.raises(DataError, match="no file '[^']*'$"):  # another number is another file
        Source(str(tmp_path / "plate_08.csv"))


def test_a_folder_is_read_by_nobody(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder: name a file in it"):
        Source(str(tmp_path))


def test_a_disk_that_fails_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with Source(str(tmp_path / "t.csv")) as source:
        monkeypatch.setattr(source, "stream", SimpleNamespace(read=fail))
        with pytest.raises(DataError, match="can't read .*t.csv': Input/output error"):
            source.read()


def test_zstandard_comes_from_python_or_from_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").write_bytes(zstd.compress(TEXT))
    monkeypatch.setitem(sys.modules, "compression", ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", zstd)
    assert read(tmp_path / "t").n_rows == 2
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    with pytest.raises(DataError, match=r"pip install 'gmmfit\[zstd\]'"):
        read(tmp_path / "t")


def test_frames_one_after_the_other_are_one_file_and_a_damaged_one_is_corrupt(tmp_path: Path) -> None:
    for module in COMPRESSORS:
        (tmp_path / "t").write_bytes(module.compress(TEXT) + module.compress(b"M,170\n"))
        assert read(tmp_path / "t").n_rows == 3
    (tmp_path / "t").write_bytes(b"\x50\x2a\x4d\x18\x04\0\0\0skip" + zstd.compress(TEXT))  # a frame for others
    assert read(tmp_path / "t").n_rows == 2
    (tmp_path / "t").write_bytes(lzma.compress(TEXT) + bytes(4))
    assert read(tmp_path / "t").n_rows == 2
    whole = zstd.compress(TEXT * 100)
    (tmp_path / "t").write_bytes(whole[:20] + bytes(byte ^ 255 for byte in whole[20:]))
    with pytest.raises(DataError, match=r"t is corrupt, or cut short \(zstandard\)"):
        read(tmp_path / "t")


@pytest.mark.parametrize("module", COMPRESSORS, ids=lambda module: module.__name__)
def test_a_member_whose_beginning_is_damaged_is_not_passed_over(module: ModuleType, tmp_path: Path) -> None:
    more = bytearray(module.compress(b"M,170\n"))
    more[0] ^= 255
    (tmp_path / "t").write_bytes(module.compress(TEXT) + more)
    with pytest.raises(DataError, match="t is corrupt, or cut short"):
        read(tmp_path / "t")


@pytest.mark.parametrize("module", COMPRESSORS, ids=lambda module: module.__name__)
def test_a_file_made_to_fill_the_memory_is_refused(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LARGE", 1_000_000)
    (tmp_path / "t").write_bytes(module.compress(bytes(3_000_000)))
    with pytest.raises(DataError, match="t unpacks to more than 200 times its size, as if made to fill the memory"):
        read(tmp_path / "t")


def test_an_old_or_encrypted_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(DataError, match="corrupt or encrypted, or no workbook"):
        read(tmp_path / "t.xls")


def test_a_closed_standard_input_is_said_to_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert read(SAMPLES / "heights.csv").n_rows == 934
    with pytest.raises(DataError, match="standard input is closed"):
        Source("-")


def test_a_file_larger_than_any_model_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="zero is larger than 1 MB"):
        sources.read_bytes("/dev/zero", 10**6)
