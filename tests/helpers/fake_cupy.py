"""CuPy as far as the CUDA backend uses it, before the emulator.

As late as a real GPU may be: nothing runs before somebody waits. As hasty as a real pool: memory
that nobody holds is spoilt at once, whatever still wants to use it.
"""

import ctypes
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from consensus.kernels.cuda.plan import Plan
from tests.helpers.cuda_emulator import EmulatedBuffer, build

SPOILT_AGAIN = 0xDD


class FakeRuntimeError(RuntimeError):
    """For cudaError…"""


class FakeDriverError(RuntimeError):
    """For CUDA_ERROR…"""


class FakeMemory:
    """A MemoryPointer."""

    def __init__(self, buffer: EmulatedBuffer, alive: set[int]) -> None:
        self.ptr = buffer.address
        alive.add(self.ptr)
        weakref.finalize(self, alive.discard, self.ptr)
        weakref.finalize(self, buffer.bytes.fill, SPOILT_AGAIN)


@dataclass(eq=False)
class FakeStream:
    """Operations, of which so many are done."""

    non_blocking: bool
    ptr: int = 0
    operations: list[Callable[[], object]] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        assert self.non_blocking, "the default stream would put all in one order"

    def record(self, event: "FakeEvent") -> None:
        event.stream, event.count = self, len(self.operations)

    def wait_event(self, event: "FakeEvent") -> None:
        self.operations.append(event.synchronize)


@dataclass(eq=False)
class FakeEvent:
    """A place in a stream."""

    disable_timing: bool
    stream: FakeStream | None = None
    count: int = 0

    @property
    def done(self) -> bool:
        return self.stream is not None and self.stream.done >= self.count

    def synchronize(self) -> None:
        assert self.stream is not None
        while self.stream.done < self.count:
            self.stream.done += 1
            self.stream.operations[self.stream.done - 1]()


@dataclass
class FakeFunction:
    """A kernel."""

    entry: Callable[..., int]
    ptr: int
    shared_max: int = 48 << 10

    def __call__(
        self,
        grid: tuple[int],
        block: tuple[int],
        args: Sequence[np.uint64 | np.int32],
        shared_mem: int,
        stream: FakeStream,
    ) -> None:
        if shared_mem > self.shared_max:
            raise FakeDriverError("CUDA_ERROR_INVALID_VALUE: invalid argument")
        words = (ctypes.c_uint64 * len(args))(*(int(each) % 2**64 for each in args))

        def run() -> None:
            assert self.entry(grid[0], block[0], shared_mem, len(args), words) == 0

        stream.operations.append(run)


class FakeCuda:
    """The module `cupy.cuda` for one emulated GPU."""

    def __init__(self, plan: Plan, capability: tuple[int, int] = (8, 0), count: int = 1) -> None:
        self._plan = plan
        self._streams: list[FakeStream] = []
        self._buffers: list[EmulatedBuffer] = []
        self._functions: list[FakeFunction] = []
        self._capability = capability
        self._count = count
        self.alive: set[int] = set()
        """The addresses of memory that somebody holds."""
        self.lost: Exception | None = None
        """What every later call raises."""
        self.Event = FakeEvent
        self.runtime = SimpleNamespace(
            CUDARuntimeError=FakeRuntimeError,
            memcpyHostToDevice=1,
            memcpyDeviceToHost=2,
            getDeviceCount=self._get_count,
            getDeviceProperties=self._get_properties,
            memcpyAsync=self._copy,
            memsetAsync=self._set,
        )
        self.driver = SimpleNamespace(
            CUDADriverError=FakeDriverError,
            CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES=8,
            funcSetAttribute=self._set_attribute,
        )
        self.memory = SimpleNamespace(OutOfMemoryError=MemoryError)
        self.function = SimpleNamespace(Module=lambda: self, Function=FakeFunction)
        self.MemoryPointer = FakeMemory

    @cached_property
    def _library(self) -> ctypes.CDLL:
        return ctypes.CDLL(str(build(self._plan)))

    def Stream(self, *, non_blocking: bool) -> FakeStream:  # noqa: N802 - CuPy's name
        self._streams.append(FakeStream(non_blocking, len(self._streams)))
        return self._streams[-1]

    def Device(self, number: int) -> "FakeCuda":  # noqa: N802 - CuPy's name
        assert number < self._count
        return self

    def __enter__(self) -> None:
        if self.lost is not None:
            raise self.lost

    def __exit__(self, *_: object) -> None: ...

    def alloc(self, size: int) -> FakeMemory:
        self._buffers.append(EmulatedBuffer(self._library, size))  # its pages stay mapped
        return FakeMemory(self._buffers[-1], self.alive)

    def load(self, cubin: bytes) -> None:
        assert cubin == b"cubin"

    def get_function(self, name: str) -> FakeFunction:
        entry = getattr(self._library, f"emulate_{name}")
        self._functions.append(FakeFunction(entry, len(self._functions)))
        return self._functions[-1]

    def _get_count(self) -> int:
        if self._count == 0:
            raise FakeRuntimeError("cudaErrorInsufficientDriver: the driver is too old")
        return self._count

    def _get_properties(self, _: int) -> dict[str, object]:
        major, minor = self._capability
        return {"name": b"fake", "major": major, "minor": minor, "multiProcessorCount": 2}

    def _copy(self, target: int, source: int, size: int, kind: int, stream: int) -> None:
        assert kind in (1, 2)
        self._streams[stream].operations.append(lambda: ctypes.memmove(target, source, size))

    def _set(self, target: int, value: int, size: int, stream: int) -> None:
        self._streams[stream].operations.append(lambda: ctypes.memset(target, value, size))

    def _set_attribute(self, function: int, attribute: int, value: int) -> None:
        assert attribute == 8
        self._functions[function].shared_max = value
