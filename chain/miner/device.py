"""Where products are computed: a device, and the guard that loses no product with it."""

import logging
from typing import Final, Protocol

import numpy as np
import trio

from chain.errors import NodeError
from chain.miner.search import Found, Search, run_search
from chain.worker import Worker
from consensus.kernels.backend import ProductBackend
from consensus.kernels.exact import compute_tile_product
from consensus.kernels.shape import TILE
from consensus.pouw.solve import MatrixWork
from consensus.pouw.verify import InvalidSeal, verify_seal
from runtime.crypto.hashing import blake2_256
from runtime.tensor.commitment import Int32Matrix

log = logging.getLogger(__name__)

TILES_SAMPLED: Final = 8


class DeviceLost(NodeError):
    """A device answers no more, or answers nonsense."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"device {name}: {why}")
        self.name = name
        self.why = why


class Device(Protocol):
    """Computes one search at a time."""

    @property
    def name(self) -> str:
        """What it is called in logs and statistics."""
        ...

    async def search(self, search: Search, stop: trio.Event) -> Found:
        """Products until a ticket wins; soon after ``stop`` is set, what there is by then.

        Given operands are multiplied to the end whatever happens. Errors: DeviceLost.
        """
        ...


class ThreadDevice:
    """A backend in this process, in a thread of the node's worker."""

    def __init__(self, backend: ProductBackend, worker: Worker) -> None:
        self._backend = backend
        self._worker = worker

    @property
    def name(self) -> str:
        """The backend's."""
        return self._backend.name

    async def search(self, search: Search, stop: trio.Event) -> Found:
        """Computes in a worker's thread, which looks at ``stop`` many times a second."""
        return await self._worker.run(lambda: run_search(search, self._backend, stop.is_set))


class GuardedDevice:
    """A device whose answers are looked at, and another for when it fails.

    A device that is lost, or once gives a wrong seal or product, is not asked again.
    """

    def __init__(self, device: Device, fallback: Device, worker: Worker) -> None:
        self._device = device
        self._fallback = fallback
        self._worker = worker
        self._is_trusted = True

    @property
    def name(self) -> str:
        """That of the device in use."""
        return self._device.name if self._is_trusted else self._fallback.name

    async def search(self, search: Search, stop: trio.Event) -> Found:
        """The device's answer if it is right, else the fallback's."""
        if self._is_trusted:
            try:
                found = await self._device.search(search, stop)
                fault = await self._worker.run(lambda: find_fault(search, found))
            except DeviceLost as error:
                fault = error.why
            else:
                if fault is None:
                    return found
            self._is_trusted = False
            log.error(
                "a device is no longer used; its work is done again",
                extra={"device": self._device.name, "instead": self._fallback.name, "why": fault},
            )
        return await self._fallback.search(search, stop)


def find_fault(search: Search, found: Found) -> str | None:
    """What is wrong with an answer, None if nothing is found.

    A seal is verified as the network will do it, of a product some tiles are computed again.
    """
    if found.seal is not None:
        try:
            verify_seal(
                search.pre_hash,
                search.author,
                found.seal,
                found.witness,
                search.target,
                search.params,
            )
        except InvalidSeal as error:
            return str(error)
    if isinstance(search.work, MatrixWork):
        if found.product is None:
            return "expected the product of the operands, got none"
        return _find_wrong_tile(search, search.work, found.product)
    return None


def _find_wrong_tile(search: Search, work: MatrixWork, product: Int32Matrix) -> str | None:
    shape = (len(work.a), len(work.bt))
    if product.shape != shape:
        return f"expected a product of shape {shape}, got {product.shape}"
    rows, cols = shape[0] // TILE, shape[1] // TILE
    for sample in range(TILES_SAMPLED):
        drawn = int.from_bytes(blake2_256(search.pre_hash + bytes((sample,)))[:16], "little")
        i, j = drawn % rows * TILE, drawn // rows % cols * TILE
        expected = compute_tile_product(work.a[i : i + TILE], work.bt[j : j + TILE])
        if not np.array_equal(product[i : i + TILE, j : j + TILE], expected):
            return f"a wrong product of shape {shape} at row {i}, column {j}"
    return None
