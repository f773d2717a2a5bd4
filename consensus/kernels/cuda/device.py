"""What the launching code needs of a GPU, so that it also runs on one that is only emulated.

Everything asked of a device happens later, in the order of its stream. Streams know nothing of each
other but by marks: what waits for a mark comes after all that its stream was asked before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

HostArray: TypeAlias = npt.NDArray[np.generic]
"""Contiguous; its bytes are what is copied."""


class DeviceUnavailable(ValueError):
    """There is no GPU here that this code can use; the message says what is missing."""


class DeviceFailed(Exception):
    """The GPU did not do what it was asked: it vanished, is out of memory, or a kernel broke."""


class Stream(Enum):
    """One order of work."""

    STAGING = auto()
    """Uploads, hashes, noise."""

    PRODUCT = auto()
    """Products and their tickets."""

    RESULTS = auto()
    """Downloads."""


class Buffer(Protocol):
    """Memory of the device; it lives as long as something refers to it or still uses it."""

    @property
    def size_bytes(self) -> int:
        """How much of it there is."""
        ...


@dataclass(frozen=True, slots=True)
class Pointer:
    """A place in a buffer."""

    buffer: Buffer
    offset_bytes: int = 0

    def at(self, offset_bytes: int) -> "Pointer":
        """The place so many bytes further."""
        return Pointer(self.buffer, self.offset_bytes + offset_bytes)


Argument: TypeAlias = Pointer | int | None
"""A pointer, a 32-bit integer, the null pointer."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One run of a kernel."""

    kernel: str
    blocks: int
    threads: int
    arguments: Sequence[Argument]
    shared_bytes: int = 0


class Mark(Protocol):
    """A point in a stream."""

    @property
    def stream(self) -> Stream:
        """The stream it is in."""
        ...


class Device(Protocol):
    """A GPU with the kernels loaded. Every method may raise DeviceFailed."""

    @property
    def name(self) -> str:
        """What the maker calls it."""
        ...

    @property
    def processors(self) -> int:
        """Multiprocessors: how many blocks run at once, where one fills a multiprocessor."""
        ...

    def allocate(self, size_bytes: int) -> Pointer:
        """Memory with any content."""
        ...

    def upload(self, stream: Stream, source: HostArray, target: Pointer) -> None:
        """Copies all of ``source``, which stays as it is until the copy is done."""
        ...

    def download(self, stream: Stream, source: Pointer, target: HostArray) -> None:
        """Fills all of ``target``; it may be read once a later mark is reached."""
        ...

    def clear(self, stream: Stream, target: Pointer, size_bytes: int) -> None:
        """Writes zeros."""
        ...

    def launch(self, stream: Stream, launch: Launch) -> None:
        """Runs a kernel."""
        ...

    def mark(self, stream: Stream) -> Mark:
        """The point that the stream reaches when all asked so far is done."""
        ...

    def wait(self, stream: Stream, mark: Mark) -> None:
        """Has the stream go on only when the mark, of another stream, is reached."""
        ...

    def synchronize(self, mark: Mark) -> None:
        """Waits here until the mark is reached."""
        ...
