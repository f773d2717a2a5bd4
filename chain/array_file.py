"""NumPy's files, read without trust: nothing in them runs, and none takes more memory than it says.

`np.load` believes a header: it asks for as much memory as the shape wants before it looks at the
data, and unpacks an archive however long that becomes. Here both are counted first.
"""

import io
import os
import re
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from chain.errors import NodeError

Array: TypeAlias = npt.NDArray[np.generic]

_ARRAY: Final = b"\x93NUMPY"
_ARCHIVE: Final = b"PK\x03\x04"
_HEADER: Final = re.compile(
    rb"\{ *'descr': *'([<>|=][A-Za-z][0-9]{0,9})', *'fortran_order': *(True|False), *"
    rb"'shape': *\(((?:[0-9]{1,18}, *)*(?:[0-9]{1,18})?)\),? *\}\s*"
)
"""A dictionary in Python's words, as every writer of the format spells it."""

_HEADER_BYTES_MAX: Final = 4_096


class BadArrayFile(NodeError):
    """The file holds no plain arrays, or more than it may."""


def load_array(path: Path, bytes_max: int) -> Array:
    """The array of a `.npy` file of at most so many bytes; `BadArrayFile`."""
    raw = _read(path, bytes_max)
    if raw.startswith(_ARCHIVE):
        raise BadArrayFile("expected a .npy file, got an archive")
    return _parse(raw)


def load_arrays(path: Path, bytes_max: int) -> dict[str, Array]:
    """The arrays of a `.npz` archive of at most so many bytes, unpacked as well; `BadArrayFile`."""
    raw = _read(path, bytes_max)
    if raw.startswith(_ARRAY):
        raise BadArrayFile("expected an archive (.npz), got a single array")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > bytes_max:
                raise BadArrayFile(f"expected at most {bytes_max} bytes unpacked, got {size}")
            return {
                entry.filename.removesuffix(".npy"): _parse(archive.read(entry))
                for entry in archive.infolist()
            }
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadArrayFile(f"expected an archive (.npz), got: {error}") from error
    except (RuntimeError, NotImplementedError) as error:  # a password; another compression
        raise BadArrayFile(f"expected an archive as NumPy writes it, got: {error}") from error


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            raw = stream.read(min(size, bytes_max) + 1)
    except OSError as error:
        raise BadArrayFile(f"it cannot be read: {error.strerror or error}") from error
    if len(raw) > bytes_max:
        raise BadArrayFile(f"expected at most {bytes_max} bytes, got more")
    return raw


def _parse(raw: bytes) -> Array:
    """Form: the magic bytes, a version (u8, u8), the length of the header, header, numbers."""
    if not raw.startswith(_ARRAY):
        raise BadArrayFile(f"expected a file that begins with {_ARRAY!r}, got {raw[:6]!r}")
    wide = raw[6:7] > b"\x01"  # version 1 has a length of two bytes, later ones of four
    first = 12 if wide else 10
    start = first + int.from_bytes(raw[8:first], "little")
    match = _HEADER.fullmatch(raw[first : min(start, first + _HEADER_BYTES_MAX)])
    if match is None:
        raise BadArrayFile(f"expected the header of an array, got {raw[first : first + 64]!r}")
    descr, order, sizes = (part.decode("ascii") for part in match.groups())
    try:
        dtype = np.dtype(descr)
    except (TypeError, ValueError) as error:
        raise BadArrayFile(f"expected a type of numbers, got {descr!r}") from error
    if dtype.hasobject:
        raise BadArrayFile("expected numbers or text, got Python objects")
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    wanted, got = prod(shape) * dtype.itemsize, len(raw) - start
    if wanted != got:
        raise BadArrayFile(f"expected {wanted} bytes of {dtype}{list(shape)}, got {got}")
    return np.ndarray(shape, dtype, bytearray(raw[start:]), order="F" if order == "True" else "C")
