"""Chooses the backend by name and tests it; every name here passes the same byte-equality suite."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from consensus.kernels.backend import ONE_CORE, BackendUnavailable, Cores, ProductBackend
from consensus.kernels.cuda.device import DeviceFailed, DeviceUnavailable
from consensus.kernels.cuda.nvrtc import CompileFailed, CubinStore
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.guarded_backend import GuardedBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.selftest import BackendFault, ensure_exact

Note: TypeAlias = Callable[[str], None]
"""Told what a person may want to read: progress of a first start, why a backend is not used."""


def ignore(text: str) -> None:
    """Lets a note go by."""


def make_cuda(cores: Cores, note: Note, cubins: CubinStore | None = None) -> ProductBackend:
    """Guarded: what the GPU fails is done again by the fastest that needs none.

    Kernels compiled for it are looked for, and kept, in ``cubins``.

    Errors: BackendUnavailable without a GPU, CuPy or NVRTC.
    """
    # Imported where it is wanted: CuPy is an extra, and takes a second to load.
    try:
        from consensus.kernels.cuda.cupy_device import open_device  # noqa: PLC0415
    except ImportError as error:
        raise BackendUnavailable(f"cuda: {error}; the extra `gpu` installs it") from error
    note("cuda: loading kernels; the first start compiles them, which takes some ten seconds")
    try:
        backend = CudaBackend(*open_device(0, cubins))
        ensure_exact(backend)
    except (DeviceUnavailable, CompileFailed) as error:
        raise BackendUnavailable(f"cuda: {error}") from error
    except DeviceFailed as error:
        raise BackendFault(f"cuda: {error}") from error
    note(f"cuda: ready, {backend.device_name}")
    return GuardedBackend(backend, lambda: _make_first(WITHOUT_GPU, cores, note), note)


def make_numba(cores: Cores, note: Note) -> ProductBackend:
    """Errors: BackendUnavailable without the instructions, or a place for compiled kernels."""
    # Imported where it is wanted: numba takes half a second to load.
    try:
        from consensus.kernels import numba_backend  # noqa: PLC0415
        from consensus.kernels.simd.capability import has_pair_products  # noqa: PLC0415
        from consensus.kernels.simd.compiling import announce_compiling  # noqa: PLC0415
    except (ImportError, RuntimeError) as error:
        raise BackendUnavailable(f"numba: {error}") from error
    if not has_pair_products():
        raise BackendUnavailable("numba: expected a processor with AVX2")
    backend = numba_backend.NumbaBackend(cores)
    with announce_compiling(note):
        ensure_exact(backend)
    return backend


def make_numpy(cores: Cores, note: Note) -> ProductBackend:  # noqa: ARG001 - one core, no news
    """The reference, which every machine has."""
    backend = NumpyBackend()
    ensure_exact(backend)
    return backend


Makers: TypeAlias = Mapping[str, Callable[[Cores, Note], ProductBackend]]

WITHOUT_GPU: Final[Makers] = {"numba": make_numba, "numpy": make_numpy}

MAKERS: Final[Makers] = {"cuda": make_cuda, **WITHOUT_GPU}
"""Makes and tests a backend, the fastest first. Errors: BackendUnavailable, BackendFault."""

BACKENDS: Final = tuple(MAKERS)


def select_backend(
    name: str,
    cores: Cores = ONE_CORE,
    note: Note = ignore,
    cubins: CubinStore | None = None,
) -> ProductBackend:
    """The backend of a name, `auto` for the fastest that this machine has and that is exact.

    Errors: ValueError for an unknown name, BackendUnavailable where the machine lacks what it
    needs, BackendFault where it computes wrong.
    """
    makers = MAKERS
    if cubins is not None:
        makers = {**MAKERS, "cuda": partial(make_cuda, cubins=cubins)}
    if name != "auto":
        if name not in makers:
            expected = ", ".join(sorted(BACKENDS))
            raise ValueError(f"backend: expected auto or one of {expected}, got {name!r}")
        return makers[name](cores, note)
    return _make_first(makers, cores, note)


def _make_first(makers: Makers, cores: Cores, note: Note) -> ProductBackend:
    for make in makers.values():
        try:
            return make(cores, note)
        except (BackendUnavailable, BackendFault) as error:
            note(f"not used: {error}")
    raise BackendUnavailable(f"none of {', '.join(makers)} works here")
