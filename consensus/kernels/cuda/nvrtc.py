"""Compiles kernels for one architecture with NVRTC, the compiler that needs neither nvcc nor a GPU.

CuPy compiles for what it finds; only so can Hopper's own instructions (sm_90a) be had.
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, Protocol

from consensus.kernels.cuda.device import DeviceUnavailable
from consensus.kernels.cuda.plan import Target
from consensus.kernels.cuda.sources import assemble
from runtime.crypto.hashing import blake2_256

OPTIONS: Final = ("--std=c++17", "--ptxas-options=-v")
_WHEELS: Final = (
    ("nvidia.cu13", "libnvrtc.so.13"),
    ("nvidia.cuda_nvrtc", "libnvrtc.so.12"),
)
"""Packages that carry the library, in their folder `lib`."""

_RESOURCES = re.compile(
    r"entry function '(?P<kernel>\w+)'.*?(?P<stack>\d+) bytes stack frame, "
    r"(?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)


class CompileFailed(Exception):
    """The compiler refused the kernels; the message is its log."""


class CubinStore(Protocol):
    """Keeps compiled kernels from one start to the next."""

    def get(self, name: str) -> bytes | None:
        """What was put under this name; None if there is nothing, or it may be broken."""
        ...

    def put(self, name: str, cubin: bytes) -> None:
        """Keeps it, if that is possible."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What one kernel takes of a multiprocessor, as the assembler says."""

    kernel: str
    registers: int
    stack_bytes: int
    spilled_bytes: int


class Nvrtc:
    """The library, loaded."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        major, minor = ctypes.c_int(), ctypes.c_int()
        library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
        self.version = (major.value, minor.value)
        """Such as (12, 9)."""

    def compile(self, code: str, architecture: str, defines: Sequence[str]) -> tuple[bytes, str]:
        """The cubin of a program, and the log. Errors: CompileFailed."""
        library, program = self._library, ctypes.c_void_p()
        source = (code.encode(), b"kernels.cu", 0, None, None)
        self._ensure(library.nvrtcCreateProgram(ctypes.byref(program), *source), "")
        try:
            options = [f"-arch=sm_{architecture}", *OPTIONS, *(f"-D{each}" for each in defines)]
            array = (ctypes.c_char_p * len(options))(*(each.encode() for each in options))
            status = library.nvrtcCompileProgram(program, len(options), array)
            log = self._read(program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
            self._ensure(status, log)
            return self._read(program, "CUBIN"), log
        finally:
            library.nvrtcDestroyProgram(ctypes.byref(program))

    def _read(self, program: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        get_size = getattr(self._library, f"nvrtcGet{what}Size")
        self._ensure(get_size(program, ctypes.byref(size)), what)
        buffer = ctypes.create_string_buffer(size.value)
        self._ensure(getattr(self._library, f"nvrtcGet{what}")(program, buffer), what)
        return buffer.raw

    def _ensure(self, status: int, log: str) -> None:
        if status != 0:
            self._library.nvrtcGetErrorString.restype = ctypes.c_char_p
            raise CompileFailed(f"{self._library.nvrtcGetErrorString(status).decode()}\n{log}")


def load_nvrtc() -> Nvrtc:
    """The library from a wheel, or from the system. Errors: DeviceUnavailable."""
    for path in _list_candidates():
        try:
            return Nvrtc(ctypes.CDLL(path))
        except OSError:
            continue
    expected = " or ".join(name for _, name in _WHEELS)
    raise DeviceUnavailable(f"nvrtc: expected {expected}; the extras `gpu` and `nvrtc` install it")


def compile_target(nvrtc: Nvrtc, target: Target, store: CubinStore | None) -> bytes:
    """The cubin of a target, from the store where it is there. Errors: CompileFailed."""
    plan = target.plan
    code = assemble(plan)
    said = (code, target.architecture, str(nvrtc.version), *OPTIONS, *plan.defines)
    name = f"{plan.kernel}-sm_{target.architecture}-{blake2_256(repr(said).encode()).hex()[:32]}"
    kept = store.get(name) if store is not None else None
    if kept is not None:
        return kept
    cubin, _ = nvrtc.compile(code, target.architecture, plan.defines)
    if store is not None:
        store.put(name, cubin)
    return cubin


def parse_resources(log: str) -> Iterator[Resources]:
    """What the compiler's log says of each kernel."""
    for found in _RESOURCES.finditer(log):
        spilled = int(found["stores"]) + int(found["loads"])
        yield Resources(found["kernel"], int(found["registers"]), int(found["stack"]), spilled)


def _list_candidates() -> Iterator[str]:
    for package, name in _WHEELS:
        try:
            spec = find_spec(package)
        except ModuleNotFoundError:
            continue
        if spec is not None:
            for folder in spec.submodule_search_locations or ():
                yield f"{folder}/lib/{name}"
    for _, name in _WHEELS:
        yield name
