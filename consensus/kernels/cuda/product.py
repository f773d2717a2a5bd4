"""Products on the device: transcripts, exact results, and the best ticket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from consensus.kernels.cuda.device import Device, Launch, Pointer, Stream
from consensus.kernels.cuda.operand import Packed
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.shape import CLASSES, TILE

CANDIDATE_WORDS: Final = 9
_TICKET_THREADS = 128

BAND_ELEMENTS_MAX: Final = 1 << 28
"""Elements of the product on the device at once: 1 GiB."""

BAND_MACS_MAX: Final = 1 << 42
"""Work between two looks at whether it is still wanted: tenths of a second on a slow GPU."""


@dataclass(frozen=True, slots=True)
class Band:
    """Some rows of a product, computed by one launch."""

    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Peeling:
    """How the noise is taken off: the room in B where the digits are, and how many there are."""

    slot: int
    phases: int


def split_bands(m: int, n: int, k: int, block_m: int) -> Iterator[Band]:
    """Bands of whole blocks that keep both bounds, or of one block where none does."""
    most = min(BAND_ELEMENTS_MAX // n, BAND_MACS_MAX // (n * k))
    rows = max(most // block_m, 1) * block_m
    for first in range(0, m, rows):
        yield Band(first, min(rows, m - first))


class Products:
    """Multiplies packed operands on the stream of products."""

    def __init__(self, device: Device, plan: Plan) -> None:
        self._device = device
        self._plan = plan

    def allocate_transcripts(self, rows: int, n: int) -> Pointer:
        """Room for uint32[rows / 32, n / 32, 32]."""
        return self._device.allocate((rows // TILE) * (n // TILE) * CLASSES * 4)

    def multiply(
        self,
        a: Packed,
        b: Packed,
        band: Band,
        transcripts: Pointer,
        product: Pointer | None,
        peeling: Peeling | None,
    ) -> None:
        """Computes one band; ``product`` is int32[band.rows, n], exact where it is peeled."""
        plan, n = self._plan, b.rows
        if plan.adds_transcripts:
            size = (band.rows // TILE) * (n // TILE) * CLASSES * 4
            self._device.clear(Stream.PRODUCT, transcripts, size)
        parts = -(-band.rows // plan.block_m) * -(-n // plan.block_n)
        skip, phases = 0, 0
        if peeling is not None:
            skip, phases = b.get_slot(peeling.slot) - b.k_padded, peeling.phases
        arguments = (
            a.data.at(band.first * a.pitch),
            b.data,
            product,
            transcripts,
            *(band.rows, n, a.k, a.pitch, b.pitch, skip, phases),
        )
        blocks = min(parts, self._device.processors) if plan.is_persistent else parts
        launch = Launch(plan.kernel, blocks, plan.threads, arguments, plan.shared_bytes)
        self._device.launch(Stream.PRODUCT, launch)


class Tickets:
    """Draws the tickets of one product and keeps the best, on the stream of products."""

    def __init__(self, device: Device, m: int, n: int, key: Pointer) -> None:
        self._device = device
        self._across = n // TILE
        self._key = key
        # A band may leave its last block of threads half empty; no band is of less than one row.
        bands_max = m // TILE
        most = -(-(m // TILE) * self._across // _TICKET_THREADS) + bands_max
        self._candidates = device.allocate(most * CANDIDATE_WORDS * 4)
        self._count = 0

    def draw(self, band: Band, transcripts: Pointer) -> None:
        """Adds the tickets of one band."""
        tiles = band.rows // TILE * self._across
        blocks = -(-tiles // _TICKET_THREADS)
        target = self._candidates.at(self._count * CANDIDATE_WORDS * 4)
        arguments = (transcripts, self._key, target, tiles, self._across, band.first // TILE)
        launch = Launch("draw_tickets", blocks, _TICKET_THREADS, arguments)
        self._device.launch(Stream.PRODUCT, launch)
        self._count += blocks

    def choose(self) -> Pointer:
        """The best of all that were drawn: uint32[9]."""
        best = self._device.allocate(CANDIDATE_WORDS * 4)
        arguments = (self._candidates, best, self._count)
        launch = Launch("choose_best", 1, _TICKET_THREADS, arguments)
        self._device.launch(Stream.PRODUCT, launch)
        return best

    def read(self, words: "np.ndarray[tuple[int], np.dtype[np.uint32]]") -> tuple[bytes, int, int]:
        """The ticket with its tile from the downloaded words."""
        i, j = divmod(int(words[CANDIDATE_WORDS - 1]), self._across)
        return words[: CANDIDATE_WORDS - 1].astype("<u4").tobytes(), i, j
