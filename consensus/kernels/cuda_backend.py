"""The backend for NVIDIA GPUs: the kernels of `consensus/kernels/cuda`, on a device that is given.

It is trusted with nothing: `GuardedBackend` computes a part of every answer again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from consensus.kernels.backend import (
    BestTicket,
    Cancelled,
    IsCancelled,
    Operand,
    Peel,
    Product,
)
from consensus.kernels.cuda.device import Device, Mark, Pointer, Stream
from consensus.kernels.cuda.operand import Factors, Operands, Packed, compute_phases
from consensus.kernels.cuda.pipeline import Expansion, Job, Pipeline
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.cuda.product import (
    CANDIDATE_WORDS,
    Band,
    Peeling,
    Products,
    Tickets,
    split_bands,
)
from consensus.kernels.seeded import SeededProducts
from consensus.kernels.shape import CLASSES, TILE
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix


@dataclass(frozen=True, slots=True)
class _Kept:
    """Side B of the last search, for the next one with the same key."""

    key: bytes
    packed: Packed
    noise: Factors


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both sides, ready to be multiplied."""

    a: Packed
    b: Packed
    peeling: Peeling | None


class CudaBackend:
    """Multiplies on a GPU; one product at a time. Every method may raise DeviceFailed."""

    def __init__(self, device: Device, plan: Plan) -> None:
        self._device = device
        self._plan = plan
        self._operands = Operands(device, plan)
        self._products = Products(device, plan)
        self._pipeline = Pipeline(device, plan)
        self._kept: _Kept | None = None

    @property
    def name(self) -> str:
        """`cuda`."""
        return "cuda"

    @property
    def device_name(self) -> str:
        """What the GPU is."""
        return self._device.name

    def run(
        self,
        a_noised: Int8Matrix,
        bt_noised: Int8Matrix,
        peel: Peel | None,
        is_cancelled: IsCancelled,
    ) -> Product:
        """Multiplies operands that have their noise; asks ``is_cancelled`` before each band."""
        m, n = len(a_noised), len(bt_noised)
        a = self._operands.pack(self._operands.upload(a_noised), None, is_side_a=True)
        b = self._operands.pack(self._operands.upload(bt_noised), None, is_side_a=False)
        peeling: Peeling | None = None
        if peel is not None:
            noise_a = self._operands.upload_noise(peel.noise_a)
            noise_b = self._operands.upload_noise(peel.noise_b)
            phases = compute_phases(noise_a, noise_b)
            raw = self._operands.upload(peel.a)
            self._operands.append_digits_a(a, noise_a, raw, noise_b, phases)
            self._operands.append_digits_b(b, noise_b, noise_a, 0, phases)
            peeling = Peeling(0, phases)
        transcripts = np.empty((m // TILE, n // TILE, CLASSES), np.uint32)
        product = np.empty((m, n), np.int32) if peel is not None else None

        def take(band: Band, words: Pointer) -> None:
            self._device.download(Stream.RESULTS, words, transcripts[_tiles(band)])

        self._multiply(_Pair(a, b, peeling), product, is_cancelled, take)
        return Product(transcripts, product)

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        """Adds noise, multiplies and draws on the GPU; what leaves it is one ticket, and A.B.

        B stays there, noised and packed, for the next search with the same key.
        """
        m, n = len(a.matrix), len(b.matrix)
        raw = self._operands.upload(a.matrix)
        noise_a = self._operands.upload_noise(a.noise)
        packed_a = self._operands.pack(raw, noise_a, is_side_a=True)
        packed_b, noise_b = self._get_side_b(b)
        peeling: Peeling | None = None
        if wants_product:
            phases = compute_phases(noise_a, noise_b)
            self._operands.append_digits_a(packed_a, noise_a, raw, noise_b, phases)
            self._operands.append_digits_b(packed_b, noise_b, noise_a, 0, phases)
            peeling = Peeling(0, phases)
        product = np.empty((m, n), np.int32) if wants_product else None
        tickets = Tickets(self._device, m, n, self._operands.upload_key(seed_a))
        self._multiply(_Pair(packed_a, packed_b, peeling), product, is_cancelled, tickets.draw)
        words = np.empty(CANDIDATE_WORDS, np.uint32)
        self._device.download(Stream.PRODUCT, tickets.choose(), words)
        self._device.synchronize(self._device.mark(Stream.PRODUCT))
        return BestTicket(*tickets.read(words), product)

    def search_seeded(
        self, products: SeededProducts, is_cancelled: IsCancelled
    ) -> Iterator[BestTicket]:
        """Makes operands, noise and tickets on the GPU, each product beside the next's operands."""
        m, n, k = products.shape

        def expand(name: bytes, nonce: int, rows: int) -> Expansion:
            return Expansion(products.job_key, products.compute_message(name, nonce), rows, k)

        def make_jobs() -> Iterator[Job]:
            for nonce in products.nonces:
                if is_cancelled():
                    raise Cancelled
                a, b = expand(b"A", nonce, m), expand(b"B", nonce, n)
                yield Job(a, b, lambda _a, _b: (products.seed_a, products.seed_b), False)

        return self._pipeline.search(make_jobs())

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        """The leaves of a padded operand's commitment."""
        operand = self._operands.upload(matrix)
        leaves = np.empty((len(matrix) // TILE, Hash.LENGTH), np.uint8)
        self._device.download(Stream.STAGING, self._operands.hash_leaves(operand), leaves)
        self._device.synchronize(self._device.mark(Stream.STAGING))
        return tuple(Hash(leaf.tobytes()) for leaf in leaves)

    def _get_side_b(self, b: Operand) -> tuple[Packed, Factors]:
        kept = self._kept
        if kept is None or b.key is None or kept.key != b.key:
            self._kept = None  # its memory may be needed
            noise = self._operands.upload_noise(b.noise)
            raw = self._operands.upload(b.matrix)
            packed = self._operands.pack(raw, noise, is_side_a=False)
            if b.key is None:
                return packed, noise
            kept = self._kept = _Kept(b.key, packed, noise)
        return kept.packed, kept.noise

    def _multiply(
        self,
        pair: _Pair,
        product: Int32Matrix | None,
        is_cancelled: IsCancelled,
        take: Callable[[Band, Pointer], None],
    ) -> None:
        """Computes band after band; ``take`` is asked to use the transcripts of each.

        Two bands have memory on the device: one is computed while the other is downloaded.
        """
        m, n, device = pair.a.rows, pair.b.rows, self._device
        bands = list(split_bands(m, n, pair.a.k, self._plan.block_m))
        rooms = [self._make_room(bands[0].rows, n, product) for _ in bands[:2]]
        device.wait(Stream.PRODUCT, device.mark(Stream.STAGING))
        downloaded: list[Mark] = []
        for number, band in enumerate(bands):
            self._ensure_wanted(is_cancelled)
            if number >= len(rooms):  # the room is used again
                device.synchronize(downloaded[number - len(rooms)])
            transcripts, room = rooms[number % len(rooms)]
            self._products.multiply(pair.a, pair.b, band, transcripts, room, pair.peeling)
            computed = device.mark(Stream.PRODUCT)
            device.wait(Stream.RESULTS, computed)
            take(band, transcripts)
            if product is not None and room is not None:
                rows = slice(band.first, band.first + band.rows)
                device.download(Stream.RESULTS, room, product[rows])
            downloaded.append(device.mark(Stream.RESULTS))
        self._ensure_wanted(is_cancelled)
        device.synchronize(downloaded[-1])

    def _make_room(
        self, rows: int, n: int, product: Int32Matrix | None
    ) -> tuple[Pointer, Pointer | None]:
        transcripts = self._products.allocate_transcripts(rows, n)
        return transcripts, None if product is None else self._device.allocate(rows * n * 4)

    def _ensure_wanted(self, is_cancelled: IsCancelled) -> None:
        """Errors: Cancelled, when all that was asked is done and memory may be given back."""
        if is_cancelled():
            for stream in Stream:
                self._device.synchronize(self._device.mark(stream))
            raise Cancelled


def _tiles(band: Band) -> slice:
    return slice(band.first // TILE, (band.first + band.rows) // TILE)
