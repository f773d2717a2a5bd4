"""Examples as bytes: rows of int8, each with its label in the byte behind it.

`dedup-v1`: two examples are the same when their rows are, whatever their labels. Who comes first
has them; the rest are nobody's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from runtime.programs import ProgramError
from runtime.programs.integers import Int64Array, load_labels, load_operands
from runtime.tensor.value import Int8Array


class BadExamples(ValueError):
    """These bytes are not examples of this shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Rows and their labels."""

    rows: Int8Array
    labels: Int64Array

    def join(self, other: "Examples") -> "Examples":
        """These, and the others behind them."""
        return Examples(
            np.concatenate([self.rows, other.rows]), np.concatenate([self.labels, other.labels])
        )


def load_examples(content: bytes, cols: int, classes: int, rows_max: int) -> Examples:
    """1 to ``rows_max`` examples; `BadExamples`."""
    width = cols + 1
    count, rest = divmod(len(content), width)
    if rest != 0 or not 1 <= count <= rows_max:
        raise BadExamples(
            f"expected 1 to {rows_max} examples of {width} bytes, got {len(content)} bytes"
        )
    table = np.frombuffer(content, np.uint8).reshape(count, width)
    try:
        return Examples(
            load_operands(table[:, :cols].tobytes(), count, cols),
            load_labels(table[:, cols].tobytes(), count, classes),
        )
    except ProgramError as error:
        raise BadExamples(str(error)) from error


def drop_known(shard: bytes, known: Iterable[bytes], cols: int) -> bytes:
    """The examples of a shard whose rows are in none of the others, each once, in their order."""
    width = cols + 1
    seen: set[bytes] = set()
    for content in known:
        seen.update(content[at : at + cols] for at in range(0, len(content), width))
    fresh: list[bytes] = []
    for at in range(0, len(shard), width):
        row = shard[at : at + cols]
        if row not in seen:
            seen.add(row)
            fresh.append(shard[at : at + width])
    return b"".join(fresh)
