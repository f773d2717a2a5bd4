"""Array files: what is read is what was written; whatever else a file holds is a typed refusal."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.array_file import BadArrayFile, load_array, load_arrays
from chain.cli.failure import WrongUse
from chain.cli.miner import load_operands

BYTES_MAX = 1 << 16

ARRAYS = (
    np.arange(12, dtype=np.int8).reshape(3, 4),
    np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    np.zeros((0, 5), np.int32),
    np.array("relu"),
    np.array(7, ">i8"),
)


def write(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


def make_header(shape: tuple[int, ...], descr: str = "|i1") -> bytes:
    """The header of an array, without the array."""
    stream = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


def pack(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_an_array_comes_back(tmp_path: Path, array: np.ndarray[tuple[int, ...]]) -> None:
    np.save(tmp_path / "one.npy", array)
    np.savez_compressed(tmp_path / "many.npz", first=array, second=array)
    loaded = load_array(tmp_path / "one.npy", BYTES_MAX)
    assert loaded.dtype == array.dtype
    assert np.array_equal(loaded, array)
    many = load_arrays(tmp_path / "many.npz", BYTES_MAX)
    assert sorted(many) == ["first", "second"]
    assert np.array_equal(many["second"], array)


@pytest.mark.parametrize("version", [(2, 0), (3, 0)])
def test_later_versions_of_the_format_are_read(tmp_path: Path, version: tuple[int, int]) -> None:
    with (tmp_path / "later.npy").open("wb") as stream:
        np.lib.format.write_array(stream, ARRAYS[0], version=version)
    assert np.array_equal(load_array(tmp_path / "later.npy", BYTES_MAX), ARRAYS[0])


REFUSED: dict[str, tuple[bytes, str]] = {
    "text": (b"root:x:0:0", r"begins with b'\\x93NUMPY', got b'root:x'"),
    "nothing": (b"", "got b''"),
    "archive": (pack(("a.npy", b"")), "expected a .npy file, got an archive"),
    "header": (b"\x93NUMPY\x01\x00\xff\xff{", "expected the header of an array"),
    "type": (make_header((1,), "|z8") + bytes(8), "a type of numbers, got '|z8'"),
    "huge": (make_header((1 << 30, 1 << 12)), "expected 4398046511104 bytes of int8.*, got 0"),
    "cut off": (make_header((4, 4)) + bytes(15), r"expected 16 bytes of int8\[4, 4\], got 15"),
    "too much": (make_header((4, 4)) + bytes(17), r"expected 16 bytes of int8\[4, 4\], got 17"),
    "negative": (make_header((-1, -4)) + bytes(4), "expected the header of an array"),
    "objects": (make_header((1,), "|O") + bytes(8), "got Python objects"),
    "long": (make_header((BYTES_MAX,)) + bytes(BYTES_MAX), "at most 65536 bytes, got more"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_array_is_refused(tmp_path: Path, name: str) -> None:
    raw, message = REFUSED[name]
    with pytest.raises(BadArrayFile, match=message):
        load_array(write(tmp_path / "x.npy", raw), BYTES_MAX)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for load in (load_array, load_arrays):
        with pytest.raises(BadArrayFile, match="cannot be read: No such file"):
            load(tmp_path / "missing", BYTES_MAX)
        with pytest.raises(BadArrayFile, match="cannot be read: Is a directory"):
            load(tmp_path, BYTES_MAX)


def lock(raw: bytes) -> bytes:
    """The archive with the flag of a password on its member, in both of its headers."""
    changed = bytearray(raw)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[raw.index(mark) + place] |= 1
    return bytes(changed)


BOMB = pack(("a.npy", make_header((1 << 20,)) + bytes(1 << 20)))
ARCHIVES: dict[str, tuple[bytes, str]] = {
    "one array": (make_header((0,)), "expected an archive .*, got a single array"),
    "no archive": (b"text", "expected an archive .*, got: File is not a zip file"),
    "cut off": (pack(("a.npy", make_header((0,))))[:-30], "expected an archive"),
    "a bomb": (BOMB, "at most 65536 bytes unpacked, got 10487"),
    "text inside": (pack(("a.npy", b"text")), "begins with"),
    "a password": (lock(pack(("a.npy", make_header((0,))))), "as NumPy writes it"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_no_archive_of_arrays_is_refused(tmp_path: Path, name: str) -> None:
    raw, message = ARCHIVES[name]
    assert len(raw) < BYTES_MAX
    with pytest.raises(BadArrayFile, match=message):
        load_arrays(write(tmp_path / "x.npz", raw), BYTES_MAX)


GOOD: dict[Callable[[Path, int], object], bytes] = {
    load_array: make_header((3, 4)) + bytes(range(12)),
    load_arrays: pack(("a.npy", make_header((3, 4)) + bytes(12)), ("b.npy", make_header((0,)))),
}


@pytest.mark.parametrize("load", GOOD)
@given(data=st.data())
def test_changed_bytes_give_an_array_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
    load: Callable[[Path, int], object],
    data: st.DataObject,
) -> None:
    raw = bytearray(GOOD[load])
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    with suppress(BadArrayFile):
        load(path, BYTES_MAX)


def test_a_miner_is_told_what_is_wrong_with_its_operands(tmp_path: Path) -> None:
    good = tmp_path / "good.npy"
    np.save(good, np.ones((64, 64), np.int8))
    cases = (
        (pack(("a.npy", make_header((0,)))), "got an archive"),
        (make_header((1 << 30, 1 << 12)), "expected 4398046511104 bytes of int8.*, got 0"),
        (b"text", "begins with"),
        (make_header((4,)) + bytes(4), r"expected int8\[rows, cols\], got int8\(4,\)"),
    )
    for raw, message in cases:
        with pytest.raises(WrongUse, match=message):
            load_operands(good, write(tmp_path / "bad.npy", raw))
