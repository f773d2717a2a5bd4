"""The device on CuPy, with CuPy replaced by a fake before the emulator."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from consensus.kernels.backend import Operand, never_cancelled
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.cuda.device import DeviceFailed, DeviceUnavailable, Pointer, Stream
from consensus.kernels.cuda.plan import Plan, Target, make_mma_plan, make_wgmma_plan
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.seeded import SeededProducts
from consensus.kernels.selftest import ensure_exact
from consensus.pouw.noise import compute_noise
from tests.helpers.cuda_checks import PLANS
from tests.helpers.fake_cupy import SPOILT_AGAIN, FakeCuda, FakeRuntimeError
from tests.helpers.pouw_stage import AUTHOR, BACKEND, make_operand

MODULE = "consensus.kernels.cuda.cupy_device"


@pytest.fixture
def _forget_module() -> Iterator[None]:
    before = sys.modules.pop(MODULE, None)
    yield
    sys.modules.pop(MODULE, None)
    if before is not None:
        sys.modules[MODULE] = before


def load(monkeypatch: pytest.MonkeyPatch, fake: FakeCuda) -> ModuleType:
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=fake))
    return importlib.import_module(MODULE)


@pytest.mark.usefixtures("_forget_module")
@pytest.mark.parametrize("plan", [PLANS["mma"], PLANS["wgmma"]], ids=lambda plan: plan.kernel)
def test_it_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    device = load(monkeypatch, FakeCuda(plan)).CupyDevice(0, b"cubin")
    backend = CudaBackend(device, plan)
    ensure_exact(backend)
    seed_b = b"b" * 32
    b = Operand(make_operand(96, 128, 7), compute_noise(seed_b, 0, 96, 128), seed_b)
    for number in range(3):
        a = Operand(make_operand(160, 128, number), compute_noise(bytes(32), 0, 160, 128))
        found = backend.search(a, b, bytes(32), never_cancelled, wants_product=True)
        expected = search_by_parts(
            BACKEND.run, a, b, bytes(32), never_cancelled, wants_product=True
        )
        assert (found.ticket, found.i, found.j) == (expected.ticket, expected.i, expected.j)
        assert np.array_equal(found.product, expected.product)  # type: ignore[arg-type]  # both are
    assert device.name == "fake"


@pytest.mark.usefixtures("_forget_module")
def test_memory_is_held_until_its_stream_is_past(monkeypatch: pytest.MonkeyPatch) -> None:
    device = load(monkeypatch, FakeCuda(PLANS["mma"])).CupyDevice(0, b"cubin")
    seen = np.zeros(64, np.uint8)

    def move() -> None:
        pointer = device.allocate(64)
        device.upload(Stream.STAGING, np.arange(64, dtype=np.uint8), pointer)
        device.download(Stream.STAGING, pointer, seen)

    move()  # nothing holds the memory now but the device
    first = device.mark(Stream.STAGING)
    move()
    device.synchronize(device.mark(Stream.STAGING))
    assert np.array_equal(seen, np.arange(64))
    assert not first.used
    assert all(not marks for marks in device._marks.values())


@pytest.mark.usefixtures("_forget_module")
def test_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """After every answer the same is held, however many there were."""
    fake, plan = FakeCuda(PLANS["mma"]), PLANS["mma"]
    backend = CudaBackend(load(monkeypatch, fake).CupyDevice(0, b"cubin"), plan)
    a = Operand(make_operand(32, 64, 1), compute_noise(bytes(32), 0, 32, 64))
    held: list[int] = []
    for _ in range(4):
        backend.search(a, a, bytes(32), never_cancelled, wants_product=True)
        held.append(len(fake.alive))
    products = SeededProducts(bytes(32), bytes(32), b"b" * 32, AUTHOR, (32, 32, 64), range(12))
    for number, _ in enumerate(backend.search_seeded(products, never_cancelled)):
        if number >= 4:
            held.append(len(fake.alive))
    assert max(held[1:4]) == held[1]
    assert max(held[5:]) <= held[4] + 2, held


@pytest.mark.usefixtures("_forget_module")
def test_the_fake_s_pool_is_hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a hand on it, memory is spoilt: the test above can fail."""
    fake = FakeCuda(PLANS["mma"])
    address = fake.alloc(4).ptr
    buffer = fake._buffers[-1]
    assert buffer.address == address
    assert (buffer.bytes == SPOILT_AGAIN).all()


@pytest.mark.usefixtures("_forget_module")
def test_errors_of_cuda_are_those_of_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCuda(PLANS["mma"])
    device = load(monkeypatch, fake).CupyDevice(0, b"cubin")
    for error in (FakeRuntimeError("cudaErrorLaunchFailure"), MemoryError("out of memory")):
        fake.lost = error
        with pytest.raises(DeviceFailed, match=f"GPU 0: {error}"):
            device.allocate(1)
        fake.lost = None
    pointer = device.allocate(1)
    assert isinstance(pointer, Pointer)


@pytest.mark.usefixtures("_forget_module")
@pytest.mark.parametrize(
    "fake, number, why",
    [
        (FakeCuda(PLANS["mma"], count=0), 0, "no GPU: cudaErrorInsufficientDriver"),
        (FakeCuda(PLANS["mma"]), 1, "expected a GPU below 1, got number 1"),
        (FakeCuda(PLANS["mma"], (7, 5)), 0, "expected compute capability 8.0 or later, got 7.5"),
    ],
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, fake: FakeCuda, number: int, why: str
) -> None:
    with pytest.raises(DeviceUnavailable, match=why):
        load(monkeypatch, fake).open_device(number, None)


@pytest.mark.usefixtures("_forget_module")
@pytest.mark.parametrize(
    "capability, architecture, plan",
    [
        ((8, 0), "80", make_mma_plan(4)),
        ((8, 6), "86", make_mma_plan(3)),
        ((8, 9), "89", make_mma_plan(3)),
        ((9, 0), "90a", make_wgmma_plan()),
        ((10, 0), "100", make_mma_plan(4)),
        ((12, 0), "120", make_mma_plan(3)),
    ],
)
def test_each_gpu_gets_its_kernel(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], architecture: str, plan: Plan
) -> None:
    module = load(monkeypatch, FakeCuda(PLANS["mma"], capability))
    compiled: list[str] = []

    def compile_target(_: object, target: Target, _store: object) -> bytes:
        compiled.append(target.architecture)
        return b"cubin"

    monkeypatch.setattr(module, "load_nvrtc", lambda: None)
    monkeypatch.setattr(module, "compile_target", compile_target)
    _, got = module.open_device(0, None)
    assert (compiled, got) == ([architecture], plan)
