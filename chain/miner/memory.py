"""Memory that the node and one device's process share: large operands and products pass through it.

It has no name in any file system: it is gone when both processes are, however they end. The node
gives its descriptor to the child, and makes it larger where a product needs that; a reader maps
what it is told of. Who may write is agreed on by the frames: the node before it asks, the child
until it has answered.
"""

import mmap
import os
from typing import Final

import numpy as np

from chain.errors import NodeError
from runtime.tensor.commitment import Int8Matrix, Int32Matrix

SHARED_BYTES_MIN: Final = 2**20
"""Smaller products go through the pipes, which costs less than two mappings are worth."""

_ALIGNMENT: Final = 64


class NoMemory(NodeError):
    """The system gives no such memory, or not as much."""


def compute_area_bytes(m: int, n: int, k: int) -> int:
    """What a product takes: A, B transposed and the result, int32."""
    return _place_product(m, n, k) + 4 * m * n


def _place_product(m: int, n: int, k: int) -> int:
    return -(-(m + n) * k // _ALIGNMENT) * _ALIGNMENT


class SharedArea:
    """One side's view of the memory."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory: mmap.mmap | None = None

    @classmethod
    def create(cls) -> "SharedArea":
        """Memory of no size yet. Errors: NoMemory."""
        try:
            return cls(os.memfd_create("soberana-device"))
        except (OSError, AttributeError) as error:  # the latter where the system has none
            raise NoMemory(f"expected memory to share with a device: {error}") from error

    def reserve(self, size: int) -> None:
        """Makes it at least so large; nothing that is then written fails. Errors: NoMemory."""
        try:
            if os.fstat(self.descriptor).st_size < size:
                os.posix_fallocate(self.descriptor, 0, size)
        except OSError as error:
            raise NoMemory(f"expected {size} bytes to share with a device: {error}") from error

    def put_operands(self, a: Int8Matrix, bt: Int8Matrix) -> None:
        """Writes them where the other side looks for them."""
        m, n, k = len(a), len(bt), int(a.shape[1])
        held_a, held_bt = self.get_operands(m, n, k)
        np.copyto(held_a, a)
        np.copyto(held_bt, bt)

    def get_operands(self, m: int, n: int, k: int) -> tuple[Int8Matrix, Int8Matrix]:
        """A and B transposed, in place. Errors: NoMemory where it is too small for them."""
        memory = self._map(compute_area_bytes(m, n, k))
        a = np.frombuffer(memory, np.int8, m * k).reshape(m, k)
        return a, np.frombuffer(memory, np.int8, n * k, m * k).reshape(n, k)

    def get_product(self, m: int, n: int, k: int) -> Int32Matrix:
        """The result, in place. Errors: NoMemory."""
        memory = self._map(compute_area_bytes(m, n, k))
        return np.frombuffer(memory, np.int32, m * n, _place_product(m, n, k)).reshape(m, n)

    def close(self) -> None:
        """Gives it back; what still looks at it keeps it until it is done."""
        self._memory = None
        os.close(self.descriptor)

    def _map(self, size: int) -> mmap.mmap:
        """At least so many bytes; an earlier mapping lives as long as something looks at it."""
        if self._memory is None or len(self._memory) < size:
            held = os.fstat(self.descriptor).st_size
            if held < size:
                raise NoMemory(f"expected {size} shared bytes, got {held}")
            self._memory = mmap.mmap(self.descriptor, held)
        return self._memory
