"""What the work proof costs on a GPU, beside torch's own int8 product; correctness comes first.

    python -m tests.bench.bench_gpu                    all, at 4096, 8192 and 16384
    python -m tests.bench.bench_gpu 4096               one size
    python -m tests.bench.bench_gpu --emulate 256      the same program without a GPU: no figures

Three ratios, each of medians of rounds that take turns, so that they hold while clocks change:

    quality      torch._int_mm / this kernel without proof or peel
    price        this kernel without proof / with transcripts and exact peel
    end to end   torch._int_mm / leaves, noise, packing, digits, product and tickets together,
                 with both operands new ("fresh") and with B kept ("kept"), one after the other;
                 and in a run of Seeded products, which are made and multiplied side by side

Operands and results stay on the device. docs/gpu-notes.md says how to read them.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import perf_counter_ns
from typing import Final, TypeAlias

import numpy as np

from consensus.kernels.backend import Operand, never_cancelled
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.cuda.device import Device, DeviceUnavailable, Stream
from consensus.kernels.cuda.nvrtc import Nvrtc, compile_target, load_nvrtc
from consensus.kernels.cuda.operand import Operands, Packed, Raw, compute_phases
from consensus.kernels.cuda.plan import Plan, Target, choose_target, make_mma_plan
from consensus.kernels.cuda.product import Band, Peeling, Products, Tickets
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.seeded import SeededProducts
from consensus.kernels.selftest import ensure_exact
from consensus.pouw.noise import compute_noise
from runtime.primitives import AccountId
from tests.helpers.cuda_checks import CHECKS, make_matrix
from tests.helpers.cuda_emulator import EmulatedDevice, build

SIZES: Final = (4096, 8192, 16_384)
ROUNDS: Final = 15
SEEDED_PRODUCTS: Final = 8
"""In one timed run, in which the next operands are made while one product is computed."""

WARM_UPS: Final = 3
LARGE: Final = ((1024, 1536, 2048), (96, 288, 16_384), (2080, 2016, 576))
SEED_A, SEED_B = bytes(range(32)), bytes(range(32, 64))

Open: TypeAlias = Callable[[Target, bool], Device]
"""The device with the kernels of a target, with transcripts or without."""


def open_cupy() -> tuple[list[Target], Open]:
    """The GPU's targets, the best first, and how it is opened for one."""
    from cupy import cuda

    from consensus.kernels.cuda.cupy_device import CupyDevice

    try:
        properties = cuda.runtime.getDeviceProperties(0)
    except cuda.runtime.CUDARuntimeError as error:
        raise DeviceUnavailable(f"no GPU: {error}") from error
    nvrtc: Nvrtc = load_nvrtc()
    best = choose_target(properties["major"], properties["minor"])
    targets = [best]
    if best.architecture == "90a":  # how much wgmma gains over what every GPU has
        targets.append(Target("90", make_mma_plan(stages=4)))

    def open_target(target: Target, folds: bool) -> Device:
        plan = replace(target.plan, defines=(*target.plan.defines, f"FOLD={int(folds)}"))
        return CupyDevice(0, compile_target(nvrtc, replace(target, plan=plan), None))

    print(f"{properties['name'].decode()}, sm_{best.architecture}, nvrtc {nvrtc.version}")
    return targets, open_target


def open_emulator() -> tuple[list[Target], Open]:
    """Both plans on the CPU."""
    targets = [choose_target(9, 0), Target("90", make_mma_plan(stages=3))]

    def open_target(target: Target, folds: bool) -> Device:
        plan = replace(target.plan, defines=(*target.plan.defines, f"FOLD={int(folds)}"))
        return EmulatedDevice(plan, build(plan))

    print("emulator: the times below say nothing of a GPU")
    return targets, open_target


def poison(device: Device) -> None:
    """Spoils memory when it is allocated, so that nothing right can be left from before."""
    allocate = device.allocate

    def allocate_spoilt(size_bytes: int):  # type: ignore[no-untyped-def]  # as what it replaces
        pointer = allocate(size_bytes)
        device.upload(Stream.STAGING, np.full(size_bytes, 0xA5, np.uint8), pointer)
        device.synchronize(device.mark(Stream.STAGING))
        return pointer

    device.allocate = allocate_spoilt  # type: ignore[method-assign]  # this one object


