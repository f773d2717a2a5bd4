"""The GPU is chosen where it is there and right, and does not stop a node where it is not."""

import sys
from types import ModuleType

import pytest

from consensus.kernels import select
from consensus.kernels.backend import BackendUnavailable, OneCore, ProductBackend
from consensus.kernels.cuda.device import Device, DeviceFailed, DeviceUnavailable, Launch, Stream
from consensus.kernels.cuda.nvrtc import CompileFailed
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.guarded_backend import GuardedBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.select import make_cuda, select_backend
from consensus.kernels.selftest import BackendFault
from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import EmulatedDevice
from tests.helpers.pouw_stage import make_operand

MODULE = "consensus.kernels.cuda.cupy_device"


class ForgetfulDevice(EmulatedDevice):
    """Does not take the noise off."""

    def launch(self, stream: Stream, launch: Launch) -> None:
        if launch.kernel != "append_digits":
            super().launch(stream, launch)


def offer(
    monkeypatch: pytest.MonkeyPatch, given: Device | Exception, cubins: object = None
) -> None:
    """Puts a device, or what happens instead, where CuPy's would be."""

    def open_device(number: int, store: object) -> tuple[Device, Plan]:
        assert number == 0
        assert store is cubins
        if isinstance(given, Exception):
            raise given
        return given, PLANS["mma"]

    module = ModuleType(MODULE)
    module.open_device = open_device  # type: ignore[attr-defined]  # that is what modules are
    monkeypatch.setitem(sys.modules, MODULE, module)


class NoStore:
    """Keeps nothing."""

    def get(self, name: str) -> bytes | None:
        return None

    def put(self, name: str, cubin: bytes) -> None: ...


def test_a_gpu_that_is_right_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    store = NoStore()
    offer(monkeypatch, EmulatedDevice(PLANS["mma"]), store)
    notes: list[str] = []
    backend = select_backend("auto", OneCore(), notes.append, store)
    assert backend.name == "cuda"
    assert isinstance(backend, GuardedBackend)
    assert notes[-1] == "cuda: ready, emulator"


@pytest.mark.parametrize(
    "given, error",
    [
        (DeviceUnavailable("no GPU: cudaErrorNoDevice"), BackendUnavailable),
        (CompileFailed("NVRTC_ERROR_COMPILATION"), BackendUnavailable),
        (DeviceFailed("GPU 0: out of memory"), BackendFault),
    ],
)
def test_without_a_gpu_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, given: Exception, error: type[Exception]
) -> None:
    offer(monkeypatch, given)
    with pytest.raises(error, match=f"cuda: {given}"):
        select_backend("cuda")
    monkeypatch.setattr(select, "MAKERS", {"cuda": make_cuda, "numpy": select.make_numpy})
    notes: list[str] = []
    assert select_backend("auto", OneCore(), notes.append).name == "numpy"
    assert f"not used: cuda: {given}" in notes


def test_without_cupy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MODULE, None)
    with pytest.raises(BackendUnavailable, match="the extra `gpu` installs it"):
        select_backend("cuda")


def test_a_gpu_that_is_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ForgetfulDevice(PLANS["mma"]))
    with pytest.raises(BackendFault, match="cuda: a wrong product"):
        select_backend("cuda")


def test_a_gpu_that_vanishes_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    device = EmulatedDevice(PLANS["mma"])
    offer(monkeypatch, device)
    monkeypatch.setattr(select, "WITHOUT_GPU", {"numpy": select.make_numpy})
    notes: list[str] = []
    backend: ProductBackend = select_backend("cuda", OneCore(), notes.append)

    def fall_off(size_bytes: int) -> None:
        raise DeviceFailed("GPU 0: cudaErrorLaunchFailure")

    monkeypatch.setattr(device, "allocate", fall_off)
    matrix = make_operand(64, 64)
    assert backend.compute_leaves(matrix) == NumpyBackend().compute_leaves(matrix)
    assert backend.name == "numpy"
    assert "cudaErrorLaunchFailure" in notes[-1]
