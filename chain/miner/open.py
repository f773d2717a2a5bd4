"""How a node comes by its device: in this process, or in one of its own under guard."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeAlias

from chain.config import AuthoringConfig
from chain.miner.device import Device, DeviceLost, GuardedDevice, ThreadDevice
from chain.miner.process import open_process_device
from chain.worker import Worker
from consensus.kernels.select import select_backend

log = logging.getLogger(__name__)

OpenDevice: TypeAlias = Callable[
    [AuthoringConfig, Worker, int], AbstractAsyncContextManager[Device]
]
"""Opens the device of a number, from 0."""


@asynccontextmanager
async def open_thread_device(
    config: AuthoringConfig, worker: Worker, number: int = 0
) -> AsyncGenerator[Device]:
    """The backend in this process: for simulations, where nothing else may run."""
    del number  # they are all alike
    yield ThreadDevice(select_backend(config.backend), worker)


@asynccontextmanager
async def open_guarded_device(
    config: AuthoringConfig, worker: Worker, number: int = 0
) -> AsyncGenerator[Device]:
    """The backend in a process of its own; the reference backend in this one does what it fails."""
    fallback = ThreadDevice(select_backend("numpy"), worker)
    async with AsyncExitStack() as stack:
        gpu = number if config.devices > 1 else None
        opening = open_process_device(config.backend, config.threads, gpu)
        try:
            device = await stack.enter_async_context(opening)
        except DeviceLost as error:
            log.warning("no device; mining in this process", extra={"why": error.why})
            yield fallback
            return
        yield GuardedDevice(device, fallback, worker)
