"""The backend of a name, and what `auto` does where the fastest cannot be used."""

import sys
from collections.abc import Callable

import pytest
from numba import njit

from consensus.kernels import numba_backend, select
from consensus.kernels.backend import (
    BackendUnavailable,
    Cores,
    OneCore,
    ProductBackend,
)
from consensus.kernels.select import BACKENDS, MAKERS, Note, ignore, select_backend
from consensus.kernels.selftest import BackendFault
from consensus.kernels.simd.compiling import COMPILING, announce_compiling


@pytest.mark.parametrize("name", ["auto", "numpy", "numba"])
def test_every_name_gives_a_backend_that_is_exact(name: str) -> None:
    backend = select_backend(name, OneCore())
    assert backend.name == name or (name == "auto" and backend.name in BACKENDS)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected auto or one of .*numba, numpy, got 'abacus'"):
        select_backend("abacus")


def fail_with(error: Exception) -> Callable[[Cores, Note], ProductBackend]:
    def make(cores: Cores, note: Note) -> ProductBackend:
        raise error

    return make


@pytest.mark.parametrize(
    "error",
    [BackendUnavailable("swift: expected wings"), BackendFault("swift: a wrong product")],
    ids=["unavailable", "wrong"],
)
def test_auto_says_why_and_takes_the_next(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    makers = {"swift": fail_with(error), "numpy": MAKERS["numpy"]}
    monkeypatch.setattr(select, "MAKERS", makers)
    notes: list[str] = []
    assert select_backend("auto", note=notes.append).name == "numpy"
    assert notes == [f"not used: {error}"]
    with pytest.raises(type(error), match=str(error)):
        select_backend("swift")


def test_auto_without_any_backend_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "MAKERS", {"swift": fail_with(BackendUnavailable("no"))})
    with pytest.raises(BackendUnavailable, match="none of"):
        select_backend("auto")


def test_numba_that_computes_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(numba_backend.NumbaBackend):
        def compute_leaves(self, matrix: object) -> tuple[()]:
            return ()

    monkeypatch.setattr(numba_backend, "NumbaBackend", Wrong)
    notes: list[str] = []
    assert select_backend("auto", note=notes.append).name == "numpy"
    assert any("numba: wrong leaves" in each for each in notes)


def test_numba_needs_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consensus.kernels.simd.capability.has_pair_products", lambda: False)
    with pytest.raises(BackendUnavailable, match="numba: expected a processor with AVX2"):
        select_backend("numba")


def test_numba_that_cannot_be_loaded_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "consensus.kernels.numba_backend", None)
    monkeypatch.delattr("consensus.kernels.numba_backend")
    with pytest.raises(BackendUnavailable, match="numba: "):
        select_backend("numba")


def test_compiling_is_announced_once() -> None:
    """And nothing is said where the kernels are ready: every node's start would say it."""

    def add(left: int, right: int) -> int:
        return left + right

    notes: list[str] = []
    compiled = njit(nogil=True, cache=False)(add)
    with announce_compiling(notes.append):
        assert compiled(1, 2) == 3
        assert compiled(1, True) == 2  # another type, so compiled again
        assert notes == [COMPILING]
    select_backend("numba")
    select_backend("numba", note=notes.append)
    assert notes == [COMPILING]
    ignore("nothing")