def ensure_correct(device: Device, plan: Plan, shapes: tuple[tuple[int, int, int], ...]) -> None:
    """Everything on fresh random data, outputs poisoned, against numpy and blake3."""
    poison(device)
    seed = np.random.SeedSequence().entropy
    print(f"  {plan.kernel}: data from np.random.default_rng({seed})")
    rng = np.random.default_rng(seed)
    for name, check in CHECKS.items():
        check(device, plan, rng)
        print(f"    {name}: exact", flush=True)
    backend, reference = CudaBackend(device, plan), NumpyBackend()
    ensure_exact(backend)
    for m, n, k in shapes:
        a, b = (
            Operand(make_matrix(rng, rows, k), compute_noise(rng.bytes(32), 0, rows, k))
            for rows in (m, n)
        )
        got = backend.search(a, b, SEED_A, never_cancelled, wants_product=True)
        expected = search_by_parts(reference.run, a, b, SEED_A, never_cancelled, wants_product=True)
        assert (got.ticket, got.i, got.j) == (expected.ticket, expected.i, expected.j)
        assert got.product is not None
        assert np.array_equal(got.product, a.matrix.astype(np.int64) @ b.matrix.T.astype(np.int64))
        print(f"    search {m} x {n} x {k}: exact", flush=True)


