"""Product after product on one device: the next is hashed, noised and packed while one multiplies.

What a job's seeds are is the caller's business; they may depend on its operands' leaves.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import BestTicket
from consensus.kernels.cuda.device import Device, Mark, Pointer, Stream
from consensus.kernels.cuda.operand import (
    DIGEST_BYTES,
    Factors,
    Operands,
    Packed,
    Raw,
    compute_phases,
)
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.cuda.product import CANDIDATE_WORDS, Band, Peeling, Products, Tickets
from consensus.kernels.shape import TILE
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix

Leaves: TypeAlias = tuple[Hash, ...]

_NOISES_KEPT = 2


@dataclass(frozen=True, slots=True)
class Expansion:
    """An operand of the Seeded lane: bytes of a keyed stream, each mod 127 less 63."""

    key: bytes
    message: bytes
    """At most 64 bytes."""

    rows: int
    k: int


Source: TypeAlias = Int8Matrix | Expansion | Raw
"""Where an operand comes from: a padded matrix here, a stream, memory of the device."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One product that draws tickets."""

    a: Source
    b: Source | None
    """B transposed; None for that of the job before, under the same seed."""

    get_seeds: Callable[[Leaves, Leaves], tuple[bytes, bytes]]
    """The seeds of A and B from the leaves of A and B. There are none of an expanded operand, nor
    of B where it stays."""

    wants_product: bool


@dataclass(frozen=True, slots=True)
class _SideB:
    packed: Packed
    noise: Factors


@dataclass(frozen=True, slots=True, eq=False)
class _Staged:
    """A job whose operands are on their way."""

    a: Packed
    b: _SideB
    key: Pointer
    peeling: Peeling | None
    ready: Mark


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    """A job whose product is on its way."""

    tickets: Tickets
    words: npt.NDArray[np.uint32]
    product: Int32Matrix | None
    done: Mark


class Pipeline:
    """Runs jobs on one device, each product whole: 4 m n bytes of its memory, twice."""

    def __init__(self, device: Device, plan: Plan) -> None:
        self._device = device
        self._operands = Operands(device, plan)
        self._products = Products(device, plan)
        self._drawn: dict[tuple[bytes, int, int], Factors] = {}

    def search(self, jobs: Iterable[Job]) -> Iterator[BestTicket]:
        """The best ticket of every job, in order. Errors: DeviceFailed.

        A job is asked for while the one before it is computed; to stop, ask no further.
        """
        number, staged = 0, None
        for number, job in enumerate(jobs):
            if staged is None:
                staged = self._stage(job, number, None)
                continue
            running = self._start(staged)
            staged = self._stage(job, number, staged.b)
            yield self._finish(running)
        if staged is not None:
            yield self._finish(self._start(staged))

    def _stage(self, job: Job, number: int, before: _SideB | None) -> _Staged:
        raw_a, raw_b = self._load(job.a), None if job.b is None else self._load(job.b)
        seed_a, seed_b = job.get_seeds(*self._hash(job, raw_a, raw_b))
        noise_a = self._draw_noise(seed_a, raw_a)
        a = self._operands.pack(raw_a, noise_a, is_side_a=True)
        if raw_b is not None:
            noise_b = self._draw_noise(seed_b, raw_b)
            before = _SideB(self._operands.pack(raw_b, noise_b, is_side_a=False), noise_b)
        if before is None:
            raise ValueError("the first job has no B before it")
        peeling: Peeling | None = None
        if job.wants_product:
            # The job before may still read its digits from the other slot.
            peeling = Peeling(number % 2, compute_phases(noise_a, before.noise))
            self._operands.append_digits_a(a, noise_a, raw_a, before.noise, peeling.phases)
            self._operands.append_digits_b(
                before.packed, before.noise, noise_a, peeling.slot, peeling.phases
            )
        key = self._operands.upload_key(seed_a)
        return _Staged(a, before, key, peeling, self._device.mark(Stream.STAGING))

    def _draw_noise(self, seed: bytes, raw: Raw) -> Factors:
        """Noise from its seed; it stays for the next job, as all Seeded ones have the same."""
        name = (seed, raw.rows, raw.k)
        if name not in self._drawn:
            if len(self._drawn) >= _NOISES_KEPT:
                del self._drawn[next(iter(self._drawn))]
            self._drawn[name] = self._operands.draw_noise(*name)
        return self._drawn[name]

    def _load(self, source: Source) -> Raw:
        if isinstance(source, Raw):
            return source
        if isinstance(source, Expansion):
            return self._operands.expand(source.key, source.message, source.rows, source.k)
        return self._operands.upload(source)

    def _hash(self, job: Job, raw_a: Raw, raw_b: Raw | None) -> tuple[Leaves, Leaves]:
        """The leaves of both operands; waits for them."""
        sides = ((job.a, raw_a), (job.b, raw_b))
        read: list[npt.NDArray[np.uint8]] = []
        for source, raw in sides:
            hashed = raw is not None and not isinstance(source, Expansion)
            strips = raw.rows // TILE if raw is not None and hashed else 0
            read.append(np.empty((strips, DIGEST_BYTES), np.uint8))
            if raw is not None and hashed:
                leaves = self._operands.hash_leaves(raw)
                self._device.download(Stream.STAGING, leaves, read[-1])
        if any(map(len, read)):
            self._device.synchronize(self._device.mark(Stream.STAGING))
        a, b = (tuple(Hash(leaf.tobytes()) for leaf in leaves) for leaves in read)
        return a, b

    def _start(self, staged: _Staged) -> _Running:
        device, m, n = self._device, staged.a.rows, staged.b.packed.rows
        device.wait(Stream.PRODUCT, staged.ready)
        transcripts = self._products.allocate_transcripts(m, n)
        room = None if staged.peeling is None else device.allocate(m * n * 4)
        whole = Band(0, m)
        self._products.multiply(staged.a, staged.b.packed, whole, transcripts, room, staged.peeling)
        tickets = Tickets(device, m, n, staged.key)
        tickets.draw(whole, transcripts)
        best, words = tickets.choose(), np.empty(CANDIDATE_WORDS, np.uint32)
        device.wait(Stream.RESULTS, device.mark(Stream.PRODUCT))
        device.download(Stream.RESULTS, best, words)
        product: Int32Matrix | None = None
        if room is not None:
            product = np.empty((m, n), np.int32)
            device.download(Stream.RESULTS, room, product)
        return _Running(tickets, words, product, device.mark(Stream.RESULTS))

    def _finish(self, running: _Running) -> BestTicket:
        self._device.synchronize(running.done)
        return BestTicket(*running.tickets.read(running.words), running.product)
