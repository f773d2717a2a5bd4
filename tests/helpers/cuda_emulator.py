"""A GPU without a GPU: the kernels' own source, built by g++ against an emulator of CUDA.

Streams run as late or as early as they may, memory is spoilt before its first use, and every
buffer has guards at both ends that are looked at after each launch.
"""

import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from consensus.kernels.cuda.device import (
    DeviceFailed,
    HostArray,
    Launch,
    Mark,
    Pointer,
    Stream,
)
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.cuda.sources import list_sources, read_source

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "tests/consensus/kernels/cuda/emulator"
BINARIES = ROOT / "build/emulator"
FLAGS = ("-O2", "-std=c++17", "-shared", "-fPIC", "-w", "-U_FORTIFY_SOURCE")
SPOILT, GUARD, GUARD_BYTES = 0xA5, 0x5C, 256
ALIGNMENT = 256

ORDERS: tuple[tuple[Stream, ...], ...] = ((), (Stream.STAGING, Stream.PRODUCT), tuple(Stream))
"""Eager streams: all as late as possible, products ahead of their downloads, all at once."""

Sources = Mapping[str, str]


def get_sources(plan: Plan) -> dict[str, str]:
    """The files of a plan that the emulator compiles: all but the instructions."""
    names = [name for name in list_sources(plan) if not name.startswith("ptx")]
    return {name: read_source(name) for name in names}


def build(plan: Plan, sources: Sources | None = None) -> Path:
    """The plan's kernels as a library for this machine, built once for each content."""
    if shutil.which("g++") is None:
        pytest.skip("g++, which builds the CUDA kernels for the emulator, is not installed")
    parts = sources or get_sources(plan)
    body = "".join(f'#line 1 "{name}"\n{text}' for name, text in parts.items())
    kernels = re.findall(r"^KERNEL\([^)]*\)\s*(\w+)\(", body, re.MULTILINE)
    entries = "".join(f"ENTRY({name})\n" for name in kernels)
    program = f'#include "entries.h"\n{body}\n{entries}'
    content = [program, *(path.read_text() for path in sorted(HEADERS.iterdir()))]
    flags = (*FLAGS, *(f"-D{each}" for each in plan.defines))
    digest = hashlib.sha256("\0".join([*content, *flags]).encode()).hexdigest()[:24]
    library = BINARIES / f"{plan.kernel}-{digest}.so"
    BINARIES.mkdir(parents=True, exist_ok=True)
    with library.with_suffix(".lock").open("w") as lock:  # several test processes, one build
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not library.exists():
            source, made = library.with_suffix(".cpp"), library.with_suffix(".part")
            source.write_text(program)
            command = ["g++", *flags, f"-I{HEADERS}", "-o", str(made), str(source)]
            subprocess.run(command, check=True)
            os.replace(made, library)
    return library


