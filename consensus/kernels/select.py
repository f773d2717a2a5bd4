"""Chooses the backend by name and tests it; every name here passes the same byte-equality suite."""

from typing import Final

from consensus.kernels.backend import ProductBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.selftest import ensure_exact

BACKENDS: Final = ("numpy",)


def select_backend(name: str) -> ProductBackend:
    """The backend of a name, `auto` for the fastest that this machine has.

    Errors: ValueError for an unknown name, BackendFault where the machine computes wrong.
    """
    if name not in ("auto", "numpy"):
        raise ValueError(f"backend: expected auto or one of {', '.join(BACKENDS)}, got {name!r}")
    backend = NumpyBackend()
    ensure_exact(backend)
    return backend
