"""Labels as bytes: 1, 2, 4 or 8 bits each, whatever the classes need; the first in the low bits.

The bits behind the last label are zero, so that labels have one form.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.uint8]
"""A label an item."""

_WIDTHS_BITS = (1, 2, 4, 8)


class BadLabels(ValueError):
    """These bytes are not so many labels of so many classes."""


def compute_width_bits(classes: int) -> int:
    """The bits of a label: the least of 1, 2, 4 and 8 that tell the classes apart."""
    return next(width for width in _WIDTHS_BITS if classes <= 1 << width)


def compute_packed_bytes(items: int, classes: int) -> int:
    """How many bytes so many labels take."""
    return -(-items * compute_width_bits(classes) // 8)


def pack_labels(labels: Sequence[int], classes: int) -> bytes:
    """The bytes of labels; `BadLabels` for one that is no class."""
    wrong = [label for label in labels if not 0 <= label < classes]
    if wrong:
        raise BadLabels(f"expected labels below {classes}, got {wrong[0]}")
    width = compute_width_bits(classes)
    array = np.array(labels, np.uint8).reshape(-1, 1)
    bits = np.unpackbits(array, axis=1, count=width, bitorder="little")
    return np.packbits(bits.reshape(-1), bitorder="little").tobytes()


def unpack_labels(packed: bytes, items: int, classes: int) -> Labels:
    """The labels of some bytes; `BadLabels` unless `pack_labels` gives just these bytes."""
    expected = compute_packed_bytes(items, classes)
    if len(packed) != expected:
        raise BadLabels(f"expected {expected} bytes for {items} labels, got {len(packed)}")
    width = compute_width_bits(classes)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")
    if bits[items * width :].any():
        raise BadLabels(f"expected zeros behind the last of {items} labels")
    parts = bits[: items * width].reshape(items, width)
    labels: Labels = np.packbits(parts, axis=1, bitorder="little").reshape(-1)
    if items and int(labels.max()) >= classes:
        raise BadLabels(f"expected labels below {classes}, got {int(labels.max())}")
    return labels
