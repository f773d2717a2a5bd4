"""A real GPU by CuPy, of which only what lies below its arrays is used.

This module imports CuPy: it is imported only where a GPU is asked for.
"""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from cupy import cuda  # pyright: ignore[reportMissingModuleSource]  # the extra `gpu` has it

from consensus.kernels.cuda.device import (
    Argument,
    DeviceFailed,
    DeviceUnavailable,
    HostArray,
    Launch,
    Mark,
    Pointer,
    Stream,
)
from consensus.kernels.cuda.nvrtc import CubinStore, compile_target, load_nvrtc
from consensus.kernels.cuda.plan import Plan, choose_target

_DEFAULT_SHARED_BYTES = 48 << 10
"""A kernel that wants more has to say so first."""


@dataclass(frozen=True, slots=True, eq=False)
class CupyBuffer:
    """Memory from CuPy's pool."""

    memory: cuda.MemoryPointer
    size_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class CupyMark:
    """An event in a stream, and what must not be given back before it."""

    stream: Stream
    event: cuda.Event
    used: list[object]


class CupyDevice:
    """One GPU with a cubin loaded."""

    def __init__(self, number: int, cubin: bytes) -> None:
        self._number = number
        with self._use():
            properties = cuda.runtime.getDeviceProperties(number)
            self._name = properties["name"].decode()
            self._processors = properties["multiProcessorCount"]
            self._module = cuda.function.Module()
            self._module.load(cubin)
            self._kernels: dict[str, cuda.function.Function] = {}
            self._streams = {stream: cuda.Stream(non_blocking=True) for stream in Stream}
        # The pool would hand memory on while a stream still uses it: nothing is let go before a
        # later mark of its stream is reached.
        self._used: dict[Stream, list[object]] = {stream: [] for stream in Stream}
        self._marks: dict[Stream, deque[CupyMark]] = {stream: deque() for stream in Stream}

    @property
    def name(self) -> str:
        """What the maker calls it."""
        return self._name

    @property
    def processors(self) -> int:
        """Multiprocessors."""
        return self._processors

    def allocate(self, size_bytes: int) -> Pointer:
        """Memory from the pool."""
        with self._use():
            return Pointer(CupyBuffer(cuda.alloc(size_bytes), size_bytes))

    def upload(self, stream: Stream, source: HostArray, target: Pointer) -> None:
        """Copies from memory that the system may page out, so by way of the driver's own."""
        with self._use():
            self._copy(stream, _to_address(target), source.ctypes.data, source.nbytes, is_up=True)
        self._used[stream] += (source, target)

    def download(self, stream: Stream, source: Pointer, target: HostArray) -> None:
        """Copies to memory that the system may page out."""
        with self._use():
            self._copy(stream, target.ctypes.data, _to_address(source), target.nbytes, is_up=False)
        self._used[stream] += (source, target)

    def clear(self, stream: Stream, target: Pointer, size_bytes: int) -> None:
        """Writes zeros."""
        with self._use():
            address, queue = _to_address(target), self._streams[stream].ptr
            cuda.runtime.memsetAsync(address, 0, size_bytes, queue)
        self._used[stream].append(target)

    def launch(self, stream: Stream, launch: Launch) -> None:
        """Runs a kernel."""
        with self._use():
            kernel = self._get_kernel(launch)
            arguments = tuple(map(_to_scalar, launch.arguments))
            shape = ((launch.blocks,), (launch.threads,))
            kernel(*shape, arguments, launch.shared_bytes, self._streams[stream])
        self._used[stream] += launch.arguments

    def mark(self, stream: Stream) -> CupyMark:
        """Records an event."""
        with self._use():
            event = cuda.Event(disable_timing=True)
            self._streams[stream].record(event)
        mark = CupyMark(stream, event, self._used[stream])
        self._used[stream] = []
        self._marks[stream].append(mark)
        return mark

    def wait(self, stream: Stream, mark: Mark) -> None:
        """Has the stream wait for the event."""
        assert isinstance(mark, CupyMark), "marks come from this device; qed"
        with self._use():
            self._streams[stream].wait_event(mark.event)

    def synchronize(self, mark: Mark) -> None:
        """Waits here for the event, and lets go what was used before any that is past."""
        assert isinstance(mark, CupyMark), "marks come from this device; qed"
        with self._use():
            mark.event.synchronize()
            for marks in self._marks.values():
                while marks and marks[0].event.done:
                    marks.popleft().used.clear()

    def _copy(self, stream: Stream, target: int, source: int, size: int, *, is_up: bool) -> None:
        runtime = cuda.runtime
        kind = runtime.memcpyHostToDevice if is_up else runtime.memcpyDeviceToHost
        runtime.memcpyAsync(target, source, size, kind, self._streams[stream].ptr)

    def _get_kernel(self, launch: Launch) -> cuda.function.Function:
        kernel = self._kernels.get(launch.kernel)
        if kernel is None:
            kernel = self._kernels[launch.kernel] = self._module.get_function(launch.kernel)
            if launch.shared_bytes > _DEFAULT_SHARED_BYTES:
                driver = cuda.driver
                attribute = driver.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
                driver.funcSetAttribute(kernel.ptr, attribute, launch.shared_bytes)
        return kernel

    @contextmanager
    def _use(self) -> Generator[None]:
        """Makes this GPU the thread's, and its errors ours."""
        try:
            with cuda.Device(self._number):
                yield
        except (
            cuda.runtime.CUDARuntimeError,
            cuda.driver.CUDADriverError,
            cuda.memory.OutOfMemoryError,
        ) as error:
            raise DeviceFailed(f"GPU {self._number}: {error}") from error


def open_device(number: int, store: CubinStore | None) -> tuple[CupyDevice, Plan]:
    """A GPU by its number with its kernels, and their plan.

    Compiles for some ten seconds unless ``store`` has the cubin. Errors: DeviceUnavailable,
    DeviceFailed, CompileFailed.
    """
    try:
        count = cuda.runtime.getDeviceCount()
    except cuda.runtime.CUDARuntimeError as error:
        raise DeviceUnavailable(f"no GPU: {error}") from error
    if not 0 <= number < count:
        raise DeviceUnavailable(f"expected a GPU below {count}, got number {number}")
    properties = cuda.runtime.getDeviceProperties(number)
    target = choose_target(properties["major"], properties["minor"])
    return CupyDevice(number, compile_target(load_nvrtc(), target, store)), target.plan


def _to_address(pointer: Pointer) -> int:
    assert isinstance(pointer.buffer, CupyBuffer), "buffers come from this device; qed"
    return pointer.buffer.memory.ptr + pointer.offset_bytes


def _to_scalar(argument: Argument) -> np.uint64 | np.int32:
    if argument is None:
        return np.uint64(0)
    return np.uint64(_to_address(argument)) if isinstance(argument, Pointer) else np.int32(argument)