class EmulatedBuffer:
    """Memory between two guards."""

    def __init__(self, library: ctypes.CDLL, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        whole = np.full(size_bytes + 2 * GUARD_BYTES + ALIGNMENT, GUARD, np.uint8)
        start = GUARD_BYTES + -(whole.ctypes.data + GUARD_BYTES) % ALIGNMENT
        self._before, self._after = whole[:start], whole[start + size_bytes :]
        self.bytes = whole[start : start + size_bytes]
        self.bytes[:] = SPOILT
        self.address = self.bytes.ctypes.data
        self._library = library
        library.add_buffer(ctypes.c_uint64(self.address), ctypes.c_uint64(size_bytes))

    def __del__(self) -> None:
        self._library.remove_buffer(ctypes.c_uint64(self.address))

    def ensure_guards(self, kernel: str) -> None:
        """Errors: DeviceFailed where something was written outside."""
        if (self._before != GUARD).any() or (self._after != GUARD).any():
            raise DeviceFailed(f"{kernel}: wrote outside of a buffer")


@dataclass(frozen=True, slots=True)
class EmulatedMark:
    """So many operations of a stream."""

    stream: Stream
    count: int


@dataclass(slots=True)
class _Queue:
    operations: list[Callable[[], None]] = field(default_factory=list)
    done: int = 0


class EmulatedDevice:
    """Runs the g++ build: the eager streams at once, of the others only what somebody waits for."""

    name = "emulator"
    processors = 3

    def __init__(
        self, plan: Plan, library: Path | None = None, eager: Collection[Stream] = ()
    ) -> None:
        self._plan = plan
        self._path = library
        self._queues = {stream: _Queue() for stream in Stream}
        self._eager = eager
        self.launched: list[str] = []
        """The kernels asked for, in order."""

    @cached_property
    def _library(self) -> ctypes.CDLL:
        library = ctypes.CDLL(str(self._path or build(self._plan)))
        library.get_fault.restype = ctypes.c_char_p
        return library

    def allocate(self, size_bytes: int) -> Pointer:
        return Pointer(EmulatedBuffer(self._library, size_bytes))

    def upload(self, stream: Stream, source: HostArray, target: Pointer) -> None:
        assert source.flags.c_contiguous
        self._ask(stream, lambda: np.copyto(_view(target, source.nbytes), _as_bytes(source)))

    def download(self, stream: Stream, source: Pointer, target: HostArray) -> None:
        assert target.flags.c_contiguous
        self._ask(stream, lambda: np.copyto(_as_bytes(target), _view(source, target.nbytes)))

    def clear(self, stream: Stream, target: Pointer, size_bytes: int) -> None:
        self._ask(stream, lambda: _view(target, size_bytes).fill(0))

    def launch(self, stream: Stream, launch: Launch) -> None:
        self.launched.append(launch.kernel)
        self._ask(stream, lambda: self._run(launch))

    def mark(self, stream: Stream) -> EmulatedMark:
        return EmulatedMark(stream, len(self._queues[stream].operations))

    def wait(self, stream: Stream, mark: Mark) -> None:
        assert isinstance(mark, EmulatedMark)
        self._ask(stream, lambda: self.synchronize(mark))

    def synchronize(self, mark: Mark) -> None:
        assert isinstance(mark, EmulatedMark)
        queue = self._queues[mark.stream]
        while queue.done < mark.count:
            operation = queue.operations[queue.done]
            queue.operations[queue.done] = _nothing  # lets its buffers go
            queue.done += 1
            operation()

    def _ask(self, stream: Stream, operation: Callable[[], None]) -> None:
        self._queues[stream].operations.append(operation)
        if stream in self._eager:
            self.synchronize(self.mark(stream))

    def _run(self, launch: Launch) -> None:
        words = [_to_word(argument) for argument in launch.arguments]
        arguments = (ctypes.c_uint64 * len(words))(*words)
        kernel = getattr(self._library, f"emulate_{launch.kernel}")
        failed = kernel(launch.blocks, launch.threads, launch.shared_bytes, len(words), arguments)
        if failed:
            raise DeviceFailed(f"{launch.kernel}: {self._library.get_fault().decode()}")
        for argument in launch.arguments:
            if isinstance(argument, Pointer):
                _buffer(argument).ensure_guards(launch.kernel)


def _nothing() -> None: ...


def _buffer(pointer: Pointer) -> EmulatedBuffer:
    assert isinstance(pointer.buffer, EmulatedBuffer)
    return pointer.buffer


def _to_word(argument: Pointer | int | None) -> int:
    if isinstance(argument, Pointer):
        return _buffer(argument).address + argument.offset_bytes
    return 0 if argument is None else argument & 0xFFFFFFFFFFFFFFFF


def _view(pointer: Pointer, size_bytes: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    end = pointer.offset_bytes + size_bytes
    if end > _buffer(pointer).size_bytes:
        raise DeviceFailed(f"a copy ends {end - _buffer(pointer).size_bytes} bytes too late")
    return _buffer(pointer).bytes[pointer.offset_bytes : end]


def _as_bytes(array: HostArray) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return array.reshape(-1).view(np.uint8)