class Measured:
    """One size on one target: what is timed, by name."""

    def __init__(self, open_target: Open, target: Target, size: int) -> None:
        self._size, self._plan = size, target.plan
        self._device, self._bare = open_target(target, True), open_target(target, False)
        rng = np.random.default_rng(0)
        self._operands = Operands(self._device, self._plan)
        self._a, self._b = (self._operands.upload(make_matrix(rng, size, size)) for _ in range(2))
        self._packed_a, self._packed_b, self._peeling = self._stage(self._a, self._b)
        bare = Operands(self._bare, self._plan)
        sides = (make_matrix(rng, size, size) for _ in range(2))
        self._bare_a, self._bare_b = (
            bare.pack(bare.upload(side), None, is_side_a=is_a)
            for side, is_a in zip(sides, (True, False), strict=True)
        )
        self._noise_b = self._operands.draw_noise(SEED_B, size, size)
        self._key = self._operands.upload_key(SEED_A)
        self._rooms = {
            id(device): (device.allocate(size * size // 8), device.allocate(size * size * 4))
            for device in (self._device, self._bare)
        }
        for device in (self._device, self._bare):
            device.synchronize(device.mark(Stream.STAGING))

    def list_works(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is timed; each call has waited for its own end."""
        yield "plain", lambda: self._multiply(self._bare, self._bare_a, self._bare_b, None)
        yield "mined", lambda: self._multiply(self._device, self._packed_a, self._packed_b, None)
        yield (
            "peeled",
            lambda: self._multiply(self._device, self._packed_a, self._packed_b, self._peeling),
        )
        yield "fresh", lambda: self._search(keeps_b=False)
        yield "kept", lambda: self._search(keeps_b=True)
        yield "seeded", self._run_seeded

    def _run_seeded(self) -> None:
        shape = (self._size, self._size, self._size)
        nonces = range(SEEDED_PRODUCTS)
        products = SeededProducts(SEED_A, SEED_A, SEED_B, AccountId.zero(), shape, nonces)
        for _ in CudaBackend(self._device, self._plan).search_seeded(products, never_cancelled):
            pass

    def _stage(self, a: Raw, b: Raw | None) -> tuple[Packed, Packed, Peeling]:
        operands, size = self._operands, self._size
        operands.hash_leaves(a)
        noise_a = operands.draw_noise(SEED_A, size, size)
        packed_a = operands.pack(a, noise_a, is_side_a=True)
        if b is None:
            noise_b, packed_b = self._noise_b, self._packed_b
        else:
            operands.hash_leaves(b)
            noise_b = operands.draw_noise(SEED_B, size, size)
            packed_b = operands.pack(b, noise_b, is_side_a=False)
        phases = compute_phases(noise_a, noise_b)
        operands.append_digits_a(packed_a, noise_a, a, noise_b, phases)
        operands.append_digits_b(packed_b, noise_b, noise_a, 0, phases)
        return packed_a, packed_b, Peeling(0, phases)

    def _multiply(
        self, device: Device, a: Packed, b: Packed, peeling: Peeling | None, *, draws: bool = False
    ) -> None:
        transcripts, room = self._rooms[id(device)]
        whole = Band(0, self._size)
        Products(device, self._plan).multiply(a, b, whole, transcripts, room, peeling)
        if draws:
            tickets = Tickets(device, self._size, self._size, self._key)
            tickets.draw(whole, transcripts)
            tickets.choose()
        device.synchronize(device.mark(Stream.PRODUCT))

    def _search(self, *, keeps_b: bool) -> None:
        packed_a, packed_b, peeling = self._stage(self._a, None if keeps_b else self._b)
        staged = self._device.mark(Stream.STAGING)
        self._device.wait(Stream.PRODUCT, staged)
        self._multiply(self._device, packed_a, packed_b, peeling, draws=True)
        self._device.synchronize(staged)


def make_torch_work(size: int) -> Callable[[], None] | None:
    """torch._int_mm of the same size; None, with the reason printed, where there is no torch."""
    try:
        import torch
    except ImportError as error:
        print(f"  torch._int_mm: not measured ({error})")
        return None
    a, b = (torch.randint(-63, 64, (size, size), dtype=torch.int8, device="cuda") for _ in range(2))

    def work() -> None:
        torch._int_mm(a, b.t())
        torch.cuda.synchronize()

    return work


def measure(open_target: Open, target: Target, size: int, *, is_real: bool) -> None:
    """Prints times and ratios of one size on one target."""
    works = dict(Measured(open_target, target, size).list_works())
    torch_work = make_torch_work(size) if is_real else None
    if torch_work is not None:
        works["torch"] = torch_work
    rounds = ROUNDS if is_real else 1
    times: dict[str, list[int]] = {name: [] for name in works}
    for number in range(rounds + (WARM_UPS if is_real else 0)):
        for name, work in works.items():
            start = perf_counter_ns()
            work()
            if not is_real or number >= WARM_UPS:
                times[name].append(perf_counter_ns() - start)
    ms = {name: median(each) / 1e6 for name, each in times.items()}
    print(f"  {target.plan.kernel} {size}: " + ", ".join(f"{n} {t:.3f} ms" for n, t in ms.items()))
    print(f"    price {ms['plain'] / ms['peeled']:.3f}, mined {ms['plain'] / ms['mined']:.3f}")
    if "torch" in ms:
        tops = 2 * size**3 / ms["torch"] / 1e9
        print(f"    torch._int_mm {tops:.0f} TOPS, quality {ms['torch'] / ms['plain']:.3f}")
        fresh, kept = (ms["torch"] / ms[name] for name in ("fresh", "kept"))
        seeded = SEEDED_PRODUCTS * ms["torch"] / ms["seeded"]
        print(f"    end to end: fresh {fresh:.3f}, kept {kept:.3f}, Seeded run {seeded:.3f}")


def main(arguments: list[str]) -> None:
    is_real = "--emulate" not in arguments
    sizes = [int(each) for each in arguments if each != "--emulate"]
    try:
        targets, open_target = open_cupy() if is_real else open_emulator()
    except (ImportError, DeviceUnavailable) as error:
        print(f"not run: {error}")
        return
    print("\nCorrectness")
    for target in targets:
        shapes = LARGE if is_real else ((160, 96, 192),)
        ensure_correct(open_target(target, True), target.plan, shapes)
    print("\nTimes")
    for size in sizes or SIZES:
        for target in targets:
            measure(open_target, target, size, is_real=is_real)


if __name__ == "__main__":
    main(sys.argv[1:])
