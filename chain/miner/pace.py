"""How long a device is left alone: as many products at a time as it does in about so long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import trio

from chain.miner.device import Device
from chain.miner.search import Found, Search
from chain.watch import Watch

T = TypeVar("T")

RUN_S: Final = 0.5
PRODUCTS_MAX: Final = 65_536


@dataclass(slots=True)
class Pace:
    """How many seeded products a device is asked for at a time."""

    products: int = 8

    def note(self, products: int, took_s: float) -> None:
        """Keeps a run near `RUN_S`, whatever the device's speed; grows by doubling at most."""
        if products and took_s > 0:
            fitting = int(products * RUN_S / took_s)
            self.products = max(1, min(fitting, 2 * self.products, PRODUCTS_MAX))


async def search_while(
    device: Device, search: Search, watch: Watch[T], is_fresh: Callable[[T], bool]
) -> Found:
    """Searches, and calls the device off as soon as the watched value is not fresh."""
    stop = trio.Event()
    async with trio.open_nursery() as nursery:

        async def call_off() -> None:
            async for value in watch.changes():
                if not is_fresh(value):
                    stop.set()
                    return

        nursery.start_soon(call_off)
        found = await device.search(search, stop)
        nursery.cancel_scope.cancel()
    return found
